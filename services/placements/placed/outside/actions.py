"""What people do with a placement outside Careshare. Each in one transaction, on the record of their own authority."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import audit
from careshare.access import require_step_up
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Unprocessable
from careshare.gazetteer import find
from careshare.identity import principal_of
from services.placements import clocks, steps
from services.placements.enquiries import outside
from services.placements.enquiries.actions.outside import MOST_A_WEEK
from services.placements.matches import rules as matching
from services.placements.need import age_on
from services.placements.placed import rules
from services.placements.placed.actions import check_plan
from services.placements.placed.codes import reasons
from services.placements.placed.model import Notice, Plan
from services.placements.placed.outside import queries
from services.placements.placed.outside.model import Approve, NewOutside, OutsideStep, Price
from services.placements.placed.outside.queries import Found
from services.placements.placed.telling import before, check_notice
from services.placements.queries import today
from services.placements.rules import against_age

ABOUT: Final = text("""
select c.age, c.born, r.kind = 'emergency' as emergency, m.gss_code as own_gss,
  gazetteer.adjoin(m.gss_code, :area) as adjoins
from placements.outside_enquiry q
join placements.request r on r.authority_id = q.authority_id and r.id = q.request_id
join tenants.authority m on m.id = q.authority_id
left join placements.request_child c
  on c.authority_id = q.authority_id and c.request_id = q.request_id and c.id = :child
where q.authority_id = (select careshare.authority()) and q.id = :id
""")
MAKE: Final = text("""
insert into placements.outside_placement (authority_id, outside_enquiry_id, child_id, kind, emergency, provider, urn,
  home, address, postcode, area_gss, contact, route, starts, ends)
values (careshare.authority(), :enquiry, :child_id, :kind, :emergency, :provider, :urn, :home, :address, :postcode,
  :area, :contact, :route, :starts, :ends)
returning id
""")
PRICE: Final = text("""
insert into placements.outside_price (authority_id, outside_placement_id, since, weekly)
values (careshare.authority(), :id, :since, :weekly)
on conflict (authority_id, outside_placement_id, since) do update set weekly = excluded.weekly,
  made_by = careshare.actor(), at = clock_timestamp()
""")
PLAN: Final = text("""
update placements.outside_placement set agreed_on = :agreed_on, signed_on = :signed_on, signed_role = :signed_role
where authority_id = (select careshare.authority()) and id = :id
""")
APPROVED: Final = text("""
update placements.outside_placement
set approved_at = clock_timestamp(), approved_by = careshare.actor(), approved_role = :role
where authority_id = (select careshare.authority()) and id = :id and approved_at is null returning id
""")
OWED: Final = text("""
insert into placements.outside_notice (authority_id, outside_placement_id, occasion, recipient, due_at)
select careshare.authority(), :id, :occasion, unnest(cast(:recipients as text[])), :due
on conflict on constraint outside_notice_once do update set due_at = excluded.due_at
  where outside_notice.due_at > excluded.due_at and outside_notice.sent_on is null
    and outside_notice.not_practicable = ''
""")
GIVEN: Final = text("""
update placements.outside_notice set sent_on = :sent_on, how = :how, not_practicable = :why,
  sent_by = case when cast(:sent_on as date) is not null then careshare.actor() end,
  said_by = case when :why <> '' then careshare.actor() end
where authority_id = (select careshare.authority()) and outside_placement_id = :id and occasion = :occasion
  and recipient = :recipient returning id
