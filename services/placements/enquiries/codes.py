"""The coded reasons of enquiries and holds: what an owner records, and the neutral code that others see of it."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

PACKAGE: Final = "services.placements.enquiries"


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of reasons.csv. `neutral` is the code of the list `neutral` that stands for it before others."""

    list: str
    code: str
    label: str
    neutral: str
    valid_from: date
    valid_to: date | None
    source: str


@cache
def _all() -> tuple[Reason, ...]:
    text = (files(PACKAGE) / "data" / "reasons.csv").read_text(encoding="utf-8")
    rows = [{**row, "valid_to": row["valid_to"] or None} for row in csv.DictReader(text.splitlines())]
    return tuple(msgspec.convert(rows, list[Reason], strict=False))


def reasons(name: str, on: date) -> Mapping[str, Reason]:
    """The reasons of a list (decline, neutral, withdraw, hold_end, hold_refuse) that may be chosen on a day."""
    return {
        one.code: one
        for one in _all()
        if one.list == name and one.valid_from <= on and (one.valid_to is None or on <= one.valid_to)
    }


def label(name: str, code: str) -> str:
    """How a code reads; the code itself where no list has it any more."""
    return next((one.label for one in _all() if one.list == name and one.code == code), code)
