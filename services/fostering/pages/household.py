"""One household in full, opening one whose address is confidential, and the one-button confirmation of its vacancy."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import notice, read_form, read_query, redirect
from services.fostering import actions
from services.fostering.days import today
from services.fostering.pages.forms import Http, done, home_path, sent, show
from services.fostering.pages.position import coming_birthdays, position
from services.fostering.queries import REASONS, household, open_confidential, opened
from services.fostering.queries.opening import PERMISSION
from services.fostering.records import HouseholdRecord

CONFIRMED = notice("fostering.confirmed", "The vacancy is confirmed")
WITHOUT = "without"
"""In the address, to read a confidential household without its address by somebody who may see it."""


@get("/foster-carers/{household_id:uuid}", opt=needs("household:read"), include_in_schema=False)
async def one_household(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], household_id: FromPath[UUID]
) -> Response[Any]:
    """Everything about one household; a confidential one is opened first by whoever may see its address."""
    record = await household(uow, household_id)
    if record.confidential and principal.may(PERMISSION):
        if await opened(uow, household_id):
            record = await household(uow, household_id, opened=True)
        elif read_query(request).get(WITHOUT) != "address":
            return redirect(f"{home_path(household_id)}/open")
    return _shown(request, record)


def _shown(request: Http, record: HouseholdRecord) -> Response[str]:
    day = today()
    return show(
        request,
        "household",
        record=record,
        path=home_path(record.id),
        position=position(record, day),
        placed=[one for one in record.placed if one.ends is None or one.ends > day],
        left=[one for one in record.placed if one.ends is not None and one.ends <= day],
        approval=record.approval_on(day),
        birthdays=coming_birthdays(record, day),
    )


@get("/foster-carers/{household_id:uuid}/open", opt=needs(PERMISSION, step_up=True), include_in_schema=False)
async def ask_reason(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
    """Why somebody who may see a confidential address needs it now."""
    return await _asked(request, uow, household_id, [])


@post("/foster-carers/{household_id:uuid}/open", opt=needs(PERMISSION, step_up=True), include_in_schema=False)
async def open_household(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[Any]:
    """Put the reason on the record, then show the household."""
    reason = (await read_form(request)).get("reason")
    if reason not in REASONS:
        return await _asked(request, uow, household_id, [FieldError("reason", "Select why you need the address")])
    await open_confidential(uow, household_id, reason)
    return redirect(home_path(household_id))


async def _asked(request: Http, uow: Uow, household_id: UUID, errors: list[FieldError]) -> Response[Any]:
    record = await household(uow, household_id)
    if not record.confidential:
        return redirect(home_path(household_id))
    path = home_path(household_id)
    return show(request, "open", errors=errors, record=record, path=path, reasons=list(REASONS.items()))


@post("/foster-carers/{household_id:uuid}/confirm", opt=needs("vacancy:confirm"), include_in_schema=False)
async def confirm_vacancy(request: Http, uow: NamedDependency[Uow], household_id: FromPath[UUID]) -> Response[None]:
    """The vacancies are as they stand: recorded by whom and when."""
    came = await sent(request)
    await actions.confirm_vacancy(uow, household_id, came.version)
    return done(household_id, CONFIRMED)


handlers = [one_household, ask_reason, open_household, confirm_vacancy]
