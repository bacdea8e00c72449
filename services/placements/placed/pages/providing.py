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
from services.placements.terms import charging
from services.placements.terms import words as of_terms
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
    """What it costs: supplements of one's own tariff to choose from, or what was agreed of a home's price."""
    placed = await found.find(uow, placement_id, "providing")
    if placed.kind != "foster_home":
        return {"agreed": await charging.agreed(uow, placed), "priced": of_terms, "supplements": []}
    known = await money.supplements(uow, placed, placed.starts)
    return {"agreed": None, "priced": None, "supplements": [(one, label("part", one)) for one in known]}


handlers: Final = [ask_start, start]
