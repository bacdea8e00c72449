"""The path over the API, and who is told what at each step, once; and when clocks are about to run out."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from careshare.database import Acting
from careshare.jobs.registry import SYSTEM, Nothing
from services.placements.follows import StepTaken, step_taken
from services.placements.news.telling import clocks_run_out
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.test_clocks_run_out import run_lapse
from tests.placements.matches.test_way import LAW, say
from tests.placements.news.conftest import Work, told


async def test_each_side_is_told_what_waits_and_what_came_back(between: Between, work: Work) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent()
    await work()
    assert await told(between, b, "fostering_officer", enquiry) == ["answer_enquiry"]
    assert await told(between, b, "team_manager", enquiry) == ["answer_enquiry"]
    assert await told(between, b, "out_of_hours", enquiry) == [], "a planned move is not for the night"
    assert await told(between, b, "residential_manager", enquiry) == []
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.finder("POST", f"/enquiries/{enquiry}/hold", {"step": "ask"})
    await between.finder("POST", f"/enquiries/{enquiry}/messages", {"text": "Is there a garden?"})
    await between.finder("POST", f"/enquiries/{enquiry}/messages", {"text": "And a dog?"})
    await work()
    assert (await told(between, b, "fostering_officer", enquiry))[1:] == ["grant_hold", "message"], (
        "one of two messages"
    )
    assert await told(between, a, "placement_finder", enquiry) == ["choose_home"]
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    await work()
    assert (await told(between, a, "placement_finder", enquiry))[1:] == ["hold_granted"]
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "end", "reason": "own_child"})
    await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "allegation"})
    await work()
    assert (await told(between, a, "placement_finder", enquiry))[2:] == ["hold_ended", "enquiry_declined"]
    async with as_owner(between.world.settings) as owner:
        rows = await owner.fetch("select to_jsonb(n)::text as whole from messages.notification n")
    assert not any("allegation" in row["whole"] or "Hidden" in row["whole"] for row in rows)


async def test_a_match_is_told_to_whoever_must_consent_and_to_both_when_it_is_complete(
    between: Between, work: Work
) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent(starts=None)
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    await work()
    proposed = await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    await work()
    assert (await told(between, b, "fostering_officer", enquiry))[-1] == "list_consents"
    for role in ("placement_finder", "team_manager", "social_worker"):
        assert "consent" not in await told(between, a, role, enquiry), "it is the work of the finder, who did it"
    ours = {one["kind"]: one["id"] for one in proposed.json()["consents"]}
    assert set(ours) == {"placing_authority", "area_notified", "nominated_officer"}
    assert "consent" not in await told(between, a, "nominated_officer", enquiry), "something else comes first"
    listed = await between.officer("POST", f"/enquiries/{enquiry}/consents")
    await work()
    assert "consent" in await told(between, b, "team_manager", enquiry)
    assert "consent" not in await told(between, b, "fostering_officer", enquiry), "who listed them knows"
    theirs = {one["kind"]: one["id"] for one in listed.json()["consents"] if one["kind"] not in ours}
    assert set(theirs) == {"providing_authority", "carer"}
    for kind in ("placing_authority", "area_notified"):
        assert (await say(between, a, "placement_finder", ours[kind])).status_code == 200
    await work()
    assert await told(between, a, "nominated_officer", enquiry) == ["consent"], "by the side's own job"
    approved = await say(between, a, "nominated_officer", ours["nominated_officer"], stepped_up=True, **LAW)
    assert approved.status_code == 200, approved.text
    await work()
    assert "consent_given" in await told(between, b, "fostering_officer", enquiry)
    for consent in theirs.values():
        assert (await say(between, b, "fostering_officer", consent)).status_code == 200
    await work()
    for who, role in ((a, "placement_finder"), (b, "fostering_officer")):
        assert (await told(between, who, role, enquiry)).count("match_complete") == 1


async def test_the_same_job_twice_tells_once(between: Between, work: Work) -> None:
    enquiry = await between.sent()
    await work()
    for _ in range(2):
        async with between.database.bound(Acting(between.world.b.id, SYSTEM, "placements:step")) as uow:
            await step_taken(uow, StepTaken(enquiry, "enquiry", "send"))
    assert await told(between, between.world.b, "fostering_officer", enquiry) == ["answer_enquiry"]


async def test_nobody_answers_and_both_sides_are_told(between: Between, work: Work) -> None:
    enquiry = await between.sent()
    async with as_owner(between.world.settings) as owner:
        await owner.execute("update placements.enquiry set respond_by = now() - interval '1 s' where id = $1", enquiry)
    await run_lapse(between, between.world.a)
    await work()
    assert "enquiry_lapsed" in await told(between, between.world.a, "placement_finder", enquiry)
    assert "enquiry_lapsed" in await told(between, between.world.b, "fostering_officer", enquiry)


@pytest.mark.parametrize(("passed", "expected"), [(0.5, []), (0.8, ["clock_answer"]), (1.1, [])])
async def test_a_clock_about_to_run_out_is_said_once(between: Between, passed: float, expected: list[str]) -> None:
    enquiry = await between.sent()
    lasts = timedelta(hours=4)
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            "update placements.enquiry set sent_at = now() - $2::interval, respond_by = now() + $3::interval"
            " where id = $1",
            enquiry,
            lasts * passed,
            lasts * (1 - passed),
        )
    for _ in range(2):
        await run_clocks(between)
    found = await told(between, between.world.b, "fostering_officer", enquiry)
    assert [kind for kind in found if kind.startswith("clock")] == expected
    assert await told(between, between.world.a, "placement_finder", enquiry) == []


async def run_clocks(between: Between) -> None:
    for who in between.world.authorities:
        async with between.database.bound(Acting(who.id, SYSTEM, "clocks about to run out")) as uow:
            await clocks_run_out(uow, Nothing())


async def test_a_hold_about_to_run_out_is_said_to_whoever_asked(between: Between, work: Work) -> None:
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            """update placements.hold set granted_at = now() - interval '5 hours', until = now() + interval '1 hour'
               where enquiry_id = $1""",
            enquiry,
        )
    await run_clocks(between)
    assert "clock_hold" in await told(between, between.world.a, "placement_finder", enquiry)
    assert "clock_hold" not in await told(between, between.world.b, "fostering_officer", enquiry)


async def test_what_is_answered_waits_for_nobody_any_more(between: Between, work: Work) -> None:
    enquiry = await between.sent()
    await work()
    assert await unread(between, "team_manager", enquiry) == ["answer_enquiry"]
    await run_clocks(between)
    assert await unread(between, "team_manager", enquiry) == ["answer_enquiry"], "it waits still"
    await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "need"})
    await run_clocks(between)
    assert await unread(between, "team_manager", enquiry) == []


async def unread(between: Between, role: str, enquiry: UUID) -> list[str]:
    async with between.database.bound(between.world.acting(between.world.b, role)) as uow:
        rows = await uow.execute(
            text("""select kind from messages.notification where person_id = careshare.actor() and read_at is null
                    and subject_id = :e order by made_at"""),
            {"e": enquiry},
        )
        return list(rows.scalars())


async def test_a_request_locked_from_somebody_is_not_told_to_them(between: Between, work: Work) -> None:
    enquiry = await between.sent()
    world = between.world
    async with as_owner(world.settings) as owner:
        await owner.execute(
            """insert into tenants.record_lock (authority_id, subject_id, person_id, reason, locked_by)
               select a.authority_id, a.request_id, $2, 'A relative', $3 from placements.asked a
               where a.enquiry_id = $1""",
            enquiry,
            world.a.people["placement_finder"],
            world.a.people["team_manager"],
        )
    await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "need"})
    await work()
    assert await told(between, world.a, "placement_finder", enquiry) == []


async def test_the_due_moment_is_the_clocks(between: Between, work: Work) -> None:
    enquiry = await between.sent()
    await work()
    read = (await between.officer("GET", f"/enquiries/{enquiry}")).json()
    headers = await between.world.bearer(between.world.b, "fostering_officer")
    found = (await between.client.get("/api/v1/notifications", headers=headers)).json()["items"]
    (mine,) = [one for one in found if str(enquiry) in one["path"]]
    assert datetime.fromisoformat(mine["due_at"]) == datetime.fromisoformat(read["respond_by"])
