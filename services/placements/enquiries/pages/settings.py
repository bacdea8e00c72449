"""The authority's own settings for enquiries and holds, on one page."""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, PreconditionFailed
from careshare.web import Form, notice, parse, read_form, redirect
from services.placements import settings
from services.placements.enquiries.pages.forms import Http, show
from services.placements.enquiries.permissions import SETTINGS
from services.placements.requests.pages.forms import attempt

PATH: Final = "/placements/settings"
VERSION: Final = "version"
SAVED = notice("enquiries.settings", "The settings are saved. They hold for what is asked and kept from now on")


def _typed(now: settings.SettingsRecord) -> Form:
    names = settings.Settings.__struct_fields__
    answers = {name: [_said(getattr(now, name))] for name in names}
    return Form({**answers, VERSION: [str(now.version)]})


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value)


@get(PATH, opt=needs(SETTINGS), include_in_schema=False)
async def page(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """What is settled now."""
    return _show(request, _typed(await settings.read(uow)))


def _show(request: Http, form: Form, errors: Sequence[FieldError] = ()) -> Response[str]:
    return show(request, "settings", form=form, errors=list(errors))


@post(PATH, opt=needs(SETTINGS), include_in_schema=False)
async def change(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Settle it anew."""
    form = await read_form(request)
    version = form.get(VERSION)
    given = Form({name: form.all(name) for name in settings.Settings.__struct_fields__ if name in form.names()})
    value, errors = parse(given, settings.Settings)
    if value is not None:
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
        try:
            refused = await attempt(uow, lambda: settings.change(uow, number, value))
        except PreconditionFailed:
            await uow.rollback()
            refused = [FieldError("", "Somebody has changed the settings meanwhile. Look at them again")]
        if refused is None:
            return redirect(PATH, SAVED)
        errors = list(refused)
    return _show(request, form, errors)


handlers: Final = [page, change]
