"""The homes as a list: an authority keeps dozens at most, so it is one page."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.residential.model import Kind
from services.residential.records import FirstOfAll, HomeRow, StateCounts
from services.residential.rules import Leading, PlaceState, count_states, judgement_fell, leading_counts
from services.residential.standing import read_homes
from tenants.days import LONDON

LIST = text("""
select h.id, h.urn, h.name, h.kind, h.category, h.sector, h.owner_organisation, h.kept_as, h.registration,
  h.confidential, h.age_min, h.age_max, h.sex, h.judgement, h.judged_on, h.staffed_until,
  h.offered_from is not null as offered,
  case when not h.confidential then coalesce(l.name, h.area_gss) end as area,
  (select j.grade from residential.judgement j
    where j.authority_id = h.authority_id and j.home_id = h.id and j.judged_on < h.judged_on
    order by j.judged_on desc limit 1) as before
from residential.home h left join gazetteer.local_authority l on l.gss_code = h.area_gss
where h.authority_id = (select careshare.authority())
  and (cast(:kind as text) is null or h.kind = :kind)
  and (cast(:offered as boolean) is null or (h.offered_from is not null) = :offered)
order by h.name, h.id
""")


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the list; null: not asked. `matchable`: homes with a place that may be matched now, or without."""

    kind: Kind | None = None
    offered: bool | None = None
    matchable: bool | None = None
    state: Leading | None = None


def counted(states: Sequence[PlaceState]) -> tuple[StateCounts, FirstOfAll]:
    """Places in each state, and what they are first of all."""
    counts, first = count_states(states), leading_counts(states)
    return (
        StateCounts(*(getattr(counts, name) for name in StateCounts.__struct_fields__)),
        FirstOfAll(**{str(state): number for state, number in first.items()}),
    )


async def homes(uow: Uow, filters: Filters) -> list[HomeRow]:
    """One's own homes by name, with the true states of their places now."""
    rows = (await uow.execute(LIST, {"kind": filters.kind, "offered": filters.offered})).mappings().all()
    now = datetime.now(LONDON)
    ids: list[UUID] = [row["id"] for row in rows]
    states = {known.home["id"]: known.states(now) for known in await read_homes(uow, ids, now)}
    found = [_row(dict(row), states[row["id"]], now) for row in rows]
    return [
        row
        for row in found
        if (filters.matchable is None or (row.states.matchable > 0) == filters.matchable)
        and (filters.state is None or getattr(row.first_of_all, filters.state) > 0)
    ]


def _row(row: dict[str, Any], states: Sequence[PlaceState], now: datetime) -> HomeRow:
    counts, first = counted(states)
    until: datetime | None = row.pop("staffed_until")
    before: str | None = row.pop("before")
    return HomeRow(
        **row,
        judgement_fell=judgement_fell(before, row["judgement"]),
        states=counts,
        first_of_all=first,
        staffed_until=None if until is None or until <= now else last_day(until),
    )


def last_day(until: datetime) -> date:
    """The last day of a statement that ends at a moment."""
    return (until.astimezone(LONDON) - timedelta(minutes=1)).date()


def totals(rows: Sequence[HomeRow]) -> tuple[StateCounts, FirstOfAll]:
    """The states of all places of these homes together."""
    return (
        StateCounts(*(sum(getattr(row.states, name) for row in rows) for name in StateCounts.__struct_fields__)),
        FirstOfAll(*(sum(getattr(row.first_of_all, name) for row in rows) for name in FirstOfAll.__struct_fields__)),
    )
