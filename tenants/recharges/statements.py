"""Making statements: the bound lender's drafts of a month, from its charges as they stand now.

Made again from the same, nothing changes. What is issued is never touched: what was posted late about a month gone by
comes as lines of the first statement that is still a draft, each with its reason. One pass a lender: it is read whole,
worked out in memory and written in one statement.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from tenants.recharges import codes, rules
from tenants.recharges.model import WHOLE, ZERO, Basis, Line, Split, Stated
from tenants.recharges.reading import COLUMNS, PARTS, basis_of, line_of

HOLD = text("select tenants.hold_charges(true)")
MONTHS = text("""
    select distinct month from tenants.statement
    where lender_id = (select careshare.authority()) and stage = 'draft' and month <> :month order by month
""")
# Where each borrower's statements have got to: the latest before the month, and whether a later one was issued already.
PAIRS = text("""
    select b.borrower_id, p.month, p.made_at,
      exists (select from tenants.statement l where l.lender_id = b.lender_id and l.borrower_id = b.borrower_id
        and l.month >= :month and l.stage <> 'draft') as closed
    from (select distinct lender_id, borrower_id from tenants.charge_basis
      where lender_id = (select careshare.authority())) b
    left join lateral (
      select s.month, s.made_at from tenants.statement s
      where s.lender_id = b.lender_id and s.borrower_id = b.borrower_id and s.month < :month
      order by s.month desc limit 1) p on true
    order by b.borrower_id
""")
# `behind`: something was posted since its borrower's last statement, so that months gone by are looked at again.
BASES = text(f"""
    select {COLUMNS}, b.changed_at > g.seen as behind, (
        select c.what from tenants.charge_change c
        where c.lender_id = b.lender_id and c.borrower_id = b.borrower_id and c.basis_id = b.id and c.at > g.since
        order by c.what = 'opened' desc, c.id desc limit 1) as reason
    from unnest(cast(:borrowers as uuid[]), cast(:seen as timestamptz[]), cast(:since as timestamptz[]))
      as g (borrower_id, seen, since)
    join tenants.charge_basis b on b.lender_id = (select careshare.authority()) and b.borrower_id = g.borrower_id
    {PARTS}
    where b.changed_at > g.seen
      or (b.starts < :until and (b.ends is null or b.ends + b.notice_nights + 1 > :month))
    order by b.borrower_id, b.id
""")  # noqa: S608  # our own text
LIVE: Final = """
    select l.id, l.basis_id, l.step_id, l.kind, l.part, l.first_night, l.last_night, l.nth, l.weekly, l.percent,
      l.amount, l.vat_code, l.order_number, l.social_care, l.education, l.health, l.reverses_id, l.reason,
      coalesce(p.put_right, 0) as put_right
    from tenants.charge_line l
    join tenants.statement s on s.lender_id = l.lender_id and s.id = l.statement_id and s.month < :month
    left join lateral (
      select sum(case p.step when 'credit' then -p.amount else p.amount end) as put_right
      from tenants.statement_step p
      where p.lender_id = l.lender_id and p.line_id = l.id and p.step in ('credit', 'adjust')) p on true
    where l.reverses_id is null and not exists (
      select from tenants.charge_line r join tenants.statement t on t.lender_id = r.lender_id and t.id = r.statement_id
      where r.lender_id = l.lender_id and r.reverses_id = l.id and t.month < :month)
