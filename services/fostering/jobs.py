"""What the clock does with the register: offers follow the calendar, holds that lapsed and claims that others made."""

from datetime import time, timedelta
from uuid import UUID

import msgspec

from careshare import jobs
from careshare.database import Uow
from services.fostering.offers import refresh_offers

REFRESH = "fostering.refresh_offers"


class Households(msgspec.Struct, frozen=True):
    """Whose offers to renew; None: the whole register's."""

    ids: list[UUID] | None = None


@jobs.handler(REFRESH, Households)
async def refresh(uow: Uow, households: Households) -> None:
    """Make offers anew. Does nothing where they are right, so it may run again."""
    await refresh_offers(uow, households.ids)


jobs.schedule("fostering.offers_daily", REFRESH, daily_at=time(0, 5), purpose="offers follow the calendar")
jobs.schedule("fostering.offers", REFRESH, every=timedelta(minutes=10), purpose="offers follow holds and claims")
