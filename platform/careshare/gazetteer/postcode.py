"""Postcodes as text: what is one, how it is written, what its parts are. Whether there is such a one, `places` says."""

import re

EXAMPLE = "Enter a full UK postcode, like NE1 4LP"

# Old ones included: GIR 0AA (Girobank), NPT (Newport) and codes of central London like W1V.
_OUTWARD = r"(?:[A-PR-UWYZ](?:[0-9]{1,2}|[0-9][A-HJKMNPR-Y]|[A-HK-Y][0-9]{1,2}|[A-HK-Y][0-9][A-HJKMNPR-Y])|GIR|NPT)"
_FULL = re.compile(rf"({_OUTWARD})([0-9][ABD-HJLNP-UW-Z]{{2}})")
_OUTWARD_ONLY = re.compile(_OUTWARD)
_IGNORED = re.compile(r"[\s\-\u2010-\u2015.,'\"()\[\]\u200b\ufeff]+")
_LONGEST = 40


class MalformedPostcode(ValueError):
    """The text is not a postcode at all. The message is fit for a form."""


class UnknownPostcode(ValueError):
    """The text is a postcode, but the loaded gazetteer has none such. The message is fit for a form."""

    def __init__(self, postcode: str) -> None:
        super().__init__(f"We do not know the postcode {postcode}. Check it, or use one close by")
        self.postcode = postcode


def parse_postcode(text: str) -> str:
    """The postcode in its one written form, "NE1 4LP", whatever the case, spacing and punctuation it came in.

    Raises `MalformedPostcode` (a ValueError) with a message for the person who typed it. Format as in BS 7666 with the
    letters Royal Mail uses in each position; whether there is such a postcode is not looked at.
    """
    squeezed = _IGNORED.sub("", text[: _LONGEST + 1]).upper() if len(text) <= _LONGEST else ""
    found = _FULL.fullmatch(squeezed)
    if found:
        return f"{found[1]} {found[2]}"
    if _OUTWARD_ONLY.fullmatch(squeezed):
        raise MalformedPostcode(f"{EXAMPLE}, not only its first part")
    raise MalformedPostcode(EXAMPLE)


def outward_of(postcode: str) -> str:
    """The first part of a canonical postcode: "NE1" of "NE1 4LP"."""
    return postcode.partition(" ")[0]


def postcode_area_of(postcode: str) -> str:
    """The leading letters of a canonical postcode or outward code: "NE" of "NE1 4LP"."""
    for position, character in enumerate(postcode):
        if not character.isalpha():
            return postcode[:position]
    return postcode
