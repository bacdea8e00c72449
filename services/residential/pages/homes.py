"""The homes as a list, one home in full, registering one and changing what it is."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse, read_form, read_query, redirect
from careshare.web.changes import Http, attempt, keep, sent, with_version
from services.residential import actions
from services.residential.actions.home import current
from services.residential.model import Confidentiality, Home, Judged, Kind
from services.residential.ofsted.actions import Provider, provider
from services.residential.pages.forms import ask, done, home_path, show
from services.residential.pages.questions import Questions, pages
from services.residential.queries import Filters, home, homes, open_address, totals
from services.residential.queries.home import may_lift
from services.residential.records import HomeRecord
from services.residential.rules import Leading

REGISTERED = notice("residential.registered", "The home is registered")
SAVED = notice("residential.saved", "The change is saved")

ROOT = "/residential"
ONE = "/residential/{home_id:uuid}"


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """What the filter panel asks."""

    kind: Annotated[Kind, asks("the kind of home")] | None = None
    state: Annotated[Leading, asks("the state of a place")] | None = None
    offered: Annotated[bool, asks("whether places are offered")] | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which home of Ofsted's list to begin from."""

    urn: Annotated[str, asks("Ofsted’s number", max_length=10)] = ""


class Reason(msgspec.Struct, kw_only=True):
    """Why a confidential address is needed."""

    reason: Annotated[Literal["placement", "visit", "emergency", "correction"], asks("why you need the address")]


@get(ROOT, opt=needs("residential:read"), include_in_schema=False)
async def list_homes(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """One's own homes, with the states of their places as bars and numbers."""
    form = read_query(request)
    found, errors = parse(form, Narrowed)
    wanted = found or Narrowed()
    rows = await homes(uow, Filters(kind=wanted.kind, state=wanted.state, offered=wanted.offered))
    states, first = totals(rows)
    narrowed = wanted != Narrowed()
    return show(request, "homes", form=form, errors=errors, rows=rows, states=states, first=first, narrowed=narrowed)


@get(f"{ROOT}/new", opt=needs("residential:change"), include_in_schema=False)
async def ask_new(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The form of a home that is not here yet; begun from Ofsted's list where a number of it is given."""
    wanted, _ = parse(read_query(request), Wanted)
    listed = await provider(uow, wanted.urn.strip().upper()) if wanted and wanted.urn else None
    form = Form() if listed is None else _from_list(listed)
    return show(request, "new", form=form, errors=[], listed=listed)


def _from_list(listed: Provider) -> Form:
    answers = {
        "urn": [listed.urn],
        "name": [listed.name],
        "owner_organisation": [listed.owner_organisation],
        "sector": [listed.sector],
        "kept_as": ["own" if listed.sector == "local_authority" else "proxy"],
        "kind": [listed.kind],
        "registration": [listed.registration],
        "registered_places": [str(listed.places)],
    }
    ticked = {"short_break_only": listed.short_break_only, "multi_building": listed.multi_building}
    return Form({**answers, **{name: ["yes"] for name, yes in ticked.items() if yes}})


@post(f"{ROOT}/new", opt=needs("residential:change"), include_in_schema=False)
async def add_new(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Register the home and go to its page, where the rest is filled in."""
    form = await read_form(request)
    wanted, errors = parse(form, Home)
    made: list[UUID] = []

    async def register() -> None:
        if wanted is not None:
            made.append((await actions.register_home(uow, wanted))[0])

    if wanted is not None:
        errors = await attempt(uow, register) or []
    if errors:
        return show(request, "new", form=form, errors=errors, listed=None)
    return redirect(home_path(made[0]), REGISTERED)


@get(ONE, opt=needs("residential:read"), include_in_schema=False)
async def one_home(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
    """A home in full, a confidential address withheld."""
    return _one(request, await home(uow, home_id), Form())


def _one(request: Http, record: HomeRecord, form: Form, *, opened: bool = False) -> Response[str]:
    return show(request, "home", record=record, path=home_path(record.id), form=form, errors=form.errors, opened=opened)


@post(f"{ONE}/address", opt=needs("residential:open", step_up=True), include_in_schema=False, status_code=200)
async def show_address(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
    """The home with its confidential address, after a reason was put on the record."""
    form = await read_form(request)
    given, errors = parse(form, Reason)
    if given is None:
        return _one(request, await home(uow, home_id), form.with_errors(errors))
    return _one(request, await open_address(uow, home_id, given.reason), Form(), opened=True)


@get(f"{ONE}/home", opt=needs("residential:change"), include_in_schema=False)
async def ask_home(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
    """What the home is. A confidential address is not shown: it is entered anew."""
    record = await home(uow, home_id)
    return ask(request, "home", record, Form.filled(await _stored(uow, record)), listed=None)


async def _stored(uow: Uow, record: HomeRecord) -> Home:
    values = await current(uow, record.id)
    if record.confidential:
        values |= {"address": "", "postcode": ""}
    return Home(**values)


@post(f"{ONE}/home", opt=needs("residential:change"), include_in_schema=False)
async def save_home(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], home_id: FromPath[UUID]
) -> Response[Any]:
    """Save it."""
    came = await sent(request)
    may_see = principal.may("confidential:read")
    refused = await keep(
        uow, came, Home, lambda value, version: actions.change_home(uow, home_id, version, value, may_see=may_see)
    )
    if refused is None:
        return done(home_id, SAVED, "about")
    return ask(request, "home", await home(uow, home_id), refused, listed=None)


@get(f"{ONE}/confidential", opt=needs("residential:change"), include_in_schema=False)
async def ask_confidential(request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID]) -> Response[str]:
    """Whether the address is confidential."""
    record = await home(uow, home_id)
    return ask(request, "confidential", record, Form.filled(Confidentiality(confidential=record.confidential)))


@post(f"{ONE}/confidential", opt=needs("residential:change"), include_in_schema=False)
async def save_confidential(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], home_id: FromPath[UUID]
) -> Response[Any]:
    """Save it."""
    came = await sent(request)
    wanted, errors = parse(came.form, Confidentiality)
    if wanted is not None:
        may_see = may_lift(principal, wanted)
        confidential = wanted.confidential
        refused = await attempt(
            uow,
            lambda: actions.set_confidential(uow, home_id, came.version, confidential=confidential, may_see=may_see),
        )
        if refused is None:
            return done(home_id, SAVED, "about")
        errors = [FieldError("", one.message) for one in refused]
    form = with_version(came.form, came.version).with_errors(errors)
    return ask(request, "confidential", await home(uow, home_id), form)


JUDGEMENT = Questions(
    name="judgement",
    permission="residential:change",
    wanted=Judged,
    filled=lambda _record: Form(),
    change=actions.record_judgement,
    saved=SAVED,
    section="judgements",
)

handlers = [
    list_homes,
    ask_new,
    add_new,
    one_home,
    show_address,
    ask_home,
    save_home,
    ask_confidential,
    save_confidential,
    *pages(JUDGEMENT),
]
