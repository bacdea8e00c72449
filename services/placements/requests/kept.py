"""Requests at the end of their time. Those for which somebody was asked stay as long as one's half of the enquiries.

What was asked of agencies and homes outside Careshare goes with the request, and with the last request of a child the
record of when it lived in one home at a time. Those with a placement outside stay as long as it does.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.kept import DueRecord, Kept

DUE = text("""
select r.id, r.number as reference, cast(r.ended_at at time zone 'Europe/London' as date) as began
from placements.request r
where r.authority_id = (select careshare.authority()) and r.ended_at < cast(:before as date) + 1
  and (cast(:ids as uuid[]) is null or r.id = any(cast(:ids as uuid[])))
  and not exists (select from placements.asked a where a.authority_id = r.authority_id and a.request_id = r.id)
  and not exists (select from placements.outside_enquiry q join placements.outside_placement o
    on o.authority_id = q.authority_id and o.outside_enquiry_id = q.id
    where q.authority_id = r.authority_id and q.request_id = r.id)
order by r.ended_at, r.id limit :most
""")
DELETE = text("""
delete from placements.request r
where r.authority_id = (select careshare.authority()) and r.id = any(:ids) and r.ended_at is not null
  and not exists (select from placements.asked a where a.authority_id = r.authority_id and a.request_id = r.id)
  and not exists (select from placements.outside_enquiry q join placements.outside_placement o
    on o.authority_id = q.authority_id and o.outside_enquiry_id = q.id
    where q.authority_id = r.authority_id and q.request_id = r.id)
returning r.id
""")


FORGET_CHILDREN = text("select placements.forget_children()")


async def due(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Requests that ended on a day or before."""
    rows = await uow.execute(DUE, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def delete(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete requests with their children, steps and decisions; searches stay for their own time."""
    gone = list((await uow.execute(DELETE, {"ids": list(ids)})).scalars())
    if gone:
        await uow.execute(FORGET_CHILDREN)
    return gone


KEPT: Final = (Kept("request", due, delete),)
