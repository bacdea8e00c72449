"""The register over HTTP: versions, keys, pages, problems; one authority's register is nothing to another."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from tests.fostering.register import TODAY, Desk, days
from tests.world import World

ROOT = "/api/v1/households"
SECRET = "Damson"
PURPOSES = text("""
    select purpose from audit.entry where action = 'household.opened' and subjects @> array[cast(:id as uuid)]
""")


def a_household(**changed: Any) -> dict[str, Any]:
    given = {
        "reference": f"API-{uuid4().hex[:8]}",
        "name": "The Vales",
        "address": "1 Open Road",
        "postcode": "ZA1 1AA",
        "duty_number": "01632 960 111",
    }
    return {**given, **changed}


TERMS = {
    "since": "2020-01-06",
    "kind": "mainstream",
    "places": 3,
    "age_min": 0,
    "age_max": 17,
    "care_types": ["short_term"],
}


class Api:
    """Calls as one authority's person and follows the version."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def get(self, path: str = "", **params: Any) -> httpx.Response:
        return await self.client.get(ROOT + path, headers=self.headers, params=params)

    async def send(
        self, method: str, path: str = "", body: Any = None, *, version: int | None = None, key: str | None = None
    ) -> httpx.Response:
        headers = dict(self.headers)
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.client.request(method, ROOT + path, headers=headers, json=body)

    async def make(self, **changed: Any) -> dict[str, Any]:
        made = await self.send("POST", body=a_household(**changed))
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def approved(self, *, places: int = 2, **changed: Any) -> dict[str, Any]:
        made = await self.make(**changed)
        path = f"/{made['id']}"
        done = await self.send("POST", f"{path}/approvals", TERMS, version=made["version"])
        assert done.status_code == 201, done.text
        done = await self.send("PUT", f"{path}/places", {"number": places}, version=done.json()["version"])
        assert done.status_code == 200, done.text
        found: dict[str, Any] = done.json()
        return found


@pytest.fixture
async def api(client: httpx.AsyncClient, world: World) -> Api:
    return Api(client, await world.bearer(world.a, "fostering_officer"))


@pytest.fixture
async def neighbour(client: httpx.AsyncClient, world: World) -> Api:
    return Api(client, await world.bearer(world.b, "fostering_officer"))


async def test_a_household_from_registration_to_a_published_vacancy(api: Api, world: World) -> None:
    made = await api.approved()
    path = f"/{made['id']}"
    steps: list[tuple[str, str, Any]] = [
        ("PUT", "/carers", {"carers": [{"name": "Ann Vale", "telephone": "01632 960 001", "languages": ["en"]}]}),
        ("PUT", "/members", {"members": [{"name": "Jo Vale", "relationship": "adult"}]}),
        ("PUT", "/bedrooms", {"bedrooms": [{"beds": 1}, {"beds": 2, "sharing": "siblings"}]}),
        ("PATCH", "", {"privacy_notice_on": "2024-02-01", "skills": ["autism"], "pets": []}),
        ("PUT", "/checks/dbs", {"done_on": "2026-02-01"}),
        ("POST", "/confirm", None),
        ("POST", "/publish", None),
    ]
    version = made["version"]
    found: dict[str, Any] = made
    for method, where, body in steps:
        done = await api.send(method, path + where, body, version=version)
        assert done.status_code == 200, done.text
        found = done.json()
        assert found["version"] > version
        version = found["version"]
        assert done.headers["ETag"] == f'"{version}"'
    assert found["notice"]["shared"] is True
    assert (found["notice"]["skills"], found["notice"]["bedrooms"], found["notice"]["places"]) == (["autism"], 2, 2)
    assert found["published_by"] == "Ashmoor Fostering officer"
    assert (await api.get(path)).json() == found


async def test_a_creation_sent_twice_with_one_key_is_one(api: Api) -> None:
    body, key = a_household(), uuid4().hex
    first, second = [await api.send("POST", body=body, key=key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["Location"] == f"{ROOT}/{first.json()['id']}"
    other = await api.send("POST", body=a_household(), key=key)
    assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "Idempotency-Key")
    again = await api.send("POST", body=body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "reference")


async def test_a_change_says_which_version_it_was_made_from(api: Api) -> None:
    made = await api.make()
    path, body = f"/{made['id']}", {"name": "The Hills"}
    assert (await api.send("PATCH", path, body)).status_code == 428
    assert (await api.send("PATCH", path, body, version=made["version"])).status_code == 200
    stale = await api.send("PATCH", path, {"name": "Another"}, version=made["version"])
    assert stale.status_code == 412
    found = (await api.get(path)).json()
    assert (found["name"], found["duty_number"], found["version"]) == ("The Hills", "01632 960 111", 2)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"postcode": "NE1 4LP"}, "postcode"),
        ({"postcode": "nowhere"}, "postcode"),
        ({"name": " "}, "name"),
        ({"duty_number": "ring me"}, "duty_number"),
        ({"name": "x" * 121}, "name"),
    ],
)
async def test_bad_input_names_its_field_and_saves_nothing(api: Api, changed: dict[str, Any], field: str) -> None:
    before = (await api.get("/summary")).json()["households"]
    refused = await api.send("POST", body=a_household(**changed))
    assert refused.status_code == 400, refused.text
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert field in json.dumps(refused.json()["errors"])
    assert (await api.get("/summary")).json()["households"] == before


