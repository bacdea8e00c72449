"""The port: what a placement tells about its money. Each is called in a unit of work bound to the lender.

Postings may come in any order and at any time. What they change of a month whose statement was issued comes as lines of
the next one, each with its reason.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, PreconditionFailed
from careshare.http.problems import ConstraintMeaning, constraint_meanings
from tenants.recharges import codes
from tenants.recharges.model import BASE, WHOLE, Opening, Rate, Split
from tenants.recharges.rules import WEEK
from tenants.references import hidden_characters, plain_reference

OPEN = text("select id, placement_id, opened from tenants.open_charges(cast(:given as jsonb))")
CHANGE = text("select tenants.change_charge(:basis, cast(:expected as int), :what, cast(:given as jsonb))")
KEEP = text("select tenants.keep_charge(:basis, :reference, :ledger_code, :number)")
PARTIES = text("""
    select lender_id, borrower_id, agreement_id, starts, ends from tenants.charge_basis where id = :basis
""")
ON_NOTICE = text("""
    select b.id from tenants.charge_subject s
    join tenants.charge_basis b on b.lender_id = s.lender_id and b.id = s.basis_id
    where s.authority_id = (select careshare.authority()) and s.place_id = :place and b.ends <= :on
      and b.refilled_on is null and coalesce(b.notice_given_on, b.ends) + b.notice_nights > :on
    order by b.id
""")

MOST: Final = Decimal(100_000)
"""Pounds a week that no placement costs: beyond it something was mistyped."""
MOST_NOTICE: Final = 400
ORDER_NUMBER: Final = re.compile(r"[A-Za-z0-9 ./_-]{0,40}")
LEFT_BEFORE: Final = "The day of leaving must not be before the day of arrival"
FILLED_TOO_SOON: Final = "The place cannot be filled before the child has left"
NAMES_NOBODY: Final = "Letters, digits, spaces and . / _ - only, at most 40; never a name"


constraint_meanings.update(
    {
        "charge_basis_ends": ConstraintMeaning("ends", LEFT_BEFORE),
        "charge_basis_refilled": ConstraintMeaning("on", FILLED_TOO_SOON),
    }
)


async def open_basis(uow: Uow, opening: Opening) -> UUID:
    """Begin to charge a placement; the id of its charge. Opened again for the same placement, the same one answers.

    Raises Invalid naming the field; Conflict where the agreement's version was not signed by all or one of the two
    authorities is no party of it.
    """
    (made,) = await open_bases(uow, [opening])
    return made


async def open_bases(uow: Uow, openings: Sequence[Opening]) -> list[UUID]:
    """The same for many at once, in one statement, in the order given."""
    for opening in openings:
        _check(opening)
    given = msgspec.json.encode([_flat(one) for one in openings]).decode()
    rows = (await uow.execute(OPEN, {"given": given})).all()
    found = {row.placement_id: row.id for row in rows}
    if any(one.placement_id not in found for one in openings):
        raise Conflict("Charges stand on a version of an agreement that both authorities have signed")
    new = {row.id for row in rows if row.opened}
    if new:
        shown: dict[tuple[UUID, UUID], list[UUID]] = {}
        for one in openings:
            if found[one.placement_id] in new:
                shown.setdefault((one.borrower_id, one.agreement_id), []).append(found[one.placement_id])
        await audit.record_shown(
            uow,
            "charge.opened",
            criteria={"charges": len(new)},
            shown=[audit.Shown(borrower, agreement, ids) for (borrower, agreement), ids in shown.items()],
        )
    return [found[one.placement_id] for one in openings]


async def change_price(
    uow: Uow,
    basis: UUID,
    since: date,
    weekly: Decimal | None,
    *,
    part: str = BASE,
    until: date | None = None,
    when_empty: bool = True,
    reason: str = "",
    expected: int | None = None,
) -> int:
    """Let a weekly price or supplement hold from `since` up to `until` (None: for good); `weekly` None ends it.

    `reason`, a code of the list `price`, where somebody changed it by hand: it is told on the lines.
    Gives the charge's new revision, as each of these does. Raises NotFound where the bound authority is not its lender,
    and PreconditionFailed where it is no longer of the `expected` revision.
    """
    _period(since, until)
    if weekly is not None:
        _check_rate(Rate(part=part, weekly=weekly, since=since, until=until))
    given = {"part": part, "since": since, "until": until, "weekly": weekly, "when_empty": when_empty}
    given |= {"reason": reason} if reason else {}
    return await _change(uow, basis, "price", given, expected)


async def pause(
    uow: Uow, basis: UUID, since: date, percent: Decimal, *, until: date | None = None, expected: int | None = None
) -> int:
    """The child is away from `since`, and `percent` of the price is charged (a retainer) until `until` or `resume`."""
    _period(since, until)
    _share(percent)
    return await _change(uow, basis, "pause", {"since": since, "until": until, "percent": percent}, expected)


async def void(
    uow: Uow, basis: UUID, since: date, percent: Decimal, *, until: date | None = None, expected: int | None = None
) -> int:
    """A block-booked place is empty from `since`, and `percent` of the price is charged until `until` or `resume`."""
    _period(since, until)
    _share(percent)
    return await _change(uow, basis, "void", {"since": since, "until": until, "percent": percent}, expected)


async def resume(uow: Uow, basis: UUID, on: date, *, expected: int | None = None) -> int:
    """The child is back, or the place is filled: the whole price is charged from the night of `on`."""
    return await _change(uow, basis, "resume", {"since": on}, expected)


async def change_funding(
    uow: Uow, basis: UUID, since: date, split: Split, *, until: date | None = None, expected: int | None = None
) -> int:
    """Joint funding in per cent from `since`; the shares sum to 100."""
    _period(since, until)
    _check_split(split)
    given = {"since": since, "until": until, **msgspec.structs.asdict(split)}
    return await _change(uow, basis, "funding", given, expected)


async def close_basis(
    uow: Uow, basis: UUID, ends: date, notice_given_on: date | None = None, *, expected: int | None = None
) -> int:
    """The child leaves on `ends`; notice runs from the day it was given, at the latest from that day.

    Said again with another day, that one holds. Raises Invalid where the child would leave before they came.
    """
    if ends < (await _parties(uow, basis)).starts:
        raise Invalid(errors=[FieldError("ends", LEFT_BEFORE)])
    return await _change(uow, basis, "end", {"since": ends, "notice_given_on": notice_given_on}, expected)


async def reopen_basis(uow: Uow, basis: UUID, *, expected: int | None = None) -> int:
    """The placement has not ended after all."""
    if (await _parties(uow, basis)).ends is None:
        raise Conflict("This placement goes on: it has no day of leaving")
    return await _change(uow, basis, "reopen", {}, expected)


async def refilled(uow: Uow, basis: UUID, on: date | None, *, expected: int | None = None) -> int:
    """The place has a child again from the night of `on`, so that no notice is owed from then; None: it has not.

    Raises Conflict where the placement goes on, Invalid where the child was still there.
    """
    left = (await _parties(uow, basis)).ends
    if left is None:
        raise Conflict("Nobody has left this place: post the day of leaving first")
    if on is not None and on < left:
        raise Invalid(errors=[FieldError("on", FILLED_TOO_SOON)])
    return await _change(uow, basis, "refilled", {"since": on}, expected)


async def place_filled(uow: Uow, place_id: UUID, on: date) -> None:
    """One of the bound lender's places has a child from the night of `on`: whatever notice runs for it stops then."""
    for basis in (await uow.execute(ON_NOTICE, {"place": place_id, "on": on})).scalars().all():
        await refilled(uow, basis, on)


