"""PostgreSQL and Redis go away and come back while a worker runs. Servers of this module's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy.exc import DBAPIError

from careshare import jobs
from careshare.database import Acting, Database
from careshare.database.migrate import upgrade_async
from careshare.embedded import PostgresServer, RedisServer
from careshare.settings import Settings
from tests.jobs.conftest import Errand, Look, until, working

ACTING = Acting(UUID(int=1), UUID(int=2), "test")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("own-postgres")) as server:  # what is committed survives a crash
        yield server


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "own-redis") as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def migrated(postgres: PostgresServer, base_settings: Settings) -> Settings:
    postgres.create_database("faults")
    settings = replace(base_settings, database_url=postgres.url("faults"))
    await upgrade_async(settings)
    return settings


@pytest.fixture
def settings(migrated: Settings, redis: RedisServer) -> Settings:
    return replace(migrated, redis_url=redis.url)


@pytest.fixture
def look(settings: Settings) -> Look:
    return Look(settings)


@pytest_asyncio.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database.open(settings)
    yield database
    await database.close()


async def add(database: Database) -> UUID:
    errand = Errand(uuid4())
    async with database.bound(ACTING) as uow:
        await jobs.enqueue(uow, "tests.errand", errand)
    return errand.subject


async def done_once(look: Look, subjects: list[UUID]) -> bool:
    try:
        rows = await look.rows("select subjects[1] as subject from audit.entry where action = 'errand.done'")
    except OSError:
        return False
    found = [row["subject"] for row in rows]
    assert all(found.count(subject) <= 1 for subject in subjects)
    return set(subjects) <= set(found)


async def enough(subjects: list[UUID], number: int) -> bool:
    return len(subjects) >= number


@pytest.mark.parametrize("empty", [False, True])
async def test_redis_killed_under_load_loses_no_job(
    settings: Settings, redis: RedisServer, database: Database, look: Look, registry: jobs.Registry, empty: bool
) -> None:
    async with working(settings, registry):
        subjects = [await add(database) for _ in range(30)]
        redis.kill()
        subjects += [await add(database) for _ in range(30)]
        await asyncio.sleep(0.5)
        subjects += [await add(database) for _ in range(30)]
        redis.revive(empty=empty)
        subjects += [await add(database) for _ in range(10)]
        await until(lambda: done_once(look, subjects), seconds=30)


async def test_a_worker_that_starts_before_redis_waits_for_it(
    settings: Settings, redis: RedisServer, database: Database, look: Look, registry: jobs.Registry
) -> None:
    redis.kill()
    async with working(settings, registry):
        subject = await add(database)
        await asyncio.sleep(0.3)
        redis.revive()
        await until(lambda: done_once(look, [subject]), seconds=30)


@pytest.mark.parametrize("crash", [False, True])
async def test_postgresql_restarted_under_load_loses_no_job(
    settings: Settings, postgres: PostgresServer, database: Database, look: Look, registry: jobs.Registry, crash: bool
) -> None:
    subjects: list[UUID] = []
    enough_load = asyncio.Event()

    async def load() -> None:
        while not enough_load.is_set():
            try:
                subjects.append(await add(database))
            except (DBAPIError, OSError):
                await asyncio.sleep(0.02)

    async with working(settings, registry):
        loading = asyncio.create_task(load())
        await until(lambda: enough(subjects, 20))
        await asyncio.to_thread(postgres.restart, crash=crash)
        before = len(subjects)
        await until(lambda: enough(subjects, before + 50), seconds=30)  # requests go on without a restart of ours
        enough_load.set()
        await loading
        await until(lambda: done_once(look, subjects), seconds=30)


async def test_both_away_at_once(
    settings: Settings,
    postgres: PostgresServer,
    redis: RedisServer,
    database: Database,
    look: Look,
    registry: jobs.Registry,
) -> None:
    async with working(settings, registry):
        subjects = [await add(database) for _ in range(20)]
        redis.kill()
        await asyncio.to_thread(postgres.restart, crash=True)
        redis.revive(empty=True)
        await until(lambda: done_once(look, subjects), seconds=30)
