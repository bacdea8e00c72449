"""Schedules, what is due for deletion, and holds."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.record import retention
from services.record.pages.common import RECORD, Http, refused, show

MANAGE: Final = needs("retention:manage")
PATH: Final = f"{RECORD}/retention"
DUE: Final = f"{PATH}/due"
HOLDS: Final = f"{PATH}/holds"

CONFIRMED = notice("record.confirmed", "Confirmed. What you selected is deleted tonight, unless it is held by then.")
PLACED = notice("record.hold_placed", "The hold is placed. Nothing it covers will be deleted.")
LIFTED = notice("record.hold_lifted", "The hold is lifted.")


class Selected(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be deleted tonight: "class:id" of each."""

    ids: Annotated[list[str], asks("what is to be deleted", missing="Select what is to be deleted", max_length=1000)]


class NewHold(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A hold to place."""

    kind: Annotated[str, asks("what is held", missing="Select what is held", max_length=40)]
    reference: Annotated[str, asks("the reference", max_length=40)] | None = None
    reason: Annotated[str, asks("the reason for the hold", max_length=500)]
    until: Annotated[date, asks("the last day of the hold")] | None = None


class Lifting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a hold is lifted."""

    why: Annotated[str, asks("why the hold is lifted", max_length=500)]


@get(PATH, opt=MANAGE, include_in_schema=False)
async def schedules(request: Http) -> Response[str]:
    """How long each class of records is kept, and by which rule."""
    return show(request, "schedules", schedules=retention.schedules())


@get(DUE, opt=MANAGE, include_in_schema=False)
async def due(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """What is due for deletion."""
    return await _due(request, uow)


async def _due(
    request: Http, uow: Uow, form: Form | None = None, errors: list[FieldError] | None = None
) -> Response[Any]:
    found = await retention.due(uow)
    groups = [(one, [row for row in found if row.name == one.name]) for one in retention.schedules() if one.kept_here]
    return show(request, "due", form=form, errors=errors or [], groups=groups)


@post(DUE, opt=MANAGE, include_in_schema=False, status_code=200)
async def confirm(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Have what was ticked deleted tonight."""
    form = await read_form(request)
    selected, errors = parse(form, Selected)
    if selected is not None:
        by_class: dict[str, list[UUID]] = {}
        try:
            for one in selected.ids:
                name, _, given = one.partition(":")
                by_class.setdefault(name, []).append(UUID(given))
            for name, ids in by_class.items():
                await retention.confirm(uow, name, ids)
        except ValueError:
            errors = [FieldError("ids", "Select what is to be deleted from the list")]
        except (Conflict, Invalid, NotFound) as error:
            await uow.rollback()
            errors = refused(error, field="ids")
        else:
            return redirect(DUE, CONFIRMED)
    return await _due(request, uow, form, errors)


@get(HOLDS, opt=MANAGE, include_in_schema=False)
async def holds(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Holds, and the form to place one."""
    return await _holds(request, uow)


async def _holds(
    request: Http, uow: Uow, form: Form | None = None, errors: list[FieldError] | None = None
) -> Response[Any]:
    kinds = [(one.name, one.title) for one in retention.schedules() if one.kept_here]
    found = await retention.holds(uow)
    return show(request, "holds", form=form, errors=errors or [], kinds=kinds, titles=dict(kinds), holds=found)


@post(HOLDS, opt=MANAGE, include_in_schema=False, status_code=200)
async def place(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Place a hold."""
    form = await read_form(request)
    wanted, errors = parse(form, NewHold)
    if wanted is not None:
        try:
            await retention.place_hold(
                uow, wanted.kind, reference=wanted.reference, reason=wanted.reason, until=wanted.until
            )
        except NotFound:
            errors = [FieldError("kind", "Select what is held")]
        except Invalid as error:
            errors = refused(error)
        else:
            return redirect(HOLDS, PLACED)
    return await _holds(request, uow, form, errors)


@get(HOLDS + "/{hold_id:uuid}/lift", opt=MANAGE, include_in_schema=False)
async def lifting(request: Http, uow: NamedDependency[Uow], hold_id: FromPath[UUID]) -> Response[str]:
    """Why a hold is lifted."""
    return await _lifting(request, uow, hold_id)


async def _lifting(
    request: Http, uow: Uow, hold_id: UUID, form: Form | None = None, errors: list[FieldError] | None = None
) -> Response[Any]:
    found = await retention.holds(uow, hold_id)
    if not found:
        raise NotFound
    return show(request, "lift", form=form, errors=errors or [], hold=found[0], title=retention.schedule(found[0].name))


@post(HOLDS + "/{hold_id:uuid}/lift", opt=MANAGE, include_in_schema=False, status_code=200)
async def lift(request: Http, uow: NamedDependency[Uow], hold_id: FromPath[UUID]) -> Response[Any]:
    """Lift it."""
    form = await read_form(request)
    wanted, errors = parse(form, Lifting)
    if wanted is not None:
        try:
            await retention.lift_hold(uow, hold_id, wanted.why)
        except Conflict as error:
            errors = refused(error)
        else:
            return redirect(HOLDS, LIFTED)
    return await _lifting(request, uow, hold_id, form, errors)


handlers = [schedules, due, confirm, holds, place, lifting, lift]
