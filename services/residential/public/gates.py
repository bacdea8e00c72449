"""Whether children may live in one's own home: its registration, its places, its staffing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from careshare.database import Uow
from careshare.errors import NotFound
from services.residential.actions import residents
from services.residential.actions.change import LOCK, Locked
from services.residential.rules import against_registration
from services.residential.standing import KnownHome, read_homes
from tenants.days import LONDON, midnight
from tenants.places import ChildToPlace, Problem

SHORT_BREAK: Final = timedelta(days=17)
"""The longest single short break (SI 2010/959 regulation 48 as made); longer ones may be set aside with a reason."""


@dataclass(frozen=True, slots=True)
class Free:
    """A place that may be taken for a whole time."""

    unit_id: UUID
    number: int


async def checks(
    uow: Uow,
    home_id: UUID,
    children: Sequence[ChildToPlace],
    starts: date,
    ends: date | None,
    *,
    held: Sequence[UUID] = (),
) -> list[Problem]:
    """Everything that stands against these children in one's own home from a day: registration and ages on that day,
    places free for the whole time, staffing, short breaks. Empty: nothing does. Raises NotFound.

    `held` are claims that the children's places are held with already: those places count as theirs. What may be
    overridden needs a reason on record; registration and the places there are never may be.
    """
    home = await _home(uow, home_id)
    found = against_registration(residents.registration_of(home), children, starts)
    if home.short_break_only and (ends is None or ends - starts > SHORT_BREAK):
        message = f"The home is for short breaks of at most {SHORT_BREAK.days} days"
        found.append(Problem("short_break", message, overridable=True))
    known = await _known(uow, home_id, starts)
    return [*found, *_room(known, home.registered_places, len(children), starts, ends, held=held)]


def _room(
    known: KnownHome, registered: int, children: int, starts: date, ends: date | None, *, held: Sequence[UUID]
) -> list[Problem]:
    """Whether there are places for so many: for the whole time, not kept empty, and staffed on the first day."""
    moment, until = _time(starts, ends)
    mine = [one for one in known.places if not set(held).isdisjoint(one.claims)]
    others = [one for one in known.places if one not in mine and one.number <= registered and one.free(moment, until)]
    kept = [one for one in others if one.facts(moment).kept_empty]
    there = len(mine) + len(others)
    if there < children:
        return [Problem("capacity", _few(there, "free for the whole time"), overridable=False)]
    if there - len(kept) < children:
        return [Problem("kept_empty", "A place that is kept empty for matching would be needed", overridable=True)]
    if not known.states_said(moment):
        return [Problem("staffing", "The staffing statement does not reach the first day", overridable=True)]
    numbers = {one.number for one in mine}
    staffed = sum(one.staffed if one.number in numbers else one.matchable for one in known.states(moment))
    if staffed < children:
        return [Problem("staffing", _few(staffed, "staffed and free on the first day"), overridable=True)]
    return []


def _time(starts: date, ends: date | None) -> tuple[datetime, datetime | None]:
    """The moments between which a stay takes a place; one that begins today begins now."""
    return max(midnight(starts), datetime.now(LONDON)), None if ends is None else midnight(ends)


def _few(number: int, what: str) -> str:
    if number == 0:
        return f"No place is {what}"
    return f"Only 1 place is {what}" if number == 1 else f"Only {number} places are {what}"


async def free_places(uow: Uow, home_id: UUID, starts: date, ends: date | None) -> list[Free]:
    """The matchable places of one's own home that are free from a day for the whole time, by number."""
    known = await _known(uow, home_id, starts)
    moment, until = _time(starts, ends)
    matchable = {one.number for one in known.states(moment) if one.matchable}
    free = [one for one in known.places if one.number in matchable and one.free(moment, until)]
    return [Free(one.unit_id, one.number) for one in free]


async def _home(uow: Uow, home_id: UUID) -> Locked:
    row = (await uow.execute(LOCK, {"id": home_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Locked(**row)


async def _known(uow: Uow, home_id: UUID, starts: date) -> KnownHome:
    found = await read_homes(uow, [home_id], max(midnight(starts), datetime.now(LONDON)))
    if not found:
        raise NotFound
    return found[0]
