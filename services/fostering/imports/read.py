"""Reads the bytes of an upload into a header line and rows of text, whatever system wrote them.

Tolerant where only one meaning is possible: a byte order mark, Windows-1252, commas, semicolons, tabs or bars, lines
before the header, blank rows. Where two are possible it refuses and says on which line.
"""

import asyncio
import csv
import hashlib
import io
import itertools
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from careshare.errors import FieldError, Invalid, TooLarge, Unsupported
from services.fostering.imports.columns import Kind, recognised, squeezed

MOST_BYTES: Final = 20 * 1024 * 1024
"""An upload larger than this is refused before it is read. The largest English register fills about one megabyte."""

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 5_000
LONGEST_HEADER: Final = 200
HEADER_WITHIN: Final = 30
"""How many rows may stand before the header, such as a report's title and date."""

FILE: Final = "file"
"""The name of the field that holds an upload, in forms and in problems."""

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_OTHERS: Final = (
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a word-processor document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"<", "a web page or XML"),
)
_SAVE_AS: Final = "Save it as XLSX or as CSV UTF-8 and send that"
_MULTIBYTE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_DELIMITERS: Final = ",;\t|"
_SAMPLE: Final = 64 * 1024
_SPREADSHEET: Final = Path(__file__).with_name("spreadsheet.py")
_SECONDS: Final = 60
_at_once = asyncio.Semaphore(2)


class Row(msgspec.Struct, frozen=True):
    """One row as written. `line` counts from 1 in the file, the header and what stands before it included."""

    line: int
    cells: list[str]


class Table(msgspec.Struct, frozen=True):
    """A file that was read: as many headers as columns, each different, and at least one row."""

    headers: list[str]
    header_line: int
    rows: list[Row]
    notices: list[str]
    signature: bytes


async def read_table(content: bytes, kind: Kind) -> Table:
    """The table in a CSV or XLSX file. Raises Invalid, TooLarge or Unsupported, each naming the file and the line."""
    if len(content) > MOST_BYTES:
        raise too_large()
    if not content.strip():
        raise refused("The file is empty")
    if content.startswith((_ZIP, _OLE)):
        sheets = await _spreadsheet(content)
        likeliest = max(sheets, key=lambda rows: max(recognised(kind, row.cells) for row in rows[:HEADER_WITHIN]))
        return _table(likeliest, kind, [])
    return await asyncio.to_thread(_csv, content, kind)


def too_large() -> TooLarge:
    """What to say to a file with too many bytes."""
    message = f"The file must be smaller than {MOST_BYTES // 1024 // 1024} MB"
    return TooLarge(message, errors=[FieldError(FILE, message)])


def refused(message: str, line: int | None = None) -> Invalid:
    """What to say to a file that cannot be read."""
    return Invalid(f"Line {line}: {message}" if line else message, errors=[FieldError(FILE, message, line)])


def unsupported(what: str) -> Unsupported:
    """What to say to another kind of file."""
    message = f"The file {what}. {_SAVE_AS}"
    return Unsupported(message, errors=[FieldError(FILE, message)])


async def _spreadsheet(content: bytes) -> list[list[Row]]:
    async with _at_once:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_SPREADSHEET), str(MOST_ROWS + HEADER_WITHIN), str(MOST_COLUMNS),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
        )  # fmt: skip
        try:
            async with asyncio.timeout(_SECONDS):
                answer, _ = await process.communicate(content)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0:
        raise refused("The spreadsheet needs more memory or time than we give it. Copy its rows into a new one")
    found = msgspec.json.decode(answer)
    if "problem" in found:
        problem = str(found["problem"])
        if found.get("too_large"):
            raise _too_many_rows()
        raise unsupported(problem) if "not an XLSX" in problem else refused(f"The spreadsheet {problem}")
    sheets = [
        [Row(line, cells) for line, cells in enumerate(sheet, 1)]
        for sheet in found["sheets"]
        if any(any(cells) for cells in sheet)
    ]
    if not sheets:
        raise refused("The spreadsheet is empty")
    for row in itertools.chain.from_iterable(sheets):
        if any("\x00" in cell for cell in row.cells):
            raise refused("Text must not hold the null character", row.line)
    return sheets


def _csv(content: bytes, kind: Kind) -> Table:
    text, notices = _decoded(content)
    for match in itertools.islice(_CONTROL.finditer(text), 1):
        line = text.count("\n", 0, match.start()) + 1
        what = "the null character" if match[0] == "\x00" else "characters that cannot be printed"
        raise refused(f"Text must not hold {what}", line)
    delimiter = _delimiter(text, kind)
    return _table(list(_rows(text, delimiter)), kind, notices)


