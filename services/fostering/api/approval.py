"""Approval: terms, temporary approval, extension, resignation, exemptions, reviews and checks."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec
from litestar import Response, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.http import expected_version, once, problems
from careshare.http.parameters import Http, IdempotencyKey, IfMatch
from services.fostering import actions
from services.fostering.api.common import HOUSEHOLD, ROOT, TAGS, changed
from services.fostering.model import (
    CheckDone,
    CheckKind,
    Exemption,
    Extension,
    Resignation,
    Temporary,
    Terms,
    Withdrawal,
)
from services.fostering.queries import seen_household
from services.fostering.records import HouseholdRecord

CREATES = problems(404, 409, 412, 422, 428)


async def _created(
    request: Http, uow: Uow, key: str | None, household_id: UUID, create: Callable[[], Awaitable[object]]
) -> Response[HouseholdRecord]:
    async def made() -> tuple[HouseholdRecord, str]:
        await create()
        return await seen_household(uow, household_id), f"{ROOT}/{household_id}"

    return await once(request, uow, key, made)  # type: ignore[return-value]  # the record, encoded


@post(
    f"{HOUSEHOLD}/approvals",
    opt=needs("approval:change"),
    operation_id="setTerms",
    summary="Set terms of approval from a day on",
    description=(
        "They replace whatever held from then on (SI 2011/581 regulation 27). Connected carers and carers approved for "
        "named children are never published. Terms from the day a resignation took effect on are a new approval."
    ),
    tags=TAGS,
    responses=CREATES,
)
async def set_terms(
    *,
    request: Http,
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Terms],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await _created(
        request, uow, idempotency_key, household_id, lambda: actions.set_terms(uow, household_id, version, data)
    )


@post(
    f"{HOUSEHOLD}/temporary-approvals",
    opt=needs("approval:change"),
    operation_id="approveTemporarily",
    summary="Approve a connected person temporarily",
    description="For named children and at most 16 weeks (SI 2010/959 regulation 24).",
    tags=TAGS,
    responses=CREATES,
)
async def approve_temporarily(
    *,
    request: Http,
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Temporary],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await _created(
        request,
        uow,
        idempotency_key,
        household_id,
        lambda: actions.approve_temporarily(uow, household_id, version, data),
    )


@post(
    f"{HOUSEHOLD}/temporary-approvals/extension",
    opt=needs("approval:change"),
    operation_id="extendTemporaryApproval",
    summary="Extend a temporary approval, once",
    description="By at most 8 weeks, or until the outcome of the independent review (SI 2010/959 regulation 25).",
    tags=TAGS,
    responses=CREATES,
)
async def extend_temporary(
    *,
    request: Http,
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Extension],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await _created(
        request, uow, idempotency_key, household_id, lambda: actions.extend_temporary(uow, household_id, version, data)
    )


@post(
    f"{HOUSEHOLD}/exemptions",
    opt=needs("exemption:record"),
    operation_id="recordExemption",
    summary="Record an exemption from the usual fostering limit",
    description=(
        "Only the authority in whose area the home stands grants one, and it names every child, those already there "
        "too (Children Act 1989 Schedule 7)."
    ),
    tags=TAGS,
    responses=CREATES,
)
async def record_exemption(
    *,
    request: Http,
    household_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Exemption],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await _created(
        request, uow, idempotency_key, household_id, lambda: actions.record_exemption(uow, household_id, version, data)
    )


@put(
    f"{HOUSEHOLD}/exemptions/withdrawn",
    opt=needs("exemption:record"),
    operation_id="withdrawExemption",
    summary="Record that the area authority withdrew an exemption",
    description="No child has to leave by that; whoever has a child there is told that something changed.",
    tags=TAGS,
    responses=problems(404, 409, 412, 422, 428),
)
async def withdraw_exemption(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Withdrawal], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.withdraw_exemption(uow, household_id, version, data))


@put(
    f"{HOUSEHOLD}/resignation",
    opt=needs("approval:change"),
    operation_id="recordResignation",
    summary="Record a written notice of resignation",
    description="Approval ends 28 days after it was received, whatever follows (SI 2011/581 regulation 28(13)).",
    tags=TAGS,
    responses=problems(404, 409, 412, 422, 428),
)
async def record_resignation(
    household_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Resignation], if_match: IfMatch = None
) -> Response[HouseholdRecord]:
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.record_resignation(uow, household_id, version, data))


@put(
    f"{HOUSEHOLD}/checks/{{kind:str}}",
    opt=needs("household:change"),
    operation_id="recordCheck",
    summary="Record a review or check that was done",
    description=(
        "The next is due after the usual interval unless you say when; law and standards set the latest. Kinds: "
        "annual_review, dbs, medical, unannounced_visit, health_and_safety, pets, training."
    ),
    tags=TAGS,
    responses=problems(404, 412, 422, 428),
)
async def record_check(
    household_id: FromPath[UUID],
    kind: FromPath[str],
    uow: NamedDependency[Uow],
    data: JSONBody[CheckDone],
    if_match: IfMatch = None,
) -> Response[HouseholdRecord]:
    try:
        known = msgspec.convert(kind, CheckKind)
    except msgspec.ValidationError:
        raise NotFound from None
    version = expected_version(if_match)
    return await changed(uow, household_id, actions.record_check(uow, household_id, version, known, data))


handlers = [
    set_terms,
    approve_temporarily,
    extend_temporary,
    record_exemption,
    withdraw_exemption,
    record_resignation,
    record_check,
]
