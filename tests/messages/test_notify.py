"""GOV.UK Notify through its real client, against a server on loopback that answers as its documentation says."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from careshare.database import Database
from careshare.jobs import enqueue
from careshare.jobs.registry import Nothing
from careshare.messages import send
from careshare.messages.jobs import POLL
from careshare.messages.senders import Notify, Outgoing, Refused, TryAgain
from careshare.settings import Post, Settings
from tenants.actions import as_owner
from tests.messages.conftest import Look, NewContact, Work
from tests.messages.notify_server import BAD_NUMBER, KEY, SERVICE, TEMPLATES, NotifyFake, notify_server
from tests.world import World

RING = {"phone": "01632 960901"}


@pytest.fixture
def notify() -> Iterator[NotifyFake]:
    with notify_server() as server:
        yield server


@pytest.fixture
def through(settings: Settings, notify: NotifyFake) -> Settings:
    """In production, but for the address of Notify."""
    post = Post(notify_key=KEY, notify_url=notify.url, notify_templates=TEMPLATES)
    return replace(settings, environment="production", public_url="https://careshare.example", post=post)


async def asked(database: Database, world: World, contact: UUID) -> UUID:
    async with database.bound(world.acting(world.a)) as uow:
        made = await send(uow, contact, "please_ring", RING)
    assert made is not None
    return made


async def test_a_text_message_is_sent_with_our_reference(
    database: Database,
    world: World,
    contact: NewContact,
    work: Work,
    look: Look,
    notify: NotifyFake,
    through: Settings,
) -> None:
    message = await asked(database, world, await contact(phone="+447700900123", language="pl"))
    await work(through)
    row = await look.message(message)
    (taken,) = notify.taken.values()
    assert (row["state"], row["provider"], row["provider_id"]) == ("sent", "notify", taken["id"])
    assert (taken["reference"], taken["phone_number"], taken["type"]) == (str(message), "+447700900123", "sms")
    assert taken["body"] == "Please ring us on 01632 960901 when you can. From your council."
    assert row["language"] == "en", "in production a translation nobody has checked is not used"


@pytest.mark.parametrize(
    ("given", "to"),
    [
        ({"channel": "email", "email": "parent@mail.example"}, ("email_address", "parent@mail.example")),
        ({"channel": "letter", "address": "Mx Doe\n1 Moor Lane\nAshmoor\nZA1 1AA"}, ("line_1", "Mx Doe")),
    ],
)
async def test_e_mail_and_letters(
    database: Database,
    world: World,
    contact: NewContact,
    work: Work,
    look: Look,
    notify: NotifyFake,
    through: Settings,
    given: dict[str, object],
    to: tuple[str, str],
) -> None:
    message = await asked(database, world, await contact(**given))
    await work(through)
    (taken,) = notify.taken.values()
    assert taken[to[0]] == to[1]
    assert taken["subject"] == "Please ring us"
    assert (await look.message(message))["state"] == "sent"


async def test_a_number_that_is_none_is_refused_for_good(
    database: Database,
    world: World,
    contact: NewContact,
    work: Work,
    look: Look,
    notify: NotifyFake,
    through: Settings,
) -> None:
    message = await asked(database, world, await contact(phone=BAD_NUMBER))
    await work(through)
    row = await look.message(message)
    assert (row["state"], row["attempts"]) == ("failed", 1)
    assert BAD_NUMBER not in str(row["reason"])


async def test_what_notify_took_before_its_answer_was_lost_is_not_sent_again(
    database: Database,
    world: World,
    contact: NewContact,
    work: Work,
    look: Look,
    notify: NotifyFake,
    through: Settings,
) -> None:
    message = await asked(database, world, await contact())
    notify.after_taking = 500
    await work(through)
    assert (await look.message(message))["state"] == "queued"
    notify.after_taking = None
    await look.hasten(message)
    await work(through)
    row = await look.message(message)
    assert (row["state"], row["attempts"]) == ("sent", 2)
    assert [one["id"] for one in notify.taken.values()] == [row["provider_id"]]


@pytest.mark.parametrize("fault", [403, 429, 500, 503])
async def test_faults_that_pass_are_waited_for(notify: NotifyFake, through: Settings, fault: int) -> None:
    notify.fault = fault
    with pytest.raises(TryAgain):
        await Notify(through.post).send(Outgoing(uuid4(), "sms", "+447700900123", "", "Text"))


async def test_a_notify_that_is_away_is_waited_for(notify: NotifyFake) -> None:
    away = Post(notify_key=KEY, notify_url="http://127.0.0.1:9", notify_templates=TEMPLATES)
    with pytest.raises(TryAgain):
        await Notify(away).send(Outgoing(uuid4(), "sms", "+447700900123", "", "Text"))


async def test_another_services_key_is_not_accepted(notify: NotifyFake) -> None:
    wrong = Post(notify_key=f"x-{SERVICE}-{uuid4()}", notify_url=notify.url, notify_templates=TEMPLATES)
    with pytest.raises(TryAgain, match="key"):
        await Notify(wrong).send(Outgoing(uuid4(), "sms", "+447700900123", "", "Text"))
    assert not notify.taken


async def test_a_letter_without_a_whole_address_is_refused_here(through: Settings) -> None:
    with pytest.raises(Refused, match="lines"):
        await Notify(through.post).send(Outgoing(uuid4(), "letter", "1 Moor Lane\nZA1 1AA", "Subject", "Text"))


@pytest.mark.parametrize(
    ("status", "state"),
    [("delivered", "delivered"), ("permanent-failure", "failed"), ("technical-failure", "failed"), ("sending", "sent")],
)
async def test_what_became_of_a_message_is_asked_for(
    database: Database,
    world: World,
    contact: NewContact,
    work: Work,
    look: Look,
    notify: NotifyFake,
    through: Settings,
    status: str,
    state: str,
) -> None:
    message = await asked(database, world, await contact())
    await work(through)
    notify.deliver(str((await look.message(message))["provider_id"]), status)
    async with as_owner(world.settings) as owner:
        await owner.execute("update messages.message set sent_at = now() - interval '1 hour' where id = $1", message)
    async with database.bound(world.acting(world.a)) as uow:
        await enqueue(uow, POLL, Nothing())
    await work(through)
    row = await look.message(message)
    assert row["state"] == state
    assert (row["reason"] is not None) == (state == "failed")


def test_neither_the_key_nor_whom_we_wrote_to_is_logged(
    notify: NotifyFake, through: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    sender = Notify(through.post)
    with caplog.at_level(logging.DEBUG):
        sender._send(Outgoing(uuid4(), "sms", "+447700900123", "", "A text"))
        with pytest.raises(Refused):
            sender._send(Outgoing(uuid4(), "sms", BAD_NUMBER, "", "A text"))
    for secret in ("7700900", "A text", KEY[-36:]):
        assert secret not in caplog.text
