"""The code lists of a request: those beside this file and those shared with the registers (`tenants.codes`).

`data/codes.csv` has the same columns as `tenants/codes.csv`. Legal status is by collection year (April to March), as
the SSDA903 return has it.
"""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

from tenants import codes as shared

DATA: Final = "services.placements.requests"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of this room's data files."""
    text = (files(DATA) / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _lists() -> Mapping[str, Mapping[str, shared.Code]]:
    lists: dict[str, dict[str, shared.Code]] = {}
    for row in rows("codes.csv"):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        since = date.fromisoformat(row["valid_from"])
        code = shared.Code(row["code"], row["label"], row["group"], since, until, row["source"])
        lists.setdefault(row["list"], {})[code.code] = code
    return lists


@cache
def _legal() -> Mapping[str, Mapping[str, str]]:
    years: dict[str, dict[str, str]] = {}
    for row in rows("legal_status.csv"):
        years.setdefault(row["collection_year"], {})[row["code"]] = row["label"]
    return years


def collection_year(on: date) -> str:
    """The collection year of a day: "2025-26" from 1 April 2025 to 31 March 2026."""
    first = on.year if (on.month, on.day) >= (4, 1) else on.year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def codes(name: str, on: date) -> dict[str, str]:
    """The codes of a list that are valid on a day, with their labels, in the list's order."""
    if name == "legal_status":
        known = _legal()
        year = collection_year(on)
        return dict(known[year if year in known else max(known) if year > max(known) else min(known)])
    found = _lists().get(name)
    if found is None:
        return shared.codes(name, on)
    return {
        one.code: one.label
        for one in found.values()
        if one.valid_from <= on and (one.valid_to is None or on < one.valid_to)
    }


def label(name: str, code: str) -> str:
    """The English name of a code, also of one no longer valid; the code itself if the list never had it."""
    if name == "legal_status":
        return next((year[code] for year in reversed(list(_legal().values())) if code in year), code)
    found = _lists().get(name)
    if found is None:
        return shared.label(name, code)
    return found[code].label if code in found else code


@cache
def risks() -> Mapping[str, str]:
    """Every risk of the standard with the skill it asks of a home; an empty skill where the registers have none."""
    lists = _lists()
    return {one.code: one.group for name in ("risk_to_child", "risk_to_others") for one in lists[name].values()}


def risk_label(code: str) -> str:
    """The name of a risk, whichever of the two lists it stands in."""
    return label("risk_to_child" if code in _lists()["risk_to_child"] else "risk_to_others", code)


def needs(on: date) -> dict[str, str]:
    """Needs that are no risk: the registers' skills but for those that answer a risk."""
    answered = set(risks().values())
    return {code: name for code, name in shared.codes("skill", on).items() if code not in answered}
