"""The search over HTTP: who is found, in which order, why, and what it would take."""

from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import event

from tests.placements.homes import add_home, days, remove_all, today
from tests.world import World

URL = "/api/v1/searches"
BOY: dict[str, Any] = {"children": [{"age": 7, "sex": "M"}]}


@pytest_asyncio.fixture(autouse=True)
async def no_homes(world: World) -> None:
    await remove_all(world)


async def search(client: httpx.AsyncClient, world: World, role: str = "placement_finder", **need: Any) -> Any:
    answer = await client.post(URL, json=BOY | need, headers=await world.bearer(world.a, role))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{URL}/{answer.json()['id']}"
    return answer.json()


def ids(homes: list[dict[str, Any]]) -> list[UUID]:
    return [UUID(home["offer_id"]) for home in homes]


async def test_own_homes_come_first_and_shared_ones_follow(client: httpx.AsyncClient, world: World) -> None:
    shared = await add_home(world, world.b, "ZB1")
    own = await add_home(world, world.a, "ZA1", shared=False, exact=(400_000, 560_000))
    await add_home(world, world.c, "ZC1")
    await add_home(world, world.b, "ZB1", shared=False)
    found = await search(client, world)
    assert ids(found["results"]) == [own, shared]
    first, second = found["results"]
    assert first["household"]["label"].startswith("Home ")
    assert first["agreement"] is None
    assert second["household"] is None
    assert second["agreement"] == {"id": str(world.agreement_id), "title": "Ashmoor and Birkdale foster carers"}
    assert second["owner"] == {"id": str(world.b.id), "name": "Birkdale", "duty_number": world.b.duty_number}
    assert found["total"] == 2


async def test_distances_are_exact_for_own_homes_and_from_the_area_for_others(
    client: httpx.AsyncClient, world: World
) -> None:
    await add_home(world, world.a, "ZA1", exact=(403_219, 560_000))
    await add_home(world, world.b, "ZB1", exact=(400_000, 560_000))
    confidential = await add_home(world, world.a, "ZA2")
    found = await search(client, world, home_postcode="za1 3dd", home_miles=5)
    assert {home["owner"]["name"] + home["distance"]: home["miles_from_home"] for home in found["results"]} == {
        "Ashmoorexact": 2.0,
        "Ashmoorabout": 4.0,
        "Birkdaleabout": 7.0,
    }
    assert [home["soft"]["near_home"] for home in found["results"]] == ["met", "met", "not_met"]
    assert ids(found["results"])[1] == confidential


async def test_the_approval_follows_from_where_the_home_stands(client: httpx.AsyncClient, world: World) -> None:
    routes: dict[UUID, str] = {
        await add_home(world, world.a, "ZC1"): "none",
        await add_home(world, world.b, "ZA1"): "none",
        await add_home(world, world.b, "ZB1"): "nominated_officer",
        await add_home(world, world.b, "ZC2"): "director",
    }
    found = await search(client, world)
    assert {UUID(home["offer_id"]): home["approval"]["route"] for home in found["results"]} == routes
    texts = {home["approval"]["route"]: home["approval"]["text"] for home in found["results"] if not home["own"]}
    assert texts["nominated_officer"] == "Nominated officer. Birkdale adjoins your area and must be notified first."
    assert texts["director"].startswith("Director. Caldergarth is at a distance")


async def test_near_misses_say_what_it_would_take_and_whose_it_is(client: httpx.AsyncClient, world: World) -> None:
    limit = await add_home(world, world.b, "ZA1", places=1, within_limit=0, empty=False)
    age = await add_home(world, world.b, "ZB1", age_min=8, age_max=12)
    later = await add_home(world, world.b, "ZB1", starts=days(5), care_types=["long_term"])
    await add_home(world, world.b, "ZB1", age_min=12)
    await add_home(world, world.b, "ZB1", starts=days(5), sex="F", age_min=8)
    found = await search(client, world, care_type="emergency")
    assert found["results"] == []
    misses = {UUID(home["offer_id"]): home["needs"] for home in found["near_misses"]}
    assert set(misses) == {limit, age, later}
    assert [(one["kind"], one["whose"]) for one in misses[limit]] == [("exemption", "Ashmoor")]
    assert "approved for ages 8 to 12, 1 year short" in misses[age][0]["text"]
    assert [one["kind"] for one in misses[later]] == ["variation", "later"]
    assert found["unmet_need_id"] is not None


