"""Reads of enquiries: lists for each side, and one whole, on the record of the authority whose record is shown."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow
from careshare.errors import NotFound
from services.placements import steps
from services.placements.enquiries.records import Attached, EnquiryRecord, EnquiryRow, HoldNow, Line, Side
from services.placements.queries import names

OPEN_STAGES: Final = ("sent", "accepted", "proposed", "matching", "matched", "placed")
CLOSED_STAGES: Final = ("declined", "withdrawn", "lapsed", "cancelled", "ended")
ALL_STAGES: Final = (*OPEN_STAGES, *CLOSED_STAGES)
MOST_OF_A_REQUEST: Final = 200

COLUMNS: Final = """
select e.id, e.offer_id, e.stage, e.kind, e.emergency, e.children, e.starts, e.ends, e.sent_at, e.respond_by,
  e.unconfirmed, case when e.unconfirmed then (select cast(s.body->>'confirm_by' as timestamptz) from placements.step s
    where s.placing_id = e.placing_id and s.enquiry_id = e.id and s.machine = 'enquiry' and s.by_telephone
    order by s.id desc limit 1) end as confirm_by,
  e.placing_id, e.providing_id, e.agreement_id, e.revision, e.moved_at, o.name as other,
  a.request_id, r.number, w.subject_id, w.declined_for, w.assigned_to,
  coalesce(a.assigned_to, r.held_by) as asker, h.until as held_until, f.area_name, v.label,
  cast(p.body->'children' as text) as whom, d.code as reason
from placements.enquiry e
join tenants.authority o on o.id = case when :side = 'placing' then e.providing_id else e.placing_id end
left join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
left join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
left join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
left join placements.hold h on h.placing_id = e.placing_id and h.enquiry_id = e.id and h.stage = 'granted'
left join tenants.offer f on f.id = e.offer_id
left join lateral (select o.label from tenants.offer_own o
  where o.owner_id = e.providing_id and o.subject_id = w.subject_id limit 1) v on true
left join placements.child_profile p on p.authority_id = e.placing_id and p.enquiry_id = e.id
left join lateral (select s.code from placements.step s
  where s.placing_id = e.placing_id and s.enquiry_id = e.id and s.machine = 'enquiry' and s.to_stage = e.stage
  order by s.id desc limit 1) d on e.stage in ('declined', 'withdrawn')
"""
# Lists name their side: each has its own index.
PLACING = text(f"""{COLUMNS} where e.placing_id = (select careshare.authority()) and e.stage = any(:stages)
  and (cast(:request as uuid) is null or a.request_id = cast(:request as uuid))
  and (cast(:after as timestamptz) is null or (e.respond_by, e.id) > (cast(:after as timestamptz), cast(:id as uuid)))
order by e.respond_by, e.id limit :limit
""")
PROVIDING = text(f"""{COLUMNS} where e.providing_id = (select careshare.authority()) and e.stage = any(:stages)
  and (cast(:request as uuid) is null)
  and (cast(:after as timestamptz) is null or (e.respond_by, e.id) > (cast(:after as timestamptz), cast(:id as uuid)))
order by e.respond_by, e.id limit :limit
""")
ONE_PLACING = text(f"{COLUMNS} where e.placing_id = (select careshare.authority()) and e.id = :id")
ONE_PROVIDING = text(f"{COLUMNS} where e.providing_id = (select careshare.authority()) and e.id = :id")
# What row security lets this side read of each level; what is closed is not there.
OPEN = text("""
select cast(p.body as text) as profile, cast(f.body as text) as fuller, cast(i.body as text) as identity,
  cast(h.body as text) as home, cast(m.body as text) as home_identity, g.terms ->> 'title' as agreement
from placements.enquiry e
left join placements.child_profile p on p.authority_id = e.placing_id and p.enquiry_id = e.id
left join placements.child_fuller f on f.authority_id = e.placing_id and f.enquiry_id = e.id
left join placements.child_identity i on i.authority_id = e.placing_id and i.enquiry_id = e.id
left join placements.home_fuller h on h.authority_id = e.providing_id and h.enquiry_id = e.id
left join placements.home_identity m on m.authority_id = e.providing_id and m.enquiry_id = e.id
left join tenants.agreement_version g on g.agreement_id = e.agreement_id and g.version = e.agreement_version
where e.id = :id
""")
THREAD = text("""
select s.at, s.by_id, s.actor_id, s.machine, s.step, s.code, s.by_telephone, s.heard_from, '' as said
from placements.step s where s.enquiry_id = :id
union all
select m.at, m.authority_id, m.written_by, 'message', 'write', '', false, '', m.body
from placements.message m where m.enquiry_id = :id
order by 1
""")
HOLD = text("""
select id, stage, until, asked_at from placements.hold where enquiry_id = :id order by asked_at desc, id desc limit 1
""")
# Row security: one's own, and the other side's while the gate is open that far.
FILES: Final = """
select a.id, a.authority_id = careshare.authority() as ours, a.title, a.level, f.type, f.size, f.state, a.at
from placements.attachment a join files.file f on f.authority_id = a.authority_id and f.id = a.file_id
where (a.level < 4 or cast(:named as boolean))
"""
ATTACHED = text(f"{FILES} and a.enquiry_id = :id order by a.at, a.id")
ONE_ATTACHED = text(f"{FILES} and a.id = :id")
ME = text("select careshare.authority()")
# Both sides see every step of an enquiry, its holds and its placements; none is ever taken away.
VERSION = text("""
select 1 + (select count(*) from placements.step s where s.placing_id = e.placing_id and s.enquiry_id = e.id
  and not (cast(:before_ours as boolean) and s.xmin = pg_current_xact_id()::xid)) as version
