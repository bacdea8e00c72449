"""The demonstration's messages: one of each manner, and brought on once."""

from careshare.database import Database
from careshare.messages import demo
from tenants.actions import as_owner
from tests.world import World


async def test_each_manner_is_there_once(database: Database, world: World) -> None:
    for _ in range(2):
        async with database.bound(world.acting(world.a, "contact_coordinator")) as uow:
            await demo.load(uow)
    async with as_owner(world.settings) as owner:
        states = await owner.fetch("select state from messages.message")
        phones = await owner.fetch("select phone from messages.contact where phone is not null")
    assert sorted(row["state"] for row in states) == ["not_sent", "queued", "queued", "queued"]
    assert all(row["phone"].startswith("+447700900") for row in phones), "numbers for use in drama"
