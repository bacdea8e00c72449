"""Keeps the level-1 notices (`tenants.offer`) and the shelves of places as the register has them.

A home stands as an offer when it has a current mainstream approval for any child, a known postcode and a place that
is free today or within `LOOK_AHEAD`. Carers approved for particular children (connected, temporary, named children)
never do: their place is not there for another child. A published home stands on the shared shelf, any other on its
owner's own one, which no agreement grants; an offer keeps its id while it stays there and gets a new one when it moves
or comes back.

The area shown is the outward code where the owner has at least `tenants.region.area_minimum` approved homes in that
part of the area authority, else the area authority, the postcode area, the region: never finer, and never finer than
the authority for a confidential home. Counts are of the owner's own register, so that what one owner does says nothing
of another. A home that crosses the minimum changes the area of its neighbours, whose offers are then made anew too.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, TextClause, Uuid, bindparam, text

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.limits import limit
from tenants.codes import codes, group

LOOK_AHEAD: Final = timedelta(days=28)
"""A place that becomes free no later than this stands as an offer from then on. Careshare's own choice, not statute."""

MANY: Final = 100
"""From here on joins are hashed: during an import the planner knows no numbers and would loop within loops."""

AREAS = """
with own as (select a.id, r.area_minimum from tenants.authority a join tenants.region r on r.id = a.region_id
    where a.id = (select careshare.authority())),
approved as (
  select h.id, h.outward, h.area_gss, h.confidential, substring(h.postcode from '^[A-Z]+') as letters
  from fostering.household h
  join fostering.approval a on a.authority_id = h.authority_id and a.household_id = h.id
    and a.during @> cast(:today as date)
  left join fostering.resignation r on r.authority_id = h.authority_id and r.household_id = h.id
  where a.kind = 'mainstream' and h.easting is not null and (r.ends_on is null or r.ends_on > cast(:today as date))),
counted as (
  select *, count(*) over (partition by area_gss, outward) as in_outward,
    count(*) over (partition by area_gss) as in_authority,
    count(*) over (partition by letters) as in_postcode_area from approved),
shown as (
  select c.id, coalesce(
    case when c.in_outward >= own.area_minimum and not c.confidential then o.code end,
    case when c.in_authority >= own.area_minimum then g.code end,
    case when c.in_postcode_area >= own.area_minimum then p.code end, r.code, p.code) as code
  from own cross join counted c
  left join gazetteer.local_authority l on l.gss_code = c.area_gss
  left join gazetteer.area o on o.code = 'outward:' || c.outward
  left join gazetteer.area g on g.code = 'authority:' || c.area_gss
  left join gazetteer.area p on p.code = 'postcode_area:' || c.letters
  left join gazetteer.area r on r.code = 'region:' || l.region_code)
update fostering.household h set area_code = w.code
from (select h.id, s.code from fostering.household h left join shown s on s.id = h.id
      where h.authority_id = (select careshare.authority()) and h.area_code is distinct from s.code
      for no key update of h skip locked) w
where h.authority_id = (select careshare.authority()) and h.id = w.id
returning h.id
"""

# Two refreshes at once must not make two offers of one home. Whoever changes a home renews its offers anyway, so the
# clock leaves that home to them; whoever asks for particular homes waits.
EVERY = """
select h.id from fostering.household h where h.authority_id = (select careshare.authority())
order by h.id for no key update skip locked
"""
THESE = """
select h.id from fostering.household h where h.authority_id = (select careshare.authority()) and h.id = any(:households)
order by h.id for no key update
"""

LIFT = """
update fostering.place p set closed_reason = null, closed_from = null, closed_until = null, closed_note = ''
where p.authority_id = (select careshare.authority()) and p.closed_until <= cast(:today as date)
  and p.household_id = any(:households)
"""

