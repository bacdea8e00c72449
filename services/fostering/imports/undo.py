"""Taking an import back: what holds it up, and putting the register back as it stood.

An import can be taken back until something else builds on it. A row is held up when its household or stay was changed,
published or used since. Then nothing is taken back, unless whoever asks wants the rest taken back without those rows.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from services.fostering.days import today
from services.fostering.imports.cells import Value
from services.fostering.imports.columns import Kind
from services.fostering.imports.households import side, too_few_places, write_all
from services.fostering.imports.placements import change, occupy, settle, settle_places
from services.fostering.imports.register import load, many_at_once
from services.fostering.imports.stays import EVERY_CHILD, Stay, stay_of
from services.fostering.offers import refresh_offers

APPLIED: Final = text("""
select line, subject_id, outcome, changes, base_version, applied_version from fostering.import_row
where authority_id = (select careshare.authority()) and run_id = :run and applied_at is not null and undone_at is null
order by line
""")
HOUSEHOLDS: Final = text("""
select h.id, h.reference, h.version, h.published_at is not null as published,
  exists (select from fostering.placed_child c
    where c.authority_id = h.authority_id and c.household_id = h.id) as placed,
  exists (select from capacity.unit u join capacity.occupancy o on o.owner_id = u.owner_id and o.unit_id = u.id
    where u.owner_id = h.authority_id and u.pool_id = h.id) as occupied
from fostering.household h
where h.authority_id = (select careshare.authority()) and h.id = any(cast(:ids as uuid[]))
order by h.id for no key update
""")
STAYS: Final = text("""
select c.id, c.household_id, h.reference as household_reference, c.unit_id, c.claim_id, c.child_reference, c.born,
  c.sex, c.responsible_gss, c.sibling_group, c.care_type, c.solo, c.starts, c.ends
from fostering.placed_child c
join fostering.household h on h.authority_id = c.authority_id and h.id = c.household_id
where c.authority_id = (select careshare.authority()) and c.id = any(cast(:ids as uuid[]))
order by c.id for no key update of c
""")
ELSEWHERE: Final = text("""
select c.id, o.child_reference, h.reference as household_reference
from fostering.placed_child c
join fostering.placed_child o on o.authority_id = c.authority_id and o.child_key = c.child_key and o.id <> c.id
  and (o.ends is null or o.ends > c.starts)
join fostering.household h on h.authority_id = o.authority_id and h.id = o.household_id
where c.authority_id = (select careshare.authority()) and c.id = any(cast(:reopened as uuid[]))
  and o.id <> all(cast(:removed as uuid[]))
""")
VACANT: Final = text("""
select s.unit_id from capacity.states(cast(:households as uuid[]), clock_timestamp()) s
join fostering.place p on p.authority_id = (select careshare.authority()) and p.unit_id = s.unit_id
where s.state = 'vacant' or s.state = 'closed' and p.closed_reason = 'solo_placement'
""")

REMOVE: Final = [
    text("""
delete from tenants.offer o using tenants.offer_own n
where o.owner_id = (select careshare.authority()) and n.owner_id = o.owner_id and n.offer_id = o.id
  and n.subject_id = any(:ids)
"""),
    text("delete from fostering.household where authority_id = (select careshare.authority()) and id = any(:ids)"),
    text("""
delete from capacity.unit u where u.owner_id = (select careshare.authority()) and u.pool_id = any(:ids)
  and not exists (select from capacity.occupancy o where o.owner_id = u.owner_id and o.unit_id = u.id)
"""),
]
RELEASE: Final = text("select capacity.release(c) from unnest(cast(:claims as uuid[])) c")
REMOVE_STAYS: Final = text("""
delete from fostering.placed_child where authority_id = (select careshare.authority())
  and id = any(cast(:ids as uuid[]))
""")
UNDONE: Final = text("""
update fostering.import_row set undone_at = clock_timestamp()
where authority_id = (select careshare.authority()) and run_id = :run and line = any(cast(:lines as int[]))
""")
# What an earlier import left of a household stands again, under a new version: it can be taken back in its turn.
STANDS_AGAIN: Final = text("""
with home as (
  select * from unnest(cast(:ids as uuid[]), cast(:base as int[]), cast(:now as int[])) as v (id, base, now)),
