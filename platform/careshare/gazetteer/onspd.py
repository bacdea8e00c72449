"""An ONS Postcode Directory as ONS publishes it: a CSV file, newer than the one installed with us."""

import csv
import hashlib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from careshare.errors import FieldError, Invalid
from careshare.gazetteer import reference
from careshare.gazetteer.directory import Coverage, Directory, Row, Tally, located
from careshare.gazetteer.postcode import MalformedPostcode, parse_postcode, postcode_area_of

MOST_BAD_ROWS = 100
"""A directory has none. More than this many, and the file is not what it was taken for."""

# What we read, by the names it has had in the directory's editions.
_NAMES = {
    "postcode": re.compile("pcds|pcd7|pcd8|pcd2|pcd"),
    "easting": re.compile("oseast1m|east1m"),
    "northing": re.compile("osnrth1m|north1m"),
    "authority": re.compile("laua|oslaua|lad[0-9]{2}cd"),
    "terminated": re.compile("doterm"),
}
_OPTIONAL = {"terminated"}
_GSS = re.compile("[A-Z][0-9]{8}")


class _BadRowError(ValueError):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def directory(path: Path, coverage: Coverage) -> Directory:
    """The directory in this file. Reading it raises `Invalid`, with the line, where it cannot be one."""
    with path.open("rb") as file:
        if file.read(2) == b"PK":
            raise _refused("This is a zip file. Unpack it and give the CSV file in its folder Data", None)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return Directory(
        name=path.name,
        version=f"{digest} {reference.version()}",
        coverage=coverage,
        rows=lambda tally: _rows(path, coverage, tally),
    )


def _rows(path: Path, coverage: Coverage, tally: Tally) -> Iterator[Row]:
    with path.open("rb") as file:
        lines = csv.reader(_decoded(file), strict=True)
        try:
            empty: list[str] = []
            parse = _parser(next(lines, empty), coverage)
            for cells in lines:
                try:
                    row = parse(cells, tally)
                except (_BadRowError, MalformedPostcode) as error:
                    field = error.field if isinstance(error, _BadRowError) else "postcode"
                    message = f"“{cells[0][:20] if cells else ''}”: {error}"
                    tally.bad.append(FieldError(field, message, lines.line_num))
                    if len(tally.bad) > MOST_BAD_ROWS:
                        raise Invalid(
                            f"More than {MOST_BAD_ROWS} lines are wrong, so nothing was loaded", errors=tally.bad
                        ) from error
                else:
                    if row is not None:
                        yield row
        except csv.Error as error:
            raise _refused(f"This line is not CSV: {error}", lines.line_num) from error


def _decoded(lines: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _refused("This line is not UTF-8 text. Save the file as CSV UTF-8", number) from error


def _refused(message: str, line: int | None) -> Invalid:
    where = "" if line is None else f" (line {line})"
    return Invalid(f"{message}{where}", errors=[FieldError("file", message, line)])


def _parser(header: Sequence[str], coverage: Coverage) -> Callable[[Sequence[str], Tally], Row | None]:
    names = [name.strip().lower() for name in header]
    at: dict[str, int] = {}
    for wanted, pattern in _NAMES.items():
        found = [position for position, name in enumerate(names) if pattern.fullmatch(name)]
        if found:
            at[wanted] = found[0]
        elif wanted not in _OPTIONAL:
            called = pattern.pattern.replace("[0-9]{2}", "25").replace("|", ", ")
            raise _refused(f"The header has no column for the {wanted}. It may be called {called}", 1)
    width, areas, ends = len(names), coverage.areas, at.get("terminated")

    def parse(cells: Sequence[str], tally: Tally) -> Row | None:
        if len(cells) != width:
            raise _BadRowError("file", f"has {len(cells)} cells where the header has {width}")
        postcode = parse_postcode(cells[at["postcode"]])
        if areas is not None and postcode_area_of(postcode) not in areas:
            return None
        code = cells[at["authority"]].strip()
        easting = _metres(cells[at["easting"]], "easting", 700_000)
        northing = _metres(cells[at["northing"]], "northing", 1_300_000)
        if not math.isnan(easting) and not _GSS.fullmatch(code):
            raise _BadRowError("authority", "the authority is not a GSS code like E08000021")
        outward, inward = postcode.split(" ")
        ended = _month(cells[ends]) if ends is not None else None
        return located(outward, inward, easting, northing, code, ended=ended, tally=tally)

    return parse


def _metres(cell: str, field: str, most: int) -> float:
    if not cell.strip():
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise _BadRowError(field, f"the {field} must be whole metres from 0 to {most}")
    return value


def _month(cell: str) -> date | None:
    if not cell.strip():
        return None
    try:
        return date(int(cell[:4]), int(cell[4:6]), 1)
    except ValueError:
        raise _BadRowError("terminated", "the date of termination must be a year and month like 202403") from None
