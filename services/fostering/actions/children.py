"""Children placed with a household: a stay begins, within terms and limit and in a place that is free, and it ends."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, NotAvailable, NotFound
from services.fostering.actions.change import (
    Locked,
    changing,
    forbid,
    known_codes,
    need_day,
    need_reference,
    plain_text,
    refuse_breaches,
    refuse_invalid,
)
from services.fostering.actions.places import PlaceNow, places_now
from services.fostering.actions.situation import Situation, Stay, situation
from services.fostering.apart import refuse_child
from services.fostering.days import midnight, today
from services.fostering.limits import limits
from services.fostering.model import Left, Placed
from services.fostering.rules import Child, against_terms, age_on, usual_limit
from tenants.references import reference_key

# Two placements of one child wait for each other; those of an import wait for all, and all for it.
ONE_CHILD = text("""
    select pg_advisory_xact_lock_shared(hashtextextended('placed_child' || careshare.authority()::text, 0)),
      pg_advisory_xact_lock(hashtextextended('placed_child' || careshare.authority()::text || :key, 0))
""")
ELSEWHERE = text("""
    select exists (select from fostering.placed_child c
      where c.authority_id = (select careshare.authority()) and c.child_key = :key
        and (c.ends is null or c.ends > :starts) and (cast(:ends as date) is null or c.starts < :ends))
""")
RESPONSIBLE = text("select exists (select from gazetteer.local_authority where gss_code = :gss)")
OCCUPY = text("select capacity.occupy(:units, :during)").bindparams(
    bindparam("units", type_=ARRAY(Uuid())), bindparam("during", type_=ARRAY(TSTZRANGE()))
)
INSERT = text("""
    insert into fostering.placed_child (authority_id, household_id, unit_id, claim_id, child_reference, born, sex,
      responsible_gss, sibling_group, care_type, solo, starts, ends)
    values ((select careshare.authority()), :household, :unit, :claim, :child_reference, :born, :sex,
      :responsible_gss, :sibling_group, :care_type, :solo, :starts, :ends)
    returning id
""")
SHORTEN = text("select capacity.shorten(:claim, :at)")
END = text("""
    update fostering.placed_child set ends = :ends,
      claim_id = case when cast(:over as boolean) then null else claim_id end
    where authority_id = (select careshare.authority()) and id = :stay
""")
CLOSE_OTHERS = text("""
    update fostering.place set closed_reason = 'solo_placement', closed_from = :since, closed_until = :until,
      closed_note = ''
    where authority_id = (select careshare.authority()) and household_id = :household and unit_id <> :unit
      and closed_reason is null
""")
LIFT_OTHERS = text("""
    update fostering.place p set closed_until = case when s.still then cast(:ends as date) end,
      closed_reason = case when s.still then p.closed_reason end, closed_from = case when s.still then p.closed_from end
    from (select unit_id, closed_from < cast(:ends as date) and cast(:ends as date) > :today as still
      from fostering.place where authority_id = (select careshare.authority()) and household_id = :household) s
    where p.authority_id = (select careshare.authority()) and p.unit_id = s.unit_id
      and p.closed_reason = 'solo_placement'
