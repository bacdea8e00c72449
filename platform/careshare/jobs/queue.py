"""The queue between the outbox and the workers: a small port, and arq behind it.

Only identifiers of outbox rows travel through Redis, never an authority or a payload: whoever can write to Redis can at
most make a job that is due run sooner.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import msgspec
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, retry_key_prefix
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool

from careshare.jobs.loops import end
from careshare.jobs.registry import LONGEST

TASK = "run"


class JobQueue(Protocol):
    """What the dispatcher and the worker need of a queue. Every method raises when the queue is away."""

    async def waiting(self) -> int:
        """How many jobs were sent and not yet taken up to the end."""
        ...

    async def send(self, job: UUID, *, again: bool) -> None:
        """Hand a job to whichever worker is free; `again` when an earlier sending came to nothing."""
        ...

    async def consume(self, run: Callable[[UUID], Awaitable[None]], stop: asyncio.Event) -> None:
        """Call `run` for each job that arrives, until `stop`. `run` does not raise."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class ArqQueue:
    """arq over Redis. An arq job has the id of its outbox row; results are not kept, retries are the outbox's."""

    def __init__(self, redis_url: str, *, name: str = "careshare:jobs", at_once: int = 4) -> None:
        pool: ConnectionPool = ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]  # untyped there
            redis_url, socket_connect_timeout=2, socket_timeout=5
        )
        self._encode = msgspec.msgpack.Encoder(enc_hook=repr).encode
        self._decode = msgspec.msgpack.Decoder().decode
        self._redis = ArqRedis(
            pool, job_serializer=self._encode, job_deserializer=self._decode, default_queue_name=name
        )
        self._name = name
        self._at_once = at_once
        self._taken: set[asyncio.Task[object]] = set()

    async def waiting(self) -> int:
        return int(await self._redis.zcard(self._name))

    async def send(self, job: UUID, *, again: bool) -> None:
        if again:  # a worker that died left its marks; without them arq takes the job up at once
            await self._redis.delete(in_progress_key_prefix + str(job), retry_key_prefix + str(job))
        await self._redis.enqueue_job(TASK, str(job), _job_id=str(job))

    async def consume(self, run: Callable[[UUID], Awaitable[None]], stop: asyncio.Event) -> None:
        async def call(ctx: dict[Any, Any], *args: Any, **_: Any) -> None:  # noqa: ARG001  # arq gives the context
            await run(UUID(args[0]))

        worker = Worker(
            [func(call, name=TASK, keep_result=0, max_tries=1, timeout=LONGEST)],
            redis_pool=self._redis,
            queue_name=self._name,
            handle_signals=False,
            max_jobs=self._at_once,
            job_timeout=LONGEST,
            poll_delay=0.05,
            keep_result=0,
            max_tries=1,
            retry_jobs=False,
            log_results=False,
            job_serializer=self._encode,
            job_deserializer=self._decode,
        )
        polling = asyncio.create_task(worker.async_run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if polling.done():
                polling.result()
        finally:
            worker.allow_pick_jobs = False
            await end(stopping)
            await end(polling)
            for taken in worker.tasks.values():  # they run to their end, whether or not arq can note it in Redis
                self._taken.add(taken)
                taken.add_done_callback(self._ended)

    async def close(self) -> None:
        if self._taken:
            await asyncio.wait(self._taken, timeout=2)
        await self._redis.aclose(close_connection_pool=True)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._taken.discard(task)
        if not task.cancelled():
            task.exception()
