"""Reads Ofsted's list of providers: lines before the header, a byte order mark, REDACTED and empty cells as they come.

Pure: bytes in, rows and findings out. Good rows are taken, each other one is explained by line and field.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import Final

from careshare.errors import FieldError, Invalid, TooLarge
from services.residential.model import Judgement, Kind, Sector
from tenants.references import hidden_characters

FILE: Final = "file"
MOST_BYTES: Final = 10 * 1024 * 1024
"""All of England's providers are about two megabytes."""
HEADER_WITHIN: Final = 20
REDACTED: Final = "REDACTED"
"""What stands in a cell that Ofsted withholds: where most children's homes are."""

SECTORS: Final[Mapping[str, Sector]] = {
    "private": "private",
    "local authority": "local_authority",
    "voluntary": "voluntary",
    "health authority": "health",
}
JUDGEMENTS: Final[Mapping[str, Judgement]] = {
    "outstanding": "outstanding",
    "good": "good",
    "requires improvement to be good": "requires_improvement",
    "inadequate": "inadequate",
}
NOT_JUDGED: Final = frozenset({"", "not judged", "not yet inspected", "not applicable"})
REGISTRATIONS: Final[Mapping[str, str]] = {
    "active": "active",
    "active - suspended": "suspended",
    "suspended": "suspended",
    "proposed": "applied",
    "cancelled": "cancelled",
    "resigned": "resigned",
}
NEEDED: Final = ("URN", "Provision type", "Registration status", "Name", "Local authority", "Sector", "Places")
ADDRESS: Final = ("Address 1", "Address 2", "Town", "County")
OVERALL: Final = "Overall experiences and progress of children and young people"
HELPED: Final = "How well children and young people are helped and protected"
LEADERS: Final = "The effectiveness of leaders and managers"

_URN: Final = re.compile(r"SC[0-9]{6}|[0-9]{7}")
_AS_AT: Final = re.compile(r"as at (\d{1,2} [A-Z][a-z]+ \d{4})")
_IN_NAME: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class ProvisionType:
    """A type of provider and what becomes of it: a kind of home, or why it is left out."""

    kind: Kind | None
    why_left_out: str


@dataclass(frozen=True, slots=True)
class ListedHome:
    """A home on the list. Name and address are empty where Ofsted withholds them."""

    urn: str
    provision_type: str
    kind: Kind
    education_urn: str
    registered_on: date | None
    registration: str
    redacted: bool
    name: str
    address: str
    postcode: str
    area_name: str
    sector: Sector
    places: int
    short_break_only: bool
    multi_building: bool
    owner_organisation: str
    judgement: Judgement | None
    judged_on: date | None
    helped: str
    leaders: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Providers of one type that are not taken, how many and why."""

    provision_type: str
    number: int
    why: str


@dataclass(slots=True)
class ListRead:
    """What a list holds. `bad` are the rows that were not taken, by line and field."""

    as_at: date
    file_name: str
    file_hash: bytes
    rows: int = 0
    homes: list[ListedHome] = field(default_factory=list[ListedHome])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    bad: list[FieldError] = field(default_factory=list[FieldError])

    @property
    def bad_lines(self) -> int:
        """How many rows were not taken because of what stands in them."""
        return len({error.line for error in self.bad})

    @property
    def places(self) -> int:
        """Registered places of the homes together."""
        return sum(home.places for home in self.homes)

    @property
    def redacted(self) -> int:
        """Homes whose name and address Ofsted withholds."""
        return sum(home.redacted for home in self.homes)


@cache
def provision_types() -> Mapping[str, ProvisionType]:
    """Every type of provider that Ofsted's lists are known to have, in lower case."""
    text = (files("services.residential.ofsted") / "provision_types.csv").read_text(encoding="utf-8")
    kinds: dict[str, Kind] = {
        "childrens_home": "childrens_home",
        "supported_accommodation": "supported_accommodation",
    }
    return {
        row["provision_type"].lower(): ProvisionType(kinds.get(row["kind"]), row["why_left_out"])
        for row in csv.DictReader(text.splitlines())
    }


def refused(message: str) -> Invalid:
    """The file as a whole cannot be taken."""
    return Invalid(message, errors=[FieldError(FILE, message)])


def read_list(content: bytes, file_name: str) -> ListRead:
    """Read a list. Raises Invalid where it is none, or its day is unknown; TooLarge."""
    if len(content) > MOST_BYTES:
        message = f"The file must be {MOST_BYTES // 1024**2} MB or less"
        raise TooLarge(message, errors=[FieldError(FILE, message)])
    rows = list(_rows(_decoded(content)))
    at = next((i for i, (_, cells) in enumerate(rows[:HEADER_WITHIN]) if {"URN", "Provision type"} <= set(cells)), None)
    if at is None:
        raise refused("This is not Ofsted’s list of providers: no line has the headers URN and Provision type")
    header = rows[at][1]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise refused(f"The list lacks these columns: {', '.join(missing)}")
    found = ListRead(_as_at(rows[:at], file_name), file_name[:200], hashlib.sha256(content).digest())
    types: Counter[str] = Counter()
    seen: dict[str, int] = {}
    for line, cells in rows[at + 1 :]:
        if not any(cells):
            continue
        found.rows += 1
        row = dict(zip_longest(header, cells[: len(header)], fillvalue=""))
        type_ = row.get("Provision type", "").replace("’", "'")
        known = provision_types().get(type_.lower())
        if known is not None and known.kind is None:
            types[type_] += 1
            continue
        errors: list[FieldError] = []
        if known is None or known.kind is None:
            errors.append(FieldError("Provision type", f"“{type_[:60]}” is a type of provider we do not know", line))
            found.bad += errors
            continue
        home = _home(row, type_, known.kind, errors, line)
        if home is not None and home.urn in seen:
            errors.append(FieldError("URN", f"The number stands on line {seen[home.urn]} already", line))
        if errors or home is None:
            found.bad += errors
            continue
        seen[home.urn] = line
        found.homes.append(home)
    found.left_out = [
        LeftOut(type_, number, provision_types()[type_.lower()].why_left_out) for type_, number in types.most_common()
    ]
    return found


