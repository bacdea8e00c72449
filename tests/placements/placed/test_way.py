"""A placement over the API: plan and notices before, the child comes, names close again at the end; what is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from careshare.database import Acting
from careshare.workdays import LONDON
from services.placements import clocks
from services.placements.follows import STEP_TAKEN, StepTaken, step_taken
from services.placements.placed import rules
from services.placements.placed.codes import recipients
from services.placements.placed.rules import NoticeFacts
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_clocks_run_out import left
from tests.placements.homes import days, today
from tests.placements.matches.test_way import LAW, consents, say

BORN = today().replace(year=today().year - 7, month=1, day=1)


async def matched(
    between: Between, *, kind: str = "planned", born: date = BORN, whole: bool = True, **home: Any
) -> tuple[UUID, UUID]:
    """A match of one child, of whom the `whole` identity is known or the name alone; the enquiry and the placement."""
    _home, offer = await between.home(**home)
    child: dict[str, Any] = {"age": 7, "sex": "F"}
    child["identity"] = {"name": "Hidden Person"}
    if whole:
        child["identity"] |= {"reference": f"C{offer.int % 10**8}", "born": born.isoformat()}
    request = await between.request(kind=kind, starts=today().isoformat(), children=[child])
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    assert sent.status_code == 201, sent.text
    enquiry = UUID(sent.json()["enquiry_ids"][0])
    accepted = await between.officer("POST", f"/enquiries/{enquiry}/accept")
    assert accepted.status_code == 200, accepted.text
    await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    await between.officer("POST", f"/enquiries/{enquiry}/consents")
    world, known = between.world, await consents(between, enquiry)
    for who, role, one, more in (
        (world.a, "team_manager", "placing_authority", {}),
        (world.a, "team_manager", "area_notified", {}),
        (world.a, "nominated_officer", "nominated_officer", {"stepped_up": True, **LAW}),
        (world.b, "team_manager", "providing_authority", {}),
        (world.b, "fostering_officer", "carer", {}),
    ):
        answered = await say(between, who, role, known[one]["id"], **more)
        if (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matched":
            break
        assert answered.status_code == 200, answered.text
    listed = await between.finder("GET", "/placements")
    placement = next(one for one in listed.json()["items"] if one["enquiry_id"] == str(enquiry))
    return enquiry, UUID(placement["id"])


async def tell_everybody(between: Between, placement: UUID) -> None:
    """The plan is signed and everybody told."""
    plan = {"agreed_on": today().isoformat(), "signed_on": today().isoformat(), "signed_role": "carer"}
    assert (await between.finder("PUT", f"/placements/{placement}/plan", plan)).status_code == 200
    for recipient in recipients():
        body = {"recipient": recipient, "sent_on": today().isoformat(), "how": "letter"}
        told = await between.finder("POST", f"/placements/{placement}/notices", body)
        assert told.status_code == 200, told.text


async def test_from_match_to_end(between: Between) -> None:
    enquiry, placement = await matched(between)
    early = await between.finder("POST", f"/placements/{placement}/ready")
    assert early.status_code == 422
    assert {error["field"] for error in early.json()["errors"]} >= {"plan", "notice-child", "notice-area_authority"}
    await tell_everybody(between, placement)
    ready = await between.finder("POST", f"/placements/{placement}/ready")
    assert ready.status_code == 200, ready.text
    without = await between.officer("POST", f"/placements/{placement}/start", {"day": today().isoformat()})
    assert [error["field"] for error in without.json()["errors"]] == ["weekly"]
    body = {"day": today().isoformat(), "weekly": "450.00"}
    started = await between.officer("POST", f"/placements/{placement}/start", body)
    assert started.status_code == 200, started.text
    assert started.json()["child"]["name"] == "Hidden Person"
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        there = await uow.execute(
            text(
                "select count(*) from fostering.placed_child c join placements.placement p on p.claim_id = c.claim_id "
                "where p.id = :id"
            ),
            {"id": placement},
        )
        assert there.scalar_one() == 1
        charged = await uow.execute(
            text("select starts from tenants.charge_basis where placement_id = :id"), {"id": placement}
        )
        assert charged.scalar_one() == today()
    early_end = await between.finder(
        "POST", f"/placements/{placement}/end", {"ends": today().isoformat(), "reason": "CARPL"}
    )
    assert early_end.status_code == 409  # no review was held
    await between.finder("POST", f"/placements/{placement}/steps", {"step": "review_to_end"})
    before = (today() - timedelta(days=1)).isoformat()
    wrong = await between.finder("POST", f"/placements/{placement}/end", {"ends": before, "reason": "CARPL"})
    assert wrong.status_code == 400
    ended = await between.officer(
        "POST", f"/placements/{placement}/end", {"ends": today().isoformat(), "reason": "CARPL"}
    )
    assert ended.status_code == 200, ended.text
    assert (ended.json()["stage"], ended.json()["child"]) == ("ended", None)
    ours = await between.finder("GET", f"/placements/{placement}")
    assert ours.json()["home"] is None
    kept = await between.call(between.world.a, "team_manager", "GET", f"/placements/{placement}/archive")
    assert kept.json()["body"]["home"]["address"]
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "ended"
    outsider = await between.outsider("GET", f"/placements/{placement}")
    assert outsider.status_code == 404


async def test_a_confidential_address_is_in_no_ordinary_answer(between: Between) -> None:
    enquiry, placement = await matched(between)
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            "update placements.home_identity set body = body || '{\"confidential\": true}' where enquiry_id = $1",
            enquiry,
        )
        address = await owner.fetchval(
            "select body->>'address' from placements.home_identity where enquiry_id = $1", enquiry
        )
    for path, role in ((f"/placements/{placement}", "placement_finder"), (f"/enquiries/{enquiry}", "team_manager")):
        seen = await between.call(between.world.a, role, "GET", path)
        assert seen.status_code == 200
        assert address not in seen.text
        assert "confidential" in seen.text


async def test_an_emergency_starts_at_once_and_its_clocks_run(between: Between) -> None:
    _enquiry, placement = await matched(between, kind="emergency")
    ready = await between.finder("POST", f"/placements/{placement}/ready")
    assert ready.status_code == 200, ready.text
    assert all(notice["due_at"] for notice in ready.json()["notices"])
    started = await between.officer(
        "POST", f"/placements/{placement}/start", {"day": today().isoformat(), "weekly": "0"}
    )
    assert started.status_code == 200, started.text


async def test_an_emergency_outside_terms_has_its_six_working_days_and_the_plan_its_five(between: Between) -> None:
    """The profile said seven; the child is older than the carer's terms allow: for an emergency alone."""
    enquiry, placement = await matched(between, kind="emergency", age_max=10)
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            "update placements.child_identity set body = jsonb_set(body, '{children,0,born}', '\"2010-01-01\"') "
            "where enquiry_id = $1",
            enquiry,
        )
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    body = {"day": today().isoformat(), "weekly": "0"}
    started = await between.officer("POST", f"/placements/{placement}/start", body)
    assert started.status_code == 200, started.text
    await run_for_placing(between)
    record = (await between.finder("GET", f"/placements/{placement}")).json()
    begun = datetime.fromisoformat(record["started_at"])
    assert {one["code"]: datetime.fromisoformat(one["due_at"]) for one in record["clocks"]} == {
        "plan_not_before": clocks.due("plan_not_before", begun).at,
        "outside_terms": clocks.due("outside_terms", begun).at,
    }
    waiting = (await between.finder("GET", "/desk")).json()["waiting"]
    assert ("clock", str(placement)) in {(one["what"], one["id"]) for one in waiting}
    assert (await between.officer("GET", f"/placements/{placement}")).json()["clocks"] == []
    plan = {"agreed_on": today().isoformat(), "signed_on": today().isoformat(), "signed_role": "carer"}
    signed = (await between.finder("PUT", f"/placements/{placement}/plan", plan)).json()
    assert [one["code"] for one in signed["clocks"] if one["met_at"] is None] == ["outside_terms"]


