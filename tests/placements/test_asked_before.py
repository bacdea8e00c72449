"""Who was asked for a child before stands with the homes found: of one's own authority alone, reasons neutral."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio

from careshare.database import Database
from tests.placements.enquiries.conftest import Between
from tests.placements.homes import days
from tests.web.html import one, parsed, words
from tests.world import World, submit

CHILD = {"age": 7, "sex": "F", "identity": {"name": "Hidden Person", "reference": "CH-771204"}}
NEW = {"kind": "planned", "children": [CHILD]}


@pytest_asyncio.fixture
async def between(world: World, database: Database, client: httpx.AsyncClient) -> Between:
    return Between(world, database, client)


async def searched(between: Between, request: UUID) -> str:
    """A search joined to the request, as a page's button makes it; its id."""
    made = await between.finder("POST", f"/requests/{request}/searches")
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


async def asked(between: Between, search: str, role: str = "placement_finder") -> list[dict[str, Any]]:
    answer = await between.call(between.world.a, role, "GET", f"/searches/{search}/results")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["asked_before"]
    return found


async def test_everybody_asked_for_the_child_and_what_they_said(between: Between) -> None:
    (_h1, says_no), (_h2, says_nothing), (_h3, rung) = [await between.home() for _ in range(3)]
    request = await between.request(**NEW)
    search = await searched(between, request)
    assert await asked(between, search) == []
    sent = await between.finder(
        "POST", f"/requests/{request}/enquiries", {"offer_ids": [str(says_no), str(says_nothing)]}
    )
    no = sent.json()["enquiry_ids"][0]
    declined = await between.officer("POST", f"/enquiries/{no}/decline", {"reason": "allegation"})
    assert declined.status_code == 200, declined.text
    body = {"provider": "Hill Top Agency", "kind": "foster_home", "how": "telephone"}
    outside = await between.finder("POST", f"/requests/{request}/outside-enquiries", body)
    assert outside.status_code == 201, outside.text
    price = {"answer": "offered", "weekly_price": "980.00", "heard_from": "duty"}
    said = await between.finder("POST", f"/outside-enquiries/{outside.json()['id']}/answers", price)
    assert said.status_code in {200, 201}, said.text
    called = {"offer_id": str(rung), "outcome": "no_answer"}
    assert (await between.finder("POST", f"/searches/{search}/calls", called)).status_code == 201

    again = await searched(between, request)
    found = {(item["how"], item["offer_id"]): item for item in await asked(between, again)}
    assert set(found) == {
        ("enquiry", str(says_no)),
        ("enquiry", str(says_nothing)),
        ("outside", None),
        ("call", str(rung)),
    }
    refusal = found["enquiry", str(says_no)]
    assert (refusal["said"], refusal["reason"], refusal["who"]) == ("declined", "not_available", "Birkdale")
    assert "allegation" not in str(found)
    assert (found["enquiry", str(says_nothing)]["said"], refusal["this_request"]) == ("sent", True)
    agency = found["outside", None]
    assert (agency["who"], agency["said"], agency["weekly_price"]) == ("Hill Top Agency", "offered", "980.00")
    assert found["call", str(rung)]["said"] == "no_answer"
    assert ("call", str(rung)) not in {(item["how"], item["offer_id"]) for item in await asked(between, search)}

    # Another request of the same child, and a search under its reference alone, know it too; another child's do not.
    other = await searched(between, await between.request(**NEW))
    assert {item["this_request"] for item in await asked(between, other)} == {False}
    need = {"children": [{"age": 7, "sex": "F"}], "reference": "ch-771204"}
    under = (await between.finder("POST", "/searches", need)).json()
    assert {item["how"] for item in under["asked_before"]} == {"enquiry", "outside", "call"}
    stranger = (await between.finder("POST", "/searches", need | {"reference": "CH-000001"})).json()
    assert stranger["asked_before"] == []
    # Of one's own authority alone, and only for whoever may read enquiries.
    theirs = await between.call(between.world.b, "placement_finder", "POST", "/searches", need)
    assert theirs.json()["asked_before"] == []
    headers = await between.world.bearer(between.world.a, scopes=["placement:search"])
    bare = await between.client.get(f"/api/v1/searches/{again}/results", headers=headers)
    assert bare.json()["asked_before"] == []


