"""Answers for people: a page from a template, a redirect after a change, and what is said when something is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import MediaType

from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.service import NavigationItem
from careshare.web import notices
from careshare.web.assets import Assets
from careshare.web.csrf import Csrf
from careshare.web.forms import Form
from careshare.web.notices import Notice

_STATE: Final = "web"
_ADMINISTRATION: Final = "/administration"


@dataclass(frozen=True, slots=True)
class Web:
    """What every page is made with; one per application."""

    environment: Environment
    assets: Assets
    csrf: Csrf
    navigation: Sequence[NavigationItem]

    def keep_in(self, state: State) -> None:
        """Leave this where `of` looks for it."""
        state[_STATE] = self

    @staticmethod
    def of(request: Request[Any, Any, Any]) -> "Web":
        """What `configure_web` left for this application."""
        web: Web = request.app.state[_STATE]
        return web


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation as one person sees it; `current` if the page belongs to it.

    `within` are the entries of a section that has more than one for this person; `path` leads to the first of them.
    """

    title: str
    path: str
    current: bool
    within: Sequence["Link"] = ()


def current_principal(request: Request[Any, Any, Any]) -> Principal | None:
    """Who is signed in, as the gate found out; None on public pages and before it."""
    principal: Principal | None = request.scope["state"].get("principal")
    return principal


def page(
    request: Request[Any, Any, Any],
    template: str,
    status_code: int | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """The page made of `template` and `context`.

    Every template also has `request`, `principal`, `navigation`, `notice`, `unread`, `form` and `errors`. When `errors`
    are given they are attached to the form, an error summary stands at the top, the title begins with "Error:" and the
    status is 400 unless said otherwise.
    """
    web = Web.of(request)
    principal = current_principal(request)
    form: Form = context.pop("form", None) or Form()
    errors: Sequence[FieldError] = tuple(context.pop("errors", ())) or form.errors
    shown = notices.carried(request)
    content = web.environment.get_template(template).render(
        context,
        request=request,
        principal=principal,
        navigation=_navigation(web.navigation, principal, request.scope["path"]),
        notice=shown,
        unread=request.scope["state"].get("unread"),
        form=form.with_errors(errors) if errors else form,
        errors=errors,
    )
    response = Response(
        content,
        media_type=MediaType.HTML,
        status_code=status_code or (400 if errors else 200),
        headers=dict(headers or {}),
    )
    if shown is not None:
        response.cookies.append(notices.cookie(None))
    form_cookie = web.csrf.new_cookie(request)
    if form_cookie is not None:
        response.cookies.append(form_cookie)
    return response


def redirect(path: str, notice: Notice | None = None) -> Response[None]:
    """See `path` next (303): the end of every form that changed something. `notice` is shown there once."""
    response = Response(None, status_code=303, media_type=MediaType.TEXT, headers={"Location": path})
    if notice is not None:
        response.cookies.append(notices.cookie(notice))
    return response


def _navigation(items: Iterable[NavigationItem], principal: Principal | None, path: str) -> list[Link]:
    if principal is None:
        return []
    mine = _one_for_administration([item for item in items if item.permission in principal.permissions])
    here = max((item.path for item in mine if _within(path, item.path)), key=len, default=None)
    sections: dict[str, list[NavigationItem]] = {}
    for item in sorted(mine, key=lambda one: one.order):
        sections.setdefault(item.section or item.path, []).append(item)
    return [_section(items, here) for items in sections.values()]


def _section(items: Sequence[NavigationItem], here: str | None) -> Link:
    """One entry of the menu: of a section, or of the one page of it that this person may open."""
    links = [Link(item.title, item.path, item.path == here) for item in items]
    if len(links) == 1:
        return links[0]
    return Link(items[0].section, links[0].path, any(link.current for link in links), links)


def _one_for_administration(items: Sequence[NavigationItem]) -> list[NavigationItem]:
    """All administration stands under one entry, which is there for whoever may do any of it."""
    below = [item for item in items if item.path.startswith(f"{_ADMINISTRATION}/")]
    return [item for item in items if item not in below and (below or item.path != _ADMINISTRATION)]


def _within(path: str, section: str) -> bool:
    return path == section or (section != "/" and path.startswith(f"{section}/"))


@dataclass(frozen=True, slots=True)
class _Wording:
    heading: str
    text: str


_WORDING: Final[Mapping[int, _Wording]] = {
    400: _Wording("There is a problem with what was sent", "Go back, check what you entered and try again."),
    403: _Wording(
        "You cannot do this",
        "Your role does not allow it, or the page you came from is out of date. "
        "The administrator of your authority can tell you who may.",
    ),
    404: _Wording(
        "Page not found",
        "If you typed the address, check it is correct. If you followed a link, what it led to may have been removed, "
        "or is not shared with your authority.",
    ),
    405: _Wording("Page not found", "This address cannot be opened in this way. Go back and try again."),
    409: _Wording("This has changed", "Somebody changed this while you were looking at it. Go back and look again."),
    412: _Wording(
        "Somebody else changed this first",
        "Nothing of yours was saved, so that their change is not lost. Go back, reload the page and make yours again.",
    ),
    413: _Wording("That is too large", "What you sent is larger than we can take. Send a smaller file."),
    415: _Wording("We cannot read that kind of file", "Check the type of the file and try again."),
    422: _Wording("This is not allowed by a rule", "Nothing was saved."),
    429: _Wording("Too many requests", "Wait a minute, then try again."),
    500: _Wording(
        "Sorry, there is a problem with the service",
        "Nothing you entered was saved. Try again later. If a child needs a home now, ring the duty number of "
        "the authority you would have asked.",
    ),
    503: _Wording(
        "Sorry, the service is briefly unavailable",
        "Nothing you entered was saved. Try again in a minute. If a child needs a home now, ring the duty number of "
        "the authority you would have asked.",
    ),
}
_OURS_ALONE: Final = frozenset({404, 405, 429, 500, 503})
"""Where our own words are better than what the error brought."""


def error_page(
    request: Request[Any, Any, Any],
    status: int,
    title: str | None = None,
    body: str | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    """The page for an error: what happened and what to do next, never how it came about.

    `title` and `body` replace our own words, except where the address, not the person, was wrong, or the fault is ours.
    """
    wording = _WORDING.get(status) or _WORDING[500 if status >= 500 else 400]
    ours = status in _OURS_ALONE or status >= 500
    return page(
        request,
        "careshare/error.html",
        status,
        heading=wording.heading if ours else title or wording.heading,
        text=wording.text if ours else body or wording.text,
        found=() if ours else errors,
    )
