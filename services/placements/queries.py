"""Reads: one run of a search, saved searches, what was said on the telephone, unmet need."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from heapq import nsmallest
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnClause, Row, RowMapping, column, text

from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from services.placements import plans, search
from services.placements.answers import (
    COLUMNS,
    NEAR_MISS,
    PLAN,
    RESULT,
    Call,
    Condition,
    Excluded,
    Found,
    FoundHome,
    Kinds,
    Plan,
    PlanHome,
    Reader,
    Search,
    Seen,
    UnmetNeed,
)
from services.placements.judged import HARD, Asked, Verdict
from services.placements.need import Need, asked, need_key, postcode_fields, wishes
from services.placements.remedies import condition
from services.placements.weights import weights

LONDON: Final = ZoneInfo("Europe/London")

SAVED = text("""
select s.id, s.kind, s.need, s.reference, s.made_at, s.made_by,
  (select count(*) from placements.call c where c.authority_id = s.authority_id and c.search_id = s.id) as calls,
  l.request_id
from placements.search s
left join placements.request_search l on l.authority_id = s.authority_id and l.search_id = s.id
where s.authority_id = (select careshare.authority()) and s.id = :id
""")
RECENT = text("""
select s.id, s.kind, s.need, s.reference, s.made_at, s.made_by,
  (select count(*) from placements.call c where c.authority_id = s.authority_id and c.search_id = s.id) as calls,
  l.request_id
from placements.search s
left join placements.request_search l on l.authority_id = s.authority_id and l.search_id = s.id
where s.authority_id = (select careshare.authority())
  and (cast(:before as uuid) is null or s.id < cast(:before as uuid))
  and (cast(:key as text) is null or s.need_key = cast(:key as text))
order by s.id desc limit :limit
""")
CALLS = text("""
select c.id, c.offer_id, c.outcome, c.children, c.note, c.at, c.made_by from placements.call c
where c.authority_id = (select careshare.authority()) and c.search_id = :search order by c.at desc, c.id desc
""")
UNMET = text("""
select id, reference, need, kinds, first_at, last_at, searches, near_misses, closed_at, closed_as, found_kinds,
  request_id
from placements.unmet_need
where authority_id = (select careshare.authority()) and (cast(:before as uuid) is null or id < cast(:before as uuid))
  and (not cast(:open as boolean) or closed_at is null)
order by id desc limit :limit
""")
COLLEAGUES = text("select person_id, name from identity.colleagues(cast(:people as uuid[]))")

# Its columns are said once, by position, so that SQLAlchemy does not work them out anew for every search.
_columns: list[ColumnClause[Any]] = [column(str(place)) for place in range(COLUMNS)]
_SEARCH: Final = search.SEARCH.columns(*_columns)
_UNMET: Final = tuple(name for name in UnmetNeed.__struct_fields__ if name != "need")

_to_need = msgspec.json.Decoder(Need)


def today() -> date:
    """The date in London now: a day begins there at midnight, whatever the machine's clock says."""
    return datetime.now(LONDON).date()


async def find(
    uow: Uow,
    need: Need,
    *,
    search_id: UUID | None = None,
    only: UUID | None = None,
    after: tuple[float, UUID] | None = None,
    limit: int = search.RESULTS,
    request_id: UUID | None = None,
) -> Found:
    """Judge every home this authority may see for a checked need, in one statement.

    `only` judges one offer, whether it fits or not; NotFound if it is not there or not shared. Raises Invalid naming
    the field of a postcode that the gazetteer does not know.
    """
    _new, found = await _run(uow, need, limit, search_id=search_id, only=only, after=after, request_id=request_id)
    if only is not None and not found.results and not found.near_misses:
        raise NotFound
    return found


async def find_new(uow: Uow, need: Need, kind: str, *, limit: int = search.RESULTS) -> tuple[UUID, Found]:
    """Keep a checked need as a search of the authority and judge every home for it, in the same statement.

    Raises Invalid as `find` does; nothing is then kept.
    """
    kept = msgspec.json.encode(need).decode()
    return await _run(uow, need, limit, keep_as=kind, kept=kept, reference=need.reference)


async def _run(
    uow: Uow,
    need: Need,
    limit: int,
    *,
    only: UUID | None = None,
    after: tuple[float, UUID] | None = None,
    request_id: UUID | None = None,
    **how: Any,
) -> tuple[UUID, Found]:
    day = today()
    wanted = asked(need, day)
    parameters = search.parameters(
        wanted, weights(), day, need_key=need_key(need, request_id), only=only, after=after, limit=limit, **how
    )
    head, *rows = (await uow.execute(_SEARCH, parameters)).all()
    _place, (total, near_total, own_homes, *by_kind), excluded, unknown, unmet_id, search_id, stale = head[
        : search.HEAD
    ]
    if unknown:
        _refuse(need, unknown)
    reader = Reader(wanted, day, stale)
    homes = [reader.home(row) for row in rows if row[0] not in {NEAR_MISS, PLAN}]
    near = [reader.home(row) for row in rows if row[0] == NEAR_MISS]
    group = len(wanted.ages) > 1 and after is None and only is None
    more = len(homes) > limit
    shown = homes[:limit]
    return search_id, Found(
        asked=wanted,
        today=day,
        stale_after_days=stale,
        total=total,
        by_kind=Kinds(*by_kind),
        results=shown,
        after=(shown[-1].score, shown[-1].offer_id) if more else None,
        near_misses_total=near_total,
        near_misses=near,
        plans=_plans(need, wanted, reader, rows, shown) if group else [],
        own_homes=own_homes,
        excluded=_excluded(excluded),
        unmet_need_id=unmet_id,
    )


