"""The demo's fostering registers: invented households at real postcodes, as many places as each authority has.

Each authority is loaded whole in one transaction or not at all; a start that was interrupted goes on with the next one.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from careshare.database import Acting, Database
from careshare.errors import Invalid
from careshare.service import Progress
from careshare.settings import Settings
from services.fostering.days import today
from services.fostering.generate import TABLES, Council, Places, Register, Spot, generate, published
from services.fostering.offers import refresh_offers
from tenants.actions import as_owner
from tenants.names import staff

if TYPE_CHECKING:
    import asyncpg

    from tenants.actions import Owner

PLACES_PER_WORKER = 36

COUNCILS = """
    select a.id, a.name, a.dfe_code, a.gss_code, a.duty_number, r.gss_code as region_code, s.id as own_shelf,
      (select m.person_id from tenants.member m where m.authority_id = a.id and m.roles @> array['fostering_officer']
        order by m.id limit 1) as officer,
      array(select p.name from tenants.member m join identity.person p on p.id = m.person_id
        where m.authority_id = a.id and m.roles @> array['supervising_social_worker'] order by m.id) as workers,
      array(select m.person_id from tenants.member m
        where m.authority_id = a.id and m.roles @> array['supervising_social_worker'] order by m.id) as worker_ids,
      array(select o.gss_code from tenants.authority o
        where o.region_id = a.region_id and o.id <> a.id and o.ends is null order by o.gss_code) as placing
    from tenants.authority a join tenants.region r on r.id = a.region_id
    join careshare.shelf s on s.owner_id = a.id and s.resource = 'foster_carers:own'
    where a.ends is null and a.dfe_code = any($1)
      and not exists (select from fostering.household h where h.authority_id = a.id)
    order by a.name
"""
# An authority's own postcodes, mixed the same way each time.
HERE = """
    select p.postcode, p.easting, p.northing, p.outward, p.area_gss, coalesce(l.name, p.area_gss) as area_name
    from gazetteer.postcode p left join gazetteer.local_authority l on l.gss_code = p.area_gss
    where p.area_gss = $1 and p.ended is null order by md5(p.postcode || 'careshare') limit $2
"""
# The same for English authorities that adjoin (the nearest four where that is not known): their parts that lie nearest.
BEYOND = """
    with centre as (select easting, northing from gazetteer.area where code = 'authority:' || $1),
    adjoining as (
      select a.code, a.name from gazetteer.area a
      where a.kind = 'authority' and a.code in (select 'authority:' || c from unnest(gazetteer.adjoins($1)) c)),
    nearest as (
      select a.code, a.name from gazetteer.area a, centre c where a.kind = 'authority' and a.code <> 'authority:' || $1
      order by gazetteer.miles(a.easting, a.northing, c.easting, c.northing) limit 4),
    neighbour as (
      select split_part(code, ':', 2) as gss, name from (
        select * from adjoining union all select * from nearest where not exists (select from adjoining)) n
      where code like 'authority:E%')
    select p.postcode, p.easting, p.northing, p.outward, n.gss as area_gss, n.name as area_name
    from neighbour n cross join centre c cross join lateral (
      select postcode, easting, northing, outward from gazetteer.postcode
      where area_gss = n.gss and ended is null
      order by gazetteer.miles(easting, northing, c.easting, c.northing), postcode limit 400) p
    order by md5(p.postcode || 'careshare') limit $2
"""
UNOFFERED = """
    select a.id, m.person_id as officer from tenants.authority a
    join lateral (select person_id from tenants.member m where m.authority_id = a.id
      and m.roles @> array['fostering_officer'] order by m.id limit 1) m on true
    where a.dfe_code = any($1) and exists (select from fostering.household h where h.authority_id = a.id)
      and not exists (select from tenants.offer o where o.owner_id = a.id and o.kind = 'foster_home')
    order by a.name
"""


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Fill the registers of the demo region. Does nothing where they are filled."""
    places = {code: one for code, one in published().items() if code}
    await fill(settings, places, progress)


async def fill(settings: Settings, places: Mapping[str, Places], progress: Progress, base: date | None = None) -> None:
    """Fill the empty registers of authorities (by DfE code) that were brought on, and make their offers.

    `base` is the day the dates lie around, today if not given. Raises Invalid where an authority's postcodes are not
    loaded.
    """
    day = base or today()
    async with _alone(settings):
        async with as_owner(settings) as owner:
            councils = [
                await _council(owner, row, places[row["dfe_code"]]) for row in await owner.fetch(COUNCILS, list(places))
            ]
        for number, council in enumerate(councils):
            progress(f"{council.places.approved} places of {council.name}", number / len(councils) * 0.5)
            async with as_owner(settings) as owner:
                await write(owner, generate(council, day))
        async with as_owner(settings) as owner:
            waiting = await owner.fetch(UNOFFERED, list(places))
            if councils:
                await owner.execute(f"analyze {', '.join(TABLES)}")
        await _offer(settings, [(row["id"], row["officer"]) for row in waiting], progress, day)


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncGenerator[None]:
    """Lets one process at a time fill registers."""
    async with as_owner(settings) as owner:
        await owner.execute("select pg_advisory_xact_lock(hashtext('fostering.demo'))")
        yield


async def _council(owner: "Owner", row: "asyncpg.Record", places: Places) -> Council:
    here = await owner.fetch(HERE, row["gss_code"], places.approved)
    beyond = await owner.fetch(BEYOND, row["gss_code"], places.approved)
    if len(here) < places.approved:
        raise Invalid(f"Too few postcodes of {row['name']} are loaded: add its areas to CARESHARE_POSTCODE_AREAS")
    rng = Random(f"workers {row['dfe_code']}")  # noqa: S311  # invented people
    taken = set(row["workers"])
    more = [staff(rng, taken) for _ in range(places.approved // PLACES_PER_WORKER)]
    return Council(
        id=row["id"],
        dfe_code=row["dfe_code"],
        gss_code=row["gss_code"],
        region_code=row["region_code"],
        name=row["name"],
        duty_number=row["duty_number"],
        places=places,
        officer=row["officer"],
        workers=(*zip(row["workers"], row["worker_ids"], strict=True), *((name, None) for name in more)),
        own_shelf=row["own_shelf"],
        here=tuple(Spot(*one) for one in here),
        beyond=tuple(Spot(*one) for one in beyond),
        placing=tuple(row["placing"]),
    )


async def write(owner: "Owner", register: Register) -> None:
    """Add an authority's rows, one statement a table."""
    for table in TABLES:
        rows = register.rows[table]
        if rows:
            columns = ", ".join(dict.fromkeys(column for row in rows for column in row))
            # Names of our own tables and columns; what they hold is a parameter.
            insert = f"insert into {table} ({columns}) select {columns} from json_populate_recordset(null::{table}, $1)"  # noqa: S608
            await owner.execute(insert, msgspec.json.encode(rows).decode())


async def _offer(settings: Settings, waiting: Sequence[tuple[UUID, UUID]], progress: Progress, day: date) -> None:
    database = Database.open(settings, pool_size=1)
    try:
        for number, (authority, officer) in enumerate(waiting):
            progress("making vacancy notices", 0.5 + number / len(waiting) / 2)
            async with database.bound(Acting(authority, officer, "fostering:demo")) as uow:
                await refresh_offers(uow, on=day)
    finally:
        await database.close()
