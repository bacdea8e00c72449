"""The same Idempotency-Key twice over the steps of a placement: each is taken once, and answered alike."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that folders share
from tests.placements.homes import days, today
from tests.placements.placed.test_way import matched, tell_everybody

NOW = today().isoformat()
FINDER: list[tuple[str, Mapping[str, Any] | None]] = [("ready", None)]
OFFICER: list[tuple[str, Mapping[str, Any] | None]] = [
    ("start", {"day": NOW, "weekly": "450.00"}),
    ("pause", {"since": NOW}),
    ("resume", {"on": NOW}),
    ("steps", {"step": "give_notice"}),
]
LAST: list[tuple[str, Mapping[str, Any] | None]] = [
    ("days", {"ends": days(60).isoformat()}),
    ("steps", {"step": "review_to_end"}),
    ("end", {"ends": NOW, "reason": "CARPL"}),
]


async def steps_of(between: Between, placement: UUID) -> int:
    async with as_owner(between.world.settings) as owner:
        found: int = await owner.fetchval("select count(*) from placements.step where placement_id = $1", placement)
    return found


async def test_each_step_of_a_placement_is_taken_once_for_a_key(between: Between) -> None:
    _enquiry, placement = await matched(between)
    await tell_everybody(between, placement)
    before = await steps_of(between, placement)
    for caller, calls in ((between.finder, FINDER), (between.officer, OFFICER), (between.finder, LAST)):
        for path, body in calls:
            key = {"Idempotency-Key": str(uuid4())}
            first = await caller("POST", f"/placements/{placement}/{path}", body, headers=key)
            assert first.status_code == 200, (path, first.text)
            second = await caller("POST", f"/placements/{placement}/{path}", body, headers=key)
            assert (second.status_code, second.json()) == (200, first.json()), path
            before += 1
            assert await steps_of(between, placement) == before, path
    async with as_owner(between.world.settings) as owner:
        kept = await owner.fetch("select distinct convert_from(body, 'UTF8') as body from careshare.idempotency")
    assert [row["body"] for row in kept] == ['{"done":true}'], "no name is kept beside a key"


async def test_a_cancelled_placement_is_cancelled_once(between: Between) -> None:
    _enquiry, placement = await matched(between)
    key = {"Idempotency-Key": str(uuid4())}
    for _ in range(2):
        answer = await between.finder("POST", f"/placements/{placement}/cancel", {"reason": "other"}, headers=key)
        assert answer.status_code == 200, answer.text
    assert await steps_of(between, placement) == 1
