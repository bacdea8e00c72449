"""Places and the children placed in them."""

from uuid import UUID

import msgspec
from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import etag, expected_version, once, problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from services.fostering import actions
from services.fostering.api.common import HOUSEHOLD, ROOT, TAGS, changed
from services.fostering.model import Closure, Left, Placed, Places
from services.fostering.queries import seen_household
from services.fostering.records import HouseholdRecord

PLACE = f"{HOUSEHOLD}/places/{{number:int}}"


class PlacedChild(msgspec.Struct, frozen=True):
    """The stay that was recorded, and the household with it."""

    placed_child_id: UUID
    household: HouseholdRecord


class _Version(msgspec.Struct, frozen=True):
    version: int


class _Answered(msgspec.Struct, frozen=True):
    """What an answer, which may be the first one given again, tells of the household."""

    household: _Version


@put(
    f"{HOUSEHOLD}/places",
    opt=needs("household:change"),
    operation_id="setPlaces",
    summary="Set how many places the home has",
    description="No more than its approval allows, and no fewer than are taken.",
    tags=TAGS,
    responses=problems(404, 412, 422, 428),
)
async def set_places(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Places], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.set_places(uow, household_id, version, data))


@put(
    f"{PLACE}/closure",
    opt=needs("household:change"),
    operation_id="closePlace",
    summary="Mark a place not available",
    description="The reason and the note never leave your authority: others see no vacancy, and not why.",
    tags=TAGS,
    responses=problems(404, 412, 422, 428),
)
async def close_place(
    household_id: FromPath[UUID],
    number: FromPath[int],
    uow: NamedDependency[Uow],
    data: JSONBody[Closure],
    if_match: IfMatch = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.close_place(uow, household_id, version, number, data))


@delete(
    f"{PLACE}/closure",
    opt=needs("household:change"),
    operation_id="openPlace",
    summary="Mark a place available again",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 422, 428),
)
async def open_place(
    household_id: FromPath[UUID], number: FromPath[int], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.open_place(uow, household_id, version, number))


@post(
    f"{HOUSEHOLD}/placed-children",
    opt=needs("placed_child:change"),
    operation_id="recordPlacedChild",
    summary="Record a child placed with the household",
    description=(
        "Within the terms of approval and the usual fostering limit, each checked apart, and in a place that is free. "
        "A solo placement takes the other places out for as long as the child is there. "
        "The answer’s ETag is the household’s new version."
    ),
    tags=TAGS,
    responses=problems(404, 409, 412, 422),
)
async def place_child(
    *,
    request: Http,
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Placed],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[PlacedChild]:
    version = expected_version(if_match) if if_match is not None else None

    async def create() -> tuple[PlacedChild, str]:
        made, _version = await actions.place_child(uow, household_id, version, data)
        return PlacedChild(made, await seen_household(uow, household_id)), f"{ROOT}/{household_id}"

    answer = await once(request, uow, idempotency_key, create)
    answer.headers["ETag"] = etag(msgspec.json.decode(answer.content, type=_Answered).household.version)
    return answer  # type: ignore[return-value]  # the struct, encoded


@post(
    f"{HOUSEHOLD}/placed-children/{{placed_child_id:uuid}}/end",
    opt=needs("placed_child:change"),
    operation_id="endPlacedChild",
    summary="Record that a child left, or is to leave",
    description="The place is free from that day on.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409, 412, 428),
)
async def end_stay(
    household_id: FromPath[UUID],
    placed_child_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Left],
    if_match: IfMatch = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.end_stay(uow, household_id, version, placed_child_id, data))


handlers = [set_places, close_place, open_place, place_child, end_stay]
