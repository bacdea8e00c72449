"""Whoever was sent a message says by its link that they have read it: once, and kept with the message."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from careshare.database import Database
from careshare.messages import send_to_acknowledge
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.messages.conftest import NewContact, Work
from tests.messages.test_reminders import link_in_newest
from tests.web.html import one, parsed, words
from tests.world import World, submit

TEMPLATE = "appointment_to_acknowledge"


async def ask(database: Database, world: World, contact: UUID, until: datetime | None = None) -> UUID | None:
    """Ask somebody to come, and to say that they know."""
    async with as_owner(world.settings) as owner:
        place = await owner.fetchval(
            "insert into messages.place (authority_id, name) values ($1, $2) returning id",
            world.a.id,
            f"Centre {uuid4()}",
        )
    values = {"date": date(2026, 12, 4), "time": "15:30", "place": place, "phone": "01632 960901"}
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        return await send_to_acknowledge(uow, contact, TEMPLATE, values, useful_until=until)


async def test_it_is_said_once_and_kept_with_the_message(
    client: httpx.AsyncClient, database: Database, world: World, settings: Settings, contact: NewContact, work: Work
) -> None:
    made = await ask(
        database, world, await contact(name="Pat Nobody-Knows", channel="email", phone=None, email="pat@out.example")
    )
    assert made is not None
    await work()
    path = link_in_newest(settings)
    client.cookies.clear()
    opened = await client.get(path)
    assert "Have you read our message?" in opened.text
    assert "Pat" not in opened.text, "whoever holds the link may be somebody else"
    acknowledged = text("select acknowledged_at from messages.message where id = :id")
    async with database.bound(world.acting(world.a)) as uow:
        assert await uow.scalar(acknowledged, {"id": made}) is None, "a scanner that opens links says nothing"
    said = await submit(client, path, {})
    assert said.status_code == 200
    assert words(one(parsed(said), "h1")) == "Thank you, we know that you have read it"
    async with database.bound(world.acting(world.a)) as uow:
        first = await uow.scalar(acknowledged, {"id": made})
    assert first is not None
    again = await submit(client, "/sign-in", {}, to=path)
    assert again.status_code == 410
    assert "This link has been used" in again.text
    async with database.bound(world.acting(world.a)) as uow:
        assert await uow.scalar(acknowledged, {"id": made}) == first, "used twice, it says nothing new"
    await world.sign_in(client, world.a, "social_worker")
    shown = words(one(parsed(await client.get(f"/messages/{made}")), "main"))
    assert "They say that they have read it" in shown
    assert "Not said" not in shown


async def test_a_message_that_is_not_sent_leaves_no_link_that_works(
    database: Database, world: World, contact: NewContact
) -> None:
    unsafe = await contact(unsafe_reason="Somebody else has this telephone")
    assert await ask(database, world, unsafe) is None
    assert await ask(database, world, await contact(), datetime.now(UTC) - timedelta(minutes=1)) is None
    kept = text("select \"values\" ->> 'link' from messages.message where template = :name and state = 'not_sent'")
    async with database.bound(world.acting(world.a)) as uow:
        rows = list((await uow.execute(kept, {"name": TEMPLATE})).scalars())
    assert rows == [None, None], "its secret stands nowhere"


async def test_a_template_without_a_link_cannot_be_acknowledged(
    database: Database, world: World, contact: NewContact
) -> None:
    person = await contact()
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        with pytest.raises(LookupError, match="acknowledge"):
            await send_to_acknowledge(uow, person, "appointment", {})
