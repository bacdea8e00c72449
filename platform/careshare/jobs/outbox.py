"""The outbox table: what the application adds (`enqueue`, `status`) and what the dispatcher does with it (`Outbox`)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Database, Uow

ENQUEUE = text("select jobs.enqueue(:task, cast(:payload as jsonb), :key, :run_at)")
FINISH = text("select jobs.finish(:job, :attempt)")
STATUS = text("select * from jobs.status(:job)")

LEASE = text("""
with due as materialized (
  select id from jobs.outbox
  where state in ('waiting', 'running') and run_at <= clock_timestamp()
    and (leased_until is null or leased_until <= clock_timestamp())
  order by run_at, id limit :batch for update skip locked)
update jobs.outbox o set state = 'waiting', leased_until = clock_timestamp() + cast(:lease as interval)
from due where o.id = due.id
returning o.id, old.leased_until is not null as again
""")
UNLEASE = text("""
update jobs.outbox set leased_until = null where id = any(cast(:jobs as uuid[])) and state = 'waiting'
""")
START = text("""
update jobs.outbox set state = 'running', attempts = attempts + 1, begun_at = coalesce(begun_at, clock_timestamp()),
  leased_until = clock_timestamp() + cast(:lease as interval)
where id = (select id from jobs.outbox where id = :job and state = 'waiting' for update skip locked)
returning id, authority_id, actor_id, purpose, task, cast(payload as text) as payload, attempts
""")
RENEW = text("""
update jobs.outbox set leased_until = clock_timestamp() + cast(:lease as interval)
where id = (
  select id from jobs.outbox where id = :job and attempts = :attempt and state = 'running' for update skip locked)
""")
POSTPONE = text("""
update jobs.outbox set state = 'waiting', leased_until = null, run_at = clock_timestamp() + cast(:wait as interval),
  last_error = coalesce(:error, last_error)
where id = :job and attempts = :attempt and state = 'running'
""")
FAIL = text("""
update jobs.outbox set state = 'failed', leased_until = null, done_at = clock_timestamp(), last_error = :error
where id = :job and attempts = :attempt and state = 'running'
""")
END_REGION_WIDE = text("""
update jobs.outbox set state = 'done', leased_until = null, done_at = clock_timestamp(), last_error = null
where id = :job and attempts = :attempt and authority_id is null and state in ('waiting', 'running')
""")
SWEEP = text("""
delete from jobs.outbox
where done_at < clock_timestamp() - case state when 'done' then interval '7 days' else interval '90 days' end
""")
SWEEP_SCHEDULE = text("delete from jobs.schedule_run where due_at < clock_timestamp() - interval '30 days'")


class Status(msgspec.Struct, frozen=True):
    """How a job stands. `state` is waiting, running, done or failed; `last_error` names no person."""

    task: str
    state: str
    attempts: int
    last_error: str | None
    run_at: datetime
    created_at: datetime
    begun_at: datetime | None
    done_at: datetime | None


class Leased(msgspec.Struct, frozen=True):
    """A job to send; `again` when it was sent before and nothing came of it in time."""

    id: UUID
    again: bool


class Started(msgspec.Struct, frozen=True):
    """A job that this run has taken. `attempts` counts runs begun and fences off the ones before."""

    id: UUID
    authority_id: UUID | None
    actor_id: UUID
    purpose: str
    task: str
    payload: str
    attempts: int


async def enqueue(
    uow: Uow, task: str, payload: msgspec.Struct, *, key: str | None = None, run_at: datetime | None = None
) -> UUID:
    """Add a job for the bound authority, actor and purpose; it runs after this transaction commits, or not at all.

    With a `key`, a job of the same task and key that has not begun is answered instead of adding another. The payload
    holds identifiers, not personal data: it is kept for a week after the job's end.
    """
    row = await uow.execute(
        ENQUEUE, {"task": task, "payload": msgspec.json.encode(payload).decode(), "key": key, "run_at": run_at}
    )
    made: UUID = row.scalar_one()
    return made


async def finish(uow: Uow, job: UUID, attempt: int) -> bool:
    """End a job in this transaction. False when it has ended already or another run has taken it over."""
    ended: bool = (await uow.execute(FINISH, {"job": job, "attempt": attempt})).scalar_one()
    return ended


async def status(uow: Uow, job: UUID) -> Status | None:
    """How a job of the bound authority stands; None for another's, and for one that ended long ago."""
    row = (await uow.execute(STATUS, {"job": job})).mappings().one_or_none()
    return None if row is None else Status(**row)


class Outbox:
    """The outbox as the dispatcher sees it. Each method is a short transaction as `careshare_dispatch`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, batch: int, lease: timedelta) -> list[Leased]:
        """Take up to `batch` jobs that are due and that nobody holds; the oldest first."""
        async with self._database.unbound() as uow:
            rows = await uow.execute(LEASE, {"batch": batch, "lease": lease})
            return [Leased(row.id, row.again) for row in rows]

    async def unlease(self, jobs: Sequence[UUID]) -> None:
        """Give jobs back that could not be sent."""
        async with self._database.unbound() as uow:
            await uow.execute(UNLEASE, {"jobs": list(jobs)})

    async def start(self, job: UUID, lease: timedelta) -> Started | None:
        """Take a job that was sent, for a run that begins now. None when it has ended or runs elsewhere."""
        async with self._database.unbound() as uow:
            row = (await uow.execute(START, {"job": job, "lease": lease})).mappings().one_or_none()
            return None if row is None else Started(**row)

    async def renew(self, job: UUID, attempt: int, lease: timedelta) -> None:
        """Say that a long run is alive."""
        async with self._database.unbound() as uow:
            await uow.execute(RENEW, {"job": job, "attempt": attempt, "lease": lease})

    async def postpone(self, job: UUID, attempt: int, wait: timedelta, error: str | None) -> None:
        """Put a job back, to run again after `wait`."""
        async with self._database.unbound() as uow:
            await uow.execute(POSTPONE, {"job": job, "attempt": attempt, "wait": wait, "error": error})

    async def fail(self, job: UUID, attempt: int, error: str) -> None:
        """Give a job up."""
        async with self._database.unbound() as uow:
            await uow.execute(FAIL, {"job": job, "attempt": attempt, "error": error})

    async def end_region_wide(self, job: UUID, attempt: int) -> None:
        """End a job that belongs to no single authority; those of one end in their handler's transaction."""
        async with self._database.unbound() as uow:
            await uow.execute(END_REGION_WIDE, {"job": job, "attempt": attempt})

    async def sweep(self) -> None:
        """Delete jobs that ended long ago: done after a week, failed after 90 days."""
        async with self._database.unbound() as uow:
            await uow.execute(SWEEP)
            await uow.execute(SWEEP_SCHEDULE)
