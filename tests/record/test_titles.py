"""What the officer reads of an agreement follows the versions their authority was a party of."""

import httpx

from careshare import audit
from careshare.database import Acting, Database
from tenants.agreements import actions
from tenants.agreements.model import Leaving
from tests.agreements.terms import drafted, signed
from tests.agreements.test_taking_back import propose
from tests.world import World, WorldAuthority

OFFICER = "data_protection_officer"


async def titles(client: httpx.AsyncClient, world: World, who: WorldAuthority, of: str, **asked: str) -> set[str]:
    """What the agreements are called on one of the officer's lists."""
    headers = await world.bearer(who, OFFICER)
    answer = await client.get(f"/api/v1/record/{of}", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return {one["agreement"] for one in answer.json()["items"] if one["agreement"]}


async def test_whoever_left_reads_no_later_title_and_whoever_is_asked_no_earlier_one(
    client: httpx.AsyncClient, database: Database, world: World
) -> None:
    a, b, c = world.authorities
    made = await drafted(world, database, a, b, c, title="While three")
    await signed(world, database, made, [a, b, c])
    async with database.bound(Acting(a.id, a.people["placement_finder"], "placement:search")) as uow:
        await audit.record(uow, "placements.offer", owner_id=c.id, agreement_id=made)
    async with database.bound(world.acting(c, "director", "agreement:leave")) as uow:
        await actions.leave(uow, made, None, Leaving(at_once=True, cause="breach", reason="A loss"))
    await propose(world, database, a, made, a, b, title="Only the two of us")
    await signed(world, database, made, [a, b], 2)
    assert "Only the two of us" in await titles(client, world, a, "steps", kind="agreements")
    assert await titles(client, world, c, "steps", kind="agreements") == {"While three"}
    assert await titles(client, world, c, "disclosures") == {"While three"}
    await world.sign_in(client, c, OFFICER)
    for page in ("/record/steps?kind=agreements", "/record/shown"):
        text = (await client.get(page)).text
        assert "While three" in text
        assert "Only the two of us" not in text

    two = await drafted(world, database, a, b, title="Before anybody asked C")
    await signed(world, database, two, [a, b])
    await propose(world, database, a, two, b, c, title="With C too")
    assert "With C too" in await titles(client, world, c, "steps", kind="agreements")
    assert "Before anybody asked C" not in await titles(client, world, c, "steps", kind="agreements")
