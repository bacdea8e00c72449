"""Ofsted's list is read as it comes, taken once, explained by line, and followed by the homes that are kept."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import Conflict, Invalid
from services.residential import public
from services.residential.ofsted.actions import follow, provider, providers, squeezed, take_list
from services.residential.ofsted.cli import ofsted
from services.residential.ofsted.read import read_list
from tests.residential.homes import Desk, a_home, a_urn
from tests.world import World

HEAD = (
    "Web link,URN,Linked Education URN,Provision type,Registration date,Registration status,Name,Address 1,Postcode,"
    "Local authority,Sector,Places,Short-break-only children's home,Multi-building children's home,"
    "Organisation which owns the provider,Latest full inspection date,"
    "Overall experiences and progress of children and young people"
)


def line(
    urn: str,
    *,
    type_: str = "Children's home",
    places: str = "4",
    judgement: str = "Good",
    judged_on: str = "15/11/2022",
    sector: str = "Private",
    name: str = "REDACTED",
) -> str:
    """One line of a list."""
    return (
        f"Link,{urn},,{type_},29/10/2020,Active,{name},REDACTED,REDACTED,Ashmoor,{sector},{places},,,"
        f"Invented Homes Ltd,{judged_on},{judgement}"
    )


def a_list(lines: Sequence[str], day: str = "31 March 2023") -> bytes:
    """A list as it is published: a byte order mark and three lines before the header."""
    before = [f"Provider level as at {day},,,", '"One table, which begins in cell A4.",,', "Some cells are empty.,,"]
    return "\ufeff".encode() + "\r\n".join([*before, HEAD, *lines]).encode()


def the_real_one() -> Path:
    """Ofsted's real list, where it is known."""
    given = os.environ.get("CARESHARE_REAL_DATA")
    beside = Path(__file__).parents[3] / "shared" / "data"
    source = (Path(given) if given else beside) / "ofsted_providers_north_east_2023-03-31.csv"
    if not source.exists():
        pytest.skip(f"there is no {source.name}: say in CARESHARE_REAL_DATA where it is")
    return source


def test_the_real_list_holds_163_homes_with_723_places() -> None:
    source = the_real_one()
    read = read_list(source.read_bytes(), source.name)
    assert (read.as_at, read.rows, len(read.homes), read.places) == (date(2023, 3, 31), 200, 163, 723)
    assert read.redacted == 163
    assert not read.bad
    assert {one.provision_type: one.number for one in read.left_out} == {
        "Independent Fostering Agency": 24,
        "Residential Special School": 4,
        "Voluntary Adoption Agency": 3,
        "Secure children's home": 2,
        "Further Education College with Residential Accommodation": 2,
        "Residential Family Centre": 1,
        "Adoption Support Agency": 1,
    }
    assert {len(home.urn) for home in read.homes} == {7, 8}
    assert sum(home.short_break_only for home in read.homes) == 12


def test_rows_with_something_wrong_are_explained_by_line_and_field() -> None:
    read = read_list(
        a_list(
            [
                line("SC123456"),
                line("123"),
                line("1234567", places="many"),
                line("1234568", sector="Crown"),
                line("SC123456"),
                line("1234569", type_="Moon base"),
                line("1234570", judgement="Splendid"),
                line("1234571", judged_on="31/02/2023"),
                line("1234572", type_="Voluntary Adoption Agency", places=""),
                line("1234573", judged_on="", judgement=""),
                "",
                "Link,1234574",
            ]
        ),
        "list.csv",
    )
    assert [home.urn for home in read.homes] == ["SC123456", "1234573"]
    assert [(error.line, error.field) for error in read.bad] == [
        (6, "URN"),
        (7, "Places"),
        (8, "Sector"),
        (9, "URN"),
        (10, "Provision type"),
        (11, "Overall experiences and progress of children and young people"),
        (12, "Latest full inspection date"),
        (16, "Provision type"),
    ]
    assert read.bad[3].message == "The number stands on line 5 already"
    assert [(one.number, one.why) for one in read.left_out] == [(1, "An agency is not a home")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "no line has the headers"),
        (b"\x00\x01PK", "not CSV"),
        (HEAD.encode(), "as at which day"),
        (b"as at 31 March 2023\nURN,Provision type\n", "lacks these columns"),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read_list(content, "something.csv")


def test_names_of_authorities_meet_however_they_are_written() -> None:
    assert squeezed("Durham") == squeezed("County Durham")
    assert squeezed("Bristol, City of") == squeezed("City of Bristol")
    assert squeezed("Redcar & Cleveland") == squeezed("Redcar and Cleveland")
    assert squeezed("Kingston upon Hull, City of") != squeezed("Kingston upon Thames")


