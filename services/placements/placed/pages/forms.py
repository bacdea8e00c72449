"""What every page of placements does: which side reads it, show a template, make a change, say what is wrong."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response

from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, Notice, page, parse, read_form, redirect
from services.placements.changes import queries as standing
from services.placements.changes.permissions import READ as SEE_CHANGES
from services.placements.changes.permissions import RECORD as RECORD_CHANGE
from services.placements.enquiries.pages import disclosed
from services.placements.enquiries.pages import words as of_enquiries
from services.placements.enquiries.records import Side
from services.placements.placed import found, queries
from services.placements.placed.model import PlacementRecord
from services.placements.placed.pages import words
from services.placements.placed.permissions import CHANGE, READ_NAMES, READY, START
from services.placements.queries import today
from services.placements.requests.pages.forms import attempt

MADE: Final = "/placements/made"
HOMES: Final = "/placements/in-our-homes"
ONE_MADE: Final = f"{MADE}/{{placement_id:uuid}}"
ONE_IN_HOME: Final = f"{HOMES}/{{placement_id:uuid}}"
REFUSED: Final = 422

Http = Request[Any, Any, Any]
T = TypeVar("T", bound=msgspec.Struct)


def side_of(request: Http) -> Side:
    """Which side's address was asked for."""
    return "placing" if request.url.path.startswith(MADE) else "providing"


def list_of(side: Side) -> str:
    """The address of a side's list."""
    return MADE if side == "placing" else HOMES


def path_of(side: Side, placement_id: UUID) -> str:
    """The address of a placement, as one of its sides reads it."""
    return f"{list_of(side)}/{placement_id}"


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    name = f"placements/placed/{template}.html"
    return page(
        request,
        name,
        status_code,
        said=words,
        say=of_enquiries,
        shown=disclosed,
        path_of=path_of,
        list_of=list_of,
        **context,
    )


async def read(uow: Uow, principal: Principal, placement_id: UUID, side: Side) -> PlacementRecord:
    """The placement as this side reads it, on the record of both. Raises NotFound."""
    return await queries.one(uow, placement_id, side, may_name=principal.may(READ_NAMES))


async def whole(
    request: Http,
    uow: Uow,
    principal: Principal,
    placement_id: UUID,
    side: Side,
    *,
    template: str = "placement",
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
    **more: Any,
) -> Response[str]:
    """A placement's own page, or one of its forms."""
    record = await read(uow, principal, placement_id, side)
    return show(
        request,
        template,
        REFUSED if errors and form is None else None,
        form=form,
        errors=list(errors),
        record=record,
        path=path_of(side, placement_id),
        today=today(),
        may_ready=principal.may(READY),
        may_start=principal.may(START),
        may_change=principal.may(CHANGE),
        may_open=principal.may("confidential:read"),
        may_name=principal.may(READ_NAMES),
        flags=await standing.of_placement(uow, placement_id) if principal.may(SEE_CHANGES) else [],
        may_record=principal.may(RECORD_CHANGE),
        **more,
    )


async def asked(
    request: Http,
    uow: Uow,
    principal: Principal,
    placement_id: UUID,
    *,
    wanted: type[T],
    template: str,
    change: Callable[[T], Awaitable[object]],
    done: Notice,
    more: Callable[[], Awaitable[dict[str, Any]]] | None = None,
) -> Response[Any]:
    """After a form was sent: the placement's page with what was done, or the form with what is wrong and with `more`
    that its template wants.
    """
    side = side_of(request)
    await found.find(uow, placement_id, side)
    form = await read_form(request)
    value, errors = parse(form, wanted)
    if value is not None:
        refused = await attempt(uow, lambda: change(value))
        if refused is None:
            return redirect(path_of(side, placement_id), done)
        errors = in_form(refused, wanted)
    extra = await more() if more else {}
    return await whole(
        request, uow, principal, placement_id, side, template=template, form=form, errors=errors, **extra
    )


def in_form(refused: Sequence[FieldError], wanted: type[msgspec.Struct]) -> list[FieldError]:
    """What forbids it, beside its field where the form has that field."""
    return [one if one.field in wanted.__struct_fields__ else FieldError("", one.message) for one in refused]


async def pressed(
    request: Http,
    uow: Uow,
    principal: Principal,
    placement_id: UUID,
    *,
    change: Callable[[], Awaitable[object]],
    done: Notice,
) -> Response[Any]:
    """After a button was pressed: the placement's page, with what was done or what forbade it."""
    side = side_of(request)
    await found.find(uow, placement_id, side)
    refused = await attempt(uow, change)
    if refused is None:
        return redirect(path_of(side, placement_id), done)
    errors = [FieldError("", one.message) for one in refused]
    return await whole(request, uow, principal, placement_id, side, errors=errors)
