"""What a file is by its content. The name and the type a sender declares count for nothing.

puremagic knows some thousand kinds of files by their first bytes; an archive is looked into, since every Word file is
one. What reads as text is text. `careshare.cleaning` then opens the file as what it was found to be and refuses what
only begins like it.
"""

from typing import Any, Final

import msgspec
import puremagic

from careshare.cleaning.office import kind_of
from careshare.cleaning.plain import decode, is_program

MEDIA: Final = {"application/pdf": "pdf", "image/jpeg": "jpeg", "image/png": "png"}
"""The types of types.csv that their first bytes tell, by puremagic's names for them."""
OLD_OFFICE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
"""The beginning of Office files before 2007, of messages kept by Outlook, and of Windows' installers."""
ARCHIVE: Final = b"PK\x03\x04"
SURE: Final = 0.4
"""puremagic's confidence from which its answer names a file that is refused; below, two bytes of chance will do."""
PROGRAMS: Final = frozenset({".exe", ".dll", ".com", ".msi", ".class", ".jar", ".lnk", ".sh", ".dex", ".elf", ".scr"})
LONGEST_LETTER: Final = 4
"""Bytes of one letter in UTF-8: the beginning of a file may end within one."""


class Known(msgspec.Struct, frozen=True):
    """One kind of file that begins like this one, and how likely it is."""

    extension: str
    mime_type: str
    confidence: float


def is_archive(head: bytes) -> bool:
    """Whether the whole file must be looked into to say what it is."""
    return head.startswith(ARCHIVE)


def detect(content: bytes) -> str | None:
    """The code of the type in types.csv, from the beginning of a file or, of an archive, the whole; None: not taken."""
    if is_archive(content):
        return kind_of(content)
    known = next((MEDIA[one.mime_type] for one in _known(content) if one.mime_type in MEDIA), None)
    if known is not None:
        return known
    text = _text(content)
    return None if text is None or is_program(text) else "txt"


def describe(content: bytes) -> str:
    """What a refused file seems to be, in words for whoever sent it."""
    if is_archive(content):
        return "a ZIP archive, or a kind of Office file that is not taken"
    if _text(content) is not None:
        return "a web page, a script or text with instructions in it"
    if content.startswith(OLD_OFFICE):
        return "an old kind of Office file or a message from Outlook"
    endings = {one.extension for one in _known(content) if one.confidence >= SURE and one.extension}
    if content.startswith((b"MZ", b"\x7fELF")) or PROGRAMS & endings:
        return "a program"
    if not endings:
        return "of a kind that is not known"
    return f"a file of the kind {min(endings, key=lambda ending: (len(ending), ending)).removeprefix('.').upper()}"


def _text(content: bytes) -> str | None:
    cuts = (content[: len(content) - cut] for cut in range(LONGEST_LETTER))
    return next((text for cut in cuts if (text := decode(cut)) is not None), None)


def _known(content: bytes) -> list[Known]:
    """What puremagic takes it for, the likeliest first. A program is never anything else as well."""
    if content.startswith((b"MZ", b"\x7fELF")):
        return []
    library: Any = puremagic  # its answers are tuples without types
    try:
        found = library.magic_string(content)
    except (puremagic.PureError, ValueError):  # nothing known begins like it; ValueError: it is empty
        return []
    return [Known(one.extension, one.mime_type, one.confidence) for one in found]
