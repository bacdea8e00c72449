"""Messages and contacts at the end of their time: words first, then the message, the contact with its case or later."""

import json
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from careshare.jobs.registry import Nothing
from careshare.messages.kept import MESSAGES_KEPT, WORDS_KEPT, forget
from careshare.settings import Settings
from services.record import jobs, retention
from tenants.actions import as_owner
from tests.record.test_retention import ended
from tests.world import World

OFFICER = "data_protection_officer"
VALUES = {"date": "2026-01-05", "time": "10:00", "place": "x", "phone": "01632 960001"}


async def add_contact(
    settings: Settings, world: World, reference: str, *, weeks: int = 0, kind: str = "parent", unsafe: str | None = None
) -> UUID:
    """A contact of A whose settings were changed so many weeks ago."""
    async with as_owner(settings) as owner:
        made: UUID = await owner.fetchval(
            "insert into messages.contact (authority_id, name, reference, kind, channel, phone, changed_by, changed_at,"
            " unsafe_reason) values ($1, 'Pat Parent', $2, $3, 'sms', '+447700900123', $4,"
            " now() - make_interval(weeks => $5), $6) returning id",
            world.a.id,
            reference,
            kind,
            world.a.people["social_worker"],
            weeks,
            unsafe,
        )
    return made


async def add_message(settings: Settings, world: World, contact: UUID, weeks: int, state: str = "delivered") -> UUID:
    """A message to a contact asked for so many weeks ago."""
    async with as_owner(settings) as owner:
        made: UUID = await owner.fetchval(
            "insert into messages.message (authority_id, channel, template, values, worded_on, contact_id, state,"
            " send_after, created_at, asked_by) values ($1, 'sms', 'appointment', $2::jsonb, current_date, $3, $4,"
            " now(), now() - make_interval(weeks => $5), $6) returning id",
            world.a.id,
            json.dumps(VALUES),
            contact,
            state,
            weeks,
            world.a.people["social_worker"],
        )
    return made


async def night(database: Database, world: World) -> None:
    async with database.bound(world.acting(world.a, OFFICER, "deletion at the end of retention")) as uow:
        await forget(uow, Nothing())
        await jobs.delete_confirmed(uow, jobs.Nothing())


async def stands(settings: Settings, message: UUID) -> str | None:
    """What a message says now; None where there is none."""
    async with as_owner(settings) as owner:
        found: str | None = await owner.fetchval('select "values"::text from messages.message where id = $1', message)
    return found


async def contact_there(settings: Settings, contact: UUID) -> bool:
    async with as_owner(settings) as owner:
        return bool(await owner.fetchval("select exists (select from messages.contact where id = $1)", contact))


async def tombstones(settings: Settings, subject: UUID) -> list[str]:
    async with as_owner(settings) as owner:
        rows = await owner.fetch(
            "select d.body::text as body from audit.entry e join audit.detail d on d.entry_id = e.id"
            " where e.action = 'record.deleted' and $1 = any(e.subjects) order by e.id",
            subject,
        )
    return [row["body"] for row in rows]


def test_the_schedules_say_what_the_job_does() -> None:
    found = {one.name: one for one in retention.schedules()}
    assert timedelta(weeks=found["message_words"].period) == WORDS_KEPT
    assert timedelta(weeks=found["message"].period) == MESSAGES_KEPT
    assert WORDS_KEPT < MESSAGES_KEPT, "what was said goes sooner than that something was"
    assert found["contact"].deletion == "confirmed"


async def test_words_go_before_the_message_and_each_leaves_a_tombstone(
    client: httpx.AsyncClient, database: Database, settings: Settings, world: World
) -> None:
    contact = await add_contact(settings, world, "CH-1")
    young, old, oldest = [await add_message(settings, world, contact, weeks) for weeks in (25, 27, 105)]
    queued = await add_message(settings, world, contact, 27, "queued")
    await night(database, world)
    await night(database, world)
    assert "2026-01-05" in str(await stands(settings, young))
    assert await stands(settings, old) == "{}"
    assert await stands(settings, oldest) is None
    assert "2026-01-05" in str(await stands(settings, queued)), "what is still to be sent is not touched"
    assert await tombstones(settings, old) == [
        '{"after": {"class": "message_words", "records": 1, "kept_for": "26 weeks"}}'
    ]
    assert await tombstones(settings, oldest) == [
        '{"after": {"class": "message", "records": 1, "kept_for": "104 weeks"}}'
    ]
    await world.sign_in(client, world.a, "social_worker")
    page = await client.get(f"/messages/{old}")
    assert page.status_code == 200
    assert "What it said was deleted" in page.text
    assert (await client.get("/messages")).status_code == 200


async def test_a_failed_message_whose_words_are_gone_is_not_sent_again(
    client: httpx.AsyncClient, database: Database, settings: Settings, world: World
) -> None:
    contact = await add_contact(settings, world, "CH-1b")
    failed = await add_message(settings, world, contact, 27, "delivered")
    async with as_owner(settings) as owner:
        await owner.execute("update messages.message set state = 'failed', reason = 'No' where id = $1", failed)
    await night(database, world)
    await world.sign_in(client, world.a, "social_worker")
    assert "Send it again" not in (await client.get(f"/messages/{failed}")).text


