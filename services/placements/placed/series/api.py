"""The routes of short breaks under /api/v1: the stays of a placement, and what is done with each."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.parameters import Http, IdempotencyKey
from services.placements.enquiries.records import Side
from services.placements.placed.model import Cancel, Start
from services.placements.placed.permissions import CHANGE, READ, START
from services.placements.placed.series import actions, queries
from services.placements.placed.series.model import Adding, BreakRow, Days, Left, Series
from services.placements.routes import created

TAGS: Final = ["Short breaks"]
OF: Final = "/placements/{placement_id:uuid}/short-breaks"
ONE: Final = "/short-breaks/{break_id:uuid}"


class Added(msgspec.Struct, frozen=True):
    """The stays that were agreed, in the order given."""

    break_ids: list[UUID]


@get(
    OF,
    opt=needs(READ),
    operation_id="listShortBreaks",
    summary="List the stays of a placement that is a series of short breaks",
    description="The first to begin first, with the limits of regulation 48 that they pass.",
    tags=TAGS,
    responses=problems(404),
)
async def list_breaks(
    *, uow: NamedDependency[Uow], placement_id: FromPath[UUID], side: FromQuery[Side | None] = None
) -> Series:
    return await queries.series(uow, placement_id, side)


@post(
    OF,
    opt=needs(CHANGE),
    operation_id="addShortBreaks",
    summary="Agree stays of a series, all of them or none",
    description=(
        "The first makes a placement that has not begun a series: place and child are taken for the stays alone, and "
        "the days between are free. Regulation 48 allows 75 days within any 12 months."
    ),
    tags=TAGS,
    responses={**created(Added, "The stays"), **problems(404, 409, 422)},
)
async def add_breaks(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    placement_id: FromPath[UUID],
    data: JSONBody[Adding],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[Added, str]:
        made = await actions.add(uow, placement_id, data.stays)
        return Added(made), f"/api/v1/placements/{placement_id}/short-breaks"

    return await once(request, uow, idempotency_key, make)


@get(
    ONE,
    opt=needs(READ),
    operation_id="getShortBreak",
    summary="Read one stay of a series",
    tags=TAGS,
    responses=problems(404),
)
async def get_break(*, uow: NamedDependency[Uow], break_id: FromPath[UUID]) -> BreakRow:
    return await queries.one(uow, break_id)


@post(
    f"{ONE}/days",
    opt=needs(CHANGE),
    operation_id="moveShortBreak",
    summary="Change the days of a stay",
    description="One that has begun keeps its first day.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def move_break(*, uow: NamedDependency[Uow], break_id: FromPath[UUID], data: JSONBody[Days]) -> Series:
    return await queries.series(uow, await actions.move(uow, break_id, data), "placing")


@post(
    f"{ONE}/cancel",
    opt=needs(CHANGE),
    operation_id="cancelShortBreak",
    summary="Say that a stay does not take place",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def cancel_break(*, uow: NamedDependency[Uow], break_id: FromPath[UUID], data: JSONBody[Cancel]) -> Series:
    return await queries.series(uow, await actions.cancel(uow, break_id, data))


@post(
    f"{ONE}/start",
    opt=needs(START),
    operation_id="startShortBreak",
    summary="Record that the child has come for a stay",
    description="The first one starts the placement. Without a price a later one costs what the one before did.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def start_break(*, uow: NamedDependency[Uow], break_id: FromPath[UUID], data: JSONBody[Start]) -> Series:
    return await queries.series(uow, await actions.start(uow, break_id, data), "providing")


@post(
    f"{ONE}/end",
    opt=needs(CHANGE),
    operation_id="endShortBreak",
    summary="Record the day the child left after a stay",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def end_break(*, uow: NamedDependency[Uow], break_id: FromPath[UUID], data: JSONBody[Left]) -> Series:
    return await queries.series(uow, await actions.end(uow, break_id, data))


handlers: Final = [list_breaks, add_breaks, get_break, move_break, cancel_break, start_break, end_break]
