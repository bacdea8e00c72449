"""Changing a price by hand on pages: asking for it, what it does to months that were issued, and the second look."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, NotFound
from careshare.identity import Principal
from careshare.web import Form, notice, read_form, redirect
from tenants.recharges import charges, codes, prices
from tenants.recharges.charges import Charge
from tenants.recharges.days import today
from tenants.recharges.pages.charges import ONE as CHARGE
from tenants.recharges.pages.common import LIST, Http, keep, show
from tenants.recharges.prices import NewPrice

CHANGES: Final = LIST + "/price-changes"
ONE: Final = CHANGES + "/{price_change_id:uuid}"
ASKED = notice("recharges.price_asked", "The change waits for a colleague’s second look.")
AGREED = notice("recharges.price_agreed", "The price holds. What was issued too high has its credit notes.")
REFUSED = notice("recharges.price_refused", "The change comes to nothing.")


@get(CHANGES, opt=needs("recharge:read"), include_in_schema=False)
async def listed(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Prices of one's own placements that were changed by hand."""
    found = sorted(await prices.changes(uow), key=lambda one: one.state != "waiting")
    return show(request, "price_changes", path=LIST, changes=found)


@get(CHARGE + "/price", opt=needs("recharge:price"), include_in_schema=False)
async def ask_page(request: Http, uow: NamedDependency[Uow], basis_id: FromPath[UUID]) -> Response[str]:
    """The form that asks for a change."""
    return _form(request, await _lent(uow, basis_id), Form())


@post(CHARGE + "/price", opt=needs("recharge:price"), include_in_schema=False)
async def ask(request: Http, uow: NamedDependency[Uow], basis_id: FromPath[UUID]) -> Response[Any]:
    """Ask for it."""
    found = await _lent(uow, basis_id)
    made: list[UUID] = []

    async def change(new: NewPrice) -> None:
        made.append(await prices.ask(uow, basis_id, new, today()))

    refused = await keep(uow, await read_form(request), NewPrice, change)
    return _form(request, found, refused) if refused else redirect(f"{CHANGES}/{made[0]}", ASKED)


async def _lent(uow: Uow, basis_id: UUID) -> Charge:
    """A charge of which one's own authority is the lender. Raises NotFound."""
    found = await charges.charge(uow, basis_id)
    if found.side != "lender":
        raise NotFound
    return found


def _form(request: Http, found: Charge, form: Form) -> Response[str]:
    now = today()
    parts = [(one.code, one.label) for one in codes.codes("part", now) if one.code != "adjustment"]
    reasons = [(one.code, one.label) for one in codes.codes("price", now)]
    path = f"{LIST}/charges/{found.id}"
    return show(request, "price", path=path, charge=found, form=form, parts=parts, reasons=reasons)


@get(ONE, opt=needs("recharge:read"), include_in_schema=False)
async def one(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    price_change_id: FromPath[UUID],
) -> Response[str]:
    """A change, what it does to months that were issued, and the second look."""
    return await _show(request, uow, principal, price_change_id)


async def _show(
    request: Http, uow: Uow, principal: Principal, change_id: UUID, form: Form | None = None
) -> Response[str]:
    found = await prices.change(uow, change_id)
    waits = found.state == "waiting"
    people = await prices.names(uow, [one for one in (found.asked_by, found.decided_by) if one is not None])
    return show(
        request,
        "price_change",
        None if form is None else HTTPStatus.CONFLICT,
        path=CHANGES,
        change=found,
        form=form or Form(),
        effects=await prices.effects(uow, found) if waits else [],
        mine=found.asked_by == principal.person_id,
        asked_by=people.get(found.asked_by),
        decided_by=people.get(found.decided_by) if found.decided_by else None,
    )


@post(ONE + "/agree", opt=needs("recharge:second_look", step_up=True), include_in_schema=False)
async def agree(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    price_change_id: FromPath[UUID],
) -> Response[Any]:
    """Let it hold."""
    await prices.change(uow, price_change_id)
    try:
        await prices.agree(uow, price_change_id, today())
    except Conflict as conflict:
        await uow.rollback()
        form = Form(errors=list(conflict.errors) or [FieldError("", conflict.detail)])
        return await _show(request, uow, principal, price_change_id, form)
    return redirect(f"{CHANGES}/{price_change_id}", AGREED)


@post(ONE + "/refuse", opt=needs("recharge:second_look"), include_in_schema=False)
async def refuse(uow: NamedDependency[Uow], price_change_id: FromPath[UUID]) -> Response[Any]:
    """Let it come to nothing."""
    await prices.refuse(uow, price_change_id)
    return redirect(f"{CHANGES}/{price_change_id}", REFUSED)


handlers = [listed, ask_page, ask, one, agree, refuse]
