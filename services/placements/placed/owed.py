"""The clocks that run once a child has come in an emergency: the plan, and a stay outside the carer's terms.

Notices have a clock each of their own (`telling`), what was put off of the match its consents.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from services.placements import clocks
from services.placements.placed.found import Placed
from services.placements.placed.model import ClockNow
from services.placements.placed.rules import came_at

OUTSIDE: Final = "outside_terms"
PLAN: Final = "plan_not_before"

SAID: Final = text("""
select exists (select from placements.step where placement_id = :id and step = 'start' and body ? 'outside_terms')
""")
SIGNED: Final = text("""
select exists (select from placements.plan
  where authority_id = (select careshare.authority()) and placement_id = :id and signed_on is not null)
""")
OPEN: Final = text("""
insert into placements.clock (authority_id, placement_id, code, started_at, due_at, met_at)
values (careshare.authority(), :id, :code, :started, :due, :met) on conflict do nothing
""")
MET: Final = text("""
update placements.clock set met_at = clock_timestamp()
where authority_id = (select careshare.authority()) and placement_id = :id and met_at is null
  and (cast(:code as text) is null or code = :code)
""")
ALL: Final = text("""
select code, started_at, due_at, met_at from placements.clock
where authority_id = (select careshare.authority()) and placement_id = :id order by due_at, code
""")


async def open_clocks(uow: Uow, placed: Placed) -> None:
    """On the placing side, once the child has come in an emergency: what is owed now, by when. Said twice, once."""
    if placed.me != placed.placing_id or not placed.emergency or placed.started_at is None:
        return
    signed = bool((await uow.execute(SIGNED, {"id": placed.id})).scalar_one())
    outside = bool((await uow.execute(SAID, {"id": placed.id})).scalar_one())
    for code, met in ((PLAN, datetime.now(UTC) if signed else None), (OUTSIDE, None)):
        if code == PLAN or outside:
            began = came_at(placed.starts, placed.started_at)
            row = {"id": placed.id, "code": code, "started": began, "due": clocks.due(code, began).at, "met": met}
            await uow.execute(OPEN, row)


async def met(uow: Uow, placement_id: UUID, code: str | None = None) -> None:
    """A clock is met, or all of a placement that is over."""
    await uow.execute(MET, {"id": placement_id, "code": code})


async def running(uow: Uow, placement_id: UUID) -> list[ClockNow]:
    """The clocks of a placement that the bound authority has, the soonest due first."""
    labels = {one.code: one for one in clocks.clocks()}
    return [
        ClockNow(
            code=row.code,
            label=labels[row.code].label,
            source=labels[row.code].source,
            started_at=row.started_at,
            due_at=row.due_at,
            met_at=row.met_at,
        )
        for row in (await uow.execute(ALL, {"id": placement_id})).all()
    ]
