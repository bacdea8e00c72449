"""An authority's own settings: read and changed by page and API, and what is asked and kept follows them."""

from datetime import UTC, datetime, timedelta
from typing import Any

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
    }
    assert "must be after it begins" in (await desks.send("/placements/settings", 400, **typed)).text
    await desks.send("/placements/settings", **{**typed, "day_from": "8am"})
    assert 'value="7"' in await desks.get("/placements/settings")
    stale = await desks.send("/placements/settings", 400, **{**typed, "day_from": "8am"})
    assert "changed the settings meanwhile" in stale.text
