"""One's own sessions, and confirming that it is oneself."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare import audit
from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Forbidden, NotFound, Unauthenticated
from careshare.identity import Principal, end_own_sessions, own_sessions, rotate_session
from careshare.identity_pages.common import Http, next_query, safe_next, secret_of, with_session
from careshare.settings import Settings
from careshare.web import notice, page, read_form, redirect

ENDED = notice("sessions.ended", "The session has ended")
OTHERS_ENDED = notice("sessions.others_ended", "All your other sessions have ended")
AGAIN = "/sign-in/again"
"""Where the identity provider asks again who it is (`careshare.signin`)."""


@get("/sessions", opt=needs("own:act"), include_in_schema=False)
async def sessions_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """One's own sessions: when begun, when last used, on what kind of device."""
    return page(request, "careshare/sessions.html", sessions=await own_sessions(uow, secret_of(request)))


@post("/sessions", opt=needs("own:act"), include_in_schema=False)
async def end_sessions(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> Response[Any]:
    """End one session, or all but this one; at once, on the server."""
    form = await read_form(request)
    if form.action == "others":
        ended = await end_own_sessions(uow, secret_of(request))
        await audit.record(uow, "session.ended", subjects=[principal.person_id], after={"sessions": ended})
        return redirect("/sessions", OTHERS_ENDED)
    try:
        handle = UUID(form.action)
    except ValueError:
        raise NotFound from None
    if not await end_own_sessions(uow, secret_of(request), handle):
        raise NotFound
    await audit.record(uow, "session.ended", subjects=[principal.person_id], after={"sessions": 1})
    return redirect("/sessions", ENDED)


@get("/step-up", opt=needs("own:act"), include_in_schema=False)
async def step_up_page(
    request: Http,
    principal: NamedDependency[Principal],
    next: FromQuery[str] = "/",  # noqa: A002  # the name people know from addresses
) -> Response[Any]:
    """Confirm that it is you: in the demonstration here, in production at the authority's identity provider."""
    settings: Settings = request.app.state.settings
    _refuse_break_glass(principal)
    if settings.production:
        return redirect(f"{AGAIN}{next_query(next)}")
    return page(request, "careshare/step_up.html", next=safe_next(next))


@post("/step-up", opt=needs("own:act"), include_in_schema=False)
async def step_up(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """The demonstration's confirmation. The session gets a new secret."""
    _refuse_break_glass(principal)
    form = await read_form(request)
    secret = await rotate_session(uow, secret_of(request), step_up=True)
    if secret is None:
        raise Unauthenticated
    await audit.record(uow, "session.stepped_up", subjects=[principal.person_id])
    return with_session(request, redirect(safe_next(form.get("next") or "/")), secret)


def _refuse_break_glass(principal: Principal) -> None:
    if principal.session_kind == "break_glass":
        raise Forbidden("You are signed in by break-glass, so nobody can confirm that it is you. Ring your manager.")
