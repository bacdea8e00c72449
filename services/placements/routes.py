"""What every room's routes of this service share: cursors, a page cut off a list, how a body's fields are named."""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from careshare.errors import FieldError, Invalid
from careshare.http import Paging
from careshare.http.parameters import Http
from careshare.identity import Principal

T = TypeVar("T")

_IN_LIST: Final = re.compile(r"([a-z_]+)-(\d+)-(.+)")


def paging(request: Http, principal: Principal, name: str, **filters: object) -> Paging:
    """The cursors of one list for the caller's authority, good for these filters alone."""
    secret: str = request.app.state.settings.secret_key
    return Paging(secret, principal.authority_id, name, filters)


def cut(found: Sequence[T], limit: int) -> tuple[list[T], T | None]:
    """The rows of a page, of which one more than `limit` was read; and its last one where there are more."""
    rows = list(found[:limit])
    return rows, rows[-1] if len(found) > limit else None


@contextmanager
def fields_of_a_body() -> Generator[None]:
    """Names the fields of an Invalid as in a body, `children[0].age`, where a form has `children-1-age`."""
    try:
        yield
    except Invalid as invalid:
        errors = [FieldError(in_body(error.field), error.message, error.line) for error in invalid.errors]
        raise Invalid(invalid.detail, errors=errors) from None


def in_body(field: str) -> str:
    """The name of a form's field as a body has it."""
    found = _IN_LIST.fullmatch(field)
    return f"{found[1]}[{int(found[2]) - 1}].{in_body(found[3])}" if found else field


def created(struct: type[msgspec.Struct], description: str) -> dict[int, ResponseSpec]:
    """The answer to a creation, for the description of the API."""
    return {HTTPStatus.CREATED: ResponseSpec(struct, description=description, generate_examples=False)}
