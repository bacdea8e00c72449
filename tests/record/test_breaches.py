"""The register of breaches: the 72 hours, whom it may concern, decisions with reasons, nothing of anybody else."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from careshare.errors import Conflict, Invalid
from services.record import breaches
from services.record.pages import words
from tests.record.searching import searched
from tests.world import World, submit

OFFICER = "data_protection_officer"
NOW = datetime.now(UTC)


async def test_the_clock_runs_from_when_it_was_found(database: Database, world: World) -> None:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        made = await breaches.report(uow, title="Letter", what="To the wrong house", found_at=NOW - timedelta(hours=50))
        one = await breaches.breach(uow, made)
    assert one.deadline == one.found_at + timedelta(hours=72)
    assert words.clock(one, NOW) == ("22 hours left of 72", "red")
    assert words.clock(one, NOW - timedelta(hours=10)) == ("32 hours left of 72", "yellow")
    late = NOW + timedelta(hours=30)
    assert one.overdue(late)
    assert words.clock(one, late) == ("Overdue by 8 hours", "red")


async def test_it_is_closed_only_when_both_are_decided(database: Database, world: World) -> None:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        made = await breaches.report(uow, title="Laptop", what="Left on a train", found_at=NOW - timedelta(hours=80))
        with pytest.raises(Conflict, match="decide"):
            await breaches.take_step(uow, made, "closed", "done")
        await breaches.take_step(uow, made, "ico_told", "Told late: it was found on a holiday")
        one = await breaches.breach(uow, made)
        assert (one.ico, one.overdue(NOW)) == ("told", False)
        await breaches.take_step(uow, made, "people_not_needed", "It was encrypted")
        await breaches.take_step(uow, made, "closed", "Lessons learned")
        with pytest.raises(Conflict, match="closed"):
            await breaches.take_step(uow, made, "note", "more")
        await breaches.take_step(uow, made, "reopened", "It was not encrypted")
        one = await breaches.breach(uow, made)
    assert not one.closed
    assert [step.kind for step in one.steps] == ["ico_told", "people_not_needed", "closed", "reopened"]


async def test_what_cannot_be_is_refused(database: Database, world: World) -> None:
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        with pytest.raises(Invalid):
            await breaches.report(uow, title="T", what="W", found_at=NOW + timedelta(days=1))
        with pytest.raises(Invalid):
            await breaches.report(uow, title="T", what="W", found_at=NOW - timedelta(days=2), began_at=NOW)
        made = await breaches.report(uow, title="T", what="W", found_at=NOW - timedelta(hours=1))
        with pytest.raises(Invalid):
            await breaches.take_step(uow, made, "partner_told", "whom?")


async def test_a_step_cannot_be_changed(database: Database, world: World) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.bound(world.acting(world.a, OFFICER)) as uow:
            await uow.execute(text("update record.breach_step set reason = 'other'"))


async def test_partners_are_those_of_the_record(client: httpx.AsyncClient, database: Database, world: World) -> None:
    await searched(database, world, world.b, world.a, [uuid4()])
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        made = await breaches.report(uow, title="Export", what="Sent to B", found_at=datetime.now(UTC))
        found = await breaches.partners(uow, await breaches.breach(uow, made))
    assert [one.authority for one in found.saw_ours] == ["Birkdale"]
    assert found.we_saw == []
    await world.sign_in(client, world.a, OFFICER)
    path = f"/record/breaches/{made}"
    page = (await client.get(path)).text
    assert "They saw your records" in page
    assert "Not told" in page
    told = await submit(client, path, {"kind": "partner_told", "partner_id": str(world.b.id), "reason": "By telephone"})
    assert told.status_code == 303
    page = (await client.get(path)).text
    assert "A partner authority was told: Birkdale" in page
    refused = await submit(client, path, {"kind": "closed", "reason": "done"})
    assert "Before closing it" in refused.text


async def test_a_breach_is_reported_on_a_page_and_is_nobody_elses(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, OFFICER)
    day = NOW - timedelta(days=5)
    found = {"found_on-day": str(day.day), "found_on-month": str(day.month), "found_on-year": str(day.year)}
    empty = await submit(client, "/record/breaches/new", {})
    assert "Enter what happened" in empty.text
    sent = {"title": "Found late", "what": "Something", "found_at": "9am", **found}
    answer = await submit(client, "/record/breaches/new", sent)
    assert answer.status_code == 303, answer.text
    for path in ("/record", "/record/breaches", answer.headers["location"]):
        assert "72 hours" in (await client.get(path)).text
    assert "Overdue by" in (await client.get("/record/breaches")).text
    await world.sign_in(client, world.b, OFFICER)
    assert "Found late" not in (await client.get("/record/breaches")).text
    assert (await client.get(answer.headers["location"])).status_code == 404
