"""The routes of matches under /api/v1: propose, list the home's side, read, answer, and what others ask of us."""

from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from careshare.identity import Principal
from services.placements.enquiries.api.taking import take, take_once
from services.placements.matches import actions, queries
from services.placements.matches.model import Answered, Propose, Reasons
from services.placements.matches.permissions import ANSWER, LIST, PROPOSE, READ

TAGS: Final = ["Matches"]
ENQUIRY: Final = "/enquiries/{enquiry_id:uuid}"
CONSENT: Final = "/consents/{consent_id:uuid}"


class AskedList(msgspec.Struct, frozen=True):
    """What other authorities ask of yours, the soonest due first."""

    items: list[queries.Asked]


class AnswerTaken(msgspec.Struct, frozen=True):
    """The match after an answer; null for a third authority, which sees its own question alone."""

    match: queries.Match | None


@post(
    f"{ENQUIRY}/proposal",
    opt=needs(PROPOSE),
    operation_id="proposeMatch",
    summary="Choose a home that accepted",
    description="What your side needs is listed by where the home stands, each consent with its clock.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412, 422),
)
async def propose_match(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    data: JSONBody[Propose],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> queries.Match:
    change = partial(actions.propose, uow, enquiry_id, data)
    await take(request, uow, enquiry_id, change, key=idempotency_key, if_match=if_match)
    return await queries.match(uow, enquiry_id, principal.roles)


@put(
    f"{ENQUIRY}/reasons",
    opt=needs(PROPOSE),
    operation_id="putMatchReasons",
    summary="Say why this home was chosen, for the matching record",
    description="It stays with your authority. It may be said with the proposal, or later.",
    tags=TAGS,
    responses=problems(404),
)
async def put_reasons(*, uow: NamedDependency[Uow], enquiry_id: FromPath[UUID], data: JSONBody[Reasons]) -> Reasons:
    await actions.record_reasons(uow, enquiry_id, data)
    return data


@post(
    f"{ENQUIRY}/consents",
    opt=needs(LIST),
    operation_id="listHomeConsents",
    summary="Answer a proposal with what the home’s side needs",
    description="Your register is checked; every other authority with a child in the home is asked for its consent.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 412, 422),
)
async def list_home_consents(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    enquiry_id: FromPath[UUID],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> queries.Match:
    change = partial(actions.list_consents, uow, enquiry_id)
    await take(request, uow, enquiry_id, change, key=idempotency_key, if_match=if_match)
    return await queries.match(uow, enquiry_id, principal.roles)


@get(
    f"{ENQUIRY}/consents",
    opt=needs(READ),
    operation_id="getMatch",
    summary="Read every consent of a match and what it waits for",
    tags=TAGS,
    responses=problems(404),
)
async def get_match(
    *, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> queries.Match:
    return await queries.match(uow, enquiry_id, principal.roles)


@post(
    f"{CONSENT}/answers",
    opt=needs(ANSWER),
    operation_id="answerConsent",
    summary="Give, refuse, take back or confirm a consent",
    description="Which role may is in the list of consents; approvals by law ask to confirm that it is you.",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409, 422),
)
async def answer_consent(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    consent_id: FromPath[UUID],
    data: JSONBody[Answered],
    idempotency_key: IdempotencyKey = None,
) -> AnswerTaken:
    await take_once(request, uow, partial(actions.answer, uow, consent_id, data), key=idempotency_key)
    enquiry = await queries.enquiry_of(uow, consent_id)
    return AnswerTaken(None if enquiry is None else await queries.match(uow, enquiry, principal.roles))


@get(
    "/consents-asked",
    opt=needs(READ),
    operation_id="listConsentsAsked",
    summary="What other authorities ask of yours",
    description="About a home where your child lives, or one in your area; never who the new child is, nor whose.",
    tags=TAGS,
    responses=problems(),
)
async def list_consents_asked(*, uow: NamedDependency[Uow], waiting: FromQuery[bool] = True) -> AskedList:
    return AskedList(await queries.asked_of_us(uow, waiting=waiting))


router = Router(
    "/", route_handlers=[propose_match, put_reasons, list_home_consents, get_match, answer_consent, list_consents_asked]
)
