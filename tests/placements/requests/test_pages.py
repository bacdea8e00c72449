"""The pages of requests, without scripts: started in three fields, filled in by sections, checked, ended, locked."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.placements.requests.pages.sections import CHILD_SECTIONS, REQUEST_SECTIONS
from tests.placements.homes import days, today
from tests.web.html import parsed
from tests.world import World

LIST = "/placements/requests"


class Walk:
    """Somebody signed in, who reads pages and sends their forms as they stand."""

    def __init__(self, client: httpx.AsyncClient, world: World) -> None:
        self.client, self.world = client, world
        self.path = ""

    async def begin(self, role: str = "placement_finder") -> None:
        await self.world.sign_in(self.client, self.world.a, role)

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code}"
        if status == 200:
            parsed(answer)
        return answer.text

    async def send(self, path: str, status: int = 303, *, to: str = "", **typed: Any) -> httpx.Response:
        """Send the page's form: its hidden fields and what is typed (`__` for a hyphen)."""
        page = (await self.client.get(path)).text
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
        data = {"csrf_token": hidden["csrf_token"], "version": hidden.get("version", "")}
        given = {name.replace("__", "-"): value for name, value in typed.items()}
        answer = await self.client.post(to or path, data={k: v for k, v in (data | given).items() if v != ""})
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text[:4000]}"
        return answer

    async def start(self) -> str:
        day = today()
        new = await self.client.get(f"{LIST}/new")
        token = re.search(r'name="csrf_token" value="([^"]+)"', new.text)
        assert token
        data = {
            "csrf_token": token[1],
            "children-1-age": "7",
            "children-1-sex": "F",
            "starts-day": str(day.day),
            "starts-month": str(day.month),
            "starts-year": str(day.year),
        }
        answer = await self.client.post(f"{LIST}/new", data=data)
        assert answer.status_code == 303, answer.text
        self.path = str(answer.headers["location"])
        return self.path

    async def child(self) -> str:
        page = await self.get(self.path)
        found = re.search(rf"{self.path}/children/([0-9a-f-]{{36}})/needs", page)
        assert found
        return f"{self.path}/children/{UUID(found[1])}"


@pytest.fixture
async def walk(client: httpx.AsyncClient, world: World) -> Walk:
    walk = Walk(client, world)
    await walk.begin()
    return walk


async def test_three_fields_start_a_request_that_says_what_it_lacks_and_by_when(walk: Walk) -> None:
    path = await walk.start()
    page = await walk.get(path)
    assert "Girl of 7" in page or "A girl of 7" in page
    assert "must be complete by" in page
    assert "Children Act 1989 s22C(7)" in page
    assert path.rpartition("/")[2] in await walk.get(LIST)
    assert path.rpartition("/")[2] in await walk.get(f"{LIST}?mine=true")
    assert path.rpartition("/")[2] not in await walk.get(f"{LIST}?ended=true")


async def test_each_page_says_what_it_lacks_while_it_is_written_and_by_when(walk: Walk) -> None:
    path = await walk.start()
    page = await walk.get(f"{path}/family")
    assert "A good referral says here, by " in page
    assert "Family and friends considered, or why nobody" in page
    assert "Wishes" not in page.partition('id="lacking"')[2].partition("</div>")[0]
    await walk.send(f"{path}/family", considered_none="none_known")
    assert 'id="lacking"' not in await walk.get(f"{path}/family")
    wishes = await walk.get(f"{await walk.child()}/wishes")
    assert "wishes and feelings, or why they were not heard" in wishes


async def test_what_is_wrong_stands_beside_its_field(walk: Walk) -> None:
    page = (await walk.send(f"{LIST}/new", 400, children__1__age="40")).text
    assert "There is a problem" in page
    assert 'id="children-1-age-error"' in page
    added = await walk.send(f"{LIST}/new", 200, children__1__age="4", action="add-child")
    assert 'name="children-2-age"' in added.text


