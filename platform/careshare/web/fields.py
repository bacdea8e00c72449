"""How one typed answer becomes a value, and what to tell the person when it cannot.

A Struct says what it asks for in its annotations, and `careshare.web.forms.parse` reads a form with them:

    class Tonight(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
        children: Annotated[int, asks("how many children need a home", ge=1, le=12)]
        needed_from: Annotated[date, asks("the date the home is needed from")]
        postcode: Annotated[str, asks("the home postcode", read=parse_postcode)] | None = None

Messages follow the GOV.UK Design System's error message patterns.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time
from decimal import Decimal
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import msgspec
from msgspec import inspect as types

TEXT_LIMIT: Final = 10_000
"""Characters taken in one answer when the field sets no limit of its own."""

_ASKS: Final = "asks"
_INTEGER: Final = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)
_TIME: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.ASCII)
_YES_OR_NO: Final = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "0": False}
_LINE_BREAKS: Final = frozenset("\n\t")
_CHOSEN: Final = (types.BoolType, types.LiteralType, types.EnumType, types.UUIDType, types.ListType)
"""What is picked rather than typed, so that a missing answer reads "Select …"."""

N = TypeVar("N", int, float, Decimal)


@dataclass(frozen=True, slots=True)
class Asks:
    """What a field asks for, as the message names it: "the number of children". `{n}` is the number of its group."""

    noun: str
    missing: str | None = None
    invalid: str | None = None
    read: Callable[[str], Any] | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One field ready to be read: its type without wrapping, what it asks, and whether it may be left out."""

    name: str
    kind: types.Type
    asks: Asks
    required: bool

    @property
    def missing(self) -> str:
        """What to say when nothing was given."""
        return missing(self.asks, "Select" if isinstance(self.kind, _CHOSEN) else "Enter")


class Problem(Exception):  # caught where the form is read; never leaves it
    """An answer that cannot be taken: the message to show, and for a date the part it belongs to, as "-month"."""

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.part = part


def asks(
    noun: str,
    *,
    missing: str | None = None,
    invalid: str | None = None,
    read: Callable[[str], Any] | None = None,
    ge: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
) -> msgspec.Meta:
    """Metadata for `Annotated`: what the field asks for, with msgspec's limits.

    `noun` completes "Enter …", "Select …" and "… must be …". `missing` and `invalid` replace those whole messages.
    `read` turns the typed text into the value and raises ValueError with the message to show.
    """
    limits: dict[str, Any] = {
        "ge": ge,
        "le": le,
        "min_length": min_length,
        "max_length": max_length,
        "pattern": pattern,
    }
    return msgspec.Meta(
        extra={_ASKS: Asks(noun, missing, invalid, read)},
        **{name: limit for name, limit in limits.items() if limit is not None},
    )


def question(field: types.Field, prefix: str = "", group: int | None = None) -> Question:
    """The question a Struct's field asks, with its name in the form."""
    kind, found, optional = _unwrap(field.type)
    given = found or Asks(field.name.replace("_", " "))
    if group is not None:
        given = replace(
            given,
            noun=given.noun.replace("{n}", str(group)),
            missing=given.missing and given.missing.replace("{n}", str(group)),
            invalid=given.invalid and given.invalid.replace("{n}", str(group)),
        )
    return Question(prefix + field.encode_name, kind, given, field.required and not optional)


def _unwrap(kind: types.Type) -> tuple[types.Type, Asks | None, bool]:
    found: Asks | None = None
    optional = False
    while isinstance(kind, types.Metadata | types.UnionType):
        if isinstance(kind, types.Metadata):
            extra = cast("dict[str, Any]", kind.extra or {})
            found = found or extra.get(_ASKS)
            kind = kind.type
            continue
        others = [option for option in kind.types if not isinstance(option, types.NoneType)]
        if len(others) != 1:
            msg = f"a form cannot ask for one of several types: {kind.types}"
            raise TypeError(msg)
        optional = optional or len(others) < len(kind.types)
        kind = others[0]
    return kind, found, optional


def clean(text: str) -> str:
    """What was typed, trimmed, with line ends and accents in one form. Raises Problem on control characters."""
    tidy = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in _LINE_BREAKS for letter in tidy):
        msg = "must not include characters that cannot be printed"
        raise Problem(msg)
    return tidy


def capital(text: str) -> str:
    """The text with its first letter a capital and the rest left alone."""
    return text[:1].upper() + text[1:]


