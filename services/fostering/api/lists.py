"""What is due, tonight's list, and the register in numbers."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Http, Limit
from careshare.identity import Principal
from services.fostering.api.common import TAGS
from services.fostering.queries import due, summary, tonight
from services.fostering.records import DueRow, Summary, TonightRow

DueKind = Literal[
    "annual_review",
    "dbs",
    "medical",
    "unannounced_visit",
    "health_and_safety",
    "pets",
    "training",
    "temporary_ends",
    "approval_ends",
    "resignation_ends",
    "own_bedroom",
    "past_age_limit",
    "adult",
    "confirm_vacancy",
]


class DuePage(msgspec.Struct, frozen=True):
    """What is due, soonest first. `next_cursor` leads to the next page; null on the last one."""

    items: list[DueRow]
    next_cursor: str | None


class TonightList(msgspec.Struct, frozen=True):
    """Homes with room tonight, those confirmed last first. `cut`: there are more than were given."""

    items: list[TonightRow]
    cut: bool


@get(
    "/households/due",
    opt=needs("household:read"),
    operation_id="listDue",
    summary="List what is due in the register",
    description=(
        "Overdue or due within eight weeks: reviews and checks, approvals and resignations that end, birthdays that "
        "change something, vacancies to confirm."
    ),
    tags=TAGS,
    responses=problems(),
)
async def list_due(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    kind: FromQuery[DueKind | None] = None,
    cursor: Annotated[str | None, QueryParameter(max_length=1000)] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> DuePage:
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "households due", {"kind": kind})
    after = paging.after(cursor, tuple[date, str, UUID, str])
    rows, more = await due(uow, kind=kind, after=after, limit=limit)
    last = rows[-1] if more else None
    return DuePage(rows, paging.cursor(last.on, last.kind, last.household_id, last.detail) if last else None)


@get(
    "/households/tonight",
    opt=needs("tonight:read"),
    operation_id="listTonight",
    summary="List your own homes with room tonight",
    description="With telephone numbers, for the duty desk. No address, for anybody.",
    tags=TAGS,
    responses=problems(),
)
async def list_tonight(
    uow: NamedDependency[Uow],
    age: Annotated[int | None, QueryParameter(ge=0, le=17)] = None,
    sex: FromQuery[Literal["M", "F"] | None] = None,
    children: Annotated[int, QueryParameter(ge=1, le=12)] = 1,
) -> TonightList:
    rows, cut = await tonight(uow, age=age, sex=sex, children=children)
    return TonightList(rows, cut)


@get(
    "/households/summary",
    opt=needs("household:read"),
    operation_id="getRegisterSummary",
    summary="Read your register in numbers",
    tags=TAGS,
    responses=problems(),
)
async def get_summary(uow: NamedDependency[Uow]) -> Summary:
    return await summary(uow)


handlers = [list_due, list_tonight, get_summary]
