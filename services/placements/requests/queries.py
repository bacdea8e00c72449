"""Reads of requests: one whole, a list, its searches, and what may be done next. Never another authority's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare.database import Uow
from careshare.errors import NotFound
from careshare.gazetteer import outward_of
from services.placements.clocks import DEFAULT
from services.placements.queries import names
from services.placements.requests import rules
from services.placements.requests.model import ChildNeed, Identity, RequestNeed
from services.placements.requests.records import ChildRecord, RequestRecord, RequestRow, Ruling, StepRecord
from services.placements.settings import own

COLUMNS: Final = """
select r.id, r.number, r.kind, r.stage, r.starts, r.ends, cast(r.need as text) as need, r.version, r.made_at, r.made_by,
  r.held_by, r.opened_at, r.ended_at
from placements.request r where r.authority_id = (select careshare.authority())
"""
WHOLE = text(f"{COLUMNS} and r.id = any(:ids)")
# Standing requests by the day a home is needed, the soonest first.
STANDING = text(f"""{COLUMNS} and r.stage in ('draft', 'open') and r.stage = any(:stages)
  and (cast(:held_by as uuid) is null or r.held_by = cast(:held_by as uuid))
  and (cast(:starts as date) is null or (r.starts, r.id) > (cast(:starts as date), cast(:id as uuid)))
order by r.starts, r.id limit :limit
""")
ENDED = text(f"""{COLUMNS} and r.ended_at is not null and r.stage = any(:stages)
  and (cast(:held_by as uuid) is null or r.held_by = cast(:held_by as uuid))
  and (cast(:ended as timestamptz) is null or (r.ended_at, r.id) < (cast(:ended as timestamptz), cast(:id as uuid)))
order by r.ended_at desc, r.id desc limit :limit
""")
CHILDREN = text("""
select c.id, c.request_id, c.position, c.age, c.sex, cast(c.need as text) as need, c.reference, c.name, c.known_as,
  c.born, c.ethnicity, c.legal_status, c.legal_since, c.address, c.postcode, c.school, c.school_postcode, c.on_file
from placements.request_child c where c.authority_id = (select careshare.authority()) and c.request_id = any(:ids)
order by c.request_id, c.position
""")
STEPS = text("""
select s.request_id, s.step, s.stage, s.next_stage, s.outcome, s.reason, s.note, s.at, s.made_by
from placements.request_step s
where s.authority_id = (select careshare.authority()) and s.request_id = any(:ids) order by s.id
""")
ALLOWED = text("""
select stage, step from placements.step_rule where machine = 'request' and side in ('placing', 'either') order by step
""")
SEARCHES = text("""
select s.id, s.made_at, (select count(*) from placements.call c
  where c.authority_id = s.authority_id and c.search_id = s.id) as calls
