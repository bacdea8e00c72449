"""The desk: what waits for one's own side and for the other, in order of its clock, and never another authority's."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.placements.desk import queries
from services.placements.desk.pages import WORDS, path_of
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.world import WorldAuthority


async def desk(between: Between, who: WorldAuthority, role: str = "team_manager") -> list[dict[str, Any]]:
    """The desk of an authority over the API."""
    found = await between.call(who, role, "GET", "/desk")
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["waiting"]
    return items


def what(items: list[dict[str, Any]], about: UUID) -> set[tuple[str, str]]:
    return {(one["waits"], one["what"]) for one in items if one["id"] == str(about)}


async def test_each_stage_waits_for_whoever_must_act(between: Between) -> None:
    a, b, c = between.world.authorities
    enquiry = await between.sent()
    assert what(await desk(between, b), enquiry) == {("us", "answer_enquiry")}
    assert what(await desk(between, a), enquiry) == {("them", "their_answer")}
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    assert what(await desk(between, a), enquiry) == {("us", "choose_home")}
    assert what(await desk(between, b), enquiry) == set()
    await between.finder("POST", f"/enquiries/{enquiry}/hold", {"step": "ask"})
    assert what(await desk(between, b), enquiry) == {("us", "grant_hold")}
    await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    assert ("us", "list_consents") in what(await desk(between, b), enquiry)
    assert ("us", "consent") in what(await desk(between, a), enquiry)
    assert ("them", "their_consents") in what(await desk(between, a), enquiry)
    assert await desk(between, c) == []


async def test_a_request_for_which_nobody_is_asked_waits_for_its_own(between: Between) -> None:
    request = await between.request()
    assert what(await desk(between, between.world.a), request) == {("us", "ask_homes")}
    assert what(await desk(between, between.world.b), request) == set()


async def test_mine_is_what_is_my_own_work(between: Between) -> None:
    request = await between.request()
    for role, there in (("placement_finder", True), ("team_manager", False)):
        found = await between.call(between.world.a, role, "GET", "/desk?mine=true")
        assert (str(request) in found.text) is there


async def test_the_soonest_due_comes_first_and_nobody_is_named(between: Between) -> None:
    for _ in range(3):
        await between.sent()
    items = await desk(between, between.world.b)
    due = [one["due"] for one in items if one["waits"] == "us" and one["due"]]
    assert due == sorted(due)
    assert "Hidden Person" not in str(items)
    assert {one["what"] for one in items} <= WORDS.keys()


async def test_the_page_says_it_in_words(between: Between) -> None:
    await between.sent()
    await between.world.sign_in(between.client, between.world.b, "fostering_officer")
    shown = await between.client.get("/placements/desk")
    assert shown.status_code == 200
    assert "Answer an enquiry" in shown.text
    mine = await between.client.get("/placements/desk?mine=true")
    assert "Your own work" in mine.text


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_every_kind_of_waiting_leads_somewhere(kind: str) -> None:
    one = queries.Waiting(
        waits="us",
        what=kind,
        id=UUID(int=1),
        due=None,
        since=None,
        emergency=False,
        other=None,
        number=None,
        person=None,
    )
    assert path_of(one).startswith("/placements/")


async def test_the_desk_reads_by_index(between: Between) -> None:
    """No part of the statement goes through a whole table of enquiries, consents or placements once there are many."""
    async with between.database.bound(between.world.acting(between.world.a)) as uow:
        await uow.execute(text("set local enable_seqscan = off"))
        plan = await uow.execute(text(f"explain {queries.DESK_SQL}"), {"mine": False, "roles": None, "limit": 300})
        lines = "\n".join(plan.scalars())
    for table in ("enquiry", "consent", "placement", "hold", "notice", "request", "flag"):
        assert f"Seq Scan on {table} " not in lines, lines
