"""Enquiries and placements at the end of their time, here and outside Careshare, and what others asked of us.

Two authorities keep one record. Each deletes its own half when its own officer confirms it: what it wrote, disclosed,
decided, planned and received, its files and its sealed copy; from then on it reads nothing of what the two share. The
other side loses nothing by it. Whoever is last takes the shared rows away (migrations 0053b).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.files.kept import delete_files
from careshare.kept import DueRecord, Kept

CLOSED: Final = ("declined", "withdrawn", "lapsed", "cancelled")
"""Stages in which an enquiry ends that led to no placement."""
ENDED: Final = ("ended",)

DUE = text("""
select e.id, cast(e.moved_at at time zone 'Europe/London' as date) as began,
  coalesce(r.number || ', asked ', 'asked of us ') || to_char(e.sent_at at time zone 'Europe/London', 'YYYY-MM-DD')
    as reference
from placements.enquiry e
left join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
left join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
where e.stage = any(cast(:stages as text[])) and e.moved_at < cast(cast(:before as date) + 1 as timestamp)
    at time zone 'Europe/London'
  and (cast(:ids as uuid[]) is null or e.id = any(cast(:ids as uuid[])))
order by e.moved_at, e.id limit :most
""")
FORGET = text("select enquiry_id, file_ids from placements.forget_enquiries(cast(:ids as uuid[]))")
ASKED_OF_US = text("""
select k.id, k.kind as reference, cast(k.asked_at at time zone 'Europe/London' as date) as began
from placements.consent_asked k
where k.decider_id = (select careshare.authority()) and k.state <> 'wanted'
  and k.asked_at < cast(cast(:before as date) + 1 as timestamp) at time zone 'Europe/London'
  and (cast(:ids as uuid[]) is null or k.id = any(cast(:ids as uuid[])))
order by k.asked_at, k.id limit :most
""")
OUTSIDE = text("""
select o.id, coalesce(r.number, '') as reference, x.began
from placements.outside_placement o
join placements.outside_enquiry q on q.authority_id = o.authority_id and q.id = o.outside_enquiry_id
join placements.request r on r.authority_id = q.authority_id and r.id = q.request_id
cross join lateral (
  select max(s.at) as at from placements.outside_step s
  where s.authority_id = o.authority_id and s.outside_placement_id = o.id) l
cross join lateral (
  select cast(coalesce(o.ended_at, l.at, o.at) at time zone 'Europe/London' as date) as began) x
where o.authority_id = (select careshare.authority()) and o.stage in ('ended', 'cancelled') and x.began <= :before
  and (cast(:ids as uuid[]) is null or o.id = any(cast(:ids as uuid[])))
order by x.began, o.id limit :most
""")
FORGET_OUTSIDE = text("select unnest(placements.forget_outside(cast(:ids as uuid[])))")
FORGET_ASKED = text("select unnest(placements.forget_consents(cast(:ids as uuid[])))")


async def due_enquiries(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Enquiries that led to no placement and closed on a day or before."""
    return await _due(uow, CLOSED, before, most, ids)


async def due_placements(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Enquiries that led to a placement, whose last child left on a day or before."""
    return await _due(uow, ENDED, before, most, ids)


async def _due(uow: Uow, stages: Sequence[str], before: date, most: int, ids: Sequence[UUID] | None) -> list[DueRecord]:
    given = {"stages": list(stages), "before": before, "most": most, "ids": None if ids is None else list(ids)}
    return [DueRecord(row.id, row.reference, row.began) for row in await uow.execute(DUE, given)]


async def forget(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete the bound authority's half of these, with its files and their bytes; what is held or not over stays."""
    rows = (await uow.execute(FORGET, {"ids": list(ids)})).all()
    files = [file for row in rows for file in row.file_ids]
    if files:
        await delete_files(uow, files)
    return [row.enquiry_id for row in rows]


async def due_consents(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """What others asked of the bound authority on a day or before and nobody waits for any more."""
    rows = await uow.execute(ASKED_OF_US, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def forget_consents(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete what was asked and the bound authority's answers."""
    return list((await uow.execute(FORGET_ASKED, {"ids": list(ids)})).scalars())


async def due_outside(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Placements outside Careshare that were over on a day or before."""
    rows = await uow.execute(OUTSIDE, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def forget_outside(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete placements outside Careshare that are over, with their prices, notices and steps."""
    return list((await uow.execute(FORGET_OUTSIDE, {"ids": list(ids)})).scalars())


KEPT: Final = (
    Kept("enquiry", due_enquiries, forget),
    Kept("placement", due_placements, forget),
    Kept("outside_placement", due_outside, forget_outside),
    Kept("consent", due_consents, forget_consents),
)
