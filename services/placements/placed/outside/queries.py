"""Reads of placements outside Careshare: lists, one whole, and what they cost by month and kind."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.workdays import LONDON
from services.placements import clocks, steps
from services.placements.placed import rules
from services.placements.placed.codes import recipients
from services.placements.placed.model import NoticeNow, Plan
from services.placements.placed.outside.model import (
    MonthCost,
    OutsidePlacementRecord,
    OutsidePlacementRow,
    Priced,
)
from services.placements.placed.rules import NoticeFacts
from services.placements.queries import today
from tenants.recharges.model import Basis, Rate
from tenants.recharges.rules import charges, month_of, next_month

LIVE: Final = ("planned", "ready", "started", "ending")
OVER: Final = ("ended", "cancelled")
SCHOOL_FROM: Final = 4
"""The age from which somebody is told for a school or a nursery class."""

COLUMNS: Final = """
select p.*, q.request_id, r.number, c.age, m.gss_code as own_gss,
  c.name, c.known_as, c.reference, c.born, c.sex, c.legal_status, c.school
from placements.outside_placement p
join placements.outside_enquiry q on q.authority_id = p.authority_id and q.id = p.outside_enquiry_id
join placements.request r on r.authority_id = q.authority_id and r.id = q.request_id
join placements.request_child c on c.authority_id = p.authority_id and c.id = p.child_id
join tenants.authority m on m.id = p.authority_id
where p.authority_id = (select careshare.authority())
"""
LIST = text(f"""{COLUMNS}
 and p.stage = any(:stages) and (cast(:enquiry as uuid) is null or p.outside_enquiry_id = cast(:enquiry as uuid))
 and (cast(:after as date) is null or (p.starts, p.id) > (cast(:after as date), cast(:id as uuid)))
order by p.starts, p.id limit :limit
""")
ONE = text(f"{COLUMNS} and p.id = :id")
PRICES = text("""
select outside_placement_id, since, weekly from placements.outside_price
where authority_id = (select careshare.authority()) and outside_placement_id = any(:ids) order by since
""")
NOTICES = text("""
select occasion, recipient, due_at, sent_on, how, not_practicable from placements.outside_notice
where authority_id = (select careshare.authority()) and outside_placement_id = :id
""")
LIVED = text("""
select id, kind, starts, case when stage = 'ended' then ends else greatest(ends, cast(:today as date)) end as ends
from placements.outside_placement
where authority_id = (select careshare.authority()) and started_at is not null
  and starts < :until and (ends is null or ends > :since or stage <> 'ended')
order by starts, id
""")
ARCHIVE = text("""
select cast(archive as text) from placements.outside_placement
where authority_id = (select careshare.authority()) and id = :id
""")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A placement outside as its authority works on it."""

    id: UUID
    outside_enquiry_id: UUID
    request_id: UUID
    stage: str
    kind: str
    emergency: bool
    route: str
    area_gss: str
    own_gss: str
    age: int
    born: date | None
    approved_at: datetime | None
    signed_on: date | None
    starts: date
    ends: date | None
    started_at: datetime | None