async def test_own_homes_left_out_are_counted_by_reason_and_others_never(
    client: httpx.AsyncClient, world: World
) -> None:
    await add_home(world, world.a, "ZA1", pets=["dog"], age_min=14)
    await add_home(world, world.a, "ZA1", pets=["cat"])
    await add_home(world, world.b, "ZA1", pets=["cat"])
    found = await search(client, world, pets="no")
    assert found["own_homes"] == 2
    assert found["excluded"] == [{"criterion": "no_pets", "homes": 2}, {"criterion": "age", "homes": 1}]


async def test_a_circle_that_touches_another_authoritys_area_is_to_be_checked(
    client: httpx.AsyncClient, world: World
) -> None:
    inside = await add_home(world, world.a, "ZB1", exact=(412_000, 560_100))
    outside = await add_home(world, world.a, "ZB1", exact=(412_000, 564_000))
    others = await add_home(world, world.b, "ZB1", exact=(412_000, 564_000))
    found = await search(client, world, keep_away=[{"postcode": "ZB1 3DD", "miles": 1}])
    verdicts = {UUID(home["offer_id"]): home["hard"]["keep_away"] for home in found["results"]}
    assert verdicts == {outside: "met", others: "unknown"}
    assert inside not in verdicts


async def test_a_stale_vacancy_sinks(client: httpx.AsyncClient, world: World) -> None:
    stale = await add_home(world, world.b, "ZB1", confirmed_on=days(-20))
    fresh = await add_home(world, world.b, "ZB1", confirmed_on=days(-7))
    found = await search(client, world)
    assert ids(found["results"]) == [fresh, stale]
    assert [home["stale"] for home in found["results"]] == [False, True]
    assert found["results"][1]["days_since_confirmed"] == 20


async def test_plans_for_siblings_who_must_live_apart(client: httpx.AsyncClient, world: World) -> None:
    one = await add_home(world, world.b, "ZA1", places=3)
    two = await add_home(world, world.b, "ZB1", places=1)
    children = [{"age": 4, "sex": "F"}, {"age": 7, "sex": "M"}, {"age": 9, "sex": "M"}]
    found = await search(
        client, world, children=children, siblings=True, apart=[{"first": 1, "second": 2}], home_postcode="ZA1 3DD"
    )
    assert (found["total"], found["results"], found["near_misses"]) == (0, [], [])
    best = found["plans"][0]
    assert {UUID(home["offer_id"]): home["children"] for home in best["homes"]} in (
        {one: [1, 3], two: [2]},
        {one: [2, 3], two: [1]},
    )
    assert best["parted"] == 1
    assert all(home["conditions"] == [] for home in best["homes"])
    assert found["unmet_need_id"] is None


async def test_a_call_moves_a_home_for_everybody(client: httpx.AsyncClient, world: World) -> None:
    near = await add_home(world, world.b, "ZA1")
    far = await add_home(world, world.b, "ZB1")
    found = await search(client, world, home_postcode="ZA1 3DD")
    assert ids(found["results"]) == [near, far]
    calls = f"{URL}/{found['id']}/calls"
    mine, colleague = await world.bearer(world.a), await world.bearer(world.a, "out_of_hours")
    said = await client.post(calls, json={"offer_id": str(near), "outcome": "said_no", "note": "full"}, headers=mine)
    assert said.status_code == 201, said.text
    assert said.json()["made_by"] == world.a.names["placement_finder"]
    again = await client.get(f"{URL}/{found['id']}/results", headers=colleague)
    assert ids(again.json()["results"]) == [far, near]
    assert again.json()["results"][1]["last_call"] == "said_no"
    await client.post(calls, json={"offer_id": str(near), "outcome": "will_take", "children": 1}, headers=colleague)
    again = await client.get(f"{URL}/{found['id']}/results", headers=mine)
    assert ids(again.json()["results"]) == [near, far]
    listed = (await client.get(calls, headers=mine)).json()["items"]
    assert [call["outcome"] for call in listed] == ["will_take", "said_no"]


