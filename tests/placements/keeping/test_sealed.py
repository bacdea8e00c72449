"""The sealed copy of an ended placement: opened by few, its files among it, on the record, and one's own alone."""

import httpx
import pytest_asyncio

from careshare.database import Database
from tenants.actions import as_owner
from tests.placements.keeping.stage import end, forget, write
from tests.placements.keeping.test_own_data import CHILD, HOME
from tests.placements.path.way import Way
from tests.world import World

PLACEMENT = "select id from placements.placement where enquiry_id = :id"


@pytest_asyncio.fixture
async def way(world: World, database: Database) -> Way:
    return Way(world, database)


async def test_each_side_opens_its_own_copy_with_its_files(way: Way, client: httpx.AsyncClient, world: World) -> None:
    a, b = world.a, world.b
    enquiry = await way.matched(a, await way.home(b), await way.request(a))
    async with way.of(b, "fostering_officer") as uow:
        await way.write(uow, enquiry, "home_identity", HOME)
    async with way.of(a) as uow:
        await way.write(uow, enquiry, "child_identity", CHILD)
    await write(way, a, enquiry, "What A wrote")
    await write(way, b, enquiry, "What B wrote")
    await end(way, enquiry, b)
    mine = f"/placements/made/{await way.scalar(a, PLACEMENT, id=enquiry)}/sealed-copy"
    await world.sign_in(client, a, "director")
    home = (await client.get(mine)).text
    assert "Ann Vale" in home
    assert "What B wrote" in home
    assert "Hidden Street" not in home, "a confidential address stays where it is"
    placement = await way.scalar(b, PLACEMENT, id=enquiry)
    await forget(way, a, enquiry)
    api = f"/api/v1/placements/{placement}/archive/files"
    headers = await world.bearer(b, "team_manager")
    (one,) = (await client.get(api, headers=headers)).json()
    assert (one["title"], one["type"], one["level"]) == ("Notes", "txt", 3)
    saved = await client.get(f"{api}/{one['id']}", headers=headers)
    assert (saved.status_code, saved.text) == (200, "What A wrote")
    assert saved.headers["content-disposition"].startswith('attachment; filename="Notes.txt"')
    await world.sign_in(client, b, "team_manager")
    at = f"/placements/in-our-homes/{placement}"
    assert f"{at}/sealed-copy" in (await client.get(at)).text
    shown = (await client.get(f"{at}/sealed-copy")).text
    assert "What A wrote" in shown
    assert "Amara Okafor" in shown
    assert "What B wrote" not in shown
    assert (await client.get(f"{at}/sealed-copy/{one['id']}")).text == "What A wrote"
    # Whoever may read placements may not open it for that; whose half is gone, and whose it never was, get nothing.
    assert (await client.get(api, headers=await world.bearer(b, "fostering_officer"))).status_code == 403
    for who in (a, world.c):
        theirs = await world.bearer(who, "team_manager")
        assert (await client.get(api, headers=theirs)).status_code == 404
        assert (await client.get(f"{api}/{one['id']}", headers=theirs)).status_code == 404
    async with as_owner(world.settings) as owner:
        acts = await owner.fetch(
            "select action from audit.entry where authority_id = $1 and subjects && $2::uuid[]",
            b.id,
            [placement, one["id"]],
        )
    assert {row["action"] for row in acts} >= {"placement.archive_opened", "file.opened", "file.sent"}