async def test_an_emergency_that_is_recorded_late_has_no_more_time_for_it(between: Between) -> None:
    _enquiry, placement = await matched(between, kind="emergency")
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    came = days(-5)
    moved = await between.finder("POST", f"/placements/{placement}/days", {"starts": came.isoformat()})
    assert moved.status_code == 200, moved.text
    body = {"day": came.isoformat(), "weekly": "0"}
    started = await between.officer("POST", f"/placements/{placement}/start", body)
    assert started.status_code == 200, started.text
    await run_for_placing(between)
    record = (await between.finder("GET", f"/placements/{placement}")).json()
    noon = datetime(came.year, came.month, came.day, 12, tzinfo=LONDON)
    assert {one["code"]: datetime.fromisoformat(one["due_at"]) for one in record["clocks"]} == {
        "plan_not_before": clocks.due("plan_not_before", noon).at
    }
    told = {datetime.fromisoformat(one["due_at"]) for one in record["notices"] if one["occasion"] == "start"}
    assert told == {clocks.due("notices_emergency", noon).at}


async def run_for_placing(between: Between) -> None:
    """What waits for the placing side, each twice, as after a worker that was killed."""
    a = between.world.a
    for payload in await left(between, a, STEP_TAKEN):
        for _ in range(2):
            async with between.database.bound(Acting(a.id, UUID(int=0), "placements:step")) as uow:
                await step_taken(uow, msgspec.convert(payload, StepTaken))


