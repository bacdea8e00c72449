"""What the record answers: who outside saw what, who inside opened what, our searches, probing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from sqlalchemy import text

from careshare.audit import record
from careshare.database import Database
from careshare.settings import Settings
from services.record import jobs
from tenants.actions import as_owner
from tests.isolation.hidden import add_household, add_offer
from tests.record.searching import searched
from tests.world import World

OFFICER = "data_protection_officer"


@pytest_asyncio.fixture(scope="module")
async def home(settings: Settings, world: World) -> tuple[UUID, UUID]:
    """A household of A and the id of its notice, which has been withdrawn since."""
    async with as_owner(settings) as owner:
        household = await add_household(owner, world.a, "SEEN-1")
        offer = await add_offer(owner, world.a, "foster_carers", household, point=(400_100, 560_100))
        await owner.execute("delete from tenants.offer where id = $1", offer)
    return household, offer


@pytest_asyncio.fixture(scope="module")
async def used(database: Database, world: World, home: tuple[UUID, UUID]) -> None:
    """B searched twice and was shown the home once; A opened it as a confidential one and searched too."""
    await searched(database, world, world.b, world.a, [home[1], uuid4()])
    await searched(database, world, world.b, world.a, [uuid4()], home_postcode="ZB1 1AA", home_miles=3)
    await searched(database, world, world.a, world.b, [uuid4()], keep_away=[{"postcode": "ZA1 1AA", "miles": 1}])
    async with database.bound(world.acting(world.a, "fostering_officer", "household:read")) as uow:
        await record(uow, "household.opened", subjects=[home[0]], purpose="visit")


async def get(client: httpx.AsyncClient, world: World, path: str, of: str = "a", **query: str) -> httpx.Response:
    headers = await world.bearer(getattr(world, of), OFFICER)
    return await client.get(f"/api/v1/record/{path}", params=query, headers=headers)


async def test_an_owner_sees_who_outside_saw_its_records(
    client: httpx.AsyncClient, world: World, used: None, home: tuple[UUID, UUID]
) -> None:
    found = (await get(client, world, "disclosures")).json()
    assert [(one["authority"], one["records"]) for one in found["items"]] == [("Birkdale", 1), ("Birkdale", 2)]
    assert found["viewers"][0]["times"] == 2
    last = found["items"][1]
    assert last["homes"] == [{"id": str(home[0]), "reference": "SEEN-1"}]
    assert last["agreement"] == "Ashmoor and Birkdale foster carers"
    assert last["purpose"] == "placement:search"
    assert "ZB1" not in str(found)
    assert world.b.names["placement_finder"] not in str(found)


async def test_it_is_narrowed_by_home_authority_and_period(client: httpx.AsyncClient, world: World, used: None) -> None:
    assert len((await get(client, world, "disclosures", household="seen-1")).json()["items"]) == 1
    assert len((await get(client, world, "disclosures", authority=str(world.b.id))).json()["items"]) == 2
    assert (await get(client, world, "disclosures", authority=str(world.c.id))).json()["items"] == []
    before = {"since": "2026-01-01", "until": "2026-01-31"}
    assert (await get(client, world, "disclosures", **before)).json()["items"] == []
    unknown = await get(client, world, "disclosures", household="NO-SUCH")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "household")
    backwards = await get(client, world, "disclosures", since="2026-02-01", until="2026-01-01")
    assert backwards.json()["errors"][0]["field"] == "until"


async def test_pages_by_key_hold_every_entry_once(client: httpx.AsyncClient, world: World, used: None) -> None:
    first = (await get(client, world, "disclosures", limit="1")).json()
    second = (await get(client, world, "disclosures", limit="1", cursor=first["next_cursor"])).json()
    assert second["next_cursor"] is None
    assert first["items"][0]["id"] > second["items"][0]["id"]
    other = await get(client, world, "openings", cursor=first["next_cursor"])
    assert other.status_code == 400


async def test_openings_name_the_colleague_and_the_reason(client: httpx.AsyncClient, world: World, used: None) -> None:
    (opening,) = (await get(client, world, "openings")).json()["items"]
    assert opening["person"] == world.a.names["fostering_officer"]
    assert opening["reason"] == "visit"
    assert opening["homes"][0]["reference"] == "SEEN-1"


async def test_own_searches_do_not_say_what_was_searched_for(
    client: httpx.AsyncClient, world: World, used: None
) -> None:
    answer = await get(client, world, "searches")
    (search,) = answer.json()["items"]
    assert (search["reference"], search["chosen_points"], search["records"]) == ("CH-1001", 1, 1)
    assert "ZA1" not in answer.text


async def test_each_step_of_an_agreement_stands_on_the_record_of_both_parties(
    client: httpx.AsyncClient, world: World
) -> None:
    for of, other in (("a", world.b), ("b", world.a)):
        steps = (await get(client, world, "steps", of, kind="agreements")).json()["items"]
        signed = {step["authority"]: step["person"] for step in steps if step["action"].startswith("agreement.signed")}
        own = getattr(world, of)
        assert signed == {own.name: own.names["director"], other.name: None}
    assert (await get(client, world, "steps", "c", kind="agreements")).json()["items"] == []
    assert (await get(client, world, "steps", kind="nothing")).status_code == 400


async def test_others_see_nothing_of_it(client: httpx.AsyncClient, world: World, used: None) -> None:
    for path in ("disclosures", "openings", "searches", "probing"):
        assert (await get(client, world, path, "c")).json()["items"] == []
    assert len((await get(client, world, "disclosures", "b")).json()["items"]) == 1


async def test_only_the_officer_reads_it(client: httpx.AsyncClient, world: World) -> None:
    for role in ("authority_administrator", "placement_finder", "team_manager", "regional_administrator", "director"):
        headers = await world.bearer(world.a, role)
        assert (await client.get("/api/v1/record/disclosures", headers=headers)).status_code == 403


async def test_probing_is_shown_to_the_owner_without_what_was_searched_for(
    client: httpx.AsyncClient, database: Database, world: World, home: tuple[UUID, UUID]
) -> None:
    acting = world.acting(world.b, OFFICER, "test")
    for n in range(8):
        await searched(database, world, world.b, world.a, [home[1]], keep_away=[{"postcode": f"ZB2 1A{n}", "miles": 2}])
    for _ in range(2):
        async with database.bound(acting) as uow:
            await jobs.look_for_probing(uow, jobs.Nothing())
    answer = await get(client, world, "probing")
    (probe,) = answer.json()["items"]
    assert (probe["authority"], probe["points"], probe["searches"], probe["person"]) == ("Birkdale", 9, 9, None)
    assert probe["homes"] == [{"id": str(home[0]), "reference": "SEEN-1"}]
    assert "ZB2" not in answer.text
    (ours,) = (await get(client, world, "probing", "b")).json()["items"]
    assert (ours["ours"], ours["person"], ours["homes"]) == (True, world.b.names["placement_finder"], [])
    await searched(database, world, world.b, world.a, [home[1]], home_postcode="ZB1 2AA", home_miles=9)
    async with database.bound(acting) as uow:
        await jobs.look_for_probing(uow, jobs.Nothing())
    (longer,) = (await get(client, world, "probing")).json()["items"]
    assert (longer["id"], longer["searches"]) == (probe["id"], 10)


async def test_nobody_flags_for_another_authority(database: Database, world: World) -> None:
    given = {"owner_id": world.a.id, "actor_id": uuid4(), "subjects": [uuid4()], "searches": 9, "points": 9}
    now = datetime.now(UTC)
    async with database.bound(world.acting(world.c, OFFICER)) as uow:
        await uow.execute(jobs.FOUND, {**given, "first_at": now - timedelta(hours=1), "last_at": now})
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        changed = await uow.execute(
            text("update record.probe set searches = 1 where owner_id = careshare.authority() returning id")
        )
        assert changed.all() == []
