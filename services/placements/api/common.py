"""What the search's routes share: the page of results, cursors, and how a field is named in a body."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from careshare.errors import FieldError, Invalid
from careshare.http import Paging
from careshare.http.parameters import Http
from careshare.identity import Principal

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
