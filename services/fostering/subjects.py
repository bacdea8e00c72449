"""What the register holds of one person: a carer, somebody else in the household, or a child placed.

An address that is confidential is never among it: the officer adds it by hand, where that is right. A carer's address
is never in what a child is given (facts J4).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.web.filters import long_date, plural

FIND = text("""
select 'carer' as kind, c.id, c.name || ', carer, household ' || h.reference as label, c.name, h.reference,
  h.id as household_id
from fostering.carer c join fostering.household h on h.authority_id = c.authority_id and h.id = c.household_id
where c.authority_id = (select careshare.authority())
  and (lower(c.name) = lower(:who) or h.reference_key = lower(:who))
union all
select 'member', m.id, m.name || ', household ' || h.reference, m.name, h.reference, h.id
from fostering.member m join fostering.household h on h.authority_id = m.authority_id and h.id = m.household_id
where m.authority_id = (select careshare.authority())
  and (lower(m.name) = lower(:who) or h.reference_key = lower(:who))
union all
select 'child', p.id, 'Child ' || p.child_reference, '', p.child_reference, null from (
  select distinct on (p.child_key) p.id, p.child_reference from fostering.placed_child p
  where p.authority_id = (select careshare.authority()) and p.child_key = lower(:who) order by p.child_key, p.id) p
order by 3, 2 limit 50
""")
DESCRIBE = text("""
select c.name || ', carer, household ' || h.reference as label, c.name, h.reference, h.id as household_id
from fostering.carer c join fostering.household h on h.authority_id = c.authority_id and h.id = c.household_id
where c.authority_id = (select careshare.authority()) and c.id = :id and :kind = 'carer'
union all
select m.name || ', household ' || h.reference, m.name, h.reference, h.id
from fostering.member m join fostering.household h on h.authority_id = m.authority_id and h.id = m.household_id
where m.authority_id = (select careshare.authority()) and m.id = :id and :kind = 'member'
union all
select 'Child ' || p.child_reference, '', p.child_reference, null from fostering.placed_child p
where p.authority_id = (select careshare.authority()) and p.id = :id and :kind = 'child'
""")
PERSON = text("""
select 'carer' as kind, c.id, c.household_id, c.name, c.born, c.sex, c.ethnicity, c.religion, c.languages, c.telephone,
  null as relationship
from fostering.carer c where c.authority_id = (select careshare.authority()) and c.household_id = :household
union all
select 'member', m.id, m.household_id, m.name, m.born, m.sex, null, null, null, '', m.relationship
from fostering.member m where m.authority_id = (select careshare.authority()) and m.household_id = :household
order by 1, 2
""")
HOUSEHOLD_OF = text("""
select household_id from fostering.carer where authority_id = (select careshare.authority()) and id = :id
union all
select household_id from fostering.member where authority_id = (select careshare.authority()) and id = :id
""")
HOUSEHOLD = text("""
select h.id, h.reference, h.name, h.address, h.postcode, h.confidential, h.supervising_worker, h.privacy_notice_on,
  h.objection, h.published_at
from fostering.household h where h.authority_id = (select careshare.authority()) and h.id = :household
""")
APPROVALS = text("""
select a.id, a.kind, lower(a.during) as since, upper(a.during) as until, a.places, a.age_min, a.age_max
from fostering.approval a where a.authority_id = (select careshare.authority()) and a.household_id = :household
order by a.during
""")
CHECKS = text("""
select c.id, c.kind, c.done_on, c.due_on from fostering.check c
where c.authority_id = (select careshare.authority()) and c.household_id = :household order by c.due_on, c.kind
""")
SUPERVISED = text("""
select count(*) from fostering.household h where h.authority_id = (select careshare.authority())
  and (h.supervising_person_id = :person
    or h.supervising_person_id is null and lower(btrim(h.supervising_worker)) = lower(btrim(:name)))
""")
STAYS = text("""
select p.id, p.child_reference, p.born, p.sex, p.starts, p.ends, p.care_type, p.responsible_gss, p.sibling_group,
  h.reference, h.name
from fostering.placed_child p join fostering.household h on h.authority_id = p.authority_id and h.id = p.household_id
where p.authority_id = (select careshare.authority()) and (p.household_id = :household or p.child_key = (
  select one.child_key from fostering.placed_child one
  where one.authority_id = (select careshare.authority()) and one.id = :child))
order by p.starts, p.id
""")

OWN: Final = (
    ("name", "Name"),
    ("born", "Date of birth"),
    ("sex", "Sex"),
    ("ethnicity", "Ethnicity"),
    ("religion", "Religion"),
    ("languages", "Languages"),
    ("telephone", "Telephone"),
    ("relationship", "Place in the household"),
)


async def find(uow: Uow, who: str) -> list[Subject]:
    """Who is meant: an exact name of a carer or household member, or a child's or household's reference."""
    rows = await uow.execute(FIND, {"who": who.strip()})
    return [_subject(row.kind, row.id, row) for row in rows]


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same person again; None for somebody who is not in the register any more."""
    row = (await uow.execute(DESCRIBE, {"kind": kind, "id": subject_id})).one_or_none()
    return None if row is None else _subject(kind, subject_id, row)


