"""Imports as a worker does them: started by the upload, in sight while they go on, gone on with after a stop."""

import asyncio
import time
from typing import Any

import httpx
from sqlalchemy import text

from careshare.database import Database
from careshare.jobs import REGISTRY
from careshare.settings import Settings
from services.fostering.imports import households
from tests.fostering_imports.files import Inline, as_csv, household
from tests.jobs.conftest import working
from tests.world import World


async def wait_for(client: httpx.AsyncClient, run: str, *states: str) -> tuple[dict[str, Any], set[tuple[str, int]]]:
    """Ask until the import is in one of these states; what was seen of its progress meanwhile."""
    seen: set[tuple[str, int]] = set()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = (await client.get(f"/api/v1/imports/{run}")).json()
        if found["state"] in states:
            return found, seen
        seen.add((found["state"], found["progress"]["done"]))
        await asyncio.sleep(0.02)
    raise AssertionError(f"the import did not come to {states}")


async def send(client: httpx.AsyncClient, content: bytes) -> str:
    answer = await client.post(
        "/api/v1/imports", params={"kind": "households"}, content=content, headers={"Content-Type": "text/csv"}
    )
    run: str = answer.json()["id"]
    return run


async def test_a_worker_does_it_and_its_progress_is_seen(
    settings: Settings, client: httpx.AsyncClient, world: World, monkeypatch: Any
) -> None:
    monkeypatch.setattr(households, "BATCH", 50)
    client.headers.update(await world.bearer(world.a, "fostering_officer"))
    async with working(settings, REGISTRY):
        run = await send(client, as_csv([household(f"W-{n:03}") for n in range(400)]))
        _, seen = await wait_for(client, run, "checked")
        version = (await client.get(f"/api/v1/imports/{run}")).headers["ETag"]
        await client.post(f"/api/v1/imports/{run}/confirm", headers={"If-Match": version})
        done, more = await wait_for(client, run, "done")
        assert done["counts"]["new"] == 400
        assert len({progress for _, progress in seen | more}) > 2, "no progress was seen"
        undo = await client.post(f"/api/v1/imports/{run}/undo", json={}, headers={"If-Match": f'"{done["version"]}"'})
        assert undo.status_code == 202
        await wait_for(client, run, "undone")


async def test_work_that_was_given_up_can_go_on(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings, inline: Inline
) -> None:
    client.headers.update(await world.bearer(world.a, "fostering_officer"))
    run = await send(client, as_csv([household("STOP-1")]))
    path = f"/api/v1/imports/{run}"
    version = (await client.get(path)).headers["ETag"]
    assert (await client.post(f"{path}/resume", headers={"If-Match": version})).status_code == 409
    dispatch = Database.open(settings, "careshare_dispatch", pool_size=1)
    async with dispatch.unbound() as uow:
        await uow.execute(
            text("update jobs.outbox set state = 'failed', done_at = now() where payload ->> 'run_id' = :run"),
            {"run": run},
        )
    await dispatch.close()
    assert (await client.get(path)).json()["stopped"] is True
    await world.sign_in(client, world.a, "fostering_officer")
    page = await client.get(f"/foster-carers/import/{run}/progress")
    assert "Go on" in page.text
    assert (await client.post(f"{path}/resume", headers={"If-Match": version})).status_code == 202
    assert (await client.get(path)).json()["stopped"] is False
    async with working(settings, REGISTRY):
        await wait_for(client, run, "checked")
