"""A text as names are compared in it: without case, accents or letters' variants, each place traced to the original."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import msgspec

_LETTERS: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n"}
    | dict.fromkeys("‘’ʼ`´＇", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_LEFT_OUT: Final = frozenset({"Mn", "Me", "Cf"})
"""Accents and characters that cannot be seen (Unicode categories)."""
_APART: Final = 2
"""Characters between two initials, as in "J. S."."""
_CAPITALS: Final = re.compile(r"(?<![^\W_])[^\W\d_]{2,6}(?![^\W_])")


class Folded(msgspec.Struct, frozen=True):
    """The folded text; `places[n]` is where its character n stands in the original."""

    original: str
    text: str
    places: tuple[int, ...]

    def where(self, first: int) -> int:
        """Where a character of the folded text stands in the original."""
        return self.places[first]

    def end(self, last: int) -> int:
        """The end in the original of what ends before `last`: accents and hidden characters after it belong to it."""
        end = self.places[last - 1] + 1
        while end < len(self.original) and unicodedata.category(self.original[end]) in _LEFT_OUT:
            end += 1
        return end

    def capital(self, first: int) -> bool:
        """Whether this letter is a capital in the original."""
        return self.original[self.places[first]].isupper()

    def all(self, part: str) -> Iterator[int]:
        """Every place where a part begins."""
        found = self.text.find(part)
        while found >= 0:
            yield found
            found = self.text.find(part, found + 1)

    def squeezed(self, known: str) -> Iterator[tuple[int, int]]:
        """Where something of letters and figures stands, whatever separates them: "CH 104482" for "CH-104482"."""
        characters = [one for one in fold(known).text if one.isalnum()]
        if len(characters) < 3:
            return
        pattern = r"(?<![^\W_])" + r"[\s./_\-]{0,2}".join(re.escape(one) for one in characters) + r"(?![^\W_])"
        for found in re.finditer(pattern, self.text):
            yield found.start(), found.end()


class Word(msgspec.Struct, frozen=True):
    """A run of letters of a folded text."""

    text: str
    first: int
    last: int


def fold(text: str) -> Folded:
    """The text folded. Characters that cannot be seen are left out, so that none of them parts a word."""
    found: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for one in unicodedata.normalize("NFKD", character.casefold().translate(_LETTERS)):
            if unicodedata.category(one) not in _LEFT_OUT:
                found.append(one)
                places.append(place)
    return Folded(text, "".join(found), tuple(places))


def words(folded: Folded) -> Iterator[Word]:
    """Its words; a hyphen or an apostrophe ends one."""
    for found in _WORD.finditer(folded.text):
        yield Word(found[0], found.start(), found.end())


def initials(folded: Folded, wanted: set[str]) -> Iterator[tuple[int, int]]:
    """Where letters stand for a name: "J.S.", "J S" in any case, "JS" in capitals."""
    letters = [word for word in words(folded) if len(word.text) == 1] if wanted else []
    for start, first in enumerate(letters):
        text, last = first.text, first
        for other in letters[start + 1 :]:
            if other.first - last.last > _APART:
                break
            text, last = text + other.text, other
            if text in wanted:
                yield first.first, last.last
    for found in _CAPITALS.finditer(folded.text) if wanted else ():
        if found[0] in wanted and all(folded.capital(place) for place in range(found.start(), found.end())):
            yield found.start(), found.end()
