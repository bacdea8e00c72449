"""Loading: authorities, postcodes, areas and neighbours into the database, each at once or not at all.

Everything here connects as the administrator and becomes `careshare_owner`; the application cannot write any of it.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from careshare.errors import FieldError, Invalid, Unavailable
from careshare.gazetteer import adjoining, reference
from careshare.gazetteer.directory import GREAT_BRITAIN, PACKAGE, Coverage, Directory, Tally, packaged
from careshare.settings import Settings

Progress = Callable[[str], None]

NEWEST = "select version, coverage, name, rows from gazetteer.source where kind = $1 order by id desc limit 1"
RECORD = "insert into gazetteer.source (kind, name, version, coverage, rows) values ($1, $2, $3, $4, $5)"
ONE_AT_A_TIME = "lock table gazetteer.source in share row exclusive mode"

AUTHORITIES = """
    insert into gazetteer.local_authority (gss_code, dfe_code, name, region_code, region_name, valid)
    select gss_code, dfe_code, name, region_code, region_name, daterange(starts, ends)
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[])
      as given (gss_code, dfe_code, name, region_code, region_name, starts, ends)
"""

INCOMING = """
    create unlogged table gazetteer.incoming
      (postcode text, easting int, northing int, area_gss text, outward text, ended date)
"""
COLUMNS = ("postcode", "easting", "northing", "area_gss", "outward", "ended")
TWICE = "select postcode from gazetteer.incoming group by postcode having count(*) > 1 order by postcode limit 5"
GONE = """
    delete from gazetteer.postcode p
    where not exists (select from gazetteer.incoming i where i.postcode = p.postcode)
"""
CHANGED = """
    insert into gazetteer.postcode as p (postcode, easting, northing, area_gss, outward, ended)
    select postcode, easting, northing, area_gss, outward, ended from gazetteer.incoming
    on conflict (postcode) do update set easting = excluded.easting, northing = excluded.northing,
      area_gss = excluded.area_gss, outward = excluded.outward, ended = excluded.ended
    where (p.easting, p.northing, p.area_gss, p.outward, p.ended)
      is distinct from (excluded.easting, excluded.northing, excluded.area_gss, excluded.outward, excluded.ended)