from placements.enquiry e where e.id = :id
""")


def _row(row: RowMapping, side: Side) -> dict[str, Any]:
    shared = (
        *("id", "stage", "kind", "emergency", "children", "starts", "ends", "sent_at", "respond_by", "unconfirmed"),
        "confirm_by",
    )
    ours = side == "placing"
    # Row security closes another authority's profile; for one's own home it is as closed to whoever keeps the homes.
    closed = not ours and row["stage"] in CLOSED_STAGES
    children: list[dict[str, Any]] = msgspec.json.decode(row["whom"]) if row["whom"] and not closed else []
    return {
        **{name: row[name] for name in shared},
        "side": side,
        "other_id": row["providing_id"] if ours else row["placing_id"],
        "other": row["other"],
        "offer_id": row["offer_id"],
        "request_id": row["request_id"] if ours else None,
        "number": row["number"] if ours else None,
        "subject_id": None if ours else row["subject_id"],
        "held_until": row["held_until"],
        "reason": row["reason"] or None,
        "place": row["area_name"] if ours else row["label"],
        "ages": [int(child["age"]) for child in children],
        "sexes": [str(child["sex"]) for child in children],
    }


async def listed(
    uow: Uow,
    side: Side,
    *,
    stages: Sequence[str] = OPEN_STAGES,
    request_id: UUID | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[EnquiryRow]:
    """Enquiries of one side, the soonest to be answered first; `request_id` is the placing side's to ask for."""
    given = {
        "side": side,
        "stages": list(stages),
        "request": request_id,
        "after": after[0] if after else None,
        "id": after[1] if after else None,
        "limit": limit,
    }
    statement = PLACING if side == "placing" else PROVIDING
    return [EnquiryRow(**_row(row, side)) for row in (await uow.execute(statement, given)).mappings()]


async def of_request(uow: Uow, request_id: UUID) -> list[EnquiryRow]:
    """The enquiries of a request that are open, or were declined: whoever is among them is not asked once more."""
    stages = [*OPEN_STAGES, "declined"]
    return await listed(uow, "placing", stages=stages, request_id=request_id, limit=MOST_OF_A_REQUEST)


async def attachments(uow: Uow, enquiry_id: UUID, *, may_identify: bool) -> list[Attached]:
    """The files beside an enquiry that its reader may see now, on the record of both sides. Raises NotFound."""
    row, _side = await _found(uow, enquiry_id, None)
    me: UUID = (await uow.execute(ME)).scalar_one()
    found = (await uow.execute(ATTACHED, {"id": enquiry_id, "named": may_identify})).mappings().all()
    await _on_record(uow, row, me)
    return [Attached(**one) for one in found]


async def attachment(uow: Uow, attachment_id: UUID, *, may_identify: bool) -> Attached:
    """How one file beside an enquiry stands. Raises NotFound, also once it is closed to the reader's side."""
    given = {"id": attachment_id, "named": may_identify}
    row = (await uow.execute(ONE_ATTACHED, given)).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Attached(**row)


async def must_be(uow: Uow, enquiry_id: UUID, side: Side | None) -> None:
    """Raises NotFound unless the bound authority is this side of the enquiry; None: either of the two."""
    await _found(uow, enquiry_id, side)


async def version(uow: Uow, enquiry_id: UUID, *, before_ours: bool = False) -> int | None:
    """How many steps were taken of an enquiry, and one: its ETag; None where it is not one of the authority's.

    `before_ours`: without those of this transaction.
    """
    found: int | None = (
        await uow.execute(VERSION, {"id": enquiry_id, "before_ours": before_ours})
    ).scalar_one_or_none()
    return found


