"""A request: start it, list them, read one, change it, take its next step, make it a colleague's work."""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, UnsetType

from careshare.access import needs
from careshare.database import Uow
from careshare.http import expected_version, once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, IfMatch, Limit
from careshare.identity import Principal
from services.placements.requests import actions, queries
from services.placements.requests.actions import NewRequest
from services.placements.requests.actions.step import NewStep
from services.placements.requests.api.common import REQUEST, ROOT, TAGS, RequestAnswer, given, may_identify, read
from services.placements.requests.model import Kind, RequestNeed, Stage
from services.placements.requests.permissions import CHANGE, READ
from services.placements.requests.records import RequestRow
from services.placements.routes import created, cut, fields_of_a_body, paging


class RequestPage(msgspec.Struct, frozen=True):
    """Requests; `next_cursor` leads to the next page, null on the last one."""

    items: list[RequestRow]
    next_cursor: str | None


class Made(msgspec.Struct, frozen=True):
    """The id of what was made."""

    id: UUID


class RequestPatch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change; what is left out stays as it is. `need` is given whole."""

    kind: Kind | UnsetType = UNSET
    starts: date | UnsetType = UNSET
    ends: date | UnsetType | None = UNSET
    need: RequestNeed | UnsetType = UNSET


class Holder(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose work a request is to be; without an id it is the caller's."""

    person_id: UUID | None = None


class FromSearch(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The search to begin a request from."""

    search_id: UUID


@post(
    "/requests",
    opt=needs(CHANGE),
    operation_id="createRequest",
    summary="Start a placement request",
    description=(
        "Age, sex and from when are enough; the answer's id leads to the rest. It is a draft until it is opened. "
        "Nothing of it is seen by anybody outside your authority."
    ),
    tags=TAGS,
    responses={**created(Made, "The request"), **problems(409)},
)
async def create_request(
    *, request: Http, uow: NamedDependency[Uow], data: JSONBody[NewRequest], idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    async def make() -> tuple[Made, str]:
        with fields_of_a_body():
            made = await actions.start(uow, data)
        return Made(made), f"{ROOT}/{made}"

    return await once(request, uow, idempotency_key, make)


@post(
    "/requests/from-search",
    opt=needs(CHANGE),
    operation_id="createRequestFromSearch",
    summary="Begin a placement request with what a search asked for",
    tags=TAGS,
    responses={**created(Made, "The request"), **problems(404, 409)},
)
async def create_from_search(
    *, request: Http, uow: NamedDependency[Uow], data: JSONBody[FromSearch], idempotency_key: IdempotencyKey = None
) -> Response[bytes]:
    async def make() -> tuple[Made, str]:
        with fields_of_a_body():
            made = await actions.from_search(uow, data.search_id)
        return Made(made), f"{ROOT}/{made}"

    return await once(request, uow, idempotency_key, make)


_SHOWN: Final = {"standing": queries.STANDING_STAGES, "ended": queries.ENDED_STAGES}


@get(
    "/requests",
    opt=needs(READ),
    operation_id="listRequests",
    summary="List your authority’s placement requests",
    description="Those that stand (drafts and open ones), the soonest needed first; or those that ended, latest first.",
    tags=TAGS,
    responses=problems(),
)
async def list_requests(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    show: FromQuery[Literal["standing", "ended"]] = "standing",
    stage: FromQuery[Stage | None] = None,
    mine: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> RequestPage:
    cursors = paging(request, principal, "placement requests", show=show, stage=stage, mine=mine)
    stages = [one for one in _SHOWN[show] if stage in {None, one}]
    holder = principal.person_id if mine else None
    if show == "standing":
        after = cursors.after(cursor, tuple[date, UUID])
        found = await queries.standing(uow, stages=stages, held_by=holder, after=after, limit=limit + 1)
    else:
        since = cursors.after(cursor, tuple[datetime, UUID])
        found = await queries.ended(uow, stages=stages, held_by=holder, after=since, limit=limit + 1)
    rows, last = cut(found, limit)
    if not may_identify(principal):
        rows = [msgspec.structs.replace(row, references=[]) for row in rows]
    at = None if last is None else last.starts if show == "standing" else last.ended_at
    return RequestPage(rows, None if last is None else cursors.cursor(at, last.id))


@get(
    REQUEST,
    opt=needs(READ),
    operation_id="getRequest",
    summary="Read a placement request",
    description="Who the children are is left out for whoever may not read it (`identity` null).",
    tags=TAGS,
    responses=problems(404),
)
async def get_request(
    uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_request_id: FromPath[UUID]
) -> Response[RequestAnswer]:
    return await read(uow, principal, placement_request_id)


@patch(
    REQUEST,
    opt=needs(CHANGE),
    operation_id="changeRequest",
    summary="Change a placement request",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
)
async def change_request(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    data: JSONBody[RequestPatch],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    version = expected_version(if_match)
    with fields_of_a_body():
        await actions.change(
            uow,
            placement_request_id,
            version,
            kind=given(data.kind),
            starts=given(data.starts),
            ends=data.ends,
            need=given(data.need),
            knows_names=may_identify(principal),
        )
    return await read(uow, principal, placement_request_id)


@post(
    f"{REQUEST}/steps",
    opt=needs(CHANGE),
    operation_id="takeRequestStep",
    summary="Open, withdraw, reopen a request, or say that no home was found",
    description="`allowed` of the request says which steps its stage takes. The database refuses every other.",
    tags=TAGS,
    responses=problems(404, 409, 412, 428),
    status_code=200,
)
async def step_request(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    data: JSONBody[NewStep],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    await actions.take_step(uow, placement_request_id, expected_version(if_match), data)
    return await read(uow, principal, placement_request_id)


@put(
    f"{REQUEST}/holder",
    opt=needs(CHANGE),
    operation_id="giveRequest",
    summary="Make a request a colleague’s work, or your own",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def give_request(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
    data: JSONBody[Holder],
    if_match: IfMatch = None,
) -> Response[RequestAnswer]:
    await actions.give(uow, placement_request_id, expected_version(if_match), data.person_id or principal.person_id)
    return await read(uow, principal, placement_request_id)


handlers: Final = (
    *(create_request, create_from_search, list_requests, get_request, change_request, step_request, give_request),
)
