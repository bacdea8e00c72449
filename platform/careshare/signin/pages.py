"""The pages between "Sign in" and being signed in, and the way out again.

A form is not answered with a redirect to the provider: our own policy lets forms lead to our own pages alone. A page
that moves on by itself does it, with a link for browsers that do not.
"""

from typing import Any, Final, cast
from urllib.parse import quote
from uuid import UUID

import structlog
from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare.access import needs, public
from careshare.access.permissions import ROLES
from careshare.database import Database, Uow
from careshare.errors import FieldError
from careshare.identity import SIGNING_IN_COOKIE, Principal, end_session, provider_session_of
from careshare.identity_pages.common import (
    Http,
    browser_of,
    safe_next,
    secret_of,
    throttle_of,
    too_many,
    with_session,
)
from careshare.settings import Settings
from careshare.signin import actions, queries
from careshare.signin.actions import Arrived, Begun, Refused
from careshare.signin.groups import Mapped
from careshare.signin.model import Provider, ProviderDown, TokenWrong
from careshare.signin.protocol import BACK, SIGNED_OUT
from careshare.signin.queries import Choice, WayIn
from careshare.web import Form, notice, page, read_form, read_query, redirect

REASON: Final = "Whoever is not signed in must be able to sign in."
LEFT: Final = notice(
    "sign_in.groups_left",
    "You are signed in. Your council’s sign-in service could not list your groups, as there are too many, "
    "so your roles stay as they were",
)

logger = structlog.get_logger(__name__)


def _settings(request: Http) -> Settings:
    return cast("Settings", request.app.state.settings)


def _database(request: Http) -> Database:
    return cast("Database", request.app.state.database)


def _browser(request: Http) -> str:
    return request.cookies.get(_settings(request).cookie(SIGNING_IN_COOKIE), "")


@get("/sign-in", opt=public(REASON), include_in_schema=False)
async def sign_in_page(
    request: Http,
    next: FromQuery[str] = "/",  # noqa: A002  # the name people know from addresses
) -> Response[str]:
    """Asks for the work e-mail address. The demonstration has a page of its own that asks it too."""
    return page(request, "signin/email.html", next=safe_next(next), ways=())


@post("/sign-in/email", opt=public(REASON), include_in_schema=False)
async def by_email(request: Http) -> Response[Any]:
    """Find the provider by the address's domain; where several are possible, ask which."""
    form = await read_form(request)
    after, address = safe_next(form.get("next") or "/"), form.get("email").strip()
    throttle = throttle_of(request, address)
    wait = await throttle.wait()
    if wait:
        return too_many(request, wait)
    name, at, domain = address.rpartition("@")
    if not (name and at and domain) or len(address) > 320 or not address.isprintable():
        return _ask(request, form, after, "Enter your work e-mail address, like name@council.gov.uk")
    async with _database(request).unbound() as uow:
        ways = await queries.ways_in(uow, domain.lower())
    chosen = _chosen(ways, form)
    if not ways:
        await throttle.failed()
        unknown = "No council signs in with that address. Check it, or ask your council’s Careshare administrator"
        return _ask(request, form, after, unknown)
    if chosen is None:
        error = [FieldError("provider", "Choose how to sign in")] if form.get("asked") else []
        return page(request, "signin/email.html", form=form, next=after, ways=ways, errors=error)
    provider = await _provider(request, chosen.provider_id)
    return await _leave(request, provider, after, login_hint=address)


def _ask(request: Http, form: Form, after: str, message: str) -> Response[str]:
    return page(request, "signin/email.html", form=form, next=after, ways=(), errors=[FieldError("email", message)])


def _chosen(ways: list[WayIn], form: Form) -> WayIn | None:
    given = form.get("provider")
    return ways[0] if len(ways) == 1 else next((way for way in ways if str(way.provider_id) == given), None)


async def _provider(request: Http, provider_id: UUID) -> Provider | None:
    async with _database(request).unbound() as uow:
        return await queries.provider_to_use(uow, provider_id)


async def _leave(
    request: Http, provider: Provider | None, after: str, *, login_hint: str = "", session: str = ""
) -> Response[Any]:
    """The page that moves on to the provider."""
    if provider is None:
        return _stale(request, after)
    try:
        out = await actions.set_out(
            _settings(request),
            _database(request),
            provider,
            after=after,
            browser=_browser(request),
            login_hint=login_hint,
            session=session,
        )
    except ProviderDown as error:
        return _down(request, provider, error, after)
    response = page(request, "signin/leave.html", to=out.address, title=provider.title, signing_out=False)
    response.cookies.append(_browser_cookie(request, out.browser))
    return response


def _browser_cookie(request: Http, secret: str) -> Cookie:
    return Cookie(
        key=_settings(request).cookie(SIGNING_IN_COOKIE),
        value=secret,
        path="/",
        max_age=600,
        httponly=True,
        samesite="lax",
        secure=_settings(request).https,
    )


