"""The pages of changes: the list by role, one flag and the form that clears it, a change of plan; where they show."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.placements.changes import actions, queries
from services.placements.desk import queries as desks_of
from services.placements.enquiries import kept as enquiries_kept
from services.placements.requests import kept
from tenants.actions import as_owner
from tests.placements.changes.test_way import resigns
from tests.placements.changes.world import changes, flags, hear, home_of, look
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_pages import Desks
from tests.placements.enquiries.test_pages import desks as desks  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import today
from tests.placements.placed.test_outside import offered, planned
from tests.placements.placed.test_pages import typed
from tests.placements.placed.test_way import matched

FLAGS = "/placements/flags"
MANY = """
with made as (
  insert into placements.request (authority_id, number, kind, starts, need, made_by, held_by, stage, opened_at)
  select $1, 'R-' || (700000 + n), 'planned', current_date + n % 60, '{}', $2, $2, 'open', now()
  from generate_series(1, 500) n returning id)
insert into placements.flag (authority_id, subject, request_id, change, event_key, roles, due_at, raised_by)
select $1, 'request', m.id, 'birthday_16', md5(m.id::text || k), '{team_manager,placement_finder}', now(), $2
from made m, generate_series(1, 2) k
"""


async def test_an_officer_looks_at_a_flag_and_clears_it(between: Between, desks: Desks) -> None:
    a, b = between.world.a, between.world.b
    enquiry, placement = await matched(between)
    await hear(between, a)
    await resigns(between, await home_of(between, enquiry))
    await look(between, b)
    await hear(between, a)
    (flag,) = await flags(between, b, placement)
    one = f"{FLAGS}/{flag['id']}"
    await desks.officer()
    assert one in await desks.get(FLAGS)
    for path in (f"/placements/in-our-homes/{placement}", f"/placements/to-answer/{enquiry}"):
        assert one in await desks.get(path)
    assert one in await desks.get(f"/placements/to-answer/{enquiry}/match")
    assert "A carer has given notice of resignation" in await desks.get("/placements/desk")
    page = await desks.get(one)
    assert f"/placements/in-our-homes/{placement}" in page
    assert "28 days" in page
    nothing = await desks.send(f"{one}/clear", 400)
    assert "Choose the reason" in nothing.text
    unknown = await desks.send(f"{one}/clear", 400, reason="over")
    assert "Choose why from the list" in unknown.text
    await desks.send(f"{one}/clear", reason="to_review", note="Asked for a review")
    assert one not in await desks.get(FLAGS)
    assert one not in await desks.get(f"/placements/in-our-homes/{placement}")
    assert one in await desks.get(f"{FLAGS}?cleared=true")
    cleared = await desks.get(one)
    assert "A review is to decide. Asked for a review" in cleared
    assert "What came of it?" not in cleared
    refused = await desks.send(f"{one}/clear", 400, reason="goes_on")
    assert "cleared this already" in refused.text
    await desks.sit(b, "residential_manager")
    assert one not in await desks.get(FLAGS)

    await desks.finder()
    for path in (f"/placements/made/{placement}", f"/placements/enquiries/{enquiry}/match", FLAGS):
        page = await desks.get(path)
        assert "Something about the home has changed" in page
        assert "resign" not in page
    assert one not in page
    await desks.get(one, 404)
    await desks.send(f"{one}/clear", 404, reason="goes_on")


async def test_a_social_worker_records_a_change_of_plan(between: Between, desks: Desks) -> None:
    children: list[dict[str, Any]] = [{"age": 7, "sex": "F"}, {"age": 9, "sex": "M"}]
    request = await between.request(children=children)
    path = f"/placements/requests/{request}"
    await desks.finder()
    assert f"{path}/plan-change" not in await desks.get(path)
    await desks.get(f"{path}/plan-change", 403)
    await desks.sit(between.world.a, "social_worker")
    assert f"{path}/plan-change" in await desks.get(path)
    form = await desks.get(f"{path}/plan-change")
    assert "Child 2, aged 9" in form
    nothing = await desks.send(f"{path}/plan-change", 400)
    assert "Choose what has changed" in nothing.text
    stranger = {"change": "care_plan", "child_ids": str(uuid4()), **typed("on", today())}
    await desks.send(f"{path}/plan-change", 404, **stranger)
    await desks.send(f"{path}/plan-change", change="court_order", **typed("on", today()))
    assert "A court order changes the plan" in await desks.get(path)
    twice = await desks.send(f"{path}/plan-change", 400, change="court_order", **typed("on", today()))
    assert "recorded already" in twice.text

    _enquiry, placement = await matched(between)
    await desks.sit(between.world.a, "social_worker")
    made = f"/placements/made/{placement}"
    assert f"{made}/plan-change" in await desks.get(made)
    await desks.get(f"{made}/plan-change")
    await desks.send(f"{made}/plan-change", change="legal_status", **typed("on", today()))
    assert "legal status has changed" in await desks.get(made)
    await desks.sit(between.world.b, "team_manager")
    await desks.get(f"{made}/plan-change", 404)


async def test_a_child_with_an_agency_outside_careshare_is_flagged_too(between: Between, desks: Desks) -> None:
    a = between.world.a
    enquiry = await offered(between)
    placement = await planned(between, enquiry)
    async with as_owner(between.world.settings) as owner:
        born = "update placements.request_child c set born = current_date + 20 - interval '16 years' from "
        of = "placements.outside_placement p where c.id = p.child_id and p.id = $1"
        await owner.execute(born + of, placement)
    for _ in range(2):
        await look(between, a)
    assert await changes(between, a, placement) == [("placement", "birthday_16")]
    (flag,) = await flags(between, a, placement)
    body = {"change": "court_order", "on": today().isoformat()}
    path = f"/requests/{flag['request_id']}/plan-changes"
    assert (await between.call(a, "social_worker", "POST", path, body)).status_code == 200
    assert ("placement", "court_order") in await changes(between, a, placement)
    await desks.sit(a, "social_worker")
    page = await desks.get(f"/placements/outside/{placement}")
    assert f"{FLAGS}/{flag['id']}" in page
    assert "A court order changes the plan" in page
    assert f"/placements/outside/{placement}" in await desks.get(f"{FLAGS}/{flag['id']}")
    async with as_owner(between.world.settings) as owner:
        await owner.execute("update placements.outside_placement set stage = 'cancelled' where id = $1", placement)
    await look(between, a)
    assert [one for one in await flags(between, a, placement) if one["outside_placement_id"]] == []


async def test_flags_go_with_their_request(between: Between) -> None:
    a = between.world.a
    request = await between.request()
    body = {"change": "care_plan", "on": today().isoformat()}
    made = await between.call(a, "social_worker", "POST", f"/requests/{request}/plan-changes", body)
    assert made.status_code == 200, made.text
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            "update placements.request set stage = 'withdrawn', ended_at = now() where id = $1", request
        )
    assert await flags(between, a, request) == []  # waits for nobody while the request is over
    async with between.database.bound(between.world.acting(a)) as uow:
        assert await kept.delete(uow, [request]) == [request]
    async with as_owner(between.world.settings) as owner:
        assert await owner.fetchval("select count(*) from placements.flag where request_id = $1", request) == 0


async def test_flags_go_with_ones_own_half_of_an_enquiry(between: Between) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent()
    await resigns(between, await home_of(between, enquiry))
    await look(between, b)
    await hear(between, a)
    await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "matching"})
    count = "select count(*) from placements.flag where enquiry_id = $1 and authority_id = $2"
    for who, other, left in ((a, b, 1), (b, a, 0)):
        async with between.database.bound(between.world.acting(who, "data_protection_officer")) as uow:
            assert await enquiries_kept.forget(uow, [enquiry]) == [enquiry]
        async with as_owner(between.world.settings) as owner:
            assert await owner.fetchval(count, enquiry, who.id) == 0
            assert await owner.fetchval(count, enquiry, other.id) == left


async def test_a_thousand_flags_on_500_requests_do_not_make_the_desk_slow(between: Between) -> None:
    c = between.world.c
    who = c.people["placement_finder"]
    async with as_owner(between.world.settings) as owner:
        await owner.execute(MANY, c.id, who)
        await owner.execute("analyze placements.flag, placements.request")
    try:
        async with between.database.bound(between.world.acting(c, "placement_finder")) as uow:
            found = await desks_of.desk(uow, roles=["placement_finder"])
            given = {"mine": False, "roles": ["placement_finder"], "limit": desks_of.MOST}
            explain = text(f"explain (analyze, timing off, format json) {desks_of.DESK_SQL}")
            taken = [(await uow.execute(explain, given)).scalar_one()[0]["Execution Time"] for _ in range(5)]
        assert len(found.waiting) == desks_of.MOST
        assert {one.what for one in found.waiting} == {"flag", "ask_homes"}
        assert min(taken) < 100, taken
    finally:
        async with as_owner(between.world.settings) as owner:
            await owner.execute("delete from placements.request where authority_id = $1 and number like 'R-7%'", c.id)


def statements() -> list[tuple[str, dict[str, Any]]]:
    """What the clock reads and the list shows, with something to ask for."""
    page = {"roles": ["team_manager"], "after": None, "id": None, "limit": 51}
    nothing = {"id": UUID(int=0)}
    return [
        *((str(one), {}) for one in (queries.REQUESTS, queries.OUTSIDE, *queries.GOING_ON, actions.OVER)),
        *((str(one), page) for one in (queries.OPEN, queries.CLEARED)),
        *((str(one), nothing) for one in (queries.OF_REQUEST, queries.OF_ENQUIRY, queries.OF_PLACEMENT)),
    ]


@pytest.mark.parametrize(("statement", "given"), statements())
async def test_each_look_reads_by_index(between: Between, statement: str, given: dict[str, Any]) -> None:
    """No part of it goes through a whole table once there are many enquiries and placements."""
    async with between.database.bound(between.world.acting(between.world.a)) as uow:
        await uow.execute(text("set local enable_seqscan = off"))
        lines = "\n".join((await uow.execute(text(f"explain {statement}"), given)).scalars())
    for table in ("flag", "enquiry", "asked", "answering", "hold", "placement", "request", "outside_placement"):
        assert f"Seq Scan on {table} " not in lines, lines
