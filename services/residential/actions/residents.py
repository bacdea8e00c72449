"""Children who live in a home: a stay begins within the registration and in a place that is free, and it ends."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, NotAvailable, NotFound, Unprocessable
from services.residential.actions.change import Locked, changing
from services.residential.actions.host import owe_admission, owe_leaving
from services.residential.actions.places import places_now
from services.residential.model import Left, Resident
from services.residential.rules import Registration, against_registration
from tenants.checking import forbid, known_codes, need_day, need_reference, plain_text, refuse_invalid
from tenants.days import midnight, today
from tenants.places import ChildToPlace
from tenants.recharges.actions import place_filled
from tenants.references import reference_key

ONE_CHILD = text("select pg_advisory_xact_lock(hashtextextended('resident' || careshare.authority()::text || :key, 0))")
ELSEWHERE = text("""
    select exists (select from residential.resident r
      where r.authority_id = (select careshare.authority()) and r.child_key = :key
        and (r.ends is null or r.ends > :starts) and (cast(:ends as date) is null or r.starts < :ends))
""")
KNOWN_AUTHORITY = text("select exists (select from gazetteer.local_authority where gss_code = :gss)")
OCCUPY = text("select capacity.occupy(:units, :during)").bindparams(
    bindparam("units", type_=ARRAY(Uuid())), bindparam("during", type_=ARRAY(TSTZRANGE()))
)
# Somebody's firm claim of one of our own places that covers the first moment of the stay.
CLAIMED = text("""
    select o.claimant_id from capacity.occupancy o
    join capacity.states(array[cast(:home as uuid)], cast(:at as timestamptz)) s
      on s.unit_id = o.unit_id and s.claim_id = o.claim_id and s.state = 'filled'
    where o.owner_id = (select careshare.authority()) and o.unit_id = :unit and o.claim_id = :claim
      and o.during @> cast(:at as timestamptz)
""")
INSERT = text("""
    insert into residential.resident (authority_id, home_id, unit_id, claim_id, claimant_id, child_reference, born, sex,
      responsible_gss, sibling_group, needs, starts, ends)
    values ((select careshare.authority()), :home, :unit, :claim, :claimant, :child_reference, :born, :sex,
      :responsible_gss, :sibling_group, :needs, :starts, :ends)
    returning id
""")
STAY = text("""
    select r.id, r.child_reference, r.starts, r.ends, r.claim_id, r.claimant_id = (select careshare.authority()) as ours
    from residential.resident r
    where r.authority_id = (select careshare.authority()) and r.home_id = :home and r.id = :id for update
""")
SHORTEN = text("select capacity.shorten(:claim, :at)")
END = text("""
    update residential.resident set ends = :ends,
      claim_id = case when cast(:over as boolean) then null else claim_id end,
      claimant_id = case when cast(:over as boolean) then null else claimant_id end
    where authority_id = (select careshare.authority()) and id = :stay