# What each home may take now, until when, and on which shelf its places stand. No row: it can be no offer.
STANDING = """
standing as (
  select h.authority_id, h.id as household_id, a.places, a.age_min, a.age_max, a.sex, a.care_types,
    lower(a.during) as since, least(upper(a.during), r.ends_on) as until, s.id as shelf_id
  from fostering.household h
  join fostering.approval a on a.authority_id = h.authority_id and a.household_id = h.id
    and a.during @> cast(:today as date)
  left join fostering.resignation r on r.authority_id = h.authority_id and r.household_id = h.id
  join careshare.shelf s on s.owner_id = h.authority_id
    and s.resource = case when h.published_at is not null and not h.objection then 'foster_carers'
      else 'foster_carers:own' end
  where a.kind = 'mainstream' and a.named_children = '{}' and (r.ends_on is null or r.ends_on > cast(:today as date))
    and h.authority_id = (select careshare.authority()) and h.id = any(:households))
"""

UNITS = """
with {standing},
wanted as (
  select p.authority_id, p.unit_id, coalesce(s.shelf_id, own.id) as shelf_id,
    case when p.closed_from is null then '(,)'
      when p.closed_from > cast(:today as date) then
        tstzrange(null, cast(p.closed_from as timestamp) at time zone 'Europe/London')
      when p.closed_until is null then 'empty'
      else tstzrange(cast(p.closed_until as timestamp) at time zone 'Europe/London', null) end as open
  from fostering.place p
  join careshare.shelf own on own.owner_id = p.authority_id and own.resource = 'foster_carers:own'
  left join standing s on s.household_id = p.household_id
  where p.authority_id = (select careshare.authority()) and p.household_id = any(:households)),
-- In key order, as claims are taken.
locked as (
  select u.owner_id, u.id, w.shelf_id, w.open from wanted w
  join capacity.unit u on u.owner_id = w.authority_id and u.id = w.unit_id
  where (u.shelf_id, u.open) is distinct from (w.shelf_id, w.open)
  order by u.id for no key update of u)
update capacity.unit u set shelf_id = l.shelf_id, open = l.open from locked l
where u.owner_id = l.owner_id and u.id = l.id
"""

# Whoever leaves a shelf takes the id along: the next notice says nothing of this one.
LEAVE = """
with {standing}
delete from tenants.offer o using tenants.offer_own n
where n.owner_id = o.owner_id and n.offer_id = o.id and n.subject_id = any(:households)
  and not exists (select from standing s where s.household_id = n.subject_id and s.shelf_id = o.shelf_id)
"""

COLUMNS: Final = (
    "care_types, age_min, age_max, sex, places, starts, ends, within_limit, empty, bedrooms, sharing, solo, "
    "children_there, others_low, others_high, pets, skills, communication, adaptations, languages, religions, "
    "cultures, area_code, area_name, area_gss, easting, northing, radius_m, confirmed_on"
)

