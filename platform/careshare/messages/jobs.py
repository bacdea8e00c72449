"""Sending, and asking what became of it. A message is sent between two transactions, so that none waits for a provider.

The first takes the message and counts the try; the second records what the provider said. If the worker dies between
the two the message is sent again, unless the provider can tell that it has it: at least once, and once where that can
be known.
"""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare import audit, jobs
from careshare.database import Uow
from careshare.jobs.registry import Nothing
from careshare.messages.rules import allowed, next_allowed, wait_after
from careshare.messages.senders import FILE, NOTIFY, Notify, Outgoing, Refused, Sender, TryAgain, sender_for
from careshare.messages.sending import (
    ADDRESS,
    SEND,
    WORDS,
    Sending,
    contact,
    enqueue,
    place_names,
    why_not,
)
from careshare.messages.wording import Manner, compose, template
from careshare.settings import Settings

POLL: Final = "messages.poll"
FORGOTTEN: Final = timedelta(hours=2)
"""A message still queued so long after its time has no job any more: the job was given up, for a fault of our own."""
PATIENCE: Final = timedelta(days=7)
"""GOV.UK Notify keeps what it sent for seven days."""

TAKE = text("""
    select id, channel, template, cast("values" as text) as kept, worded_on, person_id, contact_id, attempts,
      send_after, useful_until
    from messages.message
    where authority_id = (select careshare.authority()) and id = :id and state = 'queued' for update
""")
COUNT = text("""
    update messages.message set attempts = attempts + 1, tried_at = clock_timestamp(), language = :language,
      neutral = :neutral
    where authority_id = (select careshare.authority()) and id = :id
""")
WAIT = text("""
    update messages.message set send_after = :at, reason = coalesce(:reason, reason)
    where authority_id = (select careshare.authority()) and id = :id and state = 'queued'
""")
SENT = text("""
    update messages.message set state = :state, provider = :provider, provider_id = :provider_id, reason = null,
      sent_at = clock_timestamp(), settled_at = case when :state = 'delivered' then clock_timestamp() end,
      "values" = messages.without_links("values")
    where authority_id = (select careshare.authority()) and id = :id and state = 'queued'
    returning id
""")
END = text("""
    update messages.message set state = :state, reason = :reason, settled_at = clock_timestamp(),
      "values" = messages.without_links("values")
    where authority_id = (select careshare.authority()) and id = :id and state in ('queued', 'sent')
    returning id
""")
LEFT = text("""
    select id from messages.message
    where authority_id = (select careshare.authority()) and state = 'queued' and send_after < :before
    order by send_after limit 50
""")
UNDER_WAY = text("""
    select id, provider_id from messages.message
    where authority_id = (select careshare.authority()) and state = 'sent' and provider = :provider
      and sent_at between :oldest and :newest
    order by tried_at limit 50
""")
LOOKED = text("""
    update messages.message set tried_at = clock_timestamp()
    where authority_id = (select careshare.authority()) and id = any(cast(:ids as uuid[]))
""")

NO_SENDER: Final = "No service for this way of sending is set up."
NOT_HERE: Final = "They no longer work for your authority."
OTHER_WAY: Final = "They have chosen another way since; ask for the message again."
REWORDED: Final = "The wording of this message has changed since; ask for it again."
LATE: Final = "It could not be sent before it would have been too late."


class Taken(msgspec.Struct, frozen=True):
    """A message on its way out."""

    outgoing: Outgoing
    sender: Sender
    tries: int
    subjects: list[UUID]


@jobs.handler(SEND, Sending, owns_transactions=True)
async def send_message(run: jobs.Run, sending: Sending) -> None:
    """Send one message, if it is still to be sent and this is a time for it."""
    async with run.step() as uow:
        taken = await take(uow, sending.message_id, run.settings)
    if taken is None:
        return
    error: Refused | TryAgain | None = None
    provider_id = ""
    try:
        provider_id = await taken.sender.send(taken.outgoing)
    except (Refused, TryAgain) as refusal:
        error = refusal
    async with run.step(last=True) as uow:
        if error is None:
            await sent(uow, taken, provider_id)
        else:
            await not_taken(uow, taken, error)


async def take(uow: Uow, message_id: UUID, settings: Settings) -> Taken | None:
    """The message ready to leave, its try counted; None if it has left, must wait or may not be sent."""
    row = (await uow.execute(TAKE, {"id": message_id})).mappings().one_or_none()
    if row is None:
        return None
    now = datetime.now(UTC)
    if row["send_after"] > now:
        await enqueue(uow, message_id, row["send_after"])
        return None
    try:
        return await _ready(uow, row, now, settings)
    except _Waits as waits:
        await uow.execute(WAIT, {"id": message_id, "at": waits.until, "reason": None})
        await enqueue(uow, message_id, waits.until)
    except _MayNot as why:
        await _end(uow, message_id, _subjects(row), "not_sent", str(why))
    except LookupError:  # the template is gone, or takes other values than it did
        await _end(uow, message_id, _subjects(row), "not_sent", REWORDED)
    return None


