"""What the clock does with the homes: notices follow the calendar and others' claims, judgements follow Ofsted."""

from datetime import time, timedelta
from uuid import UUID

import msgspec

from careshare import jobs
from careshare.database import Uow
from services.residential.offers import refresh_offers
from services.residential.ofsted.actions import follow

REFRESH = "residential.refresh_offers"
FOLLOW = "residential.follow_ofsted"


class Homes(msgspec.Struct, frozen=True):
    """Whose notices to renew; None: all homes'."""

    ids: list[UUID] | None = None


class Judgements(msgspec.Struct, frozen=True):
    """Nothing more is asked: all of the authority's homes follow."""


@jobs.handler(REFRESH, Homes)
async def refresh(uow: Uow, homes: Homes) -> None:
    """Make notices anew. Does nothing where they are right, so it may run again."""
    await refresh_offers(uow, homes.ids)


@jobs.handler(FOLLOW, Judgements)
async def follow_ofsted(uow: Uow, _judgements: Judgements) -> None:
    """Let homes have the judgements of Ofsted's list that are newer than theirs. May run again."""
    await follow(uow)


jobs.schedule("residential.offers_daily", REFRESH, daily_at=time(0, 6), purpose="notices follow the calendar")
jobs.schedule("residential.offers", REFRESH, every=timedelta(minutes=10), purpose="notices follow holds and claims")
jobs.schedule("residential.ofsted", FOLLOW, every=timedelta(hours=1), purpose="judgements follow Ofsted's list")