from placements.request_search l
join placements.search s on s.authority_id = l.authority_id and s.id = l.search_id
where l.authority_id = (select careshare.authority()) and l.request_id = :id order by s.id desc limit 50
""")
RULINGS = text("""
select r.child_id, r.field, r.digest, r.first, r.last, r.kind, r.why, r.at, r.made_by from placements.request_ruling r
where r.authority_id = (select careshare.authority()) and r.request_id = :id order by r.id
""")

STANDING_STAGES: Final = ("open", "draft")
ENDED_STAGES: Final = ("placed", "not_placed", "withdrawn")

_to_need = msgspec.json.Decoder(RequestNeed)
_to_child_need = msgspec.json.Decoder(ChildNeed)


class RequestSearch(msgspec.Struct, frozen=True):
    """A search made for a request, and how many calls were logged in it."""

    id: UUID
    made_at: datetime
    calls: int


async def whole(uow: Uow, request_id: UUID) -> RequestRecord:
    """A request of the bound authority with who its children are. Raises NotFound."""
    rows = (await uow.execute(WHOLE, {"ids": [request_id]})).mappings().all()
    if not rows:
        raise NotFound
    return (await _records(uow, rows))[0]


def shown(record: RequestRecord, *, may_identify: bool) -> RequestRecord:
    """The request as somebody reads it who may know who the children are, or may not."""
    if may_identify:
        return record
    children = [msgspec.structs.replace(child, identity=None) for child in record.children]
    considered = [msgspec.structs.replace(one, name="") for one in record.need.considered]
    return msgspec.structs.replace(
        record, children=children, need=msgspec.structs.replace(record.need, considered=considered)
    )


async def standing(
    uow: Uow,
    *,
    stages: Sequence[str] = STANDING_STAGES,
    held_by: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[RequestRow]:
    """Requests that are open or being written, the soonest needed first."""
    given: dict[str, Any] = {"stages": list(stages), "held_by": held_by, "limit": limit}
    given |= {"starts": after[0] if after else None, "id": after[1] if after else None}
    return await _rows(uow, (await uow.execute(STANDING, given)).mappings().all())


async def ended(
    uow: Uow,
    *,
    stages: Sequence[str] = ENDED_STAGES,
    held_by: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[RequestRow]:
    """Requests that came to an end, the latest first."""
    given: dict[str, Any] = {"stages": list(stages), "held_by": held_by, "limit": limit}
    given |= {"ended": after[0] if after else None, "id": after[1] if after else None}
    return await _rows(uow, (await uow.execute(ENDED, given)).mappings().all())


async def _rows(uow: Uow, rows: Sequence[RowMapping]) -> list[RequestRow]:
    found = await _records(uow, rows)
    set_here = await own(uow) if any(one.kind == "emergency" for one in found) else DEFAULT
    return [
        RequestRow(
            **{
                name: getattr(one, name)
                for name in ("id", "number", "kind", "stage", "starts", "made_at", "opened_at", "ended_at", "held_by")
            },
            ages=[child.age for child in one.children],
            sexes=[child.sex for child in one.children],
            references=[
                child.identity.reference for child in one.children if child.identity and child.identity.reference
            ],
            lacking=len(rules.lacking(one)),
            due_on=rules.complete_by(one, set_here),
        )
        for one in found
    ]


async def _records(uow: Uow, rows: Sequence[RowMapping]) -> list[RequestRecord]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    children: dict[UUID, list[ChildRecord]] = {one: [] for one in ids}
    for row in (await uow.execute(CHILDREN, {"ids": ids})).mappings():
        children[row["request_id"]].append(_child(row))
    steps = (await uow.execute(STEPS, {"ids": ids})).mappings().all()
    people = await names(
        uow, [row[name] for row in rows for name in ("made_by", "held_by")] + [row["made_by"] for row in steps]
    )
    taken: dict[UUID, list[StepRecord]] = {one: [] for one in ids}
    for row in steps:
        taken[row["request_id"]].append(_step(row, people))
    allowed = await _allowed(uow)
    return [_record(row, children[row["id"]], taken[row["id"]], allowed, people) for row in rows]


async def _allowed(uow: Uow) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in await uow.execute(ALLOWED):
        found.setdefault(row.stage, []).append(row.step)
    return found


def _record(
    row: RowMapping,
    children: list[ChildRecord],
    steps: list[StepRecord],
    allowed: Mapping[str, list[str]],
    people: Mapping[UUID, str],
) -> RequestRecord:
    same = ("id", "number", "kind", "stage", "starts", "ends", "version", "made_at", "opened_at", "ended_at")
    return RequestRecord(
        **{name: row[name] for name in same},
        need=_to_need.decode(row["need"]),
        children=children,
        made_by=people.get(row["made_by"]),
        held_by_id=row["held_by"],
        held_by=people.get(row["held_by"]),
        allowed=allowed.get(row["stage"], []),
        steps=steps,
    )


def _child(row: RowMapping) -> ChildRecord:
    identity = Identity(**{name: row[name] for name in Identity.__struct_fields__})
    return ChildRecord(
        **{name: row[name] for name in ("id", "position", "age", "sex")},
        home_area=outward_of(identity.postcode) if identity.postcode else None,
        need=_to_child_need.decode(row["need"]),
        known=[name for name in Identity.__struct_fields__ if getattr(identity, name)],
        identity=identity,
    )


def _step(row: RowMapping, people: Mapping[UUID, str]) -> StepRecord:
    same = ("step", "stage", "next_stage", "outcome", "reason", "note", "at")
    return StepRecord(**{name: row[name] for name in same}, made_by=people.get(row["made_by"]))


async def searches(uow: Uow, request_id: UUID) -> list[RequestSearch]:
    """The searches made for a request, the latest first; at most fifty."""
    return [RequestSearch(row.id, row.made_at, row.calls) for row in await uow.execute(SEARCHES, {"id": request_id})]


async def rulings(uow: Uow, request_id: UUID) -> list[Ruling]:
    """What authors let stand in the texts of a request, and why."""
    return [Ruling(*row) for row in await uow.execute(RULINGS, {"id": request_id})]


def positions(children: Iterable[ChildRecord]) -> dict[UUID, int]:
    """The place of each child by its id."""
    return {child.id: child.position for child in children}