async def test_what_is_held_keeps_its_words_whoever_tries(database: Database, settings: Settings, world: World) -> None:
    contact = await add_contact(settings, world, "CH-2")
    held, held_words, free = [await add_message(settings, world, contact, 105) for _ in range(3)]
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        due = {row.id: row.held for row in await retention.due(uow, "message")}
        assert {held, held_words, free} <= due.keys()
        hold = await retention.place_hold(uow, "message", reference=str(held), reason="A complaint")
        await retention.place_hold(uow, "message_words", reference=str(held_words), reason="A complaint")
        assert {row.id: row.held for row in await retention.due(uow, "message")}[held]
    await night(database, world)
    assert await stands(settings, free) is None
    assert await stands(settings, held) == "{}", "its words are not held"
    assert "2026-01-05" in str(await stands(settings, held_words)), "a row whose words are held stays with them"
    for statement in (
        "delete from messages.message where id = :id",
        "update messages.message set \"values\" = '{}', words_gone_at = now() where id = :id",
    ):
        with pytest.raises(DBAPIError, match="a hold stops"):
            async with database.bound(world.acting(world.a, "social_worker")) as uow:
                await uow.execute(text(statement), {"id": held_words})
    with pytest.raises(DBAPIError, match="a hold stops"):
        async with database.bound(world.acting(world.a, "social_worker")) as uow:
            await uow.execute(text("delete from messages.message where id = :id"), {"id": held})
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await retention.lift_hold(uow, hold, "Settled")
    await night(database, world)
    assert await stands(settings, held) is None


async def test_a_contact_is_due_after_its_last_use_and_goes_when_that_is_confirmed(
    database: Database, settings: Settings, world: World
) -> None:
    idle = await add_contact(settings, world, "CH-3", weeks=110, unsafe="He reads her telephone")
    used = await add_contact(settings, world, "CH-4", weeks=110)
    await add_message(settings, world, used, 20)
    changed = await add_contact(settings, world, "CH-5", weeks=90)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        due = {row.id: row for row in await retention.due(uow, "contact")}
        assert idle in due
        assert due[idle].reference == "CH-3, marked unsafe", "never a name"
        assert not due.keys() & {used, changed}
        await retention.confirm(uow, "contact", [idle])
    await night(database, world)
    assert not await contact_there(settings, idle)
    assert await contact_there(settings, used)
    (said,) = await tombstones(settings, idle)
    assert '"class": "contact"' in said
    assert "Pat" not in said
    assert "telephone" not in said


async def test_a_held_contact_stays_and_so_does_one_to_whom_a_held_message_went(
    database: Database, settings: Settings, world: World
) -> None:
    held = await add_contact(settings, world, "CH-6", weeks=110)
    of_message = await add_contact(settings, world, "CH-7", weeks=110)
    message = await add_message(settings, world, of_message, 106)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        await retention.confirm(uow, "contact", [held, of_message])
        await retention.place_hold(uow, "contact", reference=str(held), reason="A claim")
        await retention.place_hold(uow, "message", reference=str(message), reason="A claim")
    await night(database, world)
    assert await contact_there(settings, held)
    assert await contact_there(settings, of_message)
    with pytest.raises(DBAPIError, match="a hold stops"):
        async with database.bound(world.acting(world.a, "social_worker")) as uow:
            await uow.execute(text("delete from messages.contact where id = :id"), {"id": held})


async def test_a_contact_goes_with_the_household_it_serves_and_not_before(
    database: Database, settings: Settings, world: World
) -> None:
    home = await ended(settings, world, "CASE-1")
    carer = await add_contact(settings, world, "case-1", weeks=200, kind="carer")
    parent = await add_contact(settings, world, "CASE-1", weeks=1, kind="parent")
    message = await add_message(settings, world, carer, 20)
    async with database.bound(world.acting(world.a, OFFICER)) as uow:
        assert carer not in {row.id for row in await retention.due(uow, "contact")}, "its household is on the register"
        await retention.confirm(uow, "household", [home])
    await night(database, world)
    assert not await contact_there(settings, carer)
    assert await stands(settings, message) is None
    assert await contact_there(settings, parent), "a parent’s reference is no household’s"
    (said,) = await tombstones(settings, carer)
    assert '"with": "case"' in said


async def test_nothing_of_it_is_anothers(database: Database, settings: Settings, world: World) -> None:
    contact = await add_contact(settings, world, "CH-8", weeks=110)
    message = await add_message(settings, world, contact, 106)
    async with database.bound(world.acting(world.b, OFFICER)) as uow:
        for name in ("contact", "message", "message_words"):
            assert await retention.due(uow, name) == []
        await forget(uow, Nothing())
    assert "2026-01-05" in str(await stands(settings, message))