async def test_every_section_is_shown_filled_in_and_saved_as_it_stands(walk: Walk) -> None:
    path = await walk.start()
    await walk.send(f"{path}/children/new", age="4", sex="M")
    child = await walk.child()
    for section in REQUEST_SECTIONS:
        await walk.get(f"{path}/{section.name.replace('_', '-')}")
    for section in CHILD_SECTIONS:
        await walk.get(f"{child}/{section.name}")
    await walk.send(f"{path}/together", siblings="yes", together="1-2")
    assert 'value="1-2" checked' in await walk.get(f"{path}/together")
    wrong = await walk.send(f"{path}/together", 400, siblings="yes", together="1-2", apart="1-2")
    assert 'id="together-error"' in wrong.text
    day = days(9)
    await walk.send(
        f"{path}/when",
        kind="planned",
        length="months",
        starts__day=str(day.day),
        starts__month=str(day.month),
        starts__year=str(day.year),
    )
    assert "must be complete by" not in await walk.get(path)
    await walk.send(f"{path}/home", foster="preferred", pets="no", alongside="solo", home_miles="12")
    assert 'value="12"' in await walk.get(f"{path}/home")


async def test_rows_are_added_and_taken_away_without_losing_what_was_typed(walk: Walk) -> None:
    path = await walk.start()
    first: dict[str, Any] = {"family_time__1__with_whom": "mother", "family_time__1__often": "weekly"}
    added = await walk.send(f"{path}/family-time", 200, **first, action="add")
    assert 'name="family_time-2-note"' in added.text
    assert 'value="mother" selected' in added.text
    wrong = await walk.send(f"{path}/family-time", 400, **first)
    assert "Enter the supervision" in wrong.text or "Select the supervision" in wrong.text
    await walk.send(f"{path}/family-time", **first, family_time__1__supervision="supervised")
    removed = await walk.send(f"{path}/family-time", 200, **first, action="remove-1")
    assert 'value="mother" selected' not in removed.text
    assert 'value="mother" selected' in await walk.get(f"{path}/family-time"), "not saved yet"


async def test_risks_are_looked_at_one_by_one(walk: Walk) -> None:
    await walk.start()
    child = await walk.child()
    wrong = await walk.send(f"{child}/risks", 400, risks__1__level="high", risks__7__level="low", risks__3__note="Why")
    assert "risks-7-note-error" in wrong.text or "risks-3-level-error" in wrong.text
    wrong = await walk.send(f"{child}/risks", 400, risks__1__level="high", risks__7__level="low")
    assert 'id="risks-7-note-error"' in wrong.text
    await walk.send(f"{child}/risks", risks__1__level="high", risks__1__note="At night", risks__6__level="none")
    page = await walk.get(f"{child}/risks")
    assert 'value="At night"' in page
    assert page.count(" selected") >= 2


async def test_texts_are_shown_as_others_see_them_with_what_was_found(walk: Walk) -> None:
    path = await walk.start()
    child = await walk.child()
    await walk.send(
        f"{child}/identity", name="Rose Fairweather", on_file="Kenneth Fairweather\nOld Tom", school="Oakfield"
    )
    await walk.send(f"{child}/wishes", wishes="Rose wants her garden, and <b>Ken</b>")
    page = await walk.get(path)
    assert "2 places in your texts may tell" in page
    page = await walk.get(f"{path}/profile")
    assert '<mark id="mark-1">Rose</mark>' in page
    assert "&lt;b&gt;<mark" in page
    level2 = await walk.get(f"{path}/profile?level=2")
    assert "Rose" not in level2
    refused = await walk.send(f"{path}/profile", 400, to=f"{path}/profile", **_ruling(page, 1), why="")
    assert 'id="why-1-error"' in refused.text
    await walk.send(f"{path}/profile", **_ruling(page, 1), why="The flower")
    again = await walk.get(f"{path}/profile")
    assert "The flower" in again
    assert "1 place in your texts may tell" in await walk.get(path)


def _ruling(page: str, number: int) -> dict[str, Any]:
    form = page.partition(f'id="finding-{number}"')[2].partition("</form>")[0]
    found = dict(re.findall(r'type="hidden" name="(field|digest|first|last|child_id)" value="([^"]*)"', form))
    return found | {"version": ""}