"""
STATED = text(f"{LIVE} and l.lender_id = (select careshare.authority()) and l.basis_id = any(:ids)")
ADJUSTED = text("""
    select p.borrower_id, p.id, p.reason, p.amount, l.first_night, l.last_night, s.month, l.order_number,
      coalesce(l.vat_code, (select min(v.vat_code) from tenants.charge_line v
        where v.lender_id = s.lender_id and v.borrower_id = s.borrower_id and v.statement_id = s.id)) as vat_code,
      coalesce(l.social_care, 1) as social_care, coalesce(l.education, 0) as education, coalesce(l.health, 0) as health
    from tenants.statement_step p
    join tenants.statement s on s.lender_id = p.lender_id and s.id = p.statement_id and s.month < :month
    left join tenants.charge_line l on l.lender_id = p.lender_id and l.id = p.line_id
    where p.lender_id = (select careshare.authority()) and p.borrower_id = any(:borrowers) and p.step = 'adjust'
      and not exists (select from tenants.charge_line d
        join tenants.statement t on t.lender_id = d.lender_id and t.id = d.statement_id
        where d.lender_id = p.lender_id and d.step_id = p.id and t.month < :month)
    order by p.id
""")
DRAFT = text("""
    select id, borrower_id from tenants.draft_statements(:month, :as_of, cast(:borrowers as uuid[]),
      cast(:digests as bytea[]), cast(:nets as numeric[]), cast(:vats as numeric[]), cast(:of_borrower as uuid[]),
      cast(:ns as int[]), cast(:bases as uuid[]), cast(:steps as uuid[]), cast(:kinds as text[]),
      cast(:parts as text[]), cast(:firsts as date[]), cast(:lasts as date[]), cast(:nths as int[]),
      cast(:weeklies as numeric[]), cast(:percents as numeric[]), cast(:amounts as numeric[]),
      cast(:vat_codes as text[]), cast(:orders as text[]), cast(:social_cares as numeric[]),
      cast(:educations as numeric[]), cast(:healths as numeric[]), cast(:reversed as uuid[]), cast(:reasons as text[]))
