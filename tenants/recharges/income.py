"""The income of one's own homes, month by month, beside what was planned.

The plan is kept by the month (decision 0013): charge lines end with their month, so both are of the same nights. A plan
for a year is written as twelfths that sum to it.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby, pairwise
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from tenants.recharges import rules
from tenants.recharges.balance import year_period
from tenants.recharges.days import today
from tenants.recharges.model import ZERO

# What a credit note or an adjustment changed of a line counts with the line's nights. Drafts count, and are said apart.
INCOME = text("""
    with brought as (
      select o.subject_id, cast(date_trunc('month', l.first_night) as date) as month, max(o.label) as label,
        sum(l.amount + coalesce(p.put_right, 0)) as income, sum(
          case when l.part <> 'base' then 0 when l.reverses_id is null then 1 else -1 end
          * (l.last_night - l.first_night + 1)) as nights,
        sum(l.amount) filter (where t.stage = 'draft') as drafted
      from tenants.charge_subject o
      join tenants.charge_line l
        on l.lender_id = o.lender_id and l.borrower_id = o.borrower_id and l.basis_id = o.basis_id
      join tenants.statement t on t.lender_id = l.lender_id and t.id = l.statement_id
      left join lateral (
        select sum(case p.step when 'credit' then -p.amount else p.amount end) as put_right
        from tenants.statement_step p
        where p.lender_id = l.lender_id and p.line_id = l.id and p.step in ('credit', 'adjust')) p on true
      where o.authority_id = (select careshare.authority()) and o.lender_id = o.authority_id
        and o.subject_id is not null and l.first_night >= :since and l.first_night < :until
        and (cast(:subject as uuid) is null or o.subject_id = :subject)
      group by 1, 2)
    select coalesce(b.subject_id, p.subject_id) as subject_id, coalesce(b.month, p.month) as month,
      coalesce(nullif(b.label, ''), nullif(p.label, ''), (
        select max(o.label) from tenants.charge_subject o
        where o.authority_id = p.authority_id and o.subject_id = p.subject_id), '') as label,
      coalesce(b.income, 0) as income, coalesce(b.drafted, 0) as drafted,
      cast(coalesce(b.nights, 0) as int) as nights, p.planned
    from brought b full join (
      select * from tenants.income_plan
      where authority_id = (select careshare.authority()) and month >= :since and month < :until
        and (cast(:subject as uuid) is null or subject_id = :subject)) p
      on p.subject_id = b.subject_id and p.month = b.month
    order by 1, 2
""")
PLAN = text("""
    insert into tenants.income_plan (authority_id, subject_id, month, planned, label)
    select careshare.authority(), :subject, w.month, w.planned, :label
    from unnest(cast(:months as date[]), cast(:planned as numeric[])) as w (month, planned)
    on conflict (authority_id, subject_id, month) do update set planned = excluded.planned,
      label = case when excluded.label = '' then income_plan.label else excluded.label end
""")
NO_PLAN = text("""
    delete from tenants.income_plan
    where authority_id = (select careshare.authority()) and subject_id = :subject and month = :month
""")
PLANNED = text("""
    select month, planned from tenants.income_plan
    where authority_id = (select careshare.authority()) and subject_id = :subject
      and month >= :since and month < :until order by month
""")
HOME = text("""
    select label from (
      select label from tenants.charge_subject
      where authority_id = (select careshare.authority()) and subject_id = :subject
      union all
      select label from tenants.income_plan
      where authority_id = (select careshare.authority()) and subject_id = :subject) known
    order by label desc limit 1
""")

MONTHS: Final = 12
MOST_PLANNED: Final = Decimal(100_000_000)
"""More pounds a year than this are a typing mistake."""
TENTH: Final = Decimal("0.1")


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """Income beside a plan, in pounds. `drafted`: the part of the income that is not issued yet. `planned` null: none
    was planned.
    """

    nights: int
    income: Decimal
    drafted: Decimal
    planned: Decimal | None
    difference: Decimal | None
    percent: Decimal | None


class MonthOfIncome(Against, frozen=True, kw_only=True):
    """One month of a home."""

    month: date


class Income(Against, frozen=True, kw_only=True):
    """What one of our homes brought in, in a financial year, against its plan, and month by month."""

    subject_id: UUID
    label: str
    months: list[MonthOfIncome]


def against(nights: int, income: Decimal, drafted: Decimal, planned: Decimal | None) -> dict[str, Any]:
    """The fields of `Against`. The share of the plan is to a tenth of a per cent; null where nothing was planned."""
    return {
        "nights": nights,
        "income": income,
        "drafted": drafted,
        "planned": planned,
        "difference": None if planned is None else income - planned,
        "percent": (income * 100 / planned).quantize(TENTH, ROUND_HALF_UP) if planned else None,
    }


def twelfths(planned: Decimal) -> list[Decimal]:
    """A year's plan by month, to the penny; the months always sum to it."""
    reached = [rules.pence(planned * month / MONTHS) for month in range(MONTHS + 1)]
    return [later - earlier for earlier, later in pairwise(reached)]


