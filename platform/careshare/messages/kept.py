"""Messages and contacts at the end of their time: first what a message said, then that there was one; then the contact.

The two of messages go each night by a job; a contact goes when the officer has confirmed it, with the messages to it
that are left. What is held stays: the database refuses whoever tries, and these ask before.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from careshare.errors import Conflict
from careshare.jobs.registry import Nothing
from careshare.kept import DueRecord, Kept
from careshare.messages.rules import LONDON

FORGET: Final = "messages.forget"
WORDS_KEPT: Final = timedelta(weeks=26)
"""How long what a message said is kept. services/record/schedules.csv says the same, and a test that it does."""
MESSAGES_KEPT: Final = timedelta(weeks=104)
"""How long it is kept that there was a message. The same."""
AT_ONCE: Final = 5_000

WORDS = text("""
select m.id, m.template as reference, cast(m.created_at at time zone 'Europe/London' as date) as began
from messages.message m
where m.authority_id = (select careshare.authority()) and m.words_gone_at is null and m.state <> 'queued'
  and m.created_at < cast(cast(:before as date) + 1 as timestamp) at time zone 'Europe/London'
  and (cast(:ids as uuid[]) is null or m.id = any(cast(:ids as uuid[])))
order by m.created_at, m.id limit :most
""")
MESSAGES = text("""
select m.id, m.template as reference, cast(m.created_at at time zone 'Europe/London' as date) as began
from messages.message m
where m.authority_id = (select careshare.authority()) and m.state <> 'queued'
  and m.created_at < cast(cast(:before as date) + 1 as timestamp) at time zone 'Europe/London'
  and (cast(:ids as uuid[]) is null or m.id = any(cast(:ids as uuid[])))
order by m.created_at, m.id limit :most
""")
# Used last: changed, or a message asked for. Whose case stands is not due, however long ago that was.
CONTACTS = text("""
select c.id, c.reference, c.unsafe_reason is not null as unsafe, u.began from messages.contact c
cross join lateral (
  select cast(greatest(c.changed_at, (select max(m.created_at) from messages.message m
    where m.authority_id = c.authority_id and m.contact_id = c.id)) at time zone 'Europe/London' as date) as began) u
where c.authority_id = (select careshare.authority()) and u.began <= :before
  and c.changed_at < cast(cast(:before as date) + 1 as timestamp) at time zone 'Europe/London'
  and lower(c.reference) <> all(cast(:standing as text[]))
  and (cast(:ids as uuid[]) is null or c.id = any(cast(:ids as uuid[])))
order by u.began, c.id limit :most
""")
FORGET_WORDS = text("""
update messages.message set "values" = '{}', words_gone_at = clock_timestamp()
where authority_id = (select careshare.authority()) and id = any(cast(:ids as uuid[])) and words_gone_at is null
  and not exists (select from record.held('message_words') h where h.whole_class or h.subject_id = message.id)
returning id
""")
FORGET_MESSAGES = text("""
delete from messages.message m
where m.authority_id = (select careshare.authority()) and m.id = any(cast(:ids as uuid[]))
  and not exists (select from record.held('message') h where h.whole_class or h.subject_id = m.id)
  and not exists (select from record.held('message_words') h where h.whole_class or h.subject_id = m.id)
returning m.id
""")
# A contact stays while it is held, or while a message to it is held or still to be sent.
FREE = text("""
select c.id from messages.contact c
where c.authority_id = (select careshare.authority()) and c.id = any(cast(:ids as uuid[]))
  and not exists (select from record.held('contact') h where h.whole_class or h.subject_id = c.id)
  and not exists (select from messages.message m where m.authority_id = c.authority_id and m.contact_id = c.id
    and (m.state = 'queued'
      or exists (select from record.held('message') h where h.whole_class or h.subject_id = m.id)
      or exists (select from record.held('message_words') h where h.whole_class or h.subject_id = m.id)))
for update
""")
THEIR_MESSAGES = text("""
delete from messages.message
where authority_id = (select careshare.authority()) and contact_id = any(cast(:ids as uuid[])) returning id
""")
DELETE = text("""
delete from messages.contact where authority_id = (select careshare.authority()) and id = any(cast(:ids as uuid[]))
""")
OF_CASES = text("""
select c.id from messages.contact c where c.authority_id = (select careshare.authority()) and c.reference <> ''
  and c.kind in ('carer', 'other') and lower(c.reference) = any(cast(:references as text[]))
""")


async def due_words(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Messages asked for on a day or before that still say what they said."""
    rows = await uow.execute(WORDS, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def due_messages(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Messages asked for on a day or before, by the name of their template."""
    rows = await uow.execute(MESSAGES, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def due_contacts(
    uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None, *, standing: Sequence[str] = ()
) -> list[DueRecord]:
    """Contacts used last on a day or before, but for those whose case stands: its reference, in small letters."""
    given = {"before": before, "most": most, "ids": None if ids is None else list(ids), "standing": list(standing)}
    return [
        DueRecord(row.id, ", ".join(filter(None, (row.reference, "marked unsafe" if row.unsafe else ""))), row.began)
        for row in await uow.execute(CONTACTS, given)
    ]


async def delete_contacts(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete contacts with the messages to them; those that are held, or have a message that is, stay."""
    free = list((await uow.execute(FREE, {"ids": list(ids)})).scalars())
    if free:
        gone = (await uow.execute(THEIR_MESSAGES, {"ids": free})).scalars().all()
        await uow.execute(DELETE, {"ids": free})
        if gone:
            after = {"class": "message", "records": len(gone), "with": "contact"}
            await audit.record(uow, "record.deleted", subjects=gone, after=after)
    return free


async def delete_with_cases(uow: Uow, references: Sequence[str]) -> list[UUID]:
    """Delete the contacts that serve cases which are deleted, by the cases' references; what is held stays."""
    found = list((await uow.execute(OF_CASES, {"references": [one.lower() for one in references]})).scalars())
    gone = await delete_contacts(uow, found) if found else []
    if gone:
        after = {"class": "contact", "records": len(gone), "with": "case"}
        await audit.record(uow, "record.deleted", subjects=gone, after=after)
    return gone


async def nightly(_uow: Uow, _ids: Sequence[UUID]) -> list[UUID]:
    """Messages are deleted by their own job."""
    raise Conflict("These are deleted each night without being confirmed.")


KEPT: Final = (Kept("message_words", due_words, nightly), Kept("message", due_messages, nightly))


@jobs.handler(FORGET, Nothing, timeout=timedelta(minutes=30))
async def forget(uow: Uow, _: Nothing) -> None:
    """Delete messages at their end, and of younger ones what they said. What is held stays; each leaves a tombstone."""
    day = datetime.now(LONDON).date()
    for name, kept_for, due, statement in (
        ("message", MESSAGES_KEPT, due_messages, FORGET_MESSAGES),
        ("message_words", WORDS_KEPT, due_words, FORGET_WORDS),
    ):
        found = [one.id for one in await due(uow, day - kept_for, AT_ONCE)]
        if not found:
            continue
        gone = (await uow.execute(statement, {"ids": found})).scalars().all()
        if gone:
            after = {"class": name, "records": len(gone), "kept_for": f"{kept_for.days // 7} weeks"}
            await audit.record(uow, "record.deleted", subjects=gone, after=after)


jobs.schedule("messages.forget", FORGET, daily_at=time(2, 40), purpose="deletion at the end of retention")