async def correct_start(uow: Uow, basis: UUID, starts: date, *, expected: int | None = None) -> int:
    """The child came on another day than was posted. Raises Invalid where that lies after the day of leaving."""
    left = (await _parties(uow, basis)).ends
    if left is not None and starts > left:
        raise Invalid(errors=[FieldError("starts", LEFT_BEFORE)])
    return await _change(uow, basis, "start", {"since": starts}, expected)


async def change_vat(uow: Uow, basis: UUID, vat_code: str, *, expected: int | None = None) -> int:
    """Another VAT treatment, for what is stated from now on and what was."""
    if vat_code not in {one.code for one in codes.vat_codes(date.today())}:  # noqa: DTZ011  # a day, not a moment
        raise Invalid(errors=[FieldError("vat_code", "Select a VAT treatment of the list")])
    return await _change(uow, basis, "vat", {"vat_code": vat_code}, expected)


async def keep_own(
    uow: Uow,
    basis: UUID,
    *,
    reference: str | None = None,
    ledger_code: str | None = None,
    order_number: str | None = None,
) -> None:
    """The bound side's own reference and ledger code of a charge, and, by the borrower, its order number.

    What is None stays. Raises NotFound, and Conflict where the lender gives an order number, which is the other's.
    """
    if order_number is not None and not ORDER_NUMBER.fullmatch(order_number):
        raise Invalid(errors=[FieldError("order_number", NAMES_NOBODY)])
    _reference(reference or "")
    there = await _parties(uow, basis)
    given = {"basis": basis, "reference": reference, "ledger_code": ledger_code, "number": order_number}
    if not await uow.scalar(KEEP, given):
        raise Conflict("The order number is the placing authority’s to give")
    after = {name: value for name, value in given.items() if name != "basis" and value is not None}
    await audit.record(uow, "charge.kept", subjects=[basis], agreement_id=there.agreement_id, after=after)