""")
STEP: Final = text("""
insert into placements.outside_step (authority_id, outside_placement_id, step, code, starts, ends)
values (careshare.authority(), :id, :step, :code, :starts, :ends)
""")

LATE: Final = timedelta(days=366)
"""How long ago a placement that is planned now may have begun; more is a slip of the keyboard."""


async def make(uow: Uow, outside_enquiry_id: UUID, new: NewOutside) -> UUID:
    """Plan a placement with a provider outside that offered, for a child of the open request; its id.

    Raises NotFound; Invalid naming the field; Unprocessable where the child's age on that day forbids it; Conflict
    where nobody offered or the request is not open; NotAvailable where the child lives elsewhere in that time.
    """
    asked = await outside.one(uow, outside_enquiry_id)
    errors: list[FieldError] = []
    place = None
    try:
        place = await find(uow, new.postcode)
    except ValueError as error:
        errors.append(FieldError("postcode", str(error)))
    if new.starts < today() - LATE:
        errors.append(FieldError("starts", "The first day is more than a year ago. Check the year"))
    if new.ends is not None and new.ends <= new.starts:
        errors.append(FieldError("ends", "The last day must be after the first"))
    errors += _price(new.weekly)
    if errors or place is None:
        raise Invalid(errors[0].message, errors=errors)
    given = {"id": outside_enquiry_id, "area": place.area_gss, "child": new.child_id}
    about = (await uow.execute(ABOUT, given)).one()
    if about.age is None:
        raise NotFound
    _check_age(asked.kind, about.born, about.age, new.starts, "child_id")
    where = matching.Where(about.own_gss, "", place.area_gss, about.adjoins)
    row = {
        **msgspec.structs.asdict(new),
        "enquiry": outside_enquiry_id,
        "kind": asked.kind,
        "provider": asked.provider,
        "urn": asked.urn,
        "emergency": about.emergency,
        "postcode": place.postcode,
        "area": place.area_gss,
        "route": matching.route(where),
    }
    try:
        made: UUID = (await uow.execute(MAKE, row)).scalar_one()
    except DBAPIError as error:
        raise steps.meaning(error) from error
    await uow.execute(PRICE, {"id": made, "since": new.starts, "weekly": new.weekly})
    after = {"route": row["route"], "starts": new.starts, "weekly": new.weekly}
    await audit.record(uow, "outside_placement.planned", subjects=[made, outside_enquiry_id], after=after)
    return made


def _check_age(kind: str, born: date | None, age: int, day: date, field: str) -> None:
    against = against_age(kind, age if born is None else age_on(born, day), field)
    if against:
        raise Unprocessable("The home may not take this child on that day.", errors=against)


async def price(uow: Uow, outside_placement_id: UUID, given: Price) -> None:
    """Another weekly price from a day on, not before the child comes. Raises NotFound, Invalid, Conflict once over."""
    known = await queries.found(uow, outside_placement_id)
    errors = _price(given.weekly)
    if given.since < known.starts:
        errors.append(FieldError("since", "The day must not be before the child comes"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    if known.stage in queries.OVER:
        raise Conflict("The placement is over: its price stands.")
    await uow.execute(PRICE, {"id": known.id, **msgspec.structs.asdict(given)})
    await audit.record(uow, "outside_placement.price", subjects=[known.id], after=given)


async def plan(uow: Uow, outside_placement_id: UUID, given: Plan) -> None:
    """Record the placement plan (CPPCR reg 9). Raises NotFound, Invalid."""
    known = await queries.found(uow, outside_placement_id)
    check_plan(given)
    await uow.execute(PLAN, {"id": known.id, **msgspec.structs.asdict(given)})
    await audit.record(uow, "outside_placement.plan", subjects=[known.id], after=given)


async def notice(uow: Uow, outside_placement_id: UUID, given: Notice) -> None:
    """Record that somebody was told, or why that was not practicable, with one's own name. Raises NotFound, Invalid."""
    known = await queries.found(uow, outside_placement_id)
    why = check_notice(given)
    await _owe(uow, known, given.occasion)
    values = {"id": known.id, "occasion": given.occasion, "recipient": given.recipient, "why": why}
    row = await uow.execute(GIVEN, {**values, "sent_on": given.sent_on, "how": given.how})
    if row.scalar_one_or_none() is None:
        message = "Nobody of that kind is to be told of this placement"
        raise Invalid(message, errors=[FieldError("recipient", message)])
    after = {"recipient": given.recipient, "occasion": given.occasion, "sent": given.sent_on is not None}
    await audit.record(uow, "outside_placement.notice", subjects=[known.id], after=after)


