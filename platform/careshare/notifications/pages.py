"""Notifications as pages: the list, one to open, and whether e-mails are wanted."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.notifications import actions, queries, words
from careshare.notifications.telling import PAGE
from careshare.web import Form, notice, page, parse, read_form, redirect

Http = Request[Any, Any, Any]
SETTINGS: Final = f"{PAGE}/settings"
ALL_READ = notice("notifications.read", "All are marked as read")
CHOSEN = notice("notifications.chosen", "Your choice is saved")


@get(PAGE, opt=needs("own:act"), include_in_schema=False)
async def list_page(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], after: FromQuery[str | None] = None
) -> Response[str]:
    """One's own, the latest first."""
    paging = Paging(request.app.state.settings.secret_key, principal.authority_id, "notifications page", {})
    found = await queries.listed(uow, after=paging.after(after, tuple[datetime, UUID]), limit=DEFAULT_LIMIT + 1)
    rows = found[:DEFAULT_LIMIT]
    more = f"{PAGE}?after={paging.cursor(rows[-1].made_at, rows[-1].id)}" if len(found) > DEFAULT_LIMIT else None
    now = datetime.now(UTC)
    lines = [(words.words(one), one, one.due_at is not None and one.due_at <= now) for one in rows]
    how = await queries.choice(uow)
    return page(request, "notifications/list.html", lines=lines, more=more, first=after is None, how=how)


@get(f"{PAGE}/{{notification_id:uuid}}", opt=needs("own:act"), include_in_schema=False)
async def open_page(uow: NamedDependency[Uow], notification_id: FromPath[UUID]) -> Response[None]:
    """Where it leads; it is read from now on."""
    return redirect(await actions.open_one(uow, notification_id))


@post(f"{PAGE}/read", opt=needs("own:act"), include_in_schema=False)
async def read_all(uow: NamedDependency[Uow]) -> Response[Any]:
    """Mark all as read."""
    await actions.mark_read(uow)
    return redirect(PAGE, ALL_READ)


@get(SETTINGS, opt=needs("own:act"), include_in_schema=False)
async def settings_page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Whether e-mails are wanted."""
    return _settings(request, Form({"how": [await queries.choice(uow)]}))


@post(SETTINGS, opt=needs("own:act"), include_in_schema=False)
async def choose(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Choose it."""
    form = await read_form(request)
    wanted, errors = parse(form, actions.Choice)
    if wanted is None:
        return _settings(request, form, errors)
    await actions.choose(uow, wanted)
    return redirect(PAGE, CHOSEN)


def _settings(request: Http, form: Form, errors: Sequence[FieldError] = ()) -> Response[str]:
    return page(request, "notifications/settings.html", form=form, errors=list(errors), choices=words.CHOICES)


router = Router("/", route_handlers=[list_page, open_page, read_all, settings_page, choose])
