"""Searches and unmet need at the end of their time; `jobs` deletes them each night."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from careshare.kept import DueRecord, Kept
from services.placements.enquiries import kept as enquiries
from services.placements.requests import kept as requests

SEARCHES = text("""
select s.id, coalesce(s.reference, '') as reference, cast(s.made_at at time zone 'Europe/London' as date) as began
from placements.search s where s.authority_id = (select careshare.authority()) and s.made_at < cast(:before as date) + 1
  and (cast(:ids as uuid[]) is null or s.id = any(cast(:ids as uuid[])))
order by s.made_at, s.id limit :most
""")
NEEDS = text("""
select n.id, coalesce(n.reference, '') as reference, cast(n.closed_at at time zone 'Europe/London' as date) as began
from placements.unmet_need n
where n.authority_id = (select careshare.authority()) and n.closed_at < cast(:before as date) + 1
  and (cast(:ids as uuid[]) is null or n.id = any(cast(:ids as uuid[])))
order by n.closed_at, n.id limit :most
""")


async def due_searches(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Searches made on a day or before."""
    rows = await uow.execute(SEARCHES, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def due_needs(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Unmet need closed on a day or before."""
    rows = await uow.execute(NEEDS, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def nightly(_uow: Uow, _ids: Sequence[UUID]) -> list[UUID]:
    """Both are deleted by their own job."""
    raise Conflict("These are deleted each night without being confirmed.")


KEPT: Final = (
    Kept("search", due_searches, nightly),
    Kept("unmet_need", due_needs, nightly),
    *requests.KEPT,
    *enquiries.KEPT,
)