@get(BACK, opt=public(REASON), include_in_schema=False)
async def back(request: Http) -> Response[Any]:
    """Where the provider sends people back to, once for each time they set out."""
    said, browser = read_query(request), _browser(request)
    state, code, error = said.get("state"), said.get("code"), said.get("error")
    begun = await actions.take(_database(request), state, browser) if state and browser else None
    if begun is None or begun.kind == "choose":
        return _stale(request, "/")
    provider = await _provider(request, begun.provider_id)
    if provider is None:
        return _stale(request, begun.after)
    if error or not code:
        logger.info("a provider sent somebody back without a code", provider=str(provider.id), error=error[:80])
        return page(request, "signin/refused.html", 400, why="cancelled", title=provider.title, next=begun.after)
    again = begun.kind == "again"
    try:
        believed = await actions.believe(
            _settings(request),
            provider,
            code=code,
            state=state,
            browser=browser,
            said_issuer=said.get("iss") or None,
            signed_in_since=begun.began_at.timestamp() if again else None,
        )
        if again:
            return await _confirmed(request, provider, begun, believed)
        arrived, choices = await actions.arrive(_database(request), believed)
        choice = actions.only(choices)
        if choice is not None:
            return await _enter(request, arrived, choice, begun.after)
        held = await actions.hold(_settings(request), _database(request), arrived, browser, begun.after)
    except ProviderDown as down:
        return _down(request, provider, down, begun.after)
    except TokenWrong as wrong:
        logger.warning("what a provider sent was refused", provider=str(provider.id), why=wrong.why)
        why = wrong.why if wrong.why == "auth_time_missing" else "not_believed"
        return page(request, "signin/refused.html", 400, why=why, title=provider.title, next=begun.after)
    except Refused as refused:
        return _refused(request, refused, provider.title, begun.after)
    response = redirect(f"/sign-in/choose?of={held}")
    response.cookies.append(_browser_cookie(request, browser))
    return response


@get("/sign-in/choose", opt=public(REASON), include_in_schema=False)
async def choose_page(request: Http, of: FromQuery[str] = "") -> Response[Any]:
    """For which of their authorities somebody acts who has just signed in."""
    browser = _browser(request)
    found = await actions.held(_settings(request), _database(request), of, browser, take_it=False)
    return _stale(request, "/") if found is None else _choose(request, of, found[2], [])


@post("/sign-in/choose", opt=public(REASON), include_in_schema=False)
async def choose(request: Http) -> Response[Any]:
    """Begin to act for the authority chosen."""
    form = await read_form(request)
    of, browser = form.get("of"), _browser(request)
    seen = await actions.held(_settings(request), _database(request), of, browser, take_it=False)
    if seen is None:
        return _stale(request, "/")
    if all(str(one.authority_id) != form.get("authority") for one in seen[2]):
        return _choose(request, of, seen[2], [FieldError("authority", "Choose the authority to act for")])
    taken = await actions.held(_settings(request), _database(request), of, browser, take_it=True)
    if taken is None:
        return _stale(request, seen[1])
    arrived, after, choices = taken
    choice = next((one for one in choices if str(one.authority_id) == form.get("authority")), None)
    if choice is None:
        return _stale(request, after)
    try:
        return await _enter(request, arrived, choice, after)
    except Refused as refused:
        return _refused(request, refused, refused.title, after)


def _choose(request: Http, of: str, choices: list[Choice], errors: list[FieldError]) -> Response[str]:
    listed = [(str(one.authority_id), one.name, ", ".join(ROLES[role] for role in one.roles)) for one in choices]
    return page(request, "signin/choose.html", of=of, choices=listed, errors=errors)


async def _enter(request: Http, arrived: Arrived, choice: Choice, after: str) -> Response[Any]:
    entry = await actions.act_for(_database(request), arrived, choice, browser_of(request))
    old = secret_of(request)
    if old:
        async with _database(request).unbound() as uow:
            await end_session(uow, old)
    if arrived.believed.address:
        await throttle_of(request, arrived.believed.address).succeeded()
    said = LEFT if entry.mapped is Mapped.LEFT else None
    return with_session(request, redirect(safe_next(after), said), entry.secret)


async def _confirmed(request: Http, provider: Provider, begun: Begun, believed: actions.Believed) -> Response[Any]:
    secret = secret_of(request)
    new = await actions.confirm(_database(request), believed, begun, secret) if secret else None
    if new is None:
        return page(request, "signin/refused.html", 400, why="somebody_else", title=provider.title, next=begun.after)
    return with_session(request, redirect(safe_next(begun.after)), new)


@get("/sign-in/again", opt=needs("own:act"), include_in_schema=False)
async def again(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    next: FromQuery[str] = "/",  # noqa: A002  # the name people know from addresses
) -> Response[Any]:
    """Have the provider ask again who it is: stepping up. Only sessions that came through one can."""
    known = await provider_session_of(uow, secret_of(request))
    if known is None or principal.session_kind == "break_glass":
        return page(request, "signin/refused.html", 403, why="no_provider", title="", next=safe_next(next))
    provider = await _provider(request, known.provider)
    return await _leave(request, provider, safe_next(next), session=secret_of(request))


@get(SIGNED_OUT, opt=public("Whoever has signed out is told so."), include_in_schema=False)
async def signed_out(request: Http) -> Response[str]:
    """Where the provider sends people after it has signed them out."""
    return page(request, "signin/signed_out.html")


def _refused(request: Http, refused: Refused, title: str, after: str) -> Response[str]:
    return page(request, "signin/refused.html", 403, why=refused.why, title=refused.title or title, next=after)


def _stale(request: Http, after: str) -> Response[str]:
    return page(request, "signin/refused.html", 400, why="stale", title="", next=safe_next(after))


def _down(request: Http, provider: Provider, error: ProviderDown, after: str) -> Response[str]:
    logger.warning("an identity provider does not answer", provider=str(provider.id), words=error.words)
    again_at = f"/sign-in?next={quote(safe_next(after))}"
    return page(request, "signin/down.html", 503, headers={"Retry-After": "60"}, title=provider.title, again=again_at)


def router(settings: Settings) -> Router:
    """The pages of signing in; in the demonstration its own page asks for the address too."""
    handlers = [by_email, back, choose_page, choose, again, signed_out]
    return Router("/", route_handlers=[*handlers, sign_in_page] if settings.production else handlers)