OFFERS = """
with {standing},
unit as (
  select s.household_id, s.until, p.unit_id, u.open
  from standing s
  join fostering.place p on p.authority_id = s.authority_id and p.household_id = s.household_id
  join capacity.unit u on u.owner_id = p.authority_id and u.id = p.unit_id),
busy as materialized (
  select b.unit_id, b.busy from capacity.busy(array(select unit_id from unit),
    tstzrange(cast(cast(:today as date) as timestamp) at time zone 'Europe/London', null)) b),
gap as (
  select u.household_id, u.unit_id,
    greatest(cast(:today as date), cast(lower(g) at time zone 'Europe/London' as date)) as starts,
    least(cast(upper(g) at time zone 'Europe/London' as date), u.until) as ends
  from unit u left join busy b on b.unit_id = u.unit_id
  cross join lateral unnest(
    tstzmultirange(u.open * tstzrange(cast(cast(:today as date) as timestamp) at time zone 'Europe/London', null))
      - coalesce(b.busy, '{}')) as g),
first as (
  select distinct on (household_id, unit_id) household_id, starts, ends from gap
  where starts <= cast(:latest as date) and (ends is null or ends > starts) order by household_id, unit_id, starts),
-- The places free from the first day on, for as long as the longest of them: what the notice says is then true of all.
vacancy as (
  select distinct on (household_id) household_id, starts, ends, count(*) as free
  from first group by household_id, starts, ends order by household_id, starts, ends desc nulls first),
taken as (
  select v.household_id, count(*) as n from vacancy v
  join unit u on u.household_id = v.household_id join busy b on b.unit_id = u.unit_id
  where b.busy && tstzrange(cast(v.starts as timestamp) at time zone 'Europe/London',
    cast(v.ends as timestamp) at time zone 'Europe/London')
  group by v.household_id),
child as (
  select v.household_id, true as placed, true as counts, c.born, v.starts
  from vacancy v join fostering.placed_child c on c.household_id = v.household_id
  where (c.ends is null or c.ends > v.starts) and (v.ends is null or c.starts < v.ends)
  union all
  select v.household_id, false, m.relationship = 'privately_fostered', m.born, v.starts
  from vacancy v join fostering.member m on m.household_id = v.household_id
  where m.relationship = 'privately_fostered' or (m.born is null and m.relationship = 'own_child')
    or m.born > v.starts - interval '18 years'),
others as (
  select household_id, count(*) filter (where placed) as placed,
    count(*) filter (where counts and not placed) as private,
    case when bool_and(born is not null) then min(extract(year from age(starts, born))) end as youngest,
    case when bool_and(born is not null) then max(extract(year from age(starts, born))) end as oldest
  from child group by household_id),
room as (
  select b.household_id, count(*) as rooms,
    case when bool_or(b.sharing = 'any') then 'any' when bool_or(b.sharing = 'siblings') then 'siblings'
      else 'no' end as sharing
  from vacancy v join fostering.bedroom b on b.household_id = v.household_id group by b.household_id),
carers as (
  select c.household_id,
    array_agg(distinct l order by l) filter (where l is not null) as languages,
    array_agg(distinct c.religion order by c.religion) filter (where c.religion is not null) as religions,
    array_agg(distinct e.culture order by e.culture) filter (where e.culture is not null) as cultures
  from vacancy v join fostering.carer c on c.household_id = v.household_id
  left join lateral unnest(c.languages) as l on true
  left join unnest(cast(:ethnicities as text[]), cast(:cultures as text[])) as e(ethnicity, culture)
    on e.ethnicity = c.ethnicity
  group by c.household_id),
there as (
  select v.*, greatest(coalesce(t.n, 0), coalesce(o.placed, 0)) as placed, coalesce(o.private, 0) as private,
    o.household_id is not null as children, o.youngest, o.oldest
  from vacancy v
  left join taken t on t.household_id = v.household_id
  left join others o on o.household_id = v.household_id),
target as (
  select s.authority_id as owner_id, s.shelf_id, h.id as subject_id, n.offer_id,
    s.care_types, s.age_min, s.age_max, s.sex, cast(least(v.free, s.places - v.placed) as smallint) as places,
    v.starts, v.ends,
    cast(greatest(0, cast(:limit as int) - v.placed - v.private) as smallint) as within_limit,
    v.placed + v.private = 0 as empty,
    cast(case when r.rooms is not null then greatest(0, r.rooms - v.placed) end as smallint) as bedrooms, r.sharing,
    case when v.placed + v.private > 0 then false else h.solo end as solo,
    case when v.children or v.placed > 0 then 'some' else 'none' end as children_there,
    cast((array[0, 5, 11, 16])[width_bucket(v.youngest, array[0, 5, 11, 16])] as smallint) as others_low,
    cast((array[4, 10, 15, 17])[width_bucket(v.oldest, array[0, 5, 11, 16])] as smallint) as others_high,
    h.pets, h.skills, h.communication, h.adaptations, c.languages,
    case when h.beliefs_shared then c.religions end as religions,
    case when h.beliefs_shared then c.cultures end as cultures,
    g.code as area_code, g.name as area_name, h.area_gss, g.easting, g.northing, g.radius_m,
    cast(h.confirmed_at at time zone 'Europe/London' as date) as confirmed_on,
    case when h.confidential then h.reference else h.name || ' (' || h.reference || ')' end as label,
    case when not h.confidential then h.easting end as exact_easting,
    case when not h.confidential then h.northing end as exact_northing
  from standing s
  join there v on v.household_id = s.household_id
  join fostering.household h on h.authority_id = s.authority_id and h.id = s.household_id
  join gazetteer.area g on g.code = h.area_code
  left join room r on r.household_id = s.household_id
  left join carers c on c.household_id = s.household_id
  left join tenants.offer_own n on n.owner_id = s.authority_id and n.subject_id = s.household_id
  where s.places > v.placed),
gone as (
  delete from tenants.offer o using tenants.offer_own n
  where n.owner_id = o.owner_id and n.offer_id = o.id and n.subject_id = any(:households)
    and n.subject_id not in (select subject_id from target)),
kept as (
  update tenants.offer o set ({columns}) = row({t_columns}) from target t
  where o.owner_id = t.owner_id and o.id = t.offer_id and ({o_columns}) is distinct from ({t_columns})),
renamed as (
  update tenants.offer_own n set label = t.label, easting = t.exact_easting, northing = t.exact_northing from target t
  where n.owner_id = t.owner_id and n.offer_id = t.offer_id
    and (n.label, n.easting, n.northing) is distinct from (t.label, t.exact_easting, t.exact_northing)),
fresh as materialized (select gen_random_uuid() as id, t.* from target t where t.offer_id is null),
made as (
  insert into tenants.offer (owner_id, shelf_id, id, kind, {columns})
  select t.owner_id, t.shelf_id, t.id, 'foster_home', {t_columns} from fresh t),
noted as (
  insert into tenants.offer_own (owner_id, offer_id, subject_id, label, easting, northing)
  select owner_id, id, subject_id, label, exact_easting, exact_northing from fresh)
select count(*) from target
"""


