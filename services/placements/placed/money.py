"""What a placement tells about its money, on the lender's side: it begins, its days are put right, pauses, an end.

Each may be said again, and in any order: what stands already is not posted twice.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from services.placements.placed.found import Placed
from services.placements.placed.model import Start
from services.placements.placed.rules import pauses
from services.placements.terms import charging
from tenants.recharges import actions as charges
from tenants.recharges import tariff
from tenants.recharges.charges import Charge, charge
from tenants.recharges.model import BASE, Kind, Opening, Rate, Source

BASIS = text(
    "select id from tenants.charge_basis where placement_id = :id and lender_id = (select careshare.authority())"
)
PAUSES = text("""
select step, (body->>'since')::date as since, coalesce((body->>'percent')::numeric, 100) as percent
from placements.step where placement_id = :id and step in ('pause', 'resume') and body ? 'since' order by id
""")
STAY_BEFORE = text("""
select b.id from tenants.charge_basis b
join placements.short_break s on s.providing_id = b.lender_id and s.id = b.placement_id
where b.lender_id = (select careshare.authority()) and s.placement_id = :id order by b.starts desc limit 1
""")
STAYS_OVER = text("""
select b.id, s.ends from tenants.charge_basis b
join placements.short_break s on s.providing_id = b.lender_id and s.id = b.placement_id
where b.lender_id = (select careshare.authority()) and s.placement_id = :id and s.stage = 'ended' and b.ends is null
""")
NO_PRICE: Final = "Enter the weekly price under the agreement, 0 where nothing is charged"


async def begin(uow: Uow, placed: Placed, given: Start, *, stay: UUID | None = None) -> None:
    """Begin to charge: an agreed price, a foster home's tariff by the child's age, or a home by its terms (`terms`).
    Each `stay` of a series is charged for itself; where no price is given for it, at that which was said for the stay
    before.

    Raises Invalid where there is none of them, or a supplement that the tariff does not have.
    """
    opening: Opening | None = None
    if placed.kind != "foster_home":
        weekly = given.weekly if stay is None else await _said(uow, placed, given)
        opening = await charging.opening(uow, placed, given.day, charging.ByHand(weekly, given.need_level))
    if opening is None:
        opening = await _opening(uow, placed, given, stay)
    if stay is not None:  # the days of a series are agreed beforehand: none of its stays is given notice of
        opening = msgspec.structs.replace(opening, placement_id=stay, notice_nights=0)
    await charges.open_basis(uow, opening)


async def _opening(uow: Uow, placed: Placed, given: Start, stay: UUID | None) -> Opening:
    if placed.subject_id is None or placed.agreement_id is None or placed.agreement_version is None:
        raise NotFound
    before = None if stay is None or given.weekly is not None else await _stay_before(uow, placed)
    if before is not None and before.price_source == "tariff":
        given = msgspec.structs.replace(given, supplements=[one.part for one in before.rates if one.part != BASE])
        before = None
    if before is not None:
        rates: tuple[Rate, ...] = tuple(
            msgspec.structs.replace(one, since=given.day, until=None) for one in before.rates if one.until is None
        )
        source: Source = before.price_source
    else:
        rates, source = await _rates(uow, placed, given)
    return Opening(
        placement_id=stay or placed.id,
        borrower_id=placed.placing_id,
        kind=msgspec.convert(placed.kind, Kind),
        price_source=source,
        starts=given.day,
        rates=rates,
        agreement_id=placed.agreement_id,
        agreement_version=placed.agreement_version,
        subject_id=placed.subject_id,
    )


async def _said(uow: Uow, placed: Placed, given: Start) -> Decimal | None:
    """The weekly price of a stay in a home that is said now, or was said by hand for the one before; None where it was
    agreed at the match or is the home's own.
    """
    if given.weekly is not None or await charging.agreed(uow, placed) is not None:
        return given.weekly
    before = await _stay_before(uow, placed)
    if before is None or before.price_source != "agreed":
        return None
    return next((one.weekly for one in before.rates if one.part == BASE and one.until is None), None)


async def _stay_before(uow: Uow, placed: Placed) -> Charge | None:
    basis: UUID | None = (await uow.execute(STAY_BEFORE, {"id": placed.id})).scalar_one_or_none()
    return None if basis is None else await charge(uow, basis)


async def _rates(uow: Uow, placed: Placed, given: Start) -> tuple[tuple[Rate, ...], Source]:
    if given.weekly is not None:
        return (Rate(weekly=Decimal(given.weekly), since=given.day),), "agreed"
    if placed.kind == "foster_home":
        return await _tariff(uow, placed, given), "tariff"
    raise Invalid(NO_PRICE, errors=[FieldError("weekly", NO_PRICE)])


async def _tariff(uow: Uow, placed: Placed, given: Start) -> tuple[Rate, ...]:
    born = date.fromisoformat(placed.child["born"])
    known = await tariff.rates(uow, "foster_home", born, given.day)
    if not any(one.part == BASE and one.since <= given.day for one in known):
        raise Invalid(NO_PRICE, errors=[FieldError("weekly", NO_PRICE)])
    missing = set(given.supplements) - {one.part for one in known}
    if missing:
        message = "Your tariff has no price for this supplement at the child’s age"
        raise Invalid(message, errors=[FieldError("supplements", message)])
    return tuple(one for one in known if one.part == BASE or one.part in given.supplements)


async def supplements(uow: Uow, placed: Placed, day: date) -> list[str]:
    """The supplements that the bound lender's tariff has for this child from a day on; none for other homes."""
    if placed.kind != "foster_home" or placed.agreement_id is None or placed.identity is None:
        return []
    born = placed.child.get("born")
    known = await tariff.rates(uow, "foster_home", date.fromisoformat(born), day) if born else ()
    return list(dict.fromkeys(one.part for one in known if one.part != BASE))


