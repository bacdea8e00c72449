"""Places and their states, the staffing statement, and who lives there."""

from uuid import UUID

import msgspec
from litestar import Response, delete, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import etag, expected_version, once, problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from services.residential import actions
from services.residential.api.common import HOME, ROOT, TAGS, changed
from services.residential.model import Closure, HostTold, Kept, Left, Places, Resident, Staffing
from services.residential.queries import home
from services.residential.records import HomeRecord

PLACE = f"{HOME}/places/{{number:int}}"


class Admitted(msgspec.Struct, frozen=True):
    """The stay that was recorded, and the home with it."""

    resident_id: UUID
    home: HomeRecord


class _Version(msgspec.Struct, frozen=True):
    version: int


class _Answered(msgspec.Struct, frozen=True):
    """What an answer, which may be the first one given again, tells of the home."""

    home: _Version


@put(
    f"{HOME}/places",
    opt=needs("residential:change"),
    operation_id="setHomePlaces",
    summary="Set how many places the home has",
    description="Those beyond the registered number are “not registered” and never matchable.",
    tags=TAGS,
    responses=problems(404, 412, 422, 428),
)
async def set_places(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Places], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.set_places(uow, home_id, version, data))


@put(
    f"{HOME}/staffing",
    opt=needs("residential:change"),
    operation_id="stateStaffing",
    summary="State how many places are staffed, until which day",
    description="A place nobody staffs is not matchable. With the statement the vacancies are confirmed too.",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def state_staffing(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Staffing], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.state_staffing(uow, home_id, version, data))


@put(
    f"{PLACE}/closure",
    opt=needs("residential:change"),
    operation_id="closeHomePlace",
    summary="Close a place",
    description="The reason and the note never leave your authority: others see no vacancy, and not why.",
    tags=TAGS,
    responses=problems(404, 412, 422, 428),
)
async def close_place(
    home_id: FromPath[UUID],
    number: FromPath[int],
    uow: NamedDependency[Uow],
    data: JSONBody[Closure],
    if_match: IfMatch = None,
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.close_place(uow, home_id, version, number, data))


@delete(
    f"{PLACE}/closure",
    opt=needs("residential:change"),
    operation_id="openHomePlace",
    summary="Open a place that was closed",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 428),
)
async def open_place(
    home_id: FromPath[UUID], number: FromPath[int], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.open_place(uow, home_id, version, number))


@put(
    f"{PLACE}/kept-empty",
    opt=needs("residential:change"),
    operation_id="keepHomePlaceEmpty",
    summary="Keep a place empty for matching",
    description="It is empty and not available. The reason and the note never leave your authority.",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def keep_empty(
    home_id: FromPath[UUID],
    number: FromPath[int],
    uow: NamedDependency[Uow],
    data: JSONBody[Kept],
    if_match: IfMatch = None,
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.keep_empty(uow, home_id, version, number, data))


@delete(
    f"{PLACE}/kept-empty",
    opt=needs("residential:change"),
    operation_id="stopKeepingHomePlaceEmpty",
    summary="Let a place be matched again",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 428),
)
async def keep_empty_no_longer(
    home_id: FromPath[UUID], number: FromPath[int], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.keep_empty_no_longer(uow, home_id, version, number))


@post(
    f"{HOME}/residents",
    opt=needs("resident:change"),
    operation_id="admitResident",
    summary="Record a child who lives in the home",
    description="Within its registration, in a place that is free. The answer’s ETag is the home’s new version.",
    tags=TAGS,
    responses=problems(404, 409, 412, 422),
)
async def admit(
    *,
    request: Http,
    home_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Resident],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[Admitted]:
    version = expected_version(if_match) if if_match is not None else None

    async def create() -> tuple[Admitted, str]:
        made, _version = await actions.admit(uow, home_id, version, data)
        return Admitted(made, await home(uow, home_id)), f"{ROOT}/{home_id}"

    answer = await once(request, uow, idempotency_key, create)
    answer.headers["ETag"] = etag(msgspec.json.decode(answer.content, type=_Answered).home.version)
    return answer  # type: ignore[return-value]  # the struct, encoded


@post(
    f"{HOME}/residents/{{resident_id:uuid}}/end",
    opt=needs("resident:change"),
    operation_id="endResident",
    summary="Record that a child left, or is to leave",
    description="The place is free from that day on.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409, 412, 428),
)
async def leave(
    home_id: FromPath[UUID],
    resident_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Left],
    if_match: IfMatch = None,
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.leave(uow, home_id, version, resident_id, data))


@post(
    f"{HOME}/host-notices",
    opt=needs("resident:change"),
    operation_id="recordHostTold",
    summary="Record that the host authority was told that a child came or left",
    description="Of children recorded here by hand (SI 2015/541 reg 41); a placement keeps its own.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 428),
)
async def host_told(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[HostTold], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.host_told(uow, home_id, version, data))


handlers = [
    host_told,
    set_places,
    state_staffing,
    close_place,
    open_place,
    keep_empty,
    keep_empty_no_longer,
    admit,
    leave,
]
