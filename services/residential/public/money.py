"""What a place in one's own home costs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from careshare.database import Uow
from services.residential.actions.prices import price_lists
from services.residential.rules import WeeklyPrice
from services.residential.rules import weekly_price as price_of


async def weekly_price(
    uow: Uow,
    home_id: UUID,
    on: date,
    need_level: str,
    supplements: Mapping[str, Decimal] | None = None,
    *,
    any_level: bool = False,
) -> WeeklyPrice | None:
    """What a place in one's own home costs for a week on a day, line by line; None where no price is stated for it.

    `any_level`: the terms of the list are wanted, whether or not it has a price for this level of need; a weekly price
    it does not have reads as nought.
    """
    holding = next((one for one in await price_lists(uow, home_id) if one.holds_on(on)), None)
    if holding is None:
        return None
    prices = holding.prices
    if any_level:
        prices = replace(prices, weekly={need_level: Decimal(0), **prices.weekly})
    if need_level not in prices.weekly or not set(supplements or {}) <= prices.supplements.keys():
        return None
    return price_of(prices, need_level, supplements)
