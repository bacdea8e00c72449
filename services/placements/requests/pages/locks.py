"""From whom a request is locked: of a colleague, or of a colleague's relatives."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.placements.requests import queries
from services.placements.requests.pages.forms import REQUEST, Http, attempt, path_of, show
from tenants import locks

MANAGE: Final = "record_lock:manage"
LOCKED = notice("requests.locked", "The request is locked from them")
UNLOCKED = notice("requests.unlocked", "The request is locked from them no longer")


class Wanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From whom, and why."""

    person: Annotated[UUID, asks("the colleague", missing="Select the colleague")]
    reason: Annotated[str, asks("the reason", missing="Enter why", max_length=500)]


@get(f"{REQUEST}/locked", opt=needs(MANAGE), include_in_schema=False)
async def locks_page(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[str]:
    """The colleagues it is locked from, and the form that locks it from another."""
    return await _shown(request, uow, principal, placement_request_id, Form())


async def _shown(
    request: Http,
    uow: Uow,
    principal: Principal,
    request_id: UUID,
    form: Form,
    *,
    errors: list[FieldError] | None = None,
) -> Response[str]:
    record = await queries.whole(uow, request_id)
    found = await locks.locks_of(uow, request_id)
    taken = {one.person_id for one in found} | {principal.person_id}
    people = await locks.people(uow, taken)
    path = f"{path_of(request_id)}/locked"
    return show(request, "locked", form=form, errors=errors or [], record=record, locks=found, people=people, path=path)


@post(f"{REQUEST}/locked", opt=needs(MANAGE), include_in_schema=False)
async def change_locks(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Lock it from a colleague, or (with their id as the button's value) no longer."""
    await queries.whole(uow, placement_request_id)
    form = await read_form(request)
    path = f"{path_of(placement_request_id)}/locked"
    if form.action:
        await locks.unlock(uow, placement_request_id, msgspec.convert(form.action, UUID))
        return redirect(path, UNLOCKED)
    wanted, errors = parse(form, Wanted)
    if wanted is not None:
        refused = await attempt(uow, lambda: locks.lock(uow, placement_request_id, wanted.person, wanted.reason))
        if refused is None:
            return redirect(path, LOCKED)
        errors = list(refused)
    return await _shown(request, uow, principal, placement_request_id, form, errors=errors)


handlers: Final = [locks_page, change_locks]
