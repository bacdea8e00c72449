"""The forms of places: how many, not available and available again, a child placed, a child left."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import principal_of
from careshare.web import Form, notice
from services.fostering import actions
from services.fostering.days import today
from services.fostering.model import Closure, Left, Placed, Places
from services.fostering.pages.forms import Http, attempt, done, keep, sent, with_version
from services.fostering.pages.home import SAVED
from services.fostering.pages.questions import Questions, ask, pages
from services.fostering.queries import household, responsible_authorities
from services.fostering.records import HouseholdRecord, PlacedRecord, PlaceRecord

CLOSED = notice("fostering.place_closed", "The place is recorded as not available")
OPENED = notice("fostering.place_opened", "The place is recorded as available")
PLACED = notice("fostering.child_placed", "The child is recorded as placed here")
LEFT = notice("fostering.child_left", "The end of the stay is recorded")

PLACE = "/foster-carers/{household_id:uuid}/places/{number:int}"
STAY = "/foster-carers/{household_id:uuid}/children/{stay_id:uuid}/left"


def _day(name: str) -> dict[str, list[str]]:
    day = today()
    return {f"{name}-{part}": [str(getattr(day, part))] for part in ("day", "month", "year")}


def _place(record: HouseholdRecord, number: int) -> PlaceRecord:
    found = next((place for place in record.places if place.number == number), None)
    if found is None:
        raise NotFound
    return found


def _stay(record: HouseholdRecord, stay_id: UUID) -> PlacedRecord:
    found = next((stay for stay in record.placed if stay.id == stay_id), None)
    if found is None:
        raise NotFound
    return found


def _placed(_record: HouseholdRecord) -> Form:
    return Form(_day("starts"))


async def _choices(uow: Uow, _record: HouseholdRecord) -> dict[str, Any]:
    mine = principal_of(uow)
    others = [one for one in await responsible_authorities(uow) if one[0] != mine.authority_gss]
    return {"authorities": [(mine.authority_gss, mine.authority_name), *others]}


PLACES = Questions(
    name="places",
    permission="household:change",
    wanted=Places,
    filled=lambda record: Form.filled(Places(number=len(record.places))),
    change=actions.set_places,
    saved=SAVED,
    section="places",
)
NEW_CHILD = Questions(
    name="children/new",
    permission="placed_child:change",
    wanted=Placed,
    filled=_placed,
    change=actions.place_child,
    saved=PLACED,
    section="children",
    beside={"age": "born", "places": "place", "named_children": "child_reference"},
    more=_choices,
)


@get(f"{PLACE}/close", opt=needs("household:change"), include_in_schema=False)
async def ask_closure(
    request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """Why and for how long a place is not available."""
    record = await household(uow, household_id)
    return ask(request, "close", record, Form(_day("since")), place=_place(record, number))


@post(f"{PLACE}/close", opt=needs("household:change"), include_in_schema=False)
async def close_place(
    request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Record it; the reason stays this authority's own."""
    came = await sent(request)
    refused = await keep(
        uow,
        came,
        Closure,
        lambda closure, version: actions.close_place(uow, household_id, version, number, closure),
    )
    if refused is None:
        return done(household_id, CLOSED, "places")
    record = await household(uow, household_id)
    return ask(request, "close", record, refused, place=_place(record, number))


@get(f"{PLACE}/open", opt=needs("household:change"), include_in_schema=False)
async def ask_opening(
    request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID], number: FromPath[int]
) -> Response[str]:
    """Whether a place is available again."""
    record = await household(uow, household_id)
    return ask(request, "reopen", record, Form(), place=_place(record, number))


@post(f"{PLACE}/open", opt=needs("household:change"), include_in_schema=False)
async def open_place(
    request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID], number: FromPath[int]
) -> Response[Any]:
    """Record it."""
    came = await sent(request)
    errors = await attempt(uow, lambda: actions.open_place(uow, household_id, came.version, number))
    if errors is None:
        return done(household_id, OPENED, "places")
    record = await household(uow, household_id)
    form = with_version(came.form, came.version).with_errors([FieldError("", one.message) for one in errors])
    return ask(request, "reopen", record, form, place=_place(record, number))


@get(STAY, opt=needs("placed_child:change"), include_in_schema=False)
async def ask_left(
    request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID], stay_id: FromPath[UUID]
) -> Response[str]:
    """When the child left, or is to leave."""
    record = await household(uow, household_id)
    return ask(request, "left", record, Form(), stay=_stay(record, stay_id))


@post(STAY, opt=needs("placed_child:change"), include_in_schema=False)
async def child_left(
    request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID], stay_id: FromPath[UUID]
) -> Response[Any]:
    """Record it; the place is free from that day on."""
    came = await sent(request)
    refused = await keep(
        uow, came, Left, lambda left, version: actions.end_stay(uow, household_id, version, stay_id, left)
    )
    if refused is None:
        return done(household_id, LEFT, "children")
    record = await household(uow, household_id)
    return ask(request, "left", record, refused, stay=_stay(record, stay_id))


handlers = [
    *pages(PLACES),
    *pages(NEW_CHILD),
    ask_closure,
    close_place,
    ask_opening,
    open_place,
    ask_left,
    child_left,
]
