"""A form whose session ended before it was sent: kept, and offered to be sent after signing in again."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Database, Uow
from careshare.errors import NotFound
from careshare.identity import Principal
from careshare.identity.kept_forms import drop_kept_form, keep_form, kept_form
from careshare.identity_pages.common import Http, secret_of
from careshare.settings import Settings
from careshare.web import Form, notice, page, read_form, redirect
from careshare.web.forms import CSRF_FIELD

DISCARDED = notice("kept.discarded", "What you had typed has been discarded")


async def keep(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """Keep the form a page sent, and the path of the page that offers it again; None if there is nothing to keep.

    A form with a file is not kept. Forms come here only after `careshare.web.csrf` found them ours.
    """
    request: Http = Request(connection.scope, connection.receive)
    form = await read_form(request)
    names = form.names() - {CSRF_FIELD}
    answers = {name: form.all(name) for name in names}
    if not secret_of(request) or any(form.file(name) is not None for name in names):
        return None
    settings: Settings = request.app.state.settings
    database: Database = request.app.state.database
    async with database.unbound() as uow:
        which = await keep_form(uow, settings.secret_key, secret_of(request), request.url.path, answers)
    return None if which is None else f"/kept-form/{which}"


@get("/kept-form/{kept_id:uuid}", opt=needs("own:act"), include_in_schema=False)
async def kept_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], kept_id: FromPath[UUID]
) -> Response[str]:
    """What was typed, and a button that sends it, if the person acts for the authority they typed it for."""
    settings: Settings = request.app.state.settings
    kept = await kept_form(uow, settings.secret_key, kept_id)
    if kept is None:
        raise NotFound
    same = kept.authority_id == principal.authority_id
    return page(request, "careshare/kept_form.html", kept=kept, kept_id=kept_id, same=same, form=Form())


@post("/kept-form/{kept_id:uuid}", opt=needs("own:act"), include_in_schema=False)
async def discard(uow: NamedDependency[Uow], kept_id: FromPath[UUID]) -> Response[None]:
    """Forget what was typed."""
    await drop_kept_form(uow, kept_id)
    return redirect("/", DISCARDED)
