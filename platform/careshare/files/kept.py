"""Files that nothing points to, at the end of their time; what a record points to is kept as long as the record."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from careshare.files.actions import DELETE
from careshare.kept import DueRecord, Kept

KEPT_DAYS: Final = 30
"""Long enough to ask what a refused file was."""

DUE = text("""
select f.id, f.type as reference, cast(f.created_at at time zone 'Europe/London' as date) as began
from files.file f
where f.authority_id = (select careshare.authority()) and f.attached_at is null
  and f.created_at < cast(cast(:before as date) + 1 as timestamp) at time zone 'Europe/London'
  and (cast(:ids as uuid[]) is null or f.id = any(cast(:ids as uuid[])))
order by f.created_at, f.id limit :most
""")


async def due_files(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Files that came in on a day or before and that no record points to."""
    rows = await uow.execute(DUE, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def delete_files(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete these files of one's own with their bytes; answers which were there."""
    return list((await uow.execute(DELETE, {"ids": list(ids)})).scalars())


async def nightly(_uow: Uow, _ids: Sequence[UUID]) -> list[UUID]:
    """They are deleted by their own job."""
    raise Conflict("These are deleted each night without being confirmed.")


KEPT: Final = (Kept("file", due_files, nightly),)
