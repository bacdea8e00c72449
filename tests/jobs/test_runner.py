"""Running one job: bound to its authority, ended in the handler's transaction, postponed or given up."""

import asyncio
import json
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
import structlog
from sqlalchemy import text

from careshare import jobs
from careshare.database import Database, Uow
from careshare.errors import Unprocessable
from careshare.jobs.outbox import Outbox
from careshare.jobs.registry import Nothing
from careshare.jobs.runner import Policy, Runner
from tests.jobs.conftest import QUICK, Errand, Look, leave_trace, until
from tests.world import World

REGION_WIDE = "insert into jobs.outbox (actor_id, purpose, task, payload) values ($1, 'x', $2, '{}') returning id"


async def add(database: Database, world: World, task: str = "tests.errand") -> tuple[UUID, UUID]:
    errand = Errand(uuid4(), note="a name that nobody else may read")
    async with database.bound(world.acting(world.a)) as uow:
        return await jobs.enqueue(uow, task, errand), errand.subject


async def test_a_handler_runs_once_however_often_it_is_sent(
    database: Database, world: World, runner: Runner, look: Look
) -> None:
    job, subject = await add(database, world)
    await asyncio.gather(*[runner.run(job) for _ in range(5)])
    await runner.run(job)
    assert await look.traces(subject) == 1
    row = await look.job(job)
    assert (row["state"], row["last_error"]) == ("done", None)
    assert row["done_at"] is not None


async def test_an_unknown_job_is_passed_over(world: World, runner: Runner) -> None:
    await runner.run(uuid4())


async def test_a_handler_sees_its_own_authority_only(
    database: Database, world: World, runner: Runner, registry: jobs.Registry
) -> None:
    seen: list[tuple[UUID, str, set[UUID]]] = []

    @registry.handler("tests.look", Errand)
    async def look_around(uow: Uow, errand: Errand) -> None:
        bound = (await uow.execute(text("select careshare.actor(), careshare.purpose()"))).one()
        members = (await uow.execute(text("select distinct authority_id from tenants.member"))).scalars()
        seen.append((bound[0], bound[1], set(members)))

    for authority in (world.a, world.b):
        async with database.bound(world.acting(authority)) as uow:
            job = await jobs.enqueue(uow, "tests.look", Errand(uuid4()))
        await runner.run(job)
    assert seen == [(world.acting(authority).actor_id, "test", {authority.id}) for authority in (world.a, world.b)]


