"""The register of personal data breaches (UK GDPR Articles 33 and 34): what happened, whom to tell, decisions.

The clock runs 72 hours from when the breach was found. A step is added, never changed; how a breach stands follows from
its steps.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from services.record.model import Viewer
from services.record.period import LONDON, USUAL, bounds
from services.record.queries import names, owners, viewers

CLOCK: Final = timedelta(hours=72)
"""UK GDPR Article 33(1): not later than 72 hours after having become aware of it."""

Kind = Literal[
    "note", "ico_told", "ico_not_needed", "partner_told", "people_told", "people_not_needed", "closed", "reopened"
]
Decision = Literal["undecided", "told", "not_needed"]

BREACHES = text("""
select b.id, b.title, b.what, b.found_at, b.began_at, b.reported_at, b.reported_by
from record.breach b where b.authority_id = (select careshare.authority())
  and (cast(:id as uuid) is null or b.id = cast(:id as uuid))
order by b.id desc limit 500
""")
STEPS = text("""
select s.id, s.breach_id, s.kind, s.partner_id, a.name as partner, s.reason, s.at, s.made_by
from record.breach_step s left join tenants.authority a on a.id = s.partner_id
where s.authority_id = (select careshare.authority()) and s.breach_id = any(:breaches) order by s.id
""")
REPORT = text("""
insert into record.breach (authority_id, title, what, found_at, began_at)
values (careshare.authority(), :title, :what, :found_at, :began_at) returning id
""")
LOCK = text("select id from record.breach where authority_id = (select careshare.authority()) and id = :id")
STEP = text("""
insert into record.breach_step (authority_id, breach_id, kind, partner_id, reason)
values (careshare.authority(), :breach, :kind, :partner, :reason) returning id
""")


class Step(msgspec.Struct, frozen=True):
    """What was done or decided, and why."""

    id: UUID
    kind: Kind
    partner_id: UUID | None
    partner: str | None
    reason: str
    at: datetime
    made_by: str | None


class Breach(msgspec.Struct, frozen=True):
    """A breach as it stands. `deadline` is when the 72 hours are over."""

    id: UUID
    title: str
    what: str
    found_at: datetime
    began_at: datetime | None
    reported_at: datetime
    reported_by: str | None
    deadline: datetime
    ico: Decision
    people: Decision
    closed: bool
    steps: list[Step]

    def hours_left(self, now: datetime) -> int:
        """Whole hours until the deadline, rounded down; below 0 once it has passed."""
        return int((self.deadline - now).total_seconds() // 3600)

    def overdue(self, now: datetime) -> bool:
        """Whether the time is over and it is still not decided whether to tell the Commissioner."""
        return self.ico == "undecided" and now > self.deadline


class Partners(msgspec.Struct, frozen=True):
    """Whom it may concern, from the record: who saw ours and whose we saw while the breach lasted."""

    saw_ours: list[Viewer]
    we_saw: list[Viewer]


async def breaches(uow: Uow, breach_id: UUID | None = None) -> list[Breach]:
    """The register, newest first; at most five hundred."""
    rows = (await uow.execute(BREACHES, {"id": breach_id})).mappings().all()
    steps = (await uow.execute(STEPS, {"breaches": [row["id"] for row in rows]})).mappings().all()
    people = await names(uow, [row["reported_by"] for row in rows] + [step["made_by"] for step in steps])
    by_breach: dict[UUID, list[Step]] = {}
    for step in steps:
        made = {name: step[name] for name in ("id", "kind", "partner_id", "partner", "reason", "at")}
        by_breach.setdefault(step["breach_id"], []).append(Step(**made, made_by=people.get(step["made_by"])))
    return [_breach(dict(row), by_breach.get(row["id"], []), people) for row in rows]


async def breach(uow: Uow, breach_id: UUID) -> Breach:
    """One breach. Raises NotFound."""
    found = await breaches(uow, breach_id)
    if not found:
        raise NotFound
    return found[0]


async def partners(uow: Uow, one: Breach) -> Partners:
    """Computed from the record: from when it began (or thirty days before it was found) until it was found."""
    until = one.found_at.astimezone(LONDON).date()
    since = one.began_at.astimezone(LONDON).date() if one.began_at else until - USUAL
    period = bounds(since, until)
    return Partners(await viewers(uow, period), await owners(uow, period))


async def report(uow: Uow, *, title: str, what: str, found_at: datetime, began_at: datetime | None = None) -> UUID:
    """Put a breach on the register; its clock runs from `found_at`. Raises Invalid."""
    errors: list[FieldError] = []
    if found_at > datetime.now(UTC):
        errors.append(FieldError("found_at", "When it was found must be in the past"))
    if began_at is not None and began_at > found_at:
        errors.append(FieldError("began_at", "When it began must be before it was found"))
    if errors:
        raise Invalid(errors=errors)
    given = {"title": title, "what": what, "found_at": found_at, "began_at": began_at}
    made: UUID = (await uow.execute(REPORT, given)).scalar_one()
    await audit.record(uow, "breach.reported", subjects=[made], after={"found_at": found_at})
    return made


async def take_step(uow: Uow, breach_id: UUID, kind: Kind, reason: str, partner_id: UUID | None = None) -> UUID:
    """Add a step. Raises NotFound, Invalid, and Conflict where the breach does not stand so that it can be taken."""
    one = await breach(uow, breach_id)
    if (kind == "partner_told") != (partner_id is not None):
        raise Invalid(errors=[FieldError("partner_id", "Select the authority that was told")])
    if one.closed and kind != "reopened":
        raise Conflict("This breach is closed. Reopen it first.")
    if kind == "reopened" and not one.closed:
        raise Conflict("This breach is open.")
    if kind == "closed" and "undecided" in {one.ico, one.people}:
        raise Conflict(
            "Before closing it, decide whether to tell the Information Commissioner and the people concerned."
        )
    given = {"breach": breach_id, "kind": kind, "partner": partner_id, "reason": reason}
    made: UUID = (await uow.execute(STEP, given)).scalar_one()
    await audit.record(uow, f"breach.{kind}", subjects=[breach_id, made], after={"partner": partner_id})
    return made


def _breach(row: Mapping[str, Any], steps: list[Step], people: Mapping[UUID, str]) -> Breach:
    kept = {name: row[name] for name in ("id", "title", "what", "found_at", "began_at", "reported_at")}
    ends = [step.kind for step in steps if step.kind in {"closed", "reopened"}]
    return msgspec.convert(
        {
            **kept,
            "reported_by": people.get(row["reported_by"]),
            "deadline": row["found_at"] + CLOCK,
            "ico": _decided(steps, "ico"),
            "people": _decided(steps, "people"),
            "closed": bool(ends) and ends[-1] == "closed",
            "steps": steps,
        },
        Breach,
    )


def _decided(steps: list[Step], whom: str) -> Decision:
    kinds = [step.kind for step in steps]
    if f"{whom}_told" in kinds:
        return "told"
    return "not_needed" if f"{whom}_not_needed" in kinds else "undecided"
