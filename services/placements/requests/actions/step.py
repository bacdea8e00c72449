"""Steps of a request: opened, withdrawn, not placed, reopened. The database looks each up among the allowed ones."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid
from careshare.web import asks
from services.placements.queries import today
from services.placements.requests import codes
from services.placements.requests.actions.change import changing

NOTE_LENGTH: Final = 500

StepName = Literal["open", "withdraw", "not_place", "reopen"]

TAKE = text("""
insert into placements.request_step (authority_id, request_id, step, outcome, reason, note)
values (careshare.authority(), :request, :step, :outcome, :reason, :note) returning next_stage
""")
STANDING = text("""
select 1 from placements.asked a
join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
where a.authority_id = (select careshare.authority()) and a.request_id = :request
  and e.stage in ('sent', 'accepted', 'proposed', 'matching', 'matched', 'placed') limit 1
""")


class NewStep(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The next step of a request. "not_place" says where the child is (`outcome`) and why; "withdraw" why."""

    step: Annotated[StepName, asks("the step")]
    outcome: Annotated[str, asks("where the child is now", max_length=40)] | None = None
    reason: Annotated[str, asks("the reason", max_length=40)] | None = None
    note: Annotated[str, asks("the note", max_length=NOTE_LENGTH)] = ""


async def take_step(uow: Uow, request_id: UUID, version: int | None, new: NewStep) -> int:
    """Take a step; the new version.

    Raises NotFound, PreconditionFailed, Invalid for a reason that is missing or on no list, and Conflict where the
    stage does not allow the step, or an enquiry for it stands that must be withdrawn first.
    """
    _check(new, today())
    async with changing(uow, request_id, version, f"request.{new.step}", standing=False) as made:
        if new.step not in made.request.allowed:
            raise Conflict("The request is not at a stage where this can be done. Read it again.")
        if new.step in {"withdraw", "not_place"} and (await uow.execute(STANDING, {"request": request_id})).first():
            raise Conflict("Somebody was asked and has not been told. Withdraw the enquiries first.")
        values = {"step": new.step, "outcome": new.outcome, "reason": new.reason, "note": new.note.strip()}
        try:
            to: str = (await uow.execute(TAKE, {"request": request_id, **values})).scalar_one()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == "23P01":
                raise Conflict("The request is not at a stage where this can be done. Read it again.") from error
            raise
        made.note({"stage": made.request.stage}, {"stage": to, **{k: v for k, v in values.items() if v}})
    return made.version


def _check(new: NewStep, day: date) -> None:
    errors: list[FieldError] = []
    wanted = {
        "withdraw": {"reason": "withdraw_reason"},
        "not_place": {"outcome": "not_placed_outcome", "reason": "not_placed_reason"},
    }.get(new.step, {})
    for name in ("outcome", "reason"):
        given: str | None = getattr(new, name)
        if name in wanted:
            known = codes.codes(wanted[name], day)
            if given not in known:
                errors.append(
                    FieldError(
                        name,
                        f"Select {'where the child is now' if name == 'outcome' else 'the reason'}: {', '.join(known)}",
                    )
                )
        elif given:
            errors.append(FieldError(name, "This step takes none"))
    if errors:
        raise Invalid(errors[0].message if len(errors) == 1 else "", errors=errors)
