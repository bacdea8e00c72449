"""What the search holds of one child: searches and unmet need under the child's reference, and what was said."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind, together
from careshare.web.filters import moment
from services.placements.enquiries import subjects as enquiries
from services.placements.placed.outside import subjects as outside
from services.placements.requests import subjects as requests

SEARCHES = text("""
select s.id, s.made_at, s.kind, s.reference, cast(s.need as text) as need from placements.search s
where s.authority_id = (select careshare.authority()) and lower(s.reference) = lower(:reference) order by s.id
""")
CALLS = text("""
select c.id, c.at, c.outcome, c.note, a.name as owner from placements.call c
join placements.search s on s.authority_id = c.authority_id and s.id = c.search_id
join tenants.authority a on a.id = c.owner_id
where c.authority_id = (select careshare.authority()) and lower(s.reference) = lower(:reference) order by c.id
""")
NEEDS = text("""
select n.id, n.first_at, n.last_at, n.searches, n.closed_as from placements.unmet_need n
where n.authority_id = (select careshare.authority()) and lower(n.reference) = lower(:reference) order by n.id
""")


MADE = text("""
select (select count(*) from placements.search s
    where s.authority_id = (select careshare.authority()) and s.made_by = :person) as searches,
  (select count(*) from placements.call c
    where c.authority_id = (select careshare.authority()) and c.made_by = :person) as calls
""")


async def find(uow: Uow, who: str) -> list[Subject]:
    """Children of requests, by reference or name. Searches know nobody by name."""
    return await requests.find(uow, who)


async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    """The same child again."""
    return await requests.describe(uow, kind, subject_id)


async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
    """Searches for this child, who is known here by the reference; of a colleague, how many they made."""
    if subject.kind == "colleague":
        return await _searcher(uow, subject)
    if subject.kind != "child":
        return []
    given = {"reference": subject.references[0] if subject.references else None}
    items = [
        SubjectItem(f"search:{row.id}", "Searches for a home", moment(row.made_at), row.need)
        for row in await uow.execute(SEARCHES, given)
    ]
    for row in await uow.execute(CALLS, given):
        said = f"{row.outcome.replace('_', ' ').capitalize()}. {row.note}".strip()
        about = "the foster carers asked"
        items.append(SubjectItem(f"call:{row.id}", "Telephone calls", f"{moment(row.at)}, {row.owner}", said, about))
    for row in await uow.execute(NEEDS, given):
        how = f"Searched for {row.searches} times until {moment(row.last_at)}; {row.closed_as or 'still open'}"
        items.append(SubjectItem(f"need:{row.id}", "Need that no home was found for", moment(row.first_at), how))
    return [*items, *await requests.collect(uow, subject)]


async def _searcher(uow: Uow, subject: Subject) -> list[SubjectItem]:
    made = (await uow.execute(MADE, {"person": subject.id})).one()
    said = (("searches", "Searches you made that are kept", made.searches), ("calls", "Telephone calls", made.calls))
    return [SubjectItem(f"made:{key}", "Your work", name, str(number)) for key, name, number in said if number]


SUBJECT_DATA: Final = together(SubjectData(find, describe, collect), enquiries.SUBJECT_DATA, outside.SUBJECT_DATA)
"""What searches, requests, enquiries and placements hold of one person, for a request for their own data."""
