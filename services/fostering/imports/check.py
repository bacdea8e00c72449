"""What the rows of a file say, cell by cell, and whether a household as they say it can be. Pure: no database.

A row becomes *values* for the columns the file has. Values over what the register has make the household *after* the
import; the rules judge that, and the difference is what the import would change.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

import msgspec

from services.fostering.days import today
from services.fostering.imports.cells import Value, as_telephone, bare, is_formula, tidy
from services.fostering.imports.columns import (
    CHECKS,
    HOUSEHOLDS,
    KEEP,
    REQUIRED,
    Column,
    Kind,
    by_name,
    columns,
    key_columns,
)
from services.fostering.imports.read import LONGEST_CELL, Row
from services.fostering.limits import check_interval, limits
from services.fostering.rules import (
    add_months,
    age_on,
    latest_extension,
    resignation_ends,
    review_due,
    temporary_ends,
)
from services.fostering.workers import FIELD
from tenants.references import hidden_characters

CONFIDENTIAL: Final = "confidential"
"""Stands in the address cells of an export for those who may not see it; an import then leaves the address alone."""

_EMPTY: Final = frozenset({"", "-", "\u2013", "\u2014", "n/a", "null", "#n/a"})
_NEGATIVE: Final = re.compile(r"-\d{1,6}(?:\.\d+)?", re.ASCII)
_APPROVED_FOR: Final = re.compile(r"(\d{1,2})(?: child(?:ren)?)?(?: ?\(([^()]*)\))?", re.IGNORECASE | re.ASCII)
_AGES: Final = re.compile(
    r"(?:ages? )?(\d{1,2})(?: (?:years?|yrs?))? ?(?:-|\u2013|to|and) ?(\d{1,2})(?: ?(?:years?|yrs?))?",
    re.IGNORECASE | re.ASCII,
)


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with one field of a row, or worth a look, in a sentence that says what would be right."""

    field: str
    message: str


class Parsed(msgspec.Struct):
    """A row as read: the values of its columns, what was wrong with its cells, and what is empty that must be given."""

    line: int
    values: dict[str, Value]
    faults: list[Fault]
    warnings: list[Fault]
    empty: list[str] = []


class Judged(msgspec.Struct):
    """What an import of a row would do: `changes` has before and after of each field.

    `base_version` is the household's version that it was judged against; 0 for a new one.
    """

    line: int
    outcome: str
    errors: list[Fault]
    warnings: list[Fault]
    subject_id: Any = None
    base_version: int = 0
    changes: dict[str, tuple[Value, Value]] = {}
    after: dict[str, Value] = {}


class _Meaning(msgspec.Struct, frozen=True):
    """What one cell, or several that make one column, say: values, or that nothing is said, or what is wrong."""

    values: dict[str, Value] = {}
    fault: Fault | None = None
    warning: Fault | None = None
    empty: bool = False


class Parser:
    """Reads the rows of one file. Remembers what each text meant, because most stand in it many times."""

    def __init__(self, kind: Kind, mapped: Sequence[str]) -> None:
        self._kind: Kind = kind
        self._width = len(mapped)
        places: dict[str, list[int]] = {}
        for place, name in enumerate(mapped):
            if name:
                places.setdefault(name, []).append(place)
        self.names = frozenset(places)
        """The columns the file has."""
        self._columns = [(by_name(kind)[name], where, dict[Any, _Meaning]()) for name, where in places.items()]

    def parse(self, row: Row) -> Parsed:
        """The row's values. A cell that cannot be read is a fault and has no value."""
        parsed = Parsed(row.line, {}, [], [], [])
        cells = row.cells
        if len(cells) > self._width and any(cell.strip() for cell in cells[self._width :]):
            message = f"The row has {len(cells)} cells where the header has {self._width}: look for a comma too many"
            return Parsed(row.line, {}, [Fault("row", message)], [], [])
        for column, places, known in self._columns:
            text = cells[places[0]] if len(places) == 1 else tuple(cells[place] for place in places)
            meaning = known.get(text)
            if meaning is None:
                meaning = known[text] = self._meaning(column, [cells[place] for place in places])
            parsed.values.update(meaning.values)
            if meaning.fault is not None:
                parsed.faults.append(meaning.fault)
            if meaning.warning is not None:
                parsed.warnings.append(meaning.warning)
            if meaning.empty:
                parsed.empty.append(column.name)
        if self._kind == "households":
            _spread_ages(parsed)
        return parsed

    def _meaning(self, column: Column, cells: Sequence[str]) -> _Meaning:
        try:
            text = (column.joins or " ").join(part for cell in cells if (part := _plain(cell, column)))
            return self._read(column, text)
        except ValueError as error:
            return _Meaning(fault=Fault(column.name, _sentence(column, str(error))))

    def _read(self, column: Column, text: str) -> _Meaning:
        if text.casefold() in _EMPTY:
            return self._nothing(column)
        if column.name in {"address", "postcode"} and text.casefold() == CONFIDENTIAL:
            return _Meaning()
        values: dict[str, Value] = {}
        if column.name == "places" and (found := _APPROVED_FOR.fullmatch(text)):
            # “2 (male/female)”: many systems write number and sex in one cell.
            text = found[1]
            if found[2] and "sex" not in self.names:
                values["sex"] = by_name("households")["sex"].read(tidy(found[2]))
        value = values[column.name] = column.read(text)
        if column.blank is REQUIRED and value == []:
            return self._nothing(column)
        put_back = column.read is as_telephone and value == f"0{text}"
        warning = Fault(column.name, f"{column.title}: a 0 was put before “{text}”") if put_back else None
        return _Meaning(values, warning=warning)

    def _nothing(self, column: Column) -> _Meaning:
        if column.name in key_columns(self._kind):
            raise ValueError("must not be empty")
        if column.blank is REQUIRED:
            return _Meaning(empty=True)
        return _Meaning() if column.blank is KEEP else _Meaning({column.name: column.blank})


