"""The page of a one-time link: it says what the button does; only the button uses the link up."""

from typing import Any, Final

from litestar import Request, Response, Router, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from careshare.access import Permissions, public
from careshare.database import Database, Uow
from careshare.messages.links import Link, Purpose, Used, look_at_link, purposes, roles_behind, see_link, use_link
from careshare.web import page, redirect

REASON: Final = "Whoever was sent the link may have no account; its secret is the proof, and it works once."
TEMPLATE: Final = "messages/link.html"

Http = Request[Any, Any, Any]


async def _allowed(request: Http, uow: Uow, purpose: Purpose, link: Link) -> bool:
    """Whether the roles of the person whose link it is still allow what it does. Nobody's in person: it does."""
    permissions: Permissions = request.app.state.permissions
    if purpose.permission is None or link.person_id is None:
        return True
    return purpose.permission in permissions.of(await roles_behind(uow, link))


async def _show(request: Http, secret: str) -> Response[str]:
    database: Database = request.app.state.database
    about: str | None = None
    async with database.unbound() as uow:
        found = await look_at_link(uow, secret)
        purpose = purposes().get(found[0]) if found else None
        state: str = found[1] if found else "unknown"
        link = await see_link(uow, secret) if purpose else None
        if purpose and link and not await _allowed(request, uow, purpose, link):
            state = "not_allowed"
        elif purpose and link and purpose.about:
            about = await purpose.about(uow, link)
    if purpose is None:
        return page(request, TEMPLATE, 404, purpose=None, state="unknown", used=None, about=None)
    status = 200 if state == "usable" else 410
    return page(request, TEMPLATE, status, purpose=purpose, state=state, used=None, about=about)


@route(
    "/l/{secret:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt=public(REASON),
    include_in_schema=False,
    status_code=200,
)
async def link_page(request: Http, secret: FromPath[str]) -> Response[str]:
    """What the link is for, with the button that does it. Changes nothing."""
    return await _show(request, secret)


@post("/l/{secret:str}", opt=public(REASON), include_in_schema=False)
async def press(request: Http, secret: FromPath[str]) -> Response[Any]:
    """Use the link up and do what it is for, in one transaction."""
    database: Database = request.app.state.database
    used: Used | None = None
    async with database.unbound() as uow:
        link = await use_link(uow, secret)
        purpose = purposes().get(link.purpose) if link else None
        if link and purpose and await _allowed(request, uow, purpose, link):
            used = await purpose.run(uow, link)
        else:
            await uow.rollback()
    if used is None:
        return await _show(request, secret)  # another was quicker, it has expired, or their roles have changed
    if used.path is not None:
        return redirect(used.path)
    return page(request, TEMPLATE, purpose=purpose, state="done", used=used, about=None)


router = Router("/", route_handlers=[link_page, press])
