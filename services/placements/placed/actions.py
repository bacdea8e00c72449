"""What people do with a placement: plan, ready, start, vary, pause, end. Each in one transaction, on the record."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from careshare.web.filters import long_date
from services.placements import steps
from services.placements.placed import money, owed, register
from services.placements.placed.codes import reasons
from services.placements.placed.found import Placed, find, on_record
from services.placements.placed.model import Cancel, End, Pause, Plan, Resume, Start, Vary
from services.placements.placed.telling import lacking, owe_notices
from services.placements.queries import today
from tenants.recharges.model import WHOLE

PLAN = text("""
insert into placements.plan (authority_id, placement_id, agreed_on, signed_on, signed_role)
values (careshare.authority(), :id, :agreed_on, :signed_on, :signed_role)
on conflict (authority_id, placement_id) do update set agreed_on = excluded.agreed_on, signed_on = excluded.signed_on,
  signed_role = excluded.signed_role, version = plan.version + 1, at = clock_timestamp()
""")
PAUSED_SINCE = text("""
select (body->>'since')::date from placements.step where placement_id = :id and step = 'pause' order by id desc limit 1
""")

LIVES_THERE: Final = ("started", "paused", "ending")


async def plan(uow: Uow, placement_id: UUID, given: Plan) -> None:
    """Record the placement plan (CPPCR reg 9). Raises NotFound, Invalid."""
    placed = await find(uow, placement_id, "placing")
    check_plan(given)
    await uow.execute(PLAN, {"id": placement_id, **msgspec.structs.asdict(given)})
    if given.signed_on is not None:
        await owed.met(uow, placement_id, owed.PLAN)
    await audit.record(uow, "placement.plan", subjects=[placed.id], after=given)


def check_plan(given: Plan) -> None:
    """Raises Invalid where the days of a plan cannot be right, or half of a signature is given."""
    errors: list[FieldError] = []
    if given.agreed_on > today():
        errors.append(FieldError("agreed_on", "The day the plan was agreed must not be in the future"))
    if (given.signed_on is None) != (given.signed_role is None):
        errors.append(FieldError("signed_role", "Give the day it was signed and who signed, or neither"))
    if given.signed_on is not None and not given.agreed_on <= given.signed_on <= today():
        errors.append(FieldError("signed_on", "It is signed on the day it was agreed or later, and not in the future"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)


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
    if given.day > today():
        message = "The day the child came must not be in the future"
        raise Invalid(message, errors=[FieldError("day", message)])
    if given.day < placed.starts:
        message = (
            f"A home was agreed from {long_date(placed.starts)}."
            " If the child came before, the authority whose child it is changes the days first"
        )
        raise Invalid(message, errors=[FieldError("day", message)])
    if placed.series:
        raise Conflict("This is a series of short breaks: record that the child has come for its first stay.")
    over = await register.check(uow, placed, given.day, placed.ends)
    body = {"day": given.day.isoformat(), **({"outside_terms": True} if over else {})}
    await _step(uow, placed, "start", body=body)
    await register.admit(uow, placed, given.day, placed.ends)
    await follow_start(uow, placement_id)
    if placed.agreement_id is not None:
        await money.begin(uow, placed, given)


async def vary(uow: Uow, placement_id: UUID, given: Vary) -> None:
    """Change the days; once the child lives there, register and charge follow. Raises NotFound, Invalid, Conflict,
    NotAvailable where the place or the child is not free.
    """
    placed = await find(uow, placement_id, "placing")
    starts = given.starts or placed.starts
    ends = given.ends or placed.ends
    errors: list[FieldError] = []
    if ends is not None and ends <= starts:
        errors.append(FieldError("ends", "The last day must be after the first"))
    if placed.started_at is not None and starts > today():
        errors.append(FieldError("starts", "The child lives there, so the first day must not be in the future"))
    body = {name: day.isoformat() for name, day in (("starts", given.starts), ("ends", given.ends)) if day}
    if not body:
        errors.append(FieldError("starts", "Enter the first day, the last day or both"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    await _step(uow, placed, "vary", body=body)
    await follow_days(uow, placement_id)


async def pause(uow: Uow, placement_id: UUID, given: Pause) -> None:
    """The child is away from a day. The share that is charged meanwhile is the home's side's to say.

    Raises NotFound, Conflict, Invalid for a day before the start or to come, or a share said by the placing side.
    """
    placed = await find(uow, placement_id)
    errors: list[FieldError] = []
    if not placed.starts <= given.since <= today():
        errors.append(FieldError("since", "The day must not be before the child came, nor in the future"))
    if given.percent is not None and not 0 <= given.percent <= WHOLE:
        errors.append(FieldError("percent", "The share must be from 0 to 100 per cent"))
    if given.percent is not None and placed.me != placed.providing_id:
        errors.append(FieldError("percent", "The authority whose home it is says which share it charges"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    body: dict[str, Any] = {"since": given.since.isoformat()}
    if given.percent is not None:
        body["percent"] = str(given.percent)
    await _step(uow, placed, "pause", body=body)
    await follow_pauses(uow, placement_id)


async def resume(uow: Uow, placement_id: UUID, given: Resume) -> None:
    """The child is back. Raises NotFound, Conflict, Invalid for a day before the pause or to come."""
    placed = await find(uow, placement_id)
    since: date | None = (await uow.execute(PAUSED_SINCE, {"id": placement_id})).scalar_one_or_none()
    if not (since or placed.starts) <= given.on <= today():
        message = "The day must not be before the child went away, nor in the future"
        raise Invalid(message, errors=[FieldError("on", message)])
    await _step(uow, placed, "resume", body={"since": given.on.isoformat()})
    await follow_pauses(uow, placement_id)


async def simple(uow: Uow, placement_id: UUID, step: str) -> None:
    """give_notice, review_to_end, keep or unready. Raises NotFound, Conflict."""
    placed = await find(uow, placement_id)
    await _step(uow, placed, step)
    if step == "review_to_end" and placed.ends is not None and placed.me == placed.placing_id:
        await owe_notices(uow, placed, "end", leaves=placed.ends)


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
        await owe_notices(uow, placed, "end", leaves=None if given.at_once else given.ends)
    await _step(uow, placed, step, code=given.reason, body={"ends": given.ends.isoformat()})
    await follow_end(uow, placed.id, given.ends)


async def follow_start(uow: Uow, placement_id: UUID) -> None:
    """On the placing side: the clocks of an emergency run from now on; nothing on the other side."""
    try:
        placed = await find(uow, placement_id, "placing")
    except NotFound:
        return
    await owe_notices(uow, placed, "start")
    await owed.open_clocks(uow, placed)


async def follow_end(uow: Uow, placement_id: UUID, ends: date) -> None:
    """On the home's side: the register, the vacancy and the charge follow an end; nothing on the other side."""
    placed = await _in_our_home(uow, placement_id)
    if placed is not None:
        await register.leave(uow, placed, ends)
        await money.end(uow, placement_id, ends)
        await money.end_stays(uow, placement_id)


async def follow_days(uow: Uow, placement_id: UUID) -> None:
    """The same for other days of a placement that has begun."""
    placed = await _in_our_home(uow, placement_id)
    if placed is not None and placed.stage in LIVES_THERE and not placed.series:
        await register.move(uow, placed, placed.starts, placed.ends)
        await money.follow_days(uow, placed)


async def follow_pauses(uow: Uow, placement_id: UUID) -> None:
    """The same for a pause: the charge alone, for the place stays the child's."""
    placed = await _in_our_home(uow, placement_id)
    if placed is not None:
        await money.follow_pauses(uow, placed)


async def _in_our_home(uow: Uow, placement_id: UUID) -> Placed | None:
    try:
        return await find(uow, placement_id, "providing")
    except NotFound:
        return None


async def _step(uow: Uow, placed: Placed, step: str, *, code: str = "", body: dict[str, Any] | None = None) -> None:
    await steps.take(uow, placed.enquiry_id, step, placement_id=placed.id, code=code, body=body)
    await on_record(uow, placed, f"placement.{step}", {"code": code, **(body or {})})