async def one(uow: Uow, enquiry_id: UUID, side: Side | None = None, *, may_identify: bool = False) -> EnquiryRecord:
    """An enquiry as one of its sides reads it, on the record of both. Raises NotFound.

    Without `side`: whichever the bound authority is, the placing one where it is both. Who the children and the carers
    are is read only with `may_identify`.
    """
    row, seen_as = await _found(uow, enquiry_id, side)
    me: UUID = (await uow.execute(ME)).scalar_one()
    shown = (await uow.execute(OPEN, {"id": enquiry_id})).mappings().one()
    hold = (await uow.execute(HOLD, {"id": enquiry_id})).mappings().one_or_none()
    lines = (await uow.execute(THREAD, {"id": enquiry_id})).mappings().all()
    attached = (await uow.execute(ATTACHED, {"id": enquiry_id, "named": may_identify})).mappings().all()
    people = [line["actor_id"] for line in lines if line["by_id"] == me]
    worker: UUID | None = row["assigned_to"] if seen_as == "providing" else row["asker"]
    colleagues = await names(uow, [*people, *([worker] if worker else [])])
    allowed = _allowed(await steps.rules(uow), row, hold, seen_as)
    await _on_record(uow, row, me)
    closed = seen_as == "providing" and row["stage"] in CLOSED_STAGES
    return EnquiryRecord(
        **_row(row, seen_as),
        agreement_id=row["agreement_id"],
        agreement=shown["agreement"],
        revision=row["revision"],
        version=1 + sum(line["machine"] != "message" for line in lines),
        profile=None if closed else _body(shown["profile"]),
        fuller=None if closed else _body(shown["fuller"]),
        identity=_body(shown["identity"]) if may_identify and not closed else None,
        home=_body(shown["home"]),
        home_identity=sheltered(_body(shown["home_identity"])) if may_identify else None,
        hold=None if hold is None else HoldNow(**hold),
        thread=[_line(line, me, colleagues) for line in lines],
        attachments=[Attached(**one) for one in attached],
        allowed=allowed,
        declined_for=row["declined_for"] if seen_as == "providing" else None,
        assigned_to_id=worker,
        assigned_to=colleagues.get(worker) if worker else None,
    )


async def _found(uow: Uow, enquiry_id: UUID, side: Side | None) -> tuple[RowMapping, Side]:
    tries: tuple[Side, ...] = ("placing", "providing") if side is None else (side,)
    for each in tries:
        statement = ONE_PLACING if each == "placing" else ONE_PROVIDING
        row = (await uow.execute(statement, {"side": each, "id": enquiry_id})).mappings().one_or_none()
        if row is not None:
            return row, each
    raise NotFound


def _allowed(known: list[steps.Rule], row: RowMapping, hold: RowMapping | None, side: Side) -> list[str]:
    """The steps this side may take now, of the enquiry and of its hold."""
    found = steps.allowed(known, "enquiry", row["stage"], {side})
    if row["respond_by"] > datetime.now(UTC):
        found = [step for step in found if step != "lapse"]
    if not row["unconfirmed"]:
        found = [step for step in found if step != "confirm_answer"]
    if row["stage"] in {"sent", "accepted", "proposed", "matching"}:
        stage = "none" if hold is None else str(hold["stage"])
        if stage == "granted" and hold is not None and hold["until"] <= datetime.now(UTC):
            stage = "lapsed"
        ended = stage in {"lapsed", "ended", "released", "refused"}
        found += steps.allowed(known, "hold", "none" if ended else stage, {side})
    return [step for step in found if step != "lapse" or row["stage"] == "sent"]


def sheltered(home: dict[str, Any] | None) -> dict[str, Any] | None:
    """Who a home is, without its address where that is confidential: the placement's own page opens that, with a
    reason.
    """
    if home is None or not home.get("confidential"):
        return home
    return {name: value for name, value in home.items() if name not in {"address", "postcode"}}


def _body(found: str | None) -> dict[str, Any] | None:
    return None if found is None else msgspec.json.decode(found, type=dict[str, Any])


def _line(line: RowMapping, me: UUID, colleagues: dict[UUID, str]) -> Line:
    ours = line["by_id"] == me
    return Line(
        at=line["at"],
        ours=ours,
        by=colleagues.get(line["actor_id"]) if ours else None,
        machine=line["machine"],
        step=line["step"],
        code=line["code"],
        by_telephone=line["by_telephone"],
        heard_from=line["heard_from"],
        text=line["said"],
    )


async def _on_record(uow: Uow, row: RowMapping, me: UUID) -> None:
    other = row["providing_id"] if me == row["placing_id"] else row["placing_id"]
    shown = [Shown(other, row["agreement_id"], [row["id"]])]
    await audit.record_shown(uow, "enquiry.read", criteria={"stage": row["stage"]}, shown=shown)
