"""What placements outside Careshare hold of one child, for a request for their own data."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.web.filters import long_date, moment

THEIRS = text("""
select p.id, p.provider, p.home, p.address, p.postcode, p.starts, p.ends, p.stage, p.end_reason, p.agreed_on,
  p.approved_at, r.number
from placements.outside_placement p
join placements.request_child c on c.authority_id = p.authority_id and c.id = p.child_id
join placements.request r on r.authority_id = c.authority_id and r.id = c.request_id
where p.authority_id = (select careshare.authority()) and (c.id = :id or c.reference_key = lower(:reference))
order by p.starts, p.id
""")
TOLD = text("""
select id, recipient, occasion, sent_on, not_practicable from placements.outside_notice
where authority_id = (select careshare.authority()) and outside_placement_id = :id order by id
""")


async def find(_uow: Uow, _who: str) -> list[Subject]:
    """Nobody beyond the children of requests, who are found there."""
    return []


async def describe(_uow: Uow, _kind: SubjectKind, _subject_id: UUID) -> Subject | None:
    """The same."""
    return None


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Every placement outside of this child, who is known by the reference, or by id."""
    if subject.kind != "child":
        return []
    given = {"id": subject.id, "reference": subject.references[0] if subject.references else ""}
    items: list[SubjectItem] = []
    for row in (await uow.execute(THEIRS, given)).all():
        key, section = f"outside:{row.id}", f"Placement outside Careshare, request {row.number}"
        lived = f"{row.provider}, from {long_date(row.starts)}"
        lived += f" until {long_date(row.ends)}" if row.ends else ""
        where = ", ".join(one for one in (row.home, row.address, row.postcode) if one)
        items.append(SubjectItem(f"{key}:lived", section, "Placed with", lived))
        items.append(SubjectItem(f"{key}:home", section, "The home", where, "the carers or the home"))
        for name, said in (
            ("Placement plan agreed", row.agreed_on and long_date(row.agreed_on)),
            ("Home approved", row.approved_at and moment(row.approved_at)),
            ("Why it ended", row.end_reason),
        ):
            if said:
                items.append(SubjectItem(f"{key}:{name}", section, name, said))
        for told in (await uow.execute(TOLD, {"id": row.id})).all():
            said = long_date(told.sent_on) if told.sent_on else told.not_practicable or "Not yet"
            name = f"Told: {told.recipient.replace('_', ' ')}, {told.occasion}"
            items.append(SubjectItem(f"{key}:told-{told.id}", section, name, said))
    return items


SUBJECT_DATA: Final = SubjectData(find, describe, collect)
