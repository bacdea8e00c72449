"""Keeps the notices of spare places (`tenants.offer`), their prices and the shelves of places as the homes have them.

A home stands as a notice when it has a place that is matchable (`rules.PlaceState.matchable`) today or within
`LOOK_AHEAD`. On the shared shelf stand the places a home offers, from the day it offers them and no more of them than
it says; a home that offers none stands on its owner's own shelf, which no agreement grants. A notice keeps its id while
it stays on its shelf and gets a new one when it moves or comes back.

The area shown is never finer than the local authority, and that only where the owner keeps at least
`tenants.region.area_minimum` homes in it; else the postcode area, the region (decision 0004). Homes are few, so most
are shown by the postcode area. Everything is worked out here in Python, by the rules, for an authority has dozens of
homes, not thousands.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range

from careshare.database import Uow
from services.residential.rules import age_on, band
from services.residential.standing import KnownHome, Place, about_homes, read_homes
from tenants.days import LONDON, midnight, today

LOOK_AHEAD: Final = timedelta(days=28)
"""A place that becomes free no later than this stands as an offer from then on. Careshare's own choice, not statute."""


AREAS = text("""
with own as (select a.id, r.area_minimum from tenants.authority a join tenants.region r on r.id = a.region_id
    where a.id = (select careshare.authority())),
counted as (
  select h.id, h.area_gss, substring(h.postcode from '^[A-Z]+') as letters,
    count(*) over (partition by h.area_gss) as in_authority,
    count(*) over (partition by substring(h.postcode from '^[A-Z]+')) as in_postcode_area
  from residential.home h where h.authority_id = (select careshare.authority())),
shown as (
  select c.id, coalesce(case when c.in_authority >= own.area_minimum then g.code end,
    case when c.in_postcode_area >= own.area_minimum then p.code end, r.code, p.code) as code
  from own cross join counted c
  left join gazetteer.local_authority l on l.gss_code = c.area_gss
  left join gazetteer.area g on g.code = 'authority:' || c.area_gss
  left join gazetteer.area p on p.code = 'postcode_area:' || c.letters
  left join gazetteer.area r on r.code = 'region:' || l.region_code)
update residential.home h set area_code = w.code
from (select h.id, s.code from residential.home h left join shown s on s.id = h.id
      where h.authority_id = (select careshare.authority()) and h.area_code is distinct from s.code
      for no key update of h skip locked) w
where h.authority_id = (select careshare.authority()) and h.id = w.id
returning h.id
""")
EVERY = text("""
select h.id from residential.home h where h.authority_id = (select careshare.authority())
order by h.id for no key update skip locked
""")
THESE = about_homes("""
select h.id from residential.home h where h.authority_id = (select careshare.authority()) and h.id = any(:homes)
order by h.id for no key update
""")
LIFT_CLOSED = about_homes("""
update residential.place p set closed_reason = null, closed_from = null, closed_until = null, closed_note = ''
where p.authority_id = (select careshare.authority()) and p.home_id = any(:homes) and p.closed_until <= :today
""")
LIFT_KEPT = about_homes("""
update residential.place p set kept_reason = null, kept_from = null, kept_until = null, kept_note = ''
where p.authority_id = (select careshare.authority()) and p.home_id = any(:homes) and p.kept_until <= :today
""")
SHELVES = text("""
select s.resource, s.id from careshare.shelf s
where s.owner_id = (select careshare.authority()) and s.resource in ('residential_places', 'residential_places:own')
""")
# A place that another authority holds or lives in stays on the shelf it was shared from while the home offers places:
# it is no vacancy any more, and a match asks whether it is still shared.
UNIT = text("""
with wanted as (
  select u.id, case when cast(:offered as boolean) and exists (
      select from capacity.occupancy o
      where o.owner_id = u.owner_id and o.unit_id = u.id and o.claimant_id <> u.owner_id
        and (upper(o.during) is null or upper(o.during) > clock_timestamp()))
    then u.shelf_id else cast(:shelf as uuid) end as shelf_id
  from capacity.unit u where u.owner_id = (select careshare.authority()) and u.id = :unit)
update capacity.unit u set shelf_id = w.shelf_id, open = :open from wanted w
where u.owner_id = (select careshare.authority()) and u.id = w.id
  and (u.shelf_id, u.open) is distinct from (w.shelf_id, :open)
""").bindparams(bindparam("shelf", type_=Uuid()), bindparam("open", type_=TSTZRANGE()))
GONE = about_homes("""
delete from tenants.offer o using tenants.offer_own n
where n.owner_id = o.owner_id and n.offer_id = o.id and n.owner_id = (select careshare.authority())
  and n.subject_id = any(:homes)
""")
COLUMNS: Final = (
    "care_types",
    "age_min",
    "age_max",
    "sex",
    "places",
    "starts",
    "ends",
    "within_limit",
    "empty",
    "solo",
    "children_there",
    "others_low",
    "others_high",
    "skills",
    "communication",
    "adaptations",
    "area_code",
    "area_name",
    "area_gss",
    "easting",
    "northing",
    "radius_m",
    "confirmed_on",
    "sector",
    "kept_as",
    "category",
    "purposes",
    "need_levels",
    "judgement",
    "judged_year",
    "staffed_until",
    "education_on_site",
    "short_break_only",
)
_names, _values = ", ".join(COLUMNS), ", ".join(f":{name}" for name in COLUMNS)
KEEP = text(f"""
update tenants.offer o set ({_names}) = row({_values})
where o.owner_id = (select careshare.authority()) and o.id = :offer_id
""")  # noqa: S608  # the names are this file's own
MAKE = text(f"""
insert into tenants.offer (owner_id, shelf_id, id, kind, {_names})
values ((select careshare.authority()), :shelf_id, gen_random_uuid(), :kind, {_values}) returning id
""")  # noqa: S608  # the names are this file's own
STANDING = text(f"""
select shelf_id, kind, {_names} from tenants.offer
where owner_id = (select careshare.authority()) and id = :offer_id
""")  # noqa: S608  # the names are this file's own
NAME = text("""
insert into tenants.offer_own (owner_id, offer_id, subject_id, label, easting, northing)
values ((select careshare.authority()), :offer_id, :home_id, :label, :easting, :northing)
on conflict (owner_id, offer_id) do update
  set label = excluded.label, easting = excluded.easting, northing = excluded.northing
where (offer_own.label, offer_own.easting, offer_own.northing)
  is distinct from (excluded.label, excluded.easting, excluded.northing)
""")
# A price belongs to the notice: what is no longer so goes, what is new comes, the rest is not written again.
PRICES_GONE = text("""
delete from tenants.offer_price p where p.owner_id = (select careshare.authority()) and p.offer_id = :offer_id
""")
WANTED_PRICES = """
select l.authority_id as owner_id, cast(:offer_id as uuid) as offer_id, cast(:shelf_id as uuid) as shelf_id,
  c.need_level, l.during, c.weekly,
  coalesce((select jsonb_agg(jsonb_build_object('code', s.code, 'per', s.per, 'amount', cast(s.amount as text))
    order by s.code) from residential.supplement s where s.authority_id = l.authority_id and s.list_id = l.id), '[]')
    as supplements, l.purchase, l.notice_nights, l.void_percent
from residential.price_list l
join residential.price c on c.authority_id = l.authority_id and c.list_id = l.id
join residential.home h on h.authority_id = l.authority_id and h.id = l.home_id and c.need_level = any(h.need_levels)
where l.authority_id = (select careshare.authority()) and l.home_id = :home_id
  and (upper(l.during) is null or upper(l.during) > :today)
"""
STANDING_PRICES = """
select owner_id, offer_id, shelf_id, need_level, during, weekly, supplements, purchase, notice_nights, void_percent
from tenants.offer_price where owner_id = (select careshare.authority()) and offer_id = :offer_id
"""
PRICES_DIFFER = text(f"""
select exists (({WANTED_PRICES}) except ({STANDING_PRICES})) or exists (({STANDING_PRICES}) except ({WANTED_PRICES}))
""")  # the statements are this file's own
PRICES = text(f"""
insert into tenants.offer_price (owner_id, offer_id, shelf_id, need_level, during, weekly, supplements, purchase,
  notice_nights, void_percent)
{WANTED_PRICES}
""")  # the statement is this file's own


