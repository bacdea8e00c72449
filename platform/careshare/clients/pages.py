"""The administrator's pages of API clients: list, add, change, replace a secret, revoke.

A secret is shown once, and here only where it takes no second person.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import Permissions, needs
from careshare.clients import actions, words
from careshare.clients.model import ClientForm
from careshare.clients.queries import client, clients, secrets_of
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.service import NavigationItem
from careshare.settings import Settings
from careshare.web import Form, notice, page, parse, read_form, redirect

Http = Request[Any, Any, Any]

PERMISSIONS = {"client:manage": ("authority_administrator",)}
LIST = "/administration/clients"
NAVIGATION = NavigationItem(
    "API clients",
    LIST,
    "client:manage",
    "Systems that read and write here by themselves: what each may do, its secret, and when it last called.",
)
MANAGE = needs("client:manage")
CHANGE = needs("client:manage", step_up=True)
NEW = f"{LIST}/new"
ONE = f"{LIST}/{{client_id:uuid}}"
CLIENT, VERSION = "client", "version"

ADDED = notice("clients.added", "The system is added")
WAITS = notice("clients.waits", "A second person is asked: the secret is made when they agree, and shown to them")
CHANGED = notice("clients.changed", "The changes are saved")
SECRET_ENDED = notice("clients.secret_ended", "The secret is ended, and every token got with it")
REVOKED = notice("clients.revoked", "The system can no longer call")

OVERLAPS = (
    ("0", "Not at all: it may be known to somebody else"),
    ("1", "One day"),
    ("7", "One week"),
    ("30", "30 days"),
)
"""Days that the old secret stays valid beside the new one."""


def path_of(client_id: UUID) -> str:
    """The address of a client's page."""
    return f"{LIST}/{client_id}"


@get(LIST, opt=MANAGE, include_in_schema=False)
async def list_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Every client of the authority."""
    return page(request, "clients/list.html", clients=await clients(uow))


@get(NEW, opt=CHANGE, include_in_schema=False)
async def new_page(request: Http) -> Response[str]:
    """The form of a new client, with the identifier it will have: sent twice, it makes one."""
    usual = Form({"roles": [words.USUAL], "per_minute": ["600"], "token_minutes": ["15"]})
    return _form(request, usual, uuid4())


@post(NEW, opt=CHANGE, include_in_schema=False, status_code=200)
async def add(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Add it and show its secret, once; one that takes two people is shown to the second."""
    form = await read_form(request)
    client_id = _uuid(form.get(CLIENT))
    given, errors = parse(_without(form, CLIENT), ClientForm)
    if given is None:
        return _form(request, form.with_errors(errors), client_id)
    try:
        secret = await actions.add_client(uow, _permissions(request), client_id, given, harmless=_harmless(request))
    except Invalid as error:
        return _form(request, form.with_errors(error.errors), client_id)
    if secret is None:
        return redirect(path_of(client_id), ADDED if given.external_id else WAITS)
    return secret_page(request, client_id, given.name, secret, path_of(client_id))


