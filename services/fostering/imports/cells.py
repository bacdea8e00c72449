"""How one cell becomes a value, and how a value is written into a cell so that it reads back the same.

A value is what JSON has: text, number, yes or no, a list, nothing; a date is its ISO text. A reader gets the cell's
text, tidied and not empty, and raises ValueError with a sentence that says what would be right.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, Final, cast

from careshare.gazetteer import parse_postcode
from services.fostering.days import today
from tenants.codes import codes
from tenants.references import plain_reference

Value = Any
Reader = Callable[[str], Value]
Writer = Callable[[Value], str]

FORMULA: Final = "=+-@"
"""With one of these at its start a spreadsheet takes a cell for a formula and runs it."""

NOTHING: Final = "none"
"""Written where a list is known to be empty, which is not the same as not known."""

_SPACES: Final = re.compile(r"\s+")
_NUMBER: Final = re.compile(r"(\d{1,6})(?:\.0+)?", re.ASCII)
_TIME: Final = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", re.ASCII)
_NUMERIC: Final = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})", re.ASCII)
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_NAMED: Final = re.compile(
    r"(?:[a-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th)?[ \-/]([a-z]{3,9})\.?,?[ \-/](\d{4}|\d{2})", re.ASCII
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TELEPHONE: Final = re.compile(r"[0-9 +()-]{1,30}", re.ASCII)
_LIST: Final = re.compile(r"[;|\n]")
_WORD: Final = re.compile(r"[^a-z0-9]+")

_YES: Final = frozenset({"y", "yes", "true", "t", "1", "x", "✓", "on"})
_NO: Final = frozenset({"n", "no", "false", "f", "0", "off"})


def tidy(text: str) -> str:
    """The text with its ends trimmed, spaces and line ends made one space, accents in one form."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def words(text: str) -> str:
    """Lower-case letters and figures with one space between, for comparing what people write."""
    return _WORD.sub(" ", tidy(text).casefold()).strip()


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would run this text."""
    return text[:1] in FORMULA and bool(text)


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet runs: one that would be taken for a formula gets an apostrophe first."""
    return f"'{text}" if is_formula(text) or text[:1] in {"\t", "\r", "'"} else text


def bare(text: str) -> str:
    """What `safe` was given."""
    return text[1:] if text[:1] == "'" and (is_formula(text[1:]) or text[1:2] in {"\t", "\r", "'"}) else text


def as_text(longest: int) -> Reader:
    """Text of at most so many characters."""

    def read(text: str) -> Value:
        if len(text) > longest:
            raise ValueError(f"must be {longest} characters or less; this has {len(text)}")
        return text

    return read


def as_date(text: str) -> Value:
    """A day, written in the ways British systems do; the day comes before the month."""
    return _day(text, today().year + 5).isoformat()


def as_birth(text: str) -> Value:
    """A day somebody was born."""
    born = _day(text, today().year)
    if born > today():
        raise ValueError(f"“{text}” is in the future")
    return born.isoformat()


def _day(text: str, latest_short_year: int) -> date:
    lower = _TIME.sub("", text.lower())
    if found := _ISO.fullmatch(lower):
        year, month, day = (int(part) for part in found.groups())
    elif found := _NUMERIC.fullmatch(lower):
        day, month, year = int(found[1]), int(found[2]), _century(found[3], latest_short_year)
        if month > 12 >= day:
            raise ValueError(f"“{text}” has no month {month}. Write the day first, like {month:02}/{day:02}/{year}")
    elif (found := _NAMED.fullmatch(lower)) and found[2][:3] in _MONTHS:
        day, month, year = int(found[1]), _MONTHS.index(found[2][:3]) + 1, _century(found[3], latest_short_year)
    else:
        raise ValueError(f"“{text}” is not a date. Write day, month and year, like 05/03/2021")
    try:
        value = date(year, month, day)
    except ValueError:
        raise ValueError(f"“{text}” is not a day that exists. Write day, month and year, like 05/03/2021") from None
    if not 1900 <= year <= today().year + 25:
        raise ValueError(f"“{text}” is in the year {year}. Check it")
    return value