async def listed(
    uow: Uow,
    *,
    stages: Sequence[str] = LIVE,
    outside_enquiry_id: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[OutsidePlacementRow]:
    """Placements outside, the first to begin first."""
    given: dict[str, Any] = {"stages": list(stages), "enquiry": outside_enquiry_id, "limit": limit}
    given |= {"after": after[0] if after else None, "id": after[1] if after else None}
    return [
        OutsidePlacementRow(**_some(row, OutsidePlacementRow)) for row in (await uow.execute(LIST, given)).mappings()
    ]


async def found(uow: Uow, outside_placement_id: UUID) -> Found:
    """One to work on. Raises NotFound."""
    return Found(**_some(await _row(uow, outside_placement_id), Found))


async def one(uow: Uow, outside_placement_id: UUID, *, may_name: bool = False) -> OutsidePlacementRecord:
    """One whole; who the child is and where it lives with `may_name` alone. Raises NotFound."""
    row = await _row(uow, outside_placement_id)
    known = Found(**_some(row, Found))
    notices = await _notices(uow, known)
    names = ("name", "known_as", "reference", "born", "sex", "legal_status", "school")
    child = {name: row[name] for name in names if row[name]} if may_name else None
    if child and "born" in child:
        child["born"] = child["born"].isoformat()
    where = {name: row[name] for name in ("home", "address", "postcode", "contact")} if may_name else None
    plan = None
    if row["agreed_on"] is not None:
        plan = Plan(agreed_on=row["agreed_on"], signed_on=row["signed_on"], signed_role=row["signed_role"])
    await audit.record(uow, "outside_placement.read", subjects=[known.id], after={"names": may_name})
    kept = ("revision", "route", "area_gss", "approved_at", "approved_role", "started_at", "ended_at", "end_reason")
    return OutsidePlacementRecord(
        **_some(row, OutsidePlacementRow),
        **{name: row[name] for name in kept},
        plan=plan,
        prices=(await _prices(uow, [known.id])).get(known.id, []),
        notices=notices,
        approve_by=approve_by(known),
        lacking=[one.message for one in lacking(known, notices)] if known.stage == "planned" else [],
        child=child,
        home=where,
        allowed=steps.allowed(await steps.rules(uow), "outside_placement", known.stage, {"placing"}),
    )


def expected(known: Found, moment: datetime) -> tuple[list[str], datetime]:
    """Whom the authority tells that the child is placed, and by when: before, or in time after an emergency."""
    told = rules.told_at_start(
        known.kind,
        outside_area=known.area_gss != known.own_gss,
        has_school=known.age >= SCHOOL_FROM,
        day=today(),
    )
    if known.emergency:
        began = moment if known.started_at is None else rules.came_at(known.starts, known.started_at)
        return told, clocks.due("notices_emergency", began).at
    return told, datetime(known.starts.year, known.starts.month, known.starts.day, tzinfo=LONDON)


def approve_by(known: Found) -> datetime | None:
    """By when the home must be approved that an emergency put off (CPPCR reg 11); None where nothing is to approve."""
    if not known.emergency or known.started_at is None or known.route == "none" or known.approved_at is not None:
        return None
    return clocks.due("outside_area_rest", rules.came_at(known.starts, known.started_at)).at


def lacking(known: Found, notices: Sequence[NoticeNow]) -> list[rules.Lack]:
    """What keeps it from being made ready: plan, notices, and the approval by where the home stands."""
    facts = [NoticeFacts(n.recipient, n.sent_on, bool(n.not_practicable)) for n in notices if n.occasion == "start"]
    missing = [known.route] if known.route != "none" and known.approved_at is None else []
    return rules.lacking(
        emergency=known.emergency, plan_signed=known.signed_on is not None, notices=facts, approvals_missing=missing
    )


async def notices_of(uow: Uow, known: Found) -> list[NoticeNow]:
    """Everybody who was told or is to be told."""
    return await _notices(uow, known)


async def archived(uow: Uow, outside_placement_id: UUID) -> dict[str, Any]:
    """The sealed copy made when it ended, on the record. Raises NotFound."""
    body: str | None = (await uow.execute(ARCHIVE, {"id": outside_placement_id})).scalar_one_or_none()
    if body is None:
        raise NotFound
    await audit.record(uow, "outside_placement.archive_opened", subjects=[outside_placement_id])
    return msgspec.json.decode(body, type=dict[str, Any])


async def costs(uow: Uow, since: date, until: date) -> list[MonthCost]:
    """What placements outside cost for the nights from the month of `since` up to that of `until`, by month and kind.

    Nights are priced as those between authorities are (`tenants.recharges.rules`), so that both compare. A child who
    stays beyond the planned day costs until today.
    """
    rows = (await uow.execute(LIVED, {"since": since, "until": until, "today": today()})).all()
    prices = await _prices(uow, [row.id for row in rows])
    # Nobody is charged here: the arithmetic alone is wanted, so that the borrower is anybody.
    lived = [
        (
            row.kind,
            Basis(id=row.id, borrower_id=row.id, starts=row.starts, ends=row.ends, vat_code="", rates=_rates(of)),
        )
        for row in rows
        if (of := prices.get(row.id))
    ]
    found: list[MonthCost] = []
    month = month_of(since)
    while month < until:
        after = next_month(month)
        for kind in sorted({kind for kind, _ in lived}):
            found += _of_month(month, min(after, until), kind, [basis for name, basis in lived if name == kind])
        month = after
    return found


def _of_month(month: date, until: date, kind: str, lived: Iterable[Basis]) -> list[MonthCost]:
    lines = [line for basis in lived for line in charges(basis, month, until)]
    if not lines:
        return []
    return [
        MonthCost(
            month=month,
            kind=kind,
            children=len({line.basis_id for line in lines}),
            nights=sum(line.nights for line in lines),
            cost=sum((line.amount for line in lines), Decimal("0.00")),
        )
    ]


def _rates(prices: Sequence[Priced]) -> tuple[Rate, ...]:
    ends = [*(one.since for one in prices[1:]), None]
    return tuple(Rate(weekly=one.weekly, since=one.since, until=until) for one, until in zip(prices, ends, strict=True))


def _some(row: RowMapping, struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {name: row[name] for name in struct.__struct_fields__}


async def _row(uow: Uow, outside_placement_id: UUID) -> RowMapping:
    row = (await uow.execute(ONE, {"id": outside_placement_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return row


async def _prices(uow: Uow, ids: Sequence[UUID]) -> dict[UUID, list[Priced]]:
    kept: dict[UUID, list[Priced]] = {}
    for row in await uow.execute(PRICES, {"ids": list(ids)}):
        kept.setdefault(row.outside_placement_id, []).append(Priced(since=row.since, weekly=row.weekly))
    return kept


async def _notices(uow: Uow, known: Found) -> list[NoticeNow]:
    rows = [dict(row) for row in (await uow.execute(NOTICES, {"id": known.id})).mappings()]
    if known.stage in {"planned", "ready"}:
        there = {row["recipient"] for row in rows}
        told, due = expected(known, datetime.now(UTC))
        owed = {"occasion": "start", "due_at": due, "sent_on": None, "how": None, "not_practicable": ""}
        rows += [{**owed, "recipient": code} for code in told if code not in there]
    names = recipients()
    order = list(names)
    return [
        NoticeNow(**row, label=names[row["recipient"]].label, contents=names[row["recipient"]].contents)
        for row in sorted(rows, key=lambda row: (row["occasion"] != "start", order.index(row["recipient"])))
    ]
