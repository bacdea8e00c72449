"""One notice, opened: every opening is on the record."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from services.placements import actions
from services.placements.answers import FoundHome, Household, Notice, Owner, Shared
from services.placements.api.common import TAGS
from services.placements.remedies import Approval


class OfferAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A vacancy notice. `judged` is how it answers the need of the search it was opened from; null without one."""

    offer_id: UUID
    own: bool
    owner: Owner
    agreement: Shared | None
    household: Household | None
    approval: Approval
    days_since_confirmed: int | None
    stale: bool
    today: date
    notice: Notice
    judged: FoundHome | None


@get(
    "/offers/{offer_id:uuid}",
    opt=needs("placement:search"),
    operation_id="getOffer",
    summary="Open a vacancy notice",
    description="Recorded for you and for its owner. With `search_id` judged for the need of that search.",
    tags=TAGS,
    responses=problems(404),
)
async def get_offer(
    uow: NamedDependency[Uow],
    offer_id: FromPath[UUID],
    search_id: Annotated[UUID | None, QueryParameter(required=False)] = None,
) -> OfferAnswer:
    home, found = await actions.open_offer(uow, offer_id, search_id)
    return OfferAnswer(
        offer_id=home.offer_id,
        own=home.own,
        owner=home.owner,
        agreement=home.agreement,
        household=home.household,
        approval=home.approval,
        days_since_confirmed=home.days_since_confirmed,
        stale=home.stale,
        today=found.today,
        notice=home.notice,
        judged=home if search_id is not None else None,
    )


handlers: Final = (get_offer,)
