"""What agreements are made of, as data: grounds in law with sources, causes to leave, items of data by detail level.

`data/codes.csv` and `data/items.csv` beside this file. A text is never changed: a new one gets a new code, so that what
was signed reads as it was signed.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

DETAILS: Final = {
    "notice": "Vacancy notices",
    "profile": "Vacancy notices, and a profile without names",
    "identity": "Vacancy notices, profiles, and identities once a match is agreed",
}
"""Detail levels, from least to most: each includes those before it."""
NEVER: Final = "never"


@dataclass(frozen=True, slots=True)
class Text:
    """One code of one list, in plain words, with where it comes from."""

    code: str
    label: str
    text: str
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something an agreement lets others see, at which stage; `special` if it is special-category data (Article 9)."""

    detail: str
    stage: str
    item: str
    special: bool
    source: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What may be shared: its name, what it may be used for, and what is usual to keep."""

    label: str
    permitted_use: str
    retention: str


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("tenants.agreements") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _texts() -> dict[str, dict[str, Text]]:
    found: dict[str, dict[str, Text]] = {}
    for row in _rows("codes"):
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        since = date.fromisoformat(row["valid_from"])
        text = Text(row["code"], row["label"], row["text"], since, until, row["source"])
        found.setdefault(row["list"], {})[text.code] = text
    return found


def texts(name: str, day: date | None = None) -> list[Text]:
    """The texts of the list `name`, those valid on a day if one is given, in the list's order."""
    found = _texts()[name].values()
    return [
        one for one in found if day is None or (one.valid_from <= day and (one.valid_to is None or day < one.valid_to))
    ]


def text_of(name: str, code: str) -> Text | None:
    """The text of a code, also of one no longer valid; None if the list never had it."""
    return _texts()[name].get(code)


@cache
def resources() -> dict[str, Resource]:
    """The resource classes an agreement may be about."""
    return {
        row["resource"]: Resource(row["label"], row["permitted_use"], row["retention"]) for row in _rows("resources")
    }


@cache
def _items() -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for row in _rows("items"):
        item = Item(row["detail"], row["stage"], row["item"], row["special"] == "yes", row["source"])
        found.setdefault(row["resource"], []).append(item)
    return found


def data_items(resource: str, detail: str) -> Sequence[Item]:
    """What an agreement of this resource class and detail level lets others see (facts J1: the data items)."""
    levels = list(DETAILS)
    shown = set(levels[: levels.index(detail) + 1])
    return [item for item in _items().get(resource, []) if item.detail in shown]


def withheld(resource: str, detail: str) -> Sequence[Item]:
    """What it does not let others see: what a higher level would, and what none does."""
    shown = {item.item for item in data_items(resource, detail)}
    return [item for item in _items().get(resource, []) if item.item not in shown]
