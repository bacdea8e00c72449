"""PostgreSQL restarted under load, Redis killed: errors while it is away, recovery by itself, nothing half written."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from careshare.app import create_app
from careshare.database.migrate import upgrade_async
from careshare.embedded import PostgresServer, RedisServer
from careshare.settings import Settings
from tests.fixtures.live import serving
from tests.world import World, make_world

CALLERS = 8
BEFORE, AFTER = 1.5, 3.0
"""Seconds of load before the fault and after it."""
PATIENCE = 60.0
REGISTERED = ("household.registered", "household.moved")
"""What the audit record has of one registration; the address stands in an entry of its own."""


@dataclass
class Running:
    """The application on servers of its own, so that they can be broken."""

    postgres: PostgresServer
    redis: RedisServer
    settings: Settings
    world: World
    address: str


@pytest_asyncio.fixture(scope="module")
async def running(base_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    home = tmp_path_factory.mktemp("faults")
    with PostgresServer(Path(home, "postgres")) as postgres, RedisServer(Path(home, "redis")) as redis:
        postgres.create_database("faults")
        settings = replace(base_settings, database_url=postgres.url("faults"), redis_url=redis.url)
        await upgrade_async(settings)
        world = await make_world(settings)
        async with serving(create_app(settings)) as address:
            yield Running(postgres, redis, settings, world, address)


async def rows(settings: Settings, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(
        settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("crash", [False, True], ids=["restart", "crash"])
async def test_postgresql_restarted_under_load(running: Running, *, crash: bool) -> None:
    headers = await running.world.bearer(running.world.a, "fostering_officer")
    seen: Counter[int] = Counter()
    created: set[str] = set()
    over = asyncio.Event()
    mark = "C" if crash else "R"

    async def caller(who: int) -> None:
        async with httpx.AsyncClient(base_url=running.address, timeout=30) as client:
            number = 0
            while not over.is_set():
                number += 1
                reference = f"{mark}-{who}-{number}"
                await register(client, reference)
                created.add(reference)

    async def register(client: httpx.AsyncClient, reference: str) -> None:
        home = {"reference": reference, "name": "Invented", "address": "1 Any Street", "postcode": "ZA1 1AA"}
        keyed = {**headers, "Idempotency-Key": reference}
        while True:
            answer = await client.post("/api/v1/households", json=home, headers=keyed)
            seen[answer.status_code] += 1
            if answer.status_code == 201:
                return
            assert answer.status_code == 503, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert "Traceback" not in answer.text
            assert answer.headers["retry-after"]
            await asyncio.sleep(0.05)

    async with asyncio.timeout(PATIENCE):
        callers = [asyncio.create_task(caller(who)) for who in range(CALLERS)]
        await asyncio.sleep(BEFORE)
        before = len(created)
        await asyncio.to_thread(running.postgres.restart, crash=crash)
        back = len(created)
        await asyncio.sleep(AFTER)
        over.set()
        await asyncio.gather(*callers)
    assert before > 0
    assert seen[503] > 0, "the fault was felt"
    assert len(created) > back, "it went on afterwards"
    households = await rows(
        running.settings,
        f"""select h.reference, (
                select array_agg(e.action order by e.id) from audit.entry e where h.id = any(e.subjects)) as entries,
              (select count(*) from careshare.idempotency i where i.key = h.reference) as answers
            from fostering.household h where h.reference like '{mark}-%'""",
    )
    assert {row["reference"] for row in households} == created
    assert len(households) == len(created)
    assert {(tuple(row["entries"]), row["answers"]) for row in households} == {(REGISTERED, 1)}
    async with httpx.AsyncClient(base_url=running.address) as client:
        assert (await client.get("/health/ready")).json()["database"] == "ok"


async def test_redis_away_leaves_requests_alone_and_is_said(running: Running) -> None:
    headers = await running.world.bearer(running.world.a, "fostering_officer")
    async with httpx.AsyncClient(base_url=running.address) as client:
        assert (await client.get("/health/ready")).json() == {"status": "ok", "database": "ok", "redis": "ok"}
        running.redis.kill()
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"], ready.json()["redis"]) == (200, "degraded", "away")
        home = {"reference": "NO-REDIS", "name": "Invented", "address": "1 Any Street", "postcode": "ZA1 1AA"}
        assert (await client.post("/api/v1/households", json=home, headers=headers)).status_code == 201
        running.redis.revive(empty=True)
        assert (await client.get("/health/ready")).json()["redis"] == "ok"


async def test_a_database_that_is_away_is_said(running: Running) -> None:
    async with httpx.AsyncClient(base_url=running.address) as client:
        running.postgres.stop()
        try:
            ready = await client.get("/health/ready")
            assert (ready.status_code, ready.json()["database"]) == (503, "away")
            assert (await client.get("/health/live")).status_code == 200
            page = await client.get("/sign-in")
            assert page.status_code == 503
            assert "briefly unavailable" in page.text
        finally:
            running.postgres.start()
