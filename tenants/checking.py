"""Checking what was sent, field by field: each finding says what would be right. Used by every register's actions."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from careshare.errors import FieldError, Invalid, Unprocessable
from tenants.codes import codes
from tenants.references import hidden_characters, plain_reference, reference_key

EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2199, 12, 31)
"""Days outside these are typing mistakes."""


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


def forbid(detail: str, field_name: str, message: str) -> Unprocessable:
    """A rule that forbids it, with the field it is about."""
    return Unprocessable(detail, errors=[FieldError(field_name, message)])