""")

FORWARD: Final = timedelta(days=366)
"""A stay begins at most so far ahead; a later date is a typing mistake."""


async def place_child(uow: Uow, household_id: UUID, version: int | None, placed: Placed) -> tuple[UUID, int]:
    """Record a child placed with the household, now or on a day to come; the stay's id and the household's new version.

    Raises NotFound, PreconditionFailed, Invalid; Unprocessable where terms of approval or the usual fostering limit
    forbid it, each named; Conflict where the child is recorded elsewhere then; NotAvailable where no place is free.
    """
    errors: list[FieldError] = []
    reference = need_reference(errors, "child_reference", placed.child_reference)
    group = plain_text(errors, "sibling_group", placed.sibling_group) or None
    known_codes(errors, "care_type", "care_type", [placed.care_type])
    latest = today() + FORWARD
    need_day(errors, "starts", placed.starts, latest=latest, late="The child must be placed within a year from now")
    need_day(errors, "ends", placed.ends)
    late = "The child’s date of birth must be before the day of placement, and in the past"
    need_day(errors, "born", placed.born, latest=min(placed.starts, today()), late=late)
    if placed.ends is not None and placed.ends <= placed.starts:
        errors.append(FieldError("ends", "The child must leave after the day of placement"))
    if not (await uow.execute(RESPONSIBLE, {"gss": placed.responsible_gss})).scalar_one():
        errors.append(
            FieldError("responsible_gss", "We do not know this authority. Enter its GSS code, like E08000021")
        )
    refuse_invalid(errors)
    child = Child(reference, placed.born, placed.sex, group, placed.care_type)
    async with changing(uow, household_id, version, "placed_child.placed") as change:
        known = await situation(uow, household_id)
        _refuse_by_rules(change.household, known, child, placed.starts, placed.ends)
        _refuse_by_solo(known, placed)
        key = reference_key(reference)
        await uow.execute(ONE_CHILD, {"key": key})
        stay = {"key": key, "starts": placed.starts, "ends": placed.ends}
        if (await uow.execute(ELSEWHERE, stay)).scalar_one():
            message = "This child is recorded in a placement in that time already. Record the end of that stay first"
            raise Conflict(message, errors=[FieldError("child_reference", message)])
        await refuse_child(uow, reference, placed.starts, placed.ends)
        unit, claim = await _take(uow, household_id, placed)
        said = {
            "child_reference": reference,
            "born": placed.born,
            "sex": placed.sex,
            "responsible_gss": placed.responsible_gss,
            "sibling_group": group,
            "care_type": placed.care_type,
            "solo": placed.solo,
            "starts": placed.starts,
            "ends": placed.ends,
        }
        row = {**said, "household": household_id, "unit": unit, "claim": claim}
        made: UUID = (await uow.execute(INSERT, row)).scalar_one()
        if placed.solo:
            others = {"household": household_id, "unit": unit, "since": placed.starts, "until": placed.ends}
            await uow.execute(CLOSE_OTHERS, others)
        change.note({}, {"placed_child": said})
    return made, change.version


def _refuse_by_rules(household: Locked, known: Situation, child: Child, starts: date, ends: date | None) -> None:
    numbers = limits(starts)
    if age_on(child.born, starts) >= numbers.adult_age:
        message = (
            f"Somebody of {numbers.adult_age} or over is not fostered. Record staying put in the household instead"
        )
        raise forbid("The child would be an adult.", "born", message)
    period = known.period_on(starts)
    if period is None:
        raise forbid("There is no approval on that day.", "starts", "There is no approval in force on that day")
    there = [stay.child for stay in known.there(starts, ends)]
    refuse_breaches(
        "The terms of approval do not allow this placement.", against_terms(period.terms, there, [child], starts)
    )
    check = usual_limit(
        [*there, *known.private, child],
        limits=numbers,
        day=starts,
        area_gss=household.area_gss,
        exemptions=known.exemptions,
    )
    if not check.allowed:
        message = (
            f"There would be {check.children} fostered children; the usual fostering limit is {check.limit}. They are "
            "not all siblings of each other, and no exemption of the area authority names every one of them"
        )
        raise forbid("The usual fostering limit does not allow this placement.", "usual_limit", message)


def _refuse_by_solo(known: Situation, placed: Placed) -> None:
    there = known.there(placed.starts, placed.ends)
    if any(stay.solo for stay in there):
        message = "A child in a solo placement lives there in that time"
        raise forbid("The other child’s placement is a solo one.", "starts", message)
    if placed.solo and there:
        message = "Other children are placed there in that time, so it cannot be a solo placement"
        raise forbid("Other children are there.", "solo", message)


async def _take(uow: Uow, household_id: UUID, placed: Placed) -> tuple[UUID, UUID]:
    standing = await places_now(uow, household_id)
    if placed.solo and any(place.taken and place.number != placed.place for place in standing):
        message = "Another place is held or booked, so it cannot be a solo placement"
        raise forbid("Another place is held or booked.", "solo", message)
    wanted = [place for place in standing if placed.place in {None, place.number}]
    if not wanted:
        raise forbid("There is no such place.", "place", "The home has no place of that number")
    during = Range(midnight(placed.starts), midnight(placed.ends) if placed.ends else None)
    for place in sorted(wanted, key=_free_first):
        claims = (await uow.execute(OCCUPY, {"units": [place.unit_id], "during": [during]})).scalar_one()
        if claims[0] is not None:
            return place.unit_id, claims[0]
    message = "No place is free in that time: each is filled, held, booked or not available"
    raise NotAvailable(message, errors=[FieldError("place", message)])


def _free_first(place: PlaceNow) -> tuple[bool, int]:
    return place.state != "vacant" or place.taken, place.number


async def end_stay(uow: Uow, household_id: UUID, version: int | None, stay_id: UUID, left: Left) -> int:
    """Record the day a child left, or is to leave; the household's new version. The place is free from that day on.

    Raises NotFound, PreconditionFailed, Invalid, and Conflict where the stay is over or made between authorities.
    """
    async with changing(uow, household_id, version, "placed_child.left", more=[stay_id]) as change:
        known = await situation(uow, household_id)
        stay = next((one for one in known.stays if one.id == stay_id), None)
        if stay is None:
            raise NotFound
        _refuse_end(stay, left.ends)
        over = left.ends <= today()
        if stay.claim_id is not None:
            own = (await uow.execute(SHORTEN, {"claim": stay.claim_id, "at": midnight(left.ends)})).scalar_one()
            if not own:  # the place was claimed by the authority that placed the child
                raise Conflict("This placement was made between authorities: end it on the placement’s own page.")
        await uow.execute(END, {"ends": left.ends, "over": over, "stay": stay_id})
        if stay.solo:
            await uow.execute(LIFT_OTHERS, {"household": household_id, "ends": left.ends, "today": today()})
        change.note({"ends": stay.ends}, {"ends": left.ends, "child_reference": stay.reference})
    return change.version


def _refuse_end(stay: Stay, ends: date) -> None:
    if stay.ends is not None and stay.ends <= today():
        raise Conflict("This stay is over already.")
    errors: list[FieldError] = []
    early = f"The child cannot have left before the day of placement, {stay.starts:%-d %B %Y}"
    need_day(errors, "ends", ends, earliest=stay.starts, early=early)
    if stay.ends is not None and ends > stay.ends:
        message = f"The stay is booked until {stay.ends:%-d %B %Y}. Record another placement for the time after"
        errors.append(FieldError("ends", message))
    refuse_invalid(errors)