async def approve(uow: Uow, outside_placement_id: UUID, given: Approve) -> None:
    """Approve a home outside the area, after what the law wants done before (CPPCR reg 11), as a confirmed person.

    Raises NotFound; Conflict where none is needed or it was given; Forbidden for another role; StepUpRequired;
    Unprocessable naming what was not done.
    """
    known = await queries.found(uow, outside_placement_id)
    if known.route == "none":
        raise Conflict("The home stands in your own area: no approval is needed.")
    principal = principal_of(uow)
    deciding = matching.kinds()[known.route].roles
    role = next((one for one in deciding if one in principal.roles), None)
    if role is None:
        raise Forbidden("Another role decides this.")
    require_step_up(principal)
    missing = [name for name in Approve.__struct_fields__ if not getattr(given, name)]
    if missing:
        errors = [FieldError(name, "The law wants this done before the approval") for name in missing]
        raise Unprocessable("Something must be done before this can be approved.", errors=errors)
    if (await uow.execute(APPROVED, {"id": known.id, "role": role})).scalar_one_or_none() is None:
        raise Conflict("It is approved already.")
    await audit.record(uow, "outside_placement.approved", subjects=[known.id], after={"route": known.route})


async def take(uow: Uow, outside_placement_id: UUID, given: OutsideStep) -> None:
    """Take one step. Raises NotFound, Conflict, Invalid naming the field, Unprocessable naming what is lacking before
    the child may come or forbids it on that day, NotAvailable where the child lives elsewhere then.
    """
    known = await queries.found(uow, outside_placement_id)
    _check_step(known, given)
    if given.step == "make_ready":
        await _owe(uow, known, "start")
        found = queries.lacking(known, await queries.notices_of(uow, known))
        if found:
            errors = [FieldError(one.field, one.message) for one in found]
            raise Unprocessable("Something must be done before the child moves.", errors=errors)
    if given.step == "start" and given.day is not None:
        _check_age(known.kind, known.born, known.age, given.day, "day")
    leaves = given.step in {"end", "end_at_once"}
    if leaves:
        await _owe(uow, known, "end", given.day if given.step == "end" else None)
    row = {
        "id": known.id,
        "step": given.step,
        "code": given.reason,
        "starts": None if leaves else given.day,
        "ends": given.day if leaves else given.ends,
    }
    try:
        await uow.execute(STEP, row)
    except DBAPIError as error:
        raise steps.meaning(error) from error
    if given.step == "start":
        await _owe(uow, await queries.found(uow, known.id), "start")
    await audit.record(uow, f"outside_placement.{given.step}", subjects=[known.id], after=given)


def _check_step(known: Found, given: OutsideStep) -> None:
    errors: list[FieldError] = []
    if given.step in {"end", "end_at_once"}:
        if given.reason not in reasons("end"):
            errors.append(FieldError("reason", "Choose the reason from the list"))
        if given.day is None:
            errors.append(FieldError("day", "Enter the day the child left"))
        elif given.day < known.starts:
            message = f"The child came on {known.starts:%-d %B %Y} and cannot have left before"
            errors.append(FieldError("day", message))
    elif given.step == "cancel" and given.reason not in reasons("cancel"):
        errors.append(FieldError("reason", "Choose why from the list"))
    elif given.step == "start" and given.day is None:
        errors.append(FieldError("day", "Enter the day the child came"))
    elif given.step == "vary":
        errors += _check_days(known, given.day, given.ends)
    past = given.step in {"start", "end", "end_at_once"} or (given.step == "vary" and known.started_at is not None)
    if past and given.day is not None and given.day > today():
        errors.append(FieldError("day", "The day must not be in the future"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _check_days(known: Found, starts: date | None, ends: date | None) -> list[FieldError]:
    if starts is None and ends is None:
        return [FieldError("day", "Enter the first day, the last day or both")]
    last = ends or known.ends
    if last is not None and last <= (starts or known.starts):
        return [FieldError("ends", "The last day must be after the first")]
    return []


async def _owe(uow: Uow, known: Found, occasion: str, leaves: date | None = None) -> None:
    """List whom to tell and by when; what is listed already is due no later than it was."""
    moment = datetime.now(UTC)
    if occasion == "start":
        told, due = queries.expected(known, moment)
    else:
        first = [one.recipient for one in await queries.notices_of(uow, known) if one.occasion == "start"]
        told = rules.told_at_end(first)
        due = before(leaves) if leaves else clocks.due("ending_notices_at_once", moment).at
    await uow.execute(OWED, {"id": known.id, "occasion": occasion, "recipients": told, "due": due})


def _price(weekly: Decimal) -> list[FieldError]:
    if not 0 <= weekly <= MOST_A_WEEK or weekly != weekly.quantize(Decimal("0.01")):
        return [FieldError("weekly", f"The weekly price must be in pounds and pence, up to £{MOST_A_WEEK:,}")]
    return []
