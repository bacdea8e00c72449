"""What the terms of a place come to in the charge: how it begins, a supplement that ends, when notice was given."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from services.placements.placed.found import Placed, find
from services.placements.providers import PROVIDERS
from services.placements.terms import actions, rules
from services.placements.terms.model import ChildPrice, SupplementEnded
from services.residential.public import filled_since
from tenants.recharges import actions as charges
from tenants.recharges.charges import charge
from tenants.recharges.codes import label
from tenants.recharges.model import BASE, Kind, Opening

# The place behind the placement's claim: the home's own unit, not the child's own time.
PLACE = text("""
select o.unit_id from capacity.occupancy o
where o.owner_id = (select careshare.authority()) and o.claim_id = :claim order by o.part limit 1
""")
BASIS = text(
    "select id from tenants.charge_basis where placement_id = :id and lender_id = (select careshare.authority())"
)
OF_PLACE = text("""
select place_id from tenants.charge_subject
where authority_id = (select careshare.authority()) and basis_id = :basis
""")
NOTICE = text("""
select min(cast(s.at at time zone 'Europe/London' as date)) from placements.step s
where s.placement_id = :id and s.step in ('review_to_end', 'give_notice')
  and s.at > coalesce((select max(k.at) from placements.step k where k.placement_id = :id and k.step = 'keep'),
    '-infinity')
""")
LABEL = 80


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is said at the start about a place whose price nobody had agreed."""

    weekly: Decimal | None
    need_level: str


async def agreed(uow: Uow, placed: Placed) -> ChildPrice | None:
    """The price that was agreed at the match for this child; None where none was offered."""
    found = await actions.offered(uow, placed.enquiry_id)
    prices = [] if found is None else found.children
    return prices[placed.child_no - 1] if len(prices) >= placed.child_no else None


async def opening(uow: Uow, placed: Placed, day: date, said: ByHand) -> Opening | None:
    """The charge of a child who came to one's own home: at the agreed price, with its notice and funding.

    Where none was agreed: a weekly price that is said now, or the home's own; None where there is neither. Raises
    Invalid where a price is said though one was agreed.
    """
    if placed.subject_id is None or placed.agreement_id is None or placed.agreement_version is None:
        raise NotFound
    if said.weekly is not None and not said.weekly.is_finite():
        message = "Enter the weekly price in pounds, like 4850.00"
        raise Invalid(message, errors=[FieldError("weekly", message)])
    price = await agreed(uow, placed)
    if price is not None and said.weekly is not None and said.weekly != price.total:
        message = f"£{price.total:,.2f} a week was agreed at the match. Leave this empty"
        raise Invalid(message, errors=[FieldError("weekly", message)])
    if price is None:
        price = await actions.price_of(uow, placed.subject_id, day, said.need_level, weekly=said.weekly)
    if price is None:
        return None
    place: UUID | None = (await uow.execute(PLACE, {"claim": placed.claim_id})).scalar_one_or_none()
    home = await PROVIDERS[placed.kind].identity(uow, placed.subject_id)
    return Opening(
        placement_id=placed.id,
        borrower_id=placed.placing_id,
        kind=msgspec.convert(placed.kind, Kind),
        contract=price.contract,
        price_source="agreed" if price.by_hand else "home",
        starts=day,
        rates=rules.rates(price, day),
        funding=rules.funding(price, day),
        agreement_id=placed.agreement_id,
        agreement_version=placed.agreement_version,
        notice_nights=price.notice_nights,
        notice_percent=price.void_percent,
        subject_id=placed.subject_id,
        place_id=place,
        label=str(home["name"])[:LABEL],
    )


async def notice_given_on(uow: Uow, placement_id: UUID) -> date | None:
    """The day on which notice was given: a review decided on the end, or the home gave notice; None: not before the
    end.
    """
    found: date | None = (await uow.execute(NOTICE, {"id": placement_id})).scalar_one_or_none()
    return found


async def follow_end(uow: Uow, placement_id: UUID, basis: UUID, ends: date) -> None:
    """The charge ends on the day the child left; notice runs from when it was given, and stops where a child has come
    to that place since.
    """
    await charges.close_basis(uow, basis, ends, await notice_given_on(uow, placement_id))
    place: UUID | None = (await uow.execute(OF_PLACE, {"basis": basis})).scalar_one_or_none()
    if place is None:
        return
    filled = await filled_since(uow, place, ends)
    if filled is not None:
        await charges.place_filled(uow, place, filled)


async def supplements(uow: Uow, placement_id: UUID) -> dict[str, str]:
    """The supplements that are charged for a placement in one's own home and have no end, with their names."""
    basis = await _basis(uow, placement_id)
    if basis is None:
        return {}
    found = await charge(uow, basis)
    return {one.part: label("part", one.part) for one in found.rates if one.part != BASE and one.until is None}


async def end_supplement(uow: Uow, placement_id: UUID, given: SupplementEnded) -> None:
    """Charge a supplement no longer from a night on. Raises NotFound; Conflict where nothing is charged; Invalid."""
    placed = await find(uow, placement_id, "providing")
    basis = await _basis(uow, placement_id)
    if basis is None:
        raise Conflict("Nothing is charged for this placement.")
    if given.part not in await supplements(uow, placement_id):
        message = "Choose a supplement that is charged now"
        raise Invalid(message, errors=[FieldError("part", message)])
    if given.since < placed.starts:
        message = f"The child came on {placed.starts:%-d %B %Y}: the supplement cannot end before"
        raise Invalid(message, errors=[FieldError("since", message)])
    await charges.change_price(uow, basis, given.since, None, part=given.part)


async def _basis(uow: Uow, placement_id: UUID) -> UUID | None:
    found: UUID | None = (await uow.execute(BASIS, {"id": placement_id})).scalar_one_or_none()
    return found
