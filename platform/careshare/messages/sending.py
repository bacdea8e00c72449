"""Asking for a message: it is written down and a job is enqueued in the caller's transaction; nothing is sent here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.messages.rules import LONDON, Times, next_allowed
from careshare.messages.values import WrongValue
from careshare.messages.wording import Channel, Manner, Template, compose, template

SEND = "messages.send"

ADDRESS = text("select messages.staff_address(:person)")
CONTACT = text("""
    select id, channel, phone, email, address, days, begins, ends, language, naming, avoid, shared_phone,
      exists (select from messages.contact o where o.authority_id = c.authority_id and o.unsafe_reason is not null
        and (o.id = c.id or (c.channel = 'sms' and o.phone = c.phone)
          or (c.channel = 'email' and o.email = c.email))) as unsafe
    from messages.contact c where authority_id = (select careshare.authority()) and id = :id
""")
PLACES = text("""
    select cast(id as text) as id, name from messages.place
    where authority_id = (select careshare.authority()) and id = any(cast(:ids as uuid[]))
""")
WRITTEN = text("""
    select distinct person_id from messages.message
    where authority_id = (select careshare.authority()) and template = :template and created_at >= :since
      and person_id is not null
""")
INSERT = text("""
    insert into messages.message (authority_id, id, channel, template, "values", worded_on, person_id, contact_id,
      state, reason, send_after, useful_until, settled_at)
    values (careshare.authority(), coalesce(cast(:id as uuid), uuidv7()), :channel, :template, cast(:values as jsonb),
      :worded_on, :person_id, :contact_id, :state, :reason, :send_after, :useful_until,
      case when :state = 'not_sent' then clock_timestamp() end)
    returning id