async def test_a_list_is_taken_once_and_an_older_one_not_at_all(database: Database, world: World) -> None:
    first, second, third = a_urn(), a_urn(), a_urn()
    async with database.unbound() as uow:
        content = a_list([line(first), line(second)], "1 January 2024")
        taken = await take_list(uow, content, "one.csv", loaded_by="test")
        assert (taken.homes, taken.new_homes, taken.changed_homes, taken.gone_homes) == (2, 2, 0, 0)
        written = text(
            "select urn, xmin::text, ctid::text from residential.ofsted_provider order by 1".replace("::", "\\:\\:")
        )
        before = (await uow.execute(written)).all()
        assert await take_list(uow, content, "again.csv", loaded_by="test") == taken
        assert (await uow.execute(written)).all() == before
    async with database.unbound() as uow:
        worse = line(first, judgement="Inadequate", judged_on="02/02/2024")
        taken = await take_list(uow, a_list([worse, line(third)], "1 March 2024"), "two.csv", loaded_by="test")
        assert (taken.new_homes, taken.changed_homes, taken.gone_homes) == (1, 1, 1)
        with pytest.raises(Conflict, match="later day"):
            await take_list(uow, a_list([line(a_urn())], "1 February 2024"), "old.csv", loaded_by="test")
    async with database.bound(world.acting(world.a)) as uow:
        found = await provider(uow, first)
        assert found is not None
        assert (found.judgement, found.previous_judgement, found.fell) == ("inadequate", "good", True)
        assert (found.area_gss, found.keeper, found.redacted) == ("E06000901", None, True)
        gone = await provider(uow, second)
        assert gone is not None
        assert gone.gone_on == date(2024, 3, 1)
        assert [one.urn for one in await providers(uow)] == sorted([first, third])


async def test_a_home_follows_the_list_and_a_fall_is_flagged(database: Database, a: Desk, b: Desk) -> None:
    urn = a_urn()
    async with database.unbound() as uow:
        await take_list(uow, a_list([line(urn, judgement="Outstanding")], "1 April 2024"), "a.csv", loaded_by="test")
    home = await a.make(a_home(urn=urn))
    async with a.uow() as uow:
        judged = text("select judgement from residential.home where id = :id")
        assert await uow.scalar(judged, {"id": home}) == "outstanding"
        assert await public.fallen_judgements(uow) == []
    async with database.unbound() as uow:
        worse = line(urn, judgement="Requires improvement to be good", judged_on="01/05/2024")
        await take_list(uow, a_list([worse], "1 June 2024"), "b.csv", loaded_by="test")
    async with a.uow() as uow:
        assert await follow(uow) == 1
        assert await follow(uow) == 0
        fallen = await public.fallen_judgements(uow)
        assert [(one.home_id, one.before, one.after) for one in fallen] == [
            (home, "outstanding", "requires_improvement")
        ]
        said = await provider(uow, urn)
        assert said is not None
        assert (said.keeper, said.kept_as, said.ours) == ("Ashmoor", "own", True)
    async with b.uow() as uow:
        assert await follow(uow) == 0
        other = await provider(uow, urn)
        assert other is not None
        assert (other.keeper, other.ours) == ("Ashmoor", False)


async def test_a_regional_administrator_sends_a_list(client: httpx.AsyncClient, world: World) -> None:
    content = a_list([line(a_urn()), line("bad")], "1 July 2024")
    headers = {**await world.bearer(world.a, "regional_administrator"), "Content-Type": "text/csv"}
    sent = await client.post("/api/v1/ofsted-lists?file_name=july.csv", content=content, headers=headers)
    assert sent.status_code == 201, sent.text
    assert (sent.json()["homes"], sent.json()["bad"], sent.json()["report"]["bad"][0]["line"]) == (1, 1, 6)
    again = await client.post("/api/v1/ofsted-lists", content=content, headers=headers)
    assert again.json()["id"] == sent.json()["id"]
    as_form = await client.post(
        "/api/v1/ofsted-lists",
        files={"file": ("july.csv", content)},
        headers={"Authorization": headers["Authorization"]},
    )
    assert as_form.json()["id"] == sent.json()["id"]
    listed = await client.get("/api/v1/ofsted-homes?limit=1", headers=await world.bearer(world.b))
    assert len(listed.json()["items"]) == 1
    refused = await client.post(
        "/api/v1/ofsted-lists", content=content, headers={**await world.bearer(world.a, "residential_manager")}
    )
    assert refused.status_code == 403


def test_the_command_says_what_a_list_holds(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(a_list([line("SC123456"), line("9"), line("1234567", type_="Voluntary Adoption Agency")]))
    ran = CliRunner().invoke(ofsted, [str(file), "--check"])
    assert ran.exit_code == 0, ran.output
    assert "Would be taken: 1 homes with 4 places." in ran.output
    assert "An agency is not a home" in ran.output
    assert "SC and six figures" in ran.output
