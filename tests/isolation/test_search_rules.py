"""At the search: a price the agreement does not tell, a confidential place and an agreement that is over show nowhere.

Each is tried on the results, the notice and the comparison, over the API and on the pages, byte for byte.
"""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from services.fostering import actions as fostering
from services.residential import actions as residential
from tenants.actions import as_owner
from tenants.recharges import tariff
from tenants.recharges.tariff import Pricing
from tests.fostering.register import a_home as a_foster_home
from tests.fostering.register import make
from tests.isolation.test_isolation import FIXED
from tests.placements.homes import add_home, days, remove_all
from tests.placements.test_prices import agreed
from tests.residential.homes import Desk, must_offer, prices
from tests.residential.homes import days as home_days
from tests.world import World

NEED: dict[str, Any] = {"children": [{"age": 14, "sex": "M"}], "home_postcode": "ZA1 1AA", "home_miles": 30}
PRICE = Pricing(kind="foster_home", part="base", age_from=0, age_to=17, since=days(-9), weekly=Decimal("333.00"))


@pytest_asyncio.fixture(autouse=True)
async def agreement(world: World, database: Database) -> AsyncIterator[None]:
    """B sees notices of A's places in homes, as it sees those of its foster homes, and no more."""
    await remove_all(world)
    async with agreed(world, database, "residential_places", "notice"):
        yield


async def looks(client: httpx.AsyncClient, world: World, search: str, offers: list[UUID]) -> dict[str, bytes]:
    """Everything B's finder is answered about these homes, by address."""
    headers = await world.bearer(world.b)
    await world.sign_in(client, world.b)
    one = [f"/placements/offers/{offer}?search={search}" for offer in offers]
    pages = [f"/placements/searches/{search}", *one]
    pages.append(f"/placements/searches/{search}/compare?" + "&".join(f"offer={offer}" for offer in offers))
    calls = [f"/api/v1/searches/{search}/results", *(f"/api/v1/offers/{o}?search_id={search}" for o in offers)]
    found = {path: FIXED.sub(b"", (await client.get(path)).content) for path in pages}
    return found | {path: (await client.get(path, headers=headers)).content for path in calls}


async def searched(client: httpx.AsyncClient, world: World) -> str:
    made = await client.post("/api/v1/searches", json=NEED, headers=await world.bearer(world.b))
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


async def shared(world: World, database: Database) -> tuple[list[UUID], UUID]:
    """A's foster home and a place in its children's home, as notices; and that home."""
    desk = Desk(world, database, world.a)
    home = await desk.make(offered=2)
    async with desk.uow() as uow:
        offer: UUID = (await must_offer(uow, home))["id"]
    return [await add_home(world, world.a, "ZA1", exact=(399_600, 559_600)), offer], home


async def test_prices_an_agreement_does_not_tell_change_no_answer(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    offers, home = await shared(world, database)
    search = await searched(client, world)
    before = await looks(client, world, search, offers)
    assert all(str(offer).encode() in before[f"/placements/searches/{search}"] for offer in offers)
    async with database.bound(world.acting(world.a, "payments")) as uow:
        await tariff.change(uow, PRICE)
    async with database.bound(world.acting(world.a, "residential_manager")) as uow:
        await residential.set_prices(uow, home, None, prices(home_days(-1), void_percent=Decimal(5)))
    assert await looks(client, world, search, offers) == before
    async with agreed(world, database, "foster_carers", "profile"):
        now = await looks(client, world, search, offers)
        compared = next(body for path, body in now.items() if "/compare" in path)
        assert "About £333 a week".encode() in compared, "told where the agreement tells it, so it could have shown"
    assert await looks(client, world, search, offers) == before


async def test_no_comparison_tells_where_in_its_area_a_home_stands(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    """The snooper, side by side: exact points move, answers do not."""
    offers, _home = await shared(world, database)
    search = await searched(client, world)
    before = await looks(client, world, search, offers)
    async with as_owner(world.settings) as owner:
        for point in ((400_700, 560_700), (398_900, 559_100)):
            await owner.execute(
                "update tenants.offer_own set easting = $2, northing = $3 where offer_id = any($1)", offers, *point
            )
            assert await looks(client, world, search, offers) == before


async def test_a_confidential_home_is_at_no_exact_place_for_its_own_authority_either(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        home = await make(uow, a_foster_home("ZA1 5FF"), publish=True)
        await fostering.set_confidential(uow, home, None, confidential=True, may_see=True)
        offer = await uow.scalar(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
    headers = await world.bearer(world.a)
    search = (await client.post("/api/v1/searches", json=NEED, headers=headers)).json()["id"]
    await world.sign_in(client, world.a)
    for path in (f"/placements/searches/{search}", f"/placements/searches/{search}/compare?offer={offer}"):
        page = (await client.get(path)).text
        assert str(offer) in page
        assert "ZA1 5FF" not in page
    found = (await client.get(f"/api/v1/searches/{search}/results", headers=headers)).json()
    seen = next(one for one in (*found["results"], *found["near_misses"]) if one["offer_id"] == str(offer))
    assert seen["distance"] == "about"


async def test_an_agreement_that_is_over_shows_nothing_side_by_side(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    async with agreed(world, database, "residential_places", "identity"):
        offers, _home = await shared(world, database)
        search = await searched(client, world)
        at = f"/placements/searches/{search}/compare?offer={offers[1]}"
        await world.sign_in(client, world.b)
        assert "a week by level of need" in (await client.get(at)).text
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from careshare.sharing_grant where viewer_id = $1", world.b.id)
    gone = (await client.get(at)).text
    assert "no longer offered" in gone
    assert "a week" not in gone
