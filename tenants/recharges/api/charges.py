"""What is charged for each placement, each side's own references, and how a lender asks to be paid."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, etag, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, Limit
from careshare.identity import Principal
from tenants.recharges import actions, charges
from tenants.recharges.api.answers import TAGS
from tenants.recharges.charges import Charge, Setting

ONE: Final = "/charges/{basis_id:uuid}"
Other = Annotated[UUID | None, QueryParameter(description="The other authority.", required=False)]


class ChargePage(msgspec.Struct, frozen=True):
    """Charges, those that began last first. `next_cursor` leads to the next page; null on the last one."""

    items: list[Charge]
    next_cursor: str | None


class Keeping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One's own reference and ledger code, and by the borrower its order number; what is null stays as it is."""

    reference: Annotated[str, Meta(max_length=40)] | None = None
    ledger_code: Annotated[str, Meta(max_length=60)] | None = None
    order_number: Annotated[str, Meta(max_length=40)] | None = None


@get(
    "/charges",
    opt=needs("recharge:read"),
    operation_id="listCharges",
    summary="List what is charged for each placement",
    tags=TAGS,
    responses=problems(),
)
async def list_charges(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    other: Other = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ChargePage:
    paging = Paging(request.app.state.settings.secret_key, principal.authority_id, "charges", {"other": other})
    rows = await charges.listed(uow, other=other, after=paging.after(cursor, tuple[date, UUID]), limit=limit + 1)
    shown = rows[:limit]
    return ChargePage(shown, paging.cursor(shown[-1].starts, shown[-1].id) if len(rows) > limit else None)


@get(
    ONE,
    opt=needs("recharge:read"),
    operation_id="readCharge",
    summary="Read what is charged for a placement, with its dated prices",
    tags=TAGS,
    responses=problems(404),
)
async def read_charge(uow: NamedDependency[Uow], basis_id: FromPath[UUID]) -> Response[Charge]:
    found = await charges.charge(uow, basis_id)
    return Response(found, headers={"ETag": etag(found.revision)})


@put(
    f"{ONE}/own",
    opt=needs("recharge:dispute"),
    operation_id="keepCharge",
    summary="Keep your own reference, ledger code and order number of a charge",
    description="The other side sees the order number alone.",
    tags=TAGS,
    responses=problems(404, 409),
)
async def keep_charge(uow: NamedDependency[Uow], basis_id: FromPath[UUID], data: JSONBody[Keeping]) -> Response[Charge]:
    await actions.keep_own(uow, basis_id, **msgspec.structs.asdict(data))
    found = await charges.charge(uow, basis_id)
    return Response(found, headers={"ETag": etag(found.revision)})


@get(
    "/settings",
    opt=needs("recharge:read"),
    operation_id="readRechargeSettings",
    summary="How your authority asks to be paid",
    tags=TAGS,
    responses=problems(),
)
async def read_settings(uow: NamedDependency[Uow]) -> Setting:
    return await charges.setting(uow)


@put(
    "/settings",
    opt=needs("recharge:issue"),
    operation_id="setRechargeSettings",
    summary="Change how your authority asks to be paid",
    tags=TAGS,
    responses=problems(),
)
async def set_settings(uow: NamedDependency[Uow], data: JSONBody[Setting]) -> Setting:
    await charges.change_setting(uow, data)
    return await charges.setting(uow)


handlers = [list_charges, read_charge, keep_charge, read_settings, set_settings]