async def test_a_handler_that_fails_leaves_nothing_and_is_tried_again_later(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    @registry.handler("tests.fails_once", Errand)
    async def fails_once(uow: Uow, errand: Errand) -> None:
        await leave_trace(uow, errand)
        if (await look.job(job))["attempts"] == 1:
            raise ValueError(errand.note)

    job, subject = await add(database, world, "tests.fails_once")
    with structlog.testing.capture_logs() as log:
        await runner.run(job)
    row = await look.job(job)
    assert await look.traces(subject) == 0
    assert (row["state"], row["attempts"], row["last_error"], row["leased_until"]) == ("waiting", 1, "ValueError", None)
    assert row["run_at"] > row["created_at"]
    assert "a name that nobody else may read" not in json.dumps(log)
    await runner.run(job)
    row = await look.job(job)
    assert await look.traces(subject) == 1
    assert (row["state"], row["attempts"], row["last_error"]) == ("done", 2, None)


def test_the_waits_double_up_to_a_longest() -> None:
    policy = Policy()
    waits = [policy.wait_after(attempts).total_seconds() for attempts in range(1, policy.attempts + 1)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


async def test_a_job_is_given_up_after_so_many_runs_with_an_alarm(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    @registry.handler("tests.always_fails", Errand)
    async def always_fails(uow: Uow, errand: Errand) -> None:
        raise Unprocessable("The file has no rows.")

    job, _ = await add(database, world, "tests.always_fails")
    with structlog.testing.capture_logs() as log:
        for _ in range(QUICK.attempts + 1):
            await runner.run(job)
    row = await look.job(job)
    assert (row["state"], row["attempts"], row["last_error"]) == ("failed", QUICK.attempts, "The file has no rows.")
    (alarm,) = [entry for entry in log if entry.get("alarm")]
    assert alarm["task"] == "tests.always_fails"


class Other(msgspec.Struct):
    """Not what the handler expects."""

    subject: str


@pytest.mark.parametrize(
    ("task", "payload", "told"),
    [
        ("tests.nobody_knows", Errand(uuid4()), "no handler is registered for the task tests.nobody_knows"),
        ("tests.errand", Other("Mary"), "the payload is not what the handler expects, at $.subject"),
        ("tests.errand", Nothing(), "the payload is not what the handler expects"),
    ],
)
async def test_a_job_that_cannot_be_run_fails_with_a_clear_message(
    database: Database, world: World, runner: Runner, look: Look, task: str, payload: msgspec.Struct, told: str
) -> None:
    async with database.bound(world.acting(world.a)) as uow:
        job = await jobs.enqueue(uow, task, payload)
    for _ in range(QUICK.attempts):
        await runner.run(job)
    row = await look.job(job)
    assert (row["state"], row["last_error"]) == ("failed", told)


async def test_a_handler_may_give_up_at_once(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    @registry.handler("tests.hopeless", Errand)
    async def hopeless(uow: Uow, errand: Errand) -> None:
        raise jobs.GiveUpError("the file was deleted")

    job, _ = await add(database, world, "tests.hopeless")
    await runner.run(job)
    row = await look.job(job)
    assert (row["state"], row["attempts"], row["last_error"]) == ("failed", 1, "the file was deleted")


async def test_a_database_error_is_kept_without_its_values(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    @registry.handler("tests.breaks_a_rule", Errand)
    async def breaks_a_rule(uow: Uow, errand: Errand) -> None:
        await uow.execute(
            text("insert into audit.entry (event_id, action) values (uuidv7(), :note)"), {"note": errand.note}
        )

    job, _ = await add(database, world, "tests.breaks_a_rule")
    await runner.run(job)
    assert (await look.job(job))["last_error"] == "CheckViolationError 23514 entry_action_check"


async def test_a_handler_that_takes_too_long_is_rolled_back(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    @registry.handler("tests.slow", Errand, timeout=timedelta(milliseconds=50))
    async def slow(uow: Uow, errand: Errand) -> None:
        await leave_trace(uow, errand)
        await asyncio.sleep(30)

    job, subject = await add(database, world, "tests.slow")
    await runner.run(job)
    row = await look.job(job)
    assert (row["state"], row["last_error"]) == ("waiting", "took longer than 0.05 seconds")
    assert await look.traces(subject) == 0


async def test_a_job_whose_workers_die_is_given_up_in_the_end(
    database: Database, world: World, runner: Runner, outbox: Outbox, look: Look
) -> None:
    job, subject = await add(database, world)
    for _ in range(QUICK.attempts):
        assert await outbox.start(job, timedelta(0)) is not None
        await outbox.lease(100, timedelta(0))
    await runner.run(job)
    row = await look.job(job)
    assert (row["state"], row["last_error"]) == ("failed", "given up: 3 runs ended without an answer")
    assert await look.traces(subject) == 0


async def test_while_a_handler_runs_its_job_is_not_sent_again(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, outbox: Outbox
) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    @registry.handler("tests.patient", Errand)
    async def patient(uow: Uow, errand: Errand) -> None:
        begun.set()
        await go_on.wait()

    job, _ = await add(database, world, "tests.patient")
    running = asyncio.create_task(runner.run(job))
    await begun.wait()
    await asyncio.sleep(QUICK.lease.total_seconds() + 0.1)
    assert job not in {leased.id for leased in await outbox.lease(100, QUICK.lease)}
    go_on.set()
    await running


async def test_a_long_job_shows_each_step_and_ends_in_its_last(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    states: list[str] = []

    @registry.handler("tests.long", Errand, owns_transactions=True)
    async def long(run: jobs.Run, errand: Errand) -> None:
        async with run.step() as uow:
            await leave_trace(uow, errand)
        states.append((await look.job(run.id))["state"])
        assert await look.traces(errand.subject) == 1
        async with run.step(last=True) as uow:
            await leave_trace(uow, errand)
        states.append((await look.job(run.id))["state"])

    job, subject = await add(database, world, "tests.long")
    await runner.run(job)
    await runner.run(job)
    assert states == ["running", "done"]
    assert await look.traces(subject) == 2


async def test_a_long_job_that_names_no_last_step_ends_when_its_handler_returns(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    @registry.handler("tests.long", Errand, owns_transactions=True)
    async def long(run: jobs.Run, errand: Errand) -> None:
        async with run.step() as uow:
            await leave_trace(uow, errand)

    job, _ = await add(database, world, "tests.long")
    await runner.run(job)
    assert (await look.job(job))["state"] == "done"


async def test_a_long_job_says_that_it_is_alive(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, outbox: Outbox, look: Look
) -> None:
    @registry.handler("tests.long", Errand, owns_transactions=True)
    async def long(run: jobs.Run, errand: Errand) -> None:
        first = (await look.job(run.id))["leased_until"]

        async def renewed() -> bool:
            return bool((await look.job(run.id))["leased_until"] > first + QUICK.lease)

        await until(renewed)
        assert run.id not in {leased.id for leased in await outbox.lease(100, QUICK.lease)}

    job, _ = await add(database, world, "tests.long")
    await runner.run(job)
    assert (await look.job(job))["state"] == "done"


async def test_a_long_job_that_was_taken_over_does_not_commit_its_last_step(
    database: Database, world: World, runner: Runner, registry: jobs.Registry, outbox: Outbox, look: Look
) -> None:
    @registry.handler("tests.long", Errand, owns_transactions=True)
    async def long(run: jobs.Run, errand: Errand) -> None:
        await look.rows("update jobs.outbox set leased_until = now() where id = $1", run.id)
        await outbox.lease(100, QUICK.lease)
        assert await outbox.start(run.id, QUICK.lease) is not None
        async with run.step(last=True) as uow:
            await leave_trace(uow, errand)

    job, subject = await add(database, world, "tests.long")
    await runner.run(job)
    row = await look.job(job)
    assert (row["state"], row["attempts"]) == ("running", 2)
    assert await look.traces(subject) == 0


async def test_a_job_of_the_whole_region_binds_each_authority_in_turn(
    world: World, runner: Runner, registry: jobs.Registry, look: Look
) -> None:
    counted: dict[UUID, set[UUID]] = {}

    @registry.handler("tests.region", Nothing, owns_transactions=True)
    async def region(run: jobs.Run, _: Nothing) -> None:
        for authority_id in await run.authorities():
            async with run.step(authority_id=authority_id) as uow:
                seen = (await uow.execute(text("select distinct authority_id from tenants.member"))).scalars()
                counted[authority_id] = set(seen)

    (row,) = await look.rows(REGION_WIDE, jobs.SYSTEM, "tests.region")
    await runner.run(row["id"])
    assert counted == {authority.id: {authority.id} for authority in world.authorities}
    assert (await look.job(row["id"]))["state"] == "done"


async def test_a_job_of_the_whole_region_needs_a_handler_that_owns_its_transactions(
    world: World, runner: Runner, look: Look
) -> None:
    (row,) = await look.rows(REGION_WIDE, jobs.SYSTEM, "tests.errand")
    await runner.run(row["id"])
    job = await look.job(row["id"])
    assert job["state"] == "failed"
    assert "must own its transactions" in job["last_error"]
