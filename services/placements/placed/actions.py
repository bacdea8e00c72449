"""What people do with a placement: plan, notices, ready, start, vary, pause, end. Each in one transaction, on the
record.
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from careshare.workdays import LONDON
from services.placements import clocks, steps
from services.placements.placed import rules
from services.placements.placed.codes import reasons
from services.placements.placed.model import Cancel, End, Notice, Plan, Start, Vary
from services.placements.placed.rules import NoticeFacts
from services.placements.providers import PROVIDERS
from services.placements.queries import today
from services.residential.public import weekly_price
from tenants.places import ChildToPlace
from tenants.recharges.actions import close_basis, open_basis
from tenants.recharges.model import Kind, Opening, Rate

ONE: Final = """
select p.id, p.enquiry_id, p.child_no, p.claim_id, p.stage, p.kind, p.emergency, p.starts, p.ends, p.placing_id,
  p.providing_id,
  p.agreement_id, p.agreement_version, p.started_at, careshare.authority() as me, m.gss_code as placing_gss,
  w.subject_id,
  cast(i.body as text) as identity, cast(f.body as text) as profile, cast(h.body as text) as home
from placements.placement p
join tenants.authority m on m.id = p.placing_id
left join placements.answering w on w.authority_id = p.providing_id and w.enquiry_id = p.enquiry_id
left join placements.child_identity i on i.authority_id = p.placing_id and i.enquiry_id = p.enquiry_id
left join placements.child_profile f on f.authority_id = p.placing_id and f.enquiry_id = p.enquiry_id
left join placements.home_fuller h on h.authority_id = p.providing_id and h.enquiry_id = p.enquiry_id
"""
PLACING = text(f"{ONE} where p.placing_id = (select careshare.authority()) and p.id = :id")
PROVIDING = text(f"{ONE} where p.providing_id = (select careshare.authority()) and p.id = :id")
PLAN = text("""
insert into placements.plan (authority_id, placement_id, agreed_on, signed_on, signed_role)
values (careshare.authority(), :id, :agreed_on, :signed_on, :signed_role)
on conflict (authority_id, placement_id) do update set agreed_on = excluded.agreed_on, signed_on = excluded.signed_on,
  signed_role = excluded.signed_role, version = plan.version + 1, at = clock_timestamp()
""")
SIGNED = text("""
select signed_on is not null from placements.plan
where authority_id = (select careshare.authority()) and placement_id = :id
""")
OWED = text("""
insert into placements.notice (authority_id, placement_id, occasion, recipient, due_at)
select careshare.authority(), :id, :occasion, unnest(cast(:recipients as text[])), :due
on conflict on constraint notice_once do nothing
""")
NOTICES = text("""
select recipient, sent_on, not_practicable <> '' as not_practicable from placements.notice
where authority_id = (select careshare.authority()) and placement_id = :id and occasion = :occasion
""")
GIVEN = text("""
update placements.notice set sent_on = :sent_on, how = :how, not_practicable = :why,
  sent_by = case when cast(:sent_on as date) is not null then careshare.actor() end,
  said_by = case when :why <> '' then careshare.actor() end
where authority_id = (select careshare.authority()) and placement_id = :id and occasion = :occasion
  and recipient = :recipient returning id