def _subject(kind: SubjectKind, subject_id: UUID, row: Any) -> Subject:
    records = () if row.household_id is None else (row.household_id,)
    return Subject(kind, subject_id, row.label, row.name, (row.reference,), records)


async def household_of(uow: Uow, person_id: UUID) -> UUID | None:
    """The household of a carer or of somebody else who lives there."""
    found: UUID | None = (await uow.execute(HOUSEHOLD_OF, {"id": person_id})).scalar_one_or_none()
    return found


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Everything the register holds of this person; nothing for somebody who is not in it any more."""
    if subject.kind == "colleague":
        return await _worker(uow, subject)
    if subject.kind == "contact":
        return []
    return await (_child(uow, subject.id) if subject.kind == "child" else _adult(uow, subject.id))


async def _worker(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Of a colleague: how many households name them. Which they are tells of the carers, not of the colleague."""
    count = (await uow.execute(SUPERVISED, {"person": subject.id, "name": subject.name})).scalar_one()
    if not count:
        return []
    name = "You are the supervising social worker of"
    return [SubjectItem("worker:households", "Your work", name, plural(count, "foster household"))]


async def _adult(uow: Uow, person_id: UUID) -> list[SubjectItem]:
    household = await household_of(uow, person_id)
    if household is None:
        return []
    given = {"household": household}
    items: list[SubjectItem] = []
    for person in (await uow.execute(PERSON, given)).mappings():
        row = dict(person)
        if row["id"] == person_id:
            items += _facts(f"person:{row['id']}", "You", row, OWN)
        else:
            items += _facts(f"person:{row['id']}", "Others in the household", row, OWN, about=str(row["name"]))
    home = dict((await uow.execute(HOUSEHOLD, given)).mappings().one())
    named = [("reference", "Reference"), ("name", "Name"), ("privacy_notice_on", "Privacy notice given")]
    named += [("objection", "Objection to sharing"), ("published_at", "Vacancies shared since")]
    if not home["confidential"]:
        named += [("address", "Address"), ("postcode", "Postcode")]
    items += _facts(f"household:{home['id']}", "The household", home, named)
    if home["confidential"]:
        note = "Confidential, and so not in this package. Give it by hand where that is right."
        items.append(SubjectItem(f"household:{home['id']}:address", "The household", "Address", note))
    worker = [("supervising_worker", "Supervising social worker")]
    items += _facts(f"household:{home['id']}", "The household", home, worker, about="a member of staff")
    for term in await uow.execute(APPROVALS, given):
        until = f" to {long_date(term.until)}" if term.until else ""
        terms = f"{term.places} children aged {term.age_min} to {term.age_max}, from {long_date(term.since)}{until}"
        items.append(SubjectItem(f"approval:{term.id}", "Approval", term.kind.capitalize(), terms))
    for check in await uow.execute(CHECKS, given):
        done = f"done {long_date(check.done_on)}, " if check.done_on else ""
        kind = check.kind.replace("_", " ").capitalize()
        said = f"{done}due {long_date(check.due_on)}"
        items.append(SubjectItem(f"check:{check.id}", "Reviews and checks", kind, said))
    for stay in await uow.execute(STAYS, {"household": household, "child": None}):
        said = f"Child {stay.child_reference}, {_stayed(stay)}"
        about = f"child {stay.child_reference}"
        items.append(SubjectItem(f"stay:{stay.id}", "Children placed", "Placement", said, about))
    return items


async def _child(uow: Uow, stay_id: UUID) -> list[SubjectItem]:
    items: list[SubjectItem] = []
    for row in (await uow.execute(STAYS, {"household": None, "child": stay_id})).all():
        key = f"stay:{row.id}"
        if not items:
            items.append(SubjectItem(f"{key}:reference", "You", "Reference", row.child_reference))
            items.append(SubjectItem(f"{key}:born", "You", "Date of birth", long_date(row.born)))
            items.append(SubjectItem(f"{key}:sex", "You", "Sex", row.sex))
        items.append(SubjectItem(key, "Placements", row.care_type.replace("_", " ").capitalize(), _stayed(row)))
        carers = f"{row.name} (household {row.reference})"
        items.append(SubjectItem(f"{key}:carers", "Placements", "Foster carers", carers, "the foster carers"))
        if row.sibling_group:
            group = SubjectItem(f"{key}:siblings", "Placements", "Sibling group", row.sibling_group, "the siblings")
            items.append(group)
    return items


def _stayed(row: Any) -> str:
    return f"from {long_date(row.starts)}" + (f" to {long_date(row.ends)}" if row.ends else "")


def _facts(
    key: str, section: str, row: Mapping[str, Any], named: Iterable[tuple[str, str]], *, about: str = ""
) -> list[SubjectItem]:
    found = ((column, title, _said(row[column])) for column, title in named)
    return [SubjectItem(f"{key}:{column}", section, title, said, about) for column, title, said in found if said]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(value)  # pyright: ignore[reportUnknownArgumentType]  # a text array
    if hasattr(value, "year"):
        return long_date(value)
    return str(value or "").replace("_", " ")


SUBJECT_DATA: Final = SubjectData(find, describe, collect)