async def test_the_cards_say_it_and_lead_to_asking_and_comparing(between: Between, world: World) -> None:
    homes = [(await between.home())[1] for _ in range(3)]
    request = await between.request(children=[{"age": 7, "sex": "F", "identity": {"name": "Hidden Person"}}])
    search = await searched(between, request)
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(homes[0])]})
    decline = {"reason": "matching"}
    await between.officer("POST", f"/enquiries/{sent.json()['enquiry_ids'][0]}/decline", decline)
    await world.sign_in(between.client, world.a)
    at = f"/placements/searches/{search}"
    page = await between.client.get(at)
    declined, free = (one(parsed(page), "li", id=f"home-{offer}") for offer in homes[:2])
    assert "Declined" in words(declined)
    assert "It does not fit those who live there" in words(declined)
    assert "Ask this home" not in words(declined)
    assert "Ask this home" in words(free)
    assert f'href="/placements/requests/{request}/ask?offer={homes[1]}"' in page.text
    assert "Asked already: 1" in words(parsed(page))

    ask = await between.client.get(f"/placements/requests/{request}/ask?offer={homes[1]}&offer={homes[2]}")
    chosen = [box.get("value", "") for box in parsed(ask).iter("input") if box.get("checked") is not None]
    assert sorted(chosen) == sorted(str(home) for home in homes[1:])

    offers = "&".join(f"offer={home}" for home in homes)
    compared = await between.client.get(f"{at}/compare?{offers}")
    assert compared.status_code == 200
    table = one(parsed(compared), "table", id="compare")
    rows = {words(row.find("th")): [words(cell) for cell in row.findall("td")] for row in table.iter("tr")}
    assert [len(cells) for name, cells in rows.items() if name != "What"] == [3] * (len(rows) - 1)
    assert rows["Asked before"][0] == "Declined: It does not fit those who live there"
    assert all(text.startswith("Free now") for text in rows["Soonest"])
    assert rows["Approval"][0].startswith("Nominated officer")
    assert "Price" not in rows, "nothing is told, so there is no row that asks"
    assert "Hidden Person" not in compared.text


async def test_compared_are_four_at_most_and_what_is_gone_is_not_there(between: Between, world: World) -> None:
    homes = [(await between.home())[1] for _ in range(5)]
    search = (await between.finder("POST", "/searches", {"children": [{"age": 7}], "starts": str(days(1))})).json()[
        "id"
    ]
    await world.sign_in(between.client, world.a)
    at = f"/placements/searches/{search}/compare"
    five = await between.client.get(at + "?" + "&".join(f"offer={home}" for home in homes))
    assert "The first 4 of the chosen are shown" in five.text
    gone = await between.client.get(f"{at}?offer={homes[0]}&offer={uuid4()}")
    assert "1 chosen home is no longer offered" in gone.text
    none = await between.client.get(at)
    assert "choose up to 4 of them" in none.text
    await world.sign_in(between.client, world.c)
    assert (await between.client.get(f"{at}?offer={homes[0]}")).status_code == 404
    theirs = await between.call(world.c, "placement_finder", "POST", "/searches", {"children": [{"age": 7}]})
    hidden = await between.client.get(f"/placements/searches/{theirs.json()['id']}/compare?offer={homes[0]}")
    assert "no longer offered" in hidden.text
    assert str(homes[0]) not in hidden.text


async def test_homes_chosen_for_a_draft_stay_chosen_when_it_is_opened(between: Between, world: World) -> None:
    homes = [(await between.home())[1] for _ in range(2)]
    body = {"kind": "planned", "starts": str(days(3)), "children": [{"age": 7, "sex": "F"}]}
    request = (await between.finder("POST", "/requests", body)).json()["id"]
    await searched(between, request)
    await world.sign_in(between.client, world.a)
    path = f"/placements/requests/{request}"
    chosen = "&".join(f"offer={home}" for home in homes)
    page = await between.client.get(f"{path}/ask?{chosen}")
    assert "This request is a draft" in page.text
    hidden = {
        box.get("name"): box.get("value", "") for box in parsed(page).iter("input") if box.get("type") == "hidden"
    }
    form = {"csrf_token": hidden["csrf_token"], "version": hidden["version"], "offer": [str(home) for home in homes]}
    opened = await between.client.post(f"{path}/open", data=form)
    assert opened.status_code == 303
    back = await between.client.get(opened.headers["location"])
    ticked = [box.get("value", "") for box in parsed(back).iter("input") if box.get("checked") is not None]
    assert sorted(ticked) == sorted(str(home) for home in homes)


async def test_asking_what_a_search_found_starts_its_request(between: Between, world: World) -> None:
    homes = [(await between.home())[1] for _ in range(2)]
    search = (await between.finder("POST", "/searches", {"children": [{"age": 7}], "starts": str(days(1))})).json()[
        "id"
    ]
    await world.sign_in(between.client, world.a)
    at = f"/placements/searches/{search}"
    offers = [str(home) for home in homes]
    compared = await submit(between.client, at, {"offer": offers, "action": "compare"}, to=f"{at}/chosen")
    assert compared.headers["location"] == f"{at}/compare?offer={offers[0]}&offer={offers[1]}"
    asking = await submit(between.client, at, {"offer": offers, "action": "ask"}, to=f"{at}/chosen")
    page = await between.client.get(asking.headers["location"])
    assert "This request is a draft" in page.text
    assert all(f'name="offer" value="{offer}"' in page.text for offer in offers)
    again = await submit(between.client, at, {"offer": offers, "action": "ask"}, to=f"{at}/chosen")
    assert again.headers["location"] == asking.headers["location"], "one request, however often it is pressed"
    await world.sign_in(between.client, world.a, "fostering_officer")
    officer = await submit(between.client, at, {"offer": offers, "action": "ask"}, to=f"{at}/chosen")
    assert officer.headers["location"].startswith(asking.headers["location"].partition("?")[0])
