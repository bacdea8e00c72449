"""What the pages of the record share: the period asked for, pages by key, words."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Request, Response

from careshare.database import Uow
from careshare.errors import DomainError, FieldError, Invalid
from careshare.http.paging import Paging
from careshare.identity import Principal
from careshare.web import Form, asks, page, parse, read_query
from services.fostering import public as fostering
from services.record.pages import words
from services.record.period import bounds

Http = Request[Any, Any, Any]
RECORD: Final = "/record"
PAGE: Final = 50


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows a list of the record."""

    since: Annotated[date, asks("the first day")] | None = None
    until: Annotated[date, asks("the last day")] | None = None
    authority: Annotated[UUID, asks("the authority")] | None = None
    household: Annotated[str, asks("the household’s reference", max_length=40)] | None = None
    kind: Annotated[Literal["agreements", "emergency", "access", "officer", "sessions"], asks("which steps")] | None = (
        None
    )
    after: Annotated[str, asks("the place in the list", max_length=300)] | None = None

    @property
    def answers(self) -> dict[str, str]:
        """What was asked, by name, as an address carries it."""
        given = {name: getattr(self, name) for name in ("since", "until", "authority", "household", "kind")}
        return {name: str(value) for name, value in given.items() if value is not None}


class Narrowed(msgspec.Struct, frozen=True):
    """One list as it was asked for: its form, its period in keys, the household it is about and where it goes on."""

    form: Form
    errors: list[FieldError]
    asked: Asked
    period: tuple[UUID, UUID]
    household: UUID | None
    before: UUID | None
    paging: Paging
    path: str

    def cut(self, found: Sequence[Any]) -> tuple[list[Any], str | None]:
        """The rows of this page, and the address of the next."""
        rows = list(found[:PAGE])
        if len(found) <= PAGE:
            return rows, None
        return rows, f"{self.path}?{urlencode({**self.asked.answers, 'after': self.paging.cursor(rows[-1].id)})}"

    @property
    def first(self) -> str | None:
        """The address of the first page, from further down."""
        if self.before is None:
            return None
        return f"{self.path}?{urlencode(self.asked.answers)}" if self.asked.answers else self.path


async def narrowed(request: Http, uow: Uow, principal: Principal, path: str) -> Narrowed:
    """What stands in the address. What is wrong there is told beside its field, and then nothing is narrowed."""
    form = read_query(request)
    found, errors = parse(form, Asked)
    asked = found or Asked()
    household: UUID | None = None
    try:
        period = bounds(asked.since, asked.until)
        if asked.household:
            household = await fostering.with_reference(uow, asked.household)
        if asked.household and household is None:
            errors = [*errors, FieldError("household", "No household of your register has this reference")]
            asked = Asked()
    except Invalid as invalid:
        errors, asked = [*errors, *invalid.errors], Asked()
        period = bounds(None, None)
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, f"page {path}", asked.answers)
    after = paging.after(asked.after, tuple[UUID])
    return Narrowed(form, errors, asked, period, household, after[0] if after else None, paging, path)


def show(request: Http, template: str, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(request, f"record/{template}.html", say=words, now=datetime.now(UTC), **context)


def refused(error: DomainError, *, field: str = "") -> list[FieldError]:
    """What forbids a change, for the form it came from."""
    return list(error.errors) or [FieldError(field, error.detail or error.title)]
