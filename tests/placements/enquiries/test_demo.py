"""The demo's enquiries: something in each stage that one side or the other answers for, and nothing twice."""

from sqlalchemy import text

from careshare.database import Acting
from services.placements.enquiries import demo
from tests.placements.enquiries.conftest import Between
from tests.placements.homes import days
from tests.world import World

EACH_STAGE = text("select stage, count(*) as many from placements.enquiry group by stage")


def _quietly(what: str, share: float | None = None) -> None:
    del what, share


async def _stages(between: Between, world: World) -> dict[str, int]:
    finder = Acting(world.a.id, world.a.people["placement_finder"], "test")
    async with between.database.bound(finder) as uow:
        return {row.stage: row.many for row in await uow.execute(EACH_STAGE)}


async def test_a_council_asks_and_is_answered_once(between: Between, world: World) -> None:
    for _ in range(8):
        await between.home()
    for number in range(4):
        await between.request(starts=days(3 + number).isoformat())
    await demo.load_demo(world.settings, _quietly)
    stages = await _stages(between, world)
    assert {"sent", "accepted", "declined", "withdrawn"} <= set(stages), stages
    await demo.load_demo(world.settings, _quietly)
    assert await _stages(between, world) == stages
