"""The forms of places: how many, the staffing statement, closed and open, kept empty, a child who comes or leaves."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import principal_of
from careshare.web import Form, Notice, notice
from careshare.web.changes import Http, attempt, keep, sent, with_version
from services.residential import actions
from services.residential.model import Closure, HostTold, Kept, Left, Places, Resident, Staffing
from services.residential.pages.forms import ask, done
from services.residential.pages.homes import SAVED
from services.residential.pages.questions import Questions, pages
from services.residential.queries import home
from services.residential.queries.home import responsible_authorities
from services.residential.records import HomeRecord, PlaceRecord, ResidentRecord
from tenants.days import today

CLOSED = notice("residential.place_closed", "The place is recorded as closed")
OPENED = notice("residential.place_opened", "The place is recorded as open")
KEPT = notice("residential.place_kept", "The place is kept empty")
NOT_KEPT = notice("residential.place_not_kept", "The place is no longer kept empty")
ADMITTED = notice("residential.admitted", "The child is recorded as living here")
TOLD = notice("residential.host_told", "It is recorded that the host authority was told")
LEFT = notice("residential.left", "The end of the stay is recorded")
STATED = notice("residential.stated", "The staffing is stated")

PLACE = "/residential/{home_id:uuid}/places/{number:int}"
STAY = "/residential/{home_id:uuid}/residents/{resident_id:uuid}/left"


def _day(name: str) -> dict[str, list[str]]:
    day = today()
    return {f"{name}-{part}": [str(getattr(day, part))] for part in ("day", "month", "year")}


def _place(record: HomeRecord, number: int) -> PlaceRecord:
    found = next((place for place in record.places if place.number == number), None)
    if found is None:
        raise NotFound
    return found


def _stay(record: HomeRecord, resident_id: UUID) -> ResidentRecord:
    found = next((stay for stay in record.residents if stay.id == resident_id), None)
    if found is None:
        raise NotFound
    return found


async def _choices(uow: Uow, _record: HomeRecord) -> dict[str, Any]:
    mine = principal_of(uow)
    others = [one for one in await responsible_authorities(uow) if one[0] != mine.authority_gss]
    return {"authorities": [(mine.authority_gss, mine.authority_name), *others]}


PLACES = Questions(
    name="places",
    permission="residential:change",
    wanted=Places,
    filled=lambda record: Form.filled(Places(number=len(record.places) or record.registered_places)),
    change=actions.set_places,
    saved=SAVED,
    section="places",
)
STAFFING = Questions(
    name="staffing",
    permission="residential:change",
    wanted=Staffing,
    filled=lambda record: Form({"places": [str(record.staffing.places if record.staffing else len(record.places))]}),
    change=actions.state_staffing,
    saved=STATED,
    section="places",
)
NEW_RESIDENT = Questions(
    name="new_resident",
    permission="resident:change",
    wanted=Resident,
    filled=lambda _record: Form(_day("starts")),
    change=actions.admit,
    saved=ADMITTED,
    section="residents",
    beside={"age": "born", "supported_age": "born", "not_registered": ""},
    more=_choices,
)


async def _keep_place(
    request: Http,
    uow: Uow,
    home_id: UUID,
    number: int,
    wanted: type[Closure] | type[Kept],
    *,
    name: str,
    change: Callable[..., Awaitable[int]],
    saved: Notice,
) -> Response[Any]:
    came = await sent(request)
    refused = await keep(uow, came, wanted, lambda value, version: change(uow, home_id, version, number, value))
    if refused is None:
        return done(home_id, saved, "places")
    record = await home(uow, home_id)
    return ask(request, name, record, refused, place=_place(record, number))


async def _undo(
    request: Http,
    uow: Uow,
    home_id: UUID,
    number: int,
    *,
    name: str,
    change: Callable[[Uow, UUID, int | None, int], Awaitable[int]],
    saved: Notice,
) -> Response[Any]:
    came = await sent(request)
    errors = await attempt(uow, lambda: change(uow, home_id, came.version, number))
    if errors is None:
        return done(home_id, saved, "places")
    record = await home(uow, home_id)
    form = with_version(came.form, came.version).with_errors([FieldError("", one.message) for one in errors])
    return ask(request, name, record, form, place=_place(record, number))


@get(f"{PLACE}/close", opt=needs("residential:change"), include_in_schema=False)
async def ask_closure(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """Why and for how long a place is closed."""
    record = await home(uow, home_id)
    return ask(request, "close", record, Form(_day("since")), place=_place(record, number))


@post(f"{PLACE}/close", opt=needs("residential:change"), include_in_schema=False)
async def close_place(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Record it; the reason stays this authority's own."""
    change = actions.close_place
    return await _keep_place(request, uow, home_id, number, Closure, name="close", change=change, saved=CLOSED)


