"""Places of a home: how many there are, which are not available, from when to when and why (which stays our own)."""

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from services.fostering.actions.change import changing, forbid, need_day, plain_text, refuse_invalid
from services.fostering.actions.situation import situation
from services.fostering.days import midnight, today
from services.fostering.model import Closure, Places

PLACES = text("""
    select p.number, p.unit_id, s.state, p.closed_reason, p.closed_from, p.closed_until, p.closed_note,
      exists (select from capacity.busy(array[p.unit_id], tstzrange(now(), null))) as taken
    from fostering.place p join capacity.states(array[cast(:household as uuid)], now()) s on s.unit_id = p.unit_id
    where p.authority_id = (select careshare.authority()) and p.household_id = :household order by p.number
""")
LOCK_UNITS = text("""
    select 1 from capacity.unit u where u.owner_id = (select careshare.authority()) and u.pool_id = :household
    order by u.id for no key update
""")
ADD = text("""
    with unit as (
      insert into capacity.unit (owner_id, pool_id, shelf_id)
      select s.owner_id, cast(:household as uuid), s.id
      from careshare.shelf s, generate_series(cast(:first as int), cast(:last as int))
      where s.owner_id = (select careshare.authority()) and s.resource = 'foster_carers:own' returning owner_id, id)
    insert into fostering.place (authority_id, unit_id, household_id, number)
    select owner_id, id, cast(:household as uuid), :first - 1 + row_number() over (order by id) from unit
""")
# The unit stays, closed for good: claims of earlier stays may still point at it.
REMOVE = text("""
    with gone as (
      delete from fostering.place p
      where p.authority_id = (select careshare.authority()) and p.household_id = :household and p.unit_id = any(:units)
      returning p.unit_id)
    update capacity.unit u set open = 'empty',
      shelf_id = (select s.id from careshare.shelf s where s.owner_id = u.owner_id and s.resource = 'foster_carers:own')
    from gone where u.owner_id = (select careshare.authority()) and u.id = gone.unit_id
""")
BUSY = text("""
    select exists (
      select from capacity.busy(array[cast(:unit as uuid)], tstzrange(cast(:since as timestamptz), :until)))
""")
CLOSE = text("""
    update fostering.place set closed_reason = :reason, closed_from = :since, closed_until = :until, closed_note = :note
    where authority_id = (select careshare.authority()) and unit_id = :unit
""")
OPEN = text("""
    update fostering.place set closed_reason = null, closed_from = null, closed_until = null, closed_note = ''
    where authority_id = (select careshare.authority()) and unit_id = :unit
""")


class PlaceNow(msgspec.Struct, frozen=True):
    """A place as it stands. `taken`: somebody has it now or is to have it."""

    number: int
    unit_id: UUID
    state: str
    closed_reason: str | None
    closed_from: date | None
    closed_until: date | None
    closed_note: str
    taken: bool

    def closure(self) -> dict[str, object]:
        """Why it is not available, for the record."""
        if self.closed_reason is None:
            return {}
        return {"reason": self.closed_reason, "since": self.closed_from, "until": self.closed_until}


async def places_now(uow: Uow, household_id: UUID) -> list[PlaceNow]:
    """The places of a household by number. Holds their units, so that nobody takes one meanwhile."""
    await uow.execute(LOCK_UNITS, {"household": household_id})
    rows = await uow.execute(PLACES, {"household": household_id})
    return [PlaceNow(**row) for row in rows.mappings()]


async def set_places(uow: Uow, household_id: UUID, version: int | None, places: Places) -> int:
    """Let the home have so many places; the new version. Those with the highest numbers go first, if nobody has them.

    Raises NotFound, PreconditionFailed, and Unprocessable beyond the approval or where too many places are taken.
    """
    async with changing(uow, household_id, version, "household.places_set") as change:
        known = await situation(uow, household_id)
        period = known.period_on(today()) or next((one for one in known.periods if one.since > today()), None)
        if places.number and (period is None or places.number > period.places):
            allowed = 0 if period is None else period.places
            said = "There is no approval in force" if period is None else f"The approval is for {allowed} at most"
            raise forbid("The home cannot have more places than its approval allows.", "number", said)
        standing = await places_now(uow, household_id)
        more = places.number - len(standing)
        if more > 0:
            first = max((place.number for place in standing), default=0) + 1
            await uow.execute(ADD, {"household": household_id, "first": first, "last": first + more - 1})
        elif more < 0:
            free = [place.unit_id for place in reversed(standing) if not place.taken][:-more]
            if len(free) < -more:
                taken = len(standing) - len([place for place in standing if not place.taken])
                message = f"{taken} places are filled, held or booked, so there must be at least that many"
                raise forbid("Places that are taken cannot go.", "number", message)
            await uow.execute(REMOVE, {"household": household_id, "units": free})
        change.note({"places": len(standing)}, {"places": places.number})
    return change.version


async def close_place(uow: Uow, household_id: UUID, version: int | None, number: int, closure: Closure) -> int:
    """Mark a place not available; the new version. Only the owner ever learns why.

    Raises NotFound, PreconditionFailed, Invalid, and Unprocessable where somebody has the place in that time.
    """
    errors: list[FieldError] = []
    note = plain_text(errors, "note", closure.note, lines=True)
    need_day(errors, "since", closure.since)
    need_day(errors, "until", closure.until)
    if closure.until is not None and closure.until <= max(closure.since, today()):
        after = "after today and " if closure.since < today() else ""
        errors.append(FieldError("until", f"The place must be available again {after}after the first day"))
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.place_closed") as change:
        place = await _place(uow, household_id, number)
        since = max(closure.since, today())
        during = {"since": midnight(since), "until": midnight(closure.until) if closure.until else None}
        if (await uow.execute(BUSY, {"unit": place.unit_id, **during})).scalar_one():
            message = "The place is filled, held or booked in that time"
            raise forbid("Somebody has this place.", "since", message)
        said = {"reason": closure.reason, "since": closure.since, "until": closure.until, "note": note}
        await uow.execute(CLOSE, {**said, "unit": place.unit_id})
        change.note({f"place_{number}": place.closure()}, {f"place_{number}": said})
    return change.version


async def open_place(uow: Uow, household_id: UUID, version: int | None, number: int) -> int:
    """Mark a place available again; the new version. Raises NotFound, PreconditionFailed, and Unprocessable if a solo
    placement keeps it closed.
    """
    async with changing(uow, household_id, version, "household.place_opened") as change:
        place = await _place(uow, household_id, number)
        if place.closed_reason == "solo_placement":
            message = "The place stays closed for as long as the child in the solo placement is there"
            raise forbid("A solo placement closes this place.", "number", message)
        await uow.execute(OPEN, {"unit": place.unit_id})
        change.note({f"place_{number}": place.closure()}, {f"place_{number}": {}})
    return change.version


async def _place(uow: Uow, household_id: UUID, number: int) -> PlaceNow:
    found = next((place for place in await places_now(uow, household_id) if place.number == number), None)
    if found is None:
        raise NotFound
    return found
