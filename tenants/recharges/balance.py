"""What follows from statements together: net position, accruals at 31 March, income of homes against their plan."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from tenants.recharges import rules
from tenants.recharges.model import ZERO, Kind, Side
from tenants.recharges.reading import COLUMNS, PARTS, basis_of

# Each statement once, from the bound authority's side; a draft is no claim yet and is left out.
NET = text("""
    with mine as (
      select s.lender_id, s.borrower_id, s.id, s.stage, s.net + s.vat - s.credited as amount,
        s.lender_id = (select careshare.authority()) as lent
      from tenants.statement s
      where s.month >= :since and s.month < :until and s.stage <> 'draft'),
    nights as (
      select m.id,
        sum(case when l.reverses_id is null then 1 else -1 end * (l.last_night - l.first_night + 1)) as nights
      from mine m join tenants.charge_line l
        on l.lender_id = m.lender_id and l.borrower_id = m.borrower_id and l.statement_id = m.id and l.part = 'base'
      group by m.id)
    select a.id as authority_id, a.name,
      coalesce(sum(m.amount) filter (where m.lent), 0) as lent,
      coalesce(sum(m.amount) filter (where not m.lent), 0) as borrowed,
      coalesce(sum(m.amount) filter (where m.lent and m.stage <> 'settled'), 0) as owed_to_us,
      coalesce(sum(m.amount) filter (where not m.lent and m.stage <> 'settled'), 0) as owed_by_us,
      coalesce(sum(m.amount) filter (where m.stage = 'disputed'), 0) as disputed,
      cast(coalesce(sum(n.nights) filter (where m.lent), 0) as int) as nights_lent,
      cast(coalesce(sum(n.nights) filter (where not m.lent), 0) as int) as nights_borrowed,
      count(*) as statements
    from mine m
    join tenants.authority a on a.id = case when m.lent then m.borrower_id else m.lender_id end
    left join nights n on n.id = m.id
    where cast(:other as uuid) is null or a.id = :other
    group by a.id, a.name order by a.name, a.id
""")
# A charge's nights of a year against what issued statements say of them. What was credited of a line that still stands
# was given up and is not to come again; of one that was taken back it was left out of what was taken.
CHARGED = text(f"""
    select {COLUMNS}, b.lender_id, b.placement_id, b.kind, a.name as other, b.lender_id = (select careshare.authority())
        as lent, coalesce(o.reference, '') as reference, coalesce(o.ledger_code, '') as ledger_code,
      coalesce(s.stated, 0) as stated
    from tenants.charge_basis b
    join tenants.authority a
      on a.id = case when b.lender_id = (select careshare.authority()) then b.borrower_id else b.lender_id end
    left join tenants.charge_subject o on o.authority_id = (select careshare.authority()) and o.basis_id = b.id
    left join lateral (
      select sum(l.amount + case when r.id is null then 0 else coalesce(p.put_right, 0) end) as stated
      from tenants.charge_line l
      join tenants.statement t on t.lender_id = l.lender_id and t.id = l.statement_id and t.stage <> 'draft'
      left join lateral (
        select sum(case p.step when 'credit' then -p.amount else p.amount end) as put_right
        from tenants.statement_step p
        where p.lender_id = l.lender_id and p.line_id = l.id and p.step in ('credit', 'adjust')) p on true
      left join lateral (
        select d.id from tenants.charge_line d
        join tenants.statement u on u.lender_id = d.lender_id and u.id = d.statement_id and u.stage <> 'draft'
        where d.lender_id = l.lender_id and d.reverses_id = l.id) r on true
      where l.lender_id = b.lender_id and l.borrower_id = b.borrower_id and l.basis_id = b.id
        and l.first_night >= :since and l.first_night < :until) s on true
    {PARTS}
    where b.starts < :until and (b.ends is null or b.ends + b.notice_nights + 1 > :since or s.stated is not null)
    order by other, b.kind, b.id
