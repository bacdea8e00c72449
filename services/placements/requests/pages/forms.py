"""What every page of requests does: show a template with the words, take a form with its version, say what is wrong."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import DomainError, FieldError, Invalid, PreconditionFailed
from careshare.http.problems import domain_error
from careshare.identity import Principal
from careshare.web import Form, Notice, notice, page, read_form, redirect
from services.placements.queries import today
from services.placements.requests.pages import words
from services.placements.requests.permissions import CHANGE, CHANGE_IDENTITY, IDENTITY

LIST: Final = "/placements/requests"
REQUEST: Final = f"{LIST}/{{placement_request_id:uuid}}"
CHILD: Final = f"{REQUEST}/children/{{request_child_id:uuid}}"
VERSION: Final = "version"

SAVED = notice("requests.saved", "The request is saved")

Http = Request[Any, Any, Any]


def path_of(request_id: UUID) -> str:
    """The address of a request."""
    return f"{LIST}/{request_id}"


def child_path(request_id: UUID, child_id: UUID) -> str:
    """What the addresses of a child's pages begin with."""
    return f"{LIST}/{request_id}/children/{child_id}"


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(
        request,
        f"placements/requests/{template}.html",
        status_code,
        say=words,
        today=today(),
        path_of=path_of,
        **context,
    )


def rights(principal: Principal) -> dict[str, bool]:
    """What the reader may do, for templates."""
    return {
        "may_change": principal.may(CHANGE),
        "may_identify": principal.may(IDENTITY),
        "may_change_identity": principal.may(CHANGE_IDENTITY),
    }


def done(request_id: UUID, said: Notice = SAVED, section: str = "") -> Response[None]:
    """After a change: the request's page, at a section of it."""
    return redirect(f"{path_of(request_id)}{'#' + section if section else ''}", said)


async def sent(request: Http) -> tuple[Form, int]:
    """The form a page sent without its version, and the version. Raises Invalid if it was taken away or is none."""
    form = await read_form(request)
    version = form.get(VERSION)
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Invalid("The form has lost its version. Open the page again and make your change there.")
    return without(form, {VERSION}), int(version)


def without(form: Form, names: Iterable[str]) -> Form:
    """The form without these answers."""
    return Form({name: form.all(name) for name in form.names() - set(names)})


def answers(form: Form) -> dict[str, list[str]]:
    """Everything typed, by name."""
    return {name: form.all(name) for name in form.names()}


async def attempt(uow: Uow, change: Callable[[], Awaitable[object]]) -> Sequence[FieldError] | None:
    """Make a change: None if it is made, or what forbids it, after which nothing of it is left.

    What no form can mend is raised: NotFound, Forbidden, PreconditionFailed and whatever is not ours.
    """
    try:
        await change()
    except (DomainError, DBAPIError) as error:
        known = domain_error(error)
        if known is None or known.status not in {400, 409, 422}:
            raise
        await uow.rollback()
        return list(known.errors) or [FieldError("", known.detail or known.title)]
    return None


def changed_meanwhile(request: Http, _error: PreconditionFailed) -> Response[str]:
    """Somebody else changed the request first: what that means and where to go."""
    request_id: UUID = request.path_params["placement_request_id"]
    return show(request, "changed", PreconditionFailed.status, back=path_of(request_id))
