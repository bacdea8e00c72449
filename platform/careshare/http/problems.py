"""Errors as RFC 9457 problem+json, from our own errors, the framework's, and the database's.

What a constraint forbids is a conflict or a field error; what the database could not do just now is 503; anything
unforeseen is a bare 500 whose cause is in the log and never in the answer.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from careshare.errors import Conflict, DomainError, FieldError, Invalid, NotAvailable, Unavailable

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://careshare.example/problems/"

log = structlog.get_logger(__name__)


class Problem(msgspec.Struct, kw_only=True):
    """A problem as RFC 9457 has it. `errors` names each field that is wrong and, for a file, the line."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]


class ConstraintMeaning(msgspec.Struct, frozen=True):
    """What breaking one constraint means to the person who did: the field of the form, and what to say."""

    field: str
    message: str


constraint_meanings: dict[str, ConstraintMeaning] = {}
"""Constraint name → field and message; services add theirs when they are loaded."""


def _sqlstate(error: DBAPIError) -> str:
    original = error.orig
    return str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")


def _constraint(error: DBAPIError) -> str:
    cause = getattr(error.orig, "__cause__", None)
    return str(getattr(cause, "constraint_name", "") or "")


def _database_error(error: DBAPIError) -> DomainError | None:
    state = _sqlstate(error)
    meaning = constraint_meanings.get(_constraint(error))
    if meaning is not None:
        found = FieldError(meaning.field, meaning.message)
        return (
            Conflict(meaning.message, errors=[found])
            if state in {"23505", "23P01"}
            else Invalid(meaning.message, errors=[found])
        )
    match state:
        case "23P01" | "CS409":
            return NotAvailable()
        case "23505" | "23503":
            return Conflict()
        case "40001" | "40P01" | "55P03" | "57P01" | "57P02" | "57P03" | "53300":
            return Unavailable(retry_after=2)
        case "22021" | "22P05":
            return Invalid("Text must not contain the null character.")
        case "42501" | "28000":
            log.critical("row security refused a statement of ours", sqlstate=state)
            return None
        case _:
            away = error.connection_invalidated or isinstance(error, (InterfaceError, OperationalError))
            return Unavailable(retry_after=2) if away or state.startswith("08") else None


def _framework_error(error: HTTPException) -> DomainError:
    try:
        items = msgspec.convert(error.extra or [], list[dict[str, Any]])
    except msgspec.ValidationError:
        items = []
    errors = [FieldError(str(item.get("key", "")), str(item.get("message", ""))) for item in items]
    phrase = HTTPStatus(error.status_code).phrase
    detail = "See errors for what is wrong with each field." if errors else str(error.detail)
    made = DomainError(detail, errors=errors)
    made.slug, made.title, made.status = phrase.lower().replace(" ", "-"), phrase, error.status_code  # type: ignore[misc]
    return made


def domain_error(error: BaseException) -> DomainError | None:
    """The expected error that `error` amounts to, or None if it is a fault of ours."""
    match error:
        case DomainError():
            return error
        case HTTPException() if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return _framework_error(error)
        case DBAPIError():
            return _database_error(error)
        case RecursionError():  # only what is sent can be nested so deeply
            return Invalid("What was sent is nested too deeply.")
        case PoolTimeout() | ConnectionError() | TimeoutError():
            return Unavailable(retry_after=2)
        case FileNotFoundError() if error.filename is None:  # a Unix socket whose server is away
            return Unavailable(retry_after=2)
        case _:
            return None


def problem_of(error: BaseException) -> tuple[Problem, dict[str, str]]:
    """The answer to give for `error`, with its headers. Faults of ours are logged and answered without any detail."""
    known = domain_error(error)
    headers: dict[str, str] = {}
    if known is None:
        log.error("unexpected error", error=type(error).__name__, exc_info=error)
        return Problem(
            type=TYPE_BASE + "unexpected", title="Something went wrong on our side", status=500, detail="", errors=[]
        ), headers
    if known.retry_after is not None:
        headers["Retry-After"] = str(known.retry_after)
    if known.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="careshare"'
    if isinstance(error, HTTPException) and error.headers:
        headers.update(error.headers)
    return Problem(
        type=TYPE_BASE + known.slug,
        title=known.title,
        status=known.status,
        detail=known.detail,
        errors=list(known.errors),
    ), headers


def problems(*statuses: int) -> Mapping[int, ResponseSpec]:
    """OpenAPI responses for a route: those named, and those every route may give."""
    return {
        status: ResponseSpec(
            Problem, media_type=MEDIA_TYPE, description=HTTPStatus(status).phrase, generate_examples=False
        )
        for status in sorted({*statuses, 400, 401, 403, 429, 503})
    }
