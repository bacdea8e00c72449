"""Requests over HTTP: started with three fields, written, checked, searched for, taken through their steps."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from careshare.workdays import add_working_days
from tests.placements.homes import add_home, days, remove_all, today
from tests.world import World, WorldAuthority

URL = "/api/v1/requests"
GIRL: dict[str, Any] = {"children": [{"age": 7, "sex": "F"}]}


class Desk:
    """One person of one authority, at work on requests."""

    def __init__(self, client: httpx.AsyncClient, world: World, authority: WorldAuthority, role: str) -> None:
        self.client, self.world, self.authority, self.role = client, world, authority, role

    async def ask(self, method: str, path: str, json: Any = None, *, status: int = 200, **headers: str) -> Any:
        bearer = await self.world.bearer(self.authority, self.role)
        sent = {"json": json} if json is not None else {}
        answer = await self.client.request(
            method, path, headers={**bearer, **{k.replace("_", "-"): v for k, v in headers.items()}}, **sent
        )
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def start(self, **new: Any) -> str:
        made = await self.ask("POST", URL, GIRL | new, status=201)
        return f"{URL}/{made['id']}"

    async def read(self, path: str) -> Any:
        return await self.ask("GET", path)

    async def change(self, path: str, json: Any, method: str = "PATCH", status: int = 200, at: str = "") -> Any:
        root = "/".join(path.split("/")[:5])
        version = (await self.read(root))["version"]
        return await self.ask(method, path + at, json, status=status, if_match=f'"{version}"')

    async def step(self, path: str, status: int = 200, **step: Any) -> Any:
        return await self.change(path, step, "POST", status, "/steps")


@pytest.fixture
def desk(client: httpx.AsyncClient, world: World) -> Desk:
    return Desk(client, world, world.a, "placement_finder")


def fields(problem: Any) -> set[str]:
    return {error["field"] for error in problem["errors"]}


async def test_three_fields_start_a_request_and_it_says_what_it_lacks(desk: Desk) -> None:
    path = await desk.start(starts=today().isoformat())
    request = await desk.read(path)
    assert request["number"].startswith("R-")
    assert (request["stage"], request["kind"], request["starts"]) == ("draft", "planned", today().isoformat())
    assert [(child["age"], child["sex"]) for child in request["children"]] == [(7, "F")]
    lacking = {one["field"]: one for one in request["lacking"]}
    assert {"wishes", "legal_status", "risks", "considered", "family_time", "on_file"} <= lacking.keys()
    assert lacking["wishes"]["child"] == 1
    assert lacking["considered"]["child"] is None
    assert "s22C(7)" in lacking["considered"]["source"]
    assert "sex" not in lacking
    assert request["complete_by"] is None
    assert request["allowed"] == ["change", "open", "withdraw"]


async def test_an_emergency_one_says_by_when_it_must_be_complete(desk: Desk) -> None:
    path = await desk.start(kind="emergency")
    request = await desk.read(path)
    due = request["complete_by"]
    assert due == add_working_days(today(), 5).isoformat()
    listed = await desk.ask("GET", URL)
    row = next(one for one in listed["items"] if one["id"] == request["id"])
    assert row["due_on"] == due
    assert row["lacking"] == len(request["lacking"])


@pytest.mark.parametrize(
    ("new", "wrong"),
    [
        ({"children": [{"sex": "F"}]}, {"children[0].age"}),
        ({"children": [{"age": 19}]}, {"children[0].age"}),
        ({"children": [{"identity": {"born": "2001-01-01"}}]}, {"children[0].born"}),
        ({"starts": "2020-01-01"}, {"starts"}),
        ({"ends": "2020-01-01"}, {"ends"}),
        ({"need": {"care_type": "hotel"}}, {"care_type"}),
        ({"need": {"apart": [{"first": 1, "second": 2}]}}, {"apart[0].second"}),
        ({"need": {"keep_away": [{"postcode": "ZZ99 9ZZ", "miles": 1}]}}, {"keep_away[0].postcode"}),
        ({"children": [{"age": 3, "need": {"needs": ["flying"]}}]}, {"children[0].needs"}),
        (
            {"children": [{"age": 3, "need": {"risks": [{"risk": "rain", "level": "low"}]}}]},
            {"children[0].risks[0].risk"},
        ),
        ({"children": [{"age": 3, "need": {"about": "a\u202eb"}}]}, {"children[0].about"}),
        ({"children": [{"age": 3, "identity": {"postcode": "nowhere"}}]}, {"children[0].postcode"}),
        ({"children": [{"age": 3, "identity": {"legal_status": "Z9"}}]}, {"children[0].legal_status"}),
        ({"children": [{"age": 3, "identity": {"reference": "John"}}]}, {"children[0].reference"}),
    ],
)
async def test_what_cannot_be_right_names_its_field(desk: Desk, new: dict[str, Any], wrong: set[str]) -> None:
    problem = await desk.ask("POST", URL, GIRL | new, status=400)
    assert fields(problem) == wrong


async def test_a_date_of_birth_becomes_the_age_on_the_day_wanted_and_follows_it(desk: Desk) -> None:
    birthday = (today() + timedelta(days=30)).replace(
        year=today().year - 7 + (1 if (today() + timedelta(days=30)).year > today().year else 0)
    )
    path = await desk.start(children=[{"sex": "M", "identity": {"born": birthday.isoformat()}}])
    assert (await desk.read(path))["children"][0]["age"] == 6
    request = await desk.change(path, {"starts": days(40).isoformat()})
    assert request["children"][0]["age"] == 7


async def test_changes_name_their_version(desk: Desk) -> None:
    path = await desk.start()
    await desk.ask("PATCH", path, {"kind": "emergency"}, status=428)
    await desk.ask("PATCH", path, {"kind": "emergency"}, status=412, if_match='"9"')
    changed = await desk.change(path, {"kind": "emergency"})
    assert (changed["kind"], changed["version"]) == ("emergency", 2)


async def test_the_same_key_twice_starts_one_request(desk: Desk) -> None:
    key = uuid4().hex
    first = await desk.ask("POST", URL, GIRL, status=201, idempotency_key=key)
    assert await desk.ask("POST", URL, GIRL, status=201, idempotency_key=key) == first


async def test_children_are_added_changed_and_taken_out(desk: Desk) -> None:
    path = await desk.start(children=[{"age": 5, "sex": "F"}, {"age": 7, "sex": "M"}, {"age": 9, "sex": "M"}])
    request = await desk.change(
        path,
        {"need": {"siblings": True, "apart": [{"first": 1, "second": 3}], "together": [{"first": 2, "second": 3}]}},
    )
    second = request["children"][1]["id"]
    request = await desk.change(f"{path}/children/{second}", None, "DELETE")
    assert [child["age"] for child in request["children"]] == [5, 9]
    assert [child["position"] for child in request["children"]] == [1, 2]
    assert request["need"]["apart"] == [{"first": 1, "second": 2}]
    assert request["need"]["together"] == []
    request = await desk.change(path, {"age": 0}, "POST", at="/children")
    third = request["children"][2]["id"]
    request = await desk.change(f"{path}/children/{third}", {"age": 1, "need": {"about": "Laughs a lot"}})
    assert request["children"][2]["age"] == 1
    assert request["children"][2]["need"]["about"] == "Laughs a lot"
    alone = await desk.start()
    only = (await desk.read(alone))["children"][0]["id"]
    await desk.change(f"{alone}/children/{only}", None, "DELETE", status=409)
    await desk.change(f"{alone}/children/{third}", {"age": 3}, status=404)


async def test_steps_go_as_the_table_says(desk: Desk) -> None:
    path = await desk.start()
    await desk.step(path, status=409, step="not_place", outcome="stays_home", reason="need")
    opened = await desk.step(path, step="open")
    assert (opened["stage"], opened["allowed"]) == ("open", ["change", "not_place", "withdraw"])
    assert opened["opened_at"] is not None
    await desk.step(path, status=400, step="withdraw")
    await desk.step(path, status=400, step="not_place", reason="need")
    await desk.step(path, status=400, step="not_place", outcome="moon", reason="need")
    ended = await desk.step(path, step="not_place", outcome="stays_home", reason="no_vacancy", note="Tried for a week")
    assert (ended["stage"], ended["allowed"]) == ("not_placed", ["reopen"])
    last = ended["steps"][-1]
    assert (last["outcome"], last["reason"], last["note"]) == ("stays_home", "no_vacancy", "Tried for a week")
    await desk.change(path, {"kind": "emergency"}, status=409)
    await desk.change(f"{path}/children/{ended['children'][0]['id']}", {"age": 8}, status=409)
    over = await desk.ask("GET", f"{URL}?show=ended&stage=not_placed")
    assert ended["id"] in {row["id"] for row in over["items"]}
    assert (await desk.step(path, step="reopen"))["stage"] == "open"
    assert (await desk.step(path, step="withdraw", reason="court"))["stage"] == "withdrawn"
    assert (await desk.step(path, step="reopen"))["stage"] == "draft"


async def test_who_the_children_are_is_for_few(client: httpx.AsyncClient, world: World, desk: Desk) -> None:
    considered = [{"relationship": "grandparent", "outcome": "assessing", "name": "Nan Okafor"}]
    path = await desk.start(
        children=[{"age": 7, "identity": {"name": "Amara Okafor", "reference": "CH-70001", "postcode": "za1 1aa"}}],
        need={"considered": considered},
    )
    full = await desk.read(path)
    child = full["children"][0]
    assert child["identity"]["name"] == "Amara Okafor"
    assert child["home_area"] == "ZA1"
    region = Desk(client, world, world.a, "regional_placement_officer")
    seen = await region.ask("GET", path)
    assert seen["children"][0]["identity"] is None
    assert set(seen["children"][0]["known"]) == {"name", "reference", "postcode"}
    assert "Okafor" not in str(seen)
    await region.ask("GET", f"{path}/children/{child['id']}/identity", status=403)
    await region.ask("PUT", f"{path}/children/{child['id']}/identity", {}, status=403)
    # What they were not shown they do not take away.
    changed = await region.change(path, {"need": {**seen["need"], "background": "Short notice"}})
    assert changed["need"]["background"] == "Short notice"
    assert (await desk.read(path))["need"]["considered"][0]["name"] == "Nan Okafor"
    listed = await region.ask("GET", URL)
    assert all(row["references"] == [] for row in listed["items"])


async def test_the_profile_is_sent_only_when_every_finding_is_mended_or_decided(desk: Desk) -> None:
    path = await desk.start(
        children=[
            {
                "age": 7,
                "sex": "F",
                "identity": {
                    "name": "Rose Fairweather",
                    "school": "Oakfield Primary",
                    "on_file": ["Kenneth Fairweather"],
                },
                "need": {"wishes": "Rose wants to stay near Ken", "about": "She grows a rose", "health": "Well"},
            }
        ]
    )
    level2 = await desk.ask("GET", f"{path}/profile")
    assert level2["flags"] == []
    assert "Rose" not in str(level2)
    level3 = await desk.ask("GET", f"{path}/profile?level=3")
    assert [(flag["field"], flag["kind"], flag["found"]) for flag in level3["flags"]] == [
        ("about", "name", "rose"),
        ("wishes", "name", "Rose"),
        ("wishes", "short_form", "Ken"),
    ]
    flag = level3["flags"][0]
    ruling = {name: flag[name] for name in ("field", "child_id", "digest", "first", "last")}
    await desk.ask("POST", f"{path}/rulings", {**ruling, "why": ""}, status=400)
    await desk.ask("POST", f"{path}/rulings", {**ruling, "first": 0, "why": "A flower"}, status=404)
    kept = await desk.ask("POST", f"{path}/rulings", {**ruling, "why": "The flower"})
    assert [one["why"] for one in kept["items"]] == ["The flower", None, None]
    child = (await desk.read(path))["children"][0]
    need = {**child["need"], "wishes": "Wants to stay near a relative", "about": "She grows a rose bush"}
    await desk.change(f"{path}/children/{child['id']}", {"need": need})
    again = await desk.ask("GET", f"{path}/profile?level=3")
    assert [(one["field"], one["why"]) for one in again["flags"]] == [("about", None)], "another text is looked at anew"


async def test_a_request_is_searched_for_and_its_unmet_need_is_its_own(desk: Desk, world: World) -> None:
    await remove_all(world)
    path = await desk.start(children=[{"age": 7, "sex": "F"}], starts=days(2).isoformat())
    request_id = path.rpartition("/")[2]
    search = await desk.ask("POST", f"{path}/searches", {}, status=201)
    found = await desk.ask("GET", f"/api/v1/searches/{search['id']}/results")
    unmet = await desk.ask("GET", "/api/v1/unmet-needs?open_only=true")
    mine = [one for one in unmet["items"] if one["request_id"] == request_id]
    assert [one["id"] for one in mine] == [found["unmet_need_id"]]
    child = (await desk.read(path))["children"][0]
    need = {
        "needs": ["autism"],
        "risks": [{"risk": "exploits_others", "level": "high"}, {"risk": "missing", "level": "none"}],
    }
    await desk.change(f"{path}/children/{child['id']}", {"need": need})
    again = await desk.ask("POST", f"{path}/searches", {}, status=201)
    saved = await desk.ask("GET", f"/api/v1/searches/{again['id']}")
    assert saved["request_id"] == request_id
    assert saved["need"]["skills"] == ["autism", "criminal_exploitation"]
    found = await desk.ask("GET", f"/api/v1/searches/{again['id']}/results")
    assert found["unmet_need_id"] == mine[0]["id"], "as things change it is the same need"
    await add_home(world, world.a, "ZA1")
    found = await desk.ask("GET", f"/api/v1/searches/{again['id']}/results")
    assert found["unmet_need_id"] is None
    made = await desk.ask("GET", f"{path}/searches")
    assert {one["id"] for one in made["items"]} == {search["id"], again["id"]}


async def test_a_saved_search_becomes_a_request_once_and_its_unmet_need_with_it(desk: Desk, world: World) -> None:
    await remove_all(world)
    wanted = {
        "kind": "tonight",
        "children": [{"age": 4, "sex": "M"}, {"age": 6, "sex": "F"}],
        "siblings": True,
        "home_postcode": "ZA1 1AA",
        "skills": ["autism"],
    }
    search = await desk.ask("POST", "/api/v1/searches", wanted, status=201)
    made = await desk.ask("POST", f"{URL}/from-search", {"search_id": search["id"]}, status=201)
    request = await desk.read(f"{URL}/{made['id']}")
    assert [child["age"] for child in request["children"]] == [4, 6]
    assert request["kind"] == "emergency"
    assert request["need"]["siblings"] is True
    assert [child["home_area"] for child in request["children"]] == ["ZA1", "ZA1"]
    await desk.ask("POST", f"{URL}/from-search", {"search_id": search["id"]}, status=409)
    await desk.ask("POST", f"{URL}/from-search", {"search_id": str(uuid4())}, status=404)
    unmet = await desk.ask("GET", "/api/v1/unmet-needs")
    assert {one["id"]: one["request_id"] for one in unmet["items"]}[search["unmet_need_id"]] == made["id"]


async def test_a_request_is_handed_to_a_colleague(desk: Desk, world: World) -> None:
    path = await desk.start()
    worker = world.a.people["social_worker"]
    given = await desk.change(path, {"person_id": str(worker)}, "PUT", at="/holder")
    assert given["held_by_id"] == str(worker)
    mine = await desk.ask("GET", f"{URL}?mine=true")
    assert path.rpartition("/")[2] not in {row["id"] for row in mine["items"]}
    await desk.change(path, {"person_id": str(world.b.people["social_worker"])}, "PUT", status=400, at="/holder")
    taken = await desk.change(path, {}, "PUT", at="/holder")
    assert taken["held_by_id"] == str(world.a.people["placement_finder"])


async def test_nobody_else_sees_anything_of_a_request(client: httpx.AsyncClient, world: World, desk: Desk) -> None:
    other = Desk(client, world, world.b, "placement_finder")
    before = await other.ask("GET", URL)
    path = await desk.start(children=[{"age": 7, "identity": {"name": "Amara Okafor"}}])
    child = (await desk.read(path))["children"][0]["id"]
    assert await other.ask("GET", URL) == before
    for way in ("", "/profile", "/searches", f"/children/{child}/identity"):
        await other.ask("GET", path + way, status=404)
    await other.ask("PATCH", path, {"kind": "planned"}, status=404, if_match='"1"')
    await other.ask("POST", f"{path}/steps", {"step": "open"}, status=404, if_match='"1"')


async def test_the_list_goes_on_page_by_page(desk: Desk) -> None:
    made = {(await desk.start(starts=days(200 + n).isoformat())).rpartition("/")[2] for n in range(3)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = await desk.ask("GET", f"{URL}?limit=2{cursor}")
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(seen) == len(set(seen))
    assert made <= set(seen)