""")
EXEMPTED = text("""
select exists (select from placements.consent where enquiry_id = :id and kind = 'exemption' and state = 'given')
""")
BASIS = text(
    "select id from tenants.charge_basis where placement_id = :id and lender_id = (select careshare.authority())"
)

SCHOOL_FROM: Final = 4
"""The age from which somebody is told for a school or a nursery class."""


class Placed(msgspec.Struct, frozen=True):
    """A placement as one side works on it; what is closed to it is null."""

    id: UUID
    enquiry_id: UUID
    child_no: int
    claim_id: UUID
    stage: str
    kind: str
    emergency: bool
    starts: date
    ends: date | None
    placing_id: UUID
    providing_id: UUID
    agreement_id: UUID | None
    agreement_version: int | None
    started_at: datetime | None
    me: UUID
    placing_gss: str
    subject_id: UUID | None
    identity: str | None
    profile: str | None
    home: str | None

    @property
    def child(self) -> dict[str, Any]:
        """Who the child is, while that is open. Raises Conflict."""
        if self.identity is None:
            raise Conflict("Who the child is is not open to you.")
        known: dict[str, Any] = msgspec.json.decode(self.identity)["children"][self.child_no - 1]
        return known

    @property
    def asked(self) -> dict[str, Any]:
        """The profile of the request, while that is open."""
        return msgspec.json.decode(self.profile, type=dict[str, Any]) if self.profile else {}

    @property
    def outside_area(self) -> bool:
        """Whether the home stands in another authority's area than the placing one's."""
        home = msgspec.json.decode(self.home, type=dict[str, Any]) if self.home else {}
        return home.get("area_gss") != self.placing_gss


async def find(uow: Uow, placement_id: UUID, side: str | None = None) -> Placed:
    """A placement of the bound authority on one side, the placing one first. Raises NotFound."""
    for each, statement in (("placing", PLACING), ("providing", PROVIDING)):
        if side in {None, each}:
            row = (await uow.execute(statement, {"id": placement_id})).mappings().one_or_none()
            if row is not None:
                return Placed(**row)
    raise NotFound


async def plan(uow: Uow, placement_id: UUID, given: Plan) -> None:
    """Record the placement plan (CPPCR reg 9). Raises NotFound, Invalid."""
    placed = await find(uow, placement_id, "placing")
    errors: list[FieldError] = []
    if given.agreed_on > today():
        errors.append(FieldError("agreed_on", "The day the plan was agreed must not be in the future"))
    if (given.signed_on is None) != (given.signed_role is None):
        errors.append(FieldError("signed_role", "Give the day it was signed and who signed, or neither"))
    if given.signed_on is not None and not given.agreed_on <= given.signed_on <= today():
        errors.append(FieldError("signed_on", "It is signed on the day it was agreed or later, and not in the future"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    await uow.execute(PLAN, {"id": placement_id, **msgspec.structs.asdict(given)})
    await audit.record(uow, "placement.plan", subjects=[placed.id], after=given)


async def notice(uow: Uow, placement_id: UUID, given: Notice) -> None:
    """Record that somebody was told, or why that was not practicable, with one's own name. Raises NotFound, Invalid."""
    placed = await find(uow, placement_id, "placing")
    why = given.not_practicable.strip()
    if (given.sent_on is None) == (not why):
        message = "Give the day it was sent, or say why it was not practicable"
        raise Invalid(message, errors=[FieldError("sent_on", message)])
    if (given.sent_on is None) != (given.how is None):
        raise Invalid("Say how it was sent", errors=[FieldError("how", "Say how it was sent")])
    if given.sent_on is not None and given.sent_on > today():
        message = "The day it was sent must not be in the future"
        raise Invalid(message, errors=[FieldError("sent_on", message)])
    await owe_notices(uow, placed, given.occasion)
    values = {"id": placement_id, "occasion": given.occasion, "recipient": given.recipient, "why": why}
    row = await uow.execute(GIVEN, {**values, "sent_on": given.sent_on, "how": given.how})
    if row.scalar_one_or_none() is None:
        message = "Nobody of that kind is to be told of this placement"
        raise Invalid(message, errors=[FieldError("recipient", message)])
    after = {"recipient": given.recipient, "occasion": given.occasion, "sent": given.sent_on is not None}
    await audit.record(uow, "placement.notice", subjects=[placed.id], after=after)


async def owe_notices(uow: Uow, placed: Placed, occasion: str, *, now: datetime | None = None) -> None:
    """List whom the placing side must tell and by when; what is listed already stays as it is."""
    moment = now or datetime.now(UTC)
    if occasion == "start":
        told, due = expected(placed, moment)
    else:
        first = [row.recipient for row in await uow.execute(NOTICES, {"id": placed.id, "occasion": "start"})]
        told = rules.told_at_end(first)
        due = clocks.due("ending_notices_at_once", moment).at
    await uow.execute(OWED, {"id": placed.id, "occasion": occasion, "recipients": told, "due": due})


def expected(placed: Placed, moment: datetime) -> tuple[list[str], datetime]:
    """Whom the placing side tells that the child is placed, and by when: before, or in time after an emergency."""
    ages = [int(child["age"]) for child in placed.asked.get("children", [])]
    age = ages[placed.child_no - 1] if len(ages) >= placed.child_no else SCHOOL_FROM
    told = rules.told_at_start(
        placed.kind, outside_area=placed.outside_area, has_school=age >= SCHOOL_FROM, day=today()
    )
    if placed.emergency:
        return told, clocks.due("notices_emergency", placed.started_at or moment).at
    return told, datetime(placed.starts.year, placed.starts.month, placed.starts.day, tzinfo=LONDON)


