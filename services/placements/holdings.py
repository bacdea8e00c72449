"""What somebody holds of finding homes, for hand-over: requests and enquiries that stand, searches of unmet need."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, Invalid, NotFound, Unprocessable
from careshare.service import Held, Holding
from services.placements.enquiries import permissions as enquiry
from services.placements.enquiries.actions import assign
from services.placements.enquiries.records import Side
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
# Enquiries that were made somebody's work by name, on either side; what comes with a request goes along with it.
ENQUIRIES = text("""
    select e.id, 'placing' as side, r.number as label from placements.asked a
    join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
    join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
    where a.authority_id = (select careshare.authority()) and a.assigned_to = :person and e.stage = any(:open)
      and (cast(:ids as uuid[]) is null or e.id = any(cast(:ids as uuid[])))
    union all
    select e.id, 'providing', o.name from placements.answering w
    join placements.enquiry e on e.providing_id = w.authority_id and e.id = w.enquiry_id
    join tenants.authority o on o.id = e.placing_id
    where w.authority_id = (select careshare.authority()) and w.assigned_to = :person and e.stage = any(:open)
      and (cast(:ids as uuid[]) is null or e.id = any(cast(:ids as uuid[])))
    order by 2, 3, 1
""")
SIDES = text("""
    select a.assigned_to is not null as placing, w.assigned_to is not null as providing from placements.enquiry e
    left join placements.asked a on a.authority_id = (select careshare.authority()) and a.enquiry_id = e.id
    left join placements.answering w on w.authority_id = (select careshare.authority()) and w.enquiry_id = e.id
    where e.id = :id and (select careshare.authority()) in (e.placing_id, e.providing_id)
""")
OPEN_STAGES: Final = ["sent", "accepted", "proposed", "matching", "matched"]
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
        Holding(
            "placements.enquiry",
            "Enquiries",
            enquiry.READ,
            await _enquiries(uow, person_id),
            enquiry.WRITE,
            hand_over_enquiries,
        ),
        Holding("placements.request", "Requests for a home", READ, requests, CHANGE, hand_over_requests),
        Holding("placements.search", "Open searches", PERMISSION, held, PERMISSION, hand_over),
    ]


async def _enquiries(uow: Uow, person_id: UUID) -> list[Held]:
    rows = await uow.execute(ENQUIRIES, {"person": person_id, "open": OPEN_STAGES, "ids": None})
    return [
        Held(row.id, f"Home asked for {row.label}", f"/placements/enquiries/{row.id}")
        if row.side == "placing"
        else Held(row.id, f"Enquiry of {row.label}", f"/placements/to-answer/{row.id}")
        for row in rows
    ]


async def hand_over_enquiries(uow: Uow, ids: Sequence[UUID], to: UUID) -> None:
    """Make these enquiries a colleague's work, on each side that was somebody's.

    Raises Unprocessable where they may not do such work or one is locked from them, and NotFound.
    """
    for enquiry_id in ids:
        row = (await uow.execute(SIDES, {"id": enquiry_id})).one_or_none()
        if row is None:
            raise NotFound
        sides: dict[Side, bool] = {"placing": row.placing, "providing": row.providing}
        for side, theirs in sides.items():
            if not theirs:
                continue
            try:
                await assign(uow, enquiry_id, side, to)
            except Invalid as refused:
                raise Unprocessable(
                    "They cannot do the work of one of these enquiries. Give it to another."
                ) from refused


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
