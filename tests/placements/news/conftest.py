"""Both sides' outboxes, worked off as a worker would; and what somebody was told of an enquiry."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest_asyncio

from careshare.database import Database
from careshare.jobs import REGISTRY
from careshare.jobs.outbox import Outbox
from careshare.jobs.runner import Policy, Runner
from careshare.notifications import queries
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.conftest import between as between  # noqa: PLC0414 — a fixture that folders share
from tests.world import WorldAuthority

Work = Callable[[], Awaitable[None]]
"""`await work()`: run every job of placements that waits, whosever it is."""


@pytest_asyncio.fixture
async def work(between: Between) -> AsyncIterator[Work]:
    settings = between.world.settings
    database, dispatch = (
        Database.open(settings, pool_size=2),
        Database.open(settings, "careshare_dispatch", pool_size=2),
    )
    runner = Runner(database, Outbox(dispatch), REGISTRY, Policy())

    async def run() -> None:
        async with as_owner(settings) as owner:
            rows = await owner.fetch(
                "select id from jobs.outbox where task like 'placements.%' and state = 'waiting' order by id"
            )
        for row in rows:
            await runner.run(row["id"])
        async with as_owner(settings) as owner:
            failed = await owner.fetch("select task, last_error from jobs.outbox where last_error is not null")
        assert failed == []

    yield run
    await database.close()
    await dispatch.close()


async def told(between: Between, who: WorldAuthority, role: str, about: UUID | str) -> list[str]:
    """The kinds of what somebody was told that leads to the page of `about`, in order."""
    async with between.database.bound(between.world.acting(who, role)) as uow:
        found = await queries.listed(uow, limit=100)
    return [one.kind for one in reversed(found) if str(about) in one.path]