def _decoded(content: bytes) -> tuple[str, list[str]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), ["The file was UTF-16 text; it was read as such."]
        except UnicodeDecodeError:
            raise refused("The text is neither UTF-8 nor UTF-16. Save the file as CSV UTF-8") from None
    for start, what in _OTHERS:
        if content.lstrip()[:8].startswith(start):
            raise unsupported(f"is {what}")
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        where = error.start
    line = content.count(b"\n", 0, where) + 1
    if _MULTIBYTE.search(content):
        raise refused("The text is UTF-8 in some places and not in this one. Save the file as CSV UTF-8", line)
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refused("The text is neither UTF-8 nor Windows-1252. Save the file as CSV UTF-8", line) from None
    return text, [
        f"The file was not UTF-8, so it was read as Windows-1252: check accents and signs from line {line} on."
    ]


def _delimiter(text: str, kind: Kind) -> str:
    if text[:4].lower() == "sep=" and text[4:5] in _DELIMITERS and text[4:5]:
        return text[4]
    sample = text[:_SAMPLE]

    def fitness(delimiter: str) -> tuple[int, int]:
        rows = list(itertools.islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), HEADER_WITHIN))
        return max(((recognised(kind, row), len(row)) for row in rows), default=(0, 0))

    try:
        return max(_DELIMITERS, key=fitness)
    except csv.Error:
        return ","


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line, count = 1, 0
    try:
        for cells in reader:
            if any(cells):
                count += 1
                if count > MOST_ROWS + HEADER_WITHIN:
                    raise _too_many_rows()
                yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error:
        raise refused("A quotation mark is not closed, or stands inside a cell that has none around it", line) from None


def _too_many_rows() -> TooLarge:
    message = f"The file must have no more than {MOST_ROWS:,} rows. Split it and send the parts one after the other"
    return TooLarge(message, errors=[FieldError(FILE, message)])


def _table(rows: Sequence[Row], kind: Kind, notices: list[str]) -> Table:
    rows = [row for row in rows if any(cell.strip() for cell in row.cells)]
    if not rows:
        raise refused("The file is empty")
    at = _header(rows, kind)
    header, below = rows[at], rows[at + 1 :]
    if not below:
        raise refused("There are no rows below the header", header.line)
    if len(below) > MOST_ROWS:
        raise _too_many_rows()
    width = max((place for place, cell in enumerate(header.cells, 1) if cell.strip()), default=0)
    if width > MOST_COLUMNS:
        raise refused(f"The file must have no more than {MOST_COLUMNS} columns", header.line)
    headers, doubled = _named([cell.strip()[:LONGEST_HEADER] for cell in header.cells[:width]])
    if at:
        notices = [*notices, f"The header was found on line {header.line}; what stands before it was left out."]
    signature = hashlib.sha256("\n".join([kind, *(squeezed(name) for name in headers)]).encode()).digest()
    return Table(headers, header.line, [_fitted(row, width) for row in below], notices + doubled, signature)


def _header(rows: Sequence[Row], kind: Kind) -> int:
    first = rows[:HEADER_WITHIN]
    known = [recognised(kind, row.cells) for row in first]
    if max(known) >= 2:
        return known.index(max(known))
    filled = [sum(bool(cell.strip()) for cell in row.cells) for row in first]
    return next(place for place, count in enumerate(filled) if count * 2 > max(filled))


def _fitted(row: Row, width: int) -> Row:
    """The row with a cell for each header. What stands beyond the last header is kept, to be named as an error."""
    beyond = row.cells[width:]
    filled = max((place for place, cell in enumerate(beyond, 1) if cell.strip()), default=0)
    cells = [cell[: LONGEST_CELL + 1] for cell in row.cells[: width + filled]]
    return Row(row.line, cells + [""] * (width - len(cells)))


def _named(headers: list[str]) -> tuple[list[str], list[str]]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(headers):
        places.setdefault(squeezed(name), []).append(place)
    named, notices = list(headers), list[str]()
    for squeezed_name, where in places.items():
        letters = [_letters(place) for place in where]
        if not squeezed_name or len(where) > 1:
            for place, letter in zip(where, letters, strict=True):
                named[place] = f"{headers[place]} (column {letter})" if headers[place] else f"Column {letter}"
        if squeezed_name and len(where) > 1:
            columns = f"{', '.join(letters[:-1])} and {letters[-1]}"
            notices.append(f"The header “{headers[where[0]]}” stands in columns {columns}: say which is which.")
    return named, notices


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
