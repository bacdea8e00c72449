"""Whose work an enquiry is, on the caller's own side."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Forbidden
from careshare.http import problems
from careshare.identity import Principal
from services.placements.enquiries import actions, queries
from services.placements.enquiries.api.asking import ENQUIRY, TAGS
from services.placements.enquiries.api.taking import answer
from services.placements.enquiries.permissions import ANSWER, SEND, WRITE
from services.placements.enquiries.records import EnquiryRecord, Side


class Assignee(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose work it is to be; null for nobody's. `side` is for one's own homes, which one both asks and answers for."""

    person_id: UUID | None
    side: Side


@put(
    f"{ENQUIRY}/assignee",
    opt=needs(WRITE),
    operation_id="assignEnquiry",
    summary="Make an enquiry a colleague’s work on your side",
    description="Each side has its own: the one that asks needs `enquiry:send`, the one that answers `enquiry:answer`.",
    tags=TAGS,
    responses=problems(404),
)
async def assign_enquiry(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[Assignee],
) -> Response[EnquiryRecord]:
    await queries.must_be(uow, enquiry_id, data.side)
    if not principal.may(SEND if data.side == "placing" else ANSWER):
        raise Forbidden
    await actions.assign(uow, enquiry_id, data.side, data.person_id)
    return await answer(uow, principal, enquiry_id, data.side)


handlers: Final = [assign_enquiry]