async def test_plans_look_elsewhere_when_whole_homes_have_said_no(client: httpx.AsyncClient, world: World) -> None:
    whole = [await add_home(world, world.b, "ZA1", places=2) for _ in range(3)]
    parts = {await add_home(world, world.b, "ZB1", places=1) for _ in range(2)}
    found = await search(client, world, children=[{"age": 4}, {"age": 7}], siblings=True)
    assert [[UUID(home["offer_id"]) for home in plan["homes"]] for plan in found["plans"]] == [
        [one] for one in sorted(whole)
    ]
    mine = await world.bearer(world.a)
    for home in whole:
        call = {"offer_id": str(home), "outcome": "said_no"}
        await client.post(f"{URL}/{found['id']}/calls", json=call, headers=mine)
    again = (await client.get(f"{URL}/{found['id']}/results", headers=mine)).json()
    assert set(ids(again["plans"][0]["homes"])) == parts
    assert again["plans"][0]["parted"] == 1


async def test_pages_of_results_follow_one_another_without_gap_or_repeat(
    client: httpx.AsyncClient, world: World
) -> None:
    homes = {await add_home(world, world.b, "ZB1", places=1 + number % 3) for number in range(7)}
    found = await search(client, world)
    url = f"{URL}/{found['id']}/results"
    mine = await world.bearer(world.a)
    seen: list[UUID] = []
    cursor = None
    for _ in range(5):
        page = await client.get(url, params={"limit": 3} | ({"cursor": cursor} if cursor else {}), headers=mine)
        seen += ids(page.json()["results"])
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == ids(found["results"])
    assert set(seen) == homes


async def test_the_same_key_creates_one_search(client: httpx.AsyncClient, world: World) -> None:
    headers = await world.bearer(world.a) | {"Idempotency-Key": "tonight-1"}
    first = await client.post(URL, json=BOY, headers=headers)
    second = await client.post(URL, json=BOY, headers=headers)
    assert first.json()["id"] == second.json()["id"]
    assert (await client.post(URL, json=BOY | {"siblings": True}, headers=headers)).status_code == 409


@pytest.mark.parametrize(
    ("need", "field"),
    [
        ({"home_postcode": "NE"}, "home_postcode"),
        ({"home_postcode": "ZA9 9ZZ"}, "home_postcode"),
        ({"school_miles": 4}, "school_postcode"),
        (
            {"keep_away": [{"postcode": "ZA1 3DD", "miles": 1}, {"postcode": "ZA9 9ZZ", "miles": 2}]},
            "keep_away[1].postcode",
        ),
        ({"starts": str(days(3)), "ends": str(days(2))}, "ends"),
        ({"starts": str(days(-1))}, "starts"),
        ({"starts": str(days(500))}, "starts"),
        ({"children": [{"sex": "M"}]}, "children[0].age"),
        ({"children": [{"age": 4}, {"age": 7, "born": "2020-01-01"}]}, "children[1].age"),
        ({"children": [{"born": str(days(1))}]}, "children[0].born"),
        ({"children": [{"age": 19}]}, "children[0].age"),
        ({"apart": [{"first": 1, "second": 2}]}, "apart[0].second"),
        ({"children": [{"age": 1}] * 2, "apart": [{"first": 2, "second": 2}]}, "apart[0].second"),
        ({"skills": ["magic"]}, "skills"),
        ({"religion": "jedi"}, "religion"),
        ({"reference": "John Smith"}, "reference"),
        ({"reference": "Smith"}, "reference"),
    ],
)
async def test_what_cannot_be_right_is_refused_by_field(
    client: httpx.AsyncClient, world: World, need: dict[str, Any], field: str
) -> None:
    answer = await client.post(URL, json=BOY | need, headers=await world.bearer(world.a))
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    listed = (await client.get("/api/v1/searches", headers=await world.bearer(world.a))).json()["items"]
    assert all(str(need) not in str(one) for one in listed)


