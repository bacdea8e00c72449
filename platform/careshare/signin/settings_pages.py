"""The administrator's pages of sign-in: which provider, for which domains, which roles its groups give, and a test."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare import audit
from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.identity_pages.common import Http, secret_of
from careshare.service import NavigationItem
from careshare.settings import Settings
from careshare.signin import domains, queries, requests, settings_actions
from careshare.signin.connection import try_connection
from careshare.signin.groups import BY_GROUP
from careshare.signin.protocol import BACK, LOGOUT, SIGNED_OUT
from careshare.signin.settings_model import Accepting, Mapping, NewProvider, OneDomain, ProviderChange
from careshare.web import Form, Notice, notice, page, parse, read_form, redirect

ROOT: Final = "/administration/sign-in"
ONE: Final = f"{ROOT}/{{provider_id:uuid}}"
PERMISSION: Final = "sign_in:manage"
PERMISSIONS: Final = {PERMISSION: ("authority_administrator",)}
NAVIGATION: Final = NavigationItem(
    "Sign-in", ROOT, PERMISSION, "The service your people sign in with, their e-mail domains, and roles from groups."
)
READ: Final = needs(PERMISSION)
CHANGE: Final = needs(PERMISSION, step_up=True)

ADDED = notice(
    "sign_in.added",
    "The sign-in service is added. A second person must agree before anybody signs in by it",
)
SAVED = notice("sign_in.saved", "The change is saved and holds from the next sign-in")
ASKED = notice("sign_in.asked", "It is asked for. A second person must agree before it holds")
ENDED = notice("sign_in.ended", "It is ended, and whoever was signed in through it is signed out")
FORGOTTEN = notice("sign_in.forgotten", "The account is forgotten. Their next sign-in links it anew")

T = TypeVar("T", bound=msgspec.Struct)


def _settings(request: Http) -> Settings:
    return cast("Settings", request.app.state.settings)


@get(ROOT, opt=READ, include_in_schema=False)
async def list_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The providers the authority keeps or uses, and those of its neighbours that it could use."""
    return await _list(request, uow, Form())


async def _list(request: Http, uow: Uow, form: Form) -> Response[str]:
    return page(
        request,
        "signin/settings.html",
        form=form,
        providers=await settings_actions.listed(uow),
        nearby=await settings_actions.nearby(uow),
        approved=await domains.mine(uow),
        root=ROOT,
    )


@get(f"{ROOT}/new", opt=READ, include_in_schema=False)
async def new_page(request: Http) -> Response[str]:
    """The form of a provider of one's own."""
    return _new(request, Form({"kind": ["entra"]}))


def _new(request: Http, form: Form) -> Response[str]:
    return page(request, "signin/settings_new.html", form=form, root=ROOT, addresses=_addresses(request))


def _addresses(request: Http) -> list[tuple[str, str]]:
    origin = _settings(request).origin
    return [
        ("Redirect URI (web)", origin + BACK),
        ("Sign-out redirect URI", origin + SIGNED_OUT),
        ("Back-channel logout URI", origin + LOGOUT),
    ]


