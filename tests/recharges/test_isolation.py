"""What others are answered about recharges is byte for byte the same before and after a pair of which they are none.

`tests/isolation` asks every route in the roles of case work; here the finance roles ask those of this room.
"""

from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar

from careshare.settings import Settings
from tenants.actions import as_owner
from tests.isolation import test_isolation as everywhere
from tests.isolation.hidden import add_everything
from tests.world import World, WorldAuthority

ROLES = ("payments", "team_manager", "budget_holder")
Asked = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def _finance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everywhere, "ROLES", ROLES)


def routes(app: Litestar, one: UUID) -> Asked:
    """The room's addresses that name something, with this identifier in it."""
    return [asked for asked in everywhere.addresses(app, [one]) if "/recharges" in asked[1] and str(one) in asked[1]]


def lists(app: Litestar) -> Asked:
    """The room's addresses that name nothing."""
    one = uuid4()
    found = everywhere.addresses(app, [one])
    return [asked for asked in found if "/recharges" in asked[1] and str(one) not in asked[1]]


async def test_a_hidden_pair_changes_nothing_for_anyone_else(
    app: Litestar, client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    asked = lists(app)

    async def answers(viewer: WorldAuthority, about: Asked) -> dict[tuple[str, str], tuple[int, bytes]]:
        return await everywhere.answers(client, world, viewer, about)

    before = {one.name: await answers(one, asked) for one in (world.a, world.b, world.c)}
    async with as_owner(settings) as owner:
        hidden = await add_everything(owner, world, world.a)
    for viewer in (world.b, world.c):
        assert await answers(viewer, asked) == before[viewer.name], viewer.name
    own = await answers(world.a, asked)
    changed = {key[1] for key, answer in own.items() if before[world.a.name][key] != answer}
    assert {"/recharges", "/recharges/charges", "/recharges/position", "/api/v1/recharges/statements"} <= changed

    nothing = uuid4()
    for viewer in (world.b, world.c):
        absent = await answers(viewer, routes(app, nothing))
        for name in ("statement", "basis", "subject", "other"):
            for (role, address), (status, body) in (await answers(viewer, routes(app, hidden[name]))).items():
                twin = absent[role, address.replace(str(hidden[name]), str(nothing))]
                assert (status, body.replace(str(hidden[name]).encode(), str(nothing).encode())) == twin, address
