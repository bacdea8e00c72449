"""A worker is really killed between outbox and delivery: the step has its effect once, notice and e-mail come once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tenants.actions import as_owner
from tests.jobs.conftest import until
from tests.placements.enquiries.conftest import Between

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 90.0
"""Seconds: the workers are processes of their own, on a machine that others use."""


@asynccontextmanager
async def worker(between: Between, where: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker process of its own, killed at the end without a word."""
    settings = between.world.settings
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}"}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *[
            "-m",
            "tests.placements.news.killed_worker",
            settings.database_url,
            settings.redis_url,
            str(settings.var),
            where,
        ],
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGKILL)
        await child.wait()


async def effect(between: Between, enquiry: UUID) -> dict[str, Any]:
    """How often the step was followed up, told and mailed, as it is committed."""
    officer = between.world.b.people["fostering_officer"]
    async with as_owner(between.world.settings) as owner:
        messages = await owner.fetch(
            "select id, state, attempts from messages.message where template = 'waits' and person_id = $1", officer
        )
        told = await owner.fetchval(
            "select count(*) from messages.notification where subject_id = $1 and person_id = $2", enquiry, officer
        )
        jobs = await owner.fetch(
            "select state, attempts from jobs.outbox"
            " where task = 'placements.step_taken' and payload->>'enquiry_id' = $1",
            str(enquiry),
        )
    files = [one for row in messages for one in (between.world.settings.var / "messages").glob(f"{row['id']}*")]
    return {
        "told": told,
        "messages": [row["state"] for row in messages],
        "tries": [row["attempts"] for row in messages],
        "files": len(files),
        "jobs": [(row["state"], row["attempts"]) for row in jobs],
    }


@pytest.mark.parametrize("where", ["told", "mailed"])
async def test_a_worker_killed_between_outbox_and_delivery(between: Between, where: str) -> None:
    b = between.world.b
    async with between.database.bound(between.world.acting(b, "fostering_officer")) as uow:
        await uow.execute(
            text("""insert into messages.notification_choice (authority_id, person_id, how)
                    values (careshare.authority(), careshare.actor(), 'at_once') on conflict do nothing""")
        )
    async with as_owner(between.world.settings) as owner:
        await owner.execute("delete from messages.message")
    enquiry = await between.sent()
    stopped = between.world.settings.var / f"stopped-{where}"

    async def reached() -> bool:
        return stopped.exists()

    async with worker(between, where) as first:
        await until(reached, seconds=PATIENCE)
        first.send_signal(signal.SIGKILL)
        assert await first.wait() == -signal.SIGKILL
    found = await effect(between, enquiry)
    if where == "told":
        assert (found["told"], found["messages"]) == (0, []), "what was not committed never was"
        assert found["jobs"] == [("running", 1)]
    else:
        assert (found["told"], found["messages"], found["files"]) == (1, ["queued"], 1), "sent, and not written down"

    async def delivered() -> bool:
        return bool((await effect(between, enquiry))["messages"] == ["delivered"])

    async with worker(between, "never"):
        await until(delivered, seconds=PATIENCE)
    found = await effect(between, enquiry)
    assert (found["told"], found["files"]) == (1, 1), "told once, and one e-mail lies there"
    assert found["jobs"] == [("done", 2 if where == "told" else 1)]
    assert found["tries"] == [1 if where == "told" else 2], "tried again, and known to be the same message"
    waiting = (await between.officer("GET", "/desk")).json()["waiting"]
    assert [one["what"] for one in waiting if one["id"] == str(enquiry)] == ["answer_enquiry"]
