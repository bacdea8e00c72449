"""E-mail through the real client, to a real server on loopback."""

import email
import email.policy
import re
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from careshare.database import Database
from careshare.messages import send_staff
from careshare.messages.senders import MailServer, Outgoing, Refused, TryAgain
from careshare.settings import Post, Settings
from tests.messages.conftest import Look, Work
from tests.messages.mail_server import MailServerFake, mail_server
from tests.world import World

LINK = {"link": "/administration/members"}


def message(**more: object) -> Outgoing:
    given: dict[str, object] = {"id": uuid4(), "channel": "email", "to": "a.b@council.example", "subject": "Grüße"}
    return Outgoing(**(given | {"text": "One sentence.\n\nhttps://x/y"} | more))  # type: ignore[arg-type]  # fields by name


def post(server: MailServerFake, user: str = "") -> Post:
    return Post(smtp_url=f"smtp://{user}localhost:{server.port}", mail_from="careshare@region.example")


async def test_mail_goes_encrypted_and_signed_in(tmp_path: Path) -> None:
    async with mail_server(tls=tmp_path) as server:
        sent = message()
        sender = MailServer(post(server, "us%40er:p%3Ass@"), tls=True, context=server.context)
        assert await sender.send(sent) == f"<{sent.id}@region.example>"
    (mail,) = server.received
    assert (mail.encrypted, mail.user, mail.recipient) == (True, "us@er", "a.b@council.example")
    read = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert (read["Subject"], read["Auto-Submitted"]) == ("Grüße", "auto-generated")
    assert read.get_content().replace("\r\n", "\n") == "One sentence.\n\nhttps://x/y\n"


async def test_in_production_nothing_is_said_without_encryption() -> None:
    async with mail_server() as server:
        with pytest.raises(TryAgain, match="safely"):
            await MailServer(post(server, "user:password@"), tls=True).send(message())
    assert not server.received
    assert not {"AUTH", "MAIL", "DATA"} & set(server.commands)


async def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    async with mail_server(tls=tmp_path) as server:
        with pytest.raises(TryAgain, match="safely"):
            await MailServer(post(server), tls=True).send(message())
    assert not server.received


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 no such mailbox", Refused),
        ("RCPT", "452 mailbox full", TryAgain),
        ("DATA", "554 looks like spam", Refused),
        ("MAIL", "451 later", TryAgain),
        ("EHLO", "421 closing", TryAgain),
    ],
)
async def test_what_the_server_refuses_for_good_is_not_tried_again(
    command: str, answer: str, error: type[Exception]
) -> None:
    async with mail_server() as server:
        server.refuse[command] = answer
        with pytest.raises(error) as told:
            await MailServer(post(server), tls=False).send(message())
    assert "council.example" not in str(told.value), "the reason names nobody"


async def test_a_server_that_is_away_is_tried_again_and_given_up_in_the_end(
    database: Database, world: World, settings: Settings, work: Work, look: Look
) -> None:
    async with mail_server() as server:
        away = replace(settings, post=post(server))
    message_id = await asked(database, world)
    for tries in range(1, 10):
        await work(away)
        row = await look.message(message_id)
        assert row["attempts"] == tries
        assert row["state"] == ("queued" if tries < 9 else "failed")
        await look.hasten(message_id)
    reason = str((await look.message(message_id))["reason"])
    assert re.match(r"Given up after 9 tries\. The mail server could not be reached", reason)
    assert not await look.waiting()


async def test_one_message_is_sent_once_however_often_its_job_runs(
    database: Database, world: World, settings: Settings, work: Work, look: Look
) -> None:
    message_id = await asked(database, world)
    async with mail_server() as server:
        through = replace(settings, post=post(server))
        await work(through)
        await work(through)
    assert len(server.received) == 1
    row = await look.message(message_id)
    assert (row["state"], row["provider"], row["provider_id"]) == ("sent", "smtp", f"<{message_id}@region.example>")


async def asked(database: Database, world: World) -> UUID:
    async with database.bound(world.acting(world.a)) as uow:
        return await send_staff(uow, world.a.people["director"], "members_to_review", LINK)
