"""How long what is deleted by itself is kept, from when, and who says so: data in periods.csv beside this file."""

import csv
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec


class Period(msgspec.Struct, frozen=True):
    """One class of what is deleted by itself, and how long it is kept."""

    name: Literal["session", "kept_form", "one_time_link", "sign_in", "attempt", "notification"] = msgspec.field(
        name="class"
    )
    title: str
    period: int
    unit: Literal["hours", "days"]
    trigger: str
    source: str
    note: str

    @property
    def lasts(self) -> timedelta:
        """The time it is kept."""
        return timedelta(hours=self.period) if self.unit == "hours" else timedelta(days=self.period)


@cache
def periods() -> tuple[Period, ...]:
    """Every class, in the file's order. Raises msgspec.ValidationError naming what is wrong with a line."""
    read = (files("careshare.tidying") / "periods.csv").read_text(encoding="utf-8")
    return tuple(msgspec.convert(row, Period, strict=False) for row in csv.DictReader(read.splitlines()))


def period(name: str) -> timedelta:
    """How long a class is kept. Raises KeyError for one that is not in the file."""
    kept: dict[str, timedelta] = {one.name: one.lasts for one in periods()}
    return kept[name]