def _century(year: str, latest: int) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) <= latest % 100 else 1900)


def write_date(value: Value) -> str:
    """As 05/03/2021."""
    return f"{date.fromisoformat(value):%d/%m/%Y}" if value else ""


def as_yes_or_no(text: str) -> Value:
    """Yes or no, in the ways systems write it."""
    answer = text.casefold()
    if answer in _YES:
        return True
    if answer in _NO:
        return False
    raise ValueError(f"“{text}” must be yes or no")


def write_yes_or_no(value: Value) -> str:
    """As yes or no; nothing where it is not known."""
    return "" if value is None else "yes" if value else "no"


def as_number(noun: str, low: int, high: int) -> Reader:
    """A whole number between two bounds."""

    def read(text: str) -> Value:
        found = _NUMBER.fullmatch(text)
        if not found or not low <= int(found[1]) <= high:
            raise ValueError(f"“{text}” must be {noun}: a whole number from {low} to {high}")
        return int(found[1])

    return read


def as_telephone(text: str) -> Value:
    """A telephone number: figures, spaces, brackets, dashes, plus. A 0 that a spreadsheet took away is put back."""
    number = text.replace(".", " ").replace("\u2013", "-")
    if not _TELEPHONE.fullmatch(number) or sum(letter.isdigit() for letter in number) < 3:
        raise ValueError(f"“{text}” is not a telephone number, like 0191 496 0123")
    return f"0{number}" if re.fullmatch(r"[1-9]\d{9}", number) else number


def as_postcode(text: str) -> Value:
    """A full postcode in its one written form."""
    return parse_postcode(text)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the codes of a list, written as its code, its label or another name for it."""

    noun: str
    labels: Mapping[str, str]
    names: Mapping[str, str]

    @classmethod
    def of(cls, name: str, noun: str, also: Mapping[str, str] | None = None) -> "Choice":
        """The code list `name`, with other names that systems use for its codes."""
        return cls.among(codes(name), noun, also)

    @classmethod
    def among(cls, labels: Mapping[str, str], noun: str, also: Mapping[str, str] | None = None) -> "Choice":
        """These codes with their labels."""
        names = {words(other): code for other, code in (also or {}).items() if code in labels}
        for code, label in labels.items():
            names |= {words(code): code, words(label): code}
        return cls(noun, labels, names)

    def one(self, text: str) -> Value:
        """The code meant."""
        plain = words(text)
        found = self.names.get(plain)
        if found is None:
            raise ValueError(f"“{text}” is not {self.noun}. {self._hint(plain)}")
        return found

    def several(self, text: str) -> Value:
        """The codes meant, in the list's order, between semicolons or bars; commas where nothing else parts them."""
        if text.casefold() == NOTHING and NOTHING not in self.labels:
            return []
        parts = _LIST.split(text)
        if len(parts) == 1 and words(text) not in self.names:
            parts = text.split(",")
        found = {self.one(part) for part in map(tidy, parts) if part}
        return [code for code in self.labels if code in found]

    def write(self, value: Value) -> str:
        """The label of a code."""
        return str(self.labels.get(value, value)) if value is not None else ""

    def write_several(self, value: Value) -> str:
        """The labels of codes, with semicolons between."""
        if value is None:
            return ""
        ordered = sorted(value, key=list(self.labels).index) if set(value) <= set(self.labels) else sorted(value)
        return "; ".join(self.write(code) for code in ordered) or (NOTHING if NOTHING not in self.labels else "")

    def _hint(self, plain: str) -> str:
        close = get_close_matches(plain, self.names, n=1, cutoff=0.75)
        if close:
            return f"Did you mean “{self.labels[self.names[close[0]]]}”?"
        shown = list(self.labels.values())
        return f"Use one of: {'; '.join(shown[:12])}{'; … (see the template’s notes)' if len(shown) > 12 else ''}"


