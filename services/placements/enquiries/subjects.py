"""What enquiries and placements hold of one person, on either side of them.

A child whose authority asked, by its requests; a child placed here by another authority, by the names that are open
now or stand in the sealed copy; a foster carer of another authority's, by the same; one's own carers, by what was told
of their home; a colleague, by how much they did. What the two sides wrote to each other tells of others, too.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.web.filters import long_date, moment
from services.placements.enquiries.pages.words import KINDS, STAGES
from services.placements.enquiries.queries import sheltered

# Whoever is named in what this authority received: in what is open to it now, and in its sealed copies. The id is the
# same each time it is asked; nobody here has one of their own.
NAMED: Final = """
with received as (
  select i.enquiry_id, 'child' as kind, i.body from placements.child_identity i
    where i.authority_id <> (select careshare.authority())
  union all select i.enquiry_id, 'carer', i.body from placements.home_identity i
    where i.authority_id <> (select careshare.authority())
  union all select a.enquiry_id, 'child', a.body -> 'children' from placements.archive a
    where a.authority_id = (select careshare.authority())
  union all select a.enquiry_id, 'carer', a.body -> 'home' from placements.archive a
    where a.authority_id = (select careshare.authority())),
people as (
  select r.enquiry_id, r.kind, p.n, p.body as person, r.body,
    cast(md5(r.enquiry_id || r.kind || p.n) as uuid) as id
  from received r cross join lateral jsonb_array_elements(case
    when jsonb_typeof(r.body -> case r.kind when 'child' then 'children' else 'carers' end) = 'array'
    then r.body -> case r.kind when 'child' then 'children' else 'carers' end else '[]' end)
    with ordinality as p (body, n))
select distinct on (p.id) p.id, p.enquiry_id, p.kind, p.n, cast(p.person as text) as person,
  cast(p.body as text) as body, p.person ->> 'name' as name, p.person ->> 'reference' as reference, o.name as other,
  e.sent_at
from people p join placements.enquiry e on e.id = p.enquiry_id
join tenants.authority o
  on o.id = case e.placing_id when (select careshare.authority()) then e.providing_id else e.placing_id end
where {which} order by p.id
"""
BY_NAME: Final = """lower(p.person ->> 'name') = lower(:who) or lower(p.person ->> 'known_as') = lower(:who)
  or lower(p.person ->> 'reference') = lower(:who)"""
FIND = text(NAMED.format(which=BY_NAME) + " limit 50")
DESCRIBE = text(NAMED.format(which="p.id = :id and p.kind = :kind"))
# References are each authority's own: by one alone another's child is this one only where nothing says who it is.
SAME: Final = """p.kind = :kind and (p.id = :id or lower(p.person ->> 'reference') = any(cast(:references as text[]))
  and cast(:name as text) in ('', lower(p.person ->> 'name'), lower(p.person ->> 'known_as')))"""
RECEIVED = text(NAMED.format(which=SAME))
# The enquiries of a child's own authority, with what it showed of the child and of all who were asked for together.
OF_CHILD = text("""
select e.id, e.stage, e.kind, e.children, e.sent_at, e.moved_at, o.name as other, e.placing_id = e.providing_id as own,
  array_position(a.children, c.id) as position, cast(p.body as text) as profile, cast(f.body as text) as fuller,
  cast(i.body as text) as identity
from placements.request_child c
join placements.asked a on a.authority_id = c.authority_id and a.request_id = c.request_id and c.id = any(a.children)
join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
join tenants.authority o on o.id = e.providing_id
left join placements.child_profile p on p.authority_id = e.placing_id and p.enquiry_id = e.id
left join placements.child_fuller f on f.authority_id = e.placing_id and f.enquiry_id = e.id
left join placements.child_identity i on i.authority_id = e.placing_id and i.enquiry_id = e.id
where c.authority_id = (select careshare.authority())
  and (c.id = :id or c.reference_key = any(cast(:references as text[])))
order by e.sent_at, e.id
""")
OF_HOMES = text("""
select e.id, e.sent_at, o.name as other, cast(f.body as text) as fuller, cast(i.body as text) as identity
from placements.answering w join placements.enquiry e on e.providing_id = w.authority_id and e.id = w.enquiry_id
join tenants.authority o on o.id = e.placing_id
left join placements.home_fuller f on f.authority_id = e.providing_id and f.enquiry_id = e.id
left join placements.home_identity i on i.authority_id = e.providing_id and i.enquiry_id = e.id
where w.authority_id = (select careshare.authority()) and w.subject_id = any(cast(:records as uuid[]))
  and e.stage not in ('sent', 'lapsed') order by e.sent_at, e.id
