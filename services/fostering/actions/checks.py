"""Reviews and checks that were done, and when the next is due."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError
from services.fostering.actions.change import changing, forbid, need_day, refuse_invalid
from services.fostering.days import today
from services.fostering.limits import check_interval
from services.fostering.model import CheckDone, CheckKind
from services.fostering.rules import add_months

CURRENT = text("""
    select done_on, due_on from fostering.check
    where authority_id = (select careshare.authority()) and household_id = :household and kind = :kind
""")
SET = text("""
    insert into fostering.check (authority_id, household_id, kind, done_on, due_on)
    values ((select careshare.authority()), :household, :kind, :done_on, :due_on)
    on conflict on constraint check_once do update set done_on = excluded.done_on, due_on = excluded.due_on
""")
BINDING: Final = frozenset({"statute", "standard"})
"""Kinds of numbers that a service may not stretch; what is only practice it may set otherwise."""


async def record_check(uow: Uow, household_id: UUID, version: int | None, kind: CheckKind, check: CheckDone) -> int:
    """Record that a review or check was done and when the next is due; the household's new version.

    Raises NotFound, PreconditionFailed, Invalid, and Unprocessable where law or standards want the next one sooner.
    """
    errors: list[FieldError] = []
    need_day(errors, "done_on", check.done_on, latest=today(), late="The date it was done must be today or earlier")
    need_day(errors, "due_on", check.due_on)
    if check.due_on is not None and check.due_on <= check.done_on:
        errors.append(FieldError("due_on", "The next must be due after this one was done"))
    refuse_invalid(errors)
    interval = check_interval(kind, check.done_on)
    latest = add_months(check.done_on, interval.value)
    async with changing(uow, household_id, version, "household.checked") as change:
        if check.due_on is not None and check.due_on > latest and interval.kind in BINDING:
            message = f"The next must be due by {latest:%-d %B %Y} ({interval.source})"
            raise forbid("The next is due sooner.", "due_on", message)
        before = (await uow.execute(CURRENT, {"household": household_id, "kind": kind})).mappings().one_or_none()
        done = {"done_on": check.done_on, "due_on": check.due_on or latest}
        await uow.execute(SET, {**done, "household": household_id, "kind": kind})
        change.note({kind: dict(before) if before else None}, {kind: done})
    return change.version
