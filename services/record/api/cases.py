"""Breaches, and people who ask for their own data."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.identity import Principal
from careshare.kept import SubjectKind
from services.record import breaches, subject_access
from services.record.api.common import TAGS, Text
from services.record.breaches import Breach, Kind, Partners
from services.record.package import Package, package
from services.record.period import today
from services.record.subject_access import Request, Reviewed

BREACH: Final = needs("breach:manage")
EXPORT: Final = needs("subject_access:export")
OPEN: Final = needs("subject_access:export", step_up=True)
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class BreachList(msgspec.Struct, frozen=True):
    """The register of breaches, newest first."""

    items: list[Breach]


class BreachAnswer(msgspec.Struct, frozen=True):
    """A breach, and from the record whom it may concern."""

    breach: Breach
    partners: Partners


class NewBreach(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What happened and when it was found, from which the 72 hours run."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    what: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    found_at: Moment
    began_at: Moment | None = None


class NewStep(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was done or decided, and why."""

    kind: Kind
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    partner_id: UUID | None = None


class RequestList(msgspec.Struct, frozen=True):
    """Requests of people for their own data, those still to be answered first."""

    items: list[Request]


class NewRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody asks for their own data. `reference` is your own for the request, never a name."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    kind: SubjectKind
    subject_id: UUID
    received_on: date


class ReviewAnswer(msgspec.Struct, frozen=True):
    """Every item held of the person now. An item about somebody else is redacted until `given` is true."""

    items: list[Reviewed]


class Decisions(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which of the items about others that were looked at are given; the rest of them is redacted."""

    looked_at: Annotated[list[Text], msgspec.Meta(max_length=5000)]
    given: Annotated[list[Text], msgspec.Meta(max_length=5000)]


@get(
    "/record/breaches",
    opt=BREACH,
    operation_id="listBreaches",
    summary="List personal data breaches",
    tags=TAGS,
    responses=problems(),
)
async def list_breaches(uow: NamedDependency[Uow]) -> BreachList:
    return BreachList(await breaches.breaches(uow))


@post(
    "/record/breaches",
    opt=BREACH,
    operation_id="reportBreach",
    summary="Put a breach on the register",
    tags=TAGS,
    responses=problems(),
)
async def report_breach(uow: NamedDependency[Uow], data: JSONBody[NewBreach]) -> Breach:
    made = await breaches.report(uow, title=data.title, what=data.what, found_at=data.found_at, began_at=data.began_at)
    return await breaches.breach(uow, made)


@get(
    "/record/breaches/{breach_id:uuid}",
    opt=BREACH,
    operation_id="getBreach",
    summary="Read a breach and whom it may concern",
    tags=TAGS,
    responses=problems(404),
)
async def get_breach(uow: NamedDependency[Uow], breach_id: FromPath[UUID]) -> BreachAnswer:
    found = await breaches.breach(uow, breach_id)
    return BreachAnswer(found, await breaches.partners(uow, found))


@post(
    "/record/breaches/{breach_id:uuid}/steps",
    opt=BREACH,
    operation_id="addBreachStep",
    summary="Add what was done or decided about a breach",
    tags=TAGS,
    responses=problems(404, 409),
)
async def add_step(uow: NamedDependency[Uow], breach_id: FromPath[UUID], data: JSONBody[NewStep]) -> Breach:
    await breaches.take_step(uow, breach_id, data.kind, data.reason, data.partner_id)
    return await breaches.breach(uow, breach_id)


@get(
    "/record/subject-requests",
    opt=EXPORT,
    operation_id="listSubjectRequests",
    summary="List requests of people for their own data",
    tags=TAGS,
    responses=problems(),
)
async def list_requests(uow: NamedDependency[Uow]) -> RequestList:
    return RequestList(await subject_access.requests(uow))


@post(
    "/record/subject-requests",
    opt=EXPORT,
    operation_id="openSubjectRequest",
    summary="Begin to answer a person’s request for their own data",
    tags=TAGS,
    responses=problems(),
)
async def open_request(uow: NamedDependency[Uow], data: JSONBody[NewRequest]) -> Request:
    made = await subject_access.open_request(
        uow,
        reference=data.reference,
        kind=data.kind,
        subject_id=data.subject_id,
        received_on=data.received_on,
    )
    return await subject_access.request(uow, made)


@get(
    "/record/subject-requests/{request_id:uuid}/items",
    opt=OPEN,
    operation_id="reviewSubjectRequest",
    summary="Read every item held of the person, for review",
    tags=TAGS,
    responses=problems(404),
)
async def review(uow: NamedDependency[Uow], request_id: FromPath[UUID]) -> ReviewAnswer:
    return ReviewAnswer(await subject_access.open_review(uow, await subject_access.request(uow, request_id)))


@post(
    "/record/subject-requests/{request_id:uuid}/decisions",
    opt=OPEN,
    operation_id="decideSubjectRequest",
    summary="Give or redact items about others",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409),
)
async def decide(uow: NamedDependency[Uow], request_id: FromPath[UUID], data: JSONBody[Decisions]) -> ReviewAnswer:
    one = await subject_access.request(uow, request_id)
    await subject_access.decide(uow, one, data.given, data.looked_at)
    return ReviewAnswer(await subject_access.review(uow, one))


@get(
    "/record/subject-requests/{request_id:uuid}/package",
    opt=OPEN,
    operation_id="exportSubjectData",
    summary="Export the package the person is given",
    description="What was not decided is redacted. Each export is on the record.",
    tags=TAGS,
    responses=problems(404),
)
async def export(
    uow: NamedDependency[Uow], principal: NamedDependency[Principal], request_id: FromPath[UUID]
) -> Package:
    one = await subject_access.request(uow, request_id)
    return package(principal.authority_name, one, await subject_access.export(uow, one, "json"), today())


handlers: Final = (
    *(list_breaches, report_breach, get_breach, add_step),
    *(list_requests, open_request, review, decide, export),
)
