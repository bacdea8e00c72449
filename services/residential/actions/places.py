"""Places of a home: how many there are, which are closed or kept empty and why (which stays our own), the staffing."""

from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from services.residential.actions.change import changing
from services.residential.model import Closure, Kept, Places, Staffing
from tenants.checking import forbid, need_day, plain_text, refuse_invalid
from tenants.days import midnight, today

PLACES = text("""
    select p.number, p.unit_id, s.state, s.claim_id, p.closed_reason, p.closed_from, p.closed_until, p.kept_reason,
      p.kept_from, p.kept_until, exists (select from capacity.busy(array[p.unit_id], tstzrange(now(), null))) as taken
    from residential.place p join capacity.states(array[cast(:home as uuid)], now()) s on s.unit_id = p.unit_id
    where p.authority_id = (select careshare.authority()) and p.home_id = :home order by p.number
""")
LOCK_UNITS = text("""
    select 1 from capacity.unit u where u.owner_id = (select careshare.authority()) and u.pool_id = :home
    order by u.id for no key update
""")
ADD = text("""
    with unit as (
      insert into capacity.unit (owner_id, pool_id, shelf_id)
      select s.owner_id, cast(:home as uuid), s.id
      from careshare.shelf s, generate_series(cast(:first as int), cast(:last as int))
      where s.owner_id = (select careshare.authority()) and s.resource = 'residential_places:own'
      returning owner_id, id)
    insert into residential.place (authority_id, unit_id, home_id, number)
    select owner_id, id, cast(:home as uuid), :first - 1 + row_number() over (order by id) from unit
""")
# The unit stays, closed for good: claims of earlier stays may still point at it.
REMOVE = text("""
    with gone as (
      delete from residential.place p
      where p.authority_id = (select careshare.authority()) and p.home_id = :home and p.unit_id = any(:units)
      returning p.unit_id)
    update capacity.unit u set open = 'empty',
      shelf_id = (select s.id from careshare.shelf s
        where s.owner_id = u.owner_id and s.resource = 'residential_places:own')
    from gone where u.owner_id = (select careshare.authority()) and u.id = gone.unit_id
""")
BUSY = text("""
    select exists (
      select from capacity.busy(array[cast(:unit as uuid)], tstzrange(cast(:since as timestamptz), :until)))
""")
CLOSE = text("""
    update residential.place set closed_reason = :reason, closed_from = :since, closed_until = :until,
      closed_note = :note
    where authority_id = (select careshare.authority()) and unit_id = :unit
""")
KEEP = text("""
    update residential.place set kept_reason = :reason, kept_from = :since, kept_until = :until, kept_note = :note
    where authority_id = (select careshare.authority()) and unit_id = :unit
""")
STAFF = text("""
    update residential.home set staffed_places = :places, staffed_until = :until, staffed_at = now(),
      staffed_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :home
""")

FURTHEST: Final = timedelta(days=35)
"""A staffing statement reaches at most so far ahead: a rota is rarely known for longer. Careshare's own choice."""


class PlaceNow(msgspec.Struct, frozen=True):
    """A place as it stands. `taken`: somebody has it now or is to have it."""

    number: int
    unit_id: UUID
    state: Literal["filled", "held", "closed", "vacant"]
    claim_id: UUID | None
    closed_reason: str | None
    closed_from: date | None
    closed_until: date | None
    kept_reason: str | None
    kept_from: date | None
    kept_until: date | None
    taken: bool

    def closure(self) -> dict[str, object]:
        """Why it is closed, for the record."""
        if self.closed_reason is None:
            return {}
        return {"reason": self.closed_reason, "since": self.closed_from, "until": self.closed_until}

    def keeping(self) -> dict[str, object]:
        """Why it is kept empty, for the record."""
        if self.kept_reason is None:
            return {}
        return {"reason": self.kept_reason, "since": self.kept_from, "until": self.kept_until}


async def places_now(uow: Uow, home_id: UUID) -> list[PlaceNow]:
    """The places of a home by number. Holds their units, so that nobody takes one meanwhile."""
    await uow.execute(LOCK_UNITS, {"home": home_id})
    rows = await uow.execute(PLACES, {"home": home_id})
    return [PlaceNow(**row) for row in rows.mappings()]


async def set_places(uow: Uow, home_id: UUID, version: int | None, places: Places) -> int:
    """Let the home have so many places; the new version. Those with the highest numbers go first, if nobody has them.

    There may be more than are registered: those beyond are "not registered" and never matchable. Raises NotFound,
    PreconditionFailed, and Unprocessable where too many places are taken.
    """
    async with changing(uow, home_id, version, "home.places_set") as change:
        standing = await places_now(uow, home_id)
        more = places.number - len(standing)
        if more > 0:
            first = max((place.number for place in standing), default=0) + 1
            await uow.execute(ADD, {"home": home_id, "first": first, "last": first + more - 1})
        elif more < 0:
            free = [place.unit_id for place in reversed(standing) if not place.taken][:-more]
            if len(free) < -more:
                taken = sum(place.taken for place in standing)
                message = f"{taken} places are occupied, held or booked, so there must be at least that many"
                raise forbid("Places that are taken cannot go.", "number", message)
            await uow.execute(REMOVE, {"home": home_id, "units": free})
        change.note({"places": len(standing)}, {"places": places.number})
    return change.version


