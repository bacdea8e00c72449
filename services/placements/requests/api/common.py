"""What the routes of requests share: paths, how a field is named in a body, the answer with its ETag."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, UnsetType

from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.http import etag
from careshare.identity import Principal
from services.placements.requests import queries, rules
from services.placements.requests.permissions import IDENTITY
from services.placements.requests.records import RequestRecord
from services.placements.settings import own

TAGS: Final = ["Placement requests"]
ROOT: Final = "/api/v1/requests"
REQUEST: Final = "/requests/{placement_request_id:uuid}"
CHILD: Final = f"{REQUEST}/children/{{request_child_id:uuid}}"

T = TypeVar("T")

_IN_LIST: Final = re.compile(r"([a-z_]+)-(\d+)-(.+)")


class RequestAnswer(RequestRecord, frozen=True, kw_only=True):
    """A request, what it still lacks with the reason, and the day by which an emergency one must be complete."""

    lacking: list[rules.Lacking]
    complete_by: date | None


def given(value: T | UnsetType) -> T | None:
    """What a change gives for a field; None where it is left out."""
    return None if value is UNSET else value


def may_identify(principal: Principal) -> bool:
    """Whether the caller may read who the children are."""
    return principal.may(IDENTITY)


async def read(uow: Uow, principal: Principal, request_id: UUID) -> Response[RequestAnswer]:
    """The request as the caller may read it, with its ETag."""
    record = await queries.whole(uow, request_id)
    seen = queries.shown(record, may_identify=may_identify(principal))
    due = rules.complete_by(record, await own(uow))
    answer = RequestAnswer(
        **{name: getattr(seen, name) for name in RequestRecord.__struct_fields__},
        lacking=rules.lacking(record),
        complete_by=due,
    )
    return Response(answer, headers={"ETag": etag(record.version)})


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
