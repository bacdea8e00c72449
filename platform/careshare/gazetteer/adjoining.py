"""The file of neighbours: which authorities adjoin, from when, and whether a boundary in water counts.

Each line says what holds for one pair from a day on, so a file may hold everything or a single correction, and applying
the same file again changes nothing. The shipped file's comment explains the columns to whoever edits it.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import asyncpg

from careshare.errors import FieldError, Invalid
from careshare.gazetteer import reference

SHIPPED = "adjoining_north_east.csv"
HEADER = ("gss_a", "name_a", "gss_b", "name_b", "boundary", "counts", "valid_from")
_NEEDED = ("gss_a", "gss_b", "boundary", "counts", "valid_from")
_BOUNDARIES = ("land", "water", "none", "all")

# From a day on, nothing is said of the pair (or of the authority) any more; what was said before that day stays.
CUT_PAIR = (
    "delete from gazetteer.adjoining where gss_a = $1 and gss_b = $2 and lower(valid) >= $3::date",
    """update gazetteer.adjoining set valid = daterange(lower(valid), $3::date)
       where gss_a = $1 and gss_b = $2 and valid @> $3::date""",
)
ADD_PAIR = """
    insert into gazetteer.adjoining (gss_a, gss_b, boundary, counts, valid)
    values ($1, $2, $3, $4, daterange($5::date, null))
"""
CUT_KNOWN = (
    "delete from gazetteer.neighbours_known where gss_code = $1 and lower(valid) >= $2::date",
    """update gazetteer.neighbours_known set valid = daterange(lower(valid), $2::date)
       where gss_code = $1 and valid @> $2::date""",
)
ADD_KNOWN = "insert into gazetteer.neighbours_known (gss_code, valid) values ($1, daterange($2::date, null))"
STANDING = """
    select gss_a, gss_b, boundary, counts, lower(valid) as starts, upper(valid) as ends from gazetteer.adjoining
    where gss_a < gss_b
    union all
    select gss_code, '', 'all', false, lower(valid), upper(valid) from gazetteer.neighbours_known
    order by gss_a, gss_b, starts
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """From `valid_from` on, this is so. `gss_b` is empty where the statement is about all neighbours of `gss_a`."""

    gss_a: str
    gss_b: str
    boundary: str
    counts: bool
    valid_from: date
    line: int


@dataclass(frozen=True, slots=True)
class Applied:
    """How many statements were applied, and whether anything is otherwise than before."""

    statements: int
    changed: bool


def version(text: str) -> str:
    """Changes whenever the file does."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse(text: str) -> list[Statement]:
    """The statements of a file in the order in which they apply. Raises `Invalid` with every wrong line."""
    numbered = [(n, line) for n, line in enumerate(text.splitlines(), start=1) if line and not line.startswith("#")]
    if not numbered:
        raise Invalid(errors=[FieldError("file", "The file is empty", 1)])
    header = [name.strip().lower() for name in next(csv.reader([numbered[0][1]]))]
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        message = f"The header has no {', '.join(missing)}. It needs {', '.join(_NEEDED)}"
        raise Invalid(message, errors=[FieldError("file", message, numbered[0][0])])
    known = {one.gss_code for one in reference.authorities()}
    statements: dict[tuple[str, str, date], Statement] = {}
    errors: list[FieldError] = []
    for number, line in numbered[1:]:
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        said = _statement(dict(zip(header, cells, strict=False)), number, known, errors)
        if said is None:
            continue
        key = (said.gss_a, said.gss_b, said.valid_from)
        earlier = statements.setdefault(key, said)
        if (earlier.boundary, earlier.counts) != (said.boundary, said.counts):
            message = f"Line {earlier.line} says otherwise of the same authorities and the same day"
            errors.append(FieldError("boundary", message, number))
    if errors:
        raise Invalid("The file of neighbours has wrong lines, so nothing was changed", errors=errors)
    return sorted(statements.values(), key=lambda said: (said.valid_from, said.line))


def _statement(row: dict[str, str], line: int, known: set[str], errors: list[FieldError]) -> Statement | None:
    wrong: list[FieldError] = []
    a, b, boundary = row.get("gss_a", ""), row.get("gss_b", ""), row.get("boundary", "").lower()
    for field, code in (("gss_a", a), ("gss_b", b)):
        if code not in known and not (field == "gss_b" and not code):
            wrong.append(FieldError(field, f"“{code}” is not an authority's GSS code", line))
    if a == b:
        wrong.append(FieldError("gss_b", "An authority does not adjoin itself", line))
    if boundary not in _BOUNDARIES:
        wrong.append(FieldError("boundary", f"“{boundary}” must be one of {', '.join(_BOUNDARIES)}", line))
    elif boundary == "all" and b:
        wrong.append(FieldError("gss_b", "Leave the second authority empty where the boundary is “all”", line))
    elif boundary in {"land", "water"} and not b:
        wrong.append(FieldError("gss_b", "Give the second authority's GSS code", line))
    counts = row.get("counts", "").lower() or ("yes" if boundary == "land" else "no")
    if counts not in {"yes", "no"}:
        wrong.append(FieldError("counts", f"“{counts}” must be yes or no", line))
    valid_from = None
    try:
        valid_from = date.fromisoformat(row.get("valid_from", ""))
    except ValueError:
        wrong.append(FieldError("valid_from", "Give a date like 2023-04-01", line))
    errors += wrong
    if wrong or valid_from is None:
        return None
    first, second = sorted((a, b)) if b else (a, b)
    return Statement(first, second, boundary, counts == "yes", valid_from, line)


async def apply(connection: "asyncpg.Connection[asyncpg.Record]", statements: Iterable[Statement]) -> Applied:
    """Cut what stands at each statement's day and put the statement from there on, in both directions."""
    before = await connection.fetch(STANDING)
    number = 0
    for said in statements:
        number += 1
        if not said.gss_b:
            for cut in CUT_KNOWN:
                await connection.execute(cut, said.gss_a, said.valid_from)
            if said.boundary == "all":
                await connection.execute(ADD_KNOWN, said.gss_a, said.valid_from)
            continue
        for pair in ((said.gss_a, said.gss_b), (said.gss_b, said.gss_a)):
            for cut in CUT_PAIR:
                await connection.execute(cut, *pair, said.valid_from)
            if said.boundary != "none":
                await connection.execute(ADD_PAIR, *pair, said.boundary, said.counts, said.valid_from)
    return Applied(statements=number, changed=before != await connection.fetch(STANDING))


async def export(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    """What stands, as a file that may be edited and applied again."""
    names = {one.gss_code: one.name for one in reference.authorities()}
    standing = await connection.fetch(STANDING)
    begins = {(row["gss_a"], row["gss_b"], row["starts"]) for row in standing}
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(HEADER)
    for row in standing:
        a, b = row["gss_a"], row["gss_b"]
        who = (a, names.get(a, ""), b, names.get(b, ""))
        lines.writerow((*who, row["boundary"], ("yes" if row["counts"] else "no") if b else "", row["starts"]))
        if row["ends"] is not None and (a, b, row["ends"]) not in begins:
            lines.writerow((*who, "none", "no" if b else "", row["ends"]))
    return file.getvalue()
