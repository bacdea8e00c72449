"""A price that is changed by hand: somebody of the lender asks for it with a day and a reason, a second looks again.

Agreed, it holds from its day and says why on the lines it explains. Where a month that was issued comes out lower, each
line that is too high gets a credit note at once; what comes out higher, or was paid, is stated on the next statement.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.http.problems import ConstraintMeaning, constraint_meanings
from careshare.web import asks
from tenants.recharges import actions, charges, codes, notes, queries, reading, rules, statements, steps
from tenants.recharges.charges import Charge
from tenants.recharges.model import BASE, ZERO, Basis, Line, Rate, Stated
from tenants.recharges.steps import Taking

State = Literal["waiting", "agreed", "refused"]

COLUMNS: Final = """
    select p.id, p.basis_id, p.part, p.since, p.until, p.weekly, p.when_empty, p.reason, p.note, p.state, p.asked_at,
      p.asked_by, p.decided_at, p.decided_by, b.borrower_id, o.name as borrower, b.placement_id
    from tenants.price_change p
    join tenants.charge_basis b on b.lender_id = p.authority_id and b.id = p.basis_id
    join tenants.authority o on o.id = b.borrower_id
    where p.authority_id = (select careshare.authority())
"""
ONE = text(f"{COLUMNS} and p.id = :id")  # our own text
LIST = text(f"""{COLUMNS} and (cast(:basis as uuid) is null or p.basis_id = :basis)
    and (cast(:state as text) is null or p.state = :state) order by p.id desc limit 200
""")  # our own text
ASK = text("""
    insert into tenants.price_change (authority_id, basis_id, part, since, until, weekly, when_empty, reason, note)
    values (careshare.authority(), :basis, :part, :since, :until, :weekly, :when_empty, :reason, :note) returning id
""")
DECIDE = text("""
    update tenants.price_change set state = :state
    where authority_id = (select careshare.authority()) and id = :id and state = 'waiting' returning id
""")
# What stands of a charge on statements that are issued: those that a credit note can still put right, and those paid.
STATED = text(f"""
    select l.*, s.id as statement_id, s.month, s.stage, s.invoice_number
    from ({statements.LIVE} and l.lender_id = (select careshare.authority()) and l.basis_id = :basis) l
    join tenants.charge_line c on c.lender_id = (select careshare.authority()) and c.id = l.id
    join tenants.statement s on s.lender_id = c.lender_id and s.id = c.statement_id
    where s.stage <> 'draft' and l.last_night >= :since order by s.month, l.first_night, l.id
""")  # noqa: S608  # our own text
COLLEAGUES = text("select person_id, name from identity.colleagues(cast(:people as uuid[]))")
NEVER: Final = date(9999, 1, 1)
CREDITED: Final = frozenset({"issued", "disputed", "agreed"})
"""Stages in which a credit note can still put a statement right (tenants.statement_rule)."""
SECOND: Final = "Somebody else must take the second look"

constraint_meanings.update(
    {
        "price_change_second": ConstraintMeaning("", SECOND),
        "price_change_waiting": ConstraintMeaning(
            "part", "A change of this price waits for its second look already. Decide on that one first"
        ),
    }
)


class NewPrice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A weekly price in pounds from a day on, up to `until` (none: for good), and why; `weekly` none ends a supplement.

    `when_empty` is asked of supplements: notice and pauses always take their share of the weekly price itself.
    """

    part: Annotated[str, asks("what the price is for", missing="Choose what the price is for", max_length=40)]
    since: Annotated[date, asks("the first day of the new price", missing="Enter the first day of the new price")]
    reason: Annotated[str, asks("the reason", missing="Choose why the price is changed", max_length=40)]
    weekly: (
        Annotated[
            Decimal,
            asks("the weekly price", invalid="The weekly price must be in pounds and pence, like 4250.00"),
        ]
        | None
    ) = None
    until: Annotated[date, asks("the day from which it holds no more")] | None = None
    when_empty: Annotated[bool, asks("whether it is charged when the child is away")] = False
    note: Annotated[str, asks("the note", max_length=notes.LONGEST)] = ""


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was asked for, and what became of it. `asked_by` and `decided_by` are colleagues."""

    id: UUID
    basis_id: UUID
    placement_id: UUID
    borrower_id: UUID
    borrower: str
    part: str
    since: date
    until: date | None
    weekly: Decimal | None
    when_empty: bool
    reason: str
    note: str
    state: State
    asked_at: datetime
    asked_by: UUID
    decided_at: datetime | None
    decided_by: UUID | None


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to a statement that was issued: `difference` in pounds without VAT, below 0 where it is less.

    `credited` says whether credit notes put it right at once; otherwise it comes on the next statement.
    """

    statement_id: UUID
    month: date
    invoice_number: str
    difference: Decimal
    credited: bool


