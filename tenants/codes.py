"""Code lists: what may stand in a field, its English name, from when to when, and where it comes from.

The lists are data (`codes.csv` beside this file), shared by the registers that write offers and the search that reads
them. A code that was withdrawn stays readable on old records.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Code:
    """One code of one list. `group` is the wider code it belongs to, if any (an ethnicity's culture)."""

    code: str
    label: str
    group: str
    valid_from: date
    valid_to: date | None
    source: str


@cache
def _lists() -> Mapping[str, Mapping[str, Code]]:
    lists: dict[str, dict[str, Code]] = {}
    text = (files("tenants") / "codes.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        since = date.fromisoformat(row["valid_from"])
        code = Code(row["code"], row["label"], row["group"], since, until, row["source"])
        lists.setdefault(row["list"], {})[code.code] = code
    return lists


def codes(name: str, on: date | None = None) -> dict[str, str]:
    """Codes of the list `name` that are valid on a day (today), with their labels, in the list's order."""
    day = on or date.today()  # noqa: DTZ011  # a list changes at midnight, wherever it is asked
    return {
        code.code: code.label
        for code in _lists()[name].values()
        if code.valid_from <= day and (code.valid_to is None or day < code.valid_to)
    }


def label(name: str, code: str) -> str:
    """The English name of a code, also of one no longer valid; the code itself if the list never had it."""
    found = _lists()[name].get(code)
    return found.label if found else code


def group(name: str, code: str) -> str:
    """The wider code that `code` belongs to; empty if none."""
    found = _lists()[name].get(code)
    return found.group if found else ""