def _refuse(need: Need, unknown: Sequence[str]) -> None:
    errors = [
        FieldError(field, f"We do not know the postcode {postcode}. Check it, or use one close by")
        for field, postcode in postcode_fields(need)
        if postcode in unknown
    ]
    raise Invalid(errors[0].message, errors=errors)


def _excluded(counts: Sequence[int]) -> list[Excluded]:
    found = [Excluded(name, count) for name, count in zip(HARD, counts, strict=True) if count]
    return sorted(found, key=lambda one: -one.homes)


def _plans(
    need: Need, wanted: Asked, reader: Reader, rows: Sequence[Sequence[Any]], shown: Sequence[FoundHome]
) -> list[Plan]:
    to_home = wanted.home is not None
    whole = [row for row in rows if row[0] == RESULT and not reader.said_no(row)]
    if len(whole) >= plans.MOST:
        # Each of them takes the whole group: the best plans are those that leave least open, and then the nearest.
        rows = nsmallest(plans.MOST, whole, key=lambda row: reader.left_open(row, to_home=to_home))
    found = ((reader.candidate(row, to_home=to_home), row) for row in rows if row[0] != NEAR_MISS)
    candidates = {candidate.offer_id: (candidate, row) for candidate, row in found if candidate is not None}
    group = plans.Group(
        ages=wanted.ages,
        sexes=wanted.sexes,
        siblings=wanted.siblings,
        alongside=wanted.alongside,
        apart=[(pair.first - 1, pair.second - 1) for pair in need.apart],
        wishes=wishes(need),
    )
    best_first = sorted((one for one, _ in candidates.values()), key=lambda one: (-one.score, one.offer_id))
    made = plans.plans(group, best_first)
    used = {part.offer_id for plan in made for part in plan.parts}
    homes = {home.offer_id: home for home in shown}
    homes |= {offer_id: reader.home(candidates[offer_id][1]) for offer_id in used - homes.keys()}
    return [Plan(plan.broken, [_plan_home(homes[part.offer_id], part, wanted) for part in plan.parts]) for plan in made]


def _plan_home(home: FoundHome, part: plans.Part, wanted: Asked) -> PlanHome:
    ages = [wanted.ages[child] for child in part.children]
    owner, area = home.owner.name, home.approval.area_authority
    conditions = [
        Condition(
            name,
            "unknown" if verdict == Verdict.UNKNOWN else "not_met",
            condition(name, verdict, home.notice, ages, owner=owner, area=area),
        )
        for name, verdict in part.conditions
    ]
    return PlanHome(
        children=[child + 1 for child in part.children],
        conditions=conditions,
        **{name: getattr(home, name) for name in Seen.__struct_fields__},
    )


async def saved(uow: Uow, search_id: UUID) -> Search:
    """A search of the bound authority. Raises NotFound."""
    row = (await uow.execute(SAVED, {"id": search_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return (await _searches(uow, [row]))[0]


async def recent(uow: Uow, *, before: UUID | None = None, limit: int = 50, key: str | None = None) -> list[Search]:
    """The authority's searches, newest first; `key` keeps those for one request (`need.need_key`)."""
    rows = (await uow.execute(RECENT, {"before": before, "limit": limit, "key": key})).mappings().all()
    return await _searches(uow, rows)


async def _searches(uow: Uow, rows: Sequence[RowMapping]) -> list[Search]:
    people = await names(uow, (row["made_by"] for row in rows))
    return [
        Search(
            **{name: row[name] for name in ("id", "kind", "reference", "made_at", "calls", "request_id")},
            need=_need(row["need"]),
            made_by=people.get(row["made_by"]),
        )
        for row in rows
    ]


async def calls(uow: Uow, search_id: UUID) -> list[Call]:
    """What was said on the telephone in a search, the latest first."""
    rows = (await uow.execute(CALLS, {"search": search_id})).all()
    people = await names(uow, (row.made_by for row in rows))
    return [call(row, people) for row in rows]


def call(row: Row[Any], people: Mapping[UUID, str]) -> Call:
    """A row of `placements.call`."""
    return Call(row.id, row.offer_id, row.outcome, row.children, row.note, row.at, people.get(row.made_by))


async def unmet_needs(
    uow: Uow, *, before: UUID | None = None, limit: int = 50, open_only: bool = False
) -> list[UnmetNeed]:
    """The authority's unmet need, newest first."""
    rows = (await uow.execute(UNMET, {"before": before, "limit": limit, "open": open_only})).mappings().all()
    return [UnmetNeed(need=_need(row["need"]), **{name: row[name] for name in _UNMET}) for row in rows]


async def names(uow: Uow, people: Iterable[UUID]) -> dict[UUID, str]:
    """Names of colleagues; nobody is asked for when there is nobody to name."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    rows = (await uow.execute(COLLEAGUES, {"people": wanted})).all()
    return {row.person_id: row.name for row in rows}


def _need(stored: object) -> Need:
    """A need as it was kept. The driver hands jsonb over decoded or as text."""
    if isinstance(stored, str | bytes):
        return _to_need.decode(stored)
    return msgspec.convert(stored, Need)
