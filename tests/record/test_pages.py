"""Every page of the record, with something on it and with nothing, read as a browser would."""

import httpx
import pytest
import pytest_asyncio

from careshare.audit import checking
from careshare.database import Database
from careshare.settings import Settings
from services.record import jobs
from tenants.actions import as_owner
from tests.isolation.hidden import add_household, add_offer
from tests.record.hidden import add_record
from tests.record.searching import searched
from tests.web.html import parsed, words
from tests.world import World, submit

OFFICER = "data_protection_officer"
PAGES = (
    "/record",
    "/record/shown",
    "/record/opened",
    "/record/searches",
    "/record/steps",
    "/record/probing",
    "/record/verification",
    "/record/retention",
    "/record/retention/due",
    "/record/retention/holds",
    "/record/retention/holds/{hold}/lift",
    "/record/breaches",
    "/record/breaches/new",
    "/record/breaches/{breach}",
    "/record/subject-access",
    "/record/subject-access/new",
    "/record/subject-access/{request}",
)


@pytest_asyncio.fixture(scope="module")
async def ids(settings: Settings, database: Database, world: World) -> dict[str, str]:
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "PAGES-1")
        offer = await add_offer(owner, world.a, "foster_carers", household, point=(400_100, 560_100))
        stay = await owner.fetchval("select id from fostering.placed_child where household_id = $1", household)
        made = await add_record(owner, world.a, household, stay)
    for n in range(9):
        await searched(database, world, world.b, world.a, [offer], home_postcode=f"ZB1 1A{n}", home_miles=2)
        await searched(database, world, world.a, world.b, [offer])
    async with database.bound(world.acting(world.b, OFFICER)) as uow:
        await jobs.look_for_probing(uow, jobs.Nothing())
    await checking.check(settings)
    return {name: str(value) for name, value in made.items()}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_sound(client: httpx.AsyncClient, world: World, ids: dict[str, str], path: str) -> None:
    await world.sign_in(client, world.a, OFFICER, stepped_up=True)
    answer = await client.get(path.format(**ids))
    assert answer.status_code == 200, answer.text
    tree = parsed(answer)
    assert len(list(tree.iter("h1"))) == 1
    if "{" not in path:
        await world.sign_in(client, world.c, OFFICER, stepped_up=True)
        empty = await client.get(path)
        assert empty.status_code == 200
        parsed(empty)
        assert "PAGES-1" not in empty.text
    await world.sign_in(client, world.a, "team_manager")
    assert (await client.get(path.format(**ids))).status_code == 403


async def test_probing_names_the_authority_and_the_home(
    client: httpx.AsyncClient, world: World, ids: dict[str, str]
) -> None:
    await world.sign_in(client, world.a, OFFICER, stepped_up=True)
    page = words(parsed(await client.get("/record/probing")))
    assert "One person at Birkdale" in page
    assert "Yours: PAGES-1" in page
    assert "ZB1" not in page


async def test_what_is_asked_wrongly_is_told_beside_its_field(
    client: httpx.AsyncClient, world: World, ids: dict[str, str]
) -> None:
    await world.sign_in(client, world.a, OFFICER, stepped_up=True)
    for query, said in (
        ("household=NO-SUCH", "No household of your register has this reference"),
        ("since=2026-02-01&until=2026-01-01", "The last day must be the same as or after the first day"),
        ("since=nonsense", "The first day must be a real date"),
    ):
        answer = await client.get(f"/record/shown?{query}")
        assert answer.status_code == 400
        assert said in answer.text
    assert (await client.get("/record/shown?after=forged")).status_code == 400
    shown = await client.get("/record/shown?household=pages-1")
    assert "PAGES-1" in shown.text


async def test_every_form_is_refused_without_its_token(
    client: httpx.AsyncClient, world: World, ids: dict[str, str]
) -> None:
    await world.sign_in(client, world.a, OFFICER, stepped_up=True)
    for path in ("/record/retention/holds", "/record/breaches/new", f"/record/breaches/{ids['breach']}"):
        answer = await client.post(path, data={"reason": "forged"})
        assert answer.status_code == 403, path
    nothing = await submit(client, "/record/retention/holds", {})
    assert "Select what is held" in nothing.text
