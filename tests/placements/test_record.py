"""Searches are on the record with the identifiers shown; need that finds nothing is kept once; old things go."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from services.placements.jobs import Nothing, keep_to_policy
from tenants.actions import as_owner
from tests.placements.homes import add_home, days, remove_all
from tests.world import World, WorldAuthority

URL = "/api/v1/searches"
BOY: dict[str, Any] = {"children": [{"age": 7, "sex": "M"}]}

ENTRIES = text("""
select e.action, e.owner_id, e.agreement_id, e.subjects, e.purpose, d.body
from audit.entry e left join audit.detail d on d.entry_id = e.id
where e.authority_id = :authority order by e.id desc limit :most
""")
SEEN_BY_OTHERS = text("select authority_id, subjects from audit.entry where owner_id = :owner order by id desc limit 1")


@pytest_asyncio.fixture(autouse=True)
async def nothing_yet(world: World) -> None:
    await remove_all(world)
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from placements.unmet_need")
        await owner.execute("delete from placements.search")


async def search(client: httpx.AsyncClient, world: World, **need: Any) -> Any:
    answer = await client.post(URL, json=BOY | need, headers=await world.bearer(world.a))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def entries(world: World, database: Database, most: int) -> list[Any]:
    async with database.bound(world.acting(world.a)) as uow:
        return list((await uow.execute(ENTRIES, {"authority": world.a.id, "most": most})).mappings())


async def unmet(client: httpx.AsyncClient, world: World, authority: WorldAuthority | None = None) -> list[Any]:
    headers = await world.bearer(authority or world.a)
    items: list[Any] = (await client.get("/api/v1/unmet-needs", headers=headers)).json()["items"]
    return items


async def test_a_search_is_recorded_for_the_finder_and_for_each_owner_shown(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    own = await add_home(world, world.a, "ZA1")
    shared = await add_home(world, world.b, "ZB1")
    miss = await add_home(world, world.b, "ZB1", age_min=8)
    hidden = await add_home(world, world.c, "ZC1")
    found = await search(client, world, home_postcode="ZA1 3DD")
    theirs, mine = await entries(world, database, 2)
    assert (mine["action"], mine["purpose"]) == ("placements.search", "placement:search")
    assert mine["owner_id"] is None
    assert set(mine["subjects"]) == {own, shared, miss}
    criteria = mine["body"]["criteria"]
    assert (criteria["search"], criteria["need"]["home_postcode"]) == (found["id"], "ZA1 3DD")
    assert theirs["owner_id"] == world.b.id
    assert theirs["agreement_id"] == world.agreement_id
    assert set(theirs["subjects"]) == {shared, miss}
    assert theirs["body"] is None
    assert hidden not in mine["subjects"]
    async with database.bound(world.acting(world.b, "data_protection_officer")) as uow:
        seen = (await uow.execute(SEEN_BY_OTHERS, {"owner": world.b.id})).one()
    assert (seen.authority_id, set(seen.subjects)) == (world.a.id, {shared, miss})


async def test_a_page_records_only_what_stood_on_it(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    for _ in range(3):
        await add_home(world, world.a, "ZA1")
    found = await search(client, world)
    url = f"{URL}/{found['id']}/results?limit=1"
    page = await client.get(url, headers=await world.bearer(world.a))
    (entry,) = await entries(world, database, 1)
    assert [str(one) for one in entry["subjects"]] == [page.json()["results"][0]["offer_id"]]


async def test_opening_a_notice_is_recorded_for_its_owner(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    shared = await add_home(world, world.b, "ZB1")
    answer = await client.get(f"/api/v1/offers/{shared}", headers=await world.bearer(world.a))
    assert answer.status_code == 200, answer.text
    assert answer.json()["judged"] is None
    assert answer.json()["approval"]["route"] == "nominated_officer"
    theirs, mine = await entries(world, database, 2)
    assert {mine["action"], theirs["action"]} == {"placements.offer"}
    assert (theirs["owner_id"], theirs["subjects"], mine["subjects"]) == (world.b.id, [shared], [shared])


async def test_a_notice_opened_from_a_search_is_judged_for_it(client: httpx.AsyncClient, world: World) -> None:
    shared = await add_home(world, world.b, "ZB1", age_max=5)
    found = await search(client, world, home_postcode="ZA1 3DD")
    url = f"/api/v1/offers/{shared}?search_id={found['id']}"
    judged = (await client.get(url, headers=await world.bearer(world.a))).json()["judged"]
    assert (judged["hard"]["age"], judged["miles_from_home"]) == ("not_met", 7.0)


async def test_need_that_finds_nothing_is_kept_once_and_closed_when_found(
    client: httpx.AsyncClient, world: World
) -> None:
    first = await search(client, world, home_postcode="ZA1 3DD", keep_away=[{"postcode": "ZA1 1AA", "miles": 1}])
    again = await search(
        client, world, home_postcode="ZA1 3DD", keep_away=[{"postcode": "ZA1 1AA", "miles": 1}], starts=str(days(1))
    )
    other = await search(client, world, home_postcode="ZA2 3DD")
    assert first["unmet_need_id"] == again["unmet_need_id"] != other["unmet_need_id"]
    await client.get(f"{URL}/{first['id']}/results", headers=await world.bearer(world.a))
    kept = {one["id"]: one for one in await unmet(client, world)}
    assert len(kept) == 2
    assert kept[first["unmet_need_id"]]["searches"] == 3
    assert kept[first["unmet_need_id"]]["need"]["home_postcode"] == "ZA1"
    assert kept[first["unmet_need_id"]]["need"]["keep_away"] == []
    assert await unmet(client, world, world.b) == []
    await add_home(world, world.b, "ZB1")
    found = await client.get(f"{URL}/{first['id']}/results", headers=await world.bearer(world.a))
    assert found.json()["unmet_need_id"] is None
    kept = {one["id"]: one for one in await unmet(client, world)}
    assert kept[first["unmet_need_id"]]["closed_as"] == "found"
    assert kept[other["unmet_need_id"]]["closed_as"] is None


async def test_ten_searches_at_once_are_one_unmet_need(client: httpx.AsyncClient, world: World) -> None:
    found = await asyncio.gather(*(search(client, world) for _ in range(10)))
    assert len({one["unmet_need_id"] for one in found}) == 1
    (kept,) = await unmet(client, world)
    assert kept["searches"] == 10


async def test_a_reference_makes_it_one_request_whatever_is_asked(client: httpx.AsyncClient, world: World) -> None:
    first = await search(client, world, reference="ch-104482")
    again = await search(client, world, reference="CH-104482", home_postcode="ZA1 3DD")
    assert first["unmet_need_id"] == again["unmet_need_id"]
    (kept,) = await unmet(client, world)
    assert (kept["reference"], kept["searches"]) == ("CH-104482", 2)


async def test_a_near_miss_is_no_home_found(client: httpx.AsyncClient, world: World) -> None:
    await add_home(world, world.b, "ZB1", age_min=8)
    assert (await search(client, world))["unmet_need_id"] is not None
    (kept,) = await unmet(client, world)
    assert kept["near_misses"] == 1


async def test_old_searches_and_unmet_need_go_when_the_policy_says(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    old = await search(client, world)
    new = await search(client, world, pets="no")
    named = await search(client, world, reference="CH-104482")
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update placements.search set made_at = now() - interval '27 weeks' where id = $1", UUID(old["id"])
        )
        await owner.execute(
            "update placements.unmet_need set last_at = now() - interval '15 days' where reference is null"
        )
        await owner.execute(
            "update placements.unmet_need set last_at = now() - interval '15 days' where reference is not null"
        )
    for _ in range(2):
        async with database.bound(world.acting(world.a)) as uow:
            await keep_to_policy(uow, Nothing())
    kept = {one["id"]: one["closed_as"] for one in await unmet(client, world)}
    assert kept == {old["unmet_need_id"]: "lapsed", new["unmet_need_id"]: "lapsed", named["unmet_need_id"]: None}
    mine = await world.bearer(world.a)
    assert (await client.get(f"{URL}/{old['id']}", headers=mine)).status_code == 404
    assert (await client.get(f"{URL}/{new['id']}", headers=mine)).status_code == 200
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update placements.unmet_need set closed_at = now() - interval '157 weeks' where closed_at is not null"
        )
    async with database.bound(world.acting(world.a)) as uow:
        await keep_to_policy(uow, Nothing())
    assert [one["id"] for one in await unmet(client, world)] == [named["unmet_need_id"]]