def _statement(template: str) -> TextClause:
    """The statement with its named parts in place; it is about `:households` alone."""
    parts = {
        "{standing}": STANDING,
        "{columns}": COLUMNS,
        "{t_columns}": "t." + COLUMNS.replace(", ", ", t."),
        "{o_columns}": "o." + COLUMNS.replace(", ", ", o."),
    }
    for name, part in parts.items():
        template = template.replace(name, part)
    return text(template).bindparams(bindparam("households", type_=ARRAY(Uuid())))


_AREAS, _EVERY, _THESE = text(AREAS), text(EVERY), _statement(THESE)
_LIFT, _UNITS, _LEAVE, _OFFERS = (_statement(step) for step in (LIFT, UNITS, LEAVE, OFFERS))
_NESTED = text("select set_config('enable_nestloop', :setting, true)")


async def refresh_offers(uow: Uow, household_ids: Sequence[UUID] | None = None, *, on: date | None = None) -> int:
    """Make the offers of these households (all of the bound authority where None) as the register has them on a day.

    Also lifts closures that have run out and puts each place on the shelf and in the time for which it may be claimed.
    A handful of statements however many households there are; what is right already is not written again. Returns how
    many of these households now stand as offers. All of them means those that nobody is changing at this moment.
    """
    day = on or today()
    # Over the whole register, whose statistics may be missing: a nested loop would then go through it for each home.
    await uow.execute(_NESTED, {"setting": "off"})
    moved = set((await uow.execute(_AREAS, {"today": day})).scalars())
    if household_ids is None:
        households = list((await uow.execute(_EVERY)).scalars())
    else:
        wanted = {"households": sorted({*household_ids, *moved})}
        households = list((await uow.execute(_THESE, wanted)).scalars())
    if len(households) <= MANY:
        await uow.execute(_NESTED, {"setting": "on"})
    parameters: dict[str, object] = {"today": day, "households": households}
    for step in (_LIFT, _UNITS, _LEAVE):
        await uow.execute(step, parameters)
    cultures = {code: group("ethnicity", code) for code in codes("ethnicity", day) if group("ethnicity", code)}
    parameters |= {"latest": day + LOOK_AHEAD, "limit": limit("usual_fostering_limit", day).value}
    parameters |= {"ethnicities": list(cultures), "cultures": list(cultures.values())}
    standing: int = (await uow.execute(_OFFERS, parameters)).scalar_one()
    await uow.execute(_NESTED, {"setting": "on"})
    return standing