""")

UNSAFE = "It is not safe to write to this person or to this number or address."
TOO_LATE = "There is no time at which they may be written to before it would be too late."
WORDS = "Every wording of this message holds a word that must not be used with them."
NO_PLACE = "The place is not one that a message may name."


class Sending(msgspec.Struct, frozen=True):
    """Which message to send."""

    message_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    template: Template
    kept: Mapping[str, str | int | None]
    channel: Channel
    send_after: datetime
    useful_until: datetime | None
    person_id: UUID | None = None
    contact_id: UUID | None = None
    id: UUID | None = None


class Contact(msgspec.Struct, frozen=True):
    """How a person without an account may be written to. `unsafe` counts what is marked at another contact, too."""

    id: UUID
    channel: Channel
    phone: str | None
    email: str | None
    address: str | None
    days: list[int]
    begins: time
    ends: time
    language: str
    naming: str
    avoid: list[str]
    shared_phone: bool
    unsafe: bool

    @property
    def times(self) -> Times:
        """When they may be written to."""
        return Times(frozenset(self.days), self.begins, self.ends)

    @property
    def manner(self) -> Manner:
        """How, as far as the words go."""
        return Manner(self.language, self.naming, tuple(self.avoid), self.shared_phone)

    @property
    def to(self) -> str:
        """The number or address of the channel they chose."""
        return {"sms": self.phone, "email": self.email, "letter": self.address}[self.channel] or ""


async def send_staff(
    uow: Uow, person_id: UUID, template_name: str, values: Mapping[str, object], *, useful_until: datetime | None = None
) -> UUID:
    """Send somebody who works for the bound authority an e-mail of one sentence and a link. Returns the message's id.

    Raises NotFound if they do not work here, LookupError for an unknown template and WrongValue (both are faults of the
    caller) for anything but what the template takes.
    """
    found = _template(template_name, "staff")
    kept = found.keep(values)
    if await uow.scalar(ADDRESS, {"person": person_id}) is None:
        raise NotFound("They do not work for your authority, so no message can be sent to them.")
    draft = _Draft(
        template=found,
        kept=kept,
        channel="email",
        send_after=datetime.now(UTC),
        useful_until=useful_until,
        person_id=person_id,
    )
    return await _queue(uow, draft)


async def send(
    uow: Uow,
    contact_id: UUID,
    template_name: str,
    values: Mapping[str, object],
    *,
    useful_until: datetime | None = None,
    message_id: UUID | None = None,
) -> UUID | None:
    """Send a parent, carer or young person a message in the way that is safe for them. Returns its id.

    None: it is not sent, because it is not safe, or no allowed time comes before `useful_until`, or a word in it must
    not be used with them. The message is kept all the same, not sent, with the reason. `message_id` is its
    id where something was made for it before, such as a link. Raises NotFound, LookupError and WrongValue.
    """
    found = _template(template_name, "person")
    kept = found.keep(values)
    to = await contact(uow, contact_id)
    draft = _Draft(
        template=found,
        kept=kept,
        channel=to.channel,
        send_after=next_allowed(datetime.now(UTC), to.times),
        useful_until=useful_until,
        contact_id=to.id,
        id=message_id,
    )
    places = await place_names(uow, found, kept)
    why = why_not(to, found, kept, places, after=draft.send_after, until=useful_until)
    if why is None:
        return await _queue(uow, draft)
    gone = {name: None if found.values[name] == "link" else value for name, value in kept.items()}
    refused = await _insert(uow, replace(draft, kept=gone), why)  # nobody was sent the link, and nobody is to find it
    await _record(uow, "message.refused", refused, draft, why)
    return None


def why_not(
    to: Contact,
    found: Template,
    kept: Mapping[str, str | int],
    places: Mapping[str, str],
    *,
    after: datetime,
    until: datetime | None,
) -> str | None:
    """Why a message may not go to somebody, in words for whoever asked; None if it may."""
    if to.unsafe:
        return UNSAFE
    if until is not None and after >= until:
        return TOO_LATE
    if {str(kept[name]) for name, kind in found.values.items() if kind == "place"} - set(places):
        return NO_PLACE
    day = london_day(after)
    possible = (
        compose(found, to.channel, kept, to.manner, day=day, places=places, root="", unchecked=unchecked)
        for unchecked in (False, True)
    )
    return WORDS if not all(possible) else None


async def written_since(uow: Uow, template_name: str, since: datetime) -> set[UUID]:
    """The people of the bound authority to whom a message of this kind was asked for since a moment."""
    return set((await uow.execute(WRITTEN, {"template": template_name, "since": since})).scalars())


async def contact(uow: Uow, contact_id: UUID) -> Contact:
    """How somebody may be written to now. Raises NotFound."""
    row = (await uow.execute(CONTACT, {"id": contact_id})).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no such contact.")
    return Contact(**row)


async def place_names(uow: Uow, found: Template, kept: Mapping[str, str | int]) -> dict[str, str]:
    """The names of the places among the values, by id."""
    ids: Sequence[str] = [str(kept[name]) for name, kind in found.values.items() if kind == "place"]
    if not ids:
        return {}
    rows = (await uow.execute(PLACES, {"ids": [UUID(one) for one in ids]})).all()
    return {row.id: row.name for row in rows}


def london_day(moment: datetime) -> date:
    """The day it is in London."""
    return moment.astimezone(LONDON).date()


async def enqueue(uow: Uow, message_id: UUID, run_at: datetime | None) -> None:
    """Have a message sent, at `run_at` or now."""
    await jobs.enqueue(uow, SEND, Sending(message_id), key=f"message:{message_id}", run_at=run_at)


def _template(name: str, audience: str) -> Template:
    found = template(name)
    if found.audience != audience:
        raise WrongValue(f"the template {name} is for {found.audience}, not for {audience}")
    return found


async def _queue(uow: Uow, draft: _Draft) -> UUID:
    made = await _insert(uow, draft, None)
    await enqueue(uow, made, draft.send_after)
    await _record(uow, "message.asked", made, draft)
    return made


async def _insert(uow: Uow, draft: _Draft, why: str | None) -> UUID:
    made: UUID = (
        await uow.execute(
            INSERT,
            {
                "id": draft.id,
                "channel": draft.channel,
                "template": draft.template.name,
                "values": msgspec.json.encode(draft.kept).decode(),
                "worded_on": london_day(draft.send_after),
                "person_id": draft.person_id,
                "contact_id": draft.contact_id,
                "state": "queued" if why is None else "not_sent",
                "reason": why,
                "send_after": draft.send_after,
                "useful_until": draft.useful_until,
            },
        )
    ).scalar_one()
    return made


async def _record(uow: Uow, action: str, made: UUID, draft: _Draft, why: str | None = None) -> None:
    subjects = [one for one in (made, draft.person_id, draft.contact_id) if one is not None]
    after = {"template": draft.template.name} | ({"why": why} if why else {})
    await audit.record(uow, action, subjects=subjects, after=after)