@pytest.mark.parametrize(
    "need",
    [
        {"children": []},
        {"children": [{"age": 1}] * 9},
        {"children": [{"age": -1}]},
        {"children": [{"age": 4, "name": "Sam"}]},
        {"home_miles": 401},
        {"keep_away": [{"postcode": "ZA1 3DD", "miles": 1}] * 6},
        {"ages": "4-2"},
    ],
)
async def test_what_is_malformed_is_refused(client: httpx.AsyncClient, world: World, need: dict[str, Any]) -> None:
    answer = await client.post(URL, json=BOY | need, headers=await world.bearer(world.a))
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"], answer.text


async def test_a_cursor_tampered_with_is_refused(client: httpx.AsyncClient, world: World) -> None:
    for _ in range(3):
        await add_home(world, world.b, "ZB1")
    found, other = await search(client, world), await search(client, world, siblings=True)
    mine = await world.bearer(world.a)
    url = f"{URL}/{found['id']}/results"
    cursor = (await client.get(url, params={"limit": 1}, headers=mine)).json()["next_cursor"]
    elsewhere = f"{URL}/{other['id']}/results"
    for where, bad in ((url, cursor[:-2] + "xx"), (url, "nonsense"), (elsewhere, cursor)):
        answer = await client.get(where, params={"cursor": bad}, headers=mine)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, ["cursor"])


async def test_the_date_of_birth_becomes_an_age_and_is_not_kept(client: httpx.AsyncClient, world: World) -> None:
    birthday = today().replace(year=today().year - 3) if (today().month, today().day) != (2, 29) else days(-1096)
    found = await search(client, world, children=[{"born": str(birthday), "sex": "F"}])
    kept = await client.get(f"{URL}/{found['id']}", headers=await world.bearer(world.a))
    assert kept.json()["need"]["children"] == [{"age": 3, "born": None, "sex": "F"}]


HOME_OF_CHILDREN: dict[str, Any] = {
    "kind": "residential_home",
    "sector": "local_authority",
    "kept_as": "own",
    "purposes": [],
    "need_levels": ["standard"],
    "staffed_until": days(30),
    "education_on_site": False,
    "short_break_only": False,
}


async def test_the_least_institutional_home_comes_first_unless_a_reason_is_given(
    client: httpx.AsyncClient, world: World
) -> None:
    near = await add_home(world, world.b, "ZA1", **HOME_OF_CHILDREN)
    far = await add_home(world, world.b, "ZB2")
    found = await search(client, world, home_postcode="ZA1 1AA")
    assert ids(found["results"]) == [far, near]
    fit = await search(client, world, home_postcode="ZA1 1AA", fit_first="wishes")
    assert ids(fit["results"]) == [near, far]
    one = await search(client, world, home_postcode="ZA1 1AA", kinds=["residential_home"])
    assert ids(one["results"]) == [near]
    refused = await client.post(URL, json=BOY | {"fit_first": "because"}, headers=await world.bearer(world.a))
    assert refused.status_code == 400


async def test_a_new_search_is_as_few_statements_as_ever(
    client: httpx.AsyncClient, app: Litestar, world: World
) -> None:
    """Bound, searched (and kept) and recorded: prices, kinds and who was asked before add no round trip."""
    await add_home(world, world.b, "ZB1")
    await search(client, world)
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await search(client, world)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(sent) == 3, sent