async def test_a_null_character_is_refused(api: Api) -> None:
    refused = await api.send("POST", body=a_household(name="The\x00Vales"))
    assert refused.status_code == 400
    searched = await api.send("POST", "/search", {"q": "\x00"})
    assert searched.status_code == 400


async def test_rules_are_422_and_name_what_they_forbid(api: Api) -> None:
    made = await api.approved()
    path, version = f"/{made['id']}", made["version"]
    child = {
        "child_reference": "API-1",
        "born": "2016-01-01",
        "sex": "M",
        "care_type": "remand",
        "starts": TODAY.isoformat(),
        "responsible_gss": "E06000901",
    }
    refused = await api.send("POST", f"{path}/placed-children", child)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["care_type"]
    refused = await api.send("POST", f"{path}/publish", version=version)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "privacy_notice_on")
    refused = await api.send("PUT", f"{path}/places", {"number": 4}, version=version)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "number")
    assert (await api.get(path)).json()["version"] == version


async def test_a_child_is_placed_and_leaves(api: Api) -> None:
    made = await api.approved(places=1)
    path = f"/{made['id']}"
    child = {
        "child_reference": f"API-{uuid4().int % 10**6}",
        "born": "2016-01-01",
        "sex": "F",
        "care_type": "short_term",
        "starts": days(-7).isoformat(),
        "responsible_gss": "E06000902",
    }
    first, second = [
        await api.send("POST", f"{path}/placed-children", child, key="once" + made["id"]) for _ in range(2)
    ]
    assert first.status_code == 201, first.text
    assert first.json() == second.json()
    stay, household = first.json()["placed_child_id"], first.json()["household"]
    assert [one.headers["ETag"] for one in (first, second)] == [f'"{household["version"]}"'] * 2
    assert household["places"][0]["state"] == "filled"
    assert household["placed"][0]["responsible"] == "Birkdale"
    full = await api.send("POST", f"{path}/placed-children", {**child, "child_reference": "API-2"})
    assert (full.status_code, full.json()["errors"][0]["field"]) == (409, "place")
    end = f"{path}/placed-children/{stay}/end"
    left = await api.send("POST", end, {"ends": TODAY.isoformat()}, version=household["version"])
    assert left.status_code == 200, left.text
    assert left.json()["places"][0]["state"] == "vacant"
    version = left.json()["version"]
    closed = await api.send(
        "PUT", f"{path}/places/1/closure", {"reason": "works", "since": TODAY.isoformat()}, version=version
    )
    assert closed.json()["places"][0]["state"] == "not_available"
    opened = await api.send("DELETE", f"{path}/places/1/closure", version=version + 1)
    assert opened.json()["places"][0]["state"] == "vacant"


async def test_lists_are_paged_by_a_cursor_that_holds_no_name(api: Api) -> None:
    for name in ("Zebra One", "Zebra Two", "Zebra Three"):
        await api.make(name=name)
    found: list[str] = []
    cursor = None
    while True:
        body: dict[str, Any] = {"q": "zebra", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await api.send("POST", "/search", body)).json()
        found += [row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == ["Zebra One", "Zebra Three", "Zebra Two"]
    page = (await api.get(limit=1)).json()
    assert (await api.get(limit=1, cursor=page["next_cursor"])).status_code == 200
    for params in ({"cursor": page["next_cursor"][:-2] + "xx"}, {"cursor": page["next_cursor"], "published": "true"}):
        refused = await api.get(**params)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "cursor")
    assert (await api.get(limit=0)).status_code == 400
    due = (await api.get("/due", limit=1)).json()
    following = (await api.get("/due", limit=1, cursor=due["next_cursor"])).json() if due["next_cursor"] else due
    assert following["items"] != due["items"] or due["next_cursor"] is None
    assert (await api.get("/due", kind="nonsense")).status_code == 400


