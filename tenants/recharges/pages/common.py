"""What every page of recharges does: show a template with the room's words, take a form, make a change."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import DomainError, FieldError, Invalid
from careshare.http.problems import domain_error
from careshare.web import Form, page, parse
from tenants.recharges import codes, files, rules, words
from tenants.recharges.days import today

Http = Request[Any, Any, Any]
LIST: Final = "/recharges"
YEARS_SHOWN: Final = 7

S = TypeVar("S", bound=msgspec.Struct)


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(
        request, f"recharges/{template}.html", status_code, say=words, files=files, label=codes.label, **context
    )


def path_of(statement_id: UUID) -> str:
    """The address of a statement's page."""
    return f"{LIST}/statements/{statement_id}"


def years() -> list[tuple[str, str]]:
    """The financial years to choose from, this one first."""
    this = rules.year_of(today())
    return [(str(one), words.year(one)) for one in range(this, this - YEARS_SHOWN, -1)]


def months() -> list[tuple[str, str]]:
    """The months of two years back to choose from, the last that is over first."""
    found: list[tuple[str, str]] = []
    month = rules.month_of(today())
    for _ in range(25):
        found.append((month.isoformat(), words.month(month)))
        month = rules.month_of(month - rules.DAY)
    return [*found[1:], found[0]]


def month_given(text: str) -> date:
    """A month of a form or an address. Raises Invalid."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid(errors=[FieldError("month", "Select a month")]) from None
    return found


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
