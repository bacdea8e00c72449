"""An authority's own settings: read and changed by page and API, and what is asked and kept follows them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.placements.clocks import due
from services.placements.settings import Settings, own_of
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.test_pages import Desks

PATH = "/placement-settings"


async def test_what_is_settled_holds_for_what_is_asked_and_kept(between: Between) -> None:
    a, b = between.world.a, between.world.b
    found = await between.call(b, "team_manager", "GET", PATH)
    assert found.status_code == 200, found.text
    assert (found.json()["most_enquiries"], found.json()["day_until"]) == (5, "20:00:00")
    body = {"holds_by_itself": True, "own_children_first": 0, "hold_planned": 2}
    assert (await between.call(b, "team_manager", "PUT", PATH, body)).status_code == 428
    headers = {"If-Match": found.headers["etag"]}
    changed = await between.call(b, "team_manager", "PUT", PATH, body, headers=headers)
    assert changed.status_code == 200, changed.text
    assert (await between.call(b, "team_manager", "PUT", PATH, body, headers=headers)).status_code == 412
    enquiry = await between.sent()
    taken = await between.finder("POST", f"/enquiries/{enquiry}/hold", {"step": "take"})
    assert taken.status_code == 200, taken.text
    until = datetime.fromisoformat(taken.json()["hold"]["until"])
    assert timedelta(days=1, hours=23) < until - datetime.now(UTC) < timedelta(days=2, hours=1)
    assert (await between.officer("PUT", PATH, body)).status_code == 403
    # Each authority has its own.
    assert (await between.call(a, "team_manager", "GET", PATH)).json()["holds_by_itself"] is False


async def test_the_page_changes_them_and_says_what_is_wrong(between: Between) -> None:
    desks = Desks(between)
    await desks.sit(between.world.c, "team_manager")
    page = await desks.get("/placements/settings")
    assert 'value="20:00"' in page
    typed: dict[str, Any] = {
        "version": "1",
        "most_enquiries": "7",
        "most_holds": "2",
        "holds_by_itself": "no",
        "own_children_first": "15",
        "hold_by_day": "4",
        "hold_by_night": "16",
        "hold_planned": "5",
        "day_from": "21:00",
        "day_until": "20:00",
        "answer_emergency": "1",
        "answer_planned": "3",
        "morning": "10",
        "telephone_answer": "2",
        "telephone_approval": "1",
        "consent_emergency": "2",
        "consent_planned": "4",
        "referral_whole": "3",
    }
    assert "must be after it begins" in (await desks.send("/placements/settings", 400, **typed)).text
    await desks.send("/placements/settings", **{**typed, "day_from": "8am"})
    saved = await desks.get("/placements/settings")
    for name, value in (("most_enquiries", 7), ("morning", 10), ("consent_planned", 4), ("referral_whole", 3)):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', saved), name
    stale = await desks.send("/placements/settings", 400, **{**typed, "day_from": "8am"})
    assert "changed the settings meanwhile" in stale.text


async def test_consents_telephone_answers_and_referrals_keep_to_what_is_settled(between: Between) -> None:
    """Each clock runs by the settings of whoever opened it."""
    a = between.world.a
    found = await between.call(a, "team_manager", "GET", PATH)
    body = {"telephone_answer": 7, "consent_planned": 9, "referral_whole": 2}
    changed = await between.call(a, "team_manager", "PUT", PATH, body, headers={"If-Match": found.headers["etag"]})
    try:
        own = own_of(msgspec.convert(body, Settings))
        emergency = await between.request(kind="emergency")
        read = (await between.finder("GET", f"/requests/{emergency}")).json()
        made = datetime.fromisoformat(read["made_at"])
        assert read["complete_by"] == due("referral_whole", made, own).on.isoformat()
        enquiry = await between.sent()
        said = {"accepted": True, "heard_from": "duty fostering officer"}
        before = datetime.now(UTC)
        told = await between.finder("POST", f"/enquiries/{enquiry}/telephone-answer", said)
        assert datetime.fromisoformat(told.json()["confirm_by"]) == due("telephone_answer", before, own).at
        desk = (await between.call(between.world.b, "team_manager", "GET", "/desk")).json()["waiting"]
        waits = next(one for one in desk if one["what"] == "confirm_answer" and one["id"] == str(enquiry))
        assert datetime.fromisoformat(waits["due"]) == due("telephone_answer", before, own).at
        await between.officer("POST", f"/enquiries/{enquiry}/confirm-answer")
        proposed = await between.finder("POST", f"/enquiries/{enquiry}/proposal", {})
        assert proposed.status_code in {200, 201}, proposed.text
        ours = [one for one in proposed.json()["consents"] if one["kind"] == "placing_authority"]
        assert datetime.fromisoformat(ours[0]["due_at"]) == due("consent_planned", before, own).at
    finally:
        etag = changed.headers["etag"]
        await between.call(a, "team_manager", "PUT", PATH, {}, headers={"If-Match": etag})
