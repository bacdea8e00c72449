"""What every page of agreements does: show a template with the room's words, take a form, make a change."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import DomainError, FieldError, Invalid
from careshare.http.problems import domain_error
from careshare.web import Form, page, parse, read_form
from tenants.agreements import words

Http = Request[Any, Any, Any]
REVISION: Final = "revision"
LIST: Final = "/agreements"

S = TypeVar("S", bound=msgspec.Struct)


class NoAnswers(msgspec.Struct, forbid_unknown_fields=True):
    """A form that asks nothing: its button is the answer."""


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(request, f"agreements/{template}.html", status_code, say=words, **context)


def path_of(agreement_id: UUID) -> str:
    """The address of an agreement's page."""
    return f"{LIST}/{agreement_id}"


async def sent(request: Http) -> tuple[Form, int]:
    """The form a page sent and, apart, the revision of the agreement it was made from. Raises Invalid."""
    form = await read_form(request)
    revision = form.get(REVISION)
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise Invalid("The form has lost its version. Open the page again and make your change there.")
    return Form({name: form.all(name) for name in form.names() - {REVISION}}), int(revision)


async def keep(uow: Uow, form: Form, wanted: type[S], change: Callable[[S], Awaitable[object]]) -> Form | None:
    """Read the form as `wanted` and make the `change` of it. None: it is done; otherwise the form with every error.

    What no form can mend is raised: NotFound, Forbidden, PreconditionFailed and whatever is not ours.
    """
    value, errors = parse(form, wanted)
    if value is None:
        return form.with_errors(errors)
    try:
        await change(value)
    except (DomainError, DBAPIError) as error:
        known = domain_error(error)
        if known is None or known.status not in {400, 409, 422}:
            raise
        await uow.rollback()
        return form.with_errors(list(known.errors) or [FieldError("", known.detail or known.title)])
    return None
