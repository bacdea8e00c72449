"""The pool of connections, in which whoever has waited longest gets the next one.

SQLAlchemy's own gives a connection that comes back to whoever asks at that moment, and sends the one it had woken to
the end of the line again. Under load that makes a few callers wait many times as long as the rest.
"""

import asyncio
from collections import deque
from typing import TypeVar

from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

T = TypeVar("T")


class FairQueue(AsyncAdaptedQueue[T]):
    """A queue that hands what comes in straight to the first who waits. For one event loop."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._waiting: deque[asyncio.Future[T]] = deque()

    def put_nowait(self, item: T) -> None:
        """Give `item` to the first who waits, or keep it."""
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(item)
                return
        super().put_nowait(item)

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """What is there, if nobody waits for it; else wait in line. Raises Empty after `timeout` seconds."""
        if not self._waiting or not block:
            try:
                return self.get_nowait()
            except Empty:
                if not block:
                    raise
        try:
            return await_only(self._turn(timeout))
        except TimeoutError as error:
            raise Empty from error

    async def _turn(self, timeout: float | None) -> T:  # noqa: ASYNC109  # as long as the pool says
        mine: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with asyncio.timeout(timeout):
                return await mine
        except BaseException:
            if mine.done() and not mine.cancelled():  # given and given up at the same moment: the next one's
                self.put_nowait(mine.result())
            raise
        finally:
            mine.cancel()


class FairPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool on a fair queue."""

    _queue_class = FairQueue[ConnectionPoolEntry]
    _sqla_logger_namespace = "sqlalchemy.pool.FairPool"
