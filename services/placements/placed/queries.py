"""Reads of placements: lists for either side, and one whole, on the record of the authority whose record is shown."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow
from careshare.errors import NotFound
from services.placements import steps
from services.placements.enquiries.queries import sheltered
from services.placements.enquiries.records import Side
from services.placements.placed import found, home_notices, owed, telling
from services.placements.placed.codes import recipients
from services.placements.placed.model import NoticeNow, PlacementRecord, PlacementRow, Plan

LIVE: Final = ("planned", "ready", "started", "paused", "ending")
OVER: Final = ("ended", "cancelled")

COLUMNS: Final = """
select p.id, p.enquiry_id, p.child_no, p.stage, p.kind, p.emergency, p.starts, p.ends, p.placing_id, p.providing_id,
p.revision, p.series_units is not null as series,
  p.agreement_id, p.agreement_version, p.started_at, p.ended_at, p.end_reason, o.name as other, a.request_id, r.number,
  w.subject_id
from placements.placement p
join tenants.authority o on o.id = case when :side = 'placing' then p.providing_id else p.placing_id end
left join placements.asked a on a.authority_id = p.placing_id and a.enquiry_id = p.enquiry_id
left join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
left join placements.answering w on w.authority_id = p.providing_id and w.enquiry_id = p.enquiry_id
"""
LIST: Final = """
 and p.stage = any(:stages) and (cast(:enquiry as uuid) is null or p.enquiry_id = cast(:enquiry as uuid))
 and (cast(:after as date) is null or (p.starts, p.id) > (cast(:after as date), cast(:id as uuid)))
order by p.starts, p.id limit :limit
"""
PLACING = text(f"{COLUMNS} where p.placing_id = (select careshare.authority()) {LIST}")
PROVIDING = text(f"{COLUMNS} where p.providing_id = (select careshare.authority()) {LIST}")
ONE_PLACING = text(f"{COLUMNS} where p.placing_id = (select careshare.authority()) and p.id = :id")
ONE_PROVIDING = text(f"{COLUMNS} where p.providing_id = (select careshare.authority()) and p.id = :id")
NAMES = text("""
select cast(i.body as text) as child, cast(h.body as text) as home from placements.placement p
left join placements.child_identity i on i.authority_id = p.placing_id and i.enquiry_id = p.enquiry_id
left join placements.home_identity h on h.authority_id = p.providing_id and h.enquiry_id = p.enquiry_id
where p.id = :id
""")
PLAN = text("""
select agreed_on, signed_on, signed_role from placements.plan
where authority_id = (select careshare.authority()) and placement_id = :id
""")
NOTICES = text("""
select occasion, recipient, due_at, sent_on, how, not_practicable from placements.notice
where authority_id = (select careshare.authority()) and placement_id = :id
""")
CONSENTS = text("""
select c.kind, c.state, c.decided_role, c.decided_at, c.by_telephone, c.confirmed_at is not null as confirmed
from placements.consent c where c.enquiry_id = :enquiry order by c.asked_at, c.kind, c.id
""")
PRICE = text("""
select sum(r.weekly) from tenants.charge_basis b
join tenants.charge_rate r on r.lender_id = b.lender_id and r.basis_id = b.id and r.during @> b.starts
where b.placement_id = :id
""")
AGREED = text("""
select g.terms ->> 'title' from placements.placement p
join tenants.agreement_version g on g.agreement_id = p.agreement_id and g.version = p.agreement_version
where p.id = :id
""")
ARCHIVE = text("""
select cast(a.body as text) as body from placements.archive a
join placements.placement p on p.enquiry_id = a.enquiry_id
where a.authority_id = (select careshare.authority()) and p.id = :id
""")


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """A consent of the match that led to a placement: of what kind, given in which role, and when."""

    kind: str
    state: str
    decided_role: str
    decided_at: datetime | None
    by_telephone: bool
    confirmed: bool


def _row(row: RowMapping, side: Side) -> dict[str, Any]:
    ours = side == "placing"
    return {
        **{name: row[name] for name in ("id", "enquiry_id", "stage", "kind", "emergency", "starts", "ends", "other")},
        "side": side,
        "other_id": row["providing_id"] if ours else row["placing_id"],
        "request_id": row["request_id"] if ours else None,
        "number": row["number"] if ours else None,
        "subject_id": None if ours else row["subject_id"],
    }


async def listed(
    uow: Uow,
    side: Side,
    *,
    stages: Sequence[str] = LIVE,
    enquiry_id: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[PlacementRow]:
    """Placements of one side, the first to begin first; `enquiry_id`: those that one enquiry led to."""
    given: dict[str, Any] = {"side": side, "stages": list(stages), "enquiry": enquiry_id, "limit": limit}
    given |= {"after": after[0] if after else None, "id": after[1] if after else None}
    statement = PLACING if side == "placing" else PROVIDING
    return [PlacementRow(**_row(row, side)) for row in (await uow.execute(statement, given)).mappings()]


async def one(
    uow: Uow, placement_id: UUID, side: Side | None = None, *, may_name: bool = False, with_address: bool = False
) -> PlacementRecord:
    """A placement as one of its sides reads it, on the record of both. Who people are with `may_name` alone, a
    confidential address only `with_address`: for whoever may read it and gave a reason. Raises NotFound.
    """
    row, seen_as = await _found(uow, placement_id, side)
    names = (await uow.execute(NAMES, {"id": placement_id})).one()
    ours = seen_as == "placing"
    placed = await found.find(uow, placement_id, seen_as)
    child = msgspec.json.decode(names.child)["children"][row["child_no"] - 1] if names.child and may_name else None
    home = msgspec.json.decode(names.home, type=dict[str, Any]) if names.home and may_name else None
    plan = (await uow.execute(PLAN, {"id": placement_id})).mappings().one_or_none() if ours else None
    await _on_record(uow, row, placed.me, named=may_name)
    return PlacementRecord(
        **_row(row, seen_as),
        **{
            name: row[name]
            for name in ("revision", "series", "agreement_id", "agreement_version", "started_at", "ended_at")
        },
        end_reason=row["end_reason"],
        plan=None if plan is None else Plan(**plan),
        notices=await _notices(uow, placed) if ours else [],
        clocks=await owed.running(uow, placement_id) if ours else [],
        lacking=[one.message for one in await telling.lacking(uow, placed)]
        if ours and row["stage"] == "planned"
        else [],
        home_notices=[] if ours else await home_notices.listed(uow, placement_id),
        child=child,
        home=home if with_address else sheltered(home),
        allowed=steps.allowed(await steps.rules(uow), "placement", row["stage"], {seen_as}),
    )


async def consents(uow: Uow, enquiry_id: UUID) -> list[Agreed]:
    """The consents under which a match was made, as both sides may read them."""
    return [Agreed(**row) for row in (await uow.execute(CONSENTS, {"enquiry": enquiry_id})).mappings()]


async def weekly(uow: Uow, placement_id: UUID) -> Decimal | None:
    """Pounds a week at the start, as both sides may read them; None where nothing is charged or it has not begun."""
    found: Decimal | None = (await uow.execute(PRICE, {"id": placement_id})).scalar_one_or_none()
    return found


async def agreement_title(uow: Uow, placement_id: UUID) -> str | None:
    """What the sharing agreement is called under which it was made; None within one authority."""
    found: str | None = (await uow.execute(AGREED, {"id": placement_id})).scalar_one_or_none()
    return found


async def archived(uow: Uow, placement_id: UUID) -> dict[str, Any]:
    """The bound side's own sealed copy of what it had received, on the record. Raises NotFound."""
    body = (await uow.execute(ARCHIVE, {"id": placement_id})).scalar_one_or_none()
    if body is None:
        raise NotFound
    await audit.record(uow, "placement.archive_opened", subjects=[placement_id])
    found = msgspec.json.decode(body, type=dict[str, Any])
    return {**found, "home": sheltered(found["home"])} if found.get("home") else found


