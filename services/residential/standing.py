"""Homes with their places and who has each when, and the true state of each place at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, TextClause, Uuid, bindparam, text

from careshare.database import Uow
from services.residential.rules import PlaceFacts, PlaceState, place_states
from tenants.days import LONDON, midnight


def about_homes(statement: str) -> TextClause:
    """A statement about `:homes`, a list of ids."""
    return text(statement).bindparams(bindparam("homes", type_=ARRAY(Uuid())))


HOMES = about_homes("""
select h.id, h.name, h.urn, h.kind, h.category, h.sector, h.kept_as, h.registration, h.registered_places, h.age_min,
  h.age_max, h.sex, h.care_types, h.purposes, h.need_levels, h.skills, h.communication, h.adaptations,
  h.education_on_site, h.short_break_only, h.judgement, cast(extract(year from h.judged_on) as int) as judged_year,
  h.staffed_places, h.staffed_until, cast(h.staffed_at at time zone 'Europe/London' as date) as confirmed_on,
  h.confidential, h.easting, h.northing, h.area_gss, h.offered_from, h.offered_until, h.offered_places,
  g.code as area_code, g.name as area_name, g.easting as area_easting, g.northing as area_northing, g.radius_m,
  n.offer_id, o.shelf_id
from residential.home h
left join gazetteer.area g on g.code = h.area_code
left join tenants.offer_own n on n.owner_id = h.authority_id and n.subject_id = h.id
left join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
where h.authority_id = (select careshare.authority()) and h.id = any(:homes) order by h.id
""")
# Each place with the times in which somebody has it. `firm`: somebody lives there or is to; else it is a hold.
PLACES = about_homes("""
select p.home_id, p.unit_id, p.number, p.closed_reason is not null as closed, p.closed_from, p.closed_until,
  p.kept_reason is not null as kept, p.kept_from, p.kept_until, u.shelf_id,
  coalesce(b.starts, '{}') as starts, coalesce(b.ends, '{}') as ends, coalesce(b.firm, '{}') as firm,
  coalesce(b.claims, '{}') as claims
from residential.place p
join capacity.unit u on u.owner_id = p.authority_id and u.id = p.unit_id
left join lateral (
  select array_agg(lower(o.during) order by lower(o.during)) as starts,
    array_agg(upper(o.during) order by lower(o.during)) as ends,
    array_agg(s.firm order by lower(o.during)) as firm,
    array_agg(o.claim_id order by lower(o.during)) as claims
  from capacity.occupancy o
  cross join lateral (
    select bool_or(t.state = 'filled') as firm, count(*) > 0 as live
    from capacity.states(array[p.home_id], greatest(lower(o.during), cast(:now as timestamptz))) t
    where t.claim_id = o.claim_id and t.unit_id = o.unit_id) s
  where o.owner_id = p.authority_id and o.unit_id = p.unit_id and s.live
    and (upper(o.during) is null or upper(o.during) > cast(:now as timestamptz))
  ) b on true
where p.authority_id = (select careshare.authority()) and p.home_id = any(:homes) order by p.home_id, p.number
""")
RESIDENTS = about_homes("""
select r.home_id, r.born, r.starts, r.ends from residential.resident r
where r.authority_id = (select careshare.authority()) and r.home_id = any(:homes)
  and (r.ends is null or r.ends > :today)
""")


class Place(msgspec.Struct, frozen=True):
    """One place and the times in which somebody has it, from the moment of reading on."""

    home_id: UUID
    unit_id: UUID
    number: int
    closed: bool
    closed_from: date | None
    closed_until: date | None
    kept: bool
    kept_from: date | None
    kept_until: date | None
    shelf_id: UUID
    starts: list[datetime | None]
    ends: list[datetime | None]
    firm: list[bool]
    claims: list[UUID]

    def taken(self, at: datetime) -> tuple[bool, bool]:
        """Whether somebody lives there at a moment, and whether it is held then."""
        for starts, ends, firm in zip(self.starts, self.ends, self.firm, strict=True):
            if (starts is None or starts <= at) and (ends is None or at < ends):
                return firm, not firm
        return False, False

    def facts(self, at: datetime) -> PlaceFacts:
        """The place at a moment."""
        day = at.astimezone(LONDON).date()
        occupied, held = self.taken(at)
        return PlaceFacts(
            number=self.number,
            occupied=occupied,
            held=held,
            closed=self.closed and _within(self.closed_from, self.closed_until, day),
            kept_empty=self.kept and _within(self.kept_from, self.kept_until, day),
        )

    def changes(self) -> set[datetime]:
        """Moments from which the place may be free."""
        found = {one for one in self.ends if one is not None}
        return found | {midnight(one) for one in (self.closed_until, self.kept_until) if one is not None}

    def free(self, since: datetime, until: datetime | None) -> bool:
        """Whether nobody has the place, and it is not closed, for a whole time."""
        if any(self.taken(since)) or self.facts(since).closed:
            return False
        later = [one for one in self.starts if one is not None and one > since]
        if self.closed and self.closed_from is not None and midnight(self.closed_from) > since:
            later.append(midnight(self.closed_from))
        return not later or (until is not None and until <= min(later))

    def free_until(self, at: datetime) -> datetime | None:
        """When a place that is free at a moment is so no longer; None: there is no end in sight."""
        ends = [one for one in self.starts if one is not None and one > at]
        ends += [
            midnight(one)
            for one in (self.closed_from if self.closed else None, self.kept_from if self.kept else None)
            if one is not None and midnight(one) > at
        ]
        return min(ends, default=None)


def _within(since: date | None, until: date | None, day: date) -> bool:
    return since is not None and since <= day and (until is None or day < until)


@dataclass(slots=True)
class KnownHome:
    """One home with its places and residents."""

    home: dict[str, Any]
    places: list[Place]
    born: list[tuple[date, date, date | None]]

    def states_said(self, at: datetime) -> bool:
        """Whether the staffing statement speaks of a moment."""
        until: datetime | None = self.home["staffed_until"]
        return until is not None and at < until

    def states(self, at: datetime) -> list[PlaceState]:
        """The state of each place at a moment."""
        home = self.home
        return place_states(
            [one.facts(at) for one in self.places],
            registered_places=home["registered_places"] if home["registration"] == "active" else 0,
            staffed_places=home["staffed_places"] if self.states_said(at) else None,
        )


async def read_homes(uow: Uow, homes: Sequence[UUID], now: datetime) -> list[KnownHome]:
    """Homes of the bound authority with their places and residents from a moment on."""
    day = now.astimezone(LONDON).date()
    wanted = {"homes": list(homes)}
    found = {row["id"]: KnownHome(dict(row), [], []) for row in (await uow.execute(HOMES, wanted)).mappings()}
    for row in (await uow.execute(PLACES, {**wanted, "now": now})).mappings():
        found[row["home_id"]].places.append(msgspec.convert(dict(row), Place))
    for one in await uow.execute(RESIDENTS, {**wanted, "today": day}):
        found[one.home_id].born.append((one.born, one.starts, one.ends))
    return list(found.values())
