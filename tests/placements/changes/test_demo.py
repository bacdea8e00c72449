"""The demo's changes: a plan that changed under an enquiry, once however often the demo is loaded."""

from services.placements.changes import demo
from tests.placements.changes.world import changes, hear
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that two folders use
from tests.placements.enquiries.test_demo import _quietly


async def test_a_council_has_a_changed_plan_flagged_once(between: Between) -> None:
    a, b = between.world.a, between.world.b
    enquiry = await between.sent()
    await between.officer("POST", f"/enquiries/{enquiry}/accept")
    await hear(between, b)
    for _ in range(2):
        await demo.load_demo(between.world.settings, _quietly)
    assert await changes(between, a, enquiry) == [("enquiry", "care_plan")]
    await hear(between, b)
    assert await changes(between, b, enquiry) == [("enquiry", "child_plan")]
