"""Price lists, what a place costs explained line by line, and planned income."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, Unprocessable
from careshare.http import expected_version, problems
from careshare.http.parameters import IfMatch
from services.residential import actions
from services.residential.actions.prices import amount_within, price_lists
from services.residential.api.common import HOME, TAGS, changed
from services.residential.model import Code, PlannedIncome, PriceList
from services.residential.queries import home
from services.residential.records import HomeRecord
from services.residential.rules import weekly_price
from tenants.checking import refuse_invalid


class Chosen(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How many of a supplement: weeks (1), nights or hours in a week."""

    code: Code
    quantity: Annotated[Decimal, msgspec.Meta(examples=["3"])]


class Asked(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For which day, need and supplements a price is wanted."""

    on: date
    need_level: Code
    supplement: Annotated[list[Chosen], msgspec.Meta(max_length=20)] = []


class TakenAway(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which price list: the one that begins on this day."""

    since: date


class Line(msgspec.Struct, frozen=True):
    """One line of a price, in pounds, and how it comes about."""

    code: str
    quantity: Decimal
    per: str
    amount: Decimal
    total: Decimal
    explained: str


class Priced(msgspec.Struct, frozen=True):
    """A price for one child for a week, in pounds, and who bears which part."""

    lines: list[Line]
    total: Decimal
    social: Decimal
    education: Decimal
    health: Decimal
    notice_nights: int
    void_percent: Decimal
    purchase: str


@put(
    f"{HOME}/prices",
    opt=needs("residential:change"),
    operation_id="setPrices",
    summary="Set what a place costs from a day on",
    description="The price list before ends on that day; one of the same day is replaced. Lists never overlap.",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def set_prices(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[PriceList], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.set_prices(uow, home_id, version, data))


@post(
    f"{HOME}/prices/take-away",
    opt=needs("residential:change"),
    operation_id="takePricesAway",
    summary="Take the price list away that begins on a day",
    description="The list before holds on again.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 412, 428),
)
async def end_prices(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[TakenAway], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.end_prices(uow, home_id, version, data.since))


@post(
    f"{HOME}/price",
    opt=needs("residential:read"),
    operation_id="askPrice",
    summary="Work out what a place costs for a week",
    description="Line by line, with the parts that social care, education and health bear.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 422),
)
async def ask_price(home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[Asked]) -> Priced:
    await home(uow, home_id)
    holding = next((one for one in await price_lists(uow, home_id) if one.holds_on(data.on)), None)
    if holding is None:
        raise Unprocessable(errors=[FieldError("on", "There is no price list for that day")])
    prices = holding.prices
    errors: list[FieldError] = []
    for one in data.supplement:
        amount_within(errors, "supplement", one.quantity, Decimal(500))
    refuse_invalid(errors)
    if data.need_level not in prices.weekly:
        raise Unprocessable(errors=[FieldError("need_level", "The price list has no price for this level of need")])
    chosen = {one.code: one.quantity for one in data.supplement}
    if not chosen.keys() <= prices.supplements.keys():
        raise Unprocessable(errors=[FieldError("supplement", "The price list does not have this supplement")])
    found = weekly_price(prices, data.need_level, chosen)
    lines = [Line(one.code, one.quantity, one.per, one.amount, one.total, one.explained) for one in found.lines]
    return Priced(
        lines=lines,
        total=found.total,
        social=found.social,
        education=found.education,
        health=found.health,
        notice_nights=found.notice_nights,
        void_percent=found.void_percent,
        purchase=found.purchase,
    )


@put(
    f"{HOME}/plan",
    opt=needs("residential:change"),
    operation_id="planIncome",
    summary="Set what a home is planned to bring in during a month",
    tags=TAGS,
    responses=problems(404, 412, 428),
)
async def plan_income(
    home_id: FromPath[UUID], uow: NamedDependency[Uow], data: JSONBody[PlannedIncome], if_match: IfMatch = None
) -> Response[HomeRecord]:
    version = expected_version(if_match)
    return await changed(uow, home_id, actions.set_plan(uow, home_id, version, data))


handlers = [set_prices, end_prices, ask_price, plan_income]
