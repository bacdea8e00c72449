"""What either side does: pause, resume, notice, review, end, cancel."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import notice, read_form
from services.placements.placed import actions, found
from services.placements.placed.model import Cancel, End, Pause, Resume
from services.placements.placed.pages.forms import ONE_IN_HOME, ONE_MADE, Http, asked, pressed, side_of, whole
from services.placements.placed.pages.words import STEPS
from services.placements.placed.permissions import CHANGE

STEPPED: Final = {
    "give_notice": notice("placed.notice_given", "Notice is given. The other side is told"),
    "review_to_end": notice("placed.to_end", "It is recorded that a review decided on an end"),
    "keep": notice("placed.kept", "The placement stays"),
    "unready": notice("placed.unready", "The placement is planned again"),
}
PAUSED = notice("placed.paused", "The placement is paused. The place stays the child’s")
RESUMED = notice("placed.resumed", "The placement goes on")
ENDED = notice("placed.ended", "The placement has ended. The place is free from that day, and names are closed")
CANCELLED = notice("placed.cancelled", "The placement is cancelled. The place is free again")


@post([f"{ONE_MADE}/steps", f"{ONE_IN_HOME}/steps"], opt=needs(CHANGE), include_in_schema=False)
async def step(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """A step that needs nothing more than a button."""
    side = side_of(request)
    await found.find(uow, placement_id, side)
    wanted = (await read_form(request)).get("step")
    if wanted not in STEPS:
        wrong = [FieldError("", "Choose what to do")]
        return await whole(request, uow, principal, placement_id, side, errors=wrong)

    async def change() -> None:
        await actions.simple(uow, placement_id, wanted)

    return await pressed(request, uow, principal, placement_id, change=change, done=STEPPED[wanted])


@get([f"{ONE_MADE}/pause", f"{ONE_IN_HOME}/pause"], opt=needs(CHANGE), include_in_schema=False)
async def ask_pause(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """From which day the child is away, and for the home's side what is charged meanwhile."""
    return await whole(request, uow, principal, placement_id, side_of(request), template="pause")


@post([f"{ONE_MADE}/pause", f"{ONE_IN_HOME}/pause"], opt=needs(CHANGE), include_in_schema=False)
async def pause(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Pause it: the place stays the child's, the charge follows."""

    async def change(given: Pause) -> None:
        await actions.pause(uow, placement_id, given)

    return await asked(
        request, uow, principal, placement_id, wanted=Pause, template="pause", change=change, done=PAUSED
    )


@get([f"{ONE_MADE}/resume", f"{ONE_IN_HOME}/resume"], opt=needs(CHANGE), include_in_schema=False)
async def ask_resume(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """On which day the child came back."""
    return await whole(request, uow, principal, placement_id, side_of(request), template="resume")


@post([f"{ONE_MADE}/resume", f"{ONE_IN_HOME}/resume"], opt=needs(CHANGE), include_in_schema=False)
async def resume(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """The child is back: the whole price is charged again."""

    async def change(given: Resume) -> None:
        await actions.resume(uow, placement_id, given)

    return await asked(
        request, uow, principal, placement_id, wanted=Resume, template="resume", change=change, done=RESUMED
    )


@get([f"{ONE_MADE}/end", f"{ONE_IN_HOME}/end"], opt=needs(CHANGE), include_in_schema=False)
async def ask_end(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """The day the child left, and why."""
    return await whole(request, uow, principal, placement_id, side_of(request), template="end")


@post([f"{ONE_MADE}/end", f"{ONE_IN_HOME}/end"], opt=needs(CHANGE), include_in_schema=False)
async def end(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """End it: the place and the child are free from that day."""

    async def change(given: End) -> None:
        await actions.end(uow, placement_id, given)

    return await asked(request, uow, principal, placement_id, wanted=End, template="end", change=change, done=ENDED)


@get([f"{ONE_MADE}/cancel", f"{ONE_IN_HOME}/cancel"], opt=needs(CHANGE), include_in_schema=False)
async def ask_cancel(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """Why the child does not come after all."""
    return await whole(request, uow, principal, placement_id, side_of(request), template="cancel")


@post([f"{ONE_MADE}/cancel", f"{ONE_IN_HOME}/cancel"], opt=needs(CHANGE), include_in_schema=False)
async def cancel(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Cancel it: the place is free again."""

    async def change(given: Cancel) -> None:
        await actions.cancel(uow, placement_id, given)

    return await asked(
        request, uow, principal, placement_id, wanted=Cancel, template="cancel", change=change, done=CANCELLED
    )


handlers: Final = [step, ask_pause, pause, ask_resume, resume, ask_end, end, ask_cancel, cancel]