@pytest.mark.parametrize("at_once", [True, False])
async def test_who_is_told_of_the_end_by_when(between: Between, at_once: bool) -> None:
    """Before the child leaves after a review; within ten working days where there was immediate risk (reg 14)."""
    _enquiry, placement = await matched(between)
    await tell_everybody(between, placement)
    await between.finder("POST", f"/placements/{placement}/ready")
    start = {"day": today().isoformat(), "weekly": "0"}
    assert (await between.officer("POST", f"/placements/{placement}/start", start)).status_code == 200
    await between.finder("POST", f"/placements/{placement}/days", {"ends": days(20).isoformat()})
    if not at_once:
        reviewed = await between.finder("POST", f"/placements/{placement}/steps", {"step": "review_to_end"})
        listed = [one for one in reviewed.json()["notices"] if one["occasion"] == "end"]
        assert listed
        assert {datetime.fromisoformat(one["due_at"]).astimezone(LONDON).date() for one in listed} == {days(20)}
        told = {"recipient": "child", "occasion": "end", "sent_on": today().isoformat(), "how": "in_person"}
        assert (await between.finder("POST", f"/placements/{placement}/notices", told)).status_code == 200
    body = {"ends": today().isoformat(), "reason": "CARPL", "at_once": at_once}
    ended = await between.finder("POST", f"/placements/{placement}/end", body)
    assert ended.status_code == 200, ended.text
    owed = [one for one in ended.json()["notices"] if one["occasion"] == "end"]
    assert {one["recipient"] for one in owed} == set(recipients())
    if at_once:
        due = clocks.due("ending_notices_at_once", datetime.now(UTC)).on
        assert {
            (datetime.fromisoformat(one["due_at"]) - timedelta(minutes=1)).astimezone(LONDON).date() for one in owed
        } == {due}


async def test_not_practicable_needs_a_reason_and_keeps_the_name(between: Between) -> None:
    _enquiry, placement = await matched(between)
    await tell_everybody(between, placement)
    nothing = await between.finder("POST", f"/placements/{placement}/notices", {"recipient": "gp"})
    assert nothing.status_code == 400
    body = {"recipient": "gp", "not_practicable": "The practice is closed until Monday"}
    said = await between.finder("POST", f"/placements/{placement}/notices", body)
    assert said.status_code == 200, said.text
    async with between.database.bound(between.world.acting(between.world.a, "placement_finder")) as uow:
        who = await uow.execute(
            text("select said_by from placements.notice where placement_id = :id and recipient = 'gp'"),
            {"id": placement},
        )
        assert who.scalar_one() == between.world.a.people["placement_finder"]
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200


async def test_a_child_too_old_on_the_day_is_refused(between: Between) -> None:
    """The profile said seven; the true birth date, open since the match, says otherwise."""
    enquiry, placement = await matched(between, age_max=10)
    async with as_owner(between.world.settings) as owner:
        await owner.execute(
            "update placements.child_identity set body = jsonb_set(body, '{children,0,born}', '\"2010-01-01\"') "
            "where enquiry_id = $1",
            enquiry,
        )
    await tell_everybody(between, placement)
    await between.finder("POST", f"/placements/{placement}/ready")
    refused = await between.officer(
        "POST", f"/placements/{placement}/start", {"day": today().isoformat(), "weekly": "1"}
    )
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["terms_age"]


