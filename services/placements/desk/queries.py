"""Reads of the desk: one statement for everything that waits, one for how long a home takes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Text, bindparam, text

from careshare.database import Uow
from services.placements import clocks

DESK_SQL: Final = (files("services.placements.desk") / "desk.sql").read_text(encoding="utf-8")
DESK: Final = text(DESK_SQL).bindparams(bindparam("roles", type_=ARRAY(Text())))
TAKEN = text("""
select count(*) as homes,
  percentile_cont(0.5) within group (order by extract(epoch from p.started_at - r.opened_at) / 3600) as hours
from placements.placement p
join placements.asked a on a.authority_id = p.placing_id and a.enquiry_id = p.enquiry_id
join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
where p.placing_id = (select careshare.authority()) and p.started_at > clock_timestamp() - interval '90 days'
  and r.opened_at is not null and p.stage in ('started', 'paused', 'ending', 'ended')
""")
MOST: Final = 300
"""Lines of a desk: beyond so many nobody looks."""

NEVER: Final = datetime.max.replace(tzinfo=UTC)

Waits = Literal["us", "them"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that waits: for the bound authority ("us") or for another ("them"). `id` is of what `what` is about.

    `due` is when its clock runs out; null where none runs. Nobody's name is in it.
    """

    waits: Waits
    what: str
    id: UUID
    due: datetime | None
    since: datetime | None
    emergency: bool
    other: str | None
    number: str | None
    person: UUID | None
    code: str | None = None
    """Which consent is waited for, or what has changed, by its code."""


class Taken(msgspec.Struct, frozen=True):
    """How long it took from a request's opening to a child's arrival, over the last 90 days; null where nobody came."""

    homes: int
    median_hours: float | None


class Desk(msgspec.Struct, frozen=True):
    """What waits, the soonest due first, and how long a home takes."""

    waiting: list[Waiting]
    taken: Taken


def _with_clock(one: Waiting) -> Waiting:
    """Give the approval of a home outside, which an emergency put off, its clock of working days (CPPCR reg 11)."""
    if one.what != "outside_approval" or one.since is None:
        return one
    return msgspec.structs.replace(one, due=clocks.due("outside_area_rest", one.since).at)


def _soonest(one: Waiting) -> tuple[bool, datetime, bool, datetime, UUID]:
    """Ours first, the soonest due first, what has no clock last."""
    return one.waits == "them", one.due or NEVER, not one.emergency, one.since or NEVER, one.id


async def desk(uow: Uow, *, mine: bool = False, roles: Sequence[str] | None = None, limit: int = MOST) -> Desk:
    """The bound authority's desk; `mine`: only the caller's own work. Of changes, those for `roles`."""
    given = {"mine": mine, "roles": None if roles is None else list(roles), "limit": limit}
    rows = (await uow.execute(DESK, given)).mappings()
    waiting = sorted((_with_clock(Waiting(**row)) for row in rows), key=_soonest)
    row = (await uow.execute(TAKEN)).one()
    return Desk(waiting, Taken(row.homes, None if row.hours is None else round(float(row.hours), 1)))
