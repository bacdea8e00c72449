"""What the routes that change an enquiry have in common: If-Match where it is given, and an Idempotency-Key.

The stage itself guards each step: one that is not open is refused, whoever comes late. An ETag guards what somebody did
not see: that the other side took a step meanwhile. A key makes a repeated call take no second step; the answer is read
anew, so that nothing is shown from a kept answer that has closed since.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response

from careshare.database import Uow
from careshare.errors import PreconditionFailed
from careshare.http import etag, expected_version, once
from careshare.http.parameters import Http
from careshare.identity import Principal
from services.placements.enquiries import queries
from services.placements.enquiries.records import EnquiryRecord, Side
from services.placements.requests.permissions import IDENTITY

Change = Callable[[], Awaitable[object]]


class Done(msgspec.Struct, frozen=True):
    """All that is kept of an answer: that there was one."""

    done: bool = True


DONE: Final = Done()


async def take(
    request: Http,
    uow: Uow,
    enquiry_id: UUID,
    change: Change,
    *,
    key: str | None,
    if_match: str | None = None,
) -> None:
    """Make a change of an enquiry once. Raises what it raises, PreconditionFailed where the enquiry is not the one that
    `if_match` names, and Conflict where the key was used for another call.
    """

    async def guarded() -> None:
        expected = None if if_match is None else expected_version(if_match)
        if expected is not None and await queries.version(uow, enquiry_id) not in {None, expected}:
            raise PreconditionFailed
        await change()
        # The step holds the enquiry's row: whoever came between our reading and that is seen now.
        if expected is not None and await queries.version(uow, enquiry_id, before_ours=True) != expected:
            raise PreconditionFailed

    await take_once(request, uow, guarded, key=key)


async def take_once(request: Http, uow: Uow, change: Change, *, key: str | None) -> None:
    """Make a change once for a key. Raises what it raises, and Conflict where the key was used for another call."""

    async def make() -> tuple[Done, str]:
        await change()
        return DONE, ""

    await once(request, uow, key, make, status=HTTPStatus.OK)


async def answer(
    uow: Uow, principal: Principal, enquiry_id: UUID, side: Side | None, *, status: int = HTTPStatus.OK
) -> Response[EnquiryRecord]:
    """The enquiry as the caller may read it now, with its ETag."""
    record = await queries.one(uow, enquiry_id, side, may_identify=principal.may(IDENTITY))
    return Response(record, status_code=status, headers={"ETag": etag(record.version)})
