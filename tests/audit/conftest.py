"""A database of each test's own, for what tampers with it, and ways to write and to tamper."""

import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest_asyncio

from careshare.audit import Shown, record, record_shown
from careshare.database import Acting, Database
from careshare.settings import Settings
from tests.fixtures.servers import Cluster

NORTH = UUID("00000000-0000-7000-8000-00000000000a")
SOUTH = UUID("00000000-0000-7000-8000-00000000000b")
EAST = UUID("00000000-0000-7000-8000-00000000000c")
FINDER = UUID("00000000-0000-7000-8000-0000000000f1")
AGREEMENT = UUID("00000000-0000-7000-8000-0000000000e1")

_numbers = itertools.count(1)


def acting(authority_id: UUID, purpose: str = "finding a home") -> Acting:
    return Acting(authority_id, FINDER, purpose)


@dataclass(frozen=True)
class Record:
    """One audit record: its database as the application sees it, and as its superuser does."""

    settings: Settings
    database: Database
    address: str

    async def use(self, times: int = 3) -> None:
        """Searches and changes as the application makes them, by two authorities."""
        for turn in range(times):
            async with self.database.bound(acting(NORTH)) as uow:
                shown = [Shown(SOUTH, AGREEMENT, [UUID(int=turn), UUID(int=100)]), Shown(NORTH, None, [UUID(int=7)])]
                await record_shown(uow, "placements.search", criteria={"age": turn}, shown=shown)
            async with self.database.bound(acting(SOUTH)) as uow:
                await record(
                    uow, "household.changed", subjects=[UUID(int=100)], before={"beds": turn}, after={"beds": 2}
                )

    async def tamper(self, *statements: str) -> None:
        """What somebody with every right on the server could do behind our back."""
        connection = await asyncpg.connect(self.address)
        try:
            for table in ("entry", "seal", "leaf"):
                await connection.execute(f"alter table audit.{table} disable trigger insert_only")
            for statement in statements:
                await connection.execute(statement)
            for table in ("entry", "seal", "leaf"):
                await connection.execute(f"alter table audit.{table} enable always trigger insert_only")
        finally:
            await connection.close()

    async def look(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """What stands in the tables, past row security."""
        connection = await asyncpg.connect(self.address)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()


@pytest_asyncio.fixture
async def kept(cluster: Cluster, template: str, base_settings: Settings, tmp_path: Path) -> AsyncIterator[Record]:
    """An empty audit record."""
    name = f"careshare_audit_{os.getpid()}_{next(_numbers)}"
    await cluster.clone(template, name)
    settings = replace(base_settings, database_url=cluster.url(name), var=tmp_path)
    database = Database.open(settings, pool_size=12)
    yield Record(settings, database, cluster.url(name))
    await database.close()
    await cluster.drop(name)
