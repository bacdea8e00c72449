"""What every page of this room does: show a template with the register's words, and take a form with its version."""

from typing import Any
from uuid import UUID

from litestar import Response

from careshare.errors import PreconditionFailed
from careshare.web import Notice, page, redirect
from careshare.web.changes import (
    Http,
    attempt,
    compact,
    joined,
    keep,
    lines,
    regrouped,
    renumbered,
    sent,
    with_version,
    without,
)
from services.fostering.days import today
from services.fostering.pages import words

__all__ = [
    "Http",
    "attempt",
    "changed_meanwhile",
    "compact",
    "done",
    "home_path",
    "joined",
    "keep",
    "lines",
    "regrouped",
    "renumbered",
    "sent",
    "show",
    "with_version",
    "without",
]


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(request, f"fostering/{template}.html", status_code, say=words, today=today(), **context)


def home_path(household_id: UUID) -> str:
    """The address of a household's page."""
    return f"/foster-carers/{household_id}"


def done(household_id: UUID, notice: Notice, section: str = "") -> Response[None]:
    """After a change: the household's page, at a section of it, saying what was done."""
    return redirect(f"{home_path(household_id)}{'#' + section if section else ''}", notice)


def changed_meanwhile(request: Http) -> Response[str]:
    """Somebody else changed the household first: what that means and where to go."""
    household_id: UUID = request.path_params["household_id"]
    return show(request, "changed", PreconditionFailed.status, back=home_path(household_id))
