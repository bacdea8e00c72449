"""The routes of placements under /api/v1: lists, one whole, plan and notices, and every step."""

from datetime import date
from http import HTTPStatus
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, Limit
from careshare.identity import Principal
from services.placements.enquiries.api.taking import take_once
from services.placements.enquiries.records import Side
from services.placements.placed import actions, home_notices, queries, sealed, telling
from services.placements.placed.model import (
    Cancel,
    End,
    HomeNotice,
    Notice,
    Pause,
    PlacementRecord,
    PlacementRow,
    Plan,
    Resume,
    Start,
    Vary,
)
from services.placements.placed.outside import api as outside
from services.placements.placed.permissions import ARCHIVE, CHANGE, READ, READ_NAMES, READY, START
from services.placements.placed.series import api as series
from services.placements.routes import cut, paging

TAGS: Final = ["Placements made"]
PLACEMENT: Final = "/placements/{placement_id:uuid}"


class PlacementPage(msgspec.Struct, frozen=True):
    """Placements; `next_cursor` leads to the next page, null on the last one."""

    items: list[PlacementRow]
    next_cursor: str | None


class ArchivedCopy(msgspec.Struct, frozen=True):
    """What your authority had lawfully received of the other side's people, sealed when the placement ended."""

    body: dict[str, Any]


class PlainStep(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A step that needs nothing more."""

    step: Literal["give_notice", "review_to_end", "keep", "unready"]


@get(
    "/placements",
    opt=needs(READ),
    operation_id="listPlacements",
    summary="List placements your authority made, or those in its homes",
    description="The first to begin first. Nobody’s name is in the list.",
    tags=TAGS,
    responses=problems(),
)
async def list_placements(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    side: FromQuery[Side] = "placing",
    show: FromQuery[Literal["live", "over"]] = "live",
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PlacementPage:
    cursors = paging(request, principal, "placements made", side=side, show=show)
    after = cursors.after(cursor, tuple[date, UUID])
    stages = queries.LIVE if show == "live" else queries.OVER
    found = await queries.listed(uow, side, stages=stages, after=after, limit=limit + 1)
    rows, last = cut(found, limit)
    return PlacementPage(rows, None if last is None else cursors.cursor(last.starts, last.id))


@get(
    PLACEMENT,
    opt=needs(READ),
    operation_id="getPlacement",
    summary="Read a placement",
    description="Who the child and the carers are is null for whoever may not read it, and once the placement ended.",
    tags=TAGS,
    responses=problems(404),
)
async def get_placement(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    side: FromQuery[Side | None] = None,
) -> PlacementRecord:
    return await queries.one(uow, placement_id, side, may_name=principal.may(READ_NAMES))


@get(
    f"{PLACEMENT}/archive",
    opt=needs(ARCHIVE),
    operation_id="getPlacementArchive",
    summary="Open your authority’s sealed copy of an ended placement",
    tags=TAGS,
    responses=problems(404),
)
async def get_archive(*, uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> ArchivedCopy:
    return ArchivedCopy(await queries.archived(uow, placement_id))


@put(
    f"{PLACEMENT}/plan",
    opt=needs(READY),
    operation_id="putPlacementPlan",
    summary="Record the placement plan",
    tags=TAGS,
    responses=problems(404),
)
async def put_plan(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Plan],
) -> PlacementRecord:
    await actions.plan(uow, placement_id, data)
    return await queries.one(uow, placement_id, "placing", may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/notices",
    opt=needs(READY),
    operation_id="recordNotice",
    summary="Record a notice of regulation 13 or 14, or why it was not practicable",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def record_notice(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Notice],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: telling.notice(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, "placing", may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/ready",
    opt=needs(READY),
    operation_id="makePlacementReady",
    summary="Say that the child may come",
    description="A planned one needs its plan signed and everybody told before; an emergency’s clocks run instead.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def make_ready(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.make_ready(uow, placement_id), key=idempotency_key)
    return await queries.one(uow, placement_id, "placing", may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/start",
    opt=needs(START),
    operation_id="startPlacement",
    summary="Record that the child has come",
    description="Your register is checked with who the child is; the child is entered there and charges begin.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def start_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Start],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.start(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, "providing", may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/days",
    opt=needs(CHANGE),
    operation_id="varyPlacement",
    summary="Change the days of a placement",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def vary_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Vary],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.vary(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/steps",
    opt=needs(CHANGE),
    operation_id="stepPlacement",
    summary="Give notice, review towards an end, or take either back",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def step_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[PlainStep],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.simple(uow, placement_id, data.step), key=idempotency_key)
    return await queries.one(uow, placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/pause",
    opt=needs(CHANGE),
    operation_id="pausePlacement",
    summary="Record that the child is away",
    description="The place stays the child’s. The home’s side may say which share of the price it charges meanwhile.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def pause_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Pause],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.pause(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/resume",
    opt=needs(CHANGE),
    operation_id="resumePlacement",
    summary="Record that the child is back",
    description="The whole price is charged from that night on.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def resume_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Resume],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.resume(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/cancel",
    opt=needs(CHANGE),
    operation_id="cancelPlacement",
    summary="Say that the child does not come after all",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def cancel_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[Cancel],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.cancel(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/end",
    opt=needs(CHANGE),
    operation_id="endPlacement",
    summary="End a placement",
    description="After its review, or at once for immediate risk. The place and the child are free from that day.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def end_placement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[End],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: actions.end(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, may_name=principal.may(READ_NAMES))


@post(
    f"{PLACEMENT}/host-notices",
    opt=needs(START),
    operation_id="recordHostNotice",
    summary="Record that the host authority was told, or why that was not practicable",
    description="By the home's side: of a child that came from elsewhere, and that left (SI 2015/541 reg 41).",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def record_host_notice(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    data: JSONBody[HomeNotice],
    idempotency_key: IdempotencyKey = None,
) -> PlacementRecord:
    await take_once(request, uow, lambda: home_notices.record(uow, placement_id, data), key=idempotency_key)
    return await queries.one(uow, placement_id, "providing", may_name=principal.may(READ_NAMES))


router = Router(
    "/",
    route_handlers=[
        *(
            list_placements,
            get_placement,
            get_archive,
            put_plan,
            record_notice,
            make_ready,
            start_placement,
            record_host_notice,
        ),
        *(vary_placement, step_placement, pause_placement, resume_placement, cancel_placement, end_placement),
        *series.handlers,
        *sealed.handlers,
        *outside.handlers,
    ],
)
