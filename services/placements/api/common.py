"""What the search's routes share: the page of results, cursors, and how a field is named in a body."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request
from litestar.params import HeaderParameter, QueryParameter

from careshare.errors import FieldError, Invalid
from careshare.http import Paging
from careshare.http.paging import LONGEST
from careshare.identity import Principal

Http = Request[Any, Any, Any]
Cursor = Annotated[
    str | None,
    QueryParameter(description="`next_cursor` of the page before.", max_length=1000, required=False),
]
Limit = Annotated[int, QueryParameter(description="How many at most.", ge=1, le=LONGEST, required=False)]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The same key with the same request creates one thing and gets the same answer, for a day.",
        required=False,
    ),
]
TAGS: Final = ["Placements"]
ROOT: Final = "/api/v1/searches"

_IN_LIST: Final = re.compile(r"(children|apart|together|keep_away)-(\d+)-(\w+)")


def paging(request: Http, principal: Principal, name: str, **filters: object) -> Paging:
    """The cursors of one list for the caller's authority."""
    secret: str = request.app.state.settings.secret_key
    return Paging(secret, principal.authority_id, name, filters)


def results_paging(request: Http, principal: Principal, search_id: UUID) -> Paging:
    """The cursors of one search's results."""
    return paging(request, principal, "placements results", search=str(search_id))


@contextmanager
def fields_of_a_body() -> Generator[None]:
    """Names the fields of an Invalid as in a body, `children[0].age`, where a form has `children-1-age`."""
    try:
        yield
    except Invalid as invalid:
        errors = [FieldError(_in_body(error.field), error.message, error.line) for error in invalid.errors]
        raise Invalid(invalid.detail, errors=errors) from None


def _in_body(field: str) -> str:
    found = _IN_LIST.fullmatch(field)
    return f"{found[1]}[{int(found[2]) - 1}].{found[3]}" if found else field