async def test_a_cancelled_placement_frees_the_place(between: Between) -> None:
    enquiry, placement = await matched(between)
    cancelled = await between.finder("POST", f"/placements/{placement}/cancel", {"reason": "plan_changed"})
    assert cancelled.status_code == 200, cancelled.text
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "cancelled"
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        taken = await uow.execute(
            text("select count(*) from capacity.occupancy where claimant_id = :a"), {"a": between.world.a.id}
        )
        live = await uow.execute(
            text("select count(*) from placements.placement where stage in ('started', 'ready', 'planned')")
        )
        assert taken.scalar_one() == live.scalar_one()


async def test_days_change_only_where_the_place_is_free(between: Between) -> None:
    _enquiry, placement = await matched(between)
    wrong = {"starts": days(9).isoformat(), "ends": days(2).isoformat()}
    assert (await between.finder("POST", f"/placements/{placement}/days", wrong)).status_code == 400
    moved = {"starts": days(2).isoformat(), "ends": days(40).isoformat()}
    varied = await between.finder("POST", f"/placements/{placement}/days", moved)
    assert varied.status_code == 200, varied.text
    assert (varied.json()["starts"], varied.json()["ends"]) == (moved["starts"], moved["ends"])


def test_everybody_regulation_13_names_is_told() -> None:
    told = rules.told_at_start("foster_home", outside_area=True, has_school=True, day=today())
    assert told == list(recipients())
    assert "area_authority" not in rules.told_at_start("foster_home", outside_area=False, has_school=True, day=today())
    assert rules.told_at_end(["school", "child"]) == ["child", "school"]


@pytest.mark.parametrize("emergency", [True, False])
def test_what_is_lacking(emergency: bool) -> None:
    notices = [NoticeFacts("child", None, not_practicable=False), NoticeFacts("gp", None, not_practicable=True)]
    found = rules.lacking(emergency=emergency, plan_signed=False, notices=notices, approvals_missing=["director"])
    assert [one.field for one in found] == ([] if emergency else ["plan", "notice-child", "consent-director"])


async def test_who_an_emergency_is_about_is_recorded_after_the_match_and_then_the_child_may_come(
    between: Between,
) -> None:
    """At 6 pm three fields are enough; the register of homes needs a reference and a date of birth."""
    enquiry, placement = await matched(between, kind="emergency", whole=False)
    refused = await between.finder("POST", f"/placements/{placement}/ready")
    assert refused.status_code == 422, refused.text
    assert {error["field"]: error["message"] for error in refused.json()["errors"]} == {
        "reference": "Record the child’s reference in the case system in the request first",
        "born": "Record the child’s date of birth in the request first",
    }
    found = await between.finder("GET", f"/enquiries/{enquiry}")
    request = await between.finder("GET", f"/requests/{found.json()['request_id']}")
    child = request.json()["children"][0]["id"]
    identity = {"name": "Hidden Person", "reference": "CH-770188", "born": BORN.isoformat()}
    saved = await between.finder(
        "PUT",
        f"/requests/{found.json()['request_id']}/children/{child}/identity",
        identity,
        headers={"If-Match": request.headers["etag"]},
    )
    assert saved.status_code == 200, saved.text
    assert (await between.finder("POST", f"/placements/{placement}/ready")).status_code == 200
    started = await between.officer(
        "POST", f"/placements/{placement}/start", {"day": today().isoformat(), "weekly": "450.00"}
    )
    assert started.status_code == 200, started.text
    assert started.json()["child"]["reference"] == "CH-770188"
    async with between.database.bound(between.world.acting(between.world.b, "team_manager")) as uow:
        told = await uow.execute(
            text("select count(*) from audit.entry where action = 'enquiry.identity_renewed' and owner_id = :b"),
            {"b": between.world.b.id},
        )
        assert told.scalar_one() == 1


async def test_a_child_cannot_have_come_before_the_days_that_were_agreed(between: Between) -> None:
    _enquiry, placement = await matched(between, kind="emergency")
    await between.finder("POST", f"/placements/{placement}/ready")
    early = {"day": (today() - timedelta(days=9)).isoformat(), "weekly": "450.00"}
    refused = await between.officer("POST", f"/placements/{placement}/start", early)
    assert refused.status_code == 400, refused.text
    assert [error["field"] for error in refused.json()["errors"]] == ["day"]
