"""When the world changes: each event flags what it touches once, on its own side; the other hears that it is to ask."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.fostering import actions as register
from services.fostering.model import Exemption, Places, Resignation, Withdrawal
from services.residential import actions as homes
from services.residential.model import Judged
from tests.fostering.register import a_child, terms
from tests.placements.changes.world import (
    changes,
    clear,
    flags,
    hear,
    home_of,
    look,
    owner_does,
    stage_of,
)
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.homes import days, today
from tests.placements.placed.test_way import matched
from tests.residential.homes import a_home, make

CUT = "update fostering.approval set during = daterange(lower(during), $2::date) where household_id = $1"


async def resigns(between: Between, home: UUID, on: date | None = None) -> None:
    async with between.database.bound(between.world.acting(between.world.b, "fostering_officer")) as uow:
        await register.record_resignation(uow, home, None, Resignation(received_on=on or today()))


async def test_a_resignation_flags_enquiry_and_placement_once_and_ends_nothing(between: Between) -> None:
    b = between.world.b
    enquiry = await between.sent()
    _asked, placement = await matched(between)
    for one in (enquiry, _asked):
        await resigns(between, await home_of(between, one))
    await asyncio.gather(*(look(between, b) for _ in range(3)))
    await look(between, b)
    assert await changes(between, b, enquiry) == [("enquiry", "carer_resigned")]
    assert await changes(between, b, placement) == [("placement", "carer_resigned")]
    (flag,) = await flags(between, b, placement)
    assert flag["on_day"] == (today() + timedelta(days=28)).isoformat()
    assert set(flag["roles"]) == {"fostering_officer", "supervising_social_worker", "team_manager"}
    assert await stage_of(between, b, "enquiry", enquiry) == "sent"
    assert await stage_of(between, b, "placement", placement) == "planned"


async def test_the_other_side_hears_that_something_changed_and_never_what(between: Between) -> None:
    a, b, c = between.world.authorities
    enquiry, placement = await matched(between)
    home = await home_of(between, enquiry)
    await hear(between, a)
    await resigns(between, home)
    async with between.database.bound(between.world.acting(b, "fostering_officer")) as uow:
        await register.set_terms(uow, home, None, terms(since=today(), age_max=12))
    await look(between, b)
    assert await changes(between, b, placement) == [("placement", "carer_resigned"), ("placement", "terms_changed")]
    told = [one for one in await hear(between, a) if one["enquiry_id"] == str(enquiry)]
    assert len(told) == 2
    for payload in told:
        assert set(payload) == {"enquiry_id", "machine", "step", "about", "event"}
        assert payload["step"] == "home_standing"
    heard = await flags(between, a, placement)
    assert [(one["change"], one["subject"], one["on_day"]) for one in heard] == [("home_standing", "placement", None)]
    for word in ("resign", "terms", "approval"):
        assert word not in str(heard).lower()
    assert await flags(between, c, placement) == []
    outsider = await between.outsider("GET", f"/flags/{heard[0]['id']}")
    assert outsider.status_code == 404
    theirs = await between.officer("GET", f"/flags/{heard[0]['id']}")
    assert theirs.status_code == 404


async def test_a_new_event_flags_anew_after_clearing_and_an_old_one_does_not(between: Between) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent()
    home = await home_of(between, enquiry)
    await owner_does(between, CUT, home, days(10))
    await look(between, b)
    await hear(between, a)
    (ours,), (theirs,) = await flags(between, b, enquiry), await flags(between, a, enquiry)
    await clear(between, b, ours["id"], "renewed")
    await clear(between, a, theirs["id"], "asked")
    await look(between, b)
    await hear(between, a)
    assert await flags(between, b, enquiry) == await flags(between, a, enquiry) == []
    await owner_does(between, CUT, home, days(12))
    await look(between, b)
    await hear(between, a)
    assert await changes(between, b, enquiry) == [("enquiry", "approval_ended")]
    assert await changes(between, a, enquiry) == [("enquiry", "home_standing")]
    again = await between.officer("POST", f"/flags/{ours['id']}/clear", {"reason": "goes_on"})
    assert again.status_code == 409
    unknown = await between.officer("POST", f"/flags/{ours['id']}/clear", {"reason": "over"})
    assert unknown.status_code == 400


async def test_an_approval_far_from_its_end_or_extended_in_time_is_not_flagged(between: Between) -> None:
    b = between.world.b
    enquiry = await between.sent()
    home = await home_of(between, enquiry)
    await owner_does(between, CUT, home, days(60))
    await look(between, b)
    assert await flags(between, b, enquiry) == []
    await look(between, b, days(40))
    assert await changes(between, b, enquiry) == [("enquiry", "approval_ended")]
    follows = await between.sent()
    home = await home_of(between, follows)
    async with between.database.bound(between.world.acting(b, "fostering_officer")) as uow:
        await register.set_terms(uow, home, None, terms(since=days(5)))
    await look(between, b, days(6))
    assert await flags(between, b, follows) == []  # the same terms go on


async def test_a_hold_is_flagged_with_its_enquiry_once(between: Between) -> None:
    b = between.world.b
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    async with between.database.bound(between.world.acting(b, "fostering_officer")) as uow:
        await register.set_terms(uow, await home_of(between, enquiry), None, terms(since=today(), age_max=10))
    await look(between, b)
    assert await changes(between, b, enquiry) == [("hold", "terms_changed")]
    (flag,) = await flags(between, b, enquiry)
    assert await stage_of(between, b, "hold", enquiry) == "granted"
    released = await between.finder("POST", f"/enquiries/{enquiry}/hold", {"step": "release"})
    assert released.status_code == 200, released.text
    await look(between, b)
    assert [one["id"] for one in await flags(between, b, enquiry)] == [flag["id"]]


async def test_a_child_past_the_terms_age_is_told_without_a_day(between: Between) -> None:
    a, b = between.world.a, between.world.b
    born = today().replace(year=today().year - 8, day=1) + timedelta(days=40)
    eighth = date(born.year + 8, born.month, born.day)
    enquiry, placement = await matched(between, born=born, age_max=7)
    await look(between, b)
    await look(between, a)
    assert await changes(between, b, placement) == [("placement", "past_age_limit")]
    (flag,) = await flags(between, b, placement)
    assert flag["on_day"] is None
    assert eighth.isoformat() not in str(flag)
    assert await flags(between, a, placement) == []
    await hear(between, a)
    assert await changes(between, a, enquiry) == [("placement", "home_standing")]
    await look(between, b)
    async with between.database.bound(between.world.acting(a, "data_protection_officer")) as uow:
        seen = text(
            "select count(*) from audit.entry where action = 'placement.age_read' and owner_id = careshare.authority() "
            "and authority_id <> owner_id and subjects @> array[cast(:id as uuid)]"
        )
        assert (await uow.execute(seen, {"id": placement})).scalar_one() == 1


async def test_an_exemption_that_is_withdrawn_flags_who_lives_there_with_three_others(between: Between) -> None:
    b = between.world.b
    enquiry, placement = await matched(between)
    home = await home_of(between, enquiry)
    three = [a_child(responsible_gss=b.gss_code) for _ in range(3)]
    named = [*(one.child_reference for one in three), "C-new"]
    async with between.database.bound(between.world.acting(b, "fostering_officer")) as uow:
        await register.set_terms(uow, home, None, terms(since=days(-1), places=4))
        await register.set_places(uow, home, None, Places(number=4))
        for child in three:
            await register.place_child(uow, home, None, child)
        given = Exemption(granted_by_gss=b.gss_code, children=named, notice_on=today(), since=today())
        made, _ = await register.record_exemption(uow, home, None, given)
    await look(between, b)
    assert await flags(between, b, placement) == []
    async with between.database.bound(between.world.acting(b, "fostering_officer")) as uow:
        over = Withdrawal(exemption_id=made, notice_on=today(), ends=days(10))
        await register.withdraw_exemption(uow, home, None, over)
    await look(between, b)
    await look(between, b)
    assert await changes(between, b, placement) == [("placement", "exemption_ended")]
    (flag,) = await flags(between, b, placement)
    assert flag["on_day"] == days(10).isoformat()


@pytest.mark.parametrize(("age", "change"), [(3, "birthday_3"), (16, "birthday_16"), (18, "birthday_18")])
async def test_a_birthday_flags_an_open_request_and_later_the_placement_on_both_sides(
    between: Between, age: int, change: str
) -> None:
    a, b = between.world.a, between.world.b
    day = days(10)
    born = date(day.year - age, day.month, min(day.day, 28))
    child: dict[str, Any] = {"age": age - 1, "sex": "F"}
    child["identity"] = {"name": "Hidden Person", "born": born.isoformat()}
    request = await between.request(children=[child])
    await look(between, a)
    await look(between, a)
    assert await changes(between, a, request) == [("request", change)]
    _enquiry, placement = await matched(between, born=born)
    for who in (a, b):
        await look(between, who)
        assert change in {code for _, code in await changes(between, who, placement)}
        assert [code for _, code in await changes(between, who, placement)].count(change) == 1


async def test_a_fallen_judgement_and_a_suspension_flag_a_homes_enquiry(between: Between) -> None:
    a, b = between.world.a, between.world.b
    async with between.database.bound(between.world.acting(b, "residential_manager")) as uow:
        home = await make(uow, a_home("ZB1 1AA", age_min=5), offered=2)
        await homes.record_judgement(uow, home, None, Judged(judgement="good", judged_on=days(-300)))
        offer = (
            await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        ).scalar_one()
    request = await between.request(children=[{"age": 12, "sex": "F"}])
    shelf = (
        "insert into careshare.sharing_grant select $1, s.id, $2, tstzrange(now(), null) from careshare.shelf s "
        "where s.owner_id = $3 and s.resource = 'residential_places' on conflict do nothing"
    )
    await owner_does(between, shelf, a.id, between.world.agreement_id, b.id)
    made = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    assert made.status_code == 201, made.text
    enquiry = UUID(made.json()["enquiry_ids"][0])
    await look(between, b)
    assert await flags(between, b, enquiry) == []
    async with between.database.bound(between.world.acting(b, "residential_manager")) as uow:
        await homes.record_judgement(uow, home, None, Judged(judgement="inadequate", judged_on=days(-9)))
    for registration in ("suspended", "active", "suspended"):
        await owner_does(between, "update residential.home set registration = $2 where id = $1", home, registration)
        await look(between, b)
        await look(between, b)
    assert await changes(between, b, enquiry) == [
        ("enquiry", "judgement_fell"),
        ("enquiry", "registration_suspended"),
        ("enquiry", "registration_suspended"),
    ]
    await owner_does(between, "update residential.home set registration = 'cancelled' where id = $1", home)
    await look(between, b)
    assert ("enquiry", "home_closed") in await changes(between, b, enquiry)
    assert await stage_of(between, b, "enquiry", enquiry) == "sent"


async def test_an_agreement_that_ends_is_flagged_on_both_sides_from_what_both_know(between: Between) -> None:
    a, b = between.world.a, between.world.b
    enquiry, placement = await matched(between)
    agreement = between.world.agreement_id
    leaves = (
        "update tenants.agreement_party set notice_at = now(), leaves_at = $2::date where agreement_id = $1 "
        "and authority_id = $3"
    )
    stays = "update tenants.agreement_party set notice_at = null, leaves_at = null where agreement_id = $1"
    await hear(between, a)
    await owner_does(between, leaves, agreement, days(20), b.id)
    try:
        for who in (a, b):
            await look(between, who)
            await look(between, who)
            assert await changes(between, who, placement) == [("placement", "agreement_ends")]
    finally:
        await owner_does(between, stays, agreement)
    assert [one for one in await hear(between, a) if one["enquiry_id"] == str(enquiry)] == []
    assert await stage_of(between, a, "placement", placement) == "planned"


async def test_a_court_order_flags_everything_of_the_child_and_tells_the_home_to_ask(between: Between) -> None:
    a, b = between.world.a, between.world.b
    worker = "social_worker"
    reference = f"CO-{days(1):%d%m}-1"
    child: dict[str, Any] = {"age": 7, "sex": "F", "identity": {"name": "Hidden Person", "reference": reference}}
    request = await between.request(children=[child])
    _home, offer = await between.home()
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = UUID(sent.json()["enquiry_ids"][0])
    other = await between.request()  # of another child
    await hear(between, b)
    body = {"change": "court_order", "on": today().isoformat()}
    path = f"/requests/{request}/plan-changes"
    refused = await between.call(a, "placement_finder", "POST", path, body)
    assert refused.status_code == 403
    late = await between.call(a, worker, "POST", path, {**body, "on": days(2).isoformat()})
    assert late.status_code == 400
    made = await between.call(a, worker, "POST", path, body)
    assert made.status_code == 200, made.text
    assert len(made.json()["flag_ids"]) == 2
    twice = await between.call(a, worker, "POST", path, body)
    assert twice.status_code == 409
    assert await changes(between, a, request) == [("enquiry", "court_order"), ("request", "court_order")]
    assert await flags(between, a, other) == []
    status = await between.call(a, worker, "POST", path, {**body, "change": "legal_status"})
    assert status.status_code == 200
    assert len(await flags(between, a, request)) == 4
    await hear(between, b)
    heard = await flags(between, b, enquiry)
    assert [one["change"] for one in heard] == ["child_plan"]
    assert "court" not in str(heard).lower()
    assert (await between.call(b, "team_manager", "POST", path, body)).status_code == 404
    assert await stage_of(between, a, "enquiry", enquiry) == "sent"


async def test_a_change_recorded_on_a_placement(between: Between) -> None:
    a, b = between.world.a, between.world.b
    _enquiry, placement = await matched(between)
    path, body = f"/placements/{placement}/plan-changes", {"change": "care_plan", "on": today().isoformat()}
    made = await between.call(a, "social_worker", "POST", path, body)
    assert made.status_code == 200, made.text
    assert ("placement", "care_plan") in await changes(between, a, placement)
    assert (await between.call(b, "team_manager", "POST", path, body)).status_code == 404


async def test_what_is_over_waits_for_nobody(between: Between) -> None:
    b = between.world.b
    enquiry = await between.sent()
    await resigns(between, await home_of(between, enquiry))
    await look(between, b)
    (flag,) = await flags(between, b, enquiry)
    await between.finder("POST", f"/enquiries/{enquiry}/withdraw", {"reason": "found"})
    await look(between, b)
    assert await flags(between, b, enquiry) == []
    seen = await between.officer("GET", f"/flags/{flag['id']}")
    assert (seen.json()["reason"], seen.json()["cleared_by"]) == ("over", None)


async def test_nobody_flags_what_is_not_theirs_nor_clears_twice(between: Between) -> None:
    enquiry = await between.sent()
    insert = text(
        "insert into placements.flag (authority_id, subject, enquiry_id, change, event_key, roles, due_at) "
        "values (careshare.authority(), 'enquiry', :e, 'home_standing', repeat('0', 32), '{director}', now())"
    )
    with pytest.raises(DBAPIError, match="not there"):
        async with between.database.bound(between.world.acting(between.world.c)) as uow:
            await uow.execute(insert, {"e": enquiry})
    async with between.database.bound(between.world.acting(between.world.a)) as uow:
        await uow.execute(insert, {"e": enquiry})
        done = text(
            "update placements.flag set cleared_at = now(), cleared_by = careshare.actor(), reason = 'goes_on' "
            "where enquiry_id = :e"
        )
        await uow.execute(done, {"e": enquiry})
        with pytest.raises(DBAPIError, match="cleared already"):
            await uow.execute(done, {"e": enquiry})
        await uow.rollback()


async def test_the_desk_shows_a_flag_to_those_it_is_for(between: Between) -> None:
    b = between.world.b
    enquiry = await between.sent()
    await resigns(between, await home_of(between, enquiry))
    await look(between, b)
    (flag,) = await flags(between, b, enquiry)
    for role, there in (("fostering_officer", True), ("residential_manager", False), ("team_manager", True)):
        desk = await between.call(b, role, "GET", "/desk")
        lines = [one for one in desk.json()["waiting"] if one["id"] == flag["id"]]
        assert [(one["what"], one["code"]) for one in lines] == ([("flag", "carer_resigned")] if there else [])
        mine = await between.call(b, role, "GET", "/flags?mine=true&limit=100")
        assert (flag["id"] in mine.text) is there


async def test_whoever_it_is_for_is_told_once_and_no_longer_once_it_is_cleared(between: Between) -> None:
    world, b = between.world, between.world.b
    enquiry = await between.sent()
    await resigns(between, await home_of(between, enquiry))
    for _ in range(2):
        await look(between, b)
    (flag,) = await flags(between, b, enquiry)
    told = "select person_id, read_at is null as waits, path from messages.notification where subject_id = :id"

    async def read() -> dict[UUID, tuple[bool, str]]:
        async with between.database.bound(world.acting(b, "team_manager")) as uow:
            rows = await uow.execute(text(told), {"id": UUID(flag["id"])})
            return {row.person_id: (row.waits, row.path) for row in rows}

    for_whom = {b.people["fostering_officer"], b.people["team_manager"]}
    assert await read() == dict.fromkeys(for_whom, (True, f"/placements/flags/{flag['id']}"))
    await clear(between, b, flag["id"])
    assert {waits for waits, _ in (await read()).values()} == {False}
