"""A word after a change ("The vacancy is published"), carried over the redirect and shown once.

The cookie holds a code from a fixed list, never text: nothing personal can be in it, and nobody can make us show their
words.
"""

from dataclasses import dataclass
from typing import Any, Final

from litestar import Request
from litestar.datastructures import Cookie

COOKIE: Final = "careshare_notice"
_SECONDS_KEPT: Final = 60


@dataclass(frozen=True, slots=True)
class Notice:
    """A message that says a thing was done."""

    code: str
    text: str


_known: dict[str, Notice] = {}


def notice(code: str, text: str) -> Notice:
    """Declare a notice, once, at the top of a module of pages. `code` is like "fostering.published"."""
    declared = _known.setdefault(code, Notice(code, text))
    if declared.text != text:
        msg = f"the notice {code} is declared twice, with different words"
        raise ValueError(msg)
    return declared


def carried(request: Request[Any, Any, Any]) -> Notice | None:
    """The notice a redirect left for this page."""
    code = request.cookies.get(COOKIE)
    return _known.get(code) if code else None


def cookie(left: Notice | None) -> Cookie:
    """The cookie that leaves a notice for the next page, or with None takes it away."""
    return Cookie(
        COOKIE,
        value=left.code if left else "",
        max_age=_SECONDS_KEPT if left else 0,
        path="/",
        httponly=True,
        samesite="lax",
    )