""")
MESSAGES = text("select id, at, body from placements.message where enquiry_id = :id order by at, id")
FILES = text("select id, at, title from placements.attachment where enquiry_id = :id order by at, id")
SEALED = text("""
select cast(a.body as text) as body from placements.archive a
where a.authority_id = (select careshare.authority()) and a.enquiry_id = :id
""")
PLACED = text("""
select p.id, p.stage, p.starts, p.ends, p.started_at, g.agreed_on, g.signed_on from placements.placement p
left join placements.plan g on g.authority_id = p.placing_id and g.placement_id = p.id
where p.enquiry_id = :id and p.child_no = :position
""")
NOTICES = text("""
select n.id, n.occasion, n.recipient, n.sent_on from placements.notice n
where n.authority_id = (select careshare.authority()) and n.placement_id = :id order by n.due_at, n.id
""")
MADE = text("""
select
  (select count(*) from placements.asked a
    where a.authority_id = (select careshare.authority()) and a.asked_by = :person) as asked,
  (select count(*) from placements.step s
    where s.by_id = (select careshare.authority()) and s.actor_id = :person) as steps,
  (select count(*) from placements.message m
    where m.authority_id = (select careshare.authority()) and m.written_by = :person) as messages,
  (select count(*) from placements.attachment f
    where f.authority_id = (select careshare.authority()) and f.made_by = :person) as files
""")

SAID: Final = "whoever the message tells of, and staff"
IN_A_FILE: Final = "whoever the file tells of: look at it and give it by hand"
TOGETHER: Final = "the other children of the request"
DONE: Final = (
    *(("asked", "Homes you asked"), ("steps", "Steps you took in enquiries and placements")),
    *(("messages", "Messages you wrote in their threads"), ("files", "Files you put beside them")),
)


async def find(uow: Uow, who: str) -> list[Subject]:
    """Children of others placed here and carers of others' homes, by name or reference."""
    return [_subject(row) for row in (await uow.execute(FIND, {"who": who.strip()})).mappings()]


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same person again."""
    row = (await uow.execute(DESCRIBE, {"id": subject_id, "kind": kind})).mappings().one_or_none()
    return None if row is None else _subject(row)


def _subject(row: RowMapping) -> Subject:
    kind: Literal["child", "carer"] = "child" if row["kind"] == "child" else "carer"
    what = "Child placed with us by" if kind == "child" else "Carer of a home of"
    references = (row["reference"],) if row["reference"] else ()
    return Subject(
        kind, row["id"], f"{what} {row['other']}, asked on {long_date(row['sent_at'])}", row["name"], references
    )


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """What enquiries and placements hold of this person."""
    if subject.kind == "colleague":
        row = (await uow.execute(MADE, {"person": subject.id})).mappings().one()
        return [SubjectItem(f"enquiries:{key}", "Your work", name, str(row[key])) for key, name in DONE if row[key]]
    if subject.kind not in {"child", "carer"}:
        return []
    references = [one.lower() for one in subject.references] if subject.kind == "child" else []
    given = {"id": subject.id, "references": references, "kind": subject.kind, "name": subject.name.lower()}
    found = [item for row in (await uow.execute(RECEIVED, given)).mappings() for item in await _received(uow, row)]
    if subject.kind == "child":
        for row in (await uow.execute(OF_CHILD, given)).mappings():
            found += [item async for item in _asked(uow, row)]
    elif subject.records:
        rows = (await uow.execute(OF_HOMES, {"records": list(subject.records)})).mappings()
        found += [item for row in rows for item in _told_of_home(row)]
    return found


async def _asked(uow: Uow, row: RowMapping) -> AsyncIterator[SubjectItem]:
    """One home that was asked for the child: what it was shown, what was written, and the placement."""
    key, whose = f"enquiry:{row['id']}", "a home of our own" if row["own"] else row["other"]
    section = f"Home asked on {long_date(row['sent_at'])}: {whose}"
    together = TOGETHER if row["children"] > 1 else ""
    outcome = f"{KINDS[row['kind']]}. {STAGES[row['stage']][0]} on {long_date(row['moved_at'])}"
    yield SubjectItem(f"{key}:asked", section, "What became of it", outcome)
    for level, title in (
        ("profile", "Shown when asked"),
        ("fuller", "Shown on acceptance"),
        ("identity", "Shown on the match"),
    ):
        for n, (name, value) in enumerate(_of_child(row[level], row["position"]), 1):
            yield SubjectItem(f"{key}:{level}-{n}", section, f"{title}: {name}", value)
        for n, (name, value) in enumerate(_of_all(row[level]), 1):
            yield SubjectItem(f"{key}:{level}-all-{n}", section, f"{title}: {name}", value, together)
    for item in await _written(uow, key, section, row["id"]):
        yield item
    placed = (await uow.execute(PLACED, {"id": row["id"], "position": row["position"]})).mappings().one_or_none()
    if placed is None:
        return
    until = f" until {long_date(placed['ends'])}" if placed["ends"] else ""
    yield SubjectItem(
        f"{key}:placed",
        section,
        "Placement",
        f"{placed['stage'].capitalize()}, from {long_date(placed['starts'])}{until}",
    )
    if placed["agreed_on"]:
        signed = f", signed on {long_date(placed['signed_on'])}" if placed["signed_on"] else ""
        yield SubjectItem(
            f"{key}:plan", section, "Placement plan", f"Agreed on {long_date(placed['agreed_on'])}{signed}"
        )
    for one in (await uow.execute(NOTICES, {"id": placed["id"]})).mappings():
        sent = f"sent on {long_date(one['sent_on'])}" if one["sent_on"] else "not sent"
        told = f"{_words(one['recipient'])}, of the {one['occasion']}, {sent}"
        yield SubjectItem(f"{key}:notice:{one['id']}", section, "Notice", told)


async def _received(uow: Uow, row: RowMapping) -> list[SubjectItem]:
    """What was received of one person from another authority, with what it wrote."""
    key = f"received:{row['enquiry_id']}:{row['kind']}:{row['n']}"
    section = f"From {row['other']}, asked on {long_date(row['sent_at'])}"
    person = msgspec.json.decode(row["person"], type=dict[str, Any])
    items = [SubjectItem(f"{key}:{n}", section, name, value) for n, (name, value) in enumerate(_flat(person), 1)]
    if row["kind"] == "carer":
        home = sheltered(msgspec.json.decode(row["body"], type=dict[str, Any])) or {}
        about = [
            (name, value)
            for name, value in _flat({k: v for k, v in home.items() if k != "carers"})
            if name != "Confidential"
        ]
        items += [
            SubjectItem(f"{key}:home-{n}", section, f"Home: {name}", value, "others of the household and staff")
            for n, (name, value) in enumerate(about, 1)
        ]
    body = (await uow.execute(SEALED, {"id": row["enquiry_id"]})).scalar_one_or_none()
    sealed = {} if body is None else msgspec.json.decode(body, type=dict[str, Any])
    for name, about_others in (("messages", SAID), ("files", IN_A_FILE)):
        for n, one in enumerate(sealed.get(name) or (), 1):
            said = str(one.get("text") or one.get("title"))
            title = "Message in the sealed copy" if name == "messages" else "File in the sealed copy"
            items.append(SubjectItem(f"{key}:{name}-{n}", section, title, said, about_others))
    return [*items, *await _written(uow, key, section, row["enquiry_id"])]


async def _written(uow: Uow, key: str, section: str, enquiry: UUID) -> list[SubjectItem]:
    """Messages and files beside an enquiry that this authority reads now: its own, and the other side's while open."""
    messages = (await uow.execute(MESSAGES, {"id": enquiry})).mappings()
    files = (await uow.execute(FILES, {"id": enquiry})).mappings()
    return [
        *(
            SubjectItem(f"{key}:message:{m['id']}", section, f"Message, {moment(m['at'])}", m["body"], SAID)
            for m in messages
        ),
        *(
            SubjectItem(f"{key}:file:{f['id']}", section, f"File, {moment(f['at'])}", f["title"], IN_A_FILE)
            for f in files
        ),
    ]


