"""What every change of a household has in common: lock, version, audit with before and after, offers made anew."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound, PreconditionFailed, Unprocessable
from services.fostering.offers import refresh_offers
from services.fostering.rules import Breach
from tenants.codes import codes
from tenants.references import hidden_characters, plain_reference, reference_key

LOCK = text("""
    select h.id, h.reference, h.name, h.postcode, h.area_gss, h.easting is not null as located, h.confidential,
      h.privacy_notice_on, h.objection, h.published_at, h.confirmed_at, h.version
    from fostering.household h where h.authority_id = (select careshare.authority()) and h.id = :id for update
""")
BUMP = text("""
    update fostering.household set version = version + 1, updated_at = clock_timestamp()
    where authority_id = (select careshare.authority()) and id = :id returning version
""")

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
"""Days outside these are typing mistakes."""


class Locked(msgspec.Struct, frozen=True):
    """A household as it stood when its change began."""

    id: UUID
    reference: str
    name: str
    postcode: str
    area_gss: str | None
    located: bool
    confidential: bool
    privacy_notice_on: date | None
    objection: bool
    published_at: datetime | None
    confirmed_at: datetime | None
    version: int


@dataclass(slots=True)
class Change:
    """A change being made: what stood before and stands after, for the record. In the end `version` is the new one."""

    household: Locked
    before: dict[str, Any] = field(default_factory=dict[str, Any])
    after: dict[str, Any] = field(default_factory=dict[str, Any])
    version: int = 0

    def note(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Note what differs; what is the same is left out."""
        for name, value in after.items():
            if before.get(name) != value:
                self.before[name] = before.get(name)
                self.after[name] = value


@asynccontextmanager
async def changing(
    uow: Uow, household_id: UUID, version: int | None, action: str, *, more: Iterable[UUID] = ()
) -> AsyncGenerator[Change]:
    """Change one household: hold its row, and in the end raise its version, record the change and renew its offers.

    `version` is the one the change was made from; None where it does not depend on what was seen. `more` are further
    subjects of the audit entry. Raises NotFound and PreconditionFailed.
    """
    row = (await uow.execute(LOCK, {"id": household_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    household = Locked(**row)
    if version is not None and version != household.version:
        raise PreconditionFailed
    change = Change(household)
    yield change
    change.version = (await uow.execute(BUMP, {"id": household_id})).scalar_one()
    await audit.record(uow, action, subjects=[household_id, *more], before=change.before, after=change.after)
    await refresh_offers(uow, [household_id])


def known_codes(errors: list[FieldError], name: str, field_name: str, given: Iterable[str]) -> list[str]:
    """The codes without repetition; an error for each that the list `name` does not have today."""
    known = codes(name)
    wanted = list(dict.fromkeys(given))
    errors.extend(
        FieldError(field_name, f"“{code}” is not on the list. Choose from: {', '.join(known)}")
        for code in wanted
        if code not in known
    )
    return wanted


def tidy(text_: str) -> str:
    """What was typed without blanks around it."""
    return text_.strip()


def plain_text(errors: list[FieldError], field_name: str, given: str, *, lines: bool = False) -> str:
    """The text without blanks around it; an error if it has characters that cannot be seen. `lines`: it may have some.

    Such characters turn the direction of what stands around them, or make two texts that look alike two.
    """
    tidied = tidy(given)
    hidden = hidden_characters(tidied, lines=lines)
    if hidden:
        errors.append(FieldError(field_name, f"Take out the characters that cannot be seen: {hidden}"))
    return tidied


def tidy_names(errors: list[FieldError], field_name: str, given: Iterable[str]) -> list[str]:
    """References without blanks around them and without repetition; an error where one is empty."""
    names = list({reference_key(one): tidy(one) for one in given}.values())
    if "" in names:
        errors.append(FieldError(field_name, "A reference must not be empty"))
    for name in names:
        plain_text(errors, field_name, name)
    return names


def need_text(errors: list[FieldError], field_name: str, given: str, message: str, *, lines: bool = False) -> str:
    """The text without blanks around it; an error if nothing is left."""
    tidied = plain_text(errors, field_name, given, lines=lines)
    if not tidied:
        errors.append(FieldError(field_name, message))
    return tidied


def need_reference(errors: list[FieldError], field_name: str, given: str) -> str:
    """A child's reference in the case system; an error if it is none, or may tell who the child is."""
    tidied = plain_text(errors, field_name, given)
    try:
        return plain_reference(tidied)
    except ValueError as error:
        errors.append(FieldError(field_name, str(error)))
        return tidied


def need_day(
    errors: list[FieldError],
    field_name: str,
    given: date | None,
    *,
    earliest: date = EARLIEST,
    latest: date = LATEST,
    early: str = "",
    late: str = "",
) -> None:
    """An error if the day is outside what is possible. `early` and `late` say it better than "must be between"."""
    if given is None or earliest <= given <= latest:
        return
    said = early if given < earliest else late
    errors.append(
        FieldError(field_name, said or f"The date must be between {earliest:%-d %B %Y} and {latest:%-d %B %Y}")
    )


def refuse_invalid(errors: Iterable[FieldError]) -> None:
    """Raises Invalid if there is anything wrong."""
    found = list(errors)
    if found:
        raise Invalid("See errors for what is wrong with each field.", errors=found)


def refuse_breaches(detail: str, breaches: Iterable[Breach]) -> None:
    """Raises Unprocessable if a rule is broken, naming each."""
    found = [FieldError(breach.term, breach.message) for breach in breaches]
    if found:
        raise Unprocessable(detail, errors=found)


def forbid(detail: str, field_name: str, message: str) -> Unprocessable:
    """A rule that forbids it, with the field it is about."""
    return Unprocessable(detail, errors=[FieldError(field_name, message)])
