"""Safe-contact settings: how a parent, carer or young person may be written to, kept by those who work with them."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, NotFound, PreconditionFailed, Unprocessable
from careshare.messages.wording import Channel
from careshare.web import asks

Day = Literal[1, 2, 3, 4, 5, 6, 7]
WITHHELD: Final = "(confidential)"

LIST = text("""
    select id, name, reference, kind, channel, unsafe_reason is not null as unsafe, shared_phone
    from messages.contact
    where authority_id = (select careshare.authority())
      and (:q = '' or name ilike :pattern or reference ilike :pattern)
      and (cast(:after_id as uuid) is null or (name, id) > (select c.name, c.id from messages.contact c
        where c.authority_id = (select careshare.authority()) and c.id = cast(:after_id as uuid)))
    order by name, id limit :limit
""")
ONE = text("""
    select id, name, reference, kind, channel, phone, email, address, days, begins, ends, language, naming, avoid,
      shared_phone, confidential, unsafe_reason, version, changed_at
    from messages.contact where authority_id = (select careshare.authority()) and id = :id
""")
COLUMNS: Final = (
    "name", "reference", "kind", "channel", "phone", "email", "address", "days", "begins", "ends", "language",
    "naming", "avoid", "shared_phone", "confidential", "unsafe_reason",
)  # fmt: skip
REFERENCES = text("""
    select id, reference from messages.contact
    where authority_id = (select careshare.authority()) and id = any(:ids) and reference <> ''
""")
INSERT = text("""
    insert into messages.contact (authority_id, name, reference, kind, channel, phone, email, address, days, begins,
      ends, language, naming, avoid, shared_phone, confidential, unsafe_reason)
    values (careshare.authority(), :name, :reference, :kind, :channel, :phone, :email, :address, :days, :begins,
      :ends, :language, :naming, :avoid, :shared_phone, :confidential, :unsafe_reason)
    returning id
""")
UPDATE = text("""
    update messages.contact set name = :name, reference = :reference, kind = :kind, channel = :channel, phone = :phone,
      email = :email, address = :address, days = :days, begins = :begins, ends = :ends, language = :language,
      naming = :naming, avoid = :avoid, shared_phone = :shared_phone, confidential = :confidential,
      unsafe_reason = :unsafe_reason, version = version + 1, changed_at = clock_timestamp(),
      changed_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :id and version = :version
    returning id
""")
PLACES = text("""
    select id, name from messages.place where authority_id = (select careshare.authority()) and ended_at is null
    order by name
""")
ADD_PLACE = text("""
    insert into messages.place (authority_id, name) values (careshare.authority(), :name)
    on conflict (authority_id, name) do update set ended_at = null where messages.place.ended_at is not null
    returning id
""")
END_PLACE = text("""
    update messages.place set ended_at = clock_timestamp()
    where authority_id = (select careshare.authority()) and id = :id and ended_at is null returning name
""")
POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)


def read_phone(typed: str) -> str:
    """A telephone number in the international form, as +447700900123. Raises ValueError with what would be right."""
    digits = re.sub(r"[\s().-]", "", typed)
    found = re.sub(r"^(00|\+)", "+", digits) if digits.startswith(("00", "+")) else re.sub(r"^0", "+44", digits)
    if not re.fullmatch(r"\+[1-9]\d{7,14}", found, re.ASCII):
        raise ValueError("Enter a telephone number, like 07700 900 982 or +48 22 123 45 67")
    return found


def read_email(typed: str) -> str:
    """An e-mail address in lower case. Raises ValueError."""
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+", typed) or len(typed) > 254:
        raise ValueError("Enter an email address in the correct format, like name@example.com")
    return typed.lower()


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The form, as it is typed."""

    name: Annotated[str, asks("the person’s name", max_length=120)]
    reference: Annotated[str, asks("your reference", max_length=60)] = ""
    kind: Annotated[Literal["parent", "carer", "young_person", "other"], asks("who the person is")]
    channel: Annotated[Channel, asks("how they want to hear from us")]
    phone: Annotated[str, asks("the mobile number", read=read_phone)] | None = None
    email: Annotated[str, asks("the email address", read=read_email)] | None = None
    address: Annotated[str, asks("the address", max_length=500)] = ""
    days: Annotated[list[Day], asks("the days on which they may be written to"), msgspec.Meta(min_length=1)]
    begins: Annotated[time, asks("the time from which they may be written to")]
    ends: Annotated[time, asks("the time until which they may be written to")]
    language: Annotated[Literal["en", "pl"], asks("the language")]
    naming: Annotated[Literal["council", "office", "worker", "nobody"], asks("what we may call ourselves")]
    avoid: Annotated[str, asks("the words to avoid", max_length=500)] = ""
    shared_phone: Annotated[bool, asks("whether others read it")] = False
    confidential: Annotated[bool, asks("whether the address is confidential")] = False
    unsafe: Annotated[bool, asks("whether it is unsafe to write to them")] = False
    unsafe_reason: Annotated[str, asks("why it is unsafe", max_length=500)] = ""


class ContactRow(msgspec.Struct, frozen=True):
    """A contact in the list."""

    id: UUID
    name: str
    reference: str
    kind: str
    channel: str
    unsafe: bool
    shared_phone: bool


class ContactRecord(msgspec.Struct, frozen=True):
    """A contact in full."""

    id: UUID
    name: str
    reference: str
    kind: str
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
    confidential: bool
    unsafe_reason: str | None
    version: int
    changed_at: datetime


