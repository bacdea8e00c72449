"""The messages of one's authority, as its pages show them, and sending one again."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, NotFound
from careshare.messages.sending import send, send_staff
from careshare.messages.wording import template, templates

LIST = text("""
    select m.id, m.channel, m.template, m.state, m.reason, m.created_at, m.send_after, m.sent_at, m.settled_at,
      m.attempts, m.contact_id, m.person_id, coalesce(c.name, p.name) as recipient, m.language, m.neutral,
      cast(m."values" as text) as kept, m.useful_until, m.words_gone_at, m.acknowledged_at
    from messages.message m
    left join messages.contact c on c.authority_id = m.authority_id and c.id = m.contact_id
    left join lateral identity.colleagues(array[m.person_id]) p on m.person_id is not null
    where m.authority_id = (select careshare.authority())
      and (cast(:state as text) is null or m.state = :state)
      and (cast(:id as uuid) is null or m.id = :id)
      and (cast(:after as uuid) is null or (m.created_at, m.id) < (select a.created_at, a.id from messages.message a
        where a.authority_id = (select careshare.authority()) and a.id = cast(:after as uuid)))
    order by m.created_at desc, m.id desc limit :limit
""")


class MessageRow(msgspec.Struct, frozen=True):
    """One message: to whom, how, and what became of it. A recipient who is no colleague any more has no name here."""

    id: UUID
    channel: str
    template: str
    state: str
    reason: str | None
    created_at: datetime
    send_after: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    attempts: int
    contact_id: UUID | None
    person_id: UUID | None
    recipient: str | None
    language: str | None
    neutral: bool | None
    kept: str
    useful_until: datetime | None
    words_gone_at: datetime | None
    acknowledged_at: datetime | None

    @property
    def title(self) -> str:
        """What kind of message it is."""
        found = templates().get(self.template)
        return found.title if found else self.template

    @property
    def values(self) -> dict[str, Any]:
        """What it held beside its fixed words; a one-time link is None once it was sent."""
        found: dict[str, Any] = msgspec.json.decode(self.kept)
        return found

    @property
    def may_be_sent_again(self) -> bool:
        """Whether it came to nothing and holds nothing that works only once."""
        return self.state in {"failed", "not_sent"} and self.words_gone_at is None and None not in self.values.values()


async def messages(
    uow: Uow, *, state: str | None = None, after: UUID | None = None, limit: int = 50
) -> tuple[list[MessageRow], bool]:
    """The newest messages, or those that came before `after`, and whether there are more."""
    asked = {"state": state, "after": after, "id": None, "limit": limit + 1}
    rows = [MessageRow(**row) for row in (await uow.execute(LIST, asked)).mappings()]
    return rows[:limit], len(rows) > limit


async def message(uow: Uow, message_id: UUID) -> MessageRow:
    """One message. Raises NotFound."""
    asked = {"state": None, "after": None, "id": message_id, "limit": 1}
    row = (await uow.execute(LIST, asked)).mappings().one_or_none()
    if row is None:
        raise NotFound
    return MessageRow(**row)


async def send_again(uow: Uow, message_id: UUID) -> UUID | None:
    """Ask for the same message once more, by the settings of now; None if it may not be sent still.

    Raises NotFound, and Conflict if it is under way or has arrived, or its link worked once.
    """
    was = await message(uow, message_id)
    if not was.may_be_sent_again:
        raise Conflict(
            "It is under way or has arrived, or it held a link that works once. Ask for a new message instead."
        )
    if was.useful_until is not None and datetime.now(UTC) >= was.useful_until:
        raise Conflict("It would come too late to be of use.")
    found = template(was.template)
    if was.person_id is not None:
        return await send_staff(uow, was.person_id, found.name, was.values, useful_until=was.useful_until)
    assert was.contact_id is not None  # noqa: S101  # the table has one or the other
    return await send(uow, was.contact_id, found.name, was.values, useful_until=was.useful_until)