async def test_a_request_is_opened_searched_for_ended_and_reopened(walk: Walk) -> None:
    path = await walk.start()
    await walk.send(path, to=f"{path}/open")
    answer = await walk.send(path, to=f"{path}/search")
    assert answer.headers["location"].startswith("/placements/searches/")
    results = await walk.get(answer.headers["location"])
    assert path in results
    wrong = await walk.send(f"{path}/end", 400, step="not_place", outcome="stays_home")
    assert 'id="not_placed_reason-error"' in wrong.text
    await walk.send(f"{path}/end", step="not_place", outcome="stays_home", not_placed_reason="location", note="Tried")
    page = await walk.get(path)
    assert "Not placed" in page
    assert "Stays with parents or family" in page
    assert "/when" not in page, "what is over is not written"
    await walk.send(path, to=f"{path}/reopen")
    assert "Reopened" in await walk.get(path)


async def test_whoever_was_overtaken_is_told_so(walk: Walk) -> None:
    path = await walk.start()
    old = await walk.client.get(f"{path}/background")
    token = re.search(r'name="csrf_token" value="([^"]+)"', old.text)
    assert token
    await walk.send(f"{path}/background", background="First")
    late = await walk.client.post(
        f"{path}/background", data={"csrf_token": token[1], "version": "1", "background": "Second"}
    )
    assert late.status_code == 412
    assert "Somebody else changed this request first" in late.text


async def test_a_search_becomes_a_request_with_one_click(walk: Walk) -> None:
    search = await walk.send("/placements/tonight", children__1__age="5", children__1__sex="M")
    where = search.headers["location"]
    made = await walk.send(where, to=f"{where}/request")
    assert "boy of 5" in await walk.get(made.headers["location"])
    straight = await walk.send("/placements/tonight", to=f"{LIST}/new", children__1__age="6", home_postcode="ZA1 1AA")
    assert "child of 6" in await walk.get(straight.headers["location"])


async def test_a_print_has_everything_and_names_only_for_whoever_may_know(walk: Walk, world: World) -> None:
    path = await walk.start()
    child = await walk.child()
    await walk.send(f"{child}/identity", name="Amara Okafor", address="14 Elm Grove")
    assert "Amara Okafor" in await walk.get(f"{path}/print")
    await walk.begin("regional_placement_officer")
    for page in (path, f"{path}/print", f"{path}/profile"):
        assert "Okafor" not in await walk.get(page)
    await walk.get(f"{child}/identity", 403)


async def test_a_request_locked_from_somebody_is_not_there_for_them_nor_are_its_searches(
    walk: Walk, world: World
) -> None:
    path = await walk.start()
    search = (await walk.send(path, to=f"{path}/search")).headers["location"]
    await walk.begin("team_manager")
    await walk.send(f"{path}/locked", 400, reason="Their niece")
    await walk.send(f"{path}/locked", person=str(world.a.people["placement_finder"]), reason="Their niece")
    assert "Their niece" in await walk.get(f"{path}/locked")
    await walk.begin()
    for page in (path, f"{path}/profile", f"{path}/print", f"{path}/when", search):
        await walk.get(page, 404)
    assert path.rpartition("/")[2] not in await walk.get(LIST)
    assert search.rpartition("/")[2] not in await walk.get("/placements/searches")
    await walk.begin("team_manager")
    await walk.send(f"{path}/locked", action=str(world.a.people["placement_finder"]))
    await walk.begin()
    await walk.get(path)


async def test_work_passes_from_hand_to_hand_and_children_come_and_go(walk: Walk) -> None:
    path = await walk.start()
    await walk.send(f"{path}/children/new", 400, sex="M")
    await walk.send(f"{path}/children/new", age="3", sex="M")
    child = await walk.child()
    assert "Take child 1 out" in await walk.get(f"{child}/remove")
    await walk.send(f"{child}/remove")
    refused = await walk.send(f"{await walk.child()}/remove", 400)
    assert "one child at least" in refused.text
    await walk.begin("social_worker")
    assert "Make it my work" in await walk.get(path)
    await walk.send(path, to=f"{path}/take")
    assert "Make it my work" not in await walk.get(path)
