"""From whom a household is locked: of a colleague, or of a colleague's relatives."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Invalid
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.fostering.pages.forms import Http, home_path, show
from services.fostering.queries import household
from tenants import locks

MANAGE: Final = "record_lock:manage"
LOCKED = notice("fostering.locked", "The household is locked from them")
UNLOCKED = notice("fostering.unlocked", "The household is locked from them no longer")


class Wanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From whom, and why."""

    person: Annotated[UUID, asks("the colleague", missing="Select the colleague")]
    reason: Annotated[str, asks("the reason", missing="Enter why", max_length=500)]


@get("/foster-carers/{household_id:uuid}/locked", opt=needs(MANAGE), include_in_schema=False)
async def locks_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], household_id: FromPath[UUID]
) -> Response[str]:
    """The colleagues it is locked from, and the form that locks it from another."""
    return await _shown(request, uow, principal, household_id, Form())


async def _shown(request: Http, uow: Uow, principal: Principal, household_id: UUID, form: Form) -> Response[str]:
    record = await household(uow, household_id)
    found = await locks.locks_of(uow, household_id)
    taken = {one.person_id for one in found} | {principal.person_id}
    people = await locks.people(uow, taken)
    path = f"{home_path(household_id)}/locked"
    return show(request, "locked", form=form, record=record, locks=found, people=people, path=path)


@post("/foster-carers/{household_id:uuid}/locked", opt=needs(MANAGE), include_in_schema=False)
async def change_locks(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], household_id: FromPath[UUID]
) -> Response[Any]:
    """Lock it from a colleague, or (with their id as the button's value) no longer."""
    await household(uow, household_id)
    form = await read_form(request)
    path = f"{home_path(household_id)}/locked"
    if form.action:
        await locks.unlock(uow, household_id, msgspec.convert(form.action, UUID))
        return redirect(path, UNLOCKED)
    wanted, errors = parse(form, Wanted)
    if wanted is not None:
        try:
            await locks.lock(uow, household_id, wanted.person, wanted.reason)
        except Invalid as refused:
            errors = list(refused.errors)
    if errors:
        return await _shown(request, uow, principal, household_id, form.with_errors(errors))
    return redirect(path, LOCKED)


handlers = [locks_page, change_locks]