""")
ME = text("select careshare.authority()")

FORWARD: Final = timedelta(days=366)
"""A stay begins at most so far ahead; a later date is a typing mistake."""


class Stay(msgspec.Struct, frozen=True):
    """A resident's stay. `ours`: the claim of the place is the bound authority's own."""

    id: UUID
    child_reference: str
    starts: date
    ends: date | None
    claim_id: UUID | None
    ours: bool | None


async def admit(
    uow: Uow,
    home_id: UUID,
    version: int | None,
    resident: Resident,
    *,
    unit_id: UUID | None = None,
    claim_id: UUID | None = None,
) -> tuple[UUID, int]:
    """Record a child who lives in the home, now or from a day to come; the stay's id and the home's new version.

    With `claim_id`, the place `unit_id` is taken already by that firm claim, the placing authority's; else a free place
    is taken firmly. Notice that is charged for the place stops then. Raises NotFound, PreconditionFailed, Invalid;
    Unprocessable where the registration forbids it, each ground named; Conflict where the child is recorded elsewhere
    then; NotAvailable where no place is free.
    """
    errors: list[FieldError] = []
    reference = need_reference(errors, "child_reference", resident.child_reference)
    group = plain_text(errors, "sibling_group", resident.sibling_group) or None
    needs = known_codes(errors, "skill", "needs", resident.needs)
    latest = today() + FORWARD
    need_day(errors, "starts", resident.starts, latest=latest, late="The stay must begin within a year from now")
    need_day(errors, "ends", resident.ends)
    late = "The child’s date of birth must be before the day they came, and in the past"
    need_day(errors, "born", resident.born, latest=min(resident.starts, today()), late=late)
    if resident.ends is not None and resident.ends <= resident.starts:
        errors.append(FieldError("ends", "The child must leave after the day they came"))
    if not (await uow.execute(KNOWN_AUTHORITY, {"gss": resident.responsible_gss})).scalar_one():
        errors.append(
            FieldError("responsible_gss", "We do not know this authority. Enter its GSS code, like E08000021")
        )
    refuse_invalid(errors)
    async with changing(uow, home_id, version, "resident.admitted") as change:
        child = ChildToPlace(reference, resident.born, resident.sex, group, resident.responsible_gss)
        _refuse_by_registration(change.home, child, resident.starts)
        key = reference_key(reference)
        await uow.execute(ONE_CHILD, {"key": key})
        if (await uow.execute(ELSEWHERE, {"key": key, "starts": resident.starts, "ends": resident.ends})).scalar_one():
            message = "This child is recorded in a home in that time already. Record the end of that stay first"
            raise Conflict(message, errors=[FieldError("child_reference", message)])
        if claim_id is not None and unit_id is not None:
            unit, claim = unit_id, claim_id
            claimant = await _claimant(uow, change.home, unit_id, claim_id, resident.starts)
        else:
            unit, claim = await _take(uow, change.home, resident)
            claimant = (await uow.execute(ME)).scalar_one()
        said = {
            "child_reference": reference,
            "born": resident.born,
            "sex": resident.sex,
            "responsible_gss": resident.responsible_gss,
            "sibling_group": group,
            "needs": needs,
            "starts": resident.starts,
            "ends": resident.ends,
        }
        row = {**said, "home": home_id, "unit": unit, "claim": claim, "claimant": claimant}
        stay: UUID = (await uow.execute(INSERT, row)).scalar_one()
        await place_filled(uow, unit, resident.starts)
        if claim_id is None:
            await owe_admission(uow, change.home, stay, resident.responsible_gss, resident.starts)
        change.note({}, {**said, "stay": str(stay)})
    return stay, change.version


def registration_of(home: Locked) -> Registration:
    """What the home is registered for."""
    return Registration(
        kind="childrens_home" if home.kind == "childrens_home" else "supported_accommodation",
        active=home.registration == "active",
        age_min=home.age_min,
        age_max=home.age_max,
        sex="any" if home.sex == "any" else "M" if home.sex == "M" else "F",
        short_break_only=home.short_break_only,
    )


def _refuse_by_registration(home: Locked, child: ChildToPlace, starts: date) -> None:
    found = against_registration(registration_of(home), [child], starts)
    if found:
        errors = [FieldError(one.code, one.message) for one in found]
        raise Unprocessable("The home’s registration does not allow this.", errors=errors)


async def _claimant(uow: Uow, home: Locked, unit_id: UUID, claim_id: UUID, starts: date) -> UUID:
    places = {place.unit_id for place in await places_now(uow, home.id) if place.number <= home.registered_places}
    wanted = {"home": home.id, "unit": unit_id, "claim": claim_id, "at": midnight(starts)}
    found: UUID | None = (await uow.execute(CLAIMED, wanted)).scalar_one_or_none()
    if unit_id not in places or found is None:
        message = "The place is not taken for this stay"
        raise NotAvailable(message, errors=[FieldError("place", message)])
    return found


async def _take(uow: Uow, home: Locked, resident: Resident) -> tuple[UUID, UUID]:
    standing = [place for place in await places_now(uow, home.id) if place.number <= home.registered_places]
    wanted = [place for place in standing if resident.place in {None, place.number}]
    if resident.place is not None and not wanted:
        raise forbid("There is no such place.", "place", "The home has no registered place of that number")
    during = Range(midnight(resident.starts), midnight(resident.ends) if resident.ends else None)
    # A place that is kept empty is taken last, and only where it is meant: somebody chose this child for it.
    for place in sorted(wanted, key=lambda one: (one.kept_reason is not None, one.state != "vacant", one.number)):
        claims = (await uow.execute(OCCUPY, {"units": [place.unit_id], "during": [during]})).scalar_one()
        if claims[0] is not None:
            return place.unit_id, claims[0]
    message = "No place is free in that time: each is occupied, held, booked or closed"
    raise NotAvailable(message, errors=[FieldError("place", message)])


async def leave(uow: Uow, home_id: UUID, version: int | None, stay_id: UUID, left: Left) -> int:
    """Record the day a child left, or is to leave; the home's new version. The place is free from that day on.

    Where the place is another authority's claim, that authority ends its own claim: this records the day alone.
    Raises NotFound, PreconditionFailed, Invalid, and Conflict where the stay is over already.
    """
    async with changing(uow, home_id, version, "resident.left", more=[stay_id]) as change:
        row = (await uow.execute(STAY, {"home": home_id, "id": stay_id})).mappings().one_or_none()
        if row is None:
            raise NotFound
        stay = Stay(**row)
        _refuse_end(stay, left.ends)
        if stay.claim_id is not None and stay.ours:
            await uow.execute(SHORTEN, {"claim": stay.claim_id, "at": midnight(left.ends)})
        await owe_leaving(uow, stay_id, left.ends)
        await uow.execute(END, {"ends": left.ends, "over": left.ends <= today(), "stay": stay_id})
        change.note({"ends": stay.ends}, {"ends": left.ends, "child_reference": stay.child_reference})
    return change.version


def _refuse_end(stay: Stay, ends: date) -> None:
    if stay.ends is not None and stay.ends <= today():
        raise Conflict("This stay is over already.")
    errors: list[FieldError] = []
    early = f"The child cannot have left before the day they came, {stay.starts:%-d %B %Y}"
    need_day(errors, "ends", ends, earliest=stay.starts, early=early)
    if stay.ends is not None and ends > stay.ends:
        message = f"The stay is booked until {stay.ends:%-d %B %Y}. Record another stay for the time after"
        errors.append(FieldError("ends", message))
    refuse_invalid(errors)
