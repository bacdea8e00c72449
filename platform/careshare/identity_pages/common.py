"""What the pages of signing in share: the cookie, where one goes next, and the answer to too many attempts."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie

from careshare.identity import COOKIE_SECONDS, SESSION_COOKIE, device_of
from careshare.identity.throttle import SignInThrottle
from careshare.settings import Settings
from careshare.web import page

Http = Request[Any, Any, Any]


def safe_next(path: str) -> str:
    """`path` if it leads to a page of ours, else the home page: nobody is sent to another site."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if plain else "/"


def next_query(path: str) -> str:
    """`?next=…` for a page of ours."""
    return f"?next={quote(safe_next(path))}"


def secret_of(request: Http) -> str:
    """The secret in the session's cookie; empty if there is none."""
    settings: Settings = request.app.state.settings
    return request.cookies.get(settings.cookie(SESSION_COOKIE), "")


def browser_of(request: Http) -> str:
    """The caller's device in a few plain words."""
    return device_of(request.headers.get("user-agent", ""))


def with_session(request: Http, response: Response[Any], secret: str) -> Response[Any]:
    """The answer with the cookie of a session that has just begun or been rotated."""
    settings: Settings = request.app.state.settings
    response.cookies.append(
        Cookie(
            key=settings.cookie(SESSION_COOKIE),
            value=secret,
            path="/",
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=settings.https,
        )
    )
    return response


def throttle_of(request: Http, account: str, *, address: str | None = None) -> SignInThrottle:
    """The throttle of an attempt to sign in as `account` from the caller's address, or what stands for it."""
    settings: Settings = request.app.state.settings
    if address is None:
        address = request.client.host if request.client else ""
    return SignInThrottle(request.app.state.database, settings.secret_key, account=account, address=address)


def too_many(request: Http, wait: int) -> Response[str]:
    """429: how long to wait, in words and as Retry-After."""
    return page(
        request, "careshare/too_many.html", 429, headers={"Retry-After": str(wait)}, minutes=max(1, -(-wait // 60))
    )