async def follow_days(uow: Uow, placed: Placed) -> None:
    """The charge begins on the day the placement does; nights before its first price are charged at what they cost.

    Those are the tariff's of that time where the price is the tariff's, else the first price that was agreed.
    """
    found = await _charge(uow, placed.id)
    if found is None or placed.started_at is None or found.starts == placed.starts:
        return
    if placed.starts < found.starts:
        for one in await _before(uow, placed, found):
            await charges.change_price(
                uow, found.id, one.since, one.weekly, part=one.part, until=one.until, when_empty=one.when_empty
            )
        first = next((one for one in found.funding if one.since == found.starts), None)
        if first is not None:  # who pays which share holds from the first night, too
            await charges.change_funding(uow, found.id, placed.starts, first.split, until=found.starts)
    await charges.correct_start(uow, found.id, placed.starts)


async def _before(uow: Uow, placed: Placed, found: Charge) -> list[Rate]:
    """Prices for the nights from the placement's first day up to the charge's."""
    day = found.starts
    parts = {one.part: one for one in found.rates if one.since <= day and (one.until is None or day < one.until)}
    if found.price_source == "tariff" and placed.identity is not None:
        born = date.fromisoformat(placed.child["born"])
        known: Sequence[Rate] = await tariff.rates(uow, found.kind, born, placed.starts)
        known = [one for one in known if one.part in parts]
    else:
        known = [msgspec.structs.replace(one, since=placed.starts) for one in parts.values()]
    cut = [msgspec.structs.replace(one, until=min(one.until or day, day)) for one in known]
    return [one for one in cut if one.since < day]


async def follow_pauses(uow: Uow, placed: Placed) -> None:
    """Each pause is charged at the share that was said, all of the price where none was.

    Several may have been taken since this was last done: every one that is not posted as it was taken is posted.
    """
    found = await _charge(uow, placed.id)
    if found is None:
        return
    steps = [tuple(row) for row in await uow.execute(PAUSES, {"id": placed.id})]
    posted = {one.since: one for one in found.away if one.reason == "pause"}
    for since, until, percent in pauses(steps):
        known = posted.get(since)
        if known is not None and (known.until, known.percent) == (until, percent):
            continue
        if known is not None and until is not None:
            await charges.resume(uow, found.id, until)
            posted = {day: one for day, one in posted.items() if day < since}  # whatever came later is posted anew
        elif until is None or since < until:
            await charges.pause(uow, found.id, since, percent, until=until)


async def end(uow: Uow, placement_id: UUID, ends: date) -> None:
    """The charge ends on the day the child left, where there is one."""
    basis: UUID | None = (await uow.execute(BASIS, {"id": placement_id})).scalar_one_or_none()
    if basis is not None:
        await charging.follow_end(uow, placement_id, basis, ends)


async def end_stays(uow: Uow, placement_id: UUID) -> None:
    """The charge of a stay ends with it where the whole series ended."""
    for row in (await uow.execute(STAYS_OVER, {"id": placement_id})).all():
        await charges.close_basis(uow, row.id, row.ends)


async def _charge(uow: Uow, placement_id: UUID) -> Charge | None:
    basis: UUID | None = (await uow.execute(BASIS, {"id": placement_id})).scalar_one_or_none()
    return None if basis is None else await charge(uow, basis)
