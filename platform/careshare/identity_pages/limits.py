"""How long the authority's people stay signed in."""

from datetime import timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from sqlalchemy import text

from careshare import audit
from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity_pages.common import Http
from careshare.service import NavigationItem
from careshare.web import Form, asks, notice, page, parse, read_form, redirect

PATH: Final = "/administration/sessions"
MANAGE: Final = "session_limits:manage"
SAVED = notice("session_limits.saved", "The limits are saved and hold at once")
NAVIGATION: Final = NavigationItem("Session limits", PATH, MANAGE, "How long people stay signed in.")
USUAL: Final = timedelta(hours=12)

READ = text("select idle, absolute from tenants.session_limits where authority_id = (select careshare.authority())")
SAVE = text("""
    insert into tenants.session_limits (authority_id, idle, absolute) values (careshare.authority(), :idle, :absolute)
    on conflict (authority_id) do update set idle = excluded.idle, absolute = excluded.absolute
""")


class Limits(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """In minutes unused, and in hours at all."""

    idle: Annotated[int, asks("minutes without use", ge=5, le=1440)]
    absolute: Annotated[int, asks("hours in all", ge=1, le=24)]


async def _limits(uow: Uow) -> Limits:
    row = (await uow.execute(READ)).one_or_none()
    idle, absolute = (USUAL, USUAL) if row is None else (row.idle, row.absolute)
    return Limits(idle=idle // timedelta(minutes=1), absolute=absolute // timedelta(hours=1))


@get(PATH, opt=needs(MANAGE), include_in_schema=False)
async def limits_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The limits as they are."""
    return page(request, "careshare/session_limits.html", form=Form.filled(await _limits(uow)), path=PATH)


@post(PATH, opt=needs(MANAGE), include_in_schema=False)
async def save_limits(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Set them; they hold from the next request of everybody."""
    form = await read_form(request)
    wanted, errors = parse(form, Limits)
    if wanted is not None and wanted.idle > wanted.absolute * 60:
        errors = [FieldError("idle", "Minutes without use must not be more than the hours in all")]
    if wanted is None or errors:
        return page(request, "careshare/session_limits.html", form=form, errors=errors, path=PATH)
    before = await _limits(uow)
    saved = {"idle": timedelta(minutes=wanted.idle), "absolute": timedelta(hours=wanted.absolute)}
    await uow.execute(SAVE, saved)
    await audit.record(uow, "session_limits.changed", before=before, after=wanted)
    return redirect(PATH, SAVED)


handlers = [limits_page, save_limits]