async def refresh_offers(uow: Uow, home_ids: Sequence[UUID] | None = None, *, on: date | None = None) -> int:
    """Make the notices of these homes (all of the bound authority where None) as they are on a day, now if today.

    Also lifts closures that have run out and puts each place on the shelf and in the time for which it may be claimed.
    What is right already is not written again. Returns how many of these homes now stand as notices.
    """
    day = on or today()
    now = max(midnight(day), datetime.now(LONDON)) if on is None else midnight(day)
    moved = set((await uow.execute(AREAS)).scalars())
    if home_ids is None:
        homes = list((await uow.execute(EVERY)).scalars())
    else:
        homes = list((await uow.execute(THESE, {"homes": sorted({*home_ids, *moved})})).scalars())
    if not homes:
        return 0
    for step in (LIFT_CLOSED, LIFT_KEPT):
        await uow.execute(step, {"homes": homes, "today": day})
    shelves = {row.resource: row.id for row in await uow.execute(SHELVES)}
    standing = 0
    for known in await read_homes(uow, homes, now):
        standing += await _refresh(uow, known, shelves, now)
    return standing


async def _refresh(uow: Uow, known: KnownHome, shelves: dict[str, UUID], now: datetime) -> int:
    home, day = known.home, now.astimezone(LONDON).date()
    own, shared = shelves["residential_places:own"], shelves["residential_places"]
    latest = midnight(day + LOOK_AHEAD)
    offered = _offered(home, day)
    first = max(now, midnight(home["offered_from"])) if offered else now
    moments = {first}.union(*(place.changes() for place in known.places))
    vacancy: tuple[datetime, list[Place]] | None = None
    for moment in sorted(one for one in moments if first <= one <= latest):
        matchable = {one.number for one in known.states(moment) if one.matchable}
        free = [one for one in known.places if one.number in matchable]
        if free:
            vacancy = moment, free
            break
    shown: list[Place] = []
    if vacancy is not None:
        shown = vacancy[1][: home["offered_places"]] if offered else vacancy[1]
    for place in known.places:
        shelf = shared if offered and place in shown else own
        await uow.execute(UNIT, {"unit": place.unit_id, "shelf": shelf, "offered": offered, "open": _open(place, day)})
    if vacancy is None or home["area_code"] is None:
        await uow.execute(GONE, {"homes": [home["id"]]})
        return 0
    await _publish(
        uow, known, shared if offered else own, vacancy[0], shown, until=home["offered_until"] if offered else None
    )
    return 1


