"""The register as a list, filtered and paged by key, and in numbers."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.model import CODE, GSS
from services.fostering.records import HouseholdRow, PlaceCounts, Summary

# The register is one authority's own: row security has made it small before anything here is looked at.
# Whoever may not see a confidential address cannot find a home by it either.
CHOSEN = """
chosen as (
  select h.id, h.name from fostering.household h cross join own
  where h.authority_id = (select careshare.authority())
    and (cast(:q as text) is null or position(lower(:q) in lower(h.name || ' ' || h.reference)) > 0
      or (not h.confidential or :seen) and position(lower(:q) in lower(h.address || ' ' || h.postcode)) > 0
      or exists (select from fostering.carer c where c.authority_id = h.authority_id and c.household_id = h.id
        and position(lower(:q) in lower(c.name)) > 0))
    and (cast(:published as boolean) is null or (h.published_at is not null) = :published)
    and (cast(:area as text) is null or h.area_gss = :area and (not h.confidential or :seen))
    and (cast(:stale as boolean) is null
      or (coalesce(h.confirmed_at < now() - make_interval(days => own.stale_after_days), true)
        and exists (select from tenants.offer_own n
          where n.owner_id = h.authority_id and n.subject_id = h.id)) = :stale)
    and (cast(:care_type as text) is null or exists (select from fostering.approval a
      where a.authority_id = h.authority_id and a.household_id = h.id and a.during @> cast(:today as date)
        and a.care_types @> array[cast(:care_type as text)]))
    and (cast(:due as boolean) is null or exists (select from fostering.check k
      where k.authority_id = h.authority_id and k.household_id = h.id and k.due_on <= :today) = :due)
    {place_filter})
"""
PLACE_FILTER = """
    and h.id in (select s.pool_id
      from capacity.states(array(
        select id from fostering.household where authority_id = (select careshare.authority())), now()) s
      join fostering.place p on p.authority_id = (select careshare.authority()) and p.unit_id = s.unit_id
      where case s.state when 'closed' then 'not_available' else s.state end = :places)
"""
LIST = """
with own as (select r.stale_after_days from tenants.authority a join tenants.region r on r.id = a.region_id
    where a.id = (select careshare.authority())),
{chosen},
page as (
  select id from chosen where cast(:name as text) is null or (name, id) > (:name, cast(:id as uuid))
  order by name, id limit :limit),
counted as (
  select s.pool_id,
    count(*) filter (where s.state = 'filled') as filled, count(*) filter (where s.state = 'vacant') as vacant,
    count(*) filter (where s.state = 'held') as held, count(*) filter (where s.state = 'closed') as not_available
  from capacity.states(array(select id from page), now()) s
  join fostering.place p on p.authority_id = (select careshare.authority()) and p.unit_id = s.unit_id
  group by s.pool_id)
select h.id, h.reference, h.name, h.confidential, h.published_at, h.confirmed_at,
  case when not h.confidential then coalesce(l.name, h.outward) end as area,
  (select a.kind from fostering.approval a
    where a.authority_id = h.authority_id and a.household_id = h.id and a.during @> cast(:today as date)) as approval,
  coalesce(c.filled, 0) as filled, coalesce(c.vacant, 0) as vacant, coalesce(c.held, 0) as held,
  coalesce(c.not_available, 0) as not_available,
  coalesce(c.vacant > 0 and coalesce(h.confirmed_at < now() - make_interval(days => own.stale_after_days), true),
    false) as stale,
  (select min(k.due_on) from fostering.check k
    where k.authority_id = h.authority_id and k.household_id = h.id) as due_on
from page join fostering.household h on h.authority_id = (select careshare.authority()) and h.id = page.id
cross join own
left join counted c on c.pool_id = h.id
left join gazetteer.local_authority l on l.gss_code = h.area_gss
order by h.name, h.id
"""
SUMMARY = text("""
with mine as (select id, published_at from fostering.household where authority_id = (select careshare.authority())),
place as (
  select s.state from capacity.states(array(select id from mine), now()) s
  join fostering.place p on p.authority_id = (select careshare.authority()) and p.unit_id = s.unit_id)
select (select count(*) from mine) as households, (select count(published_at) from mine) as published,
  count(*) filter (where state = 'filled') as filled, count(*) filter (where state = 'vacant') as vacant,
  count(*) filter (where state = 'held') as held, count(*) filter (where state = 'closed') as not_available
from place
""")
AREAS = text("""
select l.gss_code, l.name from gazetteer.local_authority l
where l.gss_code in (select h.area_gss from fostering.household h where h.authority_id = (select careshare.authority()))
order by l.name
""")

RESPONSIBLE = text("""
select l.gss_code, l.name from gazetteer.local_authority l
where l.dfe_code is not null and l.valid @> cast(:today as date) order by l.name
""")
NAME = text("select name from fostering.household where authority_id = (select careshare.authority()) and id = :id")


def _statement(*, by_places: bool) -> TextClause:
    return text(LIST.replace("{chosen}", CHOSEN.replace("{place_filter}", PLACE_FILTER if by_places else "")))


_LIST = {by_places: _statement(by_places=by_places) for by_places in (False, True)}


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the list; null: not asked. `q` is looked for in names, references, carers' names and addresses."""

    q: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    places: Literal["filled", "vacant", "held", "not_available"] | None = None
    published: bool | None = None
    area: Annotated[str, msgspec.Meta(pattern=GSS)] | None = None
    care_type: Annotated[str, msgspec.Meta(pattern=CODE)] | None = None
    stale: bool | None = None
    due: bool | None = None


async def register(
    uow: Uow, filters: Filters, *, seen: bool, after: tuple[str, UUID] | None = None, limit: int = 50
) -> tuple[list[HouseholdRow], bool]:
    """The next `limit` households by name, and whether there are more.

    `seen`: what is looked for may be found in confidential addresses too.
    """
    parameters: dict[str, Any] = msgspec.structs.asdict(filters)
    parameters |= {"seen": seen, "today": today(), "limit": limit + 1}
    parameters["name"], parameters["id"] = after or (None, None)
    rows = (await uow.execute(_LIST[filters.places is not None], parameters)).mappings().all()
    return [_row(dict(row)) for row in rows[:limit]], len(rows) > limit


def _row(row: dict[str, Any]) -> HouseholdRow:
    counts = PlaceCounts(*(row.pop(state) for state in PlaceCounts.__struct_fields__))
    return HouseholdRow(places=counts, **row)


async def summary(uow: Uow) -> Summary:
    """The register in numbers."""
    row = dict((await uow.execute(SUMMARY)).mappings().one())
    counts = PlaceCounts(*(row.pop(state) for state in PlaceCounts.__struct_fields__))
    return Summary(places=counts, **row)


async def areas(uow: Uow) -> list[tuple[str, str]]:
    """The area authorities in which the register has homes, as GSS code and name."""
    return [(row.gss_code, row.name) for row in await uow.execute(AREAS)]


async def responsible_authorities(uow: Uow) -> list[tuple[str, str]]:
    """The authorities that may be responsible for a child placed, as GSS code and name."""
    return [(row.gss_code, row.name) for row in await uow.execute(RESPONSIBLE, {"today": today()})]


async def placed_after(uow: Uow, household_id: UUID) -> tuple[str, UUID] | None:
    """Where the list goes on after a household, so that an address need not hold its name; None if it is gone."""
    name: str | None = (await uow.execute(NAME, {"id": household_id})).scalar_one_or_none()
    return None if name is None else (name, household_id)