@post(f"{ROOT}/new", opt=CHANGE, include_in_schema=False)
async def add(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Keep it, and show it."""
    form = await read_form(request)
    given, errors = parse(form, NewProvider)
    if given is not None:
        try:
            made = await settings_actions.add_provider(uow, _settings(request), given)
        except Invalid as error:
            errors = list(error.errors)
        else:
            return redirect(f"{ROOT}/{made}", ADDED)
    return _new(request, form.with_errors(errors))


@post(f"{ROOT}/accept", opt=CHANGE, include_in_schema=False)
async def accept(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Ask to use another authority's provider for a domain."""
    form = await read_form(request)
    given, errors = parse(form, Accepting)
    if given is not None:
        offered = {one.provider_id for one in await settings_actions.nearby(uow)}
        if given.provider not in offered:
            errors = [FieldError("provider", "Select the sign-in service")]
        else:
            try:
                await requests.ask_domain(uow, given.provider, given.domain)
            except Conflict as error:
                errors = [FieldError("domain", error.detail)]
            else:
                return redirect(f"{ROOT}/{given.provider}", ASKED)
    return await _list(request, uow, form.with_errors(errors))


@get(ONE, opt=READ, include_in_schema=False)
async def one_page(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[str]:
    """One provider: what it is, its domains, groups and accounts."""
    return await _one(request, uow, provider_id, Form())


async def _one(request: Http, uow: Uow, provider_id: UUID, form: Form, **more: Any) -> Response[str]:
    found = await settings_actions.one(uow, provider_id)
    return page(
        request,
        "signin/settings_one.html",
        form=form,
        provider=found,
        domains=await settings_actions.domains_of(uow, provider_id),
        groups=await settings_actions.groups(uow, provider_id),
        accounts=await settings_actions.accounts(uow, provider_id) if found.mine else [],
        asked=await requests.waiting(uow, provider_id),
        roles=[(role, ROLES[role]) for role in BY_GROUP],
        addresses=_addresses(request),
        path=f"{ROOT}/{provider_id}",
        root=ROOT,
        **{"checks": None, **more},
    )


@get(f"{ONE}/change", opt=READ, include_in_schema=False)
async def change_page(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[str]:
    """The form of a provider of one's own as it stands."""
    found = await settings_actions.one(uow, provider_id)
    if not found.mine:
        raise NotFound
    filled = ProviderChange(
        version=found.version,
        title=found.title,
        client_id=found.client_id,
        groups_claim=found.groups_claim,
        api_audience=found.api_audience,
        shared=found.shared,
    )
    return _change(request, found.title, provider_id, Form.filled(filled))


def _change(request: Http, title: str, provider_id: UUID, form: Form) -> Response[str]:
    return page(request, "signin/settings_change.html", form=form, name=title, path=f"{ROOT}/{provider_id}")


@post(f"{ONE}/change", opt=CHANGE, include_in_schema=False)
async def change(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """Change it."""
    form = await read_form(request)
    given, errors = parse(form, ProviderChange)
    found = await settings_actions.one(uow, provider_id)
    if given is not None:
        try:
            await settings_actions.change_provider(uow, _settings(request), provider_id, given)
        except Invalid as error:
            errors = list(error.errors)
        else:
            return redirect(f"{ROOT}/{provider_id}", SAVED)
    return _change(request, found.title, provider_id, form.with_errors(errors))


@post(f"{ONE}/test", opt=READ, include_in_schema=False, status_code=200)
async def test(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[str]:
    """“Test this connection”: what was tried, what was right, and what failed in plain words."""
    await settings_actions.one(uow, provider_id)
    provider = await queries.provider_to_use(uow, provider_id)
    if provider is None:
        raise NotFound
    checks = await try_connection(_settings(request), provider)
    right = all(check.right is not False for check in checks)
    await audit.record(uow, "sign_in_provider.tested", subjects=[provider_id], after={"right": right})
    return await _one(request, uow, provider_id, Form(), checks=checks)


async def _do(
    request: Http,
    uow: Uow,
    provider_id: UUID,
    wanted: type[T],
    do: Callable[[Uow, UUID, T], Awaitable[None]],
    *,
    said: Notice = SAVED,
) -> Response[Any]:
    form = await read_form(request)
    await settings_actions.one(uow, provider_id)
    given, errors = parse(form, wanted)
    if given is not None:
        try:
            await do(uow, provider_id, given)
        except Conflict as error:
            errors = [FieldError("domain", error.detail)]
        else:
            return redirect(f"{ROOT}/{provider_id}", said)
    return await _one(request, uow, provider_id, form.with_errors(errors))


async def _allow(uow: Uow, provider_id: UUID, given: OneDomain) -> None:
    await requests.ask_domain(uow, provider_id, given.domain)


@post(f"{ONE}/domains", opt=CHANGE, include_in_schema=False)
async def add_domain(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """Ask that people of a domain sign in through it."""
    return await _do(request, uow, provider_id, OneDomain, _allow, said=ASKED)


@post(f"{ONE}/domains/end", opt=CHANGE, include_in_schema=False)
async def end_domain(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """Let them no longer."""
    given, _ = parse(await read_form(request), OneDomain)
    if given is None:
        raise NotFound
    await domains.stop(uow, provider_id, given.domain, secret_of(request))
    return redirect(f"{ROOT}/{provider_id}", ENDED)


@post(f"{ONE}/groups", opt=CHANGE, include_in_schema=False)
async def add_group(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """Ask that a group gives a role."""
    return await _do(request, uow, provider_id, Mapping, requests.ask_mapping, said=ASKED)


@post(f"{ONE}/groups/remove", opt=CHANGE, include_in_schema=False)
async def remove_group(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """Have it give the role no longer."""
    return await _do(request, uow, provider_id, Mapping, settings_actions.remove_mapping)


@post(f"{ONE}/accounts/forget", opt=CHANGE, include_in_schema=False)
async def forget(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """Forget which account is somebody's."""
    try:
        person = UUID((await read_form(request)).get("person"))
    except ValueError:
        raise NotFound from None
    await settings_actions.forget_account(uow, provider_id, person)
    return redirect(f"{ROOT}/{provider_id}", FORGOTTEN)


@post(f"{ONE}/end", opt=CHANGE, include_in_schema=False)
async def end(request: Http, uow: NamedDependency[Uow], provider_id: FromPath[UUID]) -> Response[Any]:
    """End it, and every session through it."""
    await settings_actions.end_provider(uow, provider_id, secret_of(request))
    return redirect(ROOT, ENDED)


router = Router(
    "/",
    route_handlers=[
        list_page,
        new_page,
        add,
        accept,
        one_page,
        change_page,
        change,
        test,
        add_domain,
        end_domain,
        add_group,
        remove_group,
        forget,
        end,
    ],
)
