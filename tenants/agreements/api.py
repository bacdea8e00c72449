"""Agreements over the API: list, read, draft, amend, withdraw, sign, leave, stay, and each version as JSON."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, etag, expected_version, once, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IdempotencyKey, IfMatch, Limit
from careshare.identity import Principal
from tenants.agreements import actions, queries
from tenants.agreements.document import SharingPolicy, policy
from tenants.agreements.model import Agreement, Contact, Draft, Leaving, Listed, Signing

TAGS: Final = ["Agreements"]
ONE: Final = "/agreements/{agreement_id:uuid}"
ROOT: Final = "/api/v1/agreements"
CHANGES: Final = problems(404, 409, 412, 422, 428)


class AgreementPage(msgspec.Struct, frozen=True):
    """Agreements by title. `next_cursor` leads to the next page; null on the last one."""

    items: list[Listed]
    next_cursor: str | None


def _answer(found: Agreement) -> Response[Agreement]:
    return Response(found, headers={"ETag": etag(found.revision)})


@get(
    "/agreements",
    opt=needs("agreement:read"),
    operation_id="listAgreements",
    summary="List the agreements your authority is or was a party of",
    description="By title, with state and dates as of now.",
    tags=TAGS,
    responses=problems(),
)
async def list_agreements(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> AgreementPage:
    paging = Paging(request.app.state.settings.secret_key, principal.authority_id, "agreements", {})
    rows = await queries.listed(uow, after=paging.after(cursor, tuple[str, UUID]), limit=limit + 1)
    shown = rows[:limit]
    return AgreementPage(shown, paging.cursor(shown[-1].title, shown[-1].id) if len(rows) > limit else None)


@get(
    ONE,
    opt=needs("agreement:read"),
    operation_id="readAgreement",
    summary="Read an agreement with its versions and signatures",
    tags=TAGS,
    responses=problems(404),
)
async def read_agreement(agreement_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[Agreement]:
    return _answer(await queries.agreement(uow, agreement_id))


@get(
    ONE + "/versions/{version:int}",
    opt=needs("agreement:read"),
    operation_id="readAgreementVersion",
    summary="Read one version in machine-readable form",
    description="A SharingPolicy of the SocialCareData information-governance standard, with what is stated beside it.",
    tags=TAGS,
    responses=problems(404),
)
async def read_version(
    agreement_id: FromPath[UUID], version: FromPath[int], uow: NamedDependency[Uow]
) -> SharingPolicy:
    found = await queries.agreement(uow, agreement_id)
    return policy(found, queries.version_of(found, version))


@post(
    "/agreements",
    opt=needs("agreement:draft"),
    operation_id="draftAgreement",
    summary="Draft an agreement and invite its parties",
    description="It opens nothing before each party has signed and its first day has come.",
    tags=TAGS,
    responses=problems(409),
)
async def draft_agreement(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[Draft],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def create() -> tuple[Agreement, str]:
        made = await actions.draft(uow, data, principal.authority_id)
        return await queries.agreement(uow, made), f"{ROOT}/{made}"

    return await once(request, uow, idempotency_key, create)


@put(
    ONE,
    opt=needs("agreement:draft"),
    operation_id="amendAgreement",
    summary="Amend what is proposed, or propose new terms",
    description=(
        "While nobody has signed, the proposal changes. After a signature, or in force, a new version is made and each "
        "party signs anew; the version in force stands until then."
    ),
    tags=TAGS,
    responses=CHANGES,
)
async def amend_agreement(
    agreement_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[Draft],
    if_match: IfMatch = None,
) -> Response[Agreement]:
    await actions.amend(uow, agreement_id, expected_version(if_match), data, principal.authority_id)
    return _answer(await queries.agreement(uow, agreement_id))


@post(
    f"{ONE}/signatures",
    opt=needs("agreement:sign", step_up=True),
    operation_id="signAgreement",
    summary="Sign the proposed version for your authority",
    description=(
        "In the name of whoever calls, who has confirmed within 15 minutes that it is them: no system signs. "
        "The last signature brings it into force once its first day has come."
    ),
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def sign_agreement(
    agreement_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    data: JSONBody[Signing],
    if_match: IfMatch = None,
) -> Response[Agreement]:
    await actions.sign(uow, agreement_id, expected_version(if_match), data, principal)
    return _answer(await queries.agreement(uow, agreement_id))


@put(
    f"{ONE}/contact",
    opt=needs("agreement:draft"),
    operation_id="setAgreementContact",
    summary="Set the office to reach your authority by",
    tags=TAGS,
    responses=problems(404, 409),
)
async def set_contact(
    agreement_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Contact]
) -> Response[Agreement]:
    await actions.change_contact(uow, agreement_id, data)
    return _answer(await queries.agreement(uow, agreement_id))


@post(
    f"{ONE}/leave",
    opt=needs("agreement:leave", step_up=True),
    operation_id="leaveAgreement",
    summary="Leave an agreement",
    description=(
        "With notice, or at once for a stated cause. From the moment your authority has left, searches show nothing "
        "under it, either way, and unanswered enquiries end; the other parties carry on while there are two or more."
    ),
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def leave_agreement(
    agreement_id: FromPath[UUID],
    uow: NamedDependency[Uow],
    data: JSONBody[Leaving],
    if_match: IfMatch = None,
) -> Response[Agreement]:
    await actions.leave(uow, agreement_id, expected_version(if_match), data)
    return _answer(await queries.agreement(uow, agreement_id))


@post(
    f"{ONE}/leave/take-back",
    opt=needs("agreement:leave", step_up=True),
    operation_id="takeBackNotice",
    summary="Take back your authority’s notice while it runs",
    description=(
        "Everything stands as if it had not been given, and the other parties are told. Refused where the others have "
        "agreed on a version that your authority has not signed."
    ),
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def take_back_notice(
    agreement_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[Agreement]:
    await actions.stay(uow, agreement_id, expected_version(if_match))
    return _answer(await queries.agreement(uow, agreement_id))


@post(
    f"{ONE}/proposal/withdraw",
    opt=needs("agreement:draft"),
    operation_id="withdrawProposal",
    summary="Withdraw what your authority proposed and not everybody has signed",
    description=(
        "A draft is over with it; of an agreement in force the version that stands goes on. The other parties are told."
    ),
    tags=TAGS,
    status_code=200,
    responses=CHANGES,
)
async def withdraw_proposal(
    agreement_id: FromPath[UUID], uow: NamedDependency[Uow], if_match: IfMatch = None
) -> Response[Agreement]:
    await actions.withdraw(uow, agreement_id, expected_version(if_match))
    return _answer(await queries.agreement(uow, agreement_id))


router = Router(
    "/",
    route_handlers=[
        list_agreements,
        read_agreement,
        read_version,
        draft_agreement,
        amend_agreement,
        sign_agreement,
        set_contact,
        leave_agreement,
        take_back_notice,
        withdraw_proposal,
    ],
)
