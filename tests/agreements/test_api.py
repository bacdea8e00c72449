"""The agreements' API: draft, read, amend with If-Match, sign, leave; problem+json for what is refused."""

from typing import Any

import httpx

from tests.agreements.terms import CONTACT, given
from tests.world import World

URL = "/api/v1/agreements"
SIGNATURE = {"version": 1, "role": "Director", "declared": True, **CONTACT}


async def drafted(client: httpx.AsyncClient, world: World, **other: Any) -> httpx.Response:
    headers = await world.bearer(world.a, "director", stepped_up=True)
    answer = await client.post(URL, json=given(world.c, **other), headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


async def test_drafted_read_amended_signed_and_left(world: World, client: httpx.AsyncClient) -> None:
    a = await world.bearer(world.a, "director", stepped_up=True)
    c = await world.bearer(world.c, "nominated_officer", stepped_up=True)
    made = await drafted(client, world)
    path = made.headers["location"]
    read = await client.get(path, headers=c)
    assert read.headers["etag"] == '"1"'
    assert read.json()["versions"][0]["state"] == "proposed"

    without = await client.put(path, json=given(world.c), headers=a)
    assert without.status_code == 428
    amended = await client.put(path, json=given(world.c, notice_days=14), headers=a | {"If-Match": '"1"'})
    assert amended.status_code == 200, amended.text
    stale = await client.put(path, json=given(world.c), headers=a | {"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.headers["content-type"].startswith("application/problem+json")

    tag = amended.headers["etag"]
    old = await client.post(f"{path}/signatures", json=SIGNATURE, headers=a | {"If-Match": '"1"'})
    assert old.status_code == 412
    first = await client.post(f"{path}/signatures", json=SIGNATURE, headers=a | {"If-Match": tag})
    assert first.status_code == 200, first.text
    assert first.json()["state"] == "draft"
    again = await client.post(f"{path}/signatures", json=SIGNATURE, headers=a | {"If-Match": first.headers["etag"]})
    assert again.status_code == 409
    both = await client.post(f"{path}/signatures", json=SIGNATURE, headers=c | {"If-Match": first.headers["etag"]})
    assert both.json()["state"] == "in_force"
    parties = both.json()["parties"]
    assert {one["contact_email"] for one in parties} == {CONTACT["contact_email"]}
    assert [one["name"] for one in both.json()["versions"][0]["signatures"]] == [
        world.a.names["director"],
        world.c.names["nominated_officer"],
    ]

    careless = {"at_once": True, "cause": "boredom", "reason": "x"}
    headers = c | {"If-Match": both.headers["etag"]}
    assert (await client.post(f"{path}/leave", json=careless, headers=headers)).status_code == 400
    left = await client.post(
        f"{path}/leave", json={"at_once": True, "cause": "breach", "reason": "Lost"}, headers=headers
    )
    assert left.json()["state"] == "ended"


async def test_the_list_is_of_ones_own_and_pages(world: World, client: httpx.AsyncClient) -> None:
    for name in ("Pages one", "Pages two"):
        await drafted(client, world, title=name)
    headers = await world.bearer(world.c, "api_client")
    titles: list[str] = []
    cursor = ""
    while True:
        page = await client.get(f"{URL}?limit=1{cursor}", headers=headers)
        assert page.status_code == 200, page.text
        titles += [one["title"] for one in page.json()["items"]]
        if page.json()["next_cursor"] is None:
            break
        cursor = f"&cursor={page.json()['next_cursor']}"
    assert {"Pages one", "Pages two"} <= set(titles)
    assert titles == sorted(titles)
    assert titles.count("Pages one") == 1
    theirs = await client.get(URL, headers=await world.bearer(world.b, "director", stepped_up=True))
    assert [one["title"] for one in theirs.json()["items"]] == ["Ashmoor and Birkdale foster carers"]


async def test_a_third_authority_is_told_that_nothing_is_there(world: World, client: httpx.AsyncClient) -> None:
    path = (await drafted(client, world)).headers["location"]
    b = await world.bearer(world.b, "director", stepped_up=True) | {"If-Match": '"1"'}
    calls = (
        client.get(path, headers=b),
        client.get(f"{path}/versions/1", headers=b),
        client.put(path, json=given(world.a), headers=b),
        client.post(f"{path}/signatures", json=SIGNATURE, headers=b),
        client.put(f"{path}/contact", json=CONTACT, headers=b),
        client.post(f"{path}/leave", json={"at_once": False}, headers=b),
    )
    for call in calls:
        answer = await call
        assert answer.status_code == 404, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")


async def test_roles_that_may_not_are_refused(world: World, client: httpx.AsyncClient) -> None:
    path = (await drafted(client, world)).headers["location"]
    tag = {"If-Match": '"1"'}
    for role, status in (("team_manager", 403), ("authority_administrator", 403), ("api_client", 403)):
        headers = await world.bearer(world.c, role, stepped_up=True) | tag
        assert (await client.post(f"{path}/signatures", json=SIGNATURE, headers=headers)).status_code == status
        assert (await client.post(f"{path}/leave", json={"at_once": False}, headers=headers)).status_code == status
    for role, status in (("team_manager", 201), ("regional_administrator", 201), ("authority_administrator", 403)):
        headers = await world.bearer(world.c, role, stepped_up=True)
        assert (await client.post(URL, json=given(world.a), headers=headers)).status_code == status
    assert (await client.get(path, headers=await world.bearer(world.c, "payments"))).status_code == 403


async def test_what_cannot_be_right_names_its_field(world: World, client: httpx.AsyncClient) -> None:
    headers = await world.bearer(world.a, "director", stepped_up=True)
    for field, value in (
        ("gateways", ["a_wish"]),
        ("lawful_basis", "consent"),
        ("resource", "unicorns"),
        ("parties", ["01900000-0000-7000-8000-000000000000"]),
        ("last_day", "2020-01-01"),
        ("detail", "everything"),
        ("notice_days", -1),
    ):
        answer = await client.post(URL, json=given(world.c, **{field: value}), headers=headers)
        assert answer.status_code == 400, (field, answer.text)
        assert field in answer.text


async def test_a_draft_sent_twice_with_one_key_is_drafted_once(world: World, client: httpx.AsyncClient) -> None:
    headers = await world.bearer(world.a, "director", stepped_up=True) | {"Idempotency-Key": "agreement-1"}
    first = await client.post(URL, json=given(world.c), headers=headers)
    second = await client.post(URL, json=given(world.c), headers=headers)
    assert first.headers["location"] == second.headers["location"]
