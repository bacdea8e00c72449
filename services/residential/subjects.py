"""What the homes hold of one person: a child who lives or lived there, or a colleague who is a home's manager."""

from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.web.filters import long_date, plural
from tenants.codes import label
from tenants.references import reference_key

FIND = text("""
select distinct on (r.child_key) r.id, r.child_reference from residential.resident r
where r.authority_id = (select careshare.authority()) and r.child_key = :key order by r.child_key, r.id
""")
DESCRIBE = text("""
select r.id, r.child_reference from residential.resident r
where r.authority_id = (select careshare.authority()) and r.id = :id
""")
STAYS = text("""
select r.id, r.child_reference, r.born, r.sex, r.starts, r.ends, r.responsible_gss, r.sibling_group, r.needs,
  h.name, h.urn, h.confidential
from residential.resident r join residential.home h on h.authority_id = r.authority_id and h.id = r.home_id
where r.authority_id = (select careshare.authority()) and r.child_key = any(:keys) order by r.starts, r.id
""")
MANAGED = text("""
select count(*) from residential.home h
where h.authority_id = (select careshare.authority()) and lower(btrim(h.manager_name)) = lower(btrim(:name))
""")
SEXES = {"M": "Male", "F": "Female", "U": "Not known"}


async def find(uow: Uow, who: str) -> list[Subject]:
    """The child with this reference, if they live or lived in a home."""
    rows = await uow.execute(FIND, {"key": reference_key(who)})
    return [_subject(row.id, row.child_reference) for row in rows]


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same child again; None for a child the homes do not know."""
    if kind != "child":
        return None
    row = (await uow.execute(DESCRIBE, {"id": subject_id})).one_or_none()
    return None if row is None else _subject(row.id, row.child_reference)


def _subject(stay_id: UUID, reference: str) -> Subject:
    return Subject("child", stay_id, f"Child {reference}, who lived in a home", "", (reference,))


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Every stay of a child with one of the subject's references; of a colleague how many homes name them."""
    if subject.kind == "colleague":
        count = (await uow.execute(MANAGED, {"name": subject.name})).scalar_one()
        said = plural(count, "home")
        return [SubjectItem("manager:homes", "Your work", "You are the manager of", said)] if count else []
    if subject.kind != "child":
        return []
    items: list[SubjectItem] = []
    for row in await uow.execute(STAYS, {"keys": [reference_key(one) for one in subject.references]}):
        key = f"resident:{row.id}"
        if not items:
            items.append(SubjectItem(f"{key}:reference", "You", "Reference", row.child_reference))
            items.append(SubjectItem(f"{key}:born", "You", "Date of birth", long_date(row.born)))
            items.append(SubjectItem(f"{key}:sex", "You", "Sex", SEXES[row.sex]))
        until = f" to {long_date(row.ends)}" if row.ends else ""
        home = "a home whose address is confidential" if row.confidential else f"{row.name} ({row.urn})"
        items.append(SubjectItem(key, "Homes you lived in", home, f"from {long_date(row.starts)}{until}"))
        if row.needs:
            needs = ", ".join(label("skill", one) for one in row.needs)
            items.append(SubjectItem(f"{key}:needs", "Homes you lived in", "Needs and risks weighed there", needs))
        if row.sibling_group:
            group = SubjectItem(f"{key}:siblings", "Homes you lived in", "Sibling group", row.sibling_group, "siblings")
            items.append(group)
    return items


SUBJECT_DATA = SubjectData(find, describe, collect)
