"""Loops that outlive the servers they need."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from careshare.jobs.errors import describe

logger = structlog.get_logger(__name__)

LONGEST_WAIT = 5.0
"""Seconds between attempts while a server is away, at most."""


async def keep(
    name: str, step: Callable[[], Awaitable[float]], stop: asyncio.Event, wake: asyncio.Event | None = None
) -> None:
    """Call `step` until `stop`. It says how many seconds to wait before the next call; `wake` cuts the wait short.

    Whatever `step` raises, it is called again, after a growing wait. The beginning and the end of trouble are logged.
    """
    failures, since = 0, 0.0
    while not stop.is_set():
        began = time.monotonic()
        try:
            wait = await step()
            if failures and not stop.is_set():
                logger.info("worker.recovered", loop=name, seconds=round(time.monotonic() - since, 1))
            failures = 0
        except Exception as error:  # noqa: BLE001  # a worker that ends with its database would need somebody to start it
            if time.monotonic() - began > LONGEST_WAIT:  # it went well for a while: this is new trouble
                failures = 0
            since = since if failures else time.monotonic()
            failures += 1
            wait = min(LONGEST_WAIT, 0.1 * 2**failures)
            if failures == 1:
                logger.warning("worker.trouble", loop=name, error=describe(error))
        if wake is not None and not failures:
            await first(stop, wake, seconds=wait)
            wake.clear()
        else:
            await first(stop, seconds=wait)


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait for its end. Libraries now and then swallow a cancellation, so it is repeated."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=0.2)
    if not task.cancelled():
        task.exception()


async def first(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until one of the events is set or the time is over."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