async def test_a_confidential_address_is_shown_to_nobody_unasked(
    api: Api, client: httpx.AsyncClient, world: World, a: Desk
) -> None:
    given = a_household(name="The Hidden", address=f"9 {SECRET} Close", postcode="ZA2 5FF")
    made = await api.send("POST", body=given)
    path = f"/{made.json()['id']}"
    marked = await api.send("PUT", f"{path}/confidential", {"confidential": True}, version=1)
    assert marked.status_code == 200
    version = marked.json()["version"]
    exemptions = Api(client, await world.bearer(world.a, "exemptions_officer"))  # reads the register, not addresses
    for caller in (api, exemptions):
        answers = [
            await caller.get(path),
            await caller.get(),
            await caller.get("/due"),
            await caller.send("POST", "/search", {"q": "hidden"}),
        ]
        assert [answer.status_code for answer in answers] == [200] * 4
        assert all(SECRET not in answer.text and "ZA2 5" not in answer.text for answer in answers)
        assert (await caller.send("POST", "/search", {"q": SECRET})).json()["items"] == []
        assert (await caller.send("POST", "/search", {"q": "ZA2 5FF"})).json()["items"] == []
    blind = await exemptions.get(path, reason="visit")
    assert blind.json()["address_withheld"] is True
    refused = await api.send("PATCH", path, {"address": "1 New Lane"}, version=version)
    assert refused.status_code == 403
    assert SECRET not in refused.text
    renamed = await api.send("PATCH", path, {"name": "The Vales"}, version=version)
    assert renamed.status_code == 200
    assert (await api.get(path, reason="curiosity")).status_code == 400

    unconfirmed = await api.get(path, reason="visit")
    assert (unconfirmed.status_code, unconfirmed.json()["type"].rpartition("/")[2]) == (401, "step-up-required")
    assert SECRET not in unconfirmed.text
    lifted = await api.send("PUT", f"{path}/confidential", {"confidential": False}, version=renamed.json()["version"])
    assert lifted.status_code == 401
    plain, api = api, Api(client, await world.bearer(world.a, "fostering_officer", stepped_up=True))
    opened = await api.get(path, reason="visit")
    assert (await plain.get(path)).json()["address_withheld"] is True
    assert (opened.json()["address"], opened.json()["address_withheld"]) == (f"9 {SECRET} Close", False)
    assert (await api.get(path)).json()["address"] == f"9 {SECRET} Close"  # the reason stands for a while
    async with a.uow() as uow:
        rows = await uow.execute(PURPOSES, {"id": made.json()["id"]})
        assert list(rows.scalars()) == ["visit"]
    moved = await api.send("PATCH", path, {"address": "1 New Lane"}, version=renamed.json()["version"])
    assert moved.json()["address"] == "1 New Lane"


async def test_a_neighbours_register_is_not_there(api: Api, neighbour: Api) -> None:
    made = await api.approved(name="Only Ours")
    path, unknown = f"/{made['id']}", f"/{uuid4()}"
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"name": "Theirs"}),
        ("PUT", "/carers", {"carers": [{"name": "X"}]}),
        ("POST", "/approvals", TERMS),
        ("PUT", "/places", {"number": 1}),
        ("POST", "/publish", None),
        ("PUT", "/confidential", {"confidential": True}),
        ("PUT", "/resignation", {"received_on": TODAY.isoformat()}),
        ("PUT", "/checks/dbs", {"done_on": TODAY.isoformat()}),
    ]
    for method, where, body in calls:
        theirs = await neighbour.send(method, path + where, body, version=1)
        nobodys = await neighbour.send(method, unknown + where, body, version=1)
        assert (theirs.status_code, theirs.content) == (404, nobodys.content), (method, where)
    before = (await neighbour.get()).content
    await api.make(name="Another of Ours")
    assert (await neighbour.get()).content == before
    assert (await neighbour.send("POST", "/search", {"q": "ours"})).json()["items"] == []
    assert (await api.get(path)).json()["version"] == made["version"]


async def test_roles(client: httpx.AsyncClient, world: World, api: Api) -> None:
    made = await api.make()
    finder = Api(client, await world.bearer(world.a, "placement_finder"))
    assert (await finder.get(f"/{made['id']}")).status_code == 403
    assert (await finder.get("/tonight")).status_code == 200
    worker = Api(client, await world.bearer(world.a, "supervising_social_worker"))
    assert (await worker.send("POST", f"/{made['id']}/publish", version=1)).status_code == 403
    assert (await client.get(ROOT)).status_code == 401


async def test_another_spelling_of_a_reference_is_the_same_household(api: Api) -> None:
    sent = a_household(reference="  T-302 ")
    made = await api.send("POST", body=sent)
    assert (made.status_code, made.json()["reference"]) == (201, "T-302")
    again = await api.send("POST", body=a_household(reference="t-302"))
    assert again.status_code == 409, again.text
    assert [error["field"] for error in again.json()["errors"]] == ["reference"]
