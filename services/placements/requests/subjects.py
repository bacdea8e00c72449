"""What requests hold of one child, for a request for their own data."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, RowMapping, text

from careshare.database import Uow
from careshare.kept import Subject, SubjectItem, SubjectKind
from careshare.web.filters import long_date, moment
from services.placements.requests import codes, queries
from services.placements.requests.model import ChildNeed, Identity, RequestNeed
from services.placements.requests.pages import words
from services.placements.requests.records import ChildRecord, RequestRecord

FIND = text("""
select distinct on (coalesce(c.reference_key, cast(c.id as text))) c.id,
  coalesce('Child ' || c.reference, 'Child of request ' || r.number) as label, c.name,
  coalesce(c.reference, r.number) as reference
from placements.request_child c
join placements.request r on r.authority_id = c.authority_id and r.id = c.request_id
where c.authority_id = (select careshare.authority())
  and (c.reference_key = lower(:who) or lower(c.name) = lower(:who) or lower(c.known_as) = lower(:who))
order by coalesce(c.reference_key, cast(c.id as text)), c.id limit 50
""")
DESCRIBE = text("""
select c.id, coalesce('Child ' || c.reference, 'Child of request ' || r.number) as label, c.name,
  coalesce(c.reference, r.number) as reference
from placements.request_child c
join placements.request r on r.authority_id = c.authority_id and r.id = c.request_id
where c.authority_id = (select careshare.authority()) and c.id = :id
""")
THEIRS = text("""
select c.id, c.request_id from placements.request_child c
where c.authority_id = (select careshare.authority()) and (c.id = :id or c.reference_key = lower(:reference))
order by c.id
""")

IDENTITY: Final = (
    *(("reference", "Reference"), ("name", "Name"), ("known_as", "Called"), ("born", "Date of birth")),
    *(("address", "Home address"), ("postcode", "Home postcode"), ("school", "School")),
    *(("school_postcode", "School postcode"), ("legal_since", "Legal status since")),
)
TEXTS: Final = (
    *(("education_note", "Education"), ("health", "Health"), ("about", "What you are like")),
    ("wishes", "Your wishes and feelings"),
)


async def find(uow: Uow, who: str) -> list[Subject]:
    """Children of requests with this reference or exactly this name, each reference once."""
    return [_subject(row) for row in await uow.execute(FIND, {"who": who.strip()})]


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same child again; None for one that is in no request any more."""
    row = (await uow.execute(DESCRIBE, {"id": subject_id})).one_or_none() if kind == "child" else None
    return None if row is None else _subject(row)


def _subject(row: Row[Any]) -> Subject:
    return Subject("child", row.id, row.label, row.name, (row.reference,))


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Every request for this child, who is known by the reference, or by id."""
    if subject.kind != "child":
        return []
    given = {"id": subject.id, "reference": subject.references[0] if subject.references else ""}
    rows: list[RowMapping] = list((await uow.execute(THEIRS, given)).mappings().all())
    items: list[SubjectItem] = []
    for row in rows:
        record = await queries.whole(uow, row["request_id"])
        child = next(one for one in record.children if one.id == row["id"])
        items += _items(record, child)
    return items


Item = Callable[..., SubjectItem]


def _items(record: RequestRecord, child: ChildRecord) -> Iterator[SubjectItem]:
    key, section = f"request:{child.id}", f"Request {record.number}"

    def item(name: str, title: str, value: str, about: str = "") -> SubjectItem:
        return SubjectItem(f"{key}:{name}", section, title, value, about)

    dates = f"{words.KINDS[record.kind]}, from {long_date(record.starts)}"
    yield item("asked", "A home asked for", dates + (f" until {long_date(record.ends)}" if record.ends else ""))
    yield item("who", "Age and sex asked with", f"{child.age}, {dict(words.SEXES)[child.sex]}")
    if child.identity is not None:
        yield from _identity(item, child.identity)
    yield from _need(item, child.need)
    yield from _together(item, record)
    yield from _family(item, record.need)
    for number, step in enumerate(record.steps, 1):
        outcome = words.label("not_placed_outcome", step.outcome)
        said = ". ".join(one for one in (moment(step.at), outcome, step.note) if one)
        yield item(f"step-{number}", words.STEPS[step.step], said)


def _need(item: Item, need: ChildNeed) -> Iterator[SubjectItem]:
    for number, (title, value) in enumerate(words.child_facts(need), 1):
        yield item(f"need-{number}", title, value)
    for risk in need.risks:
        if risk.note:
            yield item(f"risk-{risk.risk}", codes.risk_label(risk.risk), risk.note, "whoever the note tells of")
    for name, title in TEXTS:
        if getattr(need, name):
            yield item(name, title, getattr(need, name))
    if need.wishes_heard_by:
        yield item("wishes_heard_by", "Who heard them", need.wishes_heard_by, "a member of staff")


def _together(item: Item, record: RequestRecord) -> Iterator[SubjectItem]:
    others = "the other children of the request" if len(record.children) > 1 else ""
    for number, (title, value) in enumerate(words.request_facts(record.need), 1):
        yield item(f"all-{number}", title, value, others)
    for name, title in (("keep_away_why", "Why to keep away"), ("background", "Why a home was needed")):
        if getattr(record.need, name):
            yield item(name, title, getattr(record.need, name), "family members and others")
    if record.need.preferred_location:
        yield item("preferred_location", "Preferred location", record.need.preferred_location)


def _family(item: Item, need: RequestNeed) -> Iterator[SubjectItem]:
    for number, one in enumerate(need.considered, 1):
        said = f"{words.label('considered_who', one.relationship)} {one.name}: "
        said += f"{words.label('considered_outcome', one.outcome)}. {one.note}"
        yield item(f"considered-{number}", "Family and friends considered", said.strip(), "the relative or friend")
    for number, circle in enumerate(need.keep_away, 1):
        away = f"{circle.miles:g} miles around {circle.postcode}"
        yield item(f"away-{number}", "Place to keep away from", away, "whoever lives there")
    for number, time in enumerate(need.family_time, 1):
        said = f"{words.label('family_with', time.with_whom)}, {words.label('family_often', time.often)}. {time.note}"
        yield item(f"time-{number}", "Family time", said.strip(), "family members")


def _identity(item: Item, identity: Identity) -> Iterator[SubjectItem]:
    for name, title in IDENTITY:
        value = getattr(identity, name)
        if value:
            yield item(name, title, long_date(value) if hasattr(value, "year") else str(value))
    for name, title in (("ethnicity", "Ethnicity"), ("legal_status", "Legal status")):
        if getattr(identity, name):
            yield item(name, title, words.label(name, getattr(identity, name)))
    if identity.on_file:
        yield item("on_file", "Names on file", ", ".join(identity.on_file), "family, friends and others")
