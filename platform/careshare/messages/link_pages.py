"""The page of a one-time link: it says what the button does; only the button uses the link up."""

from typing import Any, Final

from litestar import Request, Response, Router, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from careshare.access import public
from careshare.database import Database
from careshare.messages.links import Used, look_at_link, purposes, see_link, use_link
from careshare.web import page, redirect

REASON: Final = "Whoever was sent the link may have no account; its secret is the proof, and it works once."
TEMPLATE: Final = "messages/link.html"

Http = Request[Any, Any, Any]


async def _show(request: Http, secret: str) -> Response[str]:
    database: Database = request.app.state.database
    about: str | None = None
    async with database.unbound() as uow:
        found = await look_at_link(uow, secret)
        purpose = purposes().get(found[0]) if found else None
        link = await see_link(uow, secret) if purpose and purpose.about else None
        if purpose and purpose.about and link:
            about = await purpose.about(uow, link)
    if found is None or purpose is None:
        return page(request, TEMPLATE, 404, purpose=None, state="unknown", used=None, about=None)
    status = 200 if found[1] == "usable" else 410
    return page(request, TEMPLATE, status, purpose=purpose, state=found[1], used=None, about=about)


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
    async with database.unbound() as uow:
        link = await use_link(uow, secret)
        purpose = purposes().get(link.purpose) if link else None
        used: Used | None = await purpose.run(uow, link) if link and purpose else None
    if used is None:
        return await _show(request, secret)  # another was quicker, or it has expired meanwhile
    if used.path is not None:
        return redirect(used.path)
    return page(request, TEMPLATE, purpose=purpose, state="done", used=used, about=None)


router = Router("/", route_handlers=[link_page, press])