def months_of(since: date, until: date) -> list[date]:
    """The first days of the months from one up to another."""
    found = [since]
    while (after := rules.next_month(found[-1])) < until:
        found.append(after)
    return found


async def income(uow: Uow, year: int, subject_id: UUID | None = None) -> list[Income]:
    """What the bound authority's homes brought in, in a financial year, by name; a home alone with `subject_id`."""
    since, until = year_period(year)
    rows = (await uow.execute(INCOME, {"since": since, "until": until, "subject": subject_id})).mappings()
    found = [_home(list(months), since, until) for _, months in groupby(rows, key=lambda row: row["subject_id"])]
    return sorted(found, key=lambda one: (one.label, str(one.subject_id)))


async def of_year(uow: Uow, year: int | None) -> tuple[int, list[Income]]:
    """A financial year, this one where none is named, and what came in."""
    wanted = rules.year_of(today()) if year is None else year
    return wanted, await income(uow, wanted)


async def known_months(uow: Uow, subject_id: UUID, since: date, until: date) -> list[MonthOfIncome]:
    """The months of a home from one up to another that were planned or charged for, the latest first."""
    rows = (await uow.execute(INCOME, {"since": since, "until": until, "subject": subject_id})).mappings()
    return [MonthOfIncome(month=row["month"], **_against([row])) for row in reversed(list(rows))]


def _home(rows: Sequence[RowMapping], since: date, until: date) -> Income:
    by_month = {row["month"]: row for row in rows}
    months = [
        MonthOfIncome(month=month, **_against([by_month[month]] if month in by_month else []))
        for month in months_of(since, until)
    ]
    label = next((row["label"] for row in reversed(rows) if row["label"]), "")
    return Income(subject_id=rows[0]["subject_id"], label=label, months=months, **_against(rows))


def _against(rows: Iterable[RowMapping]) -> dict[str, Any]:
    known = list(rows)
    plans = [row["planned"] for row in known if row["planned"] is not None]
    return against(
        sum(row["nights"] for row in known),
        sum((row["income"] for row in known), start=ZERO),
        sum((row["drafted"] for row in known), start=ZERO),
        sum(plans, start=ZERO) if plans else None,
    )


def together(found: Sequence[Income]) -> Against:
    """All homes in one sum; planned is what those with a plan were planned to bring in."""
    plans = [one.planned for one in found if one.planned is not None]
    return Against(
        **against(
            sum(one.nights for one in found),
            sum((one.income for one in found), start=ZERO),
            sum((one.drafted for one in found), start=ZERO),
            sum(plans, start=ZERO) if plans else None,
        )
    )


async def home(uow: Uow, subject_id: UUID) -> str:
    """What the bound authority calls one of its homes. Raises NotFound where it was neither charged for nor planned."""
    label: str | None = await uow.scalar(HOME, {"subject": subject_id})
    if label is None:
        raise NotFound
    return label


async def plan(uow: Uow, subject_id: UUID, year: int, planned: Decimal) -> None:
    """What a home is planned to bring in, in a financial year: each month a twelfth, in place of what stood there.

    Raises Invalid; NotFound for a home that was neither charged for nor planned.
    """
    since, until = year_period(year)
    _check(planned)
    label = await home(uow, subject_id)
    given = {"subject": subject_id, "label": label, "months": months_of(since, until), "planned": twelfths(planned)}
    await uow.execute(PLAN, given)
    await audit.record(uow, "charge.planned", subjects=[subject_id], after={"year": year, "planned": planned})


async def plan_month(uow: Uow, subject_id: UUID, month: date, planned: Decimal | None, *, label: str) -> None:
    """What a home is planned to bring in during a month; None: nothing is planned. The caller records it.

    Raises Invalid.
    """
    if planned is None:
        await uow.execute(NO_PLAN, {"subject": subject_id, "month": month})
        return
    _check(planned)
    await uow.execute(PLAN, {"subject": subject_id, "label": label, "months": [month], "planned": [planned]})


async def planned_months(uow: Uow, subject_id: UUID, since: date, until: date) -> dict[date, Decimal]:
    """What a home is planned to bring in, by the month's first day, from one month up to another."""
    rows = await uow.execute(PLANNED, {"subject": subject_id, "since": since, "until": until})
    return {row.month: row.planned for row in rows}


def _check(planned: Decimal) -> None:
    if not planned.is_finite() or not 0 <= planned <= MOST_PLANNED or planned != rules.pence(planned):
        raise Invalid(errors=[FieldError("planned", "The plan must be in pounds and pence, like 180000.00")])