async def close_place(uow: Uow, home_id: UUID, version: int | None, number: int, closure: Closure) -> int:
    """Close a place; the new version. Only the owner ever learns why.

    Raises NotFound, PreconditionFailed, Invalid, and Unprocessable where somebody has the place in that time.
    """
    note = _period(closure)
    async with changing(uow, home_id, version, "home.place_closed") as change:
        place = await _place(uow, home_id, number)
        since = max(closure.since, today())
        during = {"since": midnight(since), "until": midnight(closure.until) if closure.until else None}
        if (await uow.execute(BUSY, {"unit": place.unit_id, **during})).scalar_one():
            message = "The place is occupied, held or booked in that time"
            raise forbid("Somebody has this place.", "since", message)
        said = {"reason": closure.reason, "since": closure.since, "until": closure.until, "note": note}
        await uow.execute(CLOSE, {**said, "unit": place.unit_id})
        change.note({f"place_{number}": place.closure()}, {f"place_{number}": said})
    return change.version


async def open_place(uow: Uow, home_id: UUID, version: int | None, number: int) -> int:
    """Open a place that was closed; the new version. Raises NotFound and PreconditionFailed."""
    async with changing(uow, home_id, version, "home.place_opened") as change:
        place = await _place(uow, home_id, number)
        await uow.execute(CLOSE, {"reason": None, "since": None, "until": None, "note": "", "unit": place.unit_id})
        change.note({f"place_{number}": place.closure()}, {f"place_{number}": {}})
    return change.version


async def keep_empty(uow: Uow, home_id: UUID, version: int | None, number: int, kept: Kept) -> int:
    """Keep a place empty for matching; the new version. It is no vacancy to others, and they never learn why.

    Raises NotFound, PreconditionFailed and Invalid.
    """
    note = _period(kept)
    async with changing(uow, home_id, version, "home.place_kept_empty") as change:
        place = await _place(uow, home_id, number)
        said = {"reason": kept.reason, "since": kept.since, "until": kept.until, "note": note}
        await uow.execute(KEEP, {**said, "unit": place.unit_id})
        change.note({f"place_{number}": place.keeping()}, {f"place_{number}": said})
    return change.version


async def keep_empty_no_longer(uow: Uow, home_id: UUID, version: int | None, number: int) -> int:
    """Let a place be matched again; the new version. Raises NotFound and PreconditionFailed."""
    async with changing(uow, home_id, version, "home.place_not_kept_empty") as change:
        place = await _place(uow, home_id, number)
        await uow.execute(KEEP, {"reason": None, "since": None, "until": None, "note": "", "unit": place.unit_id})
        change.note({f"place_{number}": place.keeping()}, {f"place_{number}": {}})
    return change.version


async def state_staffing(uow: Uow, home_id: UUID, version: int | None, staffing: Staffing) -> int:
    """State how many places are staffed, up to the end of which day; the new version.

    With it the manager also confirms the vacancies as they stand. Raises NotFound, PreconditionFailed and Invalid.
    """
    errors: list[FieldError] = []
    latest = today() + FURTHEST
    late = f"The last day must be {latest:%-d %B %Y} or earlier"
    need_day(
        errors,
        "until",
        staffing.until,
        earliest=today(),
        latest=latest,
        early="The last day must be today or later",
        late=late,
    )
    refuse_invalid(errors)
    until = midnight(staffing.until + timedelta(days=1))
    async with changing(uow, home_id, version, "home.staffing_stated") as change:
        await uow.execute(STAFF, {"home": home_id, "places": staffing.places, "until": until})
        before = {"staffed_places": change.home.staffed_places, "staffed_until": _iso(change.home.staffed_until)}
        change.note(before, {"staffed_places": staffing.places, "staffed_until": _iso(until)})
    return change.version


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _period(given: Closure | Kept) -> str:
    errors: list[FieldError] = []
    note = plain_text(errors, "note", given.note, lines=True)
    need_day(errors, "since", given.since)
    need_day(errors, "until", given.until)
    if given.until is not None and given.until <= max(given.since, today()):
        after = "after today and " if given.since < today() else ""
        errors.append(FieldError("until", f"The date must be {after}after the first day"))
    refuse_invalid(errors)
    return note


async def _place(uow: Uow, home_id: UUID, number: int) -> PlaceNow:
    found = next((place for place in await places_now(uow, home_id) if place.number == number), None)
    if found is None:
        raise NotFound
    return found
