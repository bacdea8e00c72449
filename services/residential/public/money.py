"""What a place in one's own home costs."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from careshare.database import Uow
from services.residential.actions.prices import price_lists
from services.residential.rules import WeeklyPrice
from services.residential.rules import weekly_price as price_of


async def weekly_price(
    uow: Uow, home_id: UUID, on: date, need_level: str, supplements: Mapping[str, Decimal] | None = None
) -> WeeklyPrice | None:
    """What a place in one's own home costs for a week on a day, line by line; None where no price is stated for it."""
    holding = next((one for one in await price_lists(uow, home_id) if one.holds_on(on)), None)
    if holding is None:
        return None
    prices = holding.prices
    if need_level not in prices.weekly or not set(supplements or {}) <= prices.supplements.keys():
        return None
    return price_of(prices, need_level, supplements)
