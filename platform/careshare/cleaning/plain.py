"""Plain text: kept as UTF-8, and nothing but text."""

import codecs
import re
from typing import Final

from careshare.cleaning.refusing import CannotClean

PROGRAM: Final = re.compile(r"\s*(#!|<\?|<!doctype|<html|<svg|<script|@echo|%!PS|%FDF|\{\\rtf)", re.IGNORECASE)
"""Beginnings of what other programs run or draw."""
MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
"""What text files may begin with to say how they are written."""


def decode(content: bytes) -> str | None:
    """The text, in UTF-8, UTF-16 with its mark, or Windows' own letters; None where it is no text."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _decoded(content.removeprefix(mark), encoding)
    return _decoded(content, "utf-8") or _decoded(content, "cp1252")


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if any(ord(letter) < 32 and letter not in "\t\n\r\f" for letter in text) else text


def is_program(text: str) -> bool:
    """Whether it is one of those texts that are run or drawn elsewhere."""
    return PROGRAM.match(text) is not None


def clean(_kind: str, content: bytes) -> bytes:
    """The text as UTF-8. Raises CannotClean."""
    text = decode(content)
    if text is None:
        raise CannotClean("other_type")
    if is_program(text):
        raise CannotClean("active")
    return text.encode()
