"""The providing side: accept, decline, confirm an answer taken on the telephone, keep places for a time."""

from http import HTTPStatus
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from careshare.identity import Principal
from services.placements.enquiries import actions
from services.placements.enquiries.api.asking import ENQUIRY, TAGS
from services.placements.enquiries.api.taking import answer, take
from services.placements.enquiries.model import Decline
from services.placements.enquiries.permissions import ANSWER, HOLD
from services.placements.enquiries.records import EnquiryRecord


@post(
    f"{ENQUIRY}/accept",
    opt=needs(ANSWER),
    operation_id="acceptEnquiry",
    summary="Accept an enquiry about one of your homes",
    description="Your register is checked first; who lives in the home is described to the other side, in bands.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412, 422),
)
async def accept_enquiry(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.accept(uow, enquiry_id),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "providing")


@post(
    f"{ENQUIRY}/decline",
    opt=needs(ANSWER),
    operation_id="declineEnquiry",
    summary="Decline an enquiry about one of your homes",
    description="The reason stays with your authority; the other side sees a neutral one. The profile closes again.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412),
)
async def decline_enquiry(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[Decline],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.decline(uow, enquiry_id, data),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "providing")


@post(
    f"{ENQUIRY}/confirm-answer",
    opt=needs(ANSWER),
    operation_id="confirmTelephoneAnswer",
    summary="Confirm an answer that the other side took on the telephone",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412, 422),
)
async def confirm_telephone_answer(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.confirm_answer(uow, enquiry_id),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "providing")


class HoldGiven(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the owner does about a hold; ending and refusing give a reason of the list `hold_end` or `hold_refuse`."""

    step: Literal["grant", "extend", "refuse", "end"]
    reason: Annotated[str, msgspec.Meta(max_length=40)] = ""


@post(
    f"{ENQUIRY}/grant-hold",
    opt=needs(HOLD),
    operation_id="grantHold",
    summary="Keep places for the children of an enquiry, keep them longer, refuse, or end a hold",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412),
)
async def grant_hold(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[HoldGiven],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.hold(uow, enquiry_id, data.step, reason=data.reason),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "providing")


handlers: Final = [accept_enquiry, decline_enquiry, confirm_telephone_answer, grant_hold]