def _told_of_home(row: RowMapping) -> Iterator[SubjectItem]:
    """What another authority was told of the home of somebody of one's own."""
    section = f"Told to {row['other']}, which asked on {long_date(row['sent_at'])}"
    for level, title in (("fuller", "On acceptance"), ("identity", "On the match")):
        if row[level] is None:
            continue
        home = sheltered(msgspec.json.decode(row[level], type=dict[str, Any])) or {}
        for n, (name, value) in enumerate(_flat(home), 1):
            yield SubjectItem(
                f"told:{row['id']}:{level}-{n}", section, f"{title}: {name}", value, "others of the household"
            )


def _of_child(body: str | None, position: int) -> Sequence[tuple[str, str]]:
    """What a snapshot says of the child at this place among those asked for."""
    children: list[dict[str, Any]] = _decoded(body).get("children") or []
    return list(_flat(children[position - 1])) if position <= len(children) else []


def _of_all(body: str | None) -> Sequence[tuple[str, str]]:
    """What it says of all of them together."""
    return list(_flat({name: value for name, value in _decoded(body).items() if name not in {"children", "level"}}))


def _decoded(body: str | None) -> dict[str, Any]:
    return {} if body is None else msgspec.json.decode(body, type=dict[str, Any])


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values of a snapshot in words; what was left empty is left out."""
    for name, value in given.items():
        said = _said(value)
        if said:
            yield _words(name), said


def _said(value: object) -> str:
    match value:
        case None | "" | False:
            return ""
        case True:
            return "Yes"
        case dict():
            known: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]  # JSON that was decoded
            return "; ".join(f"{_words(name)}: {said}" for name, one in known.items() if (said := _said(one)))
        case list():
            several: list[Any] = value  # pyright: ignore[reportUnknownVariableType]  # the same
            return ". ".join(filter(None, (_said(one) for one in several)))
        case str() if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return long_date(date.fromisoformat(value))
        case _:
            return str(value)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


SUBJECT_DATA: Final = SubjectData(find, describe, collect)
"""What enquiries hold of one person."""
