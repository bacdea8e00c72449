"""The desk under /api/v1."""

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from careshare.identity import Principal
from services.placements.desk import queries


@get(
    "/desk",
    opt=needs("desk:read"),
    operation_id="getDesk",
    summary="What waits for your authority, and for whom it waits",
    description="The soonest due first, in one list of at most 300. Nobody’s name is in it.",
    tags=["Desk"],
    responses=problems(),
)
async def get_desk(
    *, uow: NamedDependency[Uow], principal: NamedDependency[Principal], mine: FromQuery[bool] = False
) -> queries.Desk:
    return await queries.desk(uow, mine=mine, roles=principal.roles)


router = Router("/", route_handlers=[get_desk])
