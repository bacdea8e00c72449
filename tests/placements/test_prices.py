"""What a home costs: told at the search where the agreement goes beyond notices, and otherwise as if it had none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from tenants.actions import NewAgreement, as_owner, draft_agreement, leave_agreement, sign_agreement
from tenants.recharges import tariff
from tenants.recharges.tariff import Pricing
from tests.placements.homes import add_home, days, remove_all
from tests.residential.homes import Desk, must_offer
from tests.web.html import one, parsed, words
from tests.world import World, WorldAuthority

URL = "/api/v1/searches"
PAIR: dict[str, Any] = {"children": [{"age": 4, "sex": "F"}, {"age": 12, "sex": "M"}], "siblings": True}
TEEN: dict[str, Any] = {"children": [{"age": 14, "sex": "M"}]}
LINES = text("select part, weekly from tenants.tariff_line where authority_id <> (select careshare.authority())")
Names = tuple[str, str]


@asynccontextmanager
async def agreed(
    world: World,
    database: Database,
    resource: str,
    detail: Any,
    between: tuple[WorldAuthority, WorldAuthority] | None = None,
) -> AsyncIterator[UUID]:
    """An agreement, of Ashmoor and Birkdale unless said, beside the one of the world; the second leaves at the end."""
    parties = between or (world.a, world.b)
    new = NewAgreement(
        title=f"{resource}, {detail}",
        resource=resource,
        detail=detail,
        purpose="To find a child a home.",
        legal_gateway="Children Act 2004 section 10",
        lawful_basis="UK GDPR Article 6(1)(e)",
        notice_days=28,
        starts=date(2024, 1, 1),
        ends=None,
        reviewed_by=date(2027, 1, 1),
    )
    async with as_owner(world.settings) as owner:
        made = await draft_agreement(owner, world.region_id, new, [one.id for one in parties])
    for who in parties:
        async with database.bound(world.acting(who, "director")) as uow:
            await sign_agreement(uow, made, "A Director", "Director")
    yield made
    async with database.bound(world.acting(parties[1], "director")) as uow:
        await leave_agreement(uow, made, "Over")


@pytest_asyncio.fixture(autouse=True)
async def no_homes(world: World) -> None:
    await remove_all(world)
    async with as_owner(world.settings) as owner:
        await owner.execute("delete from tenants.tariff_line")


async def price(database: Database, world: World, part: str, ages: tuple[int, int], weekly: str, since: date) -> None:
    """A line of Birkdale's tariff for foster homes."""
    async with database.bound(world.acting(world.b, "payments")) as uow:
        low, high = ages
        given = Pricing(kind="foster_home", part=part, age_from=low, age_to=high, since=since, weekly=Decimal(weekly))
        await tariff.change(uow, given)


async def tariff_of_b(database: Database, world: World) -> None:
    """Weekly prices to 17, a fee, one that begins next month, and one that is agreed at a match alone."""
    for ages, weekly in (((0, 4), "198.00"), ((5, 10), "225.00"), ((11, 15), "257.50")):
        await price(database, world, "base", ages, weekly, days(-30))
    await price(database, world, "skills", (11, 17), "60.00", days(-30))
    await price(database, world, "base", (0, 4), "900.00", days(40))
    await price(database, world, "therapy", (0, 17), "777.00", days(-30))


async def made(client: httpx.AsyncClient, world: World, need: dict[str, Any]) -> str:
    answer = await client.post(URL, json=need, headers=await world.bearer(world.a))
    assert answer.status_code == 201, answer.text
    return f"{URL}/{answer.json()['id']}/results"


async def found(client: httpx.AsyncClient, world: World, at: str) -> dict[str, Any]:
    """Prices by owner's name."""
    answer = (await client.get(at, headers=await world.bearer(world.a))).json()
    return {home["owner"]["name"]: home["price"] for home in (*answer["results"], *answer["near_misses"])}


