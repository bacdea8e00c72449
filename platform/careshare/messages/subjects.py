"""What the messages room holds of one person: their safe-contact settings, what was sent to them, and what about them.

A contact stands for itself when it is asked for by name. For somebody whom a register knows, it is theirs where name
and reference agree; where only one of the two does, the officer decides whether it is the same person.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.messages.values import shown
from careshare.messages.wording import LANGUAGES, templates
from careshare.web.filters import moment

CONTACT_COLUMNS: Final = """
select c.id, c.name, c.reference, c.kind, c.channel, c.phone, c.email, c.address, c.days, c.begins, c.ends, c.language,
  c.naming, c.avoid, c.shared_phone, c.confidential, c.unsafe_reason, c.changed_at
from messages.contact c where c.authority_id = (select careshare.authority())
"""
FIND = text(
    f"{CONTACT_COLUMNS} and (lower(c.name) = lower(:who) or c.reference <> '' and lower(c.reference) = lower(:who))"
    " order by c.name, c.id limit 50"
)
ONE = text(f"{CONTACT_COLUMNS} and c.id = :id")
OF_SOMEBODY = text(
    f"{CONTACT_COLUMNS} and (:name <> '' and lower(c.name) = lower(:name)"
    " or c.reference <> '' and lower(c.reference) = any(cast(:references as text[]))) order by c.id"
)
SENT = text("""
select m.id, m.channel, m.template, m.state, m.reason, m.created_at, m.words_gone_at,
  m.acknowledged_at, cast(m."values" as text) as kept
from messages.message m where m.authority_id = (select careshare.authority())
  and (m.contact_id = any(cast(:contacts as uuid[])) or m.person_id = cast(:person as uuid)) order by m.created_at, m.id
""")
PLACES = text(
    "select cast(id as text) as id, name from messages.place where authority_id = (select careshare.authority())"
)
ASKED = text("""
select count(*) from messages.message m
where m.authority_id = (select careshare.authority()) and m.asked_by = :person and m.person_id is distinct from :person
""")
TOLD = text("""
select count(n.id) as told, min(n.made_at) as first, max(n.made_at) as last, max(c.how) as how
from (select 1) one
left join messages.notification n on n.authority_id = (select careshare.authority()) and n.person_id = :person
left join messages.notification_choice c on c.authority_id = (select careshare.authority()) and c.person_id = :person
""")
LINKS = text("""
select encode(l.id, 'hex') as id, l.purpose, l.created_at, l.used_at, l.person_id from messages.one_time_link l
where l.authority_id = (select careshare.authority()) and l.subject_id = any(cast(:records as uuid[]))
order by l.created_at
""")

KINDS: Final = {"parent": "Parent", "carer": "Carer", "young_person": "Young person", "other": "Contact"}
CHANNELS: Final = {"sms": "Text message", "email": "Email", "letter": "Letter"}
NAMES: Final = {"council": "the council", "office": "an office", "worker": "your worker", "nobody": "nobody"}
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNSURE: Final = "perhaps somebody else of this name or reference"
CONFIDENTIAL: Final = "Confidential, and so not in this package. Give it by hand where that is right."


async def find(uow: Uow, who: str) -> list[Subject]:
    """Contacts of this name or reference."""
    return [_subject(row) for row in await uow.execute(FIND, {"who": who.strip()})]


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same contact again."""
    if kind != "contact":
        return None
    row = (await uow.execute(ONE, {"id": subject_id})).one_or_none()
    return None if row is None else _subject(row)