def _plain(cell: str, column: Column) -> str:
    if len(cell) > LONGEST_CELL:
        raise ValueError(f"must be {LONGEST_CELL:,} characters or less")
    text = cell.strip()
    if text in {"-", "+"}:
        return ""
    if is_formula(text) and not _NEGATIVE.fullmatch(text) and not (column.read is as_telephone and text[0] == "+"):
        raise ValueError(f"begins with {text[0]}, so a spreadsheet would run it as a formula. Take the {text[0]} away")
    if "\n" in text or "\r" in text:
        text = column.lines.join(part for line in text.splitlines() if (part := line.strip(" ,;")))
    found = tidy(bare(text))
    if hidden := hidden_characters(found):
        raise ValueError(f"must not have characters that cannot be seen: {hidden}. Take them out")
    return found


def _sentence(column: Column, message: str) -> str:
    return f"{column.title} {message}" if message[:1].islower() else f"{column.title}: {message}"


def _spread_ages(parsed: Parsed) -> None:
    text = parsed.values.pop("ages", None)
    if text is None or "age_min" in parsed.values or "age_max" in parsed.values:
        return
    found = _AGES.fullmatch(str(text))
    if found is None or int(found[2]) > 25:
        parsed.faults.append(Fault("ages", f"Age range: “{text}” must be two ages, like 0-17"))
        return
    parsed.values |= {"age_min": int(found[1]), "age_max": int(found[2])}


def fresh(kind: Kind) -> dict[str, Value]:
    """What a new row has where the file says nothing."""
    values = {column.name: column.new for column in columns(kind) if column.exported}
    return {**values, FIELD: None} if kind == "households" else values


TERMS: Final = frozenset({"terms_from", "places", "age_min", "age_max", "care_types"})
"""What terms of approval must have."""


def emptied(kind: Kind, empty: Sequence[str], before: Mapping[str, Value]) -> list[Fault]:
    """The cells that are empty where the register has something that must stand."""
    gone = [by_name(kind)[name] for name in empty if before[name] is not None]
    return [Fault(column.name, f"{column.title} must not be empty") for column in gone]


def missing(
    kind: Kind,
    values: Mapping[str, Value],
    names: frozenset[str],
    faulty: Iterable[str],
    among: Collection[str] | None = None,
) -> list[Fault]:
    """What a new row lacks that it must have (`among` these). Cells already found wrong are not named twice."""
    wrong = set(faulty)
    if "ages" in wrong:
        wrong |= {"age_min", "age_max"}
    found: list[Fault] = []
    for column in columns(kind):
        asked = column.needed and (among is None or column.name in among)
        if asked and column.name not in values and column.name not in wrong:
            if column.name in names:
                found.append(
                    Fault(column.name, f"{column.title} must be given, because this is not on the register yet")
                )
            else:
                message = f"{column.title} is not in the file, and this is not on the register yet"
                found.append(Fault(column.name, message))
    return found


def differences(kind: Kind, before: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, tuple[Value, Value]]:
    """The fields whose value in the file is not the register's. What would be written alike is alike."""
    found: dict[str, tuple[Value, Value]] = {}
    for name, value in values.items():
        was = before[name]
        if was == value:
            continue
        column = by_name(kind).get(name)
        if column is None or tidy(column.write(was).replace("\n", column.lines)) != tidy(column.write(value)):
            found[name] = (was, value)
    return found


def complete_checks(values: dict[str, Value], before: Mapping[str, Value]) -> None:
    """Works out when each check is next due where the file says only when it was done."""
    for kind in CHECKS:
        done, due = values.get(f"{kind}_done"), values.get(f"{kind}_due")
        if not done or due:
            continue
        if before.get(f"{kind}_done") == done and before.get(f"{kind}_due"):
            values.pop(f"{kind}_due", None)
        else:
            values[f"{kind}_due"] = add_months(
                date.fromisoformat(done), check_interval(kind, today()).value
            ).isoformat()


_limits = cache(limits)
Rule = Callable[[Mapping[str, Value]], Iterable[Fault]]


