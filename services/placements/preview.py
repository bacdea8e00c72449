"""One notice as the bound authority's search shows it: what an agreement's page previews for its owner."""

from uuid import UUID

from careshare.database import Uow
from careshare.errors import NotFound
from services.placements import queries
from services.placements.actions import ANY
from services.placements.pages import cards
from services.placements.pages.criteria import Judged
from services.placements.pages.offers import facts
from tenants.agreements.previews import Seen, register


async def look(uow: Uow, offer_id: UUID) -> Seen | None:
    """The notice by the search statement itself, worded as its page words it; None if the search does not show it."""
    try:
        found = await queries.find(uow, ANY, only=offer_id)
    except NotFound:
        return None
    home = (found.results or found.near_misses)[0]
    return Seen(
        cards.title_of(home),
        facts(Judged(home, found.asked, found.today, found.stale_after_days)),
        home.agreement.title if home.agreement else "",
        cards.approval(home.approval),
    )


def declare() -> None:
    """Let agreements' pages look at notices of foster carers with this search."""
    register("foster_carers", look)