def _subject(row: Any) -> Subject:
    reference = f", reference {row.reference}" if row.reference else ""
    references = (row.reference,) if row.reference else ()
    return Subject(
        "contact", row.id, f"{row.name}, {KINDS[row.kind].lower()} who is written to{reference}", row.name, references
    )


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Settings, messages and links of this person, and of those kept under their reference for review."""
    if subject.kind == "colleague":
        return await _colleague(uow, subject)
    if subject.kind == "contact":
        found = (await uow.execute(ONE, {"id": subject.id})).all()
        theirs = {row.id: "" for row in found}
    else:
        given = {"name": subject.name, "references": [one.lower() for one in subject.references]}
        found = (await uow.execute(OF_SOMEBODY, given)).all()
        theirs = {row.id: _about(row, subject) for row in found}
    items = [item for row in found for item in _settings(row, theirs[row.id])]
    for row in found:
        items += await _messages(uow, contacts=[row.id], about=theirs[row.id])
    return items + await _links(uow, subject)


def _about(row: Any, subject: Subject) -> str:
    """Whom a contact found for somebody of a register is about, beside or instead of them; empty: it is theirs."""
    same_reference = row.reference.lower() in {one.lower() for one in subject.references}
    if subject.kind == "child":
        return "" if row.kind == "young_person" else row.name
    same_name = row.name.lower() == subject.name.lower()
    return "" if same_name and same_reference else UNSURE if same_name else row.name


def _settings(row: Any, about: str) -> list[SubjectItem]:
    section = "How you may be written to" if not about else "Others who are written to"
    allowed: list[int] = row.days
    days = "every day" if len(allowed) == len(DAYS) else ", ".join(DAYS[day - 1] for day in allowed)
    said = [
        ("name", "Name", row.name),
        ("reference", "Reference", row.reference),
        ("kind", "Kept as", KINDS[row.kind]),
        ("channel", "Way", CHANNELS[row.channel]),
        ("phone", "Telephone", row.phone),
        ("email", "Email address", row.email),
        ("address", "Address", CONFIDENTIAL if row.confidential and row.address else row.address),
        ("times", "When", f"{days}, {row.begins:%H:%M} to {row.ends:%H:%M}"),
        ("language", "Language", LANGUAGES.get(row.language, row.language)),
        ("naming", "Who we say we are", NAMES[row.naming]),
        ("avoid", "Words not to be used", ", ".join(row.avoid)),
        ("shared", "Others read it", "Yes" if row.shared_phone else ""),
        ("changed", "Last changed", moment(row.changed_at)),
    ]
    items = [SubjectItem(f"contact:{row.id}:{key}", section, name, value, about) for key, name, value in said if value]
    if row.unsafe_reason:
        whose = about or "whoever makes it unsafe"
        items.append(
            SubjectItem(f"contact:{row.id}:unsafe", section, "Not written to, because", row.unsafe_reason, whose)
        )
    return items


async def _messages(
    uow: Uow, *, contacts: Sequence[UUID] = (), person: UUID | None = None, about: str = ""
) -> list[SubjectItem]:
    rows = (await uow.execute(SENT, {"contacts": list(contacts), "person": person})).all()
    if not rows:
        return []
    places = {row.id: row.name for row in await uow.execute(PLACES)}
    section = "Messages to you" if not about else "Messages to others"
    return [
        SubjectItem(f"message:{row.id}", section, f"{moment(row.created_at)}, {_title(row)}", _said(row, places), about)
        for row in rows
    ]


def _title(row: Any) -> str:
    found = templates().get(row.template)
    return found.title if found else row.template.replace("_", " ")


def _said(row: Any, places: dict[str, str]) -> str:
    state = row.state.replace("_", " ") + (f": {row.reason}" if row.reason else "")
    how = f"{CHANNELS[row.channel]}, {state}."
    if row.acknowledged_at is not None:
        how = f"{how} You said on {moment(row.acknowledged_at)} that you had read it."
    if row.words_gone_at is not None:
        return f"{how} What it said is deleted."
    kept: dict[str, Any] = msgspec.json.decode(row.kept)
    found = templates().get(row.template)
    kinds = found.values if found else {}
    things = {code: words for one in found.wording for code, words in one.things.items()} if found else {}
    values = [
        f"{name.replace('_', ' ')}: {shown(kinds[name], value, 'en', places=places, root='', things=things)}"
        for name, value in kept.items()
        if name in kinds
        and value not in {None, ""}
        and kinds[name] != "link"
        and (kinds[name] != "place" or value in places)
    ]
    return " ".join([how, *(f"{value}." for value in values)])


async def _links(uow: Uow, subject: Subject) -> list[SubjectItem]:
    if not subject.records:
        return []
    rows = await uow.execute(LINKS, {"records": list(subject.records)})
    return [
        SubjectItem(
            f"link:{row.id}",
            "Messages about your home",
            f"{moment(row.created_at)}, {row.purpose.replace('_', ' ')}",
            f"Used {moment(row.used_at)}" if row.used_at else "Not used",
            "a member of staff" if row.person_id else "",
        )
        for row in rows
    ]


async def _colleague(uow: Uow, subject: Subject) -> list[SubjectItem]:
    items = await _messages(uow, person=subject.id)
    asked = (await uow.execute(ASKED, {"person": subject.id})).scalar_one()
    if asked:
        items.append(SubjectItem("asked:messages", "Your work", "Messages to others that you asked for", str(asked)))
    told = (await uow.execute(TOLD, {"person": subject.id})).one()
    if told.told:
        said = f"{told.told}, from {moment(told.first)} to {moment(told.last)}"
        items.append(SubjectItem("told:notifications", "Your work", "Notifications of what waited for you", said))
    if told.how:
        how = told.how.replace("_", " ")
        items.append(SubjectItem("told:choice", "Your work", "E-mails about notifications, as you chose", how))
    return items


SUBJECT_DATA: Final = SubjectData(find, describe, collect)
