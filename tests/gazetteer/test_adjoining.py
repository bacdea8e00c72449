"""Which authorities adjoin, from a file that an administrator corrects, and since when."""

import csv
import os
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database, Uow
from careshare.errors import Invalid
from careshare.gazetteer import adjoining, neighbours, reference
from careshare.gazetteer.load import as_owner, load_adjoining
from careshare.settings import Settings

DURHAM, DARLINGTON, HARTLEPOOL, REDCAR = "E06000047", "E06000005", "E06000001", "E06000003"
NEWCASTLE, SOUTH_TYNESIDE, GATESHEAD = "E08000021", "E08000023", "E08000037"
NORTH_YORKSHIRE, NORTH_YORKSHIRE_BEFORE, YORK, BORDERS = "E06000065", "E10000023", "E06000014", "S12000026"
HEADER = "gss_a,gss_b,boundary,counts,valid_from\n"
TODAY = date(2026, 11, 20)


@pytest_asyncio.fixture(scope="module")
async def database(settings: Settings) -> AsyncIterator[Database]:
    opened = Database.open(settings, pool_size=2)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def uow(settings: Settings, database: Database) -> AsyncIterator[Uow]:
    """The shipped file and nothing else, whatever an earlier test corrected."""
    async with as_owner(settings) as connection:
        await connection.execute("delete from gazetteer.adjoining")
        await connection.execute("delete from gazetteer.neighbours_known")
    await load_adjoining(settings, adjoining.SHIPPED, reference.read(adjoining.SHIPPED))
    async with database.unbound() as opened:
        yield opened


async def adjoin(uow: Uow, a: str, b: str, day: date = TODAY) -> bool | None:
    found: bool | None = await uow.scalar(text("select gazetteer.adjoin(:a, :b, :day)"), {"a": a, "b": b, "day": day})
    return found


async def correct(settings: Settings, *lines: str) -> bool:
    return (await load_adjoining(settings, "correction.csv", HEADER + "\n".join(lines))).changed


async def test_the_shipped_file(uow: Uow) -> None:
    around = await neighbours(uow, DURHAM)
    assert around.complete
    assert {DARLINGTON, GATESHEAD, NORTH_YORKSHIRE} <= around.adjoining
    assert NEWCASTLE not in around.adjoining
    assert BORDERS in (await neighbours(uow, "E06000057")).adjoining
    for one in reference.authorities():
        if one.region_code == "E12000001" and one.valid_until is None:
            assert (await neighbours(uow, one.gss_code)).complete


async def test_both_directions_and_earlier_codes_answer_alike(uow: Uow) -> None:
    assert await adjoin(uow, DARLINGTON, NORTH_YORKSHIRE) is True
    assert await adjoin(uow, NORTH_YORKSHIRE, DARLINGTON) is True
    assert await adjoin(uow, DARLINGTON, NORTH_YORKSHIRE_BEFORE) is True
    assert DARLINGTON in (await neighbours(uow, NORTH_YORKSHIRE_BEFORE)).adjoining
    assert NORTH_YORKSHIRE_BEFORE in (await neighbours(uow, DARLINGTON)).adjoining


async def test_no_row_means_no_only_where_the_neighbours_are_known(uow: Uow) -> None:
    assert await adjoin(uow, NEWCASTLE, DURHAM) is False
    assert await adjoin(uow, NEWCASTLE, YORK) is False
    assert await adjoin(uow, YORK, NEWCASTLE) is False
    assert await adjoin(uow, NORTH_YORKSHIRE, YORK) is None
    around = await neighbours(uow, NORTH_YORKSHIRE)
    assert DARLINGTON in around.adjoining
    assert not around.complete
    assert (await neighbours(uow, YORK)).adjoining == frozenset()
    assert (await neighbours(uow, "E06009999")).complete is False


async def test_a_river_mouth_counts_only_when_an_administrator_says_so(uow: Uow, settings: Settings) -> None:
    assert await adjoin(uow, NEWCASTLE, SOUTH_TYNESIDE) is False
    assert await correct(settings, f"{SOUTH_TYNESIDE},{NEWCASTLE},water,yes,{TODAY}")
    assert await adjoin(uow, NEWCASTLE, SOUTH_TYNESIDE) is True
    assert await adjoin(uow, SOUTH_TYNESIDE, NEWCASTLE) is True
    assert await adjoin(uow, NEWCASTLE, SOUTH_TYNESIDE, TODAY - timedelta(days=1)) is False
    assert await adjoin(uow, HARTLEPOOL, REDCAR) is False


async def test_a_boundary_change_has_a_yesterday_and_a_today(uow: Uow, settings: Settings) -> None:
    yesterday = TODAY - timedelta(days=1)
    assert await correct(
        settings,
        f"{DURHAM},{DARLINGTON},none,,{TODAY}",
        f"{NEWCASTLE},{DURHAM},land,,{TODAY}",
        f"{NEWCASTLE},,none,,{TODAY}",
    )
    assert [await adjoin(uow, DURHAM, DARLINGTON, day) for day in (yesterday, TODAY)] == [True, False]
    assert [await adjoin(uow, DURHAM, NEWCASTLE, day) for day in (yesterday, TODAY)] == [False, True]
    assert [await adjoin(uow, NEWCASTLE, YORK, day) for day in (yesterday, TODAY)] == [False, None]


