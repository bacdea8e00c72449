"""The page on which the home's side records that it told its host authority."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import Form, notice
from services.placements.placed import home_notices
from services.placements.placed.model import HomeNotice
from services.placements.placed.pages.forms import ONE_IN_HOME, Http, asked, whole
from services.placements.placed.permissions import START

TOLD = notice("placed.host_told", "It is recorded that the host authority was told")


@get(f"{ONE_IN_HOME}/host-notices", opt=needs(START), include_in_schema=False)
async def ask_host_notice(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    occasion: FromQuery[str] = "admission",
) -> Response[str]:
    """That it was told, when and how; or why that was not practicable."""
    form = Form({"occasion": ["discharge" if occasion == "discharge" else "admission"]})
    return await whole(request, uow, principal, placement_id, "providing", template="host_notice", form=form)


@post(f"{ONE_IN_HOME}/host-notices", opt=needs(START), include_in_schema=False)
async def host_notice(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Keep it."""

    async def change(given: HomeNotice) -> None:
        await home_notices.record(uow, placement_id, given)

    return await asked(
        *(request, uow, principal, placement_id),
        wanted=HomeNotice,
        template="host_notice",
        change=change,
        done=TOLD,
    )


handlers: Final = [ask_host_notice, host_notice]
