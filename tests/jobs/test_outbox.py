"""Rows of the outbox: written with the change, leased, begun, ended."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import jobs
from careshare.database import Database
from careshare.jobs.outbox import Outbox, finish
from tests.jobs.conftest import Errand, Look
from tests.world import World

MINUTE = timedelta(minutes=1)


async def add(database: Database, world: World, key: str | None = None, run_at: datetime | None = None) -> UUID:
    async with database.bound(world.acting(world.a)) as uow:
        return await jobs.enqueue(uow, "tests.errand", Errand(uuid4()), key=key, run_at=run_at)


@pytest.fixture(autouse=True)
async def empty(look: Look, world: World) -> None:
    await look.rows("delete from jobs.outbox")


async def test_a_job_is_bound_to_whoever_enqueued_it(database: Database, world: World, look: Look) -> None:
    row = await look.job(await add(database, world))
    acting = world.acting(world.a)
    assert (row["authority_id"], row["actor_id"], row["purpose"]) == (acting.authority_id, acting.actor_id, "test")
    assert (row["state"], row["attempts"]) == ("waiting", 0)


async def test_a_change_that_is_rolled_back_leaves_no_job(database: Database, world: World, look: Look) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.bound(world.acting(world.a)) as uow:
            await jobs.enqueue(uow, "tests.errand", Errand(uuid4()))
            raise ZeroDivisionError
    assert await look.rows("select from jobs.outbox") == []


async def test_with_nobody_bound_nothing_is_enqueued(database: Database, world: World) -> None:
    with pytest.raises(DBAPIError, match="no authority bound"):
        async with database.unbound() as uow:
            await jobs.enqueue(uow, "tests.errand", Errand(uuid4()))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from jobs.outbox",
        "insert into jobs.outbox (actor_id, purpose, task, payload) values (uuidv7(), 'x', 'a.b', '{}')",
        "update jobs.outbox set state = 'done'",
        "delete from jobs.outbox",
        "select * from jobs.schedule_run",
    ],
)
async def test_the_application_has_the_functions_only(database: Database, world: World, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.bound(world.acting(world.a)) as uow:
            await uow.execute(text(statement))


async def test_the_dispatcher_sees_no_authoritys_data(dispatch: Database, world: World) -> None:
    for table in ("audit.entry", "tenants.member", "fostering.household", "identity.person"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with dispatch.unbound() as uow:
                await uow.execute(text(f"select * from {table}"))


async def test_only_its_own_authority_is_told_how_a_job_stands(database: Database, world: World) -> None:
    job = await add(database, world)
    async with database.bound(world.acting(world.a)) as uow:
        told = await jobs.status(uow, job)
        assert told is not None
        assert (told.task, told.state, told.attempts) == ("tests.errand", "waiting", 0)
    async with database.bound(world.acting(world.b)) as uow:
        assert await jobs.status(uow, job) is None
        assert await finish(uow, job, 0) is False, "nor can another end it"


async def test_one_job_for_a_key_until_it_begins(database: Database, world: World, outbox: Outbox) -> None:
    first = await add(database, world, "household 1")
    assert await add(database, world, "household 1") == first
    assert await add(database, world, "household 2") != first
    async with database.bound(world.acting(world.b)) as uow:
        assert await jobs.enqueue(uow, "tests.errand", Errand(uuid4()), key="household 1") != first
    await outbox.start(first, MINUTE)
    again = await add(database, world, "household 1")
    assert again != first, "what changed after it began needs a run of its own"
    assert await add(database, world, "household 1") == again


async def test_many_at_once_with_one_key_add_one_job(database: Database, world: World) -> None:
    added = await asyncio.gather(*[add(database, world, "all") for _ in range(20)])
    assert len(set(added)) == 1


async def test_a_job_waits_for_every_transaction_that_was_answered_with_it(
    database: Database, world: World, outbox: Outbox
) -> None:
    first = await add(database, world, "household 1")
    async with database.bound(world.acting(world.a)) as uow:
        assert await jobs.enqueue(uow, "tests.errand", Errand(uuid4()), key="household 1") == first
        assert await outbox.lease(10, MINUTE) == []
        assert await outbox.start(first, MINUTE) is None, "its run would not see what this transaction changes"
    assert [leased.id for leased in await outbox.lease(10, MINUTE)] == [first]
    assert await outbox.start(first, MINUTE) is not None


async def test_a_job_for_later_is_not_leased_before(database: Database, world: World, outbox: Outbox) -> None:
    await add(database, world, run_at=datetime.now(UTC) + MINUTE)
    assert await outbox.lease(10, MINUTE) == []


async def test_the_oldest_are_leased_first_and_nothing_twice(database: Database, world: World, outbox: Outbox) -> None:
    added = [await add(database, world) for _ in range(12)]
    assert {leased.id for leased in await outbox.lease(4, MINUTE)} == set(added[:4])
    rest = await asyncio.gather(*[outbox.lease(3, MINUTE) for _ in range(4)])
    assert sorted(leased.id for batch in rest for leased in batch) == sorted(added[4:])


async def test_a_lease_that_ran_out_is_given_again(database: Database, world: World, outbox: Outbox) -> None:
    job = await add(database, world)
    (leased,) = await outbox.lease(10, timedelta(0))
    assert (leased.id, leased.again) == (job, False)
    (leased,) = await outbox.lease(10, MINUTE)
    assert (leased.id, leased.again) == (job, True)
    await outbox.unlease([job])
    (leased,) = await outbox.lease(10, MINUTE)
    assert (leased.id, leased.again) == (job, False)


async def test_a_run_given_up_for_lost_can_no_longer_end_the_job(
    database: Database, world: World, outbox: Outbox, look: Look
) -> None:
    job = await add(database, world)
    lost = await outbox.start(job, timedelta(0))
    await outbox.lease(10, MINUTE)
    second = await outbox.start(job, MINUTE)
    assert lost is not None
    assert second is not None
    async with database.bound(world.acting(world.a)) as uow:
        assert await finish(uow, job, lost.attempts) is False
    await outbox.fail(job, lost.attempts, "too late to say so")
    assert (await look.job(job))["state"] == "running"
    async with database.bound(world.acting(world.a)) as uow:
        assert await finish(uow, job, second.attempts) is True
    assert (await look.job(job))["state"] == "done"


async def test_what_ended_long_ago_is_swept(database: Database, world: World, outbox: Outbox, look: Look) -> None:
    for state, days in (("done", 6), ("done", 8), ("failed", 80), ("failed", 100)):
        job = await add(database, world)
        await look.rows(
            "update jobs.outbox set state = $2, done_at = now() - make_interval(days => $3) where id = $1",
            job,
            state,
            days,
        )
    await add(database, world)
    await outbox.sweep()
    assert [row["state"] for row in await look.rows("select state from jobs.outbox order by id")] == [
        "done",
        "failed",
        "waiting",
    ]