def _decoded(content: bytes) -> str:
    if b"\x00" in content[:4096]:
        raise refused("The file is not CSV. Save the list’s sheet as CSV and send that")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refused("The file’s letters cannot be read. Save the list’s sheet as CSV UTF-8 and send that")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each begins, the first line being 1."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    line = 1
    try:
        for cells in reader:
            yield line, [" ".join(cell.split()) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise refused(f"The file cannot be read from line {line} on") from error


def _as_at(before: Sequence[tuple[int, list[str]]], file_name: str) -> date:
    said = _AS_AT.search(" ".join(cell for _, cells in before for cell in cells))
    if said is not None:
        try:
            return datetime.strptime(said[1], "%d %B %Y").date()  # noqa: DTZ007  # a day has no time zone
        except ValueError:
            pass
    named = _IN_NAME.search(file_name)
    if named is not None:
        try:
            return date.fromisoformat(named[0])
        except ValueError:
            pass
    raise refused("Neither the lines before the header nor the file’s name say as at which day the list is")


def _home(row: Mapping[str, str], type_: str, kind: Kind, errors: list[FieldError], line: int) -> ListedHome | None:
    def wrong(name: str, message: str) -> None:
        errors.append(FieldError(name, message, line))

    urn = row["URN"].upper()
    if not _URN.fullmatch(urn):
        wrong("URN", f"“{urn[:20]}” must be SC and six figures, or seven figures")
    places = row["Places"]
    if not (places.isascii() and places.isdigit() and 0 < int(places) <= 200):
        wrong("Places", "There must be a number of places from 1 to 200")
    sector = SECTORS.get(row["Sector"].lower())
    if sector is None:
        wrong("Sector", f"“{row['Sector'][:40]}” is a sector we do not know")
    registration = REGISTRATIONS.get(row["Registration status"].lower())
    if registration is None:
        wrong("Registration status", f"“{row['Registration status'][:40]}” is a status we do not know")
    overall = row.get(OVERALL, "")
    judgement = JUDGEMENTS.get(overall.lower())
    if judgement is None and overall.lower() not in NOT_JUDGED:
        wrong(OVERALL, f"“{overall[:40]}” is a judgement we do not know")
    registered_on = _day(row, "Registration date", wrong)
    judged_on = _day(row, "Latest full inspection date", wrong)
    if judgement is not None and not row.get("Latest full inspection date"):
        wrong("Latest full inspection date", "A judgement needs the date of its inspection")
    if not row["Local authority"]:
        wrong("Local authority", "The local authority is missing")
    for name, cell in row.items():
        if hidden_characters(cell):
            wrong(name, f"The cell has characters that cannot be seen: {hidden_characters(cell)}")
    if errors or sector is None or registration is None:
        return None
    return ListedHome(
        urn=urn,
        provision_type=type_,
        kind=kind,
        education_urn=_shown(row, "Linked Education URN"),
        registered_on=registered_on,
        registration=registration,
        redacted=REDACTED in (row["Name"], row.get("Postcode", "")),
        name=_shown(row, "Name")[:120],
        address=", ".join(part for name in ADDRESS if (part := _shown(row, name)))[:300],
        postcode=_shown(row, "Postcode")[:10],
        area_name=row["Local authority"][:80],
        sector=sector,
        places=int(places),
        short_break_only=_says(row, "Short-break-only children's home"),
        multi_building=_says(row, "Multi-building children's home"),
        owner_organisation=_shown(row, "Organisation which owns the provider")[:160],
        judgement=judgement,
        judged_on=judged_on if judgement is not None else None,
        helped=row.get(HELPED, "")[:40],
        leaders=row.get(LEADERS, "")[:40],
    )


def _shown(row: Mapping[str, str], name: str) -> str:
    """The cell, empty where it is withheld."""
    cell = row.get(name, "")
    return "" if cell == REDACTED else cell


def _says(row: Mapping[str, str], name: str) -> bool:
    """Whether a column that is either empty or says so says so."""
    return row.get(name, "").lower() not in {"", "no", "n", "false", REDACTED.lower()}


def _day(row: Mapping[str, str], name: str, wrong: Callable[[str, str], None]) -> date | None:
    cell = row.get(name, "")
    if not cell or cell == REDACTED:
        return None
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007  # a day has no time zone
        except ValueError:
            continue
    wrong(name, f"“{cell[:20]}” must be a date like 31/03/2023")
    return None


def by_type(left_out: Sequence[LeftOut]) -> int:
    """How many providers are left out because of their type."""
    return sum(one.number for one in left_out)
