"""What people do with the stays of a series: add, move, cancel, start, end. Each in one transaction, on the record."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from services.placements import steps
from services.placements.placed import money, register
from services.placements.placed.codes import reasons
from services.placements.placed.found import Placed, find, on_record
from services.placements.placed.model import Cancel, Start
from services.placements.placed.series import queries, rules
from services.placements.placed.series.model import MOST, Days, Left
from services.placements.placed.series.queries import Found
from services.placements.queries import today

TAKE: Final = text("""
insert into placements.short_break_step (placement_id, break_id, step, by_id, code, starts, ends)
values (:placement, :break, :step, careshare.authority(), :code, :starts, :ends) returning break_id
""")


async def add(uow: Uow, placement_id: UUID, stays: Sequence[Days]) -> list[UUID]:
    """Agree stays, all of them or none; the first makes the placement a series, so that the days between are free.

    Raises NotFound; Invalid naming the stay; Unprocessable beyond a firm limit or outside the days agreed; Conflict
    once the child lives there or all is over; NotAvailable where the place or the child is not free.
    """
    placed = await find(uow, placement_id, "placing")
    if not 0 < len(stays) <= MOST:
        message = f"Enter from 1 to {MOST} stays"
        raise Invalid(message, errors=[FieldError("stays", message)])
    errors = [error for number, one in enumerate(stays) for error in _wrong(one, f"stays[{number}].")]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    known = queries.standing(await queries.of(uow, placement_id))
    _within(known, [(one.starts, one.ends) for one in stays])
    return [await _take(uow, placed, "add", None, (one.starts, one.ends)) for one in stays]


async def move(uow: Uow, break_id: UUID, given: Days) -> UUID:
    """Other days for a stay; one that has begun keeps its first day. Gives the placement's id. Raises as `add`."""
    stay = await queries.found(uow, break_id)
    placed = await find(uow, stay.placement_id, "placing")
    errors = _wrong(given, "", begun=stay.stage == "started")
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    others = [one for one in await queries.of(uow, placed.id) if one.id != break_id]
    _within(queries.standing(others), [(given.starts, given.ends)])
    await _take(uow, placed, "move", break_id, (given.starts, given.ends))
    await follow_days(uow, break_id)
    return placed.id


async def cancel(uow: Uow, break_id: UUID, given: Cancel) -> UUID:
    """A stay does not take place; its days are free. Gives the placement's id. Raises NotFound, Invalid, Conflict."""
    if given.reason not in reasons("cancel"):
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose why from the list")])
    stay = await queries.found(uow, break_id)
    placed = await find(uow, stay.placement_id)
    await _take(uow, placed, "cancel", break_id, (stay.starts, stay.ends), code=given.reason)
    return placed.id


async def start(uow: Uow, break_id: UUID, given: Start) -> UUID:
    """The child has come for a stay: the register is checked, the child entered there, the stay's charge begins.

    The first one starts the placement. A price is asked once: a later stay costs what the one before did. Gives the
    placement's id. Raises NotFound, Conflict, Invalid, and Unprocessable naming what forbids it on that day.
    """
    stay = await queries.found(uow, break_id)
    placed = await find(uow, stay.placement_id, "providing")
    if given.day > today() or not stay.starts <= given.day < stay.ends:
        message = "The day must be one of the stay, and not in the future"
        raise Invalid(message, errors=[FieldError("day", message)])
    over = await register.check(uow, placed, given.day, stay.ends)
    if placed.stage == "ready":
        body = {"day": given.day.isoformat(), **({"outside_terms": True} if over else {})}
        await steps.take(uow, placed.enquiry_id, "start", placement_id=placed.id, body=body)
        await on_record(uow, placed, "placement.start", {"day": given.day.isoformat()})
    await _take(uow, placed, "start", break_id, (given.day, None))
    await register.admit(uow, placed, given.day, stay.ends)
    if placed.agreement_id is not None:
        await money.begin(uow, placed, given, stay=break_id)
    return placed.id


async def end(uow: Uow, break_id: UUID, given: Left) -> UUID:
    """The child left after a stay. Gives the placement's id. Raises NotFound, Conflict, Invalid, NotAvailable."""
    stay = await queries.found(uow, break_id)
    placed = await find(uow, stay.placement_id)
    errors: list[FieldError] = []
    if given.ends < stay.starts:
        errors.append(FieldError("ends", f"The child came on {stay.starts:%-d %B %Y} and cannot have left before"))
    if given.ends > today():
        errors.append(FieldError("ends", "The day the child left must not be in the future"))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    await _take(uow, placed, "end", break_id, (None, given.ends))
    await follow_end(uow, break_id)
    return placed.id


async def follow_days(uow: Uow, break_id: UUID) -> None:
    """On the home's side: the register follows other days of a stay that has begun; nothing on the other side."""
    known = await _in_our_home(uow, break_id)
    if known is not None and known[0].stage == "started":
        stay, placed = known
        await register.move(uow, placed, stay.starts, stay.ends)


async def follow_end(uow: Uow, break_id: UUID) -> None:
    """The same for the end of a stay: the register and its charge."""
    known = await _in_our_home(uow, break_id)
    if known is not None and known[0].stage == "ended":
        stay, placed = known
        await register.leave(uow, placed, stay.ends)
        await money.end(uow, break_id, stay.ends)


async def _in_our_home(uow: Uow, break_id: UUID) -> tuple[Found, Placed] | None:
    stay = await queries.found(uow, break_id)
    try:
        return stay, await find(uow, stay.placement_id, "providing")
    except NotFound:
        return None


def _wrong(given: Days, prefix: str, *, begun: bool = False) -> list[FieldError]:
    errors: list[FieldError] = []
    if given.ends <= given.starts:
        errors.append(FieldError(f"{prefix}ends", "The child must leave after the day they come"))
    if not begun and given.starts < today():
        errors.append(FieldError(f"{prefix}starts", "The day must be today or later"))
    return errors


def _within(known: Sequence[tuple[date, date]], wanted: Sequence[tuple[date, date]]) -> None:
    days = [*known, *wanted]
    over = [one for one in rules.beyond(days, max(starts for starts, _ in days)) if one.limit.firm]
    if over:
        errors = [FieldError(one.limit.code, one.message) for one in over]
        raise Unprocessable("That is no series of short breaks any more.", errors=errors)


async def _take(
    uow: Uow, placed: Placed, step: str, break_id: UUID | None, days: tuple[date | None, date | None], *, code: str = ""
) -> UUID:
    row = {"placement": placed.id, "break": break_id, "step": step, "code": code, "starts": days[0], "ends": days[1]}
    try:
        made: UUID = (await uow.execute(TAKE, row)).scalar_one()
    except DBAPIError as error:
        found = steps.meaning(error)
        if step == "add" and placed.stage == "started" and not placed.series:
            found = Conflict("The child lives there already: this placement is no series of short breaks.")
        raise found from error
    said = [day.isoformat() if day else None for day in days]
    await on_record(uow, placed, f"short_break.{step}", {"starts": said[0], "ends": said[1]}, also=made)
    return made
