"""Whether a text for others tells who the child is: pure, from what is on file about the children of a request.

A word of a name on file is found whatever its case, accents, hyphens or possessive, as a common short form, and run
together or apart. Schools and streets are found by the words that make them so, or whole where they have none. Full
postcodes, house numbers with a street, telephone numbers, e-mail and web addresses and long numbers are found whether
on file or not. It finds too much rather than too little: a name that is also a word is for the author to decide.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Final, Literal

import msgspec

from services.placements.requests.codes import rows
from services.placements.requests.rules.folding import Folded, Word, fold, initials, words

Kind = Literal[
    "name",
    "short_form",
    "initials",
    "school",
    "street",
    "address",
    "postcode",
    "telephone",
    "email",
    "web",
    "number",
    "reference",
    "birthday",
]


class OnFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the children and must not be told: of all children of a request together."""

    names: tuple[str, ...] = ()
    schools: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    births: tuple[date, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """Something that may tell who the child is: the characters from `first` up to `last`, and what they look like."""

    first: int
    last: int
    found: str
    kind: Kind


NO_NAME: Final = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "rev", "the", "and", "of", "de", "la", "le", "da", "van", "von", "der"}
)
"""Words of a name on file that are nobody's name."""
WORDS_TOO: Final = frozenset(
    {"am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "on", "or"}
    | {"so", "to", "up", "us", "we", "al", "art", "bill", "bob", "chuck", "dick", "don", "dot", "drew", "ed", "frank"}
    | {"jack", "kit", "mick", "missy", "nick", "pat", "penny", "pip", "ray", "rich", "rob", "rose", "sandy", "seb"}
    | {"shell", "sue", "ted", "tom", "trace", "wend", "will"}
)
"""Short forms and names of two letters that are words as well: a name only where they begin with a capital."""
NO_SCHOOL: Final = frozenset(
    {"school", "schools", "primary", "secondary", "infant", "infants", "junior", "juniors", "first", "middle", "upper"}
    | {"lower", "high", "academy", "college", "nursery", "special", "grammar", "community", "sixth", "form", "centre"}
    | {"church", "of", "england", "ce", "rc", "cofe", "catholic", "roman", "voluntary", "aided", "st", "saint", "the"}
    | {"and", "for", "at", "in", "trust", "unit", "pru", "boys", "girls", "s"}
)
"""Words that many schools share."""
_STREETS: Final = (
    "road rd,street st,avenue ave,close cl,lane ln,drive dr,way,grove gr,crescent cres,terrace terr ter,gardens gdns,"
    "court ct,place pl,square sq,walk,mews,row,rise,view,hill,park,green,parade,bank,chare,wynd,croft,garth"
)
STREET_TYPES: Final = {one: kind.split()[0] for kind in _STREETS.split(",") for one in kind.split()}
"""What streets end in, with the ways in which it is written short."""
NO_STREET: Final = frozenset(STREET_TYPES) | frozenset(
    {"the", "flat", "house", "apartment", "floor", "ground", "high", "main", "church", "station", "north", "south"}
    | {"east", "west", "upper", "lower", "old", "new", "front", "back", "of", "and", "cottage", "cottages", "room"}
)
"""Words that many addresses share."""

_POSTCODE: Final = re.compile(r"(?<![a-z0-9])[a-z]{1,2}[0-9][a-z0-9]?[\s.\-]{0,3}[0-9][a-z]{2}(?![a-z0-9])")
_EMAIL: Final = re.compile(r"[^\s@<>()]+\s?@\s?[^\s@<>()]+\.[^\s@<>()]*[a-z0-9]")
_WEB: Final = re.compile(r"(?:https?://|www\.)\S+|(?<![\w@.])@[a-z0-9_.]{2,}")
_NUMBER: Final = re.compile(r"(?<![a-z0-9])\+?\(?[0-9](?:[\s().\-]{0,3}[0-9]){7,}")
# Only street words that are hardly anything else: "2 weeks in place" is no address.
_ADDRESS: Final = re.compile(
    r"(?<![a-z0-9])[0-9]{1,4}[a-z]?,?\s+(?:[^\W\d_]+['-]?[^\W\d_]*\s+){1,3}"
    r"(?:road|rd|street|avenue|ave|lane|ln|crescent|terrace|gardens|gdns|grove|close|drive)(?![a-z])"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN: Final = re.compile(
    r"(?<![0-9])([0-9]{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
    r"|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s+([0-9]{1,2})(?:st|nd|rd|th)?(?![0-9])"
)
_FIGURES: Final = re.compile(r"(?<![0-9])([0-9]{1,4})\s?[/.\-]\s?([0-9]{1,2})(?:\s?[/.\-]\s?([0-9]{2,4}))?(?![0-9])")
TELEPHONE_DIGITS: Final = range(10, 14)


_PATTERNS: Final[tuple[tuple[re.Pattern[str], Kind], ...]] = (
    (_EMAIL, "email"),
    (_WEB, "web"),
    (_POSTCODE, "postcode"),
    (_ADDRESS, "address"),
)


def identifying(text: str, on_file: OnFile) -> list[Finding]:
    """What in a text may tell who the child is, in the order it stands there; what lies within another is left out."""
    folded = fold(text)
    spans = {
        *_patterns(folded, on_file),
        *_birthdays(folded, on_file.births),
        *_names(folded, on_file.names),
        *_phrases(folded, on_file),
    }
    found = [
        Finding(folded.where(first), folded.end(last), text[folded.where(first) : folded.end(last)], kind)
        for first, last, kind in spans
    ]
    return _outermost(found)


Span = tuple[int, int, Kind]


def _outermost(found: Iterable[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.first, -one.last, one.kind)):
        if not kept or one.last > kept[-1].last:
            kept.append(one)
    return kept


def _spans(found: Iterable[tuple[int, int]], kind: Kind) -> Iterator[Span]:
    for first, last in found:
        yield first, last, kind


def _patterns(folded: Folded, on_file: OnFile) -> Iterator[Span]:
    text = folded.text
    for pattern, kind in _PATTERNS:
        yield from _spans((found.span() for found in pattern.finditer(text)), kind)
    for found in _NUMBER.finditer(text):
        digits = sum(one.isdigit() for one in found[0])
        yield found.start(), found.end(), "telephone" if digits in TELEPHONE_DIGITS else "number"
    for one in on_file.references:
        yield from _spans(folded.squeezed(one), "reference")
    for one in on_file.postcodes:
        yield from _spans(folded.squeezed(one), "postcode")


def _birthdays(folded: Folded, births: Iterable[date]) -> Iterator[Span]:
    days = {(born.day, born.month) for born in births}
    if not days:
        return
    for found in _WRITTEN.finditer(folded.text):
        day, month = found[1] or found[4], found[2] or found[3]
        if (int(day), _MONTHS.index(month) + 1) in days:
            yield found.start(), found.end(), "birthday"
    for found in _FIGURES.finditer(folded.text):
        one, two, three = int(found[1]), int(found[2]), int(found[3] or 0)
        if {(one, two), (three, two)} & days or ((two, one) in days and three):
            yield found.start(), found.end(), "birthday"


@cache
def _short_forms() -> dict[str, frozenset[str]]:
    """Each name with its short forms, and each short form with the names it may stand for and their other ones."""
    groups: dict[str, set[str]] = {}
    for row in rows("nicknames.csv"):
        groups.setdefault(row["name"], set()).add(row["short_form"])
    found: dict[str, set[str]] = {}
    for name, short in groups.items():
        for one in {name, *short}:
            found.setdefault(one, set()).update({name, *short} - {one})
    return {name: frozenset(others) for name, others in found.items()}


def _names(folded: Folded, names: Iterable[str]) -> Iterator[Span]:
    wanted: set[str] = set()
    letters: set[str] = set()
    for name in names:
        parts = [one.text for one in words(fold(name))]
        telling = {part for part in parts if part not in NO_NAME and (len(part) > 1 or not part.isascii())}
        wanted |= telling | set(_joined(fold(name)))
        if not telling:
            yield from _in_a_row(folded, parts, "name")
        if len(parts) > 1:
            letters.add("".join(part[0] for part in parts))
            letters.add(parts[0][0] + parts[-1][0])
    yield from _any_of(folded, wanted, "name")
    short = {other for part in wanted for other in _short_forms().get(part, ())}
    yield from _any_of(folded, short - wanted, "short_form")
    yield from _spans(initials(folded, letters), "initials")


def _joined(name: Folded) -> Iterator[str]:
    """What a name with a hyphen, an apostrophe or a blank reads like written in one."""
    found = list(words(name))
    for one, two in pairwise(found):
        yield one.text + two.text
    if len(found) > 2:
        yield "".join(one.text for one in found)


def _any_of(folded: Folded, wanted: set[str], kind: Kind) -> Iterator[Span]:
    """Words that are one of these, or two that together are; with an "s" more, too.

    Names of scripts that set no blanks are found anywhere in the text.
    """
    if not wanted:
        return
    there = list(words(folded))
    for word in there:
        if _is(word.text, wanted) and not (_a_word(word.text, kind) and not folded.capital(word.first)):
            yield word.first, word.last, kind
    for one, two in pairwise(there):
        if two.text != "s" and two.first - one.last <= 1 and _is(one.text + two.text, wanted):
            yield one.first, two.last, kind
    for other in wanted:
        if not other.isascii():
            yield from _spans(((first, first + len(other)) for first in folded.all(other)), kind)


def _a_word(text: str, kind: Kind) -> bool:
    return text in WORDS_TOO and (kind == "short_form" or len(text) == 2)


def _is(word: str, wanted: set[str]) -> bool:
    return word in wanted or (len(word) > 2 and word[-1] == "s" and (word[:-1] in wanted or word[:-2] in wanted))


def _phrases(folded: Folded, on_file: OnFile) -> Iterator[Span]:
    for school in on_file.schools:
        parts = [one.text for one in words(fold(school))]
        telling = {part for part in parts if part not in NO_SCHOOL and len(part) > 1}
        yield from _any_of(folded, telling, "school")
        if not telling:
            yield from _in_a_row(folded, parts, "school")
        if len(parts) > 2:
            short = {"".join(part[0] for part in parts if part != "s")}
            yield from _spans(initials(folded, short), "school")
    for address in on_file.addresses:
        for line in _street_lines(address):
            parts = [one.text for one in words(fold(line))]
            telling = {part for part in parts if part not in NO_STREET and len(part) > 1}
            yield from _any_of(folded, telling, "street")
            if not telling:
                yield from _in_a_row(folded, parts, "street")


def _street_lines(address: str) -> list[str]:
    """The parts of an address that name a street or a house: those with a figure or a street's word, or the first."""
    lines = [line.strip() for line in re.split(r"[,;\n]", address) if line.strip()]
    named = [
        line
        for line in lines
        if any(one.isdigit() for one in line) or any(word.text in STREET_TYPES for word in words(fold(line)))
    ]
    telling = [line for line in (named or lines[:1]) if any(words(fold(line)))]
    return telling if lines[:1] == telling[:1] else [*lines[:1], *telling]


def _in_a_row(folded: Folded, parts: list[str], kind: Kind) -> Iterator[Span]:
    """These words one after the other, whatever stands between them but another word; street words short or long."""
    wanted = [STREET_TYPES.get(part, part) for part in parts if part != "the"]
    there: list[Word] = [word for word in words(folded) if word.text != "the"]
    if not wanted:
        return
    for start in range(len(there) - len(wanted) + 1):
        run = there[start : start + len(wanted)]
        if [STREET_TYPES.get(word.text, word.text) for word in run] == wanted:
            yield run[0].first, run[-1].last, kind
