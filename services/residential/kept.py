"""What of the homes is deleted at the end of its time: children who lived there, and impact assessments."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import DueRecord, Kept

# A children's home keeps a child's record until the 75th anniversary of birth; only a stay that is over can go.
RESIDENTS = text("""
select r.id, r.child_reference as reference, r.born as began from residential.resident r
where r.authority_id = (select careshare.authority()) and r.born <= :before and r.ends is not null
  and r.ends <= current_date and (cast(:ids as uuid[]) is null or r.id = any(cast(:ids as uuid[])))
order by r.born, r.id limit :most
""")
ASSESSMENTS = text("""
select a.id, h.urn as reference, cast(a.opened_at at time zone 'Europe/London' as date) as began
from residential.assessment a join residential.home h on h.authority_id = a.authority_id and h.id = a.home_id
where a.authority_id = (select careshare.authority()) and a.opened_at < cast(:before as date) + 1
  and (cast(:ids as uuid[]) is null or a.id = any(cast(:ids as uuid[])))
order by a.opened_at, a.id limit :most
""")
DELETE_RESIDENTS = text("""
delete from residential.resident r
where r.authority_id = (select careshare.authority()) and r.id = any(:ids) and r.ends is not null returning r.id
""")
DELETE_ASSESSMENTS = text("""
delete from residential.assessment a
where a.authority_id = (select careshare.authority()) and a.id = any(:ids) returning a.id
""")


async def due_residents(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Stays that are over of children born on a day or before, the oldest first."""
    rows = await uow.execute(RESIDENTS, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def delete_residents(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete stays that are over; their places are long free."""
    return list((await uow.execute(DELETE_RESIDENTS, {"ids": list(ids)})).scalars())


async def due_assessments(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Impact assessments begun on a day or before, the oldest first."""
    rows = await uow.execute(ASSESSMENTS, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def delete_assessments(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete impact assessments."""
    return list((await uow.execute(DELETE_ASSESSMENTS, {"ids": list(ids)})).scalars())


KEPT: Final = (
    Kept("resident", due_residents, delete_residents),
    Kept("impact_assessment", due_assessments, delete_assessments),
)
