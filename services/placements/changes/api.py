"""The routes of changes under /api/v1: flags listed, one whole, cleared; a change of a child's plan recorded."""

from datetime import datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, Limit
from careshare.identity import Principal
from services.placements.changes import actions, queries
from services.placements.changes.model import Clear, FlagRecord, FlagRow, PlanChange
from services.placements.changes.permissions import CLEAR, READ, RECORD
from services.placements.requests.api.common import REQUEST

TAGS: Final = ["Changes"]
FLAG: Final = "/flags/{flag_id:uuid}"


class FlagPage(msgspec.Struct, frozen=True):
    """Flags; `next_cursor` leads to the next page, null on the last one."""

    items: list[FlagRow]
    next_cursor: str | None


class Flagged(msgspec.Struct, frozen=True):
    """The flags that were raised on your own side. Others are told that something changed, and not what."""

    flag_ids: list[UUID]


@get(
    "/flags",
    opt=needs(READ),
    operation_id="listFlags",
    summary="List what changed about your requests, enquiries, holds and placements",
    description="The soonest to be looked at first, or the latest cleared. `mine` asks for those meant for your roles.",
    tags=TAGS,
    responses=problems(),
)
async def list_flags(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    show: FromQuery[queries.Show] = "open",
    mine: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> FlagPage:
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "flags", {"show": show, "mine": str(mine)})
    roles = principal.roles if mine else None
    after = paging.after(cursor, tuple[datetime, UUID])
    found = await queries.listed(uow, show=show, roles=roles, after=after, limit=limit + 1)
    rows = found[:limit]
    last = rows[-1] if len(found) > limit else None
    return FlagPage(rows, None if last is None else paging.cursor(queries.moment(last), last.id))


@get(
    FLAG,
    opt=needs(READ),
    operation_id="getFlag",
    summary="Read what changed, what to do about it, and how it was cleared",
    tags=TAGS,
    responses=problems(404),
)
async def get_flag(*, uow: NamedDependency[Uow], flag_id: FromPath[UUID]) -> FlagRecord:
    return await queries.one(uow, flag_id)


@post(
    f"{FLAG}/clear",
    opt=needs(CLEAR),
    operation_id="clearFlag",
    summary="Say that what changed was looked at, with the reason",
    description="It ends nothing: withdrawing, ending and changing are steps of their own.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def clear_flag(*, uow: NamedDependency[Uow], flag_id: FromPath[UUID], data: JSONBody[Clear]) -> FlagRecord:
    await actions.clear(uow, flag_id, data)
    return await queries.one(uow, flag_id)


@post(
    f"{REQUEST}/plan-changes",
    opt=needs(RECORD),
    operation_id="recordPlanChange",
    summary="Record that a court order, a legal status or the care plan changed",
    description="Everything that is asked or placed for these children is flagged once.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def record_plan_change(
    *, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID], data: JSONBody[PlanChange]
) -> Flagged:
    return Flagged(await actions.record_for_request(uow, placement_request_id, data))


@post(
    "/placements/{placement_id:uuid}/plan-changes",
    opt=needs(RECORD),
    operation_id="recordPlacementPlanChange",
    summary="Record that a placed child’s court order, legal status or care plan changed",
    description="Everything that is asked or placed for this child is flagged once.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def record_placement_plan_change(
    *, uow: NamedDependency[Uow], placement_id: FromPath[UUID], data: JSONBody[PlanChange]
) -> Flagged:
    return Flagged(await actions.record_for_placement(uow, placement_id, data))


router = Router(
    "/", route_handlers=[list_flags, get_flag, clear_flag, record_plan_change, record_placement_plan_change]
)