again as (
  select id as subject_id, base, now from home
  union all
  select c.id, home.base, home.now from home
  join fostering.placed_child c on c.authority_id = (select careshare.authority()) and c.household_id = home.id)
update fostering.import_row i set applied_version = a.now from again a
where i.authority_id = (select careshare.authority()) and i.subject_id = a.subject_id and i.applied_version = a.base
  and i.run_id <> :run and i.applied_at is not null and i.undone_at is null
""")


class Applied(msgspec.Struct, frozen=True):
    """A row that an import applied."""

    line: int
    subject_id: UUID
    outcome: str
    changes: dict[str, tuple[Value, Value]]
    base_version: int
    applied_version: int


async def applied(uow: Uow, run_id: UUID) -> list[Applied]:
    """The rows of an import that stand."""
    rows = await uow.execute(APPLIED, {"run": run_id})
    return [msgspec.convert(dict(row), Applied) for row in rows.mappings()]


async def held_up(uow: Uow, kind: Kind, rows: Sequence[Applied]) -> dict[int, str]:
    """The lines that cannot be taken back, each with the reason. Locks what the others are about."""
    ids = [row.subject_id for row in rows]
    if kind == "households":
        homes = {home.id: home for home in await uow.execute(HOUSEHOLDS, {"ids": ids})}
        reasons = {row.line: _household_held(row, homes.get(row.subject_id)) for row in rows}
    else:
        stays = {stay.id: stay_of(stay) for stay in await uow.execute(STAYS, {"ids": ids})}
        vacant = set(
            (await uow.execute(VACANT, {"households": [stay.household_id for stay in stays.values()]})).scalars()
        )
        freed = {stay.unit_id for row in rows if row.outcome == "new" and (stay := stays.get(row.subject_id))}
        free = vacant | freed
        reasons = {row.line: _stay_held(row, stays.get(row.subject_id), free) for row in rows}
        removed = {row.line for row in rows if row.outcome == "new" and reasons[row.line] is None}
        elsewhere = await _elsewhere(uow, rows, removed)
        reasons = {row.line: reasons[row.line] or elsewhere.get(row.subject_id) for row in rows}
    return {line: reason for line, reason in reasons.items() if reason is not None}


async def _elsewhere(uow: Uow, rows: Sequence[Applied], removed: Collection[int]) -> dict[UUID, str]:
    """Why stays cannot be opened again: the child lives elsewhere since, where this import did not bring it."""
    await uow.execute(EVERY_CHILD)
    given = {
        "reopened": [row.subject_id for row in rows if row.outcome == "changed" and "ends" in row.changes],
        "removed": [row.subject_id for row in rows if row.line in removed],
    }
    return {
        row.id: f"Child {row.child_reference} has been placed with household {row.household_reference} since."
        for row in await uow.execute(ELSEWHERE, given)
    }


def _household_held(row: Applied, home: Any) -> str | None:
    if home is None:
        return "The household has been deleted since."
    if row.outcome == "new" and home.placed:
        return f"Children have been placed with household {home.reference} since."
    if row.outcome == "new" and home.occupied:
        return f"A place of household {home.reference} is held for a child."
    if row.outcome == "new" and home.published:
        return f"Household {home.reference} has been published since."
    if home.version != row.applied_version:
        return f"Household {home.reference} has been changed since."
    return None


def _stay_held(row: Applied, stay: Stay | None, free: set[UUID | None]) -> str | None:
    if stay is None:
        return "The placement has been deleted since."
    child = stay.child.reference
    if row.outcome == "new" and stay.state["ends"] != row.changes.get("ends", (None, None))[1]:
        return f"The placement of child {child} has been ended since."
    if any(stay.state[name] != now for name, (_, now) in row.changes.items()):
        return f"The placement of child {child} has been changed since."
    if "ends" in row.changes and row.outcome == "changed" and stay.claim_id is None and stay.unit_id not in free:
        return f"Another child has the place that child {child} left."
    return None


async def take_back(uow: Uow, kind: Kind, run_id: UUID, rows: Sequence[Applied]) -> dict[int, str]:
    """Put the register back as it stood before these rows. Returns the lines for which it was too late, with why."""
    held = await (_households if kind == "households" else _stays)(uow, run_id, rows)
    undone = [row for row in rows if row.line not in held]
    await uow.execute(UNDONE, {"run": run_id, "lines": [row.line for row in undone]})
    await audit.record(
        uow,
        "household.import_undone" if kind == "households" else "placed_child.import_undone",
        subjects=[row.subject_id for row in undone],
        criteria={"run": run_id},
        before={str(row.subject_id): side(row.changes, 1) for row in undone},
        after={str(row.subject_id): side(row.changes, 0) for row in undone if row.outcome == "changed"},
    )
    return held


async def _households(uow: Uow, run_id: UUID, rows: Sequence[Applied]) -> dict[int, str]:
    added = [row.subject_id for row in rows if row.outcome == "new"]
    for statement in REMOVE:
        await uow.execute(statement, {"ids": added})
    held: dict[int, str] = {}
    changed = {row.subject_id: row for row in rows if row.outcome == "changed"}
    now = await load(uow, ids=list(changed))
    again: list[tuple[UUID, Mapping[str, Value], Mapping[str, tuple[Value, Value]]]] = []
    for found in now.values():
        row = changed[found.id]
        after = {**found.state, **side(row.changes, 0)}
        faults = too_few_places(after, found)
        if faults:
            held[row.line] = faults[0].message
        else:
            again.append((found.id, after, {name: (new, old) for name, (old, new) in row.changes.items()}))
    versions = await write_all(uow, again)
    await _stand_again(uow, run_id, {found: changed[found] for found in versions}, versions)
    await refresh_offers(uow, added)
    return held


async def _stand_again(uow: Uow, run_id: UUID, was: Mapping[UUID, Applied], now: Mapping[UUID, int]) -> None:
    alone = [household for household, version in now.items() if version == was[household].applied_version + 1]
    given = {
        "ids": alone,
        "base": [was[household].base_version for household in alone],
        "now": [now[household] for household in alone],
        "run": run_id,
    }
    await many_at_once(uow)
    await uow.execute(STANDS_AGAIN, given)


async def _stays(uow: Uow, run_id: UUID, rows: Sequence[Applied]) -> dict[int, str]:
    stays = {stay.id: stay_of(stay) for stay in await uow.execute(STAYS, {"ids": [row.subject_id for row in rows]})}
    added = [stays[row.subject_id] for row in rows if row.outcome == "new"]
    reopened = [row for row in rows if row.outcome == "changed" and "ends" in row.changes]
    giving_up = [*added, *(stays[row.subject_id] for row in reopened)]
    await uow.execute(RELEASE, {"claims": [stay.claim_id for stay in giving_up if stay.claim_id]})
    await uow.execute(REMOVE_STAYS, {"ids": [stay.id for stay in added]})
    await settle_places(uow, {stay.household_id for stay in stays.values()})
    held: dict[int, str] = {}
    for row in reopened:
        stay = stays[row.subject_id]
        claims = await occupy(uow, [(stay.unit_id, max(stay.starts, today()), None)]) if stay.unit_id else [None]
        stay.claim_id = claims[0]
        if stay.claim_id is None:
            held[row.line] = f"Another child has the place that child {stay.child.reference} left."
    changed = [row for row in rows if row.outcome == "changed" and row.line not in held]
    await change(
        uow,
        [
            (stay.id, stay.claim_id, {**stay.state, **side(row.changes, 0)})
            for row in changed
            if (stay := stays[row.subject_id]).id is not None
        ],
    )
    was = {stays[row.subject_id].household_id: row for row in rows}
    await _stand_again(uow, run_id, was, await settle(uow, was))
    return held
