"""What every page of this room does: show a template with its words, and go back to a home after a change."""

from typing import Any
from uuid import UUID

from litestar import Response

from careshare.errors import PreconditionFailed
from careshare.web import Form, Notice, page, redirect
from careshare.web.changes import Http
from services.residential.pages import words
from services.residential.records import HomeRecord
from tenants.days import today


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(request, f"residential/{template}.html", status_code, say=words, today=today(), **context)


def home_path(home_id: UUID) -> str:
    """The address of a home's page."""
    return f"/residential/{home_id}"


def done(home_id: UUID, notice: Notice, section: str = "") -> Response[None]:
    """After a change: the home's page, at a section of it, saying what was done."""
    return redirect(f"{home_path(home_id)}{'#' + section if section else ''}", notice)


def ask(request: Http, name: str, record: HomeRecord, form: Form, **context: Any) -> Response[str]:
    """The form `name` of a home. Its errors, if any, are those of `form`."""
    version = form.get("version") or record.version
    return show(
        request, f"form_{name}", form=form, record=record, path=home_path(record.id), version=version, **context
    )


def changed_meanwhile(request: Http) -> Response[str]:
    """Somebody else changed the record first: what that means and where to go."""
    home_id: UUID | None = request.path_params.get("home_id")
    back = "/residential" if home_id is None else home_path(home_id)
    return show(request, "changed", PreconditionFailed.status, back=back)
