"""Need that nothing shared could meet."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, Limit
from careshare.identity import Principal
from services.placements import queries
from services.placements.answers import UnmetNeed
from services.placements.api.common import TAGS
from services.placements.routes import paging


class UnmetNeedPage(msgspec.Struct, frozen=True):
    """Unmet need, newest first. `next_cursor` leads to the next page; null on the last one."""

    items: list[UnmetNeed]
    next_cursor: str | None


@get(
    "/unmet-needs",
    opt=needs("unmet_need:read"),
    operation_id="listUnmetNeeds",
    summary="List need that no shared home met",
    description="One row for one request, however often it was searched for. Places stand as outward codes.",
    tags=TAGS,
    responses=problems(),
)
async def list_unmet_needs(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    open_only: FromQuery[bool] = False,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> UnmetNeedPage:
    pages = paging(request, principal, "unmet needs", open_only=open_only)
    after = pages.after(cursor, tuple[UUID])
    found = await queries.unmet_needs(uow, before=after[0] if after else None, limit=limit + 1, open_only=open_only)
    shown = found[:limit]
    return UnmetNeedPage(shown, pages.cursor(shown[-1].id) if len(found) > limit else None)


handlers: Final = (list_unmet_needs,)