async def test_a_later_line_of_the_same_file_ends_an_earlier_one(uow: Uow, settings: Settings) -> None:
    lines = (
        f"{DURHAM},{YORK},land,,2027-04-01",
        f"{DURHAM},{YORK},water,,2025-01-01",
        f"{YORK},{DURHAM},none,,2026-01-01",
    )
    assert await correct(settings, *lines)
    async with as_owner(settings) as connection:
        rows = await connection.fetch(
            "select boundary, valid::text from gazetteer.adjoining where gss_a = $1 and gss_b = $2 order by valid",
            DURHAM,
            YORK,
        )
    assert [tuple(row) for row in rows] == [("water", "[2025-01-01,2026-01-01)"), ("land", "[2027-04-01,)")]
    assert not await correct(settings, *lines)


async def test_applying_a_file_again_changes_nothing_and_is_not_recorded(uow: Uow, settings: Settings) -> None:
    count = "select count(*) from gazetteer.source where kind = 'adjoining'"
    before = await uow.scalar(text(count))
    again = await load_adjoining(settings, adjoining.SHIPPED, reference.read(adjoining.SHIPPED))
    assert (again.statements, again.changed) == (42, False)
    assert await uow.scalar(text(count)) == before


async def test_what_stands_can_be_written_edited_and_applied(uow: Uow, settings: Settings) -> None:
    await correct(
        settings,
        f"{DURHAM},{DARLINGTON},none,,{TODAY}",
        f"{SOUTH_TYNESIDE},{NEWCASTLE},water,yes,2024-01-01",
        f"{GATESHEAD},,none,,{TODAY}",
    )
    async with as_owner(settings) as connection:
        written = await adjoining.export(connection)
        before = await connection.fetch(adjoining.STANDING)
        await connection.execute("delete from gazetteer.adjoining")
        await connection.execute("delete from gazetteer.neighbours_known")
        await adjoining.apply(connection, adjoining.parse(written))
        assert await connection.fetch(adjoining.STANDING) == before


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        (f"E99999999,{DURHAM},land,,2026-01-01", "gss_a", "not an authority's GSS code"),
        (f"{DURHAM},Newcastle,land,,2026-01-01", "gss_b", "not an authority's GSS code"),
        (f"{DURHAM},{DURHAM},land,,2026-01-01", "gss_b", "does not adjoin itself"),
        (f"{DURHAM},{YORK},hedge,,2026-01-01", "boundary", "must be one of land, water, none, all"),
        (f"{DURHAM},{YORK},all,,2026-01-01", "gss_b", "Leave the second authority empty"),
        (f"{DURHAM},,land,,2026-01-01", "gss_b", "Give the second authority"),
        (f"{DURHAM},{YORK},land,perhaps,2026-01-01", "counts", "must be yes or no"),
        (f"{DURHAM},{YORK},land,,01/04/2026", "valid_from", "Give a date like 2023-04-01"),
        (f"{DURHAM},{YORK}", "valid_from", "Give a date"),
        (f"{YORK},{DURHAM},water,no,2026-02-02", "boundary", "Line 3 says otherwise"),
    ],
)
async def test_wrong_lines_change_nothing(uow: Uow, settings: Settings, line: str, field: str, says: str) -> None:
    content = f"# to be corrected\n{HEADER}{DURHAM},{YORK},land,yes,2026-02-02\n\n{line}\n"
    with pytest.raises(Invalid, match="nothing was changed") as refused:
        await load_adjoining(settings, "wrong.csv", content)
    found = {error.field: error for error in refused.value.errors}
    assert says in found[field].message
    assert found[field].line == 5
    assert await adjoin(uow, DURHAM, YORK) is False


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "The file is empty"), ("# only\n", "empty"), ("gss_a,gss_b\n", "no boundary, counts, valid_from")],
)
def test_what_is_no_file_of_neighbours(content: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        adjoining.parse(content)
    assert says in refused.value.errors[0].message


def test_the_shipped_file_says_what_the_boundaries_say() -> None:
    given = os.environ.get("CARESHARE_REAL_DATA")
    source = Path(given or Path(__file__).parents[3] / "shared" / "data", "adjacent_authorities_north_east.csv")
    if not source.is_file() and given is None:
        pytest.skip(f"there is no {source.name}: say in CARESHARE_REAL_DATA where it is")
    with source.open(encoding="utf-8", newline="") as file:
        expected = {(row["gss_a"], row["gss_b"], row["boundary"], row["valid_from"]) for row in csv.DictReader(file)}
    shipped = adjoining.parse(reference.read(adjoining.SHIPPED))
    assert {(one.gss_a, one.gss_b, one.boundary, str(one.valid_from)) for one in shipped if one.gss_b} == expected
    assert all(one.counts == (one.boundary == "land") for one in shipped if one.gss_b)