def missing(asked: Asks, verb: str = "Enter") -> str:
    """What to say when nothing was given."""
    return asked.missing or f"{verb} {asked.noun}"


def wrong(asked: Asks, rule: str) -> Problem:
    """What to say when the answer breaks `rule`, such as "must be a whole number"."""
    return Problem(asked.invalid or f"{capital(asked.noun)} {rule}")


def read_value(kind: types.Type, asked: Asks, text: str) -> Any:
    """The value of one non-empty answer. Raises Problem."""
    if asked.read is not None:
        try:
            return asked.read(text)
        except ValueError as error:
            raise Problem(asked.invalid or str(error)) from None
    reader = _READERS.get(type(kind))
    if reader is None:
        msg = f"a form cannot ask for {kind}"
        raise TypeError(msg)
    return reader(kind, asked, text)


def _text(kind: types.StrType, asked: Asks, text: str) -> str:
    longest = kind.max_length or TEXT_LIMIT
    if len(text) > longest:
        raise wrong(asked, f"must be {longest:,} characters or less")
    if len(text) < (kind.min_length or 0):
        raise wrong(asked, f"must be {kind.min_length} characters or more")
    if kind.pattern and not re.search(kind.pattern, text):
        raise Problem(asked.invalid or f"Enter {asked.noun} in the correct format")
    return text


def _integer(kind: types.IntType, asked: Asks, text: str) -> int:
    digits = text.replace(",", "")
    if not _INTEGER.fullmatch(digits):
        raise wrong(asked, "must be a whole number")
    return _within(int(digits), kind, asked)


def _decimal(kind: types.DecimalType, asked: Asks, text: str) -> Decimal:
    return _within(_number(asked, text), kind, asked)


def _float(kind: types.FloatType, asked: Asks, text: str) -> float:
    return _within(float(_number(asked, text)), kind, asked)


def _number(asked: Asks, text: str) -> Decimal:
    digits = text.removeprefix("£").replace(",", "").strip()
    if not _DECIMAL.fullmatch(digits):
        raise wrong(asked, "must be a number")
    return Decimal(digits)


def _within(number: N, kind: types.IntType | types.FloatType | types.DecimalType, asked: Asks) -> N:
    # msgspec keeps no limits on a Decimal.
    low, high = getattr(kind, "ge", None), getattr(kind, "le", None)
    too_low, too_high = low is not None and number < low, high is not None and number > high
    if (too_low or too_high) and low is not None and high is not None:
        raise wrong(asked, f"must be between {low:,} and {high:,}")
    if too_low:
        raise wrong(asked, f"must be {low:,} or more")
    if too_high:
        raise wrong(asked, f"must be {high:,} or less")
    return number


def _yes_or_no(_kind: types.BoolType, asked: Asks, text: str) -> bool:
    answer = _YES_OR_NO.get(text.lower())
    if answer is None:
        raise Problem(asked.invalid or missing(asked, "Select"))
    return answer


def _choice(kind: types.LiteralType, asked: Asks, text: str) -> Any:
    for value in kind.values:
        if str(value) == text:
            return value
    raise Problem(asked.invalid or missing(asked, "Select"))


def _member(kind: types.EnumType, asked: Asks, text: str) -> Any:
    for member in kind.cls:
        if str(member.value) == text:
            return member
    raise Problem(asked.invalid or missing(asked, "Select"))


def _uuid(_kind: types.UUIDType, asked: Asks, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Problem(asked.invalid or missing(asked, "Select")) from None


def _time(_kind: types.TimeType, asked: Asks, text: str) -> time:
    found = _TIME.fullmatch(text.lower())
    spoken = {"midday": time(12), "noon": time(12), "midnight": time(0)}.get(text.lower())
    if spoken is not None:
        return spoken
    if found is not None and (found[2] or found[3]):
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found[3] == "pm" else 0)
        elif found[3]:
            hour = 24
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise wrong(asked, "must be a time, like 9:30am or 6pm")


_READERS: Final[dict[type[types.Type], Callable[[Any, Asks, str], Any]]] = {
    types.StrType: _text,
    types.IntType: _integer,
    types.DecimalType: _decimal,
    types.FloatType: _float,
    types.BoolType: _yes_or_no,
    types.LiteralType: _choice,
    types.EnumType: _member,
    types.UUIDType: _uuid,
    types.TimeType: _time,
}
