"""What the record's routes share: which part of it is asked for, pages by key."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.http import Paging
from careshare.http.parameters import Http
from careshare.identity import Principal
from services.fostering import public as fostering

Since = Annotated[
    date | None, QueryParameter(description="The first day; without it thirty days before the last.", required=False)
]
Until = Annotated[date | None, QueryParameter(description="The last day; without it today.", required=False)]
Household = Annotated[
    str | None,
    QueryParameter(description="A household's reference, as in your register.", max_length=40, required=False),
]
TAGS: Final = ["The record"]
ROOT: Final = "/api/v1/record"
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


def paging(request: Http, principal: Principal, name: str, **filters: object) -> Paging:
    """The cursors of one list for the caller's authority."""
    secret: str = request.app.state.settings.secret_key
    return Paging(secret, principal.authority_id, name, {key: str(value) for key, value in filters.items()})


def before(paging: Paging, cursor: str | None) -> UUID | None:
    """The last entry of the page before. Raises Invalid for a cursor that is none of ours."""
    after = paging.after(cursor, tuple[UUID])
    return after[0] if after else None


def cut(found: Sequence[Any], limit: int, paging: Paging) -> tuple[list[Any], str | None]:
    """The first `limit` of a list that was read one longer, and the cursor of the next page if there is one."""
    page = list(found[:limit])
    return page, paging.cursor(page[-1].id) if len(found) > limit else None


async def household_id(uow: Uow, reference: str | None) -> UUID | None:
    """The household a reference names; None where none is given. Raises Invalid for one that is not in the register."""
    if not reference:
        return None
    found = await fostering.with_reference(uow, reference)
    if found is None:
        message = "No household of your register has this reference"
        raise Invalid(message, errors=[FieldError("household", message)])
    return found
