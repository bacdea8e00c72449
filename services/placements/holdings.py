"""What somebody holds of finding homes, for hand-over: standing requests, and searches whose need is unmet, or new."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, Unprocessable
from careshare.service import Held, Holding
from services.placements.requests.actions import give
from services.placements.requests.permissions import CHANGE, READ
from tenants.colleagues import locked_from

LATELY: Final = timedelta(days=14)
"""A search so long ago is open only while its need stands as unmet. Careshare's own choice."""
PERMISSION: Final = "placement:search"

STANDING = text("""
    select r.id, r.number from placements.request r
    where r.authority_id = (select careshare.authority()) and r.held_by = :person and r.stage in ('draft', 'open')
    order by r.number
""")
NUMBERS = text("""
    select r.number from placements.request r
    where r.authority_id = (select careshare.authority()) and r.id = any(:ids) order by r.number
""")
# One request searched several times is one thing to hand over: the latest search of it.
OPEN = text("""
    select distinct on (s.need_key) s.id, s.reference, s.made_at from placements.search s
    where s.authority_id = (select careshare.authority()) and coalesce(s.held_by, s.made_by) = :person
      and (s.made_at > now() - cast(:lately as interval) or exists (select from placements.unmet_need u
        where u.authority_id = s.authority_id and u.need_key = s.need_key and u.closed_at is null))
    order by s.need_key, s.id desc
""")
# Every search of the same need that was the same person's goes along.
GIVE = text("""
    with given as (
      select s.id, s.need_key, coalesce(s.held_by, s.made_by) as holder from placements.search s
      where s.authority_id = (select careshare.authority()) and s.id = any(:ids)),
    moved as (
      update placements.search s set held_by = :person from given g
      where s.authority_id = (select careshare.authority()) and s.need_key = g.need_key
        and coalesce(s.held_by, s.made_by) = g.holder)
    select g.id, g.holder from given g
""")


async def holdings(uow: Uow, person_id: UUID, _name: str) -> list[Holding]:
    """The person's standing requests by number, and open searches, each need once, by reference or day."""
    requests = [
        Held(row.id, f"Request {row.number}", f"/placements/requests/{row.id}")
        for row in await uow.execute(STANDING, {"person": person_id})
    ]
    rows = await uow.execute(OPEN, {"person": person_id, "lately": LATELY})
    held = [
        Held(row.id, row.reference or f"Search of {row.made_at:%d/%m/%Y}", f"/placements/searches/{row.id}")
        for row in rows
    ]
    return [
        Holding("placements.request", "Requests for a home", READ, requests, CHANGE, hand_over_requests),
        Holding("placements.search", "Open searches", PERMISSION, held, PERMISSION, hand_over),
    ]


async def hand_over_requests(uow: Uow, ids: Sequence[UUID], to: UUID) -> None:
    """Make these requests a colleague's work. Raises Unprocessable where one is locked from them, and NotFound."""
    locked = await locked_from(uow, to, ids)
    if locked:
        rows = await uow.execute(NUMBERS, {"ids": list(locked)})
        which = ", ".join(row.number for row in rows)
        raise Unprocessable(f"They cannot hold {which}. Give it to somebody else.")
    for request_id in ids:
        await give(uow, request_id, None, to)


async def hand_over(uow: Uow, ids: Sequence[UUID], to: UUID) -> None:
    """Make these searches a colleague's, with earlier ones of the same need. Raises Conflict if one is gone."""
    rows = (await uow.execute(GIVE, {"ids": list(ids), "person": to})).all()
    if len(rows) < len(set(ids)):
        raise Conflict("Something you selected is not there any more. Look at the list again.")
    before = {str(row.id): row.holder for row in rows}
    after = {"person": to}
    await audit.record(uow, "search.handed_over", subjects=[row.id for row in rows], before=before, after=after)
