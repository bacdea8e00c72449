"""Agencies and homes that are not on Careshare: that they were asked, and what they said, beside all the others."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound, Unprocessable
from services.placements import clocks, steps
from services.placements.enquiries.codes import reasons
from services.placements.enquiries.model import Outside, OutsideAnswer
from services.placements.queries import today
from services.placements.requests import rules
from services.placements.requests.queries import whole
from services.placements.rules import against_age
from services.placements.settings import own

ASK = text("""
insert into placements.outside_enquiry (authority_id, request_id, children, kind, provider, urn, how, respond_by)
values (careshare.authority(), :request, :children, :kind, :provider, :urn, :how, :respond_by) returning id
""")
OF = text("""
select o.request_id from placements.outside_enquiry o
where o.authority_id = (select careshare.authority()) and o.id = :id
""")
ANSWER = text("""
insert into placements.outside_answer (authority_id, outside_enquiry_id, answer, reason, weekly_price, heard_from, note)
values (careshare.authority(), :id, :answer, :reason, :weekly_price, :heard_from, :note)
""")
MOST_A_WEEK: Final = 100_000
"""Pounds; more is a slip of the keyboard."""


async def ask_outside(uow: Uow, request_id: UUID, new: Outside, *, now: datetime | None = None) -> UUID:
    """Record that an agency or home outside was asked for an open request. Nothing is sent by Careshare.

    Raises NotFound; Conflict where the request is not open or as many as the authority allows are asked; Unprocessable
    for a kind of home that no child of this age may live in (SI 2023/416).
    """
    request = await whole(uow, request_id)
    if request.stage != "open":
        raise Conflict("Open the request first: only for an open one are homes asked.")
    against = [one for child in request.children for one in against_age(new.kind, child.age, "kind")][:1]
    if against:
        raise Unprocessable(against[0].message, errors=against)
    due = clocks.due(f"enquiry_{request.kind}", now or datetime.now(UTC), await own(uow))
    given = {
        "request": request_id,
        "children": len(request.children),
        "kind": new.kind,
        "provider": new.provider.strip(),
        "urn": new.urn,
        "how": new.how,
        "respond_by": due.at,
    }
    try:
        made: UUID = (await uow.execute(ASK, given)).scalar_one()
    except DBAPIError as error:
        raise steps.meaning(error) from error
    await audit.record(uow, "outside_enquiry.sent", subjects=[request_id, made], after={"how": new.how})
    return made


async def answer_outside(uow: Uow, outside_enquiry_id: UUID, given: OutsideAnswer) -> None:
    """Record what an agency or home outside said. Raises NotFound, Invalid naming the field."""
    request_id = (await uow.execute(OF, {"id": outside_enquiry_id})).scalar_one_or_none()
    if request_id is None:
        raise NotFound
    errors: list[FieldError] = []
    if given.answer == "declined" and given.reason not in reasons("neutral", today()):
        errors.append(FieldError("reason", "Choose why not from the list"))
    if given.answer != "declined" and given.reason:
        errors.append(FieldError("reason", "Choose why not only where they declined"))
    if given.answer != "offered" and given.weekly_price is not None:
        errors.append(FieldError("weekly_price", "Enter the weekly price only where they can take the children"))
    elif given.weekly_price is not None and not 0 <= given.weekly_price <= MOST_A_WEEK:
        errors.append(FieldError("weekly_price", f"The weekly price must be between £0 and £{MOST_A_WEEK:,}"))
    known = rules.on_file(await whole(uow, request_id))
    errors += [
        FieldError(name, "Leave out who the children are")
        for name in ("heard_from", "note")
        if rules.identifying(getattr(given, name), known)
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    row = {
        "id": outside_enquiry_id,
        "answer": given.answer,
        "reason": given.reason or None,
        "weekly_price": given.weekly_price,
        "heard_from": given.heard_from.strip(),
        "note": given.note.strip(),
    }
    await uow.execute(ANSWER, row)
    after = {"answer": given.answer, "reason": given.reason, "weekly_price": given.weekly_price}
    await audit.record(uow, "outside_enquiry.answered", subjects=[request_id, outside_enquiry_id], after=after)