async def contacts(
    uow: Uow, q: str = "", *, after: UUID | None = None, limit: int = 50
) -> tuple[list[ContactRow], bool]:
    """The next contacts by name, and whether there are more; `q` is looked for in names and references."""
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", q) + "%"
    asked = {"q": q, "pattern": pattern, "after_id": after, "limit": limit + 1}
    rows = [ContactRow(**row) for row in (await uow.execute(LIST, asked)).mappings()]
    return rows[:limit], len(rows) > limit


async def contact_record(uow: Uow, contact_id: UUID) -> ContactRecord:
    """One contact. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": contact_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return ContactRecord(**row)


async def open_address(uow: Uow, contact_id: UUID) -> None:
    """Put on the record that the caller is shown this contact's confidential address."""
    await audit.record(uow, "safe_contact.opened", subjects=[contact_id])


async def contact_references(uow: Uow, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What the bound authority calls these contacts in its own systems; those that have a reference."""
    return {row.id: row.reference for row in await uow.execute(REFERENCES, {"ids": list(ids)})} if ids else {}


async def add_contact(uow: Uow, given: Settings) -> UUID:
    """A new contact. Raises Unprocessable with the fields that do not fit together."""
    values = _values(given, None)
    made: UUID = (await uow.execute(INSERT, values)).scalar_one()
    await audit.record(uow, "safe_contact.added", subjects=[made], after=_for_record(values))
    return made


async def change_contact(uow: Uow, contact_id: UUID, version: int, given: Settings, *, address_seen: bool) -> None:
    """Change the settings. Where the address was not shown (`address_seen`) it, and that it is confidential, stay.

    Raises NotFound, PreconditionFailed and Unprocessable.
    """
    before = await contact_record(uow, contact_id)
    values = _values(given, None if address_seen else before)
    if await uow.scalar(UPDATE, {**values, "id": contact_id, "version": version}) is None:
        raise PreconditionFailed
    was = {name: getattr(before, name) for name in COLUMNS}
    old, new = _for_record(was), _for_record(values)
    changed = [name for name in COLUMNS if was[name] != values[name]]
    await audit.record(
        uow,
        "safe_contact.changed",
        subjects=[contact_id],
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
    )


def _values(given: Settings, kept: ContactRecord | None) -> dict[str, Any]:
    address = (given.address.strip() or None) if kept is None else kept.address
    avoid = [" ".join(word.split()) for word in re.split(r"[\n,]", given.avoid) if word.strip()]
    to = {"sms": given.phone, "email": given.email, "letter": address}[given.channel]
    errors: list[FieldError] = []
    if not to:
        field, missing = {
            "sms": ("phone", "Enter the mobile number, or choose another way"),
            "email": ("email", "Enter the email address, or choose another way"),
            "letter": ("address", "Enter the address, or choose another way"),
        }[given.channel]
        errors.append(FieldError(field, missing))
    elif given.channel == "sms" and to.startswith("+44") and not to.startswith("+447"):
        errors.append(FieldError("phone", "Enter a mobile number: text messages do not reach a landline"))
    elif given.channel == "letter" and not (3 <= len(to.splitlines()) <= 7 and POSTCODE.search(to.splitlines()[-1])):
        errors.append(FieldError("address", "Enter the address in three to seven lines, the last of them the postcode"))
    if given.ends <= given.begins:
        errors.append(FieldError("ends", "The time until which they may be written to must be after the first"))
    if len(avoid) > 10:
        errors.append(FieldError("avoid", "Enter no more than 10 words or phrases"))
    if given.unsafe and not given.unsafe_reason.strip():
        errors.append(FieldError("unsafe_reason", "Enter why it is unsafe"))
    if errors:
        raise Unprocessable("The settings do not fit together.", errors=errors)
    return {
        "name": given.name,
        "reference": given.reference,
        "kind": given.kind,
        "channel": given.channel,
        "phone": given.phone,
        "email": given.email,
        "address": address,
        "days": sorted(set(given.days)),
        "begins": given.begins,
        "ends": given.ends,
        "language": given.language,
        "naming": given.naming,
        "avoid": avoid,
        "shared_phone": given.shared_phone,
        "confidential": given.confidential if kept is None else kept.confidential,
        "unsafe_reason": given.unsafe_reason.strip() if given.unsafe else None,
    }


def _for_record(values: dict[str, Any]) -> dict[str, Any]:
    """What the audit record keeps: everything but an address that is confidential."""
    hidden = {"address": WITHHELD} if values["confidential"] and values["address"] else {}
    return {name: values[name] for name in COLUMNS} | hidden


async def places(uow: Uow) -> list[tuple[UUID, str]]:
    """The places that messages may name."""
    return [(row.id, row.name) for row in await uow.execute(PLACES)]


async def add_place(uow: Uow, name: str) -> UUID:
    """A place that messages may name. Raises Unprocessable for what could tell more than a place, and Conflict."""
    if POSTCODE.search(name) or not re.fullmatch(r"[\w’' &().-]{3,60}", name):
        field = FieldError("name", "Enter the name of a building in 3 to 60 letters, without a postcode")
        raise Unprocessable("A message cannot name this place.", errors=[field])
    made: UUID | None = await uow.scalar(ADD_PLACE, {"name": name})
    if made is None:
        raise Conflict("This place is on the list already.", errors=[FieldError("name", "It is on the list already")])
    await audit.record(uow, "message_place.added", subjects=[made], after={"name": name})
    return made


async def end_place(uow: Uow, place_id: UUID) -> None:
    """Name the place in no new message. Raises NotFound."""
    name = await uow.scalar(END_PLACE, {"id": place_id})
    if name is None:
        raise NotFound
    await audit.record(uow, "message_place.ended", subjects=[place_id], before={"name": name})
