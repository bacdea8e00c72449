"""Net positions, accruals at 31 March, and the income of homes against their plan."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.web import BarChart, Form, asks, bar_chart, notice, read_form, redirect
from tenants.recharges import balance, files, queries, rules, sent, words
from tenants.recharges import income as incomes
from tenants.recharges.days import today
from tenants.recharges.pages.common import LIST, Http, keep, show, years

PLANNED = notice("recharges.planned", "The plan is kept.")


class Planning(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a home is planned to bring in."""

    planned: Annotated[Decimal, asks("the planned income", invalid="Enter the plan in pounds, like 180000")]


def _period(year: int) -> tuple[date, date]:
    return balance.year_period(year)


@get(LIST + "/position", opt=needs("recharge:read"), include_in_schema=False)
async def positions(request: Http, uow: NamedDependency[Uow], year: FromQuery[int | None] = None) -> Response[str]:
    """Net position with each other authority, for the statements of a financial year."""
    chosen = rules.year_of(today()) if year is None else year
    found = await balance.positions(uow, *_period(chosen))
    total = sum((one.net for one in found), start=Decimal(0))
    return show(request, "positions", path=LIST + "/position", found=found, total=total, year=chosen, years=years())


@get(LIST + "/position/{other_id:uuid}", opt=needs("recharge:read"), include_in_schema=False)
async def position(
    request: Http, uow: NamedDependency[Uow], other_id: FromPath[UUID], year: FromQuery[int | None] = None
) -> Response[str]:
    """Net position with one authority, and the statements it is made of."""
    chosen = rules.year_of(today()) if year is None else year
    since, until = _period(chosen)
    made = [one for one in await queries.statements(uow, other=other_id) if since <= one.month < until]
    if not made:
        raise NotFound
    found = next(iter(await balance.positions(uow, since, until, other_id)), None)
    name = made[0].other
    return show(
        request, "position", path=f"{LIST}/position/{other_id}", found=found, name=name, statements=made, year=chosen
    )


@get(LIST + "/accruals", opt=needs("recharge:read"), include_in_schema=False)
async def accruals(request: Http, uow: NamedDependency[Uow], year: FromQuery[int | None] = None) -> Response[str]:
    """Nights of a financial year that no issued statement has yet."""
    chosen = rules.year_of(today()) - 1 if year is None else year
    found = await balance.accruals(uow, chosen)
    lent, borrowed = balance.sums(found)
    return show(
        request,
        "accruals",
        path=LIST + "/accruals",
        found=found,
        lent=lent,
        borrowed=borrowed,
        year=chosen,
        years=years(),
    )


@get(LIST + "/accruals/file", opt=needs("recharge:read"), include_in_schema=False)
async def accruals_file(uow: NamedDependency[Uow], year: FromQuery[int | None] = None) -> Response[bytes]:
    """The same as CSV, for the ledger."""
    chosen = rules.year_of(today()) - 1 if year is None else year
    rows = files.accrual_rows(chosen, await balance.accruals(uow, chosen))
    headers = sent.attachment(f"accruals-{chosen}-{chosen + 1}.csv")
    return Response(files.as_csv(files.ACCRUAL_HEAD, rows), media_type=files.CSV_TYPE, headers=headers)


@get(LIST + "/income", opt=needs("recharge:read"), include_in_schema=False)
async def income(request: Http, uow: NamedDependency[Uow], year: FromQuery[int | None] = None) -> Response[str]:
    """What each of one's own homes brought in, against its plan."""
    chosen, found = await incomes.of_year(uow, year)
    return show(
        request,
        "income",
        path=LIST + "/income",
        found=found,
        chart=_chart("share", "Income, with the plan as a mark", [(one.label or "One home", one) for one in found]),
        together=incomes.together(found),
        year=chosen,
        years=years(),
    )


def _chart(name: str, title: str, rows: Sequence[tuple[str, incomes.Against]]) -> BarChart | None:
    """Bars of income, each with its plan; what is owed back is no bar."""
    if not any(one.income or one.planned for _, one in rows):
        return None
    return bar_chart(
        name,
        title,
        [(label, max(0.0, float(one.income))) for label, one in rows],
        shown=[words.money(one.income) for _, one in rows],
        marks=[None if one.planned is None else float(one.planned) for _, one in rows],
    )


@get(LIST + "/income/file", opt=needs("recharge:read"), include_in_schema=False)
async def income_file(uow: NamedDependency[Uow], year: FromQuery[int | None] = None) -> Response[bytes]:
    """The same as XLSX, month by month."""
    return sent.income_file(*await incomes.of_year(uow, year))


@get(LIST + "/income/{subject_id:uuid}", opt=needs("recharge:read"), include_in_schema=False)
async def income_of_home(
    request: Http, uow: NamedDependency[Uow], subject_id: FromPath[UUID], year: FromQuery[int | None] = None
) -> Response[str]:
    """What one home brought in month by month, against its plan."""
    chosen = rules.year_of(today()) if year is None else year
    label = await incomes.home(uow, subject_id)
    found = next(iter(await incomes.income(uow, chosen, subject_id)), None)
    months = [] if found is None else found.months
    return show(
        request,
        "income_of_home",
        path=f"{LIST}/income/{subject_id}",
        back=f"{LIST}/income?year={chosen}",
        home=label or "One of your homes",
        found=found,
        chart=_chart("months-chart", "Income by month", [(words.month(one.month), one) for one in months]),
        year=chosen,
        years=years(),
    )


@get(LIST + "/income/{subject_id:uuid}/{year:int}", opt=needs("recharge:issue"), include_in_schema=False)
async def plan_page(
    request: Http, uow: NamedDependency[Uow], subject_id: FromPath[UUID], year: FromPath[int]
) -> Response[str]:
    """What a home is planned to bring in."""
    return await _ask(request, uow, subject_id, year, None)


@post(LIST + "/income/{subject_id:uuid}/{year:int}", opt=needs("recharge:issue"), include_in_schema=False)
async def plan(
    request: Http, uow: NamedDependency[Uow], subject_id: FromPath[UUID], year: FromPath[int]
) -> Response[Any]:
    """Keep it."""

    async def change(planning: Planning) -> None:
        await incomes.plan(uow, subject_id, year, rules.pence(planning.planned))

    refused = await keep(uow, await read_form(request), Planning, change)
    if refused is None:
        return redirect(f"{LIST}/income?year={year}", PLANNED)
    return await _ask(request, uow, subject_id, year, refused)


async def _ask(request: Http, uow: Uow, subject_id: UUID, year: int, form: Form | None) -> Response[str]:
    home = await incomes.home(uow, subject_id)
    found = next(iter(await incomes.income(uow, year, subject_id)), None)
    given = {"planned": [str(found.planned)]} if found is not None and found.planned is not None else {}
    return show(request, "plan", path=LIST + "/income", home=home, year=year, form=form or Form(given))


handlers = [positions, position, accruals, accruals_file, income, income_file, income_of_home, plan_page, plan]