def _offered(home: dict[str, Any], day: date) -> bool:
    """Whether the home's places are on offer to others today or soon enough to be told."""
    since, until = home["offered_from"], home["offered_until"]
    return since is not None and since <= day + LOOK_AHEAD and (until is None or until > day)


def _open(place: Place, day: date) -> Range[datetime]:
    """When the place may be taken: whenever it is not closed."""
    if not place.closed or place.closed_from is None:
        return Range(None, None, bounds="()")
    if place.closed_from > day:
        return Range(None, midnight(place.closed_from), bounds="()")
    if place.closed_until is None:
        return Range(empty=True)
    return Range(midnight(place.closed_until), None)


async def _publish(
    uow: Uow, known: KnownHome, shelf: UUID, moment: datetime, free: Sequence[Place], *, until: date | None
) -> None:
    home = known.home
    starts = moment.astimezone(LONDON).date()
    ends = _earliest([*(one.free_until(moment) for one in free), midnight(until) if until else None])
    there = [born for born, since, left in known.born if (left is None or left > starts) and since <= starts]
    bands = [band(age_on(born, starts)) for born in there]
    in_use = any(any(place.taken(moment)) for place in known.places)
    values: dict[str, Any] = {
        **{name: home[name] for name in COLUMNS if name in home},
        "places": len(free),
        "starts": starts,
        "ends": None if ends is None else max(ends.astimezone(LONDON).date(), starts + timedelta(days=1)),
        "within_limit": 0,
        "empty": not in_use,
        "solo": None if not in_use else False,
        "children_there": "some" if in_use else "none",
        "others_low": min((low for low, _ in bands), default=None),
        "others_high": max((high for _, high in bands), default=None),
        "easting": home["area_easting"],
        "northing": home["area_northing"],
        "staffed_until": home["staffed_until"].astimezone(LONDON).date() - timedelta(days=1),
    }
    kind = "residential_home" if home["kind"] == "childrens_home" else "supported_accommodation"
    offer_id: UUID | None = home["offer_id"] if home["shelf_id"] == shelf else None
    if home["offer_id"] is not None and offer_id is None:
        await uow.execute(GONE, {"homes": [home["id"]]})
    if offer_id is None:
        offer_id = (await uow.execute(MAKE, {**values, "shelf_id": shelf, "kind": kind})).scalar_one()
    else:
        stands = dict((await uow.execute(STANDING, {"offer_id": offer_id})).mappings().one())
        if any(stands[name] != value for name, value in values.items()):
            await uow.execute(KEEP, {**values, "offer_id": offer_id})
    point = {name: None if home["confidential"] else home[name] for name in ("easting", "northing")}
    label = home["urn"] if home["confidential"] else f"{home['name']} ({home['urn']})"
    await uow.execute(NAME, {"offer_id": offer_id, "home_id": home["id"], "label": label, **point})
    about = {"offer_id": offer_id, "shelf_id": shelf, "home_id": home["id"], "today": starts}
    if (await uow.execute(PRICES_DIFFER, about)).scalar_one():
        await uow.execute(PRICES_GONE, {"offer_id": offer_id})
        await uow.execute(PRICES, about)


def _earliest(moments: Sequence[datetime | None]) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)
