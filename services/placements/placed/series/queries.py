"""Reads of the stays of a series, for either side, on the record of both."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.workdays import NoBankHolidays, holidays
from services.placements import steps
from services.placements.enquiries.records import Side
from services.placements.placed.found import Placed, find
from services.placements.placed.series import rules
from services.placements.placed.series.model import BreakRow, Series

COLUMNS: Final = """
select b.id, b.placement_id, b.stage, b.starts, b.ends, b.started_at, b.ended_at, b.revision, p.placing_id,
  p.providing_id, careshare.authority() as me
from placements.short_break b join placements.placement p on p.placing_id = b.placing_id and p.id = b.placement_id
"""
PLACING = text(f"""{COLUMNS}
where b.placing_id = (select careshare.authority()) and b.placement_id = :id order by b.starts, b.id
""")
PROVIDING = text(f"""{COLUMNS}
where b.providing_id = (select careshare.authority()) and b.placement_id = :id order by b.starts, b.id
""")
ONE = text(f"{COLUMNS} where b.id = :id")
YEAR: Final = 12
ADDABLE: Final = ("planned", "ready", "started")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One stay as it stands, and its two sides."""

    id: UUID
    placement_id: UUID
    stage: str
    starts: date
    ends: date
    placing_id: UUID
    providing_id: UUID
    me: UUID


async def series(uow: Uow, placement_id: UUID, side: Side | None = None) -> Series:
    """The stays of a placement as one of its sides reads them, on the record of both. Raises NotFound."""
    placed = await find(uow, placement_id, side)
    if side is None:
        side = "placing" if placed.me == placed.placing_id else "providing"
    statement = PLACING if side == "placing" else PROVIDING
    rows = [dict(row) for row in (await uow.execute(statement, {"id": placement_id})).mappings()]
    known = await steps.rules(uow)
    stays = [_row(row, steps.allowed(known, "short_break", row["stage"], {side})) for row in rows]
    days = standing(stays)
    other = placed.providing_id if placed.me == placed.placing_id else placed.placing_id
    await audit.record_shown(
        uow, "short_breaks.read", criteria={}, shown=[Shown(other, placed.agreement_id, [placed.id])]
    )
    return Series(
        stays=stays,
        nights=rules.most_within(days, YEAR),
        most=next(one.days for one in rules.limits() if one.firm),
        beyond=[one.message for one in rules.beyond(days, max((day for day, _ in days), default=date.min))],
        may_add=side == "placing" and addable(placed),
    )


def addable(placed: Placed) -> bool:
    """Whether a stay may be added: of a series that goes on, or as its first one before the child came."""
    return placed.stage in ADDABLE and (placed.series or placed.stage != "started")


async def found(uow: Uow, break_id: UUID) -> Found:
    """One stay of a placement of the bound authority, on either side. Raises NotFound."""
    row = (await uow.execute(ONE, {"id": break_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Found(**{name: row[name] for name in Found.__struct_fields__})


async def one(uow: Uow, break_id: UUID) -> BreakRow:
    """One stay, on the record of both sides. Raises NotFound."""
    known = await found(uow, break_id)
    return next(stay for stay in (await series(uow, known.placement_id)).stays if stay.id == break_id)


async def of(uow: Uow, placement_id: UUID) -> list[BreakRow]:
    """The stays of a placement, for whoever works on it; not on the record."""
    placed = await find(uow, placement_id)
    statement = PLACING if placed.me == placed.placing_id else PROVIDING
    return [_row(dict(row), []) for row in (await uow.execute(statement, {"id": placement_id})).mappings()]


def standing(stays: Sequence[BreakRow]) -> list[tuple[date, date]]:
    """The days of the stays that were or are to be."""
    return [(one.starts, one.ends) for one in stays if one.stage != "cancelled"]


def _row(row: dict[str, Any], allowed: list[str]) -> BreakRow:
    kept = {name: row[name] for name in BreakRow.__struct_fields__ if name in row}
    days = [row["starts"] + timedelta(days=n) for n in range(rules.nights(row["starts"], row["ends"]))]
    return BreakRow(**kept, nights=len(days), bank_holidays=_bank_holidays(days), allowed=allowed)


def _bank_holidays(days: Sequence[date]) -> list[date]:
    """Those of the days; none beyond the years that are known."""
    try:
        known = holidays().days
    except NoBankHolidays:
        return []
    return [day for day in days if day in known]