""")  # noqa: S608  # our own text
INCOME = text("""
    with brought as (
      select o.subject_id, max(o.label) as label, sum(l.amount + coalesce(p.put_right, 0)) as income, sum(
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
      group by o.subject_id)
    select coalesce(b.subject_id, p.subject_id) as subject_id, coalesce(b.label, (
        select max(o.label) from tenants.charge_subject o
        where o.authority_id = p.authority_id and o.subject_id = p.subject_id), '') as label,
      coalesce(b.income, 0) as income, coalesce(b.drafted, 0) as drafted,
      cast(coalesce(b.nights, 0) as int) as nights, p.planned
    from brought b full join (
      select * from tenants.charge_plan where authority_id = (select careshare.authority()) and year = :year) p
      on p.subject_id = b.subject_id
    order by label, 1
""")
PLAN = text("""
    insert into tenants.charge_plan (authority_id, subject_id, year, planned)
    values (careshare.authority(), :subject, :year, :planned)
    on conflict (authority_id, subject_id, year) do update set planned = excluded.planned
""")
HOME = text("""
    select label from tenants.charge_subject
    where authority_id = (select careshare.authority()) and subject_id = :subject order by basis_id desc limit 1
""")

YEARS: Final = (2000, 2099)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """What two authorities charged each other in a period, after credit notes; `net` positive: the other owes us."""

    authority_id: UUID
    name: str
    lent: Decimal
    borrowed: Decimal
    net: Decimal
    owed_to_us: Decimal
    owed_by_us: Decimal
    disputed: Decimal
    nights_lent: int
    nights_borrowed: int
    statements: int


class Accrual(msgspec.Struct, frozen=True, kw_only=True):
    """What one placement's nights of the year come to, what issued statements say of it, and what is still to come."""

    basis_id: UUID
    placement_id: UUID
    side: Side
    other: str
    kind: Kind
    reference: str
    ledger_code: str
    charged: Decimal
    stated: Decimal
    accrued: Decimal


class Income(msgspec.Struct, frozen=True, kw_only=True):
    """What one of our homes brought in, in a financial year, against its plan. `drafted` is not issued yet."""

    subject_id: UUID
    label: str
    nights: int
    income: Decimal
    drafted: Decimal
    planned: Decimal | None
    difference: Decimal | None


async def positions(uow: Uow, since: date, until: date, other: UUID | None = None) -> list[Position]:
    """The bound authority's net position with each other one, for the months from `since` up to `until`."""
    rows = await uow.execute(NET, {"since": since, "until": until, "other": other})
    return [
        Position(
            **{name: row[name] for name in Position.__struct_fields__ if name != "net"},
            net=row["lent"] - row["borrowed"],
        )
        for row in rows.mappings()
    ]


async def position(uow: Uow, other: UUID, since: date, until: date) -> Position:
    """The same with one authority. Raises NotFound where neither ever charged the other in that time."""
    found = await positions(uow, since, until, other)
    if not found:
        raise NotFound
    return found[0]


def year_period(year: int) -> tuple[date, date]:
    """A financial year's first day and the first day after it. Raises Invalid."""
    if not YEARS[0] <= year <= YEARS[1]:
        raise Invalid(errors=[FieldError("year", "The year must be the one in which the financial year began")])
    return date(year, 4, 1), date(year + 1, 4, 1)


async def accruals(uow: Uow, year: int, side: Side | None = None) -> list[Accrual]:
    """Nights of a financial year that no issued statement has yet, placement by placement, on both sides.

    Drafts count as not stated. What is owed back stands as a negative accrual.
    """
    since, until = year_period(year)
    found: list[Accrual] = []
    for row in (await uow.execute(CHARGED, {"since": since, "until": until})).mappings():
        charged = rules.total(rules.charges(basis_of(row), since, until))
        accrued = charged - row["stated"]
        mine: Side = "lender" if row["lent"] else "borrower"
        if accrued and side in {None, mine}:
            names = ("placement_id", "other", "kind", "reference", "ledger_code", "stated")
            worked = {name: row[name] for name in names}
            found.append(Accrual(basis_id=row["id"], side=mine, charged=charged, accrued=accrued, **worked))
    return found


async def income(uow: Uow, year: int) -> list[Income]:
    """What the bound authority's homes brought in, in a financial year, by their own ids."""
    since, until = year_period(year)
    rows = await uow.execute(INCOME, {"since": since, "until": until, "year": year})
    return [
        Income(
            **{name: row[name] for name in Income.__struct_fields__ if name != "difference"},
            difference=None if row["planned"] is None else row["income"] - row["planned"],
        )
        for row in rows.mappings()
    ]


async def home(uow: Uow, subject_id: UUID) -> str:
    """What the bound authority calls one of its homes. Raises NotFound where no placement in it was ever charged."""
    label: str | None = await uow.scalar(HOME, {"subject": subject_id})
    if label is None:
        raise NotFound
    return label


async def plan(uow: Uow, subject_id: UUID, year: int, planned: Decimal) -> None:
    """What a home is planned to bring in, in a financial year. Raises Invalid; NotFound for a home never charged."""
    year_period(year)
    if not 0 <= planned <= Decimal(100_000_000) or planned != rules.pence(planned):
        raise Invalid(errors=[FieldError("planned", "The plan must be in pounds and pence, like 180000.00")])
    await home(uow, subject_id)
    await uow.execute(PLAN, {"subject": subject_id, "year": year, "planned": planned})
    await audit.record(uow, "charge.planned", subjects=[subject_id], after={"year": year, "planned": planned})


def sums(found: Sequence[Accrual]) -> tuple[Decimal, Decimal]:
    """What accruals sum to: income to come as lender, cost to come as borrower."""
    return (
        sum((one.accrued for one in found if one.side == "lender"), start=ZERO),
        sum((one.accrued for one in found if one.side == "borrower"), start=ZERO),
    )
