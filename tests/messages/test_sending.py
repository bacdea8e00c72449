"""Sending: by the person's settings, in the caller's transaction, and told when it may not be."""

import email
import email.policy
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from careshare.database import Database
from careshare.errors import NotFound
from careshare.jobs import enqueue
from careshare.jobs.registry import Nothing
from careshare.messages import WrongValue, one_time_link, send, send_staff
from careshare.messages.jobs import POLL
from careshare.messages.rules import LONDON
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.messages.conftest import Look, NewContact, Work
from tests.world import World

RING = {"phone": "01632 960901"}


def files(settings: Settings, message: UUID) -> list[Path]:
    return list(Path(settings.var / "messages").glob(f"{message}.*"))


def written(settings: Settings, message: UUID) -> EmailMessage:
    (path,) = files(settings, message)
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


async def ask(database: Database, world: World, contact: UUID, **more: object) -> UUID | None:
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        return await send(uow, contact, "please_ring", RING, **more)  # type: ignore[arg-type]  # settings by name


async def asked(database: Database, world: World, contact: UUID) -> UUID:
    made = await ask(database, world, contact)
    assert made is not None
    return made


async def why_not(look: Look, contact: UUID, settings: Settings) -> str:
    async with as_owner(settings) as owner:
        row = await owner.fetchrow("select state, reason from messages.message where contact_id = $1", contact)
    assert row is not None
    assert row["state"] == "not_sent"
    return str(row["reason"])


async def test_staff_get_one_sentence_and_a_link(
    database: Database, world: World, settings: Settings, work: Work, look: Look
) -> None:
    officer = world.a.people["fostering_officer"]
    async with database.bound(world.acting(world.a)) as uow:
        path = await one_time_link(uow, "test_thing", uuid4(), timedelta(hours=1))
        message = await send_staff(uow, officer, "confirm_vacancy", {"link": path})
    await work()
    mail = written(settings, message)
    assert mail["To"] == "fostering-officer@ashmoor.example"
    text = mail.get_content()
    assert text.split("\n\n") == [
        "Please tell us whether a vacancy you look after still stands as recorded.",
        f"{settings.origin}{path}\n",
    ]
    row = await look.message(message)
    assert (row["state"], row["provider"], row["attempts"]) == ("delivered", "file", 1)
    assert path not in str(row), "the secret of the link is forgotten once it is sent"


async def test_a_person_gets_what_they_must_know_and_nobodys_name(
    database: Database, world: World, settings: Settings, contact: NewContact, work: Work, look: Look
) -> None:
    person = await contact()
    async with as_owner(settings) as owner:
        place = await owner.fetchval(
            "insert into messages.place (authority_id, name) values ($1, 'Elm House family centre') returning id",
            world.a.id,
        )
    values = {"date": date(2026, 12, 24), "time": time(10, 30), "place": place, "phone": "01632 960901"}
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        message = await send(uow, person, "family_time_booked", values)
    assert message is not None
    await work()
    assert written(settings, message).get_content().strip() == (
        "Your family time is on Thursday 24 December at 10:30am, at Elm House family centre. "
        "If you cannot come, please ring 01632 960901. From your council."
    )
    assert (await look.message(message))["neutral"] is False


@pytest.mark.parametrize(
    ("settings_of", "language", "neutral", "text"),
    [
        ({"shared_phone": True}, "en", True, "Please ring 01632 960901 when you can. Thank you."),
        ({"naming": "nobody"}, "en", True, "Please ring 01632 960901 when you can. Thank you."),
        ({"naming": "office"}, "en", False, "Please ring us on 01632 960901 when you can. From our office."),
        ({"avoid": ["council"]}, "en", True, "Please ring 01632 960901 when you can. Thank you."),
        ({"language": "pl", "shared_phone": True}, "pl", True, "Prosimy o telefon pod numer 01632 960901"),
        ({"language": "ur"}, "en", False, "Please ring us on 01632 960901 when you can. From your council."),
    ],
)
async def test_the_words_are_those_that_are_safe(
    database: Database,
    world: World,
    settings: Settings,
    contact: NewContact,
    work: Work,
    look: Look,
    settings_of: dict[str, object],
    language: str,
    neutral: bool,
    text: str,
) -> None:
    message = await asked(database, world, await contact(**settings_of))
    await work()
    row = await look.message(message)
    assert (row["language"], row["neutral"]) == (language, neutral)
    assert written(settings, message).get_content().strip().startswith(text)


async def test_a_translation_nobody_has_checked_is_not_used_in_production(
    database: Database, world: World, contact: NewContact, work: Work, look: Look, without_files: Settings
) -> None:
    message = await asked(database, world, await contact(language="pl"))
    await work(without_files)
    row = await look.message(message)
    assert (row["state"], row["reason"]) == ("not_sent", "No service for this way of sending is set up.")


async def test_a_number_marked_unsafe_is_never_written_to(
    database: Database, world: World, settings: Settings, contact: NewContact, look: Look
) -> None:
    marked = await contact(unsafe_reason="The partner reads it.", phone="+447700900001")
    same_number = await contact(phone="+447700900001")
    other_number = await contact(phone="+447700900002")
    for person in (marked, same_number):
        assert await ask(database, world, person) is None
        assert "not safe" in await why_not(look, person, settings)
    assert await ask(database, world, other_number) is not None


