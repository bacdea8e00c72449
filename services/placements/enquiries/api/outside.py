"""Agencies and homes outside Careshare: record that they were asked, and what they said."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.parameters import Http, IdempotencyKey
from services.placements.enquiries import actions, outside
from services.placements.enquiries.api.asking import TAGS
from services.placements.enquiries.api.taking import take_once
from services.placements.enquiries.model import Outside, OutsideAnswer
from services.placements.enquiries.permissions import READ, SEND
from services.placements.enquiries.records import OutsideRecord, OutsideRow
from services.placements.requests.api.common import REQUEST
from services.placements.routes import created

ONE: Final = "/outside-enquiries/{outside_enquiry_id:uuid}"


class OutsideMade(msgspec.Struct, frozen=True):
    """The id of what was recorded."""

    id: UUID


class OutsideList(msgspec.Struct, frozen=True):
    """Everybody outside who was asked for a request."""

    items: list[OutsideRow]


@post(
    f"{REQUEST}/outside-enquiries",
    opt=needs(SEND),
    operation_id="askOutside",
    summary="Record that an agency or home outside Careshare was asked",
    description="Nothing is sent by Careshare. It counts towards your authority's limit like any other.",
    tags=TAGS,
    responses={**created(OutsideMade, "The enquiry"), **problems(404, 409, 422)},
)
async def ask_outside(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    placement_request_id: FromPath[UUID],
    data: JSONBody[Outside],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[OutsideMade, str]:
        made = await actions.ask_outside(uow, placement_request_id, data)
        return OutsideMade(made), f"/api/v1/outside-enquiries/{made}"

    return await once(request, uow, idempotency_key, make)


@get(
    f"{REQUEST}/outside-enquiries",
    opt=needs(READ),
    operation_id="listOutsideEnquiries",
    summary="List who was asked outside Careshare for a request, and what they said last",
    tags=TAGS,
    responses=problems(404),
)
async def list_outside(*, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> OutsideList:
    return OutsideList(await outside.of_own_request(uow, placement_request_id))


@get(
    ONE,
    opt=needs(READ),
    operation_id="getOutsideEnquiry",
    summary="Read what an agency or home outside Careshare said",
    tags=TAGS,
    responses=problems(404),
)
async def get_outside(*, uow: NamedDependency[Uow], outside_enquiry_id: FromPath[UUID]) -> OutsideRecord:
    return await outside.one(uow, outside_enquiry_id)


@post(
    f"{ONE}/answers",
    opt=needs(SEND),
    operation_id="answerOutside",
    summary="Record what an agency or home outside Careshare said",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def answer_outside(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    outside_enquiry_id: FromPath[UUID],
    data: JSONBody[OutsideAnswer],
    idempotency_key: IdempotencyKey = None,
) -> OutsideRecord:
    await take_once(request, uow, lambda: actions.answer_outside(uow, outside_enquiry_id, data), key=idempotency_key)
    return await outside.one(uow, outside_enquiry_id)


handlers: Final = [ask_outside, list_outside, get_outside, answer_outside]