async def lacking(uow: Uow, placed: Placed) -> list[rules.Lack]:
    """What keeps the placing side's placement from being made ready."""
    signed = bool((await uow.execute(SIGNED, {"id": placed.id})).scalar_one_or_none())
    rows = await uow.execute(NOTICES, {"id": placed.id, "occasion": "start"})
    notices = [NoticeFacts(row.recipient, row.sent_on, row.not_practicable) for row in rows]
    listed = {one.recipient for one in notices}
    told, _ = expected(placed, datetime.now(UTC))
    notices += [NoticeFacts(code, None, not_practicable=False) for code in told if code not in listed]
    return rules.lacking(emergency=placed.emergency, plan_signed=signed, notices=notices, approvals_missing=[])


async def make_ready(uow: Uow, placement_id: UUID) -> None:
    """Say that the child may come: plan signed, everybody told, or it is an emergency, whose clocks then run.

    Raises NotFound, Conflict, and Unprocessable naming each thing that is lacking.
    """
    placed = await find(uow, placement_id, "placing")
    await owe_notices(uow, placed, "start")
    found = await lacking(uow, placed)
    if found:
        errors = [FieldError(one.field, one.message) for one in found]
        raise Unprocessable("Something must be done before the child moves.", errors=errors)
    await _step(uow, placed, "make_ready")


async def start(uow: Uow, placement_id: UUID, given: Start) -> None:
    """The child has come: the register is checked with who the child is, the child entered, charges begin.

    Raises NotFound; Conflict where the placing side has not made it ready; Unprocessable naming what forbids it on that
    day (age, terms, limit, approval); Invalid; NotAvailable.
    """
    placed = await find(uow, placement_id, "providing")
    if placed.subject_id is None:
        raise NotFound
    if given.day > today():
        message = "The day the child came must not be in the future"
        raise Invalid(message, errors=[FieldError("day", message)])
    child = _to_place(placed)
    await _check(uow, placed, child, given.day)
    await _step(uow, placed, "start", body={"day": given.day.isoformat()})
    provider = PROVIDERS[placed.kind]
    await provider.admit(
        uow,
        placed.subject_id,
        placed.claim_id,
        child,
        care_type=_care_type(placed),
        starts=given.day,
        ends=placed.ends,
    )
    if placed.agreement_id is not None and placed.agreement_version is not None:
        await _charge(uow, placed, given)


def _to_place(placed: Placed) -> ChildToPlace:
    known = placed.child
    missing = [name for name in ("reference", "born") if not known.get(name)]
    if missing:
        errors = [FieldError(name, "The placing authority must give this first") for name in missing]
        raise Unprocessable("Who the child is is not complete.", errors=errors)
    return ChildToPlace(
        reference=str(known["reference"]),
        born=date.fromisoformat(known["born"]),
        sex=str(known["sex"]),
        sibling_group=str(placed.enquiry_id) if placed.asked.get("siblings") else None,
        responsible_gss=placed.placing_gss,
    )


def _care_type(placed: Placed) -> str:
    return str(placed.asked.get("care_type") or "short_term")


async def _check(uow: Uow, placed: Placed, child: ChildToPlace, day: date) -> None:
    if placed.subject_id is None:
        raise NotFound
    found = await PROVIDERS[placed.kind].checks(
        uow,
        placed.subject_id,
        [child],
        starts=day,
        ends=placed.ends,
        care_type=_care_type(placed),
        held=[placed.claim_id],
    )
    exempted = bool((await uow.execute(EXEMPTED, {"id": placed.enquiry_id})).scalar_one())
    against = [
        one
        for one in found
        if not (one.overridable and placed.emergency) and not (one.code == "usual_limit" and exempted)
    ]
    if against:
        errors = [FieldError(one.code, one.message) for one in against]
        raise Unprocessable("The home may not take this child on that day.", errors=errors)


