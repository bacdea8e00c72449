"""Holds: the owner keeps places for the children of an enquiry for a time, or lets them be taken, and may end it."""

from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from services.placements import steps
from services.placements.enquiries.actions.answer import on_record
from services.placements.enquiries.actions.renew import renew
from services.placements.enquiries.codes import reasons
from services.placements.queries import today

STANDING = text("""
select id from placements.hold where enquiry_id = :id
  and (stage = 'asked' or stage = 'granted' and (until > clock_timestamp() or cast(:late as boolean)))
order by asked_at desc, id desc limit 1
""")

NEW: Final = frozenset({"ask", "take", "grant"})
REASONED: Final = {"end": "hold_end", "refuse": "hold_refuse"}
"""Steps that give a reason, and the list it is from."""


async def hold(uow: Uow, enquiry_id: UUID, step: str, *, reason: str = "") -> steps.Taken:
    """Take a step of the hold of an enquiry: ask, take, grant, extend, refuse, end, release, lapse.

    Raises NotFound; Invalid for a reason that is missing; NotAvailable where no place is free for the whole time;
    Conflict where the step is not open, the owner's children come first, or a child is held for in as many homes as may
    be.
    """
    if step in REASONED and reason not in reasons(REASONED[step], today()):
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose why from the list")])
    hold_id: UUID | None = (
        await uow.execute(STANDING, {"id": enquiry_id, "late": step == "lapse"})
    ).scalar_one_or_none()
    if step not in NEW and hold_id is None:
        await _must_be_there(uow, enquiry_id)
        raise Conflict("No place is held for this enquiry.")
    given = hold_id if step not in {"ask", "take"} else None
    code = reason if step in REASONED else ""
    taken = await steps.take(uow, enquiry_id, step, hold_id=given, code=code)
    await on_record(uow, enquiry_id, f"hold.{step}", after={"stage": taken.to_stage})
    await renew(uow, enquiry_id)
    return taken


async def _must_be_there(uow: Uow, enquiry_id: UUID) -> None:
    there = text("select 1 from placements.enquiry where id = :id")
    if (await uow.execute(there, {"id": enquiry_id})).one_or_none() is None:
        raise NotFound