@get(f"{PLACE}/open", opt=needs("residential:change"), include_in_schema=False)
async def ask_opening(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """Whether a place is open again."""
    record = await home(uow, home_id)
    return ask(request, "open", record, Form(), place=_place(record, number))


@post(f"{PLACE}/open", opt=needs("residential:change"), include_in_schema=False)
async def open_place(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Record it."""
    return await _undo(request, uow, home_id, number, name="open", change=actions.open_place, saved=OPENED)


@get(f"{PLACE}/keep-empty", opt=needs("residential:change"), include_in_schema=False)
async def ask_keeping(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """Why and for how long a place is kept empty for matching."""
    record = await home(uow, home_id)
    return ask(request, "keep_empty", record, Form(_day("since")), place=_place(record, number))


@post(f"{PLACE}/keep-empty", opt=needs("residential:change"), include_in_schema=False)
async def keep_empty(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Record it; the reason stays this authority's own."""
    change = actions.keep_empty
    return await _keep_place(request, uow, home_id, number, Kept, name="keep_empty", change=change, saved=KEPT)


@get(f"{PLACE}/stop-keeping", opt=needs("residential:change"), include_in_schema=False)
async def ask_stop_keeping(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """Whether a place may be matched again."""
    record = await home(uow, home_id)
    return ask(request, "stop_keeping", record, Form(), place=_place(record, number))


@post(f"{PLACE}/stop-keeping", opt=needs("residential:change"), include_in_schema=False)
async def stop_keeping(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Record it."""
    change = actions.keep_empty_no_longer
    return await _undo(request, uow, home_id, number, name="stop_keeping", change=change, saved=NOT_KEPT)


HOST_TOLD = Questions(
    name="host_told",
    permission="resident:change",
    wanted=HostTold,
    filled=lambda _record: Form(_day("sent_on")),
    change=actions.host_told,
    saved=TOLD,
    section="residents",
)


@get(STAY, opt=needs("resident:change"), include_in_schema=False)
async def ask_left(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], resident_id: FromPath[UUID]
) -> Response[str]:
    """When the child left, or is to leave."""
    record = await home(uow, home_id)
    return ask(request, "left", record, Form(), stay=_stay(record, resident_id))


@post(STAY, opt=needs("resident:change"), include_in_schema=False)
async def child_left(
    request: Http, uow: NamedDependency[Uow], home_id: FromPath[UUID], resident_id: FromPath[UUID]
) -> Response[Any]:
    """Record it; the place is free from that day on."""
    came = await sent(request)
    refused = await keep(uow, came, Left, lambda left, version: actions.leave(uow, home_id, version, resident_id, left))
    if refused is None:
        return done(home_id, LEFT, "residents")
    record = await home(uow, home_id)
    return ask(request, "left", record, refused, stay=_stay(record, resident_id))


handlers = [
    *pages(PLACES),
    *pages(STAFFING),
    *pages(NEW_RESIDENT),
    *pages(HOST_TOLD),
    ask_closure,
    close_place,
    ask_opening,
    open_place,
    ask_keeping,
    keep_empty,
    ask_stop_keeping,
    stop_keeping,
    ask_left,
    child_left,
]
