"""The worker over real PostgreSQL and real Redis: quick, once, and nothing lost when a process dies."""

import asyncio
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
from redis.asyncio import ConnectionPool, Redis

from careshare import jobs
from careshare.audit import sealing
from careshare.database import Database, Uow
from careshare.jobs.queue import ArqQueue
from careshare.jobs.runner import Policy
from careshare.settings import Settings
from tests.jobs.conftest import QUICK, Errand, Look, leave_trace, until, working
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]


async def add(
    database: Database, world: World, task: str = "tests.errand", *, after: timedelta | None = None
) -> Errand:
    errand = Errand(uuid4(), note="a name")
    async with database.bound(world.acting(world.a)) as uow:
        await jobs.enqueue(uow, task, errand, run_at=datetime.now(UTC) + after if after else None)
    return errand


async def all_done(look: Look) -> bool:
    return await look.rows("select from jobs.outbox where state <> 'done'") == []


async def test_a_job_runs_soon_after_its_change_commits(
    settings: Settings, database: Database, world: World, look: Look, registry: jobs.Registry
) -> None:
    async with working(settings, registry, Policy(poll=60)):
        await until(lambda: _listening(look))
        errand = await add(database, world)
        began = time.monotonic()
        await until(lambda: _traced(look, errand.subject))
        assert time.monotonic() - began < 2, "the notification should have woken the dispatcher"


async def test_many_jobs_run_once_each_with_two_workers(
    settings: Settings, database: Database, world: World, look: Look, registry: jobs.Registry
) -> None:
    errands = [await add(database, world) for _ in range(150)]
    async with working(settings, registry), working(settings, registry):
        errands += [await add(database, world) for _ in range(50)]
        await until(lambda: all_done(look), seconds=30)
    rows = await look.rows("select subjects[1] as subject from audit.entry where action = 'errand.done'")
    done = [row["subject"] for row in rows]
    assert all(done.count(errand.subject) == 1 for errand in errands)


async def test_a_job_for_later_runs_then(
    settings: Settings, database: Database, world: World, look: Look, registry: jobs.Registry
) -> None:
    errand = await add(database, world, after=timedelta(seconds=0.6))
    async with working(settings, registry):
        await asyncio.sleep(0.3)
        assert await look.traces(errand.subject) == 0
        await until(lambda: _traced(look, errand.subject))


async def test_only_identifiers_go_through_redis(settings: Settings, database: Database, world: World) -> None:
    job = uuid4()
    queue = ArqQueue(settings.redis_url, name="looked-into")
    await queue.send(job, again=False)
    client = Redis(connection_pool=ConnectionPool.from_url(settings.redis_url))
    content = await client.get(f"arq:job:{job}")
    await client.aclose(close_connection_pool=True)
    assert await queue.waiting() == 1
    await queue.close()
    told = msgspec.msgpack.decode(content)
    assert (told["f"], told["a"], told["k"]) == ("run", [str(job)], {})


async def test_sending_twice_queues_once(settings: Settings) -> None:
    queue = ArqQueue(settings.redis_url, name="sent-twice")
    job = uuid4()
    await queue.send(job, again=False)
    await queue.send(job, again=True)
    assert await queue.waiting() == 1
    await queue.close()


async def test_a_worker_killed_between_sending_and_ending_loses_nothing(
    settings: Settings, database: Database, world: World, look: Look, registry: jobs.Registry
) -> None:
    registry.handler("tests.hangs", Errand)(leave_trace)
    errand = await add(database, world, "tests.hangs")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *["-m", "tests.jobs.hanging_worker", settings.database_url, settings.redis_url, str(settings.var)],
        env=environment,
    )
    try:
        await until(lambda: _state(look, errand.subject, "running"))
    finally:
        child.send_signal(signal.SIGKILL)
        await child.wait()
    assert await look.traces(errand.subject) == 0
    async with working(settings, registry):
        await until(lambda: _state(look, errand.subject, "done"))
    assert await look.traces(errand.subject) == 1


async def test_a_worker_that_stops_lets_its_handlers_end(
    settings: Settings, database: Database, world: World, look: Look, registry: jobs.Registry
) -> None:
    begun = asyncio.Event()

    @registry.handler("tests.takes_a_moment", Errand)
    async def takes_a_moment(uow: Uow, errand: Errand) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        await leave_trace(uow, errand)

    errand = await add(database, world, "tests.takes_a_moment")
    async with working(settings, registry):
        await begun.wait()
    assert await look.traces(errand.subject) == 1


async def test_a_worker_that_stops_puts_back_what_takes_too_long(
    settings: Settings, database: Database, world: World, look: Look, registry: jobs.Registry
) -> None:
    begun = asyncio.Event()

    @registry.handler("tests.takes_for_ever", Errand)
    async def takes_for_ever(uow: Uow, errand: Errand) -> None:
        begun.set()
        await asyncio.sleep(3600)

    errand = await add(database, world, "tests.takes_for_ever")
    async with working(settings, registry):
        await begun.wait()
    (row,) = await look.rows("select * from jobs.outbox where payload->>'subject' = $1", str(errand.subject))
    assert (row["state"], row["leased_until"]) == ("waiting", None)
    queue = ArqQueue(settings.redis_url)
    assert await queue.waiting() == 0, "another worker can take it up at once"
    await queue.close()
    await look.rows("delete from jobs.outbox where id = $1", row["id"])


async def test_the_worker_keeps_the_schedules_and_seals_the_audit_record(
    settings: Settings, world: World, look: Look, registry: jobs.Registry
) -> None:
    @registry.handler("tests.tick", msgspec.defstruct("Tick", []))
    async def tick(uow: Uow, _: msgspec.Struct) -> None:
        await leave_trace(uow, Errand(UUID(int=5)))

    registry.schedule("ticking", "tests.tick", every=timedelta(seconds=1))
    policy = Policy(poll=0.2, seal=0.2)
    async with working(settings, registry, policy):
        await until(lambda: _at_least(look, UUID(int=5), 3))
        await until(lambda: _sealed(look))
    async with sealing.sealer(settings) as engine:
        assert list((await sealing.verify(engine)).problems) == []


async def _traced(look: Look, subject: UUID) -> bool:
    return await look.traces(subject) == 1


async def _at_least(look: Look, subject: UUID, number: int) -> bool:
    return await look.traces(subject) >= number


async def _state(look: Look, subject: UUID, state: str) -> bool:
    rows = await look.rows("select state from jobs.outbox where payload->>'subject' = $1", str(subject))
    return [row["state"] for row in rows] == [state]


async def _sealed(look: Look) -> bool:
    return await look.rows("select from audit.seal") != []


async def _listening(look: Look) -> bool:
    rows = await look.rows("select from pg_stat_activity where query ilike 'listen%' and datname = current_database()")
    return rows != []


assert QUICK.lease < timedelta(seconds=5), "the tests wait for leases to run out"
