"""The job over a real worker: killed while the scanner thinks, a scanner that is away, files left behind."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from careshare.database import Acting, Database
from careshare.files import FileRef, describe
from careshare.files.actions import LOOK
from careshare.files.jobs import AGAIN, again
from careshare.jobs import enqueue
from careshare.jobs.registry import Nothing
from careshare.settings import Settings, Uploads
from tenants.actions import as_owner
from tests.files import samples
from tests.files.clamd import clamd
from tests.files.conftest import send
from tests.files.scanning_worker import registry
from tests.jobs.conftest import Look, until, working
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]


async def state(database: Database, acting: Acting, ref: FileRef) -> str:
    async with database.bound(acting) as uow:
        return (await describe(uow, ref)).state


async def settled(database: Database, acting: Acting, ref: FileRef) -> bool:
    return await state(database, acting, ref) not in {"received", "scanning"}


async def test_a_worker_killed_while_it_scans_changes_nothing_and_the_next_one_ends_it_once(
    settings: Settings, database: Database, world: World
) -> None:
    acting, look = world.acting(world.a, "social_worker"), Look(settings)
    async with clamd() as scanner:
        scanner.hold = asyncio.Event()
        ref = await send(database, acting, samples.picture(), "IMG.jpg")
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *["-m", "tests.files.scanning_worker", settings.database_url, settings.redis_url, str(settings.var)],
            scanner.address,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"},
        )
        try:
            async with asyncio.timeout(30):
                await scanner.asked.wait()
        finally:
            child.send_signal(signal.SIGKILL)
            await child.wait()
        assert await state(database, acting, ref) == "scanning"
        scanner.hold.set()
        ready = replace(settings, uploads=Uploads(clamd=scanner.address))
        async with working(ready, registry()):
            await until(lambda: settled(database, acting, ref), seconds=30)
    assert await state(database, acting, ref) == "clean"
    rows = await look.rows("select action from audit.entry where $1 = any(subjects) order by id", ref.id)
    assert [row["action"] for row in rows] == ["file.added", "file.clean"]
    (job,) = await look.rows("select state, attempts from jobs.outbox where task = $1", LOOK)
    assert (job["state"], job["attempts"]) == ("done", 2)


async def test_while_the_scanner_is_away_the_file_waits(settings: Settings, database: Database, world: World) -> None:
    acting, look = world.acting(world.b, "social_worker"), Look(settings)
    ref = await send(database, acting, b"text", "notes.txt")
    async with working(replace(settings, uploads=Uploads(clamd="tcp://127.0.0.1:1")), registry()):
        await until(lambda: given_up(look, ref), seconds=30)
    assert await state(database, acting, ref) == "scanning"
    (job,) = await look.rows("select state, last_error from jobs.outbox where payload ->> 'file_id' = $1", str(ref.id))
    assert job["last_error"].startswith("ClamAV cannot be reached"), "it says why and names nobody"


async def given_up(look: Look, ref: FileRef) -> bool:
    rows = await look.rows("select state from jobs.outbox where payload ->> 'file_id' = $1", str(ref.id))
    return [row["state"] for row in rows] == ["failed"]


async def test_what_was_left_behind_is_looked_at_again(settings: Settings, database: Database, world: World) -> None:
    acting = world.acting(world.c, "social_worker")
    left, never = [await send(database, acting, b"text", f"{n}.txt") for n in range(2)]
    async with working(settings, registry()):
        await until(lambda: settled(database, acting, left))
        await until(lambda: settled(database, acting, never))
    async with as_owner(settings) as owner:
        await owner.execute("update files.file set created_at = now() - $1::interval", timedelta(hours=1))
    both = registry()
    both.handler(AGAIN, Nothing, owns_transactions=True)(again)
    async with clamd() as scanner:
        ready = replace(settings, uploads=Uploads(clamd=scanner.address))
        async with database.bound(acting) as uow:
            await enqueue(uow, AGAIN, Nothing())
        async with working(ready, both):
            await until(lambda: clean(database, acting, left, never))
        assert scanner.received == [b"text", b"text"]


async def clean(database: Database, acting: Acting, *refs: FileRef) -> bool:
    return {await state(database, acting, ref) for ref in refs} == {"clean"}
