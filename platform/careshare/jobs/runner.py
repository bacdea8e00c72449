"""Runs one job that was sent: takes its row, calls its handler bound to its authority, ends or postpones it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import UUID

import msgspec
import structlog

from careshare.database import Acting, Database
from careshare.jobs.errors import GiveUpError, JobError, SupersededError, describe, where
from careshare.jobs.loops import end
from careshare.jobs.outbox import Outbox, Started, finish
from careshare.jobs.registry import Handler, Registry
from careshare.jobs.run import Run

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient the worker is."""

    lease: timedelta = timedelta(seconds=30)
    """A job that was sent and has not begun, or whose worker died, is sent again after so long."""
    attempts: int = 10
    """Runs before a job is given up; with the waits between them, somewhat over an hour."""
    wait: timedelta = timedelta(seconds=5)
    """Before the second run; doubled before each one after."""
    longest_wait: timedelta = timedelta(minutes=15)
    at_once: int = 4
    """Handlers that run at one time in one worker."""
    queued: int = 100
    """Jobs that lie in the queue at one time; the others stay in the outbox."""
    poll: float = 2.0
    """Seconds between looks at the outbox when no notification comes."""
    seal: float = 60.0
    """Seconds between seals of the audit record."""
    grace: float = 20.0
    """Seconds that running handlers are given to end when the worker stops."""

    def wait_after(self, attempts: int) -> timedelta:
        """How long to wait after so many runs."""
        return min(self.longest_wait, self.wait * (1 << min(attempts - 1, 20)))


class Runner:
    """Calls handlers, `policy.at_once` at a time."""

    def __init__(self, database: Database, outbox: Outbox, registry: Registry, policy: Policy) -> None:
        self._database = database
        self._outbox = outbox
        self._registry = registry
        self._policy = policy
        self._places = asyncio.Semaphore(policy.at_once)
        self._running: dict[asyncio.Task[None], Started | None] = {}

    async def run(self, job_id: UUID) -> None:
        """Run the job if it is still to be run. Never raises: what goes wrong ends up in the outbox and in the log."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._running[task] = None
        try:
            async with self._places:
                job = await self._outbox.start(job_id, self._policy.lease)
                if job is not None:
                    self._running[task] = job
                    await self._attempt(job)
        except Exception as error:  # noqa: BLE001  # the database is away: the lease runs out and the job is sent again
            logger.warning("job.interrupted", job=str(job_id), error=describe(error))
        finally:
            del self._running[task]

    async def drain(self) -> None:
        """Let running handlers end; break off those that take longer than the grace and put their jobs back."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=self._policy.grace)
        put_back = [job for task in late if (job := self._running.get(task)) is not None]
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=5)
        for job in put_back:
            with suppress(Exception):  # otherwise the lease runs out
                await self._outbox.postpone(job.id, job.attempts, timedelta(seconds=1), None)

    async def _attempt(self, job: Started) -> None:
        began = time.monotonic()
        log = logger.bind(job=str(job.id), task=job.task, attempt=job.attempts, authority=str(job.authority_id))
        try:
            handler, payload = self._handler_for(job)
            await self._call_in_time(handler, payload, job)
        except SupersededError:
            log.info("job.superseded")
        except Exception as error:  # noqa: BLE001  # handlers may raise anything; the job is tried again
            await self._failed(job, error, log)
        else:
            log.info("job.done", seconds=round(time.monotonic() - began, 3))

    def _handler_for(self, job: Started) -> tuple[Handler, msgspec.Struct]:
        if job.attempts > self._policy.attempts:
            raise GiveUpError(f"given up: {job.attempts - 1} runs ended without an answer")
        handler = self._registry.handlers.get(job.task)
        if handler is None:
            raise JobError(f"no handler is registered for the task {job.task}")
        if job.authority_id is None and not handler.owns_transactions:
            raise GiveUpError(
                f"the task {job.task} runs for the whole region, so its handler must own its transactions"
            )
        return handler, msgspec.json.decode(job.payload, type=handler.payload)

    async def _call_in_time(self, handler: Handler, payload: msgspec.Struct, job: Started) -> None:
        seconds = handler.timeout.total_seconds()
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                await self._call(handler, payload, job)
        except TimeoutError as error:
            if limit.expired():
                raise JobError(f"took longer than {seconds:g} seconds") from error
            raise

    async def _call(self, handler: Handler, payload: msgspec.Struct, job: Started) -> None:
        if not handler.owns_transactions and job.authority_id is not None:
            async with self._database.bound(Acting(job.authority_id, job.actor_id, job.purpose)) as uow:
                if not await finish(uow, job.id, job.attempts):  # first: the row stays locked while the handler runs
                    raise SupersededError
                await handler.run(uow, payload)
            return
        run = Run(self._database, job)
        async with self._heartbeat(job):
            await handler.run(run, payload)
            if job.authority_id is None:
                await self._outbox.end_region_wide(job.id, job.attempts)
            elif not run.ended:
                async with run.step(last=True):
                    pass

    @asynccontextmanager
    async def _heartbeat(self, job: Started) -> AsyncGenerator[None]:
        async def beat() -> None:
            while True:
                await asyncio.sleep(self._policy.lease.total_seconds() / 3)
                with suppress(Exception):  # the database is away; the handler will notice
                    await self._outbox.renew(job.id, job.attempts, self._policy.lease)

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            await end(beating)

    async def _failed(self, job: Started, error: Exception, log: structlog.stdlib.BoundLogger) -> None:
        told = describe(error)
        if isinstance(error, GiveUpError) or job.attempts >= self._policy.attempts:
            log.error("job.given_up", alarm=True, error=told, where=where(error))
            await self._outbox.fail(job.id, job.attempts, told)
        else:
            wait = self._policy.wait_after(job.attempts)
            log.warning("job.failed", error=told, where=where(error), again_in=wait.total_seconds())
            await self._outbox.postpone(job.id, job.attempts, wait, told)
