"""Changing a price by hand over the API: asked for by one person, agreed by another."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import once, problems
from careshare.http.parameters import Http, IdempotencyKey
from tenants.recharges import charges, prices
from tenants.recharges.api.answers import TAGS
from tenants.recharges.api.charges import ONE as CHARGE
from tenants.recharges.days import today
from tenants.recharges.prices import Effect, NewPrice, PriceChange, State

ROOT: Final = "/api/v1/recharges/price-changes"
ONE: Final = "/price-changes/{price_change_id:uuid}"


class PriceChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A change, and what it does, or while it waits would do, to statements that were issued."""

    change: PriceChange
    effects: list[Effect]


@post(
    f"{CHARGE}/price-changes",
    opt=needs("recharge:price"),
    operation_id="askForPriceChange",
    summary="Ask for a price of a charge to be changed",
    description="As its lender, from a day on, with a reason of the list. It holds once somebody else has agreed.",
    tags=TAGS,
    responses={
        HTTPStatus.CREATED: ResponseSpec(PriceChangeAnswer, description="The change", generate_examples=False),
        **problems(404, 409),
    },
)
async def ask_for_price_change(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    basis_id: FromPath[UUID],
    data: JSONBody[NewPrice],
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    async def make() -> tuple[PriceChangeAnswer, str]:
        made = await prices.ask(uow, basis_id, data, today())
        return await _answer(uow, made), f"{ROOT}/{made}"

    return await once(request, uow, idempotency_key, make)


async def _answer(uow: Uow, change_id: UUID) -> PriceChangeAnswer:
    found = await prices.change(uow, change_id)
    return PriceChangeAnswer(change=found, effects=await prices.effects(uow, found) if found.state == "waiting" else [])


@get(
    f"{CHARGE}/price-changes",
    opt=needs("recharge:read"),
    operation_id="listPriceChanges",
    summary="List the prices of a charge that its lender changed by hand",
    description="The lender's alone: the other side reads the prices, and on each line why they were changed.",
    tags=TAGS,
    responses=problems(404),
)
async def list_price_changes(
    *, uow: NamedDependency[Uow], basis_id: FromPath[UUID], show: FromQuery[State | None] = None
) -> list[PriceChange]:
    await charges.charge(uow, basis_id)
    return await prices.changes(uow, basis=basis_id, state=show)


@get(
    ONE,
    opt=needs("recharge:read"),
    operation_id="readPriceChange",
    summary="Read a change of price, with what it does to statements that were issued",
    tags=TAGS,
    responses=problems(404),
)
async def read_price_change(uow: NamedDependency[Uow], price_change_id: FromPath[UUID]) -> PriceChangeAnswer:
    return await _answer(uow, price_change_id)


@post(
    f"{ONE}/agree",
    opt=needs("recharge:second_look", step_up=True),
    operation_id="agreePriceChange",
    summary="Take the second look: let a changed price hold",
    description=(
        "By somebody else than asked for it. Lines of issued statements that are too high get credit notes at once; "
        "what is more, or was paid, comes on the next statement."
    ),
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def agree_price_change(uow: NamedDependency[Uow], price_change_id: FromPath[UUID]) -> PriceChangeAnswer:
    effects = await prices.agree(uow, price_change_id, today())
    return PriceChangeAnswer(change=await prices.change(uow, price_change_id), effects=effects)


@post(
    f"{ONE}/refuse",
    opt=needs("recharge:second_look"),
    operation_id="refusePriceChange",
    summary="Let a change of price come to nothing",
    tags=TAGS,
    status_code=HTTPStatus.OK,
    responses=problems(404, 409),
)
async def refuse_price_change(uow: NamedDependency[Uow], price_change_id: FromPath[UUID]) -> PriceChangeAnswer:
    await prices.refuse(uow, price_change_id)
    return await _answer(uow, price_change_id)


handlers = [ask_for_price_change, list_price_changes, read_price_change, agree_price_change, refuse_price_change]
