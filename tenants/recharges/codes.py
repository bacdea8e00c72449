"""Code lists of recharges, as data with dates and sources: `data/codes.csv`, and VAT treatments in `data/vat.csv`."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list. `valid_to` is the first day on which it may not be chosen any more."""

    code: str
    label: str
    text: str
    valid_from: date
    valid_to: date | None
    source: str

    def holds(self, day: date) -> bool:
        """Whether it may be chosen on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Vat(Code):
    """A VAT treatment with its rate in per cent."""

    rate: Decimal = Decimal(0)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("tenants.recharges") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _dates(row: dict[str, str]) -> tuple[date, date | None]:
    return date.fromisoformat(row["valid_from"]), date.fromisoformat(row["valid_to"]) if row["valid_to"] else None


@cache
def _codes() -> dict[str, dict[str, Code]]:
    found: dict[str, dict[str, Code]] = {}
    for row in _rows("codes"):
        code = Code(row["code"], row["label"], row["text"], *_dates(row), row["source"])
        found.setdefault(row["list"], {})[code.code] = code
    return found


@cache
def _vat() -> tuple[Vat, ...]:
    return tuple(
        Vat(row["code"], row["label"], row["text"], *_dates(row), row["source"], Decimal(row["rate"]))
        for row in _rows("vat")
    )


def codes(name: str, day: date | None = None) -> list[Code]:
    """The codes of a list in the list's order; with a day, those that may be chosen then."""
    return [one for one in _codes()[name].values() if day is None or one.holds(day)]


def label(name: str, code: str) -> str:
    """A code in words, also one that may not be chosen any more."""
    found = _codes()[name].get(code)
    return found.label if found else code.replace("_", " ")


def vat(code: str, day: date) -> Vat | None:
    """A VAT treatment as it stands on a day."""
    return next((one for one in _vat() if one.code == code and one.holds(day)), None)


def vat_codes(day: date) -> list[Vat]:
    """The VAT treatments that may be chosen on a day."""
    return [one for one in _vat() if one.holds(day)]


def vat_rates(day: date) -> dict[str, Decimal]:
    """Per cent by VAT code, on a day."""
    return {one.code: one.rate for one in vat_codes(day)}
