"""What the routes of requests share: paths, how a field is named in a body, the answer with its ETag."""

from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from litestar import Response
from msgspec import UNSET, UnsetType

from careshare.database import Uow
from careshare.http import etag
from careshare.identity import Principal
from services.placements.requests import queries, rules
from services.placements.requests.permissions import IDENTITY
from services.placements.requests.records import RequestRecord
from services.placements.settings import own

TAGS: Final = ["Placement requests"]
ROOT: Final = "/api/v1/requests"
REQUEST: Final = "/requests/{placement_request_id:uuid}"
CHILD: Final = f"{REQUEST}/children/{{request_child_id:uuid}}"

T = TypeVar("T")


class RequestAnswer(RequestRecord, frozen=True, kw_only=True):
    """A request, what it still lacks with the reason, and the day by which an emergency one must be complete."""

    lacking: list[rules.Lacking]
    complete_by: date | None


def given(value: T | UnsetType) -> T | None:
    """What a change gives for a field; None where it is left out."""
    return None if value is UNSET else value


def may_identify(principal: Principal) -> bool:
    """Whether the caller may read who the children are."""
    return principal.may(IDENTITY)


async def read(uow: Uow, principal: Principal, request_id: UUID) -> Response[RequestAnswer]:
    """The request as the caller may read it, with its ETag."""
    record = await queries.whole(uow, request_id)
    seen = queries.shown(record, may_identify=may_identify(principal))
    due = rules.complete_by(record, await own(uow))
    answer = RequestAnswer(
        **{name: getattr(seen, name) for name in RequestRecord.__struct_fields__},
        lacking=rules.lacking(record),
        complete_by=due,
    )
    return Response(answer, headers={"ETag": etag(record.version)})