async def ask(uow: Uow, basis: UUID, new: NewPrice, today: date) -> UUID:
    """Ask for a change of price. It holds once somebody else has agreed.

    Raises NotFound where the bound authority is not the charge's lender, Invalid naming the field, and what
    `constraint_meanings` says where a change of the same price waits already.
    """
    found = await charges.charge(uow, basis)
    if found.side != "lender":
        raise NotFound
    _check(found, new, today)
    # The weekly price itself is what notice and pauses take their share of; only supplements may stand down.
    given = {**msgspec.structs.asdict(new), "note": new.note.strip(), "basis": basis}
    given["when_empty"] = new.when_empty or new.part == BASE
    made: UUID = (await uow.execute(ASK, given)).scalar_one()
    after = {name: given[name] for name in ("part", "since", "until", "weekly", "reason")}
    await audit.record(uow, "price.asked", subjects=[made, basis], agreement_id=found.agreement_id, after=after)
    return made


def _check(found: Charge, new: NewPrice, today: date) -> None:
    errors: list[FieldError] = []
    if new.part not in {one.code for one in codes.codes("part")} or new.part == "adjustment":
        errors.append(FieldError("part", "Choose what the price is for"))
    if new.reason not in {one.code for one in codes.codes("price", today)}:
        errors.append(FieldError("reason", "Choose why the price is changed"))
    if new.weekly is None and new.part == BASE:
        errors.append(FieldError("weekly", "Enter the weekly price: only a supplement can end"))
    if new.weekly is not None and not _pounds(new.weekly):
        errors.append(FieldError("weekly", "The weekly price must be in pounds and pence, like 4250.00"))
    if new.since < found.starts:
        errors.append(FieldError("since", "The new price cannot hold before the child came"))
    if new.until is not None and new.until <= new.since:
        errors.append(FieldError("until", "The end must be after the first day"))
    if wrong := notes.problem(new.note, [found.lender, found.borrower]):
        errors.append(FieldError("note", wrong))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _pounds(weekly: Decimal) -> bool:
    return weekly.is_finite() and 0 <= weekly <= actions.MOST and weekly == weekly.quantize(Decimal("0.01"))


