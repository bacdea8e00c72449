"""Searches as people make them, on the record, and openings."""

from collections.abc import Sequence
from uuid import UUID

from careshare.audit import Shown, record_shown
from careshare.database import Database
from tests.world import World, WorldAuthority

NEED = {"children": [{"age": 6, "sex": "F"}], "reference": "CH-1001"}


async def searched(
    database: Database,
    world: World,
    who: WorldAuthority,
    owner: WorldAuthority,
    ids: Sequence[UUID],
    *,
    role: str = "placement_finder",
    **need: object,
) -> None:
    """A search of `who` that showed these records of `owner`, under the world's agreement."""
    async with database.bound(world.acting(who, role, "placement:search")) as uow:
        await record_shown(
            uow,
            "placements.search",
            criteria={"search": None, "need": {**NEED, **need}},
            shown=[Shown(owner.id, world.agreement_id, ids)],
        )
