"""Nothing of a home that is not shared shows in any answer, and of a shared one nothing but its notice."""

import itertools
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from tenants.actions import as_owner
from tests.placements.homes import add_home, remove_all, remove_home
from tests.world import World, postcodes_of

URL = "/api/v1/searches"
MOVE = "update tenants.offer_own set easting = $2, northing = $3 where offer_id = $1"

NEEDS: tuple[dict[str, Any], ...] = (
    {"children": [{"age": 7, "sex": "M"}]},
    {"children": [{"age": 7, "sex": "M"}], "home_postcode": "ZA1 3DD", "home_miles": 8, "pets": "no"},
    {
        "children": [{"age": 4, "sex": "F"}, {"age": 7, "sex": "M"}],
        "siblings": True,
        "home_postcode": "ZB2 1AA",
        "school_postcode": "ZA2 5FF",
        "school_miles": 3,
        "skills": ["autism"],
        "alongside": "only_older",
        "keep_away": [{"postcode": "ZB1 1AA", "miles": 0.5}],
    },
    {"children": [{"age": 16, "sex": "U"}], "care_type": "long_term", "adaptations": ["hoist"]},
)


@pytest_asyncio.fixture(autouse=True)
async def homes(world: World) -> list[UUID]:
    """Some homes everybody in this test may see, and one that misses by a year."""
    await remove_all(world)
    return [
        await add_home(world, world.a, "ZA1", exact=(400_100, 560_100), places=2),
        await add_home(world, world.b, "ZB1", exact=(412_300, 559_800), skills=["autism"]),
        await add_home(world, world.b, "ZB2", age_min=8),
    ]


async def searches(client: httpx.AsyncClient, world: World, *needs: dict[str, Any]) -> list[str]:
    """Addresses of the results of a search for each need, made by A."""
    mine = await world.bearer(world.a)
    made = [await client.post(URL, json=need, headers=mine) for need in needs]
    assert {answer.status_code for answer in made} == {201}
    return [f"{URL}/{answer.json()['id']}" for answer in made]


async def answers(client: httpx.AsyncClient, world: World, paths: list[str]) -> list[tuple[int, bytes]]:
    mine = await world.bearer(world.a)
    got = [await client.get(path, headers=mine) for path in paths]
    return [(answer.status_code, answer.content) for answer in got]


async def test_a_hidden_home_changes_no_answer(client: httpx.AsyncClient, world: World) -> None:
    paths = [
        f"{search}{rest}"
        for search in await searches(client, world, *NEEDS)
        for rest in ("", "/results", "/results?limit=1", "/calls")
    ]
    hidden = uuid4()
    paths.append(f"/api/v1/offers/{hidden}")
    before = await answers(client, world, paths)
    for owner, shared in ((world.c, True), (world.c, False), (world.b, False)):
        await add_home(world, owner, "ZB1", shared=shared, offer_id=hidden, places=3, skills=["autism"])
        assert await answers(client, world, paths) == before
        seen = await client.get(f"/api/v1/offers/{hidden}", headers=await world.bearer(owner))
        assert seen.status_code == 200, "its owner sees it, so the others' silence is not an empty table"
        await remove_home(world, hidden)


async def test_anothers_offer_and_search_are_as_good_as_not_there(client: httpx.AsyncClient, world: World) -> None:
    (search,) = await searches(client, world, NEEDS[0])
    hidden = await add_home(world, world.c, "ZC1")
    theirs = await world.bearer(world.b)
    mine = await world.bearer(world.a)
    for path, headers in (
        (search, theirs),
        (f"{search}/results", theirs),
        (f"{search}/calls", theirs),
        (f"/api/v1/offers/{hidden}", mine),
        (f"/api/v1/offers/{hidden}?search_id={search.rpartition('/')[2]}", mine),
    ):
        nowhere = path.replace(str(hidden), str(uuid4())).replace(search, f"{URL}/{uuid4()}")
        refused, missing = await client.get(path, headers=headers), await client.get(nowhere, headers=headers)
        assert (refused.status_code, refused.content) == (404, missing.content), path
    call = {"offer_id": str(hidden), "outcome": "no_answer"}
    there = await client.post(f"{search}/calls", json=call, headers=mine)
    nowhere_call = call | {"offer_id": str(uuid4())}
    assert there.content == (await client.post(f"{search}/calls", json=nowhere_call, headers=mine)).content
    assert there.status_code == 404


async def test_no_probe_tells_where_in_its_area_a_shared_home_stands(
    client: httpx.AsyncClient, world: World, homes: list[UUID]
) -> None:
    """The snooper: every answer, from many points and with many conditions, is the same wherever the home is."""
    points = [
        postcode for outward in ("ZA1", "ZA2", "ZB1", "ZB2", "ZC1") for postcode, *_ in postcodes_of(outward)[::6]
    ]
    probes = [
        {
            "children": [{"age": 7, "sex": "M"}],
            "home_postcode": point,
            "home_miles": miles,
            "school_postcode": points[(number * 7) % len(points)],
            "school_miles": 1 + number % 9,
            "keep_away": [{"postcode": point, "miles": 0.1 + number % 5}],
        }
        for number, (point, miles) in enumerate(itertools.product(points, (1, 4)))
    ]
    paths = [f"{search}/results" for search in await searches(client, world, *probes)]
    shared = homes[1]
    first = await answers(client, world, paths)
    assert any(str(shared).encode() in content for _, content in first)
    for easting, northing in ((410_000, 558_000), (413_900, 561_700), (412_000, 560_000)):
        async with as_owner(world.settings) as owner:
            await owner.execute(MOVE, shared, easting, northing)
        assert await answers(client, world, paths) == first


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("social_worker", "POST", URL, 201),
        ("payments", "POST", URL, 403),
        ("payments", "GET", f"/api/v1/offers/{uuid4()}", 403),
        ("social_worker", "POST", f"{URL}/{uuid4()}/calls", 403),
        ("social_worker", "GET", "/api/v1/unmet-needs", 403),
        ("director", "GET", "/api/v1/unmet-needs", 200),
    ],
)
async def test_roles_may_what_their_permissions_say(
    client: httpx.AsyncClient, world: World, role: str, method: str, path: str, status: int
) -> None:
    body = {"offer_id": str(uuid4()), "outcome": "said_no"} if path.endswith("calls") else NEEDS[0]
    headers = await world.bearer(world.a, role)
    answer = await client.request(method, path, json=body if method == "POST" else None, headers=headers)
    assert answer.status_code == status, answer.text


async def test_without_a_token_nothing_is_answered(client: httpx.AsyncClient) -> None:
    assert (await client.post(URL, json=NEEDS[0])).status_code == 401