"""
# An area's centre is the mean of its postcodes; its radius reaches the farthest of them from the centre as rounded.
AREAS = """
    with member as (
      select k.kind, k.id, k.name, p.easting, p.northing
      from gazetteer.postcode p
      left join gazetteer.local_authority l on l.gss_code = p.area_gss
      cross join lateral (values
        ('outward', p.outward, p.outward),
        ('authority', p.area_gss, coalesce(l.name, p.area_gss)),
        ('postcode_area', substring(p.outward from '^[A-Z]+'), substring(p.outward from '^[A-Z]+') || ' postcodes'),
        ('region', l.region_code, l.region_name)) k (kind, id, name)
      where k.id is not null),
    centre as (
      select kind, id, name, round(avg(easting))::int as easting, round(avg(northing))::int as northing,
        count(*) as postcodes
      from member group by kind, id, name)
    insert into gazetteer.area (code, kind, name, easting, northing, radius_m, postcodes)
    select c.kind || ':' || c.id, c.kind, c.name, c.easting, c.northing,
      ceil(sqrt(max((m.easting - c.easting)::double precision ^ 2 + (m.northing - c.northing)::double precision ^ 2))),
      c.postcodes
    from centre c join member m using (kind, id, name)
    group by c.kind, c.id, c.name, c.easting, c.northing, c.postcodes
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did. `rows` postcodes stand; `tally` is None where the same directory was there already."""

    rows: int
    removed: int
    written: int
    tally: Tally | None


@asynccontextmanager
async def as_owner(settings: Settings) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """One transaction as the owner of the gazetteer, alone among loaders; readers go on with what stood before."""
    address = settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    try:
        async with connection.transaction():
            try:
                await connection.execute("set local role careshare_owner")
                await connection.execute(ONE_AT_A_TIME)
            except asyncpg.InsufficientPrivilegeError as error:
                raise Unavailable("The login in CARESHARE_DATABASE_URL must be the one that migrates") from error
            except (asyncpg.InvalidParameterValueError, asyncpg.InvalidSchemaNameError) as error:
                raise Unavailable("The database has no gazetteer yet: run `careshare migrate` first") from error
            yield connection
    finally:
        await connection.close()


async def load_postcodes(settings: Settings, directory: Directory, progress: Progress) -> Loaded:
    """Make the gazetteer's postcodes those of `directory`, in one transaction; nothing happens where they are already.
    Where no neighbours were ever recorded, the shipped ones are.

    Raises `Invalid` where the directory cannot be read, has a postcode twice or nothing in its coverage.
    """
    async with as_owner(settings) as connection:
        await _load_authorities(connection)
        loaded = await _load_postcodes(connection, directory, progress)
        await _load_shipped_neighbours(connection)
        return loaded


async def load_adjoining(settings: Settings, name: str, text: str) -> adjoining.Applied:
    """Apply a file of neighbours (see `adjoining.py`). Raises `Invalid` with every wrong line; then nothing changes."""
    async with as_owner(settings) as connection:
        await _load_authorities(connection)
        return await _load_adjoining(connection, name, text)


def configured(settings: Settings) -> Coverage:
    """The postcode areas that CARESHARE_POSTCODE_AREAS asks for."""
    return Coverage.of(*settings.postcode_areas) if settings.postcode_areas else GREAT_BRITAIN


async def ensure_loaded(settings: Settings, progress: Progress, coverage: Coverage | None = None) -> None:
    """See that there is a gazetteer with at least `coverage` (the settings' where none is given); quick when there is.

    What an administrator loaded is never replaced: a directory of their own stays, and so do neighbours once recorded.
    """
    wanted = configured(settings) if coverage is None else coverage
    async with as_owner(settings) as connection:
        await _load_authorities(connection)
        stands = await connection.fetchrow(NEWEST, "postcodes")
        if stands is None:
            await _load_postcodes(connection, packaged(wanted), progress)
        elif stands["name"].startswith(PACKAGE):
            await _load_postcodes(connection, packaged(Coverage.parse(stands["coverage"]).union(wanted)), progress)
        await _load_shipped_neighbours(connection)


async def _load_authorities(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    version = reference.version()
    stands = await connection.fetchrow(NEWEST, "authorities")
    if stands is not None and stands["version"] == version:
        return
    given = reference.authorities()
    await connection.execute("delete from gazetteer.local_authority")
    await connection.execute(
        AUTHORITIES,
        [one.gss_code for one in given],
        [one.dfe_code for one in given],
        [one.name for one in given],
        [one.region_code for one in given],
        [one.region_name for one in given],
        [one.valid_from for one in given],
        [one.valid_until for one in given],
    )
    await connection.execute(RECORD, "authorities", "authorities.csv", version, "", len(given))


async def _load_postcodes(
    connection: "asyncpg.Connection[asyncpg.Record]", directory: Directory, progress: Progress
) -> Loaded:
    coverage = str(directory.coverage)
    stands = await connection.fetchrow(NEWEST, "postcodes")
    if stands is not None and (stands["version"], stands["coverage"]) == (directory.version, coverage):
        return Loaded(rows=stands["rows"], removed=0, written=0, tally=None)
    progress(f"Reading postcodes of {'Great Britain' if coverage == 'all' else coverage} from {directory.name}")
    tally = Tally()
    await connection.execute(INCOMING)
    copied = await connection.copy_records_to_table(
        "incoming", schema_name="gazetteer", columns=COLUMNS, records=directory.rows(tally)
    )
    rows = _count(copied)
    if not rows:
        raise Invalid(f"There are no postcodes of {coverage} in {directory.name}", errors=tally.bad)
    twice = [row["postcode"] for row in await connection.fetch(TWICE)]
    if twice:
        message = f"A postcode may stand only once: {', '.join(twice)}"
        raise Invalid(message, errors=[FieldError("postcode", message)])
    progress(f"Writing {rows:,} postcodes")
    await connection.execute("analyze gazetteer.incoming")
    removed, written = _count(await connection.execute(GONE)), _count(await connection.execute(CHANGED))
    await connection.execute("drop table gazetteer.incoming")
    progress("Working out the areas they lie in")
    await connection.execute("delete from gazetteer.area")
    await connection.execute(AREAS)
    await connection.execute("analyze gazetteer.postcode, gazetteer.area, gazetteer.local_authority")
    await connection.execute(RECORD, "postcodes", directory.name, directory.version, coverage, rows)
    return Loaded(rows=rows, removed=removed, written=written, tally=tally)


async def _load_adjoining(connection: "asyncpg.Connection[asyncpg.Record]", name: str, text: str) -> adjoining.Applied:
    applied = await adjoining.apply(connection, adjoining.parse(text))
    if applied.changed:
        await connection.execute(RECORD, "adjoining", name, adjoining.version(text), "", applied.statements)
    return applied


async def _load_shipped_neighbours(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    if await connection.fetchrow(NEWEST, "adjoining") is None:
        await _load_adjoining(connection, adjoining.SHIPPED, reference.read(adjoining.SHIPPED))


def _count(status: str) -> int:
    """The number at the end of a command's status: 3 of "DELETE 3"."""
    return int(status.rpartition(" ")[2])