""")

LONG_AGO: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
FIRST_MONTH: Final = date(2000, 1, 1)
NOT_STATED: Final = "not_stated"
YEARS_BACK: Final = 6
"""What is older is put right no more (Limitation Act 1980 section 5), nor are its statements kept much longer."""


class Made(msgspec.Struct, frozen=True):
    """A draft that is new, or says something else than before."""

    id: UUID
    borrower_id: UUID


async def make(uow: Uow, month: date, today: date) -> list[Made]:
    """Make the bound lender's drafts of `month`, and make its other drafts again; those that changed.

    Raises Invalid unless `month` is the first day of a month that has begun.
    """
    if month.day != 1 or not FIRST_MONTH <= month <= today:
        raise Invalid(errors=[FieldError("month", "The month must be one that has begun")])
    as_of: datetime = (await uow.execute(HOLD)).scalar_one()
    others = list((await uow.execute(MONTHS, {"month": month})).scalars())
    changed: list[Made] = []
    for one in sorted({*others, month}):
        changed += await _make(uow, one, as_of)
    if changed:
        shown = [audit.Shown(one.borrower_id, None, [one.id]) for one in changed]
        await audit.record_shown(uow, "statement.drafted", criteria={"month": month}, shown=shown)
    return changed


async def _make(uow: Uow, month: date, as_of: datetime) -> list[Made]:
    until = rules.next_month(month)
    pairs = (await uow.execute(PAIRS, {"month": month})).all()
    open_ones = [row for row in pairs if not row.closed]
    gap = {row.borrower_id for row in open_ones if row.month is None or rules.next_month(row.month) < month}
    given = {
        "month": month,
        "until": until,
        "borrowers": [row.borrower_id for row in open_ones],
        "seen": [LONG_AGO if row.borrower_id in gap else row.made_at for row in open_ones],
        "since": [row.made_at or LONG_AGO for row in open_ones],
    }
    first_ever = {row.borrower_id for row in open_ones if row.month is None}
    rows = (await uow.execute(BASES, given)).mappings().all()
    behind = [row["id"] for row in rows if row["behind"]]
    said = await _stated(uow, month, behind)
    lines: dict[UUID, list[Line]] = {}
    for row in rows:
        basis = basis_of(row)
        found = rules.charges(basis, month, until)
        if row["behind"]:
            reason = NOT_STATED if basis.borrower_id in first_ever else row["reason"] or NOT_STATED
            found += _late(basis, month, said.get(basis.id, ()), reason)
        if found:
            lines.setdefault(basis.borrower_id, []).extend(found)
    for row in (await uow.execute(ADJUSTED, {"month": month, "borrowers": given["borrowers"]})).mappings():
        lines.setdefault(row["borrower_id"], []).append(_adjustment(row))
    written = await uow.execute(DRAFT, _columns(month, as_of, until, lines))
    return [Made(row.id, row.borrower_id) for row in written]


async def _stated(uow: Uow, month: date, ids: Sequence[UUID]) -> dict[UUID, list[Stated]]:
    found: dict[UUID, list[Stated]] = {}
    if ids:
        for row in (await uow.execute(STATED, {"month": month, "ids": list(ids)})).mappings():
            found.setdefault(row["basis_id"], []).append(stated_of(row))
    return found


def stated_of(row: Mapping[Any, Any]) -> Stated:
    """A line that stands, of a row of LIVE."""
    return Stated(id=row["id"], line=line_of(row), put_right=Decimal(row["put_right"]))


def _late(basis: Basis, month: date, said: Sequence[Stated], reason: str) -> list[Line]:
    back = month.replace(year=month.year - YEARS_BACK)
    now = rules.charges(basis, max(back, min(basis.starts, month)), month)
    return rules.due_since([one for one in said if one.line.first_night >= back], now, reason)


def _adjustment(row: Mapping[Any, Any]) -> Line:
    weights = Split(row["social_care"], row["education"], row["health"])
    return Line(
        kind="adjustment",
        part="adjustment",
        first_night=row["first_night"] or row["month"],
        last_night=row["last_night"] or row["month"],
        nth=0,
        weekly=ZERO,
        percent=WHOLE,
        amount=row["amount"],
        vat_code=row["vat_code"],
        split=rules.split(row["amount"], weights),
        step_id=row["id"],
        order_number=row["order_number"] or "",
        reason=row["reason"],
    )


def _columns(month: date, as_of: datetime, until: date, lines: Mapping[UUID, list[Line]]) -> dict[str, Any]:
    """Everything that is written, column by column."""
    rates = codes.vat_rates(until - rules.DAY)
    nets = {borrower: rules.total(found) for borrower, found in lines.items()}
    vats = {
        borrower: sum((tax for _, _, tax in rules.vat_of(found, rates)), start=ZERO)
        for borrower, found in lines.items()
    }
    # What is charged for the month itself, placement by placement, and behind it what comes of months gone by.
    flat = [
        (borrower, n, line)
        for borrower, found in lines.items()
        for n, line in enumerate(sorted(found, key=lambda one: (bool(one.reason), str(one.basis_id))), 1)
    ]
    every = [line for _, _, line in flat]
    return {
        "month": month,
        "as_of": as_of,
        "borrowers": list(lines),
        "digests": [hashlib.sha256(msgspec.msgpack.encode(found)).digest() for found in lines.values()],
        "nets": [nets[borrower] for borrower in lines],
        "vats": [vats[borrower] for borrower in lines],
        "of_borrower": [borrower for borrower, _, _ in flat],
        "ns": [n for _, n, _ in flat],
        "bases": [line.basis_id for line in every],
        "steps": [line.step_id for line in every],
        "kinds": [line.kind for line in every],
        "parts": [line.part for line in every],
        "firsts": [line.first_night for line in every],
        "lasts": [line.last_night for line in every],
        "nths": [line.nth for line in every],
        "weeklies": [line.weekly for line in every],
        "percents": [line.percent for line in every],
        "amounts": [line.amount for line in every],
        "vat_codes": [line.vat_code for line in every],
        "orders": [line.order_number for line in every],
        "social_cares": [line.split.social_care for line in every],
        "educations": [line.split.education for line in every],
        "healths": [line.split.health for line in every],
        "reversed": [line.reverses_id for line in every],
        "reasons": [line.reason for line in every],
    }
