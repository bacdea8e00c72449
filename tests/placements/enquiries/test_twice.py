"""The same Idempotency-Key twice over each call of an enquiry's path, and an ETag that is no longer the enquiry's."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between

OFFICER, FINDER = "fostering_officer", "placement_finder"
SAID = {"accepted": True, "heard_from": "duty fostering officer"}
NO = {"accepted": False, "heard_from": "duty fostering officer", "reason": "not_available"}
GRANT, ASK = {"step": "grant"}, {"step": "ask"}

Call = tuple[str, str, Mapping[str, Any] | None]
ACCEPT: Call = (OFFICER, "accept", None)
PATH: list[tuple[list[Call], Call, int]] = [
    ([], ACCEPT, 1),
    ([], (OFFICER, "decline", {"reason": "need"}), 1),
    ([], (FINDER, "withdraw", {"reason": "found"}), 1),
    ([], (FINDER, "telephone-answer", SAID), 1),
    ([], (FINDER, "telephone-answer", NO), 1),
    ([(FINDER, "telephone-answer", SAID)], (OFFICER, "confirm-answer", None), 2),
    ([], (FINDER, "hold", ASK), 1),
    ([], (OFFICER, "grant-hold", GRANT), 1),
    ([(OFFICER, "grant-hold", GRANT)], (FINDER, "hold", {"step": "release"}), 2),
    ([(OFFICER, "grant-hold", GRANT)], (OFFICER, "grant-hold", {"step": "extend"}), 2),
    ([(OFFICER, "grant-hold", GRANT)], (OFFICER, "grant-hold", {"step": "end", "reason": "own_child"}), 2),
    ([], (FINDER, "messages", {"text": "Is there a garden?"}), 0),
    ([ACCEPT], (FINDER, "proposal", {}), 2),
    ([ACCEPT, (FINDER, "proposal", {})], (OFFICER, "consents", None), 3),
]
"""What came before, the call that is made twice, and how many steps there are then."""


async def post(between: Between, enquiry: UUID, call: Call, **headers: str) -> Any:
    role, path, body = call
    who = between.world.b if role == OFFICER else between.world.a
    return await between.call(who, role, "POST", f"/enquiries/{enquiry}/{path}", body, headers=headers)


async def counted(between: Between, enquiry: UUID) -> tuple[int, int]:
    """Steps and messages of an enquiry."""
    async with as_owner(between.world.settings) as owner:
        steps = await owner.fetchval("select count(*) from placements.step where enquiry_id = $1", enquiry)
        said = await owner.fetchval("select count(*) from placements.message where enquiry_id = $1", enquiry)
    return steps, said


async def made(between: Between, before: list[Call]) -> UUID:
    enquiry = await between.sent()
    for call in before:
        answer = await post(between, enquiry, call)
        assert answer.status_code < 300, answer.text
    return enquiry


@pytest.mark.parametrize(("before", "call", "steps"), PATH, ids=lambda one: one[1] if isinstance(one, tuple) else None)
async def test_the_same_key_twice_takes_one_step(between: Between, before: list[Call], call: Call, steps: int) -> None:
    enquiry = await made(between, before)
    key = {"Idempotency-Key": str(uuid4())}
    first = await post(between, enquiry, call, **key)
    assert first.status_code < 300, first.text
    second = await post(between, enquiry, call, **key)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert await counted(between, enquiry) == (steps, 1 if call[1] == "messages" else 0)
    if call[1] == "decline":
        other: Call = (OFFICER, "decline", {"reason": "need", "note": "Another"})
        assert (await post(between, enquiry, other, **key)).status_code == 409, "the key is another call's"


@pytest.mark.parametrize("key", [True, False])
async def test_two_at_the_same_moment(between: Between, key: bool) -> None:
    """With one key both are answered alike; with none the second comes too late."""
    enquiry = await made(between, [])
    headers = {"Idempotency-Key": str(uuid4())} if key else {}
    answers = await asyncio.gather(*(post(between, enquiry, ACCEPT, **headers) for _ in range(2)))
    assert sorted(one.status_code for one in answers) == ([200, 200] if key else [200, 409])
    assert await counted(between, enquiry) == (1, 0)


async def test_a_consent_is_answered_once(between: Between) -> None:
    enquiry = await made(between, [ACCEPT])
    proposed = (await post(between, enquiry, (FINDER, "proposal", {}))).json()
    consent = next(one["id"] for one in proposed["consents"] if one["kind"] == "placing_authority")
    key = {"Idempotency-Key": str(uuid4())}
    twice = [
        await between.finder("POST", f"/consents/{consent}/answers", {"answer": "given"}, headers=key) for _ in range(2)
    ]
    assert [one.status_code for one in twice] == [200, 200], twice[1].text
    assert twice[0].json() == twice[1].json()
    without = await between.finder("POST", f"/consents/{consent}/answers", {"answer": "given"})
    assert without.status_code == 409
    async with as_owner(between.world.settings) as owner:
        assert (
            await owner.fetchval("select count(*) from placements.consent_answer where consent_id = $1", consent) == 1
        )


async def test_somebody_outside_is_asked_and_answers_once(between: Between) -> None:
    request = await between.request()
    new = {"provider": "Harbour Fostering Agency", "kind": "foster_home", "how": "email"}
    key = {"Idempotency-Key": str(uuid4())}
    path = f"/requests/{request}/outside-enquiries"
    asked = [await between.finder("POST", path, new, headers=key) for _ in range(2)]
    assert asked[0].json() == asked[1].json()
    (one,) = (await between.finder("GET", path)).json()["items"]
    said = {"answer": "offered", "weekly_price": "900.00"}
    answers = [
        await between.finder("POST", f"/outside-enquiries/{one['id']}/answers", said, headers={"Idempotency-Key": "a"})
        for _ in range(2)
    ]
    assert [len(each.json()["said"]) for each in answers] == [1, 1]


async def test_what_closed_since_is_not_shown_from_a_kept_answer(between: Between) -> None:
    enquiry = await made(between, [])
    key = {"Idempotency-Key": str(uuid4())}
    first = await post(between, enquiry, ACCEPT, **key)
    assert first.json()["fuller"] is not None
    await post(between, enquiry, (FINDER, "withdraw", {"reason": "found"}))
    again = await post(between, enquiry, ACCEPT, **key)
    assert (again.status_code, again.json()["stage"], again.json()["fuller"]) == (200, "withdrawn", None)
    async with as_owner(between.world.settings) as owner:
        kept = await owner.fetchval(
            "select convert_from(body, 'UTF8') from careshare.idempotency where key = $1", key["Idempotency-Key"]
        )
    assert kept == '{"done":true}', "nothing of a child is kept beside the key"


async def test_an_etag_guards_what_was_not_seen(between: Between) -> None:
    enquiry = await made(between, [])
    read = await between.finder("GET", f"/enquiries/{enquiry}")
    seen = read.headers["etag"]
    assert seen == f'"{read.json()["version"]}"'
    await post(between, enquiry, (OFFICER, "grant-hold", GRANT))
    stale = await post(between, enquiry, (FINDER, "withdraw", {"reason": "found"}), **{"If-Match": seen})
    assert stale.status_code == 412
    now = await between.finder("GET", f"/enquiries/{enquiry}")
    assert (now.json()["stage"], now.headers["etag"] == seen) == ("sent", False), "nothing was withdrawn"
    took = await post(between, enquiry, (FINDER, "withdraw", {"reason": "found"}), **{"If-Match": now.headers["etag"]})
    assert took.status_code == 200, took.text
    assert took.headers["etag"] == (await between.finder("GET", f"/enquiries/{enquiry}")).headers["etag"] != seen
    wrong = await post(between, enquiry, (OFFICER, "accept", None), **{"If-Match": "3"})
    assert wrong.status_code == 400
    not_theirs = await between.outsider("POST", f"/enquiries/{enquiry}/accept")
    assert not_theirs.status_code == 404


async def test_of_two_who_saw_the_same_the_second_is_told(between: Between) -> None:
    """Both name the ETag they read; a hold may be extended again and again, so only the ETag tells them apart."""
    enquiry = await made(between, [(OFFICER, "grant-hold", GRANT)])
    seen = (await between.officer("GET", f"/enquiries/{enquiry}")).headers["etag"]
    extend: Call = (OFFICER, "grant-hold", {"step": "extend"})
    answers = await asyncio.gather(*(post(between, enquiry, extend, **{"If-Match": seen}) for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412]
    assert await counted(between, enquiry) == (2, 0)