async def _charge(uow: Uow, placed: Placed, given: Start) -> None:
    if placed.subject_id is None or placed.agreement_id is None or placed.agreement_version is None:
        raise NotFound
    weekly, source = given.weekly, "agreed"
    if weekly is None and placed.kind != "foster_home":
        priced = await weekly_price(uow, placed.subject_id, given.day, given.need_level)
        weekly, source = (priced.total, "home") if priced else (None, "home")
    if weekly is None:
        message = "Enter the weekly price under the agreement, 0 where nothing is charged"
        raise Invalid(message, errors=[FieldError("weekly", message)])
    opening = Opening(
        placement_id=placed.id,
        borrower_id=placed.placing_id,
        kind=msgspec.convert(placed.kind, Kind),
        price_source="home" if source == "home" else "agreed",
        starts=given.day,
        rates=(Rate(weekly=Decimal(weekly), since=given.day),),
        agreement_id=placed.agreement_id,
        agreement_version=placed.agreement_version,
        subject_id=placed.subject_id,
    )
    await open_basis(uow, opening)


async def vary(uow: Uow, placement_id: UUID, given: Vary) -> None:
    """Change the days. Raises NotFound, Invalid, Conflict, NotAvailable where the place or the child is not free."""
    placed = await find(uow, placement_id, "placing")
    starts = given.starts or placed.starts
    if given.ends is not None and given.ends <= starts:
        message = "The last day must be after the first"
        raise Invalid(message, errors=[FieldError("ends", message)])
    body = {name: day.isoformat() for name, day in (("starts", given.starts), ("ends", given.ends)) if day}
    if not body:
        raise Invalid("Enter a day", errors=[FieldError("starts", "Enter the first day, the last day or both")])
    await _step(uow, placed, "vary", body=body)


async def simple(uow: Uow, placement_id: UUID, step: str) -> None:
    """pause, resume, give_notice, review_to_end, keep or unready. Raises NotFound, Conflict."""
    await _step(uow, await find(uow, placement_id), step)


async def cancel(uow: Uow, placement_id: UUID, given: Cancel) -> None:
    """The child does not come after all; the place is free. Raises NotFound, Conflict, Invalid."""
    if given.reason not in reasons("cancel"):
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose why from the list")])
    placed = await find(uow, placement_id)
    await _step(uow, placed, "cancel", code=given.reason)
    await follow_end(uow, placed.id, placed.starts)


async def end(uow: Uow, placement_id: UUID, given: End) -> None:
    """End a placement after its review, or at once for immediate risk; the place and the child are free from that day.

    Raises NotFound, Conflict where there was no review, Invalid for a day before the start or a reason on no list.
    """
    placed = await find(uow, placement_id)
    errors: list[FieldError] = []
    if given.reason not in reasons("end"):
        errors.append(FieldError("reason", "Choose the reason from the list"))
    if given.ends < placed.starts:
        errors.append(FieldError("ends", f"The child came on {placed.starts:%-d %B %Y} and cannot have left before"))
    if given.ends > today():
        errors.append(FieldError("ends", "The day the child left must not be in the future"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    step = "end_at_once" if given.at_once else "end"
    if placed.me == placed.placing_id:
        await owe_notices(uow, placed, "end")
    await _step(uow, placed, step, code=given.reason, body={"ends": given.ends.isoformat()})
    await follow_end(uow, placed.id, given.ends)


async def follow_end(uow: Uow, placement_id: UUID, ends: date) -> None:
    """On the home's side: the register, the vacancy and the charge follow an end; nothing on the other side."""
    try:
        placed = await find(uow, placement_id, "providing")
    except NotFound:
        return
    if placed.subject_id is not None:
        await PROVIDERS[placed.kind].leave(uow, placed.subject_id, placed.claim_id, ends)
    basis: UUID | None = (await uow.execute(BASIS, {"id": placement_id})).scalar_one_or_none()
    if basis is not None:
        await close_basis(uow, basis, ends)


async def _step(uow: Uow, placed: Placed, step: str, *, code: str = "", body: dict[str, Any] | None = None) -> None:
    await steps.take(uow, placed.enquiry_id, step, placement_id=placed.id, code=code, body=body)
    other = placed.providing_id if placed.me == placed.placing_id else placed.placing_id
    await audit.record(uow, f"placement.{step}", subjects=[placed.id], after={"code": code, **(body or {})})
    if other != placed.me:
        await audit.record(
            uow, f"placement.{step}", subjects=[placed.id], owner_id=other, agreement_id=placed.agreement_id
        )
