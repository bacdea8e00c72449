"""Homes are asked, answer, and hold places, over the API: what each side sees at each stage, and what closes again."""

from datetime import date
from typing import Any
from uuid import UUID

from services.placements.enquiries.actions.answer import _born
from tests.placements.enquiries.conftest import Between
from tests.placements.homes import days


async def both(between: Between, enquiry: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """The enquiry as the placing and as the providing side reads it."""
    ours = await between.finder("GET", f"/enquiries/{enquiry}")
    theirs = await between.officer("GET", f"/enquiries/{enquiry}")
    assert (ours.status_code, theirs.status_code) == (200, 200), ours.text + theirs.text
    return ours.json(), theirs.json()


async def test_what_each_side_sees_at_each_stage(between: Between) -> None:
    enquiry = await between.sent()
    ours, theirs = await both(between, enquiry)
    assert ours["stage"] == theirs["stage"] == "sent"
    assert theirs["profile"]["children"][0]["age"] == 7
    assert (theirs["fuller"], theirs["identity"], theirs["request_id"]) == (None, None, None)
    assert (ours["home"], ours["home_identity"], ours["subject_id"]) == (None, None, None)
    assert "Hidden Person" not in str(theirs)
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200
    ours, theirs = await both(between, enquiry)
    assert theirs["fuller"]["level"] == 3
    assert ours["home"]["carers"] == 0
    assert ours["home_identity"] is None
    assert "Hidden Person" not in str(theirs)
    assert [line["step"] for line in ours["thread"]] == [line["step"] for line in theirs["thread"]] == ["accept"]
    assert (ours["thread"][0]["ours"], ours["thread"][0]["by"]) == (False, None)
    assert theirs["thread"][0]["by"] == between.world.b.names["fostering_officer"]


async def test_a_declined_enquiry_closes_and_says_a_neutral_reason(between: Between) -> None:
    enquiry = await between.sent()
    refused = await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "no such reason"})
    assert refused.status_code == 400
    declined = await between.officer("POST", f"/enquiries/{enquiry}/decline", {"reason": "allegation"})
    assert declined.status_code == 200, declined.text
    ours, theirs = await both(between, enquiry)
    assert ours["stage"] == "declined"
    assert ours["thread"][-1]["code"] == "not_available"
    assert "allegation" not in str(ours)
    assert (theirs["declined_for"], theirs["profile"], theirs["fuller"]) == ("allegation", None, None)


async def test_the_register_is_checked_before_anybody_accepts(between: Between) -> None:
    _home, offer = await between.home(age_max=5)
    request = await between.request()
    sent = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = sent.json()["enquiry_ids"][0]
    refused = await between.officer("POST", f"/enquiries/{enquiry}/accept")
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["terms_age"]
    emergency = await between.request(kind="emergency")
    sent = await between.finder("POST", f"/requests/{emergency}/enquiries", {"offer_ids": [str(offer)]})
    enquiry = sent.json()["enquiry_ids"][0]
    assert (await between.officer("POST", f"/enquiries/{enquiry}/accept")).status_code == 200


async def test_sent_twice_with_one_key_asks_once(between: Between) -> None:
    _home, offer = await between.home()
    request = await between.request()
    path, body, key = f"/requests/{request}/enquiries", {"offer_ids": [str(offer)]}, {"Idempotency-Key": "ask-once"}
    first = await between.finder("POST", path, body, headers=key)
    second = await between.finder("POST", path, body, headers=key)
    assert first.json() == second.json()
    listed = await between.finder("GET", f"/enquiries?request_id={request}")
    assert len(listed.json()["items"]) == 1


async def test_an_outsider_finds_nothing(between: Between) -> None:
    enquiry = await between.sent()
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/accept", None),
        ("POST", "/decline", {"reason": "need"}),
        ("POST", "/withdraw", {"reason": "found"}),
        ("POST", "/telephone-answer", {"accepted": True, "heard_from": "duty"}),
        ("POST", "/hold", {"step": "ask"}),
        ("POST", "/grant-hold", {"step": "grant"}),
    ):
        answer = await between.outsider(method, f"/enquiries/{enquiry}{path}", body)
        assert answer.status_code == 404, path
    assert (await between.outsider("GET", "/enquiries?side=providing")).json()["items"] == []


async def test_several_homes_are_asked_together_or_none(between: Between) -> None:
    offers = [str((await between.home())[1]) for _ in range(2)]
    request = await between.request()
    gone = [*offers, "00000000-0000-4000-8000-000000000000"]
    assert (await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": gone})).status_code == 409
    assert (await between.finder("GET", f"/enquiries?request_id={request}")).json()["items"] == []
    made = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": offers})
    assert len(made.json()["enquiry_ids"]) == 2


async def test_as_many_as_the_authority_allows(between: Between) -> None:
    offers = [str((await between.home())[1]) for _ in range(6)]
    request = await between.request()
    refused = await between.finder("POST", f"/requests/{request}/enquiries", {"offer_ids": offers})
    assert refused.status_code == 409
    assert "As many enquiries" in refused.json()["detail"]


async def test_places_are_held_and_the_hold_is_ended_with_a_reason(between: Between) -> None:
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    asked = await between.finder("POST", f"/enquiries/{enquiry}/hold", {"step": "ask"})
    assert asked.json()["hold"]["stage"] == "asked"
    granted = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    assert granted.status_code == 200, granted.text
    assert granted.json()["hold"]["stage"] == "granted"
    without = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "end"})
    assert without.status_code == 400
    ended = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "end", "reason": "own_child"})
    assert ended.json()["hold"]["stage"] == "ended"
    again = await between.officer("POST", f"/enquiries/{enquiry}/grant-hold", {"step": "grant"})
    assert again.json()["hold"]["stage"] == "granted"


async def test_an_answer_by_telephone_is_confirmed_by_the_other_side(between: Between) -> None:
    enquiry = await between.sent()
    body = {"accepted": True, "heard_from": "duty fostering officer"}
    told = await between.finder("POST", f"/enquiries/{enquiry}/telephone-answer", body)
    assert told.status_code == 200, told.text
    assert (told.json()["stage"], told.json()["unconfirmed"], told.json()["home"]) == ("accepted", True, None)
    confirmed = await between.officer("POST", f"/enquiries/{enquiry}/confirm-answer")
    assert confirmed.status_code == 200, confirmed.text
    ours, _theirs = await both(between, enquiry)
    assert ours["unconfirmed"] is False
    assert ours["home"] is not None


async def test_a_finder_does_not_answer_for_the_home(between: Between) -> None:
    enquiry = await between.sent()
    assert (await between.finder("POST", f"/enquiries/{enquiry}/accept")).status_code == 403
    placing = between.world.a
    accepted = await between.call(placing, "fostering_officer", "POST", f"/enquiries/{enquiry}/accept")
    assert accepted.status_code == 404


async def test_nobody_is_asked_for_a_draft(between: Between) -> None:
    _home, offer = await between.home()
    made = await between.finder(
        "POST", "/requests", {"starts": days(1).isoformat(), "kind": "planned", "children": [{"age": 3}]}
    )
    refused = await between.finder("POST", f"/requests/{made.json()['id']}/enquiries", {"offer_ids": [str(offer)]})
    assert refused.status_code == 409


def test_a_leap_day_makes_no_child_older() -> None:
    assert _born(date(2028, 2, 29), 7) == date(2021, 2, 28)
