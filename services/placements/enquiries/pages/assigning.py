"""Whose work an enquiry is: a colleague's, one's own or nobody's, on each side for itself."""

from collections.abc import Sequence
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
from services.placements.enquiries import actions
from services.placements.enquiries.pages.forms import ONE_ANSWER, ONE_ASKED, Http, changed, path_of, read, show
from services.placements.enquiries.permissions import ANSWER, SEND
from services.placements.enquiries.records import Side
from services.placements.requests.pages.forms import attempt

MINE = notice("enquiries.mine", "The enquiry is your work")
GIVEN = notice("enquiries.given", "It is said whose work the enquiry is. A colleague is told")
NOBODY: Final = "nobody"


class Wanted(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A colleague's id, or "nobody"."""

    person_id: Annotated[str, asks("whose work it is", missing="Select whose work it is", max_length=40)]


async def _page(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    side: Side,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await read(uow, principal, enquiry_id, side)
    people = [(str(one.person_id), one.name) for one in await actions.who_may(uow, side)]
    filled = form or Form({"person_id": [str(record.assigned_to_id or "")]})
    return show(
        request,
        "assign",
        form=filled,
        errors=list(errors),
        record=record,
        people=people,
        nobody=NOBODY,
        path=path_of(side, enquiry_id),
    )


async def _assign(request: Http, uow: Uow, principal: Principal, enquiry_id: UUID, side: Side) -> Response[Any]:
    form = await read_form(request)
    wanted, errors = parse(form, Wanted)
    if wanted is not None:
        person = _person(wanted.person_id)
        refused = await attempt(uow, lambda: actions.assign(uow, enquiry_id, side, person))
        if refused is None:
            return redirect(path_of(side, enquiry_id), GIVEN)
        errors = list(refused)
    return await _page(request, uow, principal, enquiry_id, side, form=form, errors=errors)


def _person(typed: str) -> UUID | None:
    """Whom was meant; an id of nobody for what is no id, which is refused like a stranger's."""
    try:
        return None if typed == NOBODY else UUID(typed)
    except ValueError:
        return UUID(int=0)


async def _take(request: Http, uow: Uow, principal: Principal, enquiry_id: UUID, side: Side) -> Response[Any]:
    async def change() -> None:
        await actions.assign(uow, enquiry_id, side, principal.person_id)

    return await changed(request, uow, principal, enquiry_id, side, change=change, said=MINE)


@get(f"{ONE_ASKED}/assign", opt=needs(SEND), include_in_schema=False)
async def ask_asked(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Whose work it is where one asks."""
    return await _page(request, uow, principal, enquiry_id, "placing")


@post(f"{ONE_ASKED}/assign", opt=needs(SEND), include_in_schema=False)
async def assign_asked(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Say whose it is."""
    return await _assign(request, uow, principal, enquiry_id, "placing")


@post(f"{ONE_ASKED}/take", opt=needs(SEND), include_in_schema=False)
async def take_asked(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Make it one's own work."""
    return await _take(request, uow, principal, enquiry_id, "placing")


@get(f"{ONE_ANSWER}/assign", opt=needs(ANSWER), include_in_schema=False)
async def ask_answer(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Whose work it is where one answers."""
    return await _page(request, uow, principal, enquiry_id, "providing")


@post(f"{ONE_ANSWER}/assign", opt=needs(ANSWER), include_in_schema=False)
async def assign_answer(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Say whose it is."""
    return await _assign(request, uow, principal, enquiry_id, "providing")


@post(f"{ONE_ANSWER}/take", opt=needs(ANSWER), include_in_schema=False)
async def take_answer(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Make answering it one's own work."""
    return await _take(request, uow, principal, enquiry_id, "providing")


handlers: Final = [ask_asked, assign_asked, take_asked, ask_answer, assign_answer, take_answer]