def as_references(longest: int) -> Reader:
    """References between semicolons, bars or commas; each at most so many characters."""

    def read(text: str) -> Value:
        found = {part for part in map(tidy, re.split(r"[;|,\n]", text)) if part}
        if any(len(part) > longest for part in found):
            raise ValueError(f"each reference must be {longest} characters or less")
        return sorted(found)

    return read


def as_reference(text: str) -> Value:
    """A child's reference, which must not tell who the child is."""
    return plain_reference(text)


def write_references(value: Value) -> str:
    """With semicolons between."""
    return "; ".join(sorted(value or ()))


def write_text(value: Value) -> str:
    """As it is."""
    return "" if value is None else str(value)


_BEDROOM: Final = re.compile(r"(\d)\s*(?:beds?|bedded)?\s*(?:[,:(-]?\s*([a-z ]+?)\)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Bedrooms:
    """Bedrooms as "1 no; 2 siblings" (beds, who may share); a number alone is so many rooms of one bed."""

    sharing: Choice

    def read(self, text: str) -> Value:
        """Rooms in the order written."""
        if text.casefold() == NOTHING:
            return []
        if found := _NUMBER.fullmatch(text):
            if int(found[1]) > 12:
                raise ValueError(f"“{text}” bedrooms are more than a home has")
            return [{"beds": 1, "sharing": "no"}] * int(found[1])
        return [self._room(part) for part in map(tidy, _LIST.split(text)) if part]

    def _room(self, text: str) -> Value:
        found = _BEDROOM.fullmatch(text.casefold())
        if not found or not 1 <= int(found[1]) <= 6:
            raise ValueError(f"“{text}” must be beds and who may share (no, siblings, any), like “1 no; 2 siblings”")
        return {"beds": int(found[1]), "sharing": self.sharing.one(found[2]) if found[2] else "no"}

    def write(self, value: Value) -> str:
        """As "1 no; 2 siblings"."""
        rooms = cast("Sequence[Mapping[str, Value]]", value or ())
        return "; ".join(f"{room['beds']} {room['sharing']}" for room in rooms)


@dataclass(frozen=True, slots=True)
class Members:
    """Others in the household, as "Tom Hall, own child, 12/03/2014, M; Ada Hall, adult"."""

    relationship: Choice
    sex: Choice

    def read(self, text: str) -> Value:
        """People, the oldest first."""
        if text.casefold() == NOTHING:
            return []
        return sorted((self._person(part) for part in map(tidy, _LIST.split(text)) if part), key=_by_age)

    def _person(self, text: str) -> Value:
        name, *rest = (tidy(piece) for piece in text.split(","))
        if not 0 < len(name) <= 120 or not 1 <= len(rest) <= 3:
            raise ValueError(
                f"“{text}” must be a name, how they belong, born and sex, like “Tom Hall, own child, 12/03/2014, M”"
            )
        relationship, born, sex = (*rest, "", "")[:3]
        return {
            "name": name,
            "relationship": self.relationship.one(relationship),
            "born": as_birth(born) if born else None,
            "sex": self.sex.one(sex) if sex else "U",
        }

    def write(self, value: Value) -> str:
        """As "Tom Hall, Own child, 12/03/2014, M; …"."""
        people = cast("Sequence[Mapping[str, Value]]", value or ())
        return "; ".join(self._written(person) for person in sorted(people, key=_by_age))

    def _written(self, person: Mapping[str, Value]) -> str:
        name = re.sub(r"[,;|\n]", " ", str(person["name"]))
        relationship = self.relationship.write(person["relationship"])
        return ", ".join([tidy(name), relationship, write_date(person["born"]), str(person["sex"])])


def _by_age(person: Mapping[str, Value]) -> tuple[str, str]:
    return str(person["born"] or ""), str(person["name"])
