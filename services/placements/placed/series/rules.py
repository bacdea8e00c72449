"""How long short breaks may be: pure rules over days, with the limits as data (CPPCR 2010, SI 2010/959, reg 48).

A stay counts its nights: the day of arrival, not that of leaving. So a weekend from Friday to Sunday is two days,
whatever the clocks do in it.
"""

import csv
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

PACKAGE: Final = "services.placements.placed.series"
MONTHS_A_YEAR: Final = 12


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many `days` in one stay, or within any so many `months`. `firm`: nothing beyond it is agreed."""

    code: str
    label: str
    days: int
    months: int | None
    firm: bool
    valid_from: date
    valid_to: date | None
    source: str

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Beyond:
    """A limit that these stays pass, and by how many days they would come to what."""

    limit: Limit
    days: int

    @property
    def message(self) -> str:
        """What to say about it."""
        return f"{self.limit.label} may be at most {self.limit.days} days; this would be {self.days}"


@cache
def limits() -> tuple[Limit, ...]:
    """Every line of limits.csv. Raises msgspec.ValidationError."""
    text = (files(PACKAGE) / "data" / "limits.csv").read_text(encoding="utf-8")
    rows = [
        {**row, "firm": row["firm"] == "yes", "months": row["months"] or None, "valid_to": row["valid_to"] or None}
        for row in csv.DictReader(text.splitlines())
    ]
    return tuple(msgspec.convert(rows, list[Limit], strict=False))


def beyond(stays: Sequence[tuple[date, date]], day: date) -> list[Beyond]:
    """The limits in force on `day` that these stays pass, each from its first day up to the day of leaving."""
    found: list[Beyond] = []
    for limit in limits():
        if limit.holds(day):
            days = (
                max((nights(*one) for one in stays), default=0)
                if limit.months is None
                else most_within(stays, limit.months)
            )
            if days > limit.days:
                found.append(Beyond(limit, days))
    return found


def nights(starts: date, ends: date) -> int:
    """How many nights lie between arrival and leaving."""
    return (ends - starts).days


def most_within(stays: Sequence[tuple[date, date]], months: int) -> int:
    """The most nights that fall into any period of so many months. Stays do not overlap."""
    days = sorted({starts + timedelta(days=n) for starts, ends in stays for n in range(nights(starts, ends))})
    return max((number + 1 - bisect_right(days, before(day, months)) for number, day in enumerate(days)), default=0)


def before(day: date, months: int) -> date:
    """The same day so many months earlier, or the last of that month where it has no such day."""
    count = day.year * MONTHS_A_YEAR + day.month - 1 - months
    first = date(count // MONTHS_A_YEAR, count % MONTHS_A_YEAR + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)
