"""Desks in the three authorities of the invented world."""

import pytest_asyncio

from careshare.database import Database
from tests.residential.homes import Desk
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def a(world: World, database: Database) -> Desk:
    """Ashmoor, which shares with Birkdale."""
    return Desk(world, database, world.a)


@pytest_asyncio.fixture(scope="module")
async def b(world: World, database: Database) -> Desk:
    """Birkdale, which shares with Ashmoor."""
    return Desk(world, database, world.b)


@pytest_asyncio.fixture(scope="module")
async def c(world: World, database: Database) -> Desk:
    """Caldergarth, which shares with nobody."""
    return Desk(world, database, world.c)
