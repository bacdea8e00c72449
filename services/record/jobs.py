"""What the clock does for the record: looks for probing, and deletes what the officer confirmed."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from services.placements import public as placements
from services.record import probing, retention
from services.record.period import key_at, today

LOOK_FOR_PROBING: Final = "record.look_for_probing"
DELETE_CONFIRMED: Final = "record.delete_confirmed"
BACK: Final = 3
"""Windows looked at in each run: a run of searches that a look cut in two is joined by the next."""

MADE = text("""
select e.event_id, e.at, e.actor_id, cast(d.body -> 'criteria' as text) as criteria
from audit.entry e join audit.detail d on d.authority_id = e.authority_id and d.entry_id = e.id
where e.authority_id = (select careshare.authority()) and e.owner_id is null and e.id >= :first
  and e.action = 'placements.search'
""")
SHOWN = text("""
select e.event_id, e.owner_id, e.subjects from audit.entry e
where e.authority_id = (select careshare.authority()) and e.owner_id is not null and e.id >= :first
  and e.action = 'placements.search'
""")
KNOWN = text("""
update record.probe set last_at = greatest(last_at, :last_at), searches = greatest(searches, :searches),
  points = greatest(points, :points),
  subjects = array(select distinct unnest(subjects || cast(:subjects as uuid[])) order by 1)
where authority_id = (select careshare.authority()) and owner_id = :owner_id and actor_id = :actor_id
  and last_at >= :first_at and first_at <= :last_at
returning id
""")
FOUND = text("""
insert into record.probe (authority_id, owner_id, actor_id, first_at, last_at, searches, points, subjects)
values (careshare.authority(), :owner_id, :actor_id, :first_at, :last_at, :searches, :points, :subjects) returning id
""")


class Nothing(msgspec.Struct, frozen=True):
    """The jobs need no more than their authority."""


@jobs.handler(LOOK_FOR_PROBING, Nothing)
async def look_for_probing(uow: Uow, _payload: Nothing) -> None:
    """Flag searches of the bound authority's people that look like probing, to itself and to each owner shown."""
    numbers = probing.limits(today())
    first = key_at(datetime.now(UTC) - BACK * numbers.window)
    shown: dict[UUID, list[tuple[UUID, tuple[UUID, ...]]]] = {}
    for row in await uow.execute(SHOWN, {"first": first}):
        shown.setdefault(row.event_id, []).append((row.owner_id, tuple(row.subjects)))
    made = [
        probing.Search(
            row.at, row.actor_id, placements.asked_of(row.criteria).points, tuple(shown.get(row.event_id, ()))
        )
        for row in await uow.execute(MADE, {"first": first})
    ]
    for flag in probing.flags(made, numbers):
        given = {**msgspec.structs.asdict(flag), "subjects": list(flag.subjects)}
        if (await uow.execute(KNOWN, given)).first() is None:
            probe: UUID = (await uow.execute(FOUND, given)).scalar_one()
            after = {"searches": flag.searches, "points": flag.points}
            await audit.record(uow, "record.probing_found", subjects=[probe], owner_id=flag.owner_id, after=after)


@jobs.handler(DELETE_CONFIRMED, Nothing, timeout=timedelta(minutes=30))
async def delete_confirmed(uow: Uow, _payload: Nothing) -> None:
    """Delete what the officer confirmed, unless it is held or no longer due; each leaves a tombstone in the record."""
    await retention.delete_confirmed(uow)


jobs.schedule("record.probing", LOOK_FOR_PROBING, every=timedelta(minutes=10), purpose="looking for probing")
jobs.schedule("record.deletion", DELETE_CONFIRMED, daily_at=time(2, 20), purpose="deletion at the end of retention")