async def test_a_tariff_is_told_where_the_agreement_goes_beyond_notices(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    await add_home(world, world.b, "ZB1", places=2)
    await add_home(world, world.a, "ZA1", places=2, shared=False)
    at, alone = await made(client, world, PAIR), await made(client, world, {"children": [{"age": 17, "sex": "F"}]})
    headers = await world.bearer(world.a)
    before = (await client.get(at, headers=headers)).content
    await tariff_of_b(database, world)
    assert (await client.get(at, headers=headers)).content == before, "an agreement of notices hides that there is one"
    async with agreed(world, database, "foster_carers", "profile"):
        both = await found(client, world, at)
        assert both["Birkdale"] == {"weekly_from": "455.50", "weekly_to": "515.50", "by": "tariff"}
        assert both["Ashmoor"] is None, "nobody recharges themselves"
        assert (await found(client, world, alone))["Birkdale"] is None, "no price for 17 in the tariff"
        later = await made(client, world, PAIR | {"starts": str(days(41))})
        assert (await found(client, world, later))["Birkdale"]["weekly_to"] == "1217.50"
        async with database.bound(world.acting(world.a)) as uow:
            assert {row.part for row in await uow.execute(LINES)} == {"base", "skills"}
        async with database.bound(world.acting(world.c)) as uow:
            assert (await uow.execute(LINES)).all() == []
    assert (await client.get(at, headers=headers)).content == before
    async with database.bound(world.acting(world.a)) as uow:
        assert (await uow.execute(LINES)).all() == []


async def test_a_place_in_a_home_is_priced_by_the_level_of_need(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    b = Desk(world, database, world.b)
    home = await b.make(offered=2)
    async with b.uow() as uow:
        offer = (await must_offer(uow, home))["id"]
    async with agreed(world, database, "residential_places", "notice"):
        at = await made(client, world, TEEN)
        assert await found(client, world, at) == {"Birkdale": None}
    async with agreed(world, database, "residential_places", "identity"):
        assert await found(client, world, at) == {
            "Birkdale": {"weekly_from": "4850.00", "weekly_to": "7345.50", "by": "price_list"}
        }
        complex_ = await made(client, world, TEEN | {"need_level": "complex"})
        assert await found(client, world, complex_) == {
            "Birkdale": {"weekly_from": "7345.50", "weekly_to": "7345.50", "by": "price_list"}
        }
        bespoke = await made(client, world, TEEN | {"need_level": "bespoke"})
        assert await found(client, world, bespoke) == {"Birkdale": None}
        two = await made(client, world, {"children": [*TEEN["children"], {"age": 12}], "need_level": "standard"})
        assert (await found(client, world, two))["Birkdale"]["weekly_from"] == "9700.00"
        await world.sign_in(client, world.a)
        page = await client.get(f"/placements/searches/{at.split('/')[-2]}")
        card = one(parsed(page), "li", id=f"home-{offer}")
        assert "PriceAbout £4,850 to £7,346 a week by level of need, price list of Birkdale" in words(card)
        page = await client.get(f"/placements/searches/{two.split('/')[-2]}")
        assert "About £9,700 a week for 2 children, price list of Birkdale" in words(parsed(page))
        assert "Level of needStandard need" in words(parsed(page))
    assert (await client.get(at, headers=await world.bearer(world.a))).json()["results"] == []


async def test_no_level_of_need_that_is_not_on_the_list(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.post(URL, json=TEEN | {"need_level": str(uuid4())[:8]}, headers=await world.bearer(world.a))
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["need_level"]


async def test_unmet_need_says_which_kinds_were_searched_and_which_was_found(
    client: httpx.AsyncClient, world: World
) -> None:
    headers = await world.bearer(world.a)
    need = {"children": [{"age": 16, "sex": "F"}], "reference": "CH-104482"}

    async def unmet() -> list[tuple[list[str], list[str] | None, str | None]]:
        items = (await client.get("/api/v1/unmet-needs", headers=headers)).json()["items"]
        mine = [one for one in items if one["reference"] == "CH-104482"]
        return [(sorted(one["kinds"]), one["found_kinds"], one["closed_as"]) for one in mine]

    await made(client, world, need | {"kinds": ["foster_home"]})
    assert await unmet() == [(["foster_home"], None, None)]
    await made(client, world, need | {"kinds": ["residential_home"]})
    assert await unmet() == [(["foster_home", "residential_home"], None, None)]
    await add_home(world, world.b, "ZB1")
    await made(client, world, need)
    assert await unmet() == [(["foster_home", "residential_home"], ["foster_home"], "found")]
    await world.sign_in(client, world.a)
    row = next(
        one for one in parsed(await client.get("/placements/unmet-needs")).iter("tr") if "CH-104482" in words(one)
    )
    assert "Foster homes and children’s homes" in words(row)
    assert words(row).endswith("Home foundamong foster homes")