@get(ONE, opt=MANAGE, include_in_schema=False)
async def one_page(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[str]:
    """One client: what it is, what it may do, its secrets and when it last used them."""
    found = await client(uow, client_id)
    groups = words.offered(request.app)
    return page(
        request,
        "clients/one.html",
        client=found,
        secrets=await secrets_of(uow, client_id),
        scopes=words.in_words(groups, found.scopes),
        waiting=words.in_words(groups, found.waiting),
        path=path_of(client_id),
    )


@get(f"{ONE}/change", opt=CHANGE, include_in_schema=False)
async def change_page(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[str]:
    """The form of a client as it stands."""
    found = await client(uow, client_id)
    return _form(request, Form.filled(found.form()), client_id, found.version, found.name)


@post(f"{ONE}/change", opt=CHANGE, include_in_schema=False, status_code=200)
async def change(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[Any]:
    """Change it; the tokens it holds are narrowed with it."""
    form = await read_form(request)
    found = await client(uow, client_id)
    version = _version(form)
    given, errors = parse(_without(form, CLIENT, VERSION), ClientForm)
    if given is not None:
        try:
            await actions.change_client(
                uow, _permissions(request), client_id, version, given, harmless=_harmless(request)
            )
        except Invalid as error:
            errors = list(error.errors)
        else:
            return redirect(path_of(client_id), CHANGED)
    return _form(request, form.with_errors(errors), client_id, version, found.name)


@get(f"{ONE}/secret", opt=CHANGE, include_in_schema=False)
async def rotate_page(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[str]:
    """Ask how long the old secret stays valid."""
    return await _rotate(request, uow, client_id, [])


@post(f"{ONE}/secret", opt=CHANGE, include_in_schema=False, status_code=200)
async def rotate(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[Any]:
    """Make a new secret and show it, once, unless it takes two people."""
    overlap = (await read_form(request)).get("overlap")
    if overlap not in dict(OVERLAPS):
        wrong = FieldError("overlap", "Select how long the old secret stays valid")
        return await _rotate(request, uow, client_id, [wrong])
    found = await client(uow, client_id)
    secret = await actions.rotate(uow, client_id, timedelta(days=int(overlap)), harmless=_harmless(request))
    if secret is None:
        return redirect(path_of(client_id), WAITS)
    return secret_page(request, client_id, found.name, secret, path_of(client_id))


@post(f"{ONE}/secrets/{{secret_id:uuid}}/end", opt=MANAGE, include_in_schema=False)
async def end_secret(uow: NamedDependency[Uow], client_id: FromPath[UUID], secret_id: FromPath[UUID]) -> Response[None]:
    """End one secret now."""
    await actions.end_secret(uow, client_id, secret_id)
    return redirect(path_of(client_id), SECRET_ENDED)


@get(f"{ONE}/revoke", opt=MANAGE, include_in_schema=False)
async def revoke_page(request: Http, uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[str]:
    """Ask once more."""
    return page(request, "clients/revoke.html", client=await client(uow, client_id), path=path_of(client_id))


@post(f"{ONE}/revoke", opt=MANAGE, include_in_schema=False)
async def revoke(uow: NamedDependency[Uow], client_id: FromPath[UUID]) -> Response[None]:
    """End the client for good."""
    await actions.revoke(uow, client_id)
    return redirect(LIST, REVOKED)


def _form(
    request: Http, form: Form, client_id: UUID, version: int | None = None, name: str | None = None
) -> Response[str]:
    groups = words.offered(request.app)
    return page(
        request,
        "clients/form.html",
        form=form,
        client_id=client_id,
        version=version,
        name=name,
        groups=groups,
        roles=words.roles_for_machines(_permissions(request), groups),
        back=LIST if version is None else path_of(client_id),
    )


async def _rotate(request: Http, uow: Uow, client_id: UUID, errors: list[FieldError]) -> Response[str]:
    found = await client(uow, client_id)
    return page(
        request, "clients/rotate.html", client=found, path=path_of(client_id), overlaps=list(OVERLAPS), errors=errors
    )


def secret_page(request: Http, client_id: UUID, name: str, secret: str, path: str) -> Response[str]:
    """A new secret, shown this once; `path` is where the reader goes on."""
    settings: Settings = request.app.state.settings
    return page(
        request,
        "clients/secret.html",
        name=name,
        client_id=client_id,
        secret=secret,
        path=path,
        address=settings.origin,
    )


def _harmless(request: Http) -> frozenset[str]:
    return words.harmless(request.app.state.services)


def _permissions(request: Http) -> Permissions:
    found: Permissions = request.app.state.permissions
    return found


def _without(form: Form, *names: str) -> Form:
    return Form({name: form.all(name) for name in form.names() - set(names)})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid("The form has lost its number. Open the page again.") from None


def _version(form: Form) -> int:
    text = form.get(VERSION)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("The form has lost its version. Open the page again and make your change there.")
    return int(text)


router = Router(
    "/",
    route_handlers=[
        list_page,
        new_page,
        add,
        one_page,
        change_page,
        change,
        rotate_page,
        rotate,
        end_secret,
        revoke_page,
        revoke,
    ],
)
