"""What is charged for each placement, each side's own references, and how a lender asks to be paid."""

from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.web import Form, asks, notice, read_form, redirect
from tenants.recharges import actions, charges
from tenants.recharges.charges import Setting
from tenants.recharges.pages.common import LIST, Http, keep, show

ONE: Final = LIST + "/charges/{basis_id:uuid}"
SHOWN: Final = 200
KEPT = notice("recharges.kept", "Your references are kept.")
SET = notice("recharges.set", "What you issue from now on says so.")


class Keeping(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One's own references of a charge; the order number is asked of the borrower alone."""

    reference: Annotated[str, asks("your reference", max_length=40)] | None = None
    ledger_code: Annotated[str, asks("your ledger code", max_length=60)] | None = None
    order_number: Annotated[str, asks("your order number", max_length=40)] | None = None


@get(LIST + "/charges", opt=needs("recharge:read"), include_in_schema=False)
async def listed(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Placements that are or were charged, those that began last first."""
    found = await charges.listed(uow, limit=SHOWN + 1)
    return show(request, "charges", path=LIST, charges=found[:SHOWN], more=len(found) > SHOWN)


@get(ONE, opt=needs("recharge:read"), include_in_schema=False)
async def one(request: Http, uow: NamedDependency[Uow], basis_id: FromPath[UUID]) -> Response[str]:
    """One placement's dated prices, pauses and funding."""
    found = await charges.charge(uow, basis_id)
    return show(request, "charge", path=f"{LIST}/charges", charge=found)


@get(ONE + "/own", opt=needs("recharge:dispute"), include_in_schema=False)
async def own_page(request: Http, uow: NamedDependency[Uow], basis_id: FromPath[UUID]) -> Response[str]:
    """One's own reference and ledger code, and as borrower the order number."""
    found = await charges.charge(uow, basis_id)
    names = ("reference", "ledger_code", "order_number")
    form = Form({name: [getattr(found, name)] for name in names})
    return show(request, "own", path=f"{LIST}/charges/{basis_id}", charge=found, form=form)


@post(ONE + "/own", opt=needs("recharge:dispute"), include_in_schema=False)
async def own(request: Http, uow: NamedDependency[Uow], basis_id: FromPath[UUID]) -> Response[Any]:
    """Keep them."""
    found = await charges.charge(uow, basis_id)

    async def change(keeping: Keeping) -> None:
        ordered = (keeping.order_number or "") if found.side == "borrower" else None
        await actions.keep_own(
            uow,
            basis_id,
            reference=keeping.reference or "",
            ledger_code=keeping.ledger_code or "",
            order_number=ordered,
        )

    path = f"{LIST}/charges/{basis_id}"
    refused = await keep(uow, await read_form(request), Keeping, change)
    return show(request, "own", path=path, charge=found, form=refused) if refused else redirect(path, KEPT)


@get(LIST + "/settings", opt=needs("recharge:issue"), include_in_schema=False)
async def settings_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """How one's own authority asks to be paid."""
    return show(request, "settings", path=LIST, form=Form.filled(await charges.setting(uow)))


@post(LIST + "/settings", opt=needs("recharge:issue"), include_in_schema=False)
async def settings(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Change it."""

    async def change(setting: Setting) -> None:
        await charges.change_setting(uow, setting)

    refused = await keep(uow, await read_form(request), Setting, change)
    return show(request, "settings", path=LIST, form=refused) if refused else redirect(LIST, SET)


handlers = [listed, one, own_page, own, settings_page, settings]
