"""What can go wrong in the field's terms. The edges turn it into problem+json or a page; nothing else does."""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with one field. `line` is the line of a file (the header is line 1), or None for a form."""

    field: str
    message: str
    line: int | None = None


class DomainError(Exception):
    """Base of all expected errors: a slug for machines, a title for people, a status for HTTP.

    `detail` is shown to the caller, so it must never name another authority's record or a person.
    """

    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", *, errors: Sequence[FieldError] = (), retry_after: int | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after


class Invalid(DomainError):
    """What was sent cannot be right: each error names the field and says what would be."""

    slug, title, status = "invalid", "There is a problem with what was sent", 400


class Unprocessable(DomainError):
    """Well formed, but a rule forbids it."""

    slug, title, status = "rule-forbids", "This is not allowed by a rule", 422


class Unauthenticated(DomainError):
    """No credential, or one that is expired, revoked, foreign or malformed. All are one answer."""

    slug, title, status = "sign-in-required", "Sign in first", 401


class StepUpRequired(DomainError):
    """Signed in, but not confirmed to be oneself lately enough for what is asked."""

    slug, title, status = "step-up-required", "Confirm that it is you first", 401


class Forbidden(DomainError):
    """Yours, but your role does not allow this."""

    slug, title, status = "not-allowed", "Your role does not allow this", 403


class FormRefused(Forbidden):
    """A form that is not ours, or not of this session."""

    slug, title = "form-refused", "Nothing was changed"


class NotFound(DomainError):
    """Not there, or not yours: one answer, so that asking reveals nothing."""

    slug, title, status = "not-found", "Not found", 404


class Conflict(DomainError):
    """It clashes with what is there already."""

    slug, title, status = "conflict", "This conflicts with what is already recorded", 409


class NotAvailable(Conflict):
    """Taken, closed, no longer shared or never there: one answer."""

    slug, title = "not-available", "Not available"


class PreconditionFailed(DomainError):
    """Somebody changed the record after the caller read it."""

    slug, title, status = "changed-meanwhile", "The record was changed by somebody else meanwhile", 412


class TooLarge(DomainError):
    """More bytes or rows than we take."""

    slug, title, status = "too-large", "That is too large", 413


class Unsupported(DomainError):
    """A kind of content we do not read."""

    slug, title, status = "unsupported-type", "We cannot read that kind of file", 415


class PreconditionRequired(DomainError):
    """A change must say which version it was made from."""

    slug, title, status = "if-match-required", "Say which version you changed, in If-Match", 428


class TooMany(DomainError):
    """More requests than the caller's limit allows; `retry_after` says when there will be room for one."""

    slug, title, status = "too-many-requests", "Too many requests", 429


class Unavailable(DomainError):
    """The database is away or busy; trying again is right."""

    slug, title, status = "unavailable", "The service is briefly unavailable", 503
