"""The pages of a series of short breaks: its stays, another one, other days, the child came, left, or does not come."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.identity import Principal
from careshare.web import Form, Notice, notice, parse, read_form, redirect
from services.placements.enquiries.records import Side
from services.placements.placed import found as placements
from services.placements.placed import money
from services.placements.placed.model import Cancel, Start
from services.placements.placed.pages.forms import (
    ONE_IN_HOME,
    ONE_MADE,
    REFUSED,
    Http,
    in_form,
    path_of,
    read,
    show,
    side_of,
)
from services.placements.placed.permissions import CHANGE, READ, START
from services.placements.placed.series import actions, queries
from services.placements.placed.series.model import Days, Left
from services.placements.requests.pages.forms import attempt
from tenants.recharges.codes import label

MADE: Final = f"{ONE_MADE}/short-breaks"
HOME: Final = f"{ONE_IN_HOME}/short-breaks"
ONE: Final = "/{break_id:uuid}"
ADDED = notice("series.added", "The stay is agreed. Only its days are taken")
MOVED = notice("series.moved", "The days of the stay are changed")
CANCELLED = notice("series.cancelled", "The stay does not take place. Its days are free")
STARTED = notice("series.started", "The child has come. The register follows by itself")
ENDED = notice("series.ended", "The stay has ended")

T = TypeVar("T", bound=msgspec.Struct)


@get([MADE, HOME], opt=needs(READ), include_in_schema=False)
async def listed(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """The stays, with their days and the limits; the placing side adds another one."""
    return await _page(request, uow, principal, placement_id)


@post(MADE, opt=needs(CHANGE), include_in_schema=False)
async def add(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Agree one more stay."""
    await placements.find(uow, placement_id, "placing")
    form = await read_form(request)
    value, errors = parse(form, Days)
    if value is not None:
        refused = await attempt(uow, lambda: actions.add(uow, placement_id, [value]))
        if refused is None:
            return redirect(f"{path_of('placing', placement_id)}/short-breaks", ADDED)
        plain = [FieldError(one.field.removeprefix("stays[0]."), one.message) for one in refused]
        errors = in_form(plain, Days)
    return await _page(request, uow, principal, placement_id, form=form, errors=errors)


@get(f"{MADE}{ONE}/days", opt=needs(CHANGE), include_in_schema=False)
async def ask_days(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[str]:
    """Other days for a stay."""
    stay = await _stay(uow, placement_id, break_id)
    form = Form.filled(Days(starts=stay.starts, ends=stay.ends))
    return await _form(request, uow, principal, stay, "break_days", form=form)


@post(f"{MADE}{ONE}/days", opt=needs(CHANGE), include_in_schema=False)
async def days(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[Any]:
    """Change them, where place and child are free."""
    stay = await _stay(uow, placement_id, break_id)

    async def change(given: Days) -> None:
        await actions.move(uow, break_id, given)

    return await _sent(request, uow, principal, stay, "break_days", wanted=Days, change=change, done=MOVED)


@get([f"{MADE}{ONE}/cancel", f"{HOME}{ONE}/cancel"], opt=needs(CHANGE), include_in_schema=False)
async def ask_cancel(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[str]:
    """Why a stay does not take place."""
    return await _form(request, uow, principal, await _stay(uow, placement_id, break_id), "break_cancel")


@post([f"{MADE}{ONE}/cancel", f"{HOME}{ONE}/cancel"], opt=needs(CHANGE), include_in_schema=False)
async def cancel(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[Any]:
    """Cancel it: its days are free."""
    stay = await _stay(uow, placement_id, break_id)

    async def change(given: Cancel) -> None:
        await actions.cancel(uow, break_id, given)

    return await _sent(request, uow, principal, stay, "break_cancel", wanted=Cancel, change=change, done=CANCELLED)


@get(f"{HOME}{ONE}/start", opt=needs(START), include_in_schema=False)
async def ask_start(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[str]:
    """The day the child came, and a price where another one was agreed than for the stay before."""
    stay = await _stay(uow, placement_id, break_id)
    day = {f"day-{part}": [str(getattr(stay.starts, part))] for part in ("day", "month", "year")}
    return await _form(request, uow, principal, stay, "break_start", form=Form(day))


@post(f"{HOME}{ONE}/start", opt=needs(START), include_in_schema=False)
async def start(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[Any]:
    """Check the register, enter the child there, begin what the stay is charged."""
    stay = await _stay(uow, placement_id, break_id)

    async def change(given: Start) -> None:
        await actions.start(uow, break_id, given)

    return await _sent(request, uow, principal, stay, "break_start", wanted=Start, change=change, done=STARTED)


@get([f"{MADE}{ONE}/end", f"{HOME}{ONE}/end"], opt=needs(CHANGE), include_in_schema=False)
async def ask_end(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[str]:
    """The day the child left."""
    return await _form(request, uow, principal, await _stay(uow, placement_id, break_id), "break_end")


@post([f"{MADE}{ONE}/end", f"{HOME}{ONE}/end"], opt=needs(CHANGE), include_in_schema=False)
async def end(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    break_id: FromPath[UUID],
) -> Response[Any]:
    """End the stay."""
    stay = await _stay(uow, placement_id, break_id)

    async def change(given: Left) -> None:
        await actions.end(uow, break_id, given)

    return await _sent(request, uow, principal, stay, "break_end", wanted=Left, change=change, done=ENDED)


async def _stay(uow: Uow, placement_id: UUID, break_id: UUID) -> queries.Found:
    """The stay, where it is one of this placement's. Raises NotFound."""
    stay = await queries.found(uow, break_id)
    if stay.placement_id != placement_id:
        raise NotFound
    return stay


async def _page(
    request: Http,
    uow: Uow,
    principal: Principal,
    placement_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    side = side_of(request)
    return show(
        request,
        "series",
        form=form,
        errors=list(errors),
        record=await read(uow, principal, placement_id, side),
        series=await queries.series(uow, placement_id, side),
        path=path_of(side, placement_id),
        may_change=principal.may(CHANGE),
        may_start=principal.may(START),
    )


async def _form(
    request: Http,
    uow: Uow,
    principal: Principal,
    stay: queries.Found,
    template: str,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    side: Side = side_of(request)
    placed = await placements.find(uow, stay.placement_id, side)
    extra = await money.supplements(uow, placed, stay.starts) if template == "break_start" else []
    path = f"{path_of(side, stay.placement_id)}/short-breaks"
    return show(
        request,
        template,
        REFUSED if errors and form is None else None,
        form=form,
        errors=list(errors),
        record=await read(uow, principal, stay.placement_id, side),
        stay=stay,
        supplements=[(one, label("part", one)) for one in extra],
        back=path,
        path=f"{path}/{stay.id}",
    )


async def _sent(
    request: Http,
    uow: Uow,
    principal: Principal,
    stay: queries.Found,
    template: str,
    *,
    wanted: type[T],
    change: Callable[[T], Awaitable[object]],
    done: Notice,
) -> Response[Any]:
    """After a form of a stay was sent: the series with what was done, or the form with what is wrong."""
    side = side_of(request)
    await placements.find(uow, stay.placement_id, side)
    form = await read_form(request)
    value, errors = parse(form, wanted)
    if value is not None:
        refused = await attempt(uow, lambda: change(value))
        if refused is None:
            return redirect(f"{path_of(side, stay.placement_id)}/short-breaks", done)
        errors = in_form(refused, wanted)
    return await _form(request, uow, principal, stay, template, form=form, errors=errors)


handlers: Final = [listed, add, ask_days, days, ask_cancel, cancel, ask_start, start, ask_end, end]
