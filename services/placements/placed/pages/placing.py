"""The placing side: the plan, the notices that the law wants, ready, other days."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import Form, notice
from services.placements.placed import actions, telling
from services.placements.placed.model import Notice, Plan, Vary
from services.placements.placed.pages.forms import ONE_MADE, Http, asked, pressed, read, whole
from services.placements.placed.permissions import CHANGE, READY

PLANNED = notice("placed.plan", "The placement plan is recorded")
NOTED = notice("placed.notice", "The notice is recorded")
READIED = notice("placed.ready", "The placement is ready. The home’s side records the day the child comes")
VARIED = notice("placed.varied", "The days are changed")


@get(f"{ONE_MADE}/plan", opt=needs(READY), include_in_schema=False)
async def ask_plan(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """When the plan was agreed, and who signed it."""
    record = await read(uow, principal, placement_id, "placing")
    form = Form.filled(record.plan) if record.plan else None
    return await whole(request, uow, principal, placement_id, "placing", template="plan", form=form)


@post(f"{ONE_MADE}/plan", opt=needs(READY), include_in_schema=False)
async def plan(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Record the plan."""

    async def change(given: Plan) -> None:
        await actions.plan(uow, placement_id, given)

    return await asked(request, uow, principal, placement_id, wanted=Plan, template="plan", change=change, done=PLANNED)


@get(f"{ONE_MADE}/notices", opt=needs(READY), include_in_schema=False)
async def ask_notice(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    recipient: FromQuery[str] = "",
    occasion: FromQuery[str] = "start",
) -> Response[str]:
    """Whom one has told, when and how; or why that was not practicable."""
    form = Form({"recipient": [recipient], "occasion": [occasion]})
    return await whole(request, uow, principal, placement_id, "placing", template="notice", form=form)


@post(f"{ONE_MADE}/notices", opt=needs(READY), include_in_schema=False)
async def record_notice(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Record the notice, or the reason with one's own name."""

    async def change(given: Notice) -> None:
        await telling.notice(uow, placement_id, given)

    return await asked(
        request, uow, principal, placement_id, wanted=Notice, template="notice", change=change, done=NOTED
    )


@post(f"{ONE_MADE}/ready", opt=needs(READY), include_in_schema=False)
async def ready(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Say that the child may come."""

    async def change() -> None:
        await actions.make_ready(uow, placement_id)

    return await pressed(request, uow, principal, placement_id, change=change, done=READIED)


@get(f"{ONE_MADE}/days", opt=needs(CHANGE), include_in_schema=False)
async def ask_days(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """Other days than were planned."""
    record = await read(uow, principal, placement_id, "placing")
    form = Form.filled(Vary(starts=record.starts, ends=record.ends))
    return await whole(request, uow, principal, placement_id, "placing", template="days", form=form)


@post(f"{ONE_MADE}/days", opt=needs(CHANGE), include_in_schema=False)
async def days(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Change the days, where the place and the child are free."""

    async def change(given: Vary) -> None:
        await actions.vary(uow, placement_id, given)

    return await asked(request, uow, principal, placement_id, wanted=Vary, template="days", change=change, done=VARIED)


handlers: Final = [ask_plan, plan, ask_notice, record_notice, ready, ask_days, days]