async def _change(uow: Uow, basis: UUID, what: str, given: Mapping[str, Any], expected: int | None) -> int:
    there = await _parties(uow, basis)
    revision: int | None = await uow.scalar(
        CHANGE,
        {"basis": basis, "expected": expected, "what": what, "given": msgspec.json.encode(given).decode()},
    )
    if revision is None:
        raise NotFound
    if revision == 0:
        raise PreconditionFailed
    await audit.record(uow, f"charge.{what}", subjects=[basis], agreement_id=there.agreement_id, after=given)
    await audit.record(
        uow, f"charge.{what}", subjects=[basis], owner_id=there.borrower_id, agreement_id=there.agreement_id
    )
    return revision


async def _parties(uow: Uow, basis: UUID) -> Any:
    row = (await uow.execute(PARTIES, {"basis": basis})).one_or_none()
    if row is None:
        raise NotFound
    return row


def _flat(one: Opening) -> dict[str, Any]:
    given = msgspec.structs.asdict(one)
    given["funding"] = [
        {"since": each.since, "until": each.until, **msgspec.structs.asdict(each.split)} for each in one.funding
    ]
    return given


def _check(opening: Opening) -> None:
    for rate in opening.rates:
        _check_rate(rate)
    for one in opening.funding:
        _period(one.since, one.until)
        _check_split(one.split)
    errors: list[FieldError] = []
    if not any(one.part == BASE and _holds(one, opening.starts) for one in opening.rates):
        errors.append(FieldError("rates", "Give the weekly price that holds on the day of arrival"))
    if any(one is not other and _meet(one, other) for one in opening.rates for other in opening.rates):
        errors.append(FieldError("rates", "Two prices for the same thing must not hold on one day"))
    if not ORDER_NUMBER.fullmatch(opening.order_number):
        errors.append(FieldError("order_number", NAMES_NOBODY))
    if codes.vat(opening.vat_code, opening.starts) is None:
        errors.append(FieldError("vat_code", "Select a VAT treatment of the list"))
    if not 0 <= opening.notice_nights <= MOST_NOTICE:
        errors.append(FieldError("notice_nights", f"Notice must be from 0 to {MOST_NOTICE} nights"))
    if not 1 <= opening.week_starts <= WEEK:
        errors.append(FieldError("week_starts", "The week must begin on a day from 1, Monday, to 7, Sunday"))
    for name, longest in (("label", 80), ("reference", 40), ("ledger_code", 60)):
        found: str = getattr(opening, name)
        if len(found) > longest or hidden_characters(found):
            errors.append(FieldError(name, f"This must be {longest} characters or less, all of them visible"))
    _share(opening.notice_percent, "notice_percent")
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _holds(rate: Rate, day: date) -> bool:
    return rate.since <= day and (rate.until is None or day < rate.until)


def _meet(one: Rate, other: Rate) -> bool:
    return one.part == other.part and (_holds(one, other.since) or _holds(other, one.since))


def _reference(text_: str) -> None:
    if text_.strip():
        try:
            plain_reference(text_)
        except ValueError as wrong:
            raise Invalid(errors=[FieldError("reference", str(wrong))]) from None


def _check_rate(rate: Rate) -> None:
    _period(rate.since, rate.until)
    if rate.part not in {one.code for one in codes.codes("part")} or rate.part == "adjustment":
        raise Invalid(errors=[FieldError("part", "Select what the price is for")])
    if not 0 <= rate.weekly <= MOST or rate.weekly != rate.weekly.quantize(Decimal("0.01")):
        raise Invalid(errors=[FieldError("weekly", "The weekly price must be in pounds and pence, like 4250.00")])


def _period(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise Invalid(errors=[FieldError("until", "The end must be after the first day")])


def _share(percent: Decimal, field: str = "percent") -> None:
    if not 0 <= percent <= WHOLE:
        raise Invalid(errors=[FieldError(field, "The share must be from 0 to 100 per cent")])


def _check_split(split: Split) -> None:
    parts = (split.social_care, split.education, split.health)
    if min(parts) < 0 or sum(parts) != WHOLE:
        raise Invalid(errors=[FieldError("split", "The shares must sum to 100 per cent")])
