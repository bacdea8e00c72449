"""Just enough of PDF to read the words of a page back: what typst writes, by the fonts' own tables of characters."""

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Pdf:
    """What was read: the text of each page, and the whole file's objects."""

    pages: list[str]
    title: str


_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)\sendobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_INSIDE = rb"(?:[^()\\]|\\.)*"
_NESTED = rb"\(((?:" + _INSIDE + rb"(?:\(" + _INSIDE + rb"(?:\(" + _INSIDE + rb"\)" + _INSIDE + rb")*\))?)*)\)"
_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|" + _NESTED, re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def read(content: bytes) -> Pdf:
    """Read a PDF without object streams."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    pages = [body for body in objects.values() if re.search(rb"/Type/Page\b(?!s)", body)]
    about = next(body for body in objects.values() if b"/Title" in body and b"/Author" in body)
    title = re.search(rb"/Title<FEFF([0-9A-F]+)>|/Title\(([^)]*)\)", about)
    assert title
    named = bytes.fromhex(title[1].decode()).decode("utf-16-be") if title[1] else title[2].decode("latin-1")
    return Pdf([_text(objects, page) for page in pages], named)


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found
    return zlib.decompress(found[1]) if b"FlateDecode" in body else found[1]


def _refers(objects: dict[int, bytes], body: bytes, name: bytes) -> bytes:
    """What stands under `name`: inline, or the object it names."""
    found = re.search(rb"/" + name + rb"\s*(?:(\d+) 0 R|\[?(<<.*?>>))", body, re.DOTALL)
    assert found, name
    return objects[int(found[1])] if found[1] else found[2]


def _text(objects: dict[int, bytes], page: bytes) -> str:
    fonts = _refers(objects, _refers(objects, page, b"Resources"), b"Font")
    tables = {
        name: _characters(_stream(_refers(objects, objects[int(number)], b"ToUnicode")))
        for name, number in re.findall(rb"/(\w+) (\d+) 0 R", fonts)
    }
    words: list[str] = []
    table: dict[int, str] = {}
    for block in re.split(rb"\bET\b", _stream(_refers(objects, page, b"Contents"))):
        for font, digits, letters in _SHOWN.findall(block):
            if font:
                table = tables.get(font, table)
                continue
            raw = bytes.fromhex(digits.decode()) if digits else _ESCAPED.sub(_unescape, letters)
            codes = (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw) - 1, 2))
            words.append("".join(table.get(code, "") for code in codes))
        words.append(" ")
    return " ".join("".join(words).split())


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if code[:1].isdigit() else _ESCAPES.get(code, code)


def _characters(cmap: bytes) -> dict[int, str]:
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, letters in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            found[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, letters in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = int(letters, 16)
            found |= {code: chr(start + code - int(first, 16)) for code in range(int(first, 16), int(last, 16) + 1)}
    return found
