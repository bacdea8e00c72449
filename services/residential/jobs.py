"""What the clock does with the homes: notices follow the calendar, the staffing and what others claim."""

from datetime import time, timedelta
from uuid import UUID

import msgspec

from careshare import jobs
from careshare.database import Uow
from services.residential.offers import refresh_offers

REFRESH = "residential.refresh_offers"


class Homes(msgspec.Struct, frozen=True):
    """Whose notices to renew; None: all homes'."""

    ids: list[UUID] | None = None


@jobs.handler(REFRESH, Homes)
async def refresh(uow: Uow, homes: Homes) -> None:
    """Make notices anew. Does nothing where they are right, so it may run again."""
    await refresh_offers(uow, homes.ids)


jobs.schedule("residential.offers_daily", REFRESH, daily_at=time(0, 6), purpose="notices follow the calendar")
jobs.schedule("residential.offers", REFRESH, every=timedelta(minutes=10), purpose="notices follow holds and claims")
