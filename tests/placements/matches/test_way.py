"""Matches over the API: a home over a border with another council's child in it; an emergency by telephone at 18:00."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.fostering import actions as register
from services.placements import clocks
from services.placements.matches import actions
from services.placements.matches.model import Propose
from tenants.actions import as_owner
from tests.fostering.register import a_child, a_home, make, terms
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import days

LAW: dict[str, Any] = {"relatives_consulted": True, "wishes_heard": True, "reviewing_officer_told": True}


async def consents(between: Between, enquiry: UUID) -> dict[str, dict[str, Any]]:
    """Every consent as the placing side's team manager reads it, by kind."""
    found = await between.call(between.world.a, "team_manager", "GET", f"/enquiries/{enquiry}/consents")
    assert found.status_code == 200, found.text
    return {one["kind"]: one for one in found.json()["consents"]}


async def say(
    between: Between, who: Any, role: str, consent: str, answer: str = "given", *, stepped_up: bool = False, **more: Any
) -> Any:
    """An answer over the API."""
    headers = await between.world.bearer(who, role, stepped_up=stepped_up)
    body = {"answer": answer, **more}
    return await between.client.post(f"/api/v1/consents/{consent}/answers", json=body, headers=headers)


async def far_home(between: Between) -> tuple[UUID, str]:
    """A foster home of Birkdale that stands in Caldergarth's area, with a child of Caldergarth living there."""
    world = between.world
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        home = await make(uow, a_home("ZC1 1AA"), places=2, publish=True, approval=terms(places=2))
        there = a_child(responsible_gss=world.c.gss_code, child_reference="C77001")
        await register.place_child(uow, home, None, there)
        offer = (
            await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        ).scalar_one()
    return home, str(offer)


async def test_a_home_over_a_border_with_another_council_s_child(between: Between) -> None:
    world = between.world
    _home, offer = await far_home(between)
    request = await between.request()
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [offer]})
    enquiry = UUID(sent.json()["enquiry_ids"][0])
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200
    early = await between.officer("POST", f"/enquiries/{enquiry}/consents")
    assert early.status_code == 409  # nobody proposed it yet
    proposed = await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    assert proposed.status_code == 200, proposed.text
    assert proposed.json()["missing"] == ["placing_authority", "area_consulted", "director"]
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    listed = await between.officer("POST", f"/enquiries/{enquiry}/consents")
    assert listed.status_code == 200, listed.text
    known = await consents(between, enquiry)
    assert known["other_authority"]["decider"] == world.c.name
    # The director before the area was consulted: out of order; a finder is no director; no director without step-up.
    director = known["director"]["id"]
    early = await say(between, world.a, "director", director, stepped_up=True, **LAW)
    assert early.status_code == 409
    assert "area consulted" in early.json()["detail"]
    assert (await say(between, world.a, "placement_finder", director, **LAW)).status_code == 403
    assert (await say(between, world.a, "director", director, **LAW)).status_code == 401
    # The area authority is asked, and sees its own two questions alone.
    headers = await world.bearer(world.c, "team_manager")
    asked = (await between.client.get("/api/v1/consents-asked", headers=headers)).json()["items"]
    assert {one["kind"] for one in asked} == {"area_consulted", "other_authority"}
    told = next(one for one in asked if one["kind"] == "other_authority")
    assert told["question"] == {"your_children": ["C77001"], "children": 1, "from": days(3).isoformat()}
    assert told["asker"] == world.b.name
    assert world.a.name not in str(told)
    assert "Hidden Person" not in str(asked)
    consulted = next(one for one in asked if one["kind"] == "area_consulted")
    assert (await say(between, world.c, "team_manager", consulted["id"])).status_code == 200
    without = await say(between, world.a, "director", director, stepped_up=True)
    assert without.status_code == 422
    assert (await say(between, world.a, "director", director, stepped_up=True, **LAW)).status_code == 200
    for who, role, kind in (
        (world.a, "team_manager", "placing_authority"),
        (world.b, "team_manager", "providing_authority"),
        (world.b, "fostering_officer", "carer"),
    ):
        answered = await say(between, who, role, known[kind]["id"])
        assert answered.status_code == 200, answered.text
    waiting = await between.finder("GET", f"/enquiries/{enquiry}/consents")
    assert (waiting.json()["stage"], waiting.json()["missing"]) == ("matching", ["other_authority"])
    # The providing side cannot answer for the third authority.
    assert (await say(between, world.b, "team_manager", known["other_authority"]["id"])).status_code == 409
    assert (await say(between, world.c, "team_manager", told["id"])).status_code == 200
    seen = await between.finder("GET", f"/enquiries/{enquiry}")
    assert seen.json()["stage"] == "matched"
    assert seen.json()["home_identity"]["postcode"] == "ZC1 1AA"
    theirs = await between.officer("GET", f"/enquiries/{enquiry}")
    assert theirs.json()["identity"] is None  # who children are takes a permission of its own


async def test_the_usual_limit_is_passed_only_with_the_area_authority_s_exemption(between: Between) -> None:
    world = between.world
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        home = await make(uow, a_home("ZB1 1AA"), places=4, publish=True, approval=terms(places=4))
        for _ in range(3):
            await register.place_child(uow, home, None, a_child(responsible_gss=world.b.gss_code))
        offer = (
            await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        ).scalar_one()
    request = await between.request()
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = UUID(sent.json()["enquiry_ids"][0])
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    await between.officer("POST", f"/enquiries/{enquiry}/consents")
    known = await consents(between, enquiry)
    assert known["exemption"]["required"]
    for who, role, kind, more in (
        (world.a, "team_manager", "placing_authority", {}),
        (world.a, "team_manager", "area_notified", {}),
        (world.a, "nominated_officer", "nominated_officer", {"stepped_up": True, **LAW}),
        (world.b, "team_manager", "providing_authority", {}),
        (world.b, "fostering_officer", "carer", {}),
    ):
        answered = await say(between, who, role, known[kind]["id"], **more)
        assert answered.status_code == 200, (kind, answered.text)
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matching"
    given = await say(between, world.b, "exemptions_officer", known["exemption"]["id"])
    assert given.status_code == 200, given.text
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matched"


