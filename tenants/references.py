"""References of the case system: what tells two of them apart, and what they must never be, a name or an address."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 40
"""Characters of a reference."""

_LETTERS: Final = re.compile(r"[^\W\d_]{4}")
_TELEPHONE: Final = re.compile(r"(?:\+|0)[\d ().-]*")
_TELEPHONE_DIGITS: Final = 10
_POSTCODE: Final = re.compile(r"(?<![A-Z])[A-Z]{1,2}\d[A-Z\d]?[ ._/-]?\d[A-Z]{2}(?![A-Z])", re.ASCII | re.IGNORECASE)
_EXAMPLE: Final = "Enter the case system’s reference, such as CH-104482"


def reference_key(text: str) -> str:
    """What two spellings of one reference have in common: neither case nor blanks around it tell two apart."""
    return text.strip().lower()


def hidden_characters(text: str, *, lines: bool = False) -> str:
    """The control and format characters in a text (Unicode categories Cc and Cf) by their numbers: "U+202E, U+0000".

    `lines`: line ends and tabs are none.
    """
    allowed = "\n\r\t" if lines else ""
    found = {one for one in text if unicodedata.category(one) in {"Cc", "Cf"} and one not in allowed}
    return ", ".join(f"U+{ord(one):04X}" for one in sorted(found))


def plain_reference(text: str) -> str:
    """The reference without blanks around it; ValueError, saying what is wrong, where it may tell who the child is.

    It must have a figure and no run of four or more letters, and be neither a telephone number nor hold a postcode.
    """
    found = text.strip()
    if not found:
        raise ValueError(_EXAMPLE)
    if len(found) > LONGEST:
        raise ValueError(f"The reference must be {LONGEST} characters or less")
    if not any(character.isdigit() for character in found) or _LETTERS.search(found):
        raise ValueError(f"{_EXAMPLE}, and never a name: it has a figure, and no more than three letters together")
    if _TELEPHONE.fullmatch(found) and sum(character.isdigit() for character in found) >= _TELEPHONE_DIGITS:
        raise ValueError(f"{_EXAMPLE}, and never a telephone number")
    if _POSTCODE.search(found):
        raise ValueError(f"{_EXAMPLE}, and never a postcode")
    return found
