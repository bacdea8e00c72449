"""What follows from statements together: net position, and accruals at 31 March."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

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


def sums(found: Sequence[Accrual]) -> tuple[Decimal, Decimal]:
    """What accruals sum to: income to come as lender, cost to come as borrower."""
    return (
        sum((one.accrued for one in found if one.side == "lender"), start=ZERO),
        sum((one.accrued for one in found if one.side == "borrower"), start=ZERO),
    )
