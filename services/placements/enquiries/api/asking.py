"""The placing side: ask homes for a request, list what was asked, read one, withdraw, record an answer by telephone."""

from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, IfMatch, Limit
from careshare.identity import Principal
from services.placements.enquiries import actions, queries
from services.placements.enquiries.api.taking import answer, take
from services.placements.enquiries.model import Ask, ByTelephone, Message, Withdraw
from services.placements.enquiries.permissions import READ, SEND, WRITE
from services.placements.enquiries.records import EnquiryRecord, EnquiryRow, Side
from services.placements.requests.api.common import REQUEST
from services.placements.routes import created, cut, paging

TAGS: Final = ["Enquiries"]
ROOT: Final = "/api/v1/enquiries"
ENQUIRY: Final = "/enquiries/{enquiry_id:uuid}"


class Sent(msgspec.Struct, frozen=True):
    """The enquiries that were sent, in the order of the homes asked."""

    enquiry_ids: list[UUID]


class EnquiryPage(msgspec.Struct, frozen=True):
    """Enquiries; `next_cursor` leads to the next page, null on the last one."""

    items: list[EnquiryRow]
    next_cursor: str | None


@post(
    f"{REQUEST}/enquiries",
    opt=needs(SEND),
    operation_id="sendEnquiries",
    summary="Ask homes for the children of a request",
    description=(
        "One enquiry for each notice, all or none, up to your authority's limit. The other authority sees the level-2 "
        "profile from now on, the fuller one when it accepts, who the children are when all have agreed."
    ),
    tags=TAGS,
    responses={**created(Sent, "The enquiries"), **problems(404, 409, 422)},
)
async def send_enquiries(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    placement_request_id: FromPath[UUID],
    data: JSONBody[Ask],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[Sent, str]:
        sent = await actions.ask(uow, placement_request_id, data)
        return Sent(sent), ROOT

    return await once(request, uow, idempotency_key, make)


@get(
    "/enquiries",
    opt=needs(READ),
    operation_id="listEnquiries",
    summary="List enquiries your authority sent, or those it is to answer",
    description="The soonest to be answered first; `request_id` asks for those of one of your requests.",
    tags=TAGS,
    responses=problems(),
)
async def list_enquiries(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    side: FromQuery[Side] = "placing",
    show: FromQuery[Literal["open", "closed"]] = "open",
    request_id: FromQuery[UUID | None] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> EnquiryPage:
    cursors = paging(request, principal, "enquiries", side=side, show=show, asked_for=str(request_id))
    stages = queries.OPEN_STAGES if show == "open" else queries.CLOSED_STAGES
    after = cursors.after(cursor, tuple[datetime, UUID])
    found = await queries.listed(uow, side, stages=stages, request_id=request_id, after=after, limit=limit + 1)
    rows, last = cut(found, limit)
    return EnquiryPage(rows, None if last is None else cursors.cursor(last.respond_by, last.id))


@get(
    ENQUIRY,
    opt=needs(READ),
    operation_id="getEnquiry",
    summary="Read an enquiry",
    description="What is not open to your side, or closed again, is null. Who people are needs the permission for it.",
    tags=TAGS,
    responses=problems(404),
)
async def get_enquiry(
    *,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    side: FromQuery[Side | None] = None,
) -> Response[EnquiryRecord]:
    return await answer(uow, principal, enquiry_id, side)


@post(
    f"{ENQUIRY}/withdraw",
    opt=needs(SEND),
    operation_id="withdrawEnquiry",
    summary="Ask a home no longer",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412),
)
async def withdraw_enquiry(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[Withdraw],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.withdraw(uow, enquiry_id, data),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "placing")


@post(
    f"{ENQUIRY}/telephone-answer",
    opt=needs(SEND),
    operation_id="recordTelephoneAnswer",
    summary="Record an answer taken on the telephone",
    description="The other side is to confirm it; until then a yes opens nothing of the home.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412),
)
async def record_telephone_answer(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[ByTelephone],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.by_telephone(uow, enquiry_id, data),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "placing")


class HoldAsked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the placing side does about a hold: ask for one, take one where the owner lets it, or release it."""

    step: Literal["ask", "take", "release"]


@post(
    f"{ENQUIRY}/hold",
    opt=needs(SEND),
    operation_id="askForHold",
    summary="Ask for a hold, take one where the owner lets it, or release it",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412),
)
async def ask_for_hold(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[HoldAsked],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.hold(uow, enquiry_id, data.step),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, "placing")


@post(
    f"{ENQUIRY}/messages",
    opt=needs(WRITE),
    operation_id="writeMessage",
    summary="Write in the thread of an enquiry",
    description="Both sides read it. Until the match it may not tell who the children are, nor who or where the home.",
    tags=TAGS,
    responses=problems(404, 409, 412),
)
async def write_message(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[Message],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[EnquiryRecord]:
    await take(
        request,
        uow,
        enquiry_id,
        lambda: actions.write(uow, enquiry_id, data),
        key=idempotency_key,
        if_match=if_match,
    )
    return await answer(uow, principal, enquiry_id, None, status=HTTPStatus.CREATED)


handlers: Final = [
    write_message, send_enquiries, list_enquiries, get_enquiry, withdraw_enquiry, record_telephone_answer, ask_for_hold,
]  # fmt: skip