class _Waits(Exception):
    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


class _MayNot(Exception):
    pass


async def _ready(uow: Uow, row: RowMapping, now: datetime, settings: Settings) -> Taken:
    if row["useful_until"] is not None and now >= row["useful_until"]:
        raise _MayNot(LATE)
    found, kept = template(row["template"]), msgspec.json.decode(row["kept"])
    places = await place_names(uow, found, kept)
    to, manner = await _recipient(uow, row, places, now)
    composed = compose(
        found,
        row["channel"],
        kept,
        manner,
        day=row["worded_on"],
        places=places,
        root=settings.origin,
        unchecked=not settings.production,
    )
    if composed is None:
        raise _MayNot(WORDS)
    sender = sender_for(row["channel"], settings)
    if sender is None:
        raise _MayNot(NO_SENDER)
    await uow.execute(COUNT, {"id": row["id"], "language": composed.language, "neutral": composed.neutral})
    outgoing = Outgoing(row["id"], row["channel"], to, composed.subject, composed.text, again=row["attempts"] > 0)
    return Taken(outgoing, sender, row["attempts"] + 1, _subjects(row))


async def _recipient(uow: Uow, row: RowMapping, places: dict[str, str], now: datetime) -> tuple[str, Manner]:
    """Where it goes and in what manner, by the settings of this moment."""
    if row["person_id"] is not None:
        address = await uow.scalar(ADDRESS, {"person": row["person_id"]})
        if address is None:
            raise _MayNot(NOT_HERE)
        return address, Manner()
    person = await contact(uow, row["contact_id"])
    found, kept = template(row["template"]), msgspec.json.decode(row["kept"])
    why = why_not(person, found, kept, places, after=now, until=row["useful_until"])
    if why is not None:
        raise _MayNot(why)
    if person.channel != row["channel"]:
        raise _MayNot(OTHER_WAY)
    if not allowed(now, person.times):
        raise _Waits(next_allowed(now, person.times))
    return person.to, person.manner


async def sent(uow: Uow, taken: Taken, provider_id: str) -> None:
    """Record that the provider took it. The secret of a one-time link is no longer needed, and is forgotten."""
    recorded = await uow.scalar(
        SENT,
        {
            "id": taken.outgoing.id,
            "state": "delivered" if taken.sender.name == FILE else "sent",
            "provider": taken.sender.name,
            "provider_id": provider_id,
        },
    )
    if recorded is not None:
        await audit.record(uow, "message.sent", subjects=taken.subjects, after={"by": taken.sender.name})


async def not_taken(uow: Uow, taken: Taken, error: Refused | TryAgain) -> None:
    """Record why the provider did not take it, and try again later where that may help."""
    wait = wait_after(taken.tries) if isinstance(error, TryAgain) else None
    if wait is not None:
        at = datetime.now(UTC) + wait
        await uow.execute(WAIT, {"id": taken.outgoing.id, "at": at, "reason": str(error)})
        await enqueue(uow, taken.outgoing.id, at)
        return
    tried = f"Given up after {taken.tries} tries. " if isinstance(error, TryAgain) else ""
    await _end(uow, taken.outgoing.id, taken.subjects, "failed", f"{tried}{error}")


async def _end(uow: Uow, message_id: UUID, subjects: list[UUID], state: str, why: str) -> None:
    ended = await uow.scalar(END, {"id": message_id, "state": state, "reason": why})
    if ended is not None:
        await audit.record(uow, f"message.{state}", subjects=subjects, after={"why": why})


def _subjects(row: RowMapping) -> list[UUID]:
    return [row[name] for name in ("id", "person_id", "contact_id") if row[name] is not None]


@jobs.handler(POLL, Nothing, owns_transactions=True)
async def poll(run: jobs.Run, _: Nothing) -> None:
    """Ask GOV.UK Notify what became of what it took and has not reported; send what was left behind."""
    now = datetime.now(UTC)
    async with run.step() as uow:
        for left in (await uow.execute(LEFT, {"before": now - FORGOTTEN})).scalars().all():
            await enqueue(uow, left, None)
    if not run.settings.post.notify_key:
        return
    asked = {"provider": NOTIFY, "oldest": now - PATIENCE, "newest": now - timedelta(minutes=5)}
    async with run.step() as uow:
        waiting = (await uow.execute(UNDER_WAY, asked)).all()
        await uow.execute(LOOKED, {"ids": [row.id for row in waiting]})
    notify = Notify(run.settings.post)
    for row in waiting:
        try:
            found = await notify.status(row.provider_id)
        except Refused:
            continue
        except TryAgain as error:
            raise jobs.JobError(str(error)) from error
        if found is not None:
            async with run.step() as uow:
                await uow.execute(END, {"id": row.id, "state": found[0], "reason": found[1]})


jobs.schedule("messages.delivery", POLL, every=timedelta(minutes=10), purpose="messages: delivery status")
