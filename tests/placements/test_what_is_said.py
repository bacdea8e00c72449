"""What an answer says of a home: never that it was confirmed when it was not, nor where one of few homes stands."""

from typing import Any

import httpx

from careshare.settings import Settings
from tenants.actions import as_owner
from tests.placements.homes import add_home, remove_all
from tests.world import World

ONE: dict[str, Any] = {"children": [{"age": 6, "sex": "F"}]}
TWO: dict[str, Any] = {"children": [{"age": 6, "sex": "F"}, {"age": 9, "sex": "M"}]}


async def answer(client: httpx.AsyncClient, world: World, need: dict[str, Any]) -> dict[str, Any]:
    sent = await client.post("/api/v1/searches", json=need, headers=await world.bearer(world.a))
    assert sent.status_code == 201, sent.text
    found: dict[str, Any] = sent.json()
    return found


async def test_a_vacancy_never_confirmed_is_stale_and_says_so(client: httpx.AsyncClient, world: World) -> None:
    await remove_all(world)
    fresh = await add_home(world, world.b, "ZB1")
    never = await add_home(world, world.b, "ZB1", confirmed_on=None)
    results = (await answer(client, world, ONE))["results"]
    assert [home["offer_id"] for home in results] == [str(fresh), str(never)]
    assert (results[1]["days_since_confirmed"], results[1]["stale"]) == (None, True)
    await world.sign_in(client, world.a)
    page = await client.get(f"/placements/offers/{never}")
    assert page.status_code == 200
    assert "Never" in page.text


async def test_the_area_authority_is_named_only_where_the_area_shown_lies_within_it(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await remove_all(world)
    near = await add_home(world, world.b, "ZB1")
    few = await add_home(world, world.b, "ZB1", within_limit=0, empty=False, age_max=5)
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.offer set area_code = 'postcode_area:ZB', area_name = 'ZB' where id = $1", few
        )
    found = await answer(client, world, {"children": [{"age": 4, "sex": "F"}]})
    named, (hidden,) = found["results"][0], found["near_misses"]
    assert (named["offer_id"], named["approval"]["area_authority"]) == (str(near), "Birkdale")
    assert hidden["offer_id"] == str(few)
    assert hidden["approval"]["area_authority"] is None
    assert hidden["approval"]["route"] == "nominated_officer"
    said = [hidden["approval"]["text"], *(need["text"] for need in hidden["needs"])]
    assert not any("Birkdale" in sentence for sentence in said), said


async def test_children_who_must_live_apart_are_unmet_need_where_no_plan_parts_them(
    client: httpx.AsyncClient, world: World
) -> None:
    await remove_all(world)
    await add_home(world, world.b, "ZB1", places=2)
    alone = {**TWO, "apart": [{"first": 1, "second": 2}], "reference": "R-1001"}
    first = await answer(client, world, alone)
    assert first["plans"] == []
    assert first["unmet_need_id"] is not None
    await add_home(world, world.b, "ZB2", places=2)
    second = await answer(client, world, alone)
    assert second["plans"]
    assert second["unmet_need_id"] is None
