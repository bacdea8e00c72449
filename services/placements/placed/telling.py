"""Whom the placing side tells of a placement and of its end, by when, and what keeps a planned one from beginning."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.workdays import LONDON
from services.placements import clocks
from services.placements.placed import rules
from services.placements.placed.found import Placed, find
from services.placements.placed.model import Notice
from services.placements.placed.rules import NoticeFacts
from services.placements.queries import today

SIGNED = text("""
select signed_on is not null from placements.plan
where authority_id = (select careshare.authority()) and placement_id = :id
""")
OWED = text("""
insert into placements.notice (authority_id, placement_id, occasion, recipient, due_at)
select careshare.authority(), :id, :occasion, unnest(cast(:recipients as text[])), :due
on conflict on constraint notice_once do update set due_at = excluded.due_at
  where notice.due_at > excluded.due_at and notice.sent_on is null and notice.not_practicable = ''
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

SCHOOL_FROM: Final = 4
"""The age from which somebody is told for a school or a nursery class."""


async def notice(uow: Uow, placement_id: UUID, given: Notice) -> None:
    """Record that somebody was told, or why that was not practicable, with one's own name. Raises NotFound, Invalid."""
    placed = await find(uow, placement_id, "placing")
    why = check_notice(given)
    await owe_notices(uow, placed, given.occasion, leaves=placed.ends if placed.stage == "ending" else None)
    values = {"id": placement_id, "occasion": given.occasion, "recipient": given.recipient, "why": why}
    row = await uow.execute(GIVEN, {**values, "sent_on": given.sent_on, "how": given.how})
    if row.scalar_one_or_none() is None:
        message = "Nobody of that kind is to be told of this placement"
        raise Invalid(message, errors=[FieldError("recipient", message)])
    after = {"recipient": given.recipient, "occasion": given.occasion, "sent": given.sent_on is not None}
    await audit.record(uow, "placement.notice", subjects=[placed.id], after=after)


def check_notice(given: Notice) -> str:
    """Why it was not practicable; empty where it was given. Raises Invalid for both or neither, and without how."""
    why = given.not_practicable.strip()
    if (given.sent_on is None) == (not why):
        message = "Give the day it was sent, or say why it was not practicable"
        raise Invalid(message, errors=[FieldError("sent_on", message)])
    if (given.sent_on is None) != (given.how is None):
        raise Invalid("Say how it was sent", errors=[FieldError("how", "Say how it was sent")])
    if given.sent_on is not None and given.sent_on > today():
        message = "The day it was sent must not be in the future"
        raise Invalid(message, errors=[FieldError("sent_on", message)])
    return why


async def owe_notices(uow: Uow, placed: Placed, occasion: str, *, leaves: date | None = None) -> None:
    """List whom the placing side must tell and by when; what is listed already is due no later than it was.

    An end that a review decided on is told before the day the child `leaves`; without one it is for immediate risk,
    within ten working days (CPPCR reg 14).
    """
    moment = datetime.now(UTC)
    if occasion == "start":
        told, due = expected(placed, moment)
    else:
        first = [row.recipient for row in await uow.execute(NOTICES, {"id": placed.id, "occasion": "start"})]
        told = rules.told_at_end(first)
        due = before(leaves) if leaves else clocks.due("ending_notices_at_once", moment).at
    await uow.execute(OWED, {"id": placed.id, "occasion": occasion, "recipients": told, "due": due})


def before(day: date) -> datetime:
    """The moment by which something is done that is due before a day."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


def expected(placed: Placed, moment: datetime) -> tuple[list[str], datetime]:
    """Whom the placing side tells that the child is placed, and by when: before, or in time after an emergency."""
    ages = [int(child["age"]) for child in placed.asked.get("children", [])]
    age = ages[placed.child_no - 1] if len(ages) >= placed.child_no else SCHOOL_FROM
    told = rules.told_at_start(
        placed.kind, outside_area=placed.outside_area, has_school=age >= SCHOOL_FROM, day=today()
    )
    if placed.emergency:
        began = moment if placed.started_at is None else rules.came_at(placed.starts, placed.started_at)
        return told, clocks.due("notices_emergency", began).at
    return told, before(placed.starts)


async def lacking(uow: Uow, placed: Placed) -> list[rules.Lack]:
    """What keeps the placing side's placement from being made ready."""
    signed = bool((await uow.execute(SIGNED, {"id": placed.id})).scalar_one_or_none())
    rows = await uow.execute(NOTICES, {"id": placed.id, "occasion": "start"})
    notices = [NoticeFacts(row.recipient, row.sent_on, row.not_practicable) for row in rows]
    listed = {one.recipient for one in notices}
    told, _ = expected(placed, datetime.now(UTC))
    notices += [NoticeFacts(code, None, not_practicable=False) for code in told if code not in listed]
    unknown = [name for name in rules.WHO if not placed.child.get(name)]
    return rules.lacking(
        emergency=placed.emergency, plan_signed=signed, notices=notices, approvals_missing=[], unknown=unknown
    )
