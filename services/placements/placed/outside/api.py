"""The routes of placements outside Careshare under /api/v1."""

from datetime import date
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, Limit
from careshare.identity import Principal
from services.placements.placed.model import Notice, Plan
from services.placements.placed.outside import actions, queries
from services.placements.placed.outside.model import (
    Approve,
    MonthCost,
    NewOutside,
    OutsidePlacementRecord,
    OutsidePlacementRow,
    OutsideStep,
    Price,
)
from services.placements.placed.permissions import APPROVE, ARCHIVE, COST, READ, READ_NAMES, READY
from services.placements.routes import created, cut, paging

TAGS: Final = ["Placements outside Careshare"]
ROOT: Final = "/outside-placements"
ONE: Final = f"{ROOT}/{{outside_placement_id:uuid}}"


class OutsidePlacementPage(msgspec.Struct, frozen=True):
    """Placements outside; `next_cursor` leads to the next page, null on the last one."""

    items: list[OutsidePlacementRow]
    next_cursor: str | None


class OutsidePlacementMade(msgspec.Struct, frozen=True):
    """The id of the placement that is planned."""

    id: UUID


class OutsideCosts(msgspec.Struct, frozen=True):
    """What placements outside cost, by month and kind of home."""

    items: list[MonthCost]


class SealedCopy(msgspec.Struct, frozen=True):
    """Who lived where and at which price, sealed when the placement ended."""

    body: dict[str, Any]


@post(
    "/outside-enquiries/{outside_enquiry_id:uuid}/placements",
    opt=needs(READY),
    operation_id="planOutsidePlacement",
    summary="Plan a placement with an agency or home outside Careshare that can take the child",
    description="No other authority sees anything of it. The child’s own time is taken, as by every placement.",
    tags=TAGS,
    responses={**created(OutsidePlacementMade, "The placement"), **problems(404, 409, 422)},
)
async def plan_outside(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    outside_enquiry_id: FromPath[UUID],
    data: JSONBody[NewOutside],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[OutsidePlacementMade, str]:
        made = await actions.make(uow, outside_enquiry_id, data)
        return OutsidePlacementMade(made), f"/api/v1{ROOT}/{made}"

    return await once(request, uow, idempotency_key, make)


@get(
    ROOT,
    opt=needs(READ),
    operation_id="listOutsidePlacements",
    summary="List placements your authority made outside Careshare",
    description="The first to begin first. Nobody’s name is in the list.",
    tags=TAGS,
    responses=problems(),
)
async def list_outside_placements(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    show: FromQuery[Literal["live", "over"]] = "live",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> OutsidePlacementPage:
    cursors = paging(request, principal, "placements outside", show=show)
    stages = queries.LIVE if show == "live" else queries.OVER
    after = cursors.after(cursor, tuple[date, UUID])
    found = await queries.listed(uow, stages=stages, after=after, limit=limit + 1)
    rows, last = cut(found, limit)
    return OutsidePlacementPage(rows, None if last is None else cursors.cursor(last.starts, last.id))


@get(
    "/outside-placement-costs",
    opt=needs(COST),
    operation_id="listOutsideCosts",
    summary="What placements outside Careshare cost, by month and kind of home",
    description="From the month of `since` up to the day `until`, by the night as recharges are. Names nobody.",
    tags=TAGS,
    responses=problems(),
)
async def list_costs(*, uow: NamedDependency[Uow], since: FromQuery[date], until: FromQuery[date]) -> OutsideCosts:
    return OutsideCosts(await queries.costs(uow, since, until))


@get(
    ONE,
    opt=needs(READ),
    operation_id="getOutsidePlacement",
    summary="Read a placement outside Careshare",
    description="Who the child is and where it lives is null for whoever may not read it.",
    tags=TAGS,
    responses=problems(404),
)
async def get_outside_placement(
    *, uow: NamedDependency[Uow], principal: NamedDependency[Principal], outside_placement_id: FromPath[UUID]
) -> OutsidePlacementRecord:
    return await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))


@get(
    f"{ONE}/archive",
    opt=needs(ARCHIVE),
    operation_id="getOutsidePlacementArchive",
    summary="Open the sealed copy of an ended placement outside Careshare",
    tags=TAGS,
    responses=problems(404),
)
async def get_outside_archive(*, uow: NamedDependency[Uow], outside_placement_id: FromPath[UUID]) -> SealedCopy:
    return SealedCopy(await queries.archived(uow, outside_placement_id))


@put(
    f"{ONE}/plan",
    opt=needs(READY),
    operation_id="putOutsidePlan",
    summary="Record the placement plan",
    tags=TAGS,
    responses=problems(404),
)
async def put_outside_plan(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
    data: JSONBody[Plan],
) -> OutsidePlacementRecord:
    await actions.plan(uow, outside_placement_id, data)
    return await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{ONE}/notices",
    opt=needs(READY),
    operation_id="recordOutsideNotice",
    summary="Record a notice of regulation 13 or 14, or why it was not practicable",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404),
)
async def record_outside_notice(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
    data: JSONBody[Notice],
) -> OutsidePlacementRecord:
    await actions.notice(uow, outside_placement_id, data)
    return await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{ONE}/approval",
    opt=needs(APPROVE, step_up=True),
    operation_id="approveOutsidePlacement",
    summary="Approve a home outside the area, as the nominated officer or the director",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def approve_outside(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
    data: JSONBody[Approve],
) -> OutsidePlacementRecord:
    await actions.approve(uow, outside_placement_id, data)
    return await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{ONE}/prices",
    opt=needs(READY),
    operation_id="priceOutsidePlacement",
    summary="Record another weekly price from a day on",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def price_outside(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
    data: JSONBody[Price],
) -> OutsidePlacementRecord:
    await actions.price(uow, outside_placement_id, data)
    return await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{ONE}/steps",
    opt=needs(READY),
    operation_id="stepOutsidePlacement",
    summary="Make ready, start, change the days, give notice, review, end or cancel",
    description="A planned one needs its plan signed, everybody told and the approval by distance before it is ready.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def step_outside(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
    data: JSONBody[OutsideStep],
) -> OutsidePlacementRecord:
    await actions.take(uow, outside_placement_id, data)
    return await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))


handlers: Final = [
    *(plan_outside, list_outside_placements, list_costs, get_outside_placement, get_outside_archive, put_outside_plan),
    *(record_outside_notice, approve_outside, price_outside, step_outside),
]
