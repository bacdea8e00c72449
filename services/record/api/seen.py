"""What the record answers: who outside saw what, who inside opened what, our searches, probing, the chain."""

from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, Limit
from careshare.identity import Principal
from services.record import queries
from services.record.api.common import TAGS, Household, Since, Until, before, cut, household_id, paging
from services.record.model import Disclosure, Opening, OwnSearch, Probe, Step, Verification, Viewer
from services.record.period import bounds

READ: Final = needs("record:read")


class DisclosurePage(msgspec.Struct, frozen=True):
    """What others saw, newest first. `viewers` are the authorities of the period, whichever one the list is of."""

    viewers: list[Viewer]
    items: list[Disclosure]
    next_cursor: str | None


class OpeningPage(msgspec.Struct, frozen=True):
    """Confidential records opened, newest first."""

    items: list[Opening]
    next_cursor: str | None


class OwnSearchPage(msgspec.Struct, frozen=True):
    """Our own searches, newest first."""

    items: list[OwnSearch]
    next_cursor: str | None


class StepPage(msgspec.Struct, frozen=True):
    """Steps that change who may see or do what, newest first."""

    items: list[Step]
    next_cursor: str | None


class ProbePage(msgspec.Struct, frozen=True):
    """Searches that look like probing, newest first."""

    items: list[Probe]
    next_cursor: str | None


class VerificationAnswer(msgspec.Struct, frozen=True):
    """The last check of the chain; null while there was none."""

    last: Verification | None


@get(
    "/record/disclosures",
    opt=READ,
    operation_id="listDisclosures",
    summary="List who outside saw which of your records",
    description=(
        "One row for each list or notice shown: which authority, when, for what purpose, under which agreement, whose "
        "homes. The person is not named; the other authority finds them by the row's `id`."
    ),
    tags=TAGS,
    responses=problems(),
)
async def list_disclosures(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    since: Since = None,
    until: Until = None,
    authority: Annotated[
        UUID | None, QueryParameter(description="Only what this authority saw.", required=False)
    ] = None,
    household: Household = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DisclosurePage:
    period = bounds(since, until)
    home = await household_id(uow, household)
    pages = paging(request, principal, "disclosures", since=since, until=until, authority=authority, household=home)
    last = before(pages, cursor)
    found = await queries.shown(uow, period, viewer=authority, household=home, before=last, limit=limit + 1)
    items, following = cut(found, limit, pages)
    return DisclosurePage(await queries.viewers(uow, period, household=home), items, following)


@get(
    "/record/openings",
    opt=READ,
    operation_id="listOpenings",
    summary="List who inside opened confidential records, and why",
    tags=TAGS,
    responses=problems(),
)
async def list_openings(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    since: Since = None,
    until: Until = None,
    household: Household = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> OpeningPage:
    home = await household_id(uow, household)
    pages = paging(request, principal, "openings", since=since, until=until, household=home)
    last = before(pages, cursor)
    found = await queries.opened(uow, bounds(since, until), household=home, before=last, limit=limit + 1)
    return OpeningPage(*cut(found, limit, pages))


@get(
    "/record/searches",
    opt=READ,
    operation_id="listOwnSearches",
    summary="List your own searches",
    description="Who searched when, for which case reference and how much was shown; not what was searched for.",
    tags=TAGS,
    responses=problems(),
)
async def list_searches(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> OwnSearchPage:
    pages = paging(request, principal, "own searches", since=since, until=until)
    found = await queries.searches(uow, bounds(since, until), before=before(pages, cursor), limit=limit + 1)
    return OwnSearchPage(*cut(found, limit, pages))


@get(
    "/record/steps",
    opt=READ,
    operation_id="listSteps",
    summary="List steps that change who may see or do what",
    description=(
        "Agreements drafted, signed and left by you and by their other parties; emergency access and roles held for a "
        "time; members, clients and sign-in; what was done with the record itself."
    ),
    tags=TAGS,
    responses=problems(),
)
async def list_steps(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    since: Since = None,
    until: Until = None,
    kind: FromQuery[Literal["agreements", "emergency", "access", "officer", "sessions"] | None] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> StepPage:
    pages = paging(request, principal, "steps", since=since, until=until, kind=kind)
    found = await queries.steps(uow, bounds(since, until), kind=kind, before=before(pages, cursor), limit=limit + 1)
    return StepPage(*cut(found, limit, pages))


@get(
    "/record/probing",
    opt=READ,
    operation_id="listProbing",
    summary="List searches that look like probing",
    description=(
        "One person’s searches from many chosen points within a short time that kept showing the same homes: of your "
        "homes by others, and by your own people. Never what was searched for."
    ),
    tags=TAGS,
    responses=problems(),
)
async def list_probing(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ProbePage:
    pages = paging(request, principal, "probing", since=since, until=until)
    found = await queries.probes(uow, bounds(since, until), before=before(pages, cursor), limit=limit + 1)
    return ProbePage(*cut(found, limit, pages))


@get(
    "/record/verification",
    opt=READ,
    operation_id="getVerification",
    summary="Read what the last check of the audit chain found",
    tags=TAGS,
    responses=problems(),
)
async def get_verification(uow: NamedDependency[Uow]) -> VerificationAnswer:
    return VerificationAnswer(await queries.verification(uow))


handlers: Final = (list_disclosures, list_openings, list_searches, list_steps, list_probing, get_verification)