MAUNDY_THURSDAY = datetime(2026, 4, 2, 17, 0, tzinfo=UTC)
"""18:00 in London on the Thursday before Easter: Good Friday and Easter Monday are no working days."""


async def test_an_emergency_before_a_long_weekend_by_telephone(between: Between) -> None:
    world = between.world
    async with between.database.bound(world.acting(world.b, "fostering_officer")) as uow:
        home = await make(uow, a_home("ZC1 2AA"), places=1, publish=True)
        offer = (
            await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        ).scalar_one()
    request = await between.request(kind="emergency")
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = UUID(sent.json()["enquiry_ids"][0])
    told = {"accepted": True, "heard_from": "duty fostering officer"}
    await between.finder("POST", f"/enquiries/{enquiry}/telephone-answer", told)
    confirmed = await between.officer("POST", f"/enquiries/{enquiry}/confirm-answer")
    assert confirmed.status_code == 200, confirmed.text
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    async with between.database.bound(world.acting(world.a, "out_of_hours")) as uow:
        await actions.propose(uow, enquiry, Propose(), now=MAUNDY_THURSDAY)
    async with between.database.bound(world.acting(world.b, "out_of_hours")) as uow:
        await actions.list_consents(uow, enquiry, now=MAUNDY_THURSDAY)
    known = await consents(between, enquiry)
    assert [kind for kind, one in known.items() if one["required"]] == [
        "placing_authority",
        "providing_authority",
        "carer",
    ]
    # Five working days from Maundy Thursday end with Monday 13 April: two bank holidays and two weekends lie between.
    rest = datetime.fromisoformat(known["director"]["due_at"])
    assert rest == clocks.due("outside_area_rest", MAUNDY_THURSDAY).at
    assert (rest - timedelta(minutes=1)).date().isoformat() == "2026-04-13"
    for who, role, kind, by_telephone in (
        (world.a, "out_of_hours", "placing_authority", False),
        (world.b, "out_of_hours", "providing_authority", False),
        (world.b, "out_of_hours", "carer", True),
    ):
        more: dict[str, Any] = {"by_telephone": True, "heard_from": "foster carer"} if by_telephone else {}
        answered = await say(between, who, role, known[kind]["id"], **more)
        assert answered.status_code == 200, answered.text
    assert (await between.finder("GET", f"/enquiries/{enquiry}")).json()["stage"] == "matched"
    after = await consents(between, enquiry)
    assert (after["carer"]["by_telephone"], after["carer"]["confirmed"]) == (True, False)
    assert after["carer"]["confirm_by"] is not None
    # The director's approval still waits, and is given once the area was consulted: what was put off, and nothing else.
    assert after["director"]["state"] == "wanted"
    director = after["director"]["id"]
    assert (await say(between, world.a, "director", director, stepped_up=True, **LAW)).status_code == 409
    asked = await between.client.get("/api/v1/consents-asked", headers=await world.bearer(world.c, "team_manager"))
    consulted = next(one for one in asked.json()["items"] if one["id"] == after["area_consulted"]["id"])
    assert (await say(between, world.c, "team_manager", consulted["id"])).status_code == 200
    assert (await say(between, world.a, "director", director, stepped_up=True, **LAW)).status_code == 200
    assert (
        await say(between, world.b, "out_of_hours", known["providing_authority"]["id"], "revoked")
    ).status_code == 409


async def test_a_conflict_never_says_whose_or_why(between: Between) -> None:
    """Two authorities' children for one place: whoever comes second hears that it is not available."""
    _home, offer = await between.home(places=1)
    first = await between.request()
    second = await between.request()
    enquiries = []
    for request in (first, second):
        sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
        enquiries.append(sent.json()["enquiry_ids"][0])
        await between.officer("POST", f"/enquiries/{enquiries[-1]}/accept")
    granted = await between.officer("POST", f"/enquiries/{enquiries[0]}/grant-hold", {"step": "grant"})
    assert granted.status_code == 200
    refused = await between.officer("POST", f"/enquiries/{enquiries[1]}/grant-hold", {"step": "grant"})
    assert refused.status_code == 409
    assert refused.json()["title"] == "Not available"
    for secret in (str(first), enquiries[0], "Hidden", between.world.a.name):
        assert secret not in refused.text


@pytest.mark.parametrize("answer", ["refused", "revoked"])
async def test_what_is_refused_or_taken_back_is_missing_again(between: Between, answer: str) -> None:
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
    known = await consents(between, enquiry)
    consent = known["placing_authority"]["id"]
    if answer == "revoked":
        assert (await say(between, between.world.a, "team_manager", consent)).status_code == 200
    assert (await say(between, between.world.a, "team_manager", consent, answer)).status_code == 200
    async with as_owner(between.world.settings) as owner:
        state = await owner.fetchval("select state from placements.consent where id = $1", UUID(consent))
    assert state == ("refused" if answer == "refused" else "wanted")
    found = await between.finder("GET", f"/enquiries/{enquiry}/consents")
    assert "placing_authority" in found.json()["missing"]
