"""One search over foster homes, supported accommodation and homes for children: the least institutional come first."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from careshare.database import Database
from tests.placements.enquiries.conftest import NEED
from tests.placements.homes import add_home, days, remove_all
from tests.placements.test_prices import agreed
from tests.residential.homes import Desk, a_home, supported
from tests.web.html import one, parsed, words
from tests.world import World

URL = "/api/v1/searches"
OF_16: dict[str, Any] = {"children": [{"age": 16, "sex": "F"}], "home_postcode": "ZB1 1AA"}


@pytest_asyncio.fixture(autouse=True)
async def homes(world: World, database: Database) -> AsyncIterator[None]:
    """Birkdale's homes, shared: a foster home far away, and near by one of each other kind with two places."""
    await remove_all(world)
    desk = Desk(world, database, world.b)
    await add_home(world, world.b, "ZC1")
    async with agreed(world, database, "residential_places", "notice"):
        await desk.make(supported(postcode="ZB1 1AA"), places=2, offered=2)
        await desk.make(a_home(postcode="ZB1 1AA"), places=2, offered=2)
        yield


async def search(client: httpx.AsyncClient, world: World, **need: Any) -> dict[str, Any]:
    answer = await client.post(URL, json=OF_16 | need, headers=await world.bearer(world.a))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def kinds(found: dict[str, Any], where: str = "results") -> list[str]:
    return [home["notice"]["kind"] for home in found[where]]


async def test_the_least_institutional_come_first_unless_somebody_says_why_not(
    client: httpx.AsyncClient, world: World
) -> None:
    found = await search(client, world)
    assert kinds(found) == ["foster_home", "supported_accommodation", "residential_home"]
    assert found["by_kind"] == {"foster_home": 1, "supported_accommodation": 1, "residential_home": 1}
    assert all(home["approval"]["text"] and home["miles_from_home"] is not None for home in found["results"])
    by_fit = await search(client, world, fit_first="care_plan")
    assert kinds(by_fit)[-1] == "foster_home"
    saved = await client.get(f"{URL}/{by_fit['id']}", headers=await world.bearer(world.a))
    assert saved.json()["need"]["fit_first"] == "care_plan"
    refused = await client.post(URL, json=OF_16 | {"fit_first": "because"}, headers=await world.bearer(world.a))
    assert refused.status_code == 400

    foster, supported_, home = (one["notice"]["home"] for one in found["results"])
    assert foster is None
    assert (supported_["category"], home["category"], home["judgement"]) == (2, None, None)
    assert set(home["need_levels"]) == {"standard", "complex"}

    await world.sign_in(client, world.a)
    offer = found["results"][2]["offer_id"]
    notice = words(parsed(await client.get(f"/placements/offers/{offer}?search={found['id']}")))
    for said in ("Registered for Ages 11 to 17", "Ofsted Not judged yet", "What it is for Trauma and attachment"):
        assert said in notice
    assert "Usual fostering limit" not in notice
    page = await client.get(f"/placements/searches/{found['id']}")
    assert "1 foster home, 1 supported accommodation and 1 children’s home" in words(parsed(page))
    page = await client.get(f"/placements/searches/{by_fit['id']}")
    asked = words(one(parsed(page), "dl", class_="careshare-asked__list"))
    assert "OrderBy fit alone: the care plan is for a children’s home" in asked


async def test_near_misses_of_every_kind_say_what_they_would_take(client: httpx.AsyncClient, world: World) -> None:
    three = await search(client, world, children=[{"age": 16, "sex": "F"}] * 3)
    assert three["results"] == []
    near = {home["notice"]["kind"]: home["needs"] for home in three["near_misses"]}
    assert set(near) == {"supported_accommodation", "residential_home"}, "two places, where three are wanted"
    for needs in near.values():
        assert "registration or statement of purpose" in needs[0]["text"]
        assert "carers" not in str(needs)
    # Supported accommodation is for 16 and 17 alone (SI 2023/416).
    younger = await search(client, world, children=[{"age": 15, "sex": "F"}])
    assert set(kinds(younger)) == {"foster_home", "residential_home"}
    assert "supported_accommodation" not in kinds(younger, "near_misses"), "nothing could be done about that"


async def test_a_request_searches_for_the_kinds_that_suit(client: httpx.AsyncClient, world: World) -> None:
    headers = await world.bearer(world.a)
    need = {
        "foster": "unsuitable",
        "residential": "preferred",
        "fit_first": "family_home_ended",
        "need_level": "complex",
    }
    body = {**NEED, "starts": days(1).isoformat(), "children": [{"age": 16, "sex": "F"}], "need": need}
    request = (await client.post("/api/v1/requests", json=body, headers=headers)).json()["id"]
    made = (await client.post(f"/api/v1/requests/{request}/searches", json={}, headers=headers)).json()["id"]
    saved = (await client.get(f"{URL}/{made}", headers=headers)).json()["need"]
    assert saved["kinds"] == ["residential_home", "supported_accommodation"]
    assert (saved["fit_first"], saved["need_level"]) == ("family_home_ended", "complex")
    found = (await client.get(f"{URL}/{made}/results", headers=headers)).json()
    assert set(kinds(found)) == {"residential_home", "supported_accommodation"}
    wrong = {**body, "need": {"fit_first": "because"}}
    refused = await client.post("/api/v1/requests", json=wrong, headers=headers)
    assert [error["field"] for error in refused.json()["errors"]] == ["fit_first"]
    await world.sign_in(client, world.a)
    page = await client.get(f"/placements/searches/{made}")
    assert f'href="/placements/requests/{request}"' in page.text