async def _found(uow: Uow, placement_id: UUID, side: Side | None) -> tuple[RowMapping, Side]:
    tries: tuple[Side, ...] = ("placing", "providing") if side is None else (side,)
    for each in tries:
        statement = ONE_PLACING if each == "placing" else ONE_PROVIDING
        row = (await uow.execute(statement, {"side": each, "id": placement_id})).mappings().one_or_none()
        if row is not None:
            return row, each
    raise NotFound


async def _notices(uow: Uow, placed: found.Placed) -> list[NoticeNow]:
    """Everybody who was told or is to be told; before the start also who is not on record yet."""
    rows = [dict(row) for row in (await uow.execute(NOTICES, {"id": placed.id})).mappings()]
    if placed.stage in {"planned", "ready"}:
        listed = {row["recipient"] for row in rows}
        told, due = telling.expected(placed, datetime.now(UTC))
        owed = {"occasion": "start", "due_at": due, "sent_on": None, "how": None, "not_practicable": ""}
        rows += [{**owed, "recipient": code} for code in told if code not in listed]
    known = recipients()
    order = list(known)
    return [
        NoticeNow(**row, label=known[row["recipient"]].label, contents=known[row["recipient"]].contents)
        for row in sorted(rows, key=lambda row: (row["occasion"] != "start", order.index(row["recipient"])))
    ]


async def _on_record(uow: Uow, row: RowMapping, me: UUID, *, named: bool) -> None:
    other = row["providing_id"] if me == row["placing_id"] else row["placing_id"]
    shown = [Shown(other, row["agreement_id"], [row["id"]])]
    await audit.record_shown(uow, "placement.read", criteria={"names": named}, shown=shown)
