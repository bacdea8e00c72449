"""The providing side: the child has come."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import Form, notice
from services.placements.placed import actions, found, money
from services.placements.placed.model import Start
from services.placements.placed.pages.forms import ONE_IN_HOME, Http, asked, read, whole
from services.placements.placed.permissions import START
from tenants.recharges.codes import label

STARTED = notice("placed.started", "The placement has started. The register and the vacancy follow by themselves")


@get(f"{ONE_IN_HOME}/start", opt=needs(START), include_in_schema=False)
async def ask_start(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """The day the child came, and the weekly price under the agreement."""
    record = await read(uow, principal, placement_id, "providing")
    day = {f"day-{part}": [str(getattr(record.starts, part))] for part in ("day", "month", "year")}
    more = await _priced(uow, placement_id)
    return await whole(request, uow, principal, placement_id, "providing", template="start", form=Form(day), **more)


@post(f"{ONE_IN_HOME}/start", opt=needs(START), include_in_schema=False)
async def start(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Check the register, enter the child there, begin what is charged."""

    async def change(given: Start) -> None:
        await actions.start(uow, placement_id, given)

    return await asked(
        *(request, uow, principal, placement_id),
        wanted=Start,
        template="start",
        change=change,
        done=STARTED,
        more=lambda: _priced(uow, placement_id),
    )


async def _priced(uow: Uow, placement_id: UUID) -> dict[str, Any]:
    """The supplements of one's own tariff that this child's placement may have, to choose from."""
    placed = await found.find(uow, placement_id, "providing")
    return {"supplements": [(one, label("part", one)) for one in await money.supplements(uow, placed, placed.starts)]}


handlers: Final = [ask_start, start]
