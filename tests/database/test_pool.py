"""The pool: connections go round in the order in which they were asked for, and none is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import exc, text

from careshare.database import Database
from careshare.settings import Settings


@pytest.fixture
async def one(settings: Settings) -> AsyncIterator[Database]:
    """A pool with a single connection."""
    database = Database.open(replace(settings, pool_size=1))
    yield database
    await database.close()


async def test_whoever_waits_longest_is_next_and_nobody_overtakes(one: Database) -> None:
    served: list[int] = []

    async def caller(number: int) -> None:
        for _ in range(3):  # asks again as soon as it was served, at the moment the connection comes back
            async with one.unbound() as uow:
                await uow.execute(text("select 1"))
                served.append(number)

    callers = []
    for number in range(6):
        callers.append(asyncio.create_task(caller(number)))
        await asyncio.sleep(0)
    await asyncio.gather(*callers)
    assert served == [*range(6)] * 3


async def test_a_caller_who_gives_up_leaves_the_line_to_the_others(one: Database) -> None:
    served: list[str] = []
    begun, ended = asyncio.Event(), asyncio.Event()

    async def holder() -> None:
        async with one.unbound() as uow:
            await uow.execute(text("select 1"))
            begun.set()
            await ended.wait()

    async def caller(name: str) -> None:
        async with one.unbound() as uow:
            await uow.execute(text("select 1"))
            served.append(name)

    first = asyncio.create_task(holder())
    await begun.wait()
    gone, stays = asyncio.create_task(caller("gone")), asyncio.create_task(caller("stays"))
    await asyncio.sleep(0.01)
    gone.cancel()
    ended.set()
    await asyncio.gather(first, stays)
    assert served == ["stays"]
    with pytest.raises(asyncio.CancelledError):
        await gone


@pytest.mark.parametrize("steps", range(12))
async def test_no_connection_is_lost_however_late_a_caller_gives_up(one: Database, steps: int) -> None:
    async def caller() -> None:
        async with one.unbound() as uow:
            await uow.execute(text("select 1"))

    async with one.unbound() as uow:
        await uow.execute(text("select 1"))
        waiting = asyncio.create_task(caller())
        await asyncio.sleep(0.01)
    for _ in range(steps):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        await caller()


async def test_a_caller_waits_no_longer_than_the_pool_allows(settings: Settings) -> None:
    database = Database.open(replace(settings, pool_size=1))
    database.engine.pool._timeout = 0.05  # type: ignore[attr-defined]  # no setting of the pool in use
    try:
        async with database.unbound() as uow:
            await uow.execute(text("select 1"))
            with pytest.raises(exc.TimeoutError):
                async with database.unbound() as other:
                    await other.execute(text("select 1"))
        async with database.unbound() as uow:
            assert await uow.scalar(text("select 1")) == 1
    finally:
        await database.close()
