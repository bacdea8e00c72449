"""Handlers that leave a trace, and a look at the outbox past its functions."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from careshare.audit import record
from careshare.database import Database, Uow
from careshare.jobs import Registry
from careshare.jobs.outbox import Outbox
from careshare.jobs.runner import Policy, Runner
from careshare.jobs.worker import Worker
from careshare.settings import Settings

QUICK = Policy(lease=timedelta(seconds=1), wait=timedelta(milliseconds=50), attempts=3, poll=0.2, grace=0.5)


class Errand(msgspec.Struct, forbid_unknown_fields=True):
    """What the tests' handlers are given."""

    subject: UUID
    note: str = ""


class Look:
    """The tables as the superuser sees them."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._address)
        try:
            return await connection.fetch(query, *arguments)
        finally:
            await connection.close()

    async def job(self, job: UUID) -> asyncpg.Record:
        (row,) = await self.rows("select * from jobs.outbox where id = $1", job)
        return row

    async def traces(self, subject: UUID) -> int:
        """How often a handler's transaction on this subject was committed."""
        rows = await self.rows("select from audit.entry where action = 'errand.done' and subjects[1] = $1", subject)
        return len(rows)


async def leave_trace(uow: Uow, errand: Errand) -> None:
    """What a handler of the tests does: visible only when its transaction commits."""
    await record(uow, "errand.done", subjects=[errand.subject])


async def until(true: Callable[[], Awaitable[bool]], *, seconds: float = 15) -> None:
    """Wait until something becomes true."""
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, "it did not become true in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def working(settings: Settings, registry: Registry, policy: Policy = QUICK) -> AsyncIterator[Worker]:
    """A worker that runs meanwhile, in this process."""
    stop = asyncio.Event()
    worker = Worker(settings, registry=registry, policy=policy)
    running = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await running


@pytest.fixture(scope="module")
def look(settings: Settings) -> Look:
    return Look(settings)


@pytest_asyncio.fixture(scope="module")
async def dispatch(settings: Settings) -> AsyncIterator[Database]:
    """The dispatcher's pool."""
    database = Database.open(settings, "careshare_dispatch", pool_size=4)
    yield database
    await database.close()


@pytest.fixture
def outbox(dispatch: Database) -> Outbox:
    return Outbox(dispatch)


@pytest.fixture
def registry() -> Registry:
    """A registry with one handler, which leaves a trace."""
    made = Registry()
    made.handler("tests.errand", Errand)(leave_trace)
    return made


@pytest.fixture
def runner(database: Database, outbox: Outbox, registry: Registry) -> Runner:
    return Runner(database, outbox, registry, QUICK)
