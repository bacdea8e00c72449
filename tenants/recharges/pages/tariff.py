"""A lender's own tariff: what it asks a week, and changing it from a day on."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from careshare.access import needs
from careshare.database import Uow
from careshare.web import Form, notice, read_form, redirect
from tenants.recharges import codes, tariff
from tenants.recharges.days import today
from tenants.recharges.pages.common import LIST, Http, keep, show
from tenants.recharges.tariff import Pricing

PAGE: Final = LIST + "/tariff"
CHANGED = notice("recharges.tariff", "The tariff is changed. Placements that have begun keep their prices.")


@get(PAGE, opt=needs("recharge:read"), include_in_schema=False)
async def page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The tariff, with what holds today marked."""
    return await _show(request, uow, Form())


@post(PAGE, opt=needs("recharge:issue"), include_in_schema=False)
async def change(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Let a price hold from a day on."""

    async def put(pricing: Pricing) -> None:
        await tariff.change(uow, pricing)

    refused = await keep(uow, await read_form(request), Pricing, put)
    return await _show(request, uow, refused) if refused else redirect(PAGE, CHANGED)


async def _show(request: Http, uow: Uow, form: Form) -> Response[str]:
    now = today()
    parts = [(one.code, one.label) for one in codes.codes("part", now) if one.code != "adjustment"]
    kinds = [(one.code, one.label) for one in codes.codes("kind", now)]
    found = [(one, one.since <= now and (one.until is None or now < one.until)) for one in await tariff.lines(uow)]
    return show(request, "tariff", path=LIST, lines=found, form=form, kinds=kinds, parts=parts)


handlers = [page, change]
