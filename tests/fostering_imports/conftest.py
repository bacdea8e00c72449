"""An importer for authority A's fostering officer, whose work is done here and now."""

import pytest_asyncio

from careshare.database import Database
from tests.fostering_imports.files import Inline
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def inline(world: World, database: Database) -> Inline:
    """Imports for A."""
    return Inline(database, world.acting(world.a, "fostering_officer", "household:import"))
