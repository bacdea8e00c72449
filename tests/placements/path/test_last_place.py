"""Two hundred callers want one last place at the same moment: one gets it, the others hear the same clean answer."""

import asyncio

import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.database import Database
from careshare.errors import NotAvailable
from careshare.settings import Settings
from services.placements import steps
from tenants.actions import as_owner
from tests.placements.path.way import Way
from tests.world import World

CALLERS = 200


@pytest_asyncio.fixture(scope="module")
async def way(settings: Settings, world: World) -> Way:
    return Way(world, Database.open(settings, pool_size=40))


@pytest.mark.slow
async def test_one_of_two_hundred_gets_the_last_place(way: Way) -> None:
    a, b = way.world.a, way.world.b
    async with way.of(b) as uow:
        await uow.execute(
            text("insert into placements.setting (authority_id, holds_by_itself) values (careshare.authority(), true)")
        )
    home = await way.home(b, places=1)
    sent = [await way.send(a, home, await way.request(a)) for _ in range(CALLERS)]
    async with as_owner(way.world.settings) as owner:
        await owner.execute("update placements.enquiry set sent_at = now() - interval '1 hour'")

    async def call(number: int) -> steps.Taken:
        return await way.take(a, sent[number], "take")

    done = await asyncio.gather(*(call(number) for number in range(CALLERS)), return_exceptions=True)
    assert sum(isinstance(one, steps.Taken) for one in done) == 1
    assert sum(isinstance(one, NotAvailable) for one in done) == CALLERS - 1
    async with as_owner(way.world.settings) as owner:
        assert await owner.fetchval("select count(*) from capacity.occupancy") == 1
        assert await owner.fetchval("select count(*) from placements.hold where stage = 'granted'") == 1
    await way.database.close()