def follow_resignation(values: dict[str, Value], before: Mapping[str, Value]) -> None:
    """Lets the terms end with the notice of a resignation, and a resignation end with terms that begin after it.

    A resignation takes effect whatever follows, so an empty cell does not take it back (SI 2011/581 regulation 28(13)).
    """
    received, since = (_day(values.get(name, before[name])) for name in ("resigned_on", "terms_from"))
    if received is None or since is None:
        return
    ends = resignation_ends(received, _limits(received))
    if ends <= since:
        if "resigned_on" not in values:
            values["resigned_on"] = None
        return
    until = _day(values.get("terms_until", before["terms_until"]))
    if until is None or until > ends:
        values["terms_until"] = ends.isoformat()


def first_review(after: Mapping[str, Value]) -> str:
    """When a household that gives no date is due its annual review."""
    since, held = _day(after["terms_from"]) or today(), _day(after["annual_review_done"])
    return review_due(since, held, _limits(since)).isoformat()


def household_faults(after: Mapping[str, Value], changed: Collection[str]) -> list[Fault]:
    """What cannot be in a household as it would stand after the import, where these fields of it changed."""
    return [fault for fields, rule in _RULES if fields & set(changed) for fault in rule(after)]


def _ages(after: Mapping[str, Value]) -> Iterable[Fault]:
    if after["age_min"] is not None and after["age_min"] > after["age_max"]:
        low, high = after["age_min"], after["age_max"]
        yield Fault("age_min", f"Youngest age {low} is above oldest age {high}: they may stand the wrong way round")


def _terms(after: Mapping[str, Value]) -> Iterable[Fault]:
    since, until = _day(after["terms_from"]), _day(after["terms_until"])
    if since is None:
        return
    if until is not None and until <= since:
        yield Fault("terms_until", f"Terms until must be after terms from ({since:%d/%m/%Y})")
    if after["approval_kind"] == "temporary":
        numbers = _limits(since)
        ends = temporary_ends(since, numbers)
        latest = latest_extension(ends, numbers)
        if until is None:
            yield Fault(
                "terms_until", f"Terms until must be given for a temporary approval: {ends:%d/%m/%Y} at the latest"
            )
        elif until > latest:
            message = f"A temporary approval ends on {ends:%d/%m/%Y}, extended on {latest:%d/%m/%Y} at the latest"
            yield Fault("terms_until", message)
    notice = _day(after["notice_on"])
    if notice is not None and notice > today():
        yield Fault("notice_on", "Approval notice given must not be in the future")


def _carers(after: Mapping[str, Value]) -> Iterable[Fault]:
    for number in (1, 2):
        prefix = f"carer{number}_"
        if number == 2 and not after["carer2_name"]:
            given = [
                part for part in ("born", "ethnicity", "religion", "languages", "telephone") if after[prefix + part]
            ]
            if given:
                yield Fault("carer2_name", f"Carer 2 name must be given: the row has carer 2’s {' and '.join(given)}")
        born = _day(after[prefix + "born"])
        if born is not None and age_on(born, today()) < _limits(today()).adult_age:
            yield Fault(prefix + "born", f"Carer {number} born {born:%d/%m/%Y} is not an adult: check the year")


def _past(after: Mapping[str, Value]) -> Iterable[Fault]:
    for name in ("resigned_on", "privacy_notice_on", *(f"{kind}_done" for kind in CHECKS)):
        day = _day(after[name])
        if day is not None and day > today():
            yield Fault(name, f"{by_name('households')[name].title} must not be in the future")
    for kind, title in CHECKS.items():
        done, due = _day(after[f"{kind}_done"]), _day(after[f"{kind}_due"])
        if done is not None and due is not None and due <= done:
            yield Fault(f"{kind}_due", f"{title} due must be after the day it was done")


def _resigned(after: Mapping[str, Value]) -> Iterable[Fault]:
    received, since = _day(after["resigned_on"]), _day(after["terms_from"])
    if received is not None and since is not None and received < since:
        message = f"Resignation received must not be before the present terms, which began on {since:%d/%m/%Y}"
        yield Fault("resigned_on", message)


_CARER_FIELDS: Final = frozenset(column.name for column in HOUSEHOLDS if column.name.startswith("carer"))
_DONE_FIELDS: Final = frozenset(f"{kind}_{day}" for kind in CHECKS for day in ("done", "due"))
_RULES: Final[Sequence[tuple[frozenset[str], Rule]]] = (
    (frozenset({"age_min", "age_max"}), _ages),
    (frozenset({"terms_from", "terms_until", "approval_kind", "notice_on"}), _terms),
    (_CARER_FIELDS, _carers),
    (frozenset({"resigned_on", "terms_from"}), _resigned),
    (frozenset({"resigned_on", "privacy_notice_on", *_DONE_FIELDS}), _past),
)


def household_name(values: Mapping[str, Value]) -> str:
    """The name of a household that has none of its own: its carers', a shared surname once."""
    one, two = str(values.get("carer1_name") or ""), str(values.get("carer2_name") or "")
    if not two:
        return one[:120]
    first, _, surname = one.rpartition(" ")
    shared = first and two.endswith(f" {surname}")
    return f"{first if shared else one} and {two}"[:120]


def _day(value: Value) -> date | None:
    return date.fromisoformat(value) if value else None