async def test_a_number_marked_unsafe_after_it_was_asked_for_is_not_written_to(
    database: Database, world: World, settings: Settings, contact: NewContact, work: Work, look: Look
) -> None:
    person = await contact()
    message = await asked(database, world, person)
    async with as_owner(settings) as owner:
        await owner.execute("update messages.contact set unsafe_reason = 'Lost' where id = $1", person)
    await work()
    row = await look.message(message)
    assert (row["state"], row["attempts"]) == ("not_sent", 0)
    assert not files(settings, message)


async def test_every_wording_holds_a_word_to_avoid(
    database: Database, world: World, settings: Settings, contact: NewContact, look: Look
) -> None:
    person = await contact(avoid=["PLEASE"])
    assert await ask(database, world, person) is None
    assert "word" in await why_not(look, person, settings)


def another_day() -> int:
    return (datetime.now(LONDON) + timedelta(days=2)).isoweekday()


async def test_outside_the_allowed_times_a_message_waits_for_them(
    database: Database, world: World, contact: NewContact, work: Work, look: Look
) -> None:
    person = await contact(days=[another_day()], begins="09:00", ends="17:00")
    message = await asked(database, world, person)
    await work()
    row = await look.message(message)
    after = row["send_after"]
    assert isinstance(after, datetime)
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert (after.astimezone(LONDON).isoweekday(), after.astimezone(LONDON).time()) == (another_day(), time(9))
    await look.hasten(message)
    await work()
    assert (await look.message(message))["state"] == "queued", "it is still not a time at which they may be written to"
    assert await look.waiting()


async def test_what_would_come_too_late_is_not_sent(
    database: Database, world: World, settings: Settings, contact: NewContact, look: Look
) -> None:
    person = await contact(days=[another_day()])
    soon = datetime.now(UTC) + timedelta(hours=3)
    assert await ask(database, world, person, useful_until=soon) is None
    assert "too late" in await why_not(look, person, settings)


async def test_a_message_leaves_only_if_the_change_is_kept(
    database: Database, world: World, contact: NewContact, look: Look
) -> None:
    person, before = await contact(), len(await look.waiting())
    with pytest.raises(RuntimeError):
        async with database.bound(world.acting(world.a)) as uow:
            assert await send(uow, person, "please_ring", RING)
            raise RuntimeError
    assert len(await look.waiting()) == before


async def test_nobody_writes_to_another_authoritys_people(
    database: Database, world: World, contact: NewContact
) -> None:
    person = await contact()
    async with database.bound(world.acting(world.b, "social_worker")) as uow:
        with pytest.raises(NotFound):
            await send(uow, person, "please_ring", RING)
        with pytest.raises(NotFound):
            await send_staff(uow, world.a.people["director"], "members_to_review", {"link": "/administration/members"})


async def test_a_place_of_another_authority_cannot_be_named(
    database: Database, world: World, settings: Settings, contact: NewContact, look: Look
) -> None:
    async with as_owner(settings) as owner:
        place = await owner.fetchval(
            "insert into messages.place (authority_id, name) values ($1, 'Hall of B') returning id", world.b.id
        )
    person = await contact()
    values = {"date": date(2026, 12, 24), "time": time(10, 30), "place": place, "phone": "01632 960901"}
    async with database.bound(world.acting(world.a, "social_worker")) as uow:
        assert await send(uow, person, "appointment", values) is None
    assert "place" in await why_not(look, person, settings)


async def test_templates_are_for_one_audience(database: Database, world: World, contact: NewContact) -> None:
    person = await contact()
    async with database.bound(world.acting(world.a)) as uow:
        with pytest.raises(WrongValue):
            await send(uow, person, "confirm_vacancy", {"link": f"/l/{'a' * 43}"})
        with pytest.raises(WrongValue):
            await send_staff(uow, world.a.people["director"], "please_ring", RING)
        with pytest.raises(LookupError):
            await send(uow, person, "no_such_template", {})


async def test_a_message_whose_job_was_lost_is_sent_all_the_same(
    database: Database, world: World, contact: NewContact, settings: Settings, work: Work, look: Look
) -> None:
    message = await asked(database, world, await contact())
    async with as_owner(settings) as owner:
        await owner.execute("delete from jobs.outbox where payload->>'message_id' = $1", str(message))
        await owner.execute(
            "update messages.message set send_after = now() - interval '3 hours' where id = $1", message
        )
    async with database.bound(world.acting(world.a)) as uow:
        await enqueue(uow, POLL, Nothing())
    await work()
    await work()
    assert (await look.message(message))["state"] == "delivered"


@pytest.mark.parametrize("change", ["template = 'gone'", '"values" = \'{"other": "1"}\''])
async def test_a_message_whose_template_has_changed_says_so(
    database: Database, world: World, contact: NewContact, settings: Settings, work: Work, look: Look, change: str
) -> None:
    message = await asked(database, world, await contact())
    async with as_owner(settings) as owner:
        await owner.execute(f"update messages.message set {change} where id = $1", message)
    await work()
    row = await look.message(message)
    assert (row["state"], row["reason"]) == (
        "not_sent",
        "The wording of this message has changed since; ask for it again.",
    )