async def change(uow: Uow, change_id: UUID) -> PriceChange:
    """One change. Raises NotFound: it is the lender's alone."""
    row = (await uow.execute(ONE, {"id": change_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return PriceChange(**row)


async def changes(uow: Uow, *, basis: UUID | None = None, state: State | None = None) -> list[PriceChange]:
    """The bound lender's changes, the latest first: of one charge, or in one state."""
    rows = await uow.execute(LIST, {"basis": basis, "state": state})
    return [PriceChange(**row) for row in rows.mappings()]


async def refuse(uow: Uow, change_id: UUID) -> None:
    """Let a change that waits come to nothing; whoever asked for it may. Raises NotFound, Conflict."""
    found = await _decide(uow, change_id, "refused")
    await audit.record(uow, "price.refused", subjects=[change_id, found.basis_id])


async def agree(uow: Uow, change_id: UUID, today: date) -> list[Effect]:
    """Take the second look: the price holds, and what was issued too high is credited. What it did to which statement.

    Raises NotFound, and Conflict where it was decided already or the person who asked for it would agree themselves.
    """
    found = await change(uow, change_id)
    if found.asked_by == await uow.scalar(text("select careshare.actor()")):
        raise Conflict(f"{SECOND}.")
    await _decide(uow, change_id, "agreed")
    stated = await _stated(uow, found)
    after = with_price(await _basis(uow, found.basis_id), found)
    await actions.change_price(
        uow,
        found.basis_id,
        found.since,
        found.weekly,
        part=found.part,
        until=found.until,
        when_empty=found.when_empty,
        reason=found.reason,
    )
    for statement, lines in stated.items():
        if statement.stage in CREDITED:
            await _credit(uow, statement, lines, after, today)
    await audit.record(uow, "price.agreed", subjects=[change_id, found.basis_id], after={"reason": found.reason})
    return _effects(stated, after, found.part)


async def names(uow: Uow, people: Sequence[UUID]) -> dict[UUID, str]:
    """Colleagues by name."""
    return {row.person_id: row.name for row in await uow.execute(COLLEAGUES, {"people": list(people)})}


async def effects(uow: Uow, found: PriceChange) -> list[Effect]:
    """What agreeing would do to statements that were issued, for the second look."""
    return _effects(await _stated(uow, found), with_price(await _basis(uow, found.basis_id), found), found.part)


async def _decide(uow: Uow, change_id: UUID, state: State) -> PriceChange:
    found = await change(uow, change_id)
    if (await uow.execute(DECIDE, {"id": change_id, "state": state})).first() is None:
        raise Conflict("This change was decided already.")
    return found


class _Issued(msgspec.Struct, frozen=True):
    id: UUID
    month: date
    stage: str
    invoice_number: str


async def _basis(uow: Uow, basis: UUID) -> Basis:
    (found,) = await reading.bases(uow, [basis])
    return found


async def _stated(uow: Uow, found: PriceChange) -> dict[_Issued, list[Stated]]:
    """What stands of the charge on issued statements, from the change's first day on."""
    given = {"basis": found.basis_id, "since": found.since, "month": NEVER}
    lines: dict[_Issued, list[Stated]] = {}
    for row in (await uow.execute(STATED, given)).mappings():
        issued = _Issued(row["statement_id"], row["month"], row["stage"], row["invoice_number"])
        lines.setdefault(issued, []).append(statements.stated_of(row))
    return lines


def with_price(basis: Basis, changed: PriceChange) -> Basis:
    """The charge as it stands once a change holds: the database cuts the same price in the same way."""
    rates: list[Rate] = []
    for rate in basis.rates:
        if rate.part != changed.part:
            rates.append(rate)
            continue
        if rate.since < changed.since:
            until = changed.since if rate.until is None else min(rate.until, changed.since)
            rates.append(msgspec.structs.replace(rate, until=until))
        if changed.until is not None and (rate.until is None or rate.until > changed.until):
            rates.append(msgspec.structs.replace(rate, since=max(rate.since, changed.until)))
    if changed.weekly is not None:
        rates.append(
            Rate(
                part=changed.part,
                weekly=changed.weekly,
                since=changed.since,
                until=changed.until,
                when_empty=changed.when_empty,
            )
        )
    return msgspec.structs.replace(basis, rates=tuple(sorted(rates, key=lambda rate: (rate.part, rate.since))))


def difference(one: Stated, now: Sequence[Line]) -> Decimal:
    """What the nights of a line come to `now` at the same part of the price, less what still stands of it."""
    line = one.line
    same = (
        each.amount
        for each in now
        if (each.kind, each.part) == (line.kind, line.part)
        and line.first_night <= each.first_night <= each.last_night <= line.last_night
    )
    return sum(same, start=ZERO) - (line.amount + one.put_right)


def _now(after: Basis, lines: Sequence[Stated]) -> list[Line]:
    """The charge's lines over all the nights of these, each cut at the ends of those that stand."""
    cuts = sorted({one.line.first_night for one in lines} | {one.line.last_night + rules.DAY for one in lines})
    found: list[Line] = []
    for first, stop in pairwise(cuts):
        found += rules.charges(after, first, stop)
    return found


def _added(lines: Sequence[Stated], now: Sequence[Line], part: str) -> Decimal:
    """What a supplement comes to on the nights that are stated, where there was none."""

    def covers(one: Stated, each: Line) -> bool:
        return one.line.first_night <= each.first_night and each.last_night <= one.line.last_night

    new = (
        each.amount
        for each in now
        if each.part == part
        and any(covers(one, each) for one in lines)
        and not any(covers(one, each) and one.line.part == part for one in lines)
    )
    return sum(new, start=ZERO)


def _effects(stated: Mapping[_Issued, Sequence[Stated]], after: Basis, part_changed: str) -> list[Effect]:
    found: list[Effect] = []
    for issued, lines in stated.items():
        now = _now(after, lines)
        by_line = [*(difference(one, now) for one in lines), _added(lines, now, part_changed)]
        for part, credited in (
            (sum((one for one in by_line if one < 0), start=ZERO), issued.stage in CREDITED),
            (sum((one for one in by_line if one > 0), start=ZERO), False),
        ):
            if part:
                found.append(
                    Effect(
                        statement_id=issued.id,
                        month=issued.month,
                        invoice_number=issued.invoice_number,
                        difference=part,
                        credited=credited,
                    )
                )
    return found


async def _credit(uow: Uow, issued: _Issued, lines: Sequence[Stated], after: Basis, today: date) -> None:
    """A credit note for each line that is too high now, up to what is still owed; the rest comes on the next one."""
    now = _now(after, lines)
    rates = codes.vat_rates(today)
    for one in lines:
        less = -difference(one, now)
        if less <= 0:
            continue
        found = await queries.statement(uow, issued.id)
        taxed = 1 + rates[one.line.vat_code] / 100
        most = rules.pence(found.outstanding / taxed)
        while most + rules.pence(most * (taxed - 1)) > found.outstanding:
            most -= Decimal("0.01")
        amount = min(less, most)
        if amount > 0:
            taking = Taking(step="credit", reason="price", line_id=one.id, amount=amount)
            await steps.take(uow, issued.id, None, taking, today)
