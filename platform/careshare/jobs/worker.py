"""The worker process: sends what is due in the outbox, runs it, keeps schedules, seals and verifies the audit record.

It outlives restarts of PostgreSQL and Redis. Several may run side by side; each does all of it.
"""

import asyncio
import logging
import signal
from importlib import import_module

import asyncpg
import structlog

from careshare import workdays
from careshare.audit.checking import check_when_due
from careshare.audit.sealing import seal_and_publish
from careshare.database import Database
from careshare.jobs.loops import first, keep
from careshare.jobs.outbox import Outbox
from careshare.jobs.queue import ArqQueue, JobQueue
from careshare.jobs.registry import REGISTRY, Registry
from careshare.jobs.runner import Policy, Runner
from careshare.jobs.schedules import Scheduler
from careshare.service import services
from careshare.settings import Settings, SettingsError

CHANNEL = "careshare_jobs"
HOUR = 3600.0

logger = structlog.get_logger(__name__)


class Worker:
    """One worker. `run` returns when `stop` is set and what was running has ended or been put back."""

    def __init__(
        self,
        settings: Settings,
        *,
        registry: Registry = REGISTRY,
        policy: Policy | None = None,
        queue: JobQueue | None = None,
    ) -> None:
        self._settings = settings
        self._policy = policy or Policy()
        self._queue: JobQueue = queue or ArqQueue(settings.redis_url, at_once=self._policy.at_once)
        self._database = Database.open(settings, pool_size=self._policy.at_once)
        self._dispatch = Database.open(settings, "careshare_dispatch", pool_size=2)
        self._outbox = Outbox(self._dispatch)
        self._runner = Runner(self._database, self._outbox, registry, self._policy)
        self._scheduler = Scheduler(self._dispatch, registry)
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        logger.info("worker.started")
        try:
            async with asyncio.TaskGroup() as loops:
                loops.create_task(keep("dispatch", self.dispatch, stop, self._wake))
                loops.create_task(keep("notifications", lambda: self._listen(stop), stop))
                loops.create_task(keep("jobs", lambda: self._consume(stop), stop))
                loops.create_task(keep("schedule", self._schedule, stop))
                loops.create_task(keep("sweep", self._sweep, stop))
                loops.create_task(keep("seal", self._seal, stop))
                loops.create_task(keep("verify", self._verify, stop))
            await self._runner.drain()
        finally:
            await self._queue.close()
            await self._database.close()
            await self._dispatch.close()
            logger.info("worker.stopped")

    async def dispatch(self) -> float:
        """Send what is due, as much as the queue has room for. Returns the seconds to wait before the next look."""
        room = self._policy.queued - await self._queue.waiting()
        if room <= 0:
            return 0.2
        due = await self._outbox.lease(room, self._policy.lease)
        for sent, job in enumerate(due):
            try:
                await self._queue.send(job.id, again=job.again)
            except Exception:
                await self._outbox.unlease([unsent.id for unsent in due[sent:]])
                raise
        return 0.2 if len(due) == room else self._policy.poll

    async def _listen(self, stop: asyncio.Event) -> float:
        address = self._settings.url("careshare_dispatch").set(drivername="postgresql")
        connection = await asyncpg.connect(address.render_as_string(hide_password=False), timeout=5)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._notified)
            self._wake.set()
            logger.info("worker.listening")
            await first(stop, lost)
        finally:
            connection.terminate()
        if not stop.is_set():
            raise ConnectionError("PostgreSQL closed the connection that notifications come on")
        return 0

    def _notified(self, *_: object) -> None:
        self._wake.set()

    async def _consume(self, stop: asyncio.Event) -> float:
        await self._queue.consume(self._runner.run, stop)
        return 0

    async def _schedule(self) -> float:
        if await self._scheduler.fire():
            self._wake.set()
        return 1

    async def _sweep(self) -> float:
        await self._outbox.sweep()
        return HOUR

    async def _seal(self) -> float:
        await seal_and_publish(self._settings)
        return self._policy.seal

    async def _verify(self) -> float:
        await check_when_due(self._settings)
        return HOUR


def load_handlers() -> None:
    """Import the job modules of every service, which fills the registry."""
    for service in services():
        for module in service.jobs:
            import_module(module)


async def work(settings: Settings) -> None:
    """Run the worker until the process is told to stop (SIGTERM or Ctrl-C)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Worker(settings).run(stop)


def main(settings: Settings) -> None:
    """Blocking form of `work`, for the command line. Raises SettingsError when no Redis is named."""
    if not settings.redis_url:
        raise SettingsError("CARESHARE_REDIS_URL is not set and no demo is running here")
    logging.getLogger("arq").setLevel(logging.WARNING)  # our own log says the same with the task and the authority
    workdays.use(settings.bank_holidays)
    load_handlers()
    asyncio.run(work(settings))
