"""Net positions, accruals at 31 March and income of homes over the API."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.http import problems
from tenants.recharges import balance, files, income, rules, sent
from tenants.recharges.api.answers import TAGS, Planning
from tenants.recharges.balance import Accrual, Position
from tenants.recharges.days import today
from tenants.recharges.income import Income

Since = Annotated[date | None, QueryParameter(description="First month; from 1 April without it.", required=False)]
Until = Annotated[date | None, QueryParameter(description="First month after; up to today without it.", required=False)]
Year = Annotated[int | None, QueryParameter(description="The year in which it began on 1 April.", required=False)]
LAST: Final = date(2100, 1, 1)


def period(since: date | None, until: date | None) -> tuple[date, date]:
    """The months asked for, or those of this financial year. Raises Invalid."""
    now = today()
    begins = date(rules.year_of(now), 4, 1) if since is None else since
    ends = rules.next_month(now) if until is None else until
    if not begins < ends <= LAST:
        raise Invalid(errors=[FieldError("until", "The end must be after the first month")])
    return begins, ends


def year_of(year: int | None) -> int:
    """The financial year asked for, or the one that 31 March ended last. Raises Invalid where there is none such."""
    wanted = rules.year_of(today()) - 1 if year is None else year
    balance.year_period(wanted)
    return wanted


@get(
    "/positions",
    opt=needs("recharge:read"),
    operation_id="listNetPositions",
    summary="Net position with each other authority",
    description="Issued statements after credit notes. `net` is positive where the other owes your authority.",
    tags=TAGS,
    responses=problems(),
)
async def list_positions(uow: NamedDependency[Uow], since: Since = None, until: Until = None) -> list[Position]:
    return await balance.positions(uow, *period(since, until))


@get(
    "/positions/{other_id:uuid}",
    opt=needs("recharge:read"),
    operation_id="readNetPosition",
    summary="Net position with one authority",
    tags=TAGS,
    responses=problems(404),
)
async def read_position(
    uow: NamedDependency[Uow], other_id: FromPath[UUID], since: Since = None, until: Until = None
) -> Position:
    return await balance.position(uow, other_id, *period(since, until))


@get(
    "/accruals",
    opt=needs("recharge:read"),
    operation_id="listAccruals",
    summary="Accruals at 31 March",
    description="Nights of a financial year that no issued statement has yet; last year's without a year.",
    tags=TAGS,
    responses=problems(),
)
async def list_accruals(uow: NamedDependency[Uow], year: Year = None) -> list[Accrual]:
    return await balance.accruals(uow, year_of(year))


@get(
    "/accruals/file",
    opt=needs("recharge:read"),
    operation_id="downloadAccruals",
    summary="Accruals at 31 March as CSV",
    tags=TAGS,
    responses={**problems(), 200: ResponseSpec(bytes, media_type="text/csv", generate_examples=False)},
)
async def download_accruals(uow: NamedDependency[Uow], year: Year = None) -> Response[bytes]:
    wanted = year_of(year)
    rows = files.accrual_rows(wanted, await balance.accruals(uow, wanted))
    headers = sent.attachment(f"accruals-{wanted}-{wanted + 1}.csv")
    return Response(files.as_csv(files.ACCRUAL_HEAD, rows), media_type="text/csv", headers=headers)


@get(
    "/income",
    opt=needs("recharge:read"),
    operation_id="listRechargeIncome",
    summary="Income of each of your homes against its plan",
    description="In a financial year and month by month, by the nights it is for; this year's without a year.",
    tags=TAGS,
    responses=problems(),
)
async def list_income(uow: NamedDependency[Uow], year: Year = None) -> list[Income]:
    return await income.income(uow, rules.year_of(today()) if year is None else year)


@get(
    "/income/file",
    opt=needs("recharge:read"),
    operation_id="downloadRechargeIncome",
    summary="Income of each of your homes against its plan, as XLSX",
    tags=TAGS,
    responses={**problems(), 200: ResponseSpec(bytes, media_type=files.XLSX_TYPE, generate_examples=False)},
)
async def download_income(uow: NamedDependency[Uow], year: Year = None) -> Response[bytes]:
    return sent.income_file(*await income.of_year(uow, year))


@put(
    "/plans/{subject_id:uuid}/{year:int}",
    opt=needs("recharge:issue"),
    operation_id="planRechargeIncome",
    summary="Plan what a home brings in, in a financial year",
    description="By equal months. A children's home's months are set one by one with `planIncome`.",
    tags=TAGS,
    status_code=204,
    responses=problems(404),
)
async def plan_income(
    uow: NamedDependency[Uow], subject_id: FromPath[UUID], year: FromPath[int], data: JSONBody[Planning]
) -> None:
    await income.plan(uow, subject_id, year, data.planned)


handlers = [list_positions, read_position, list_accruals, download_accruals, list_income, download_income, plan_income]
