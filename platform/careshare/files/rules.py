"""What files are taken and what they are called: pure. types.csv beside this file is the list of types."""

import csv
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal
from urllib.parse import quote

import msgspec

PART: Final = 1024 * 1024
"""Bytes of one row."""
HEAD: Final = 64 * 1024
"""Bytes at the beginning that say what a file is, where it is no archive."""
LONGEST_STEM: Final = 100
NAMELESS: Final = "file"

State = Literal["received", "scanning", "clean", "not_scanned", "refused"]

REASONS: Final[Mapping[str, str]] = {
    "malware": "A virus or other harmful program was found in it. Tell your IT service desk.",
    "damaged": "It is damaged or not whole. Open it, save it again and send that.",
    "password": "It is protected by a password. Save it without one and send that.",
    "active": "It has programs, other files or links to other documents in it. Print it to PDF and send that.",
    "macros": "It has macros in it. Save it as a document without macros and send that.",
    "bomb": "It is far larger inside than outside, or too complicated to open safely. Print it to PDF and send that.",
    "other_type": "It is not what it seems to be. Save it again as PDF and send that.",
    "too_many_pixels": "The picture has more than 50 million points. Make it smaller and send that.",
}
"""Why a file was refused after it had come in, and what would help. Codes of `careshare.cleaning`, and malware."""


class FileType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of types.csv. `media_type` is what a browser is told."""

    code: str
    label: str
    extension: str
    media_type: str
    valid_from: date
    source: str


@cache
def types() -> Mapping[str, FileType]:
    """The types that are taken, by code. Raises msgspec.ValidationError naming a field that cannot be right."""
    text = (files("careshare.files") / "types.csv").read_text(encoding="utf-8")
    rows = msgspec.convert(list(csv.DictReader(text.splitlines())), list[FileType], strict=False)
    return {one.code: one for one in rows}


def taken() -> str:
    """The types in words: "a PDF, Word, Excel, JPEG, PNG or text file"."""
    *first, last = [one.label for one in types().values()]
    return f"a {', '.join(first)} or {last} file"


def safe_name(declared: str, kind: FileType) -> str:
    """A name to show and to save under: the last part of what was said, letters and plain marks, and the true ending.

    Paths, control and direction characters (which make `exe.gpj` of `jpg.exe`), and marks that mean something to a
    shell, a browser or a spreadsheet go. It may still name a person: whoever typed it may have.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", declared))[-1]
    stem = last.rpartition(".")[0] or last
    kept = "".join(letter if letter.isalnum() or letter in " -_.,()&'’+" else " " for letter in stem)
    stem = re.sub(r"\s+", " ", kept).strip(" .-+")[:LONGEST_STEM].strip(" .-+")
    return f"{stem or NAMELESS}.{kind.extension}"


def attachment(name: str) -> str:
    """The Content-Disposition of a file that is saved, never shown in the browser (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()-]", "_", plain) or NAMELESS
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def in_megabytes(size: int) -> str:
    """A size in words: "20 MB", "1.4 MB", "12 KB"."""
    if size < PART:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / PART:.1f}".removesuffix(".0") + " MB"
