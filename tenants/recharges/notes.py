"""Notes between two finance offices name nobody: what the pages ask for, and what is looked for before one is kept."""

import re
from collections.abc import Collection
from importlib.resources import files
from typing import Final

from tenants.references import hidden_characters

LONGEST: Final = 1_000
HINT: Final = "Both authorities read it. Name no child and no carer: the line and its order number say which placement"

_PAIR: Final = re.compile(r"\b(?=([A-Z][a-z]+(?:['’-][A-Z]?[a-z]+)*)\s+([A-Z][a-z]+(?:['’-][A-Z]?[a-z]+)*)\b)")
_TITLE: Final = re.compile(r"\b(?:Mr|Mrs|Miss|Ms|Mx|Dr)\.?\s+[A-Z]")
_POSTCODE: Final = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.ASCII | re.IGNORECASE)
_TELEPHONE: Final = re.compile(r"(?:\+|\b0)\d[\d ()-]{8,}\d")
_WORDS: Final = frozenset((files("tenants.recharges") / "data" / "words.txt").read_text(encoding="utf-8").split())
"""Words that begin with a capital letter and are nobody's name."""


def problem(text: str, known: Collection[str] = ()) -> str:
    """What is wrong with a note, in words; empty where nothing is. `known`: names of authorities, which may be.

    Two words with capital letters side by side are taken for a name unless one of them is a usual word.
    """
    if len(text) > LONGEST:
        return f"The note must be {LONGEST:,} characters or less"
    if hidden_characters(text, lines=True):
        return "The note has characters that cannot be seen. Type it anew"
    if _TITLE.search(text) or _names(text, known):
        return "The note seems to have somebody’s name in it. Say which line you mean instead"
    if _POSTCODE.search(text) or _TELEPHONE.search(text):
        return "The note seems to have an address or a telephone number in it. Leave it out"
    return ""


def _names(text: str, known: Collection[str]) -> bool:
    usual = _WORDS | {word for name in known for word in name.split()}
    return any(not usual & {first, second} for first, second in _PAIR.findall(text))
