"""Numbers of the law, of the standards and of practice, as data: what counts on a day, and where it is written."""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Limit:
    """One number from one day up to another. `kind` is statute, standard or practice; `unit` is what it counts."""

    name: str
    kind: str
    value: int
    unit: str
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers that count on one day: children, weeks, days, months and years, as their names say."""

    fostered_children: int
    temporary_weeks: int
    extension_weeks: int
    resignation_days: int
    review_months: int
    own_bedroom_age: int
    adult_age: int


@cache
def _all() -> tuple[Limit, ...]:
    source = (files("services.fostering") / "limits.csv").read_text(encoding="utf-8")
    return tuple(
        Limit(
            name=row["name"],
            kind=row["kind"],
            value=int(row["value"]),
            unit=row["unit"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            source=row["source"],
        )
        for row in csv.DictReader(source.splitlines())
    )


def limit(name: str, day: date) -> Limit:
    """The number `name` that counts on a day; the first there was, for days before it. KeyError for an unknown name."""
    known = sorted((one for one in _all() if one.name == name), key=lambda one: one.valid_from)
    if not known:
        raise KeyError(name)
    return next((one for one in reversed(known) if one.valid_from <= day), known[0])


def limits(day: date) -> Limits:
    """The numbers the rules need, as they stand on a day."""
    return Limits(
        fostered_children=limit("usual_fostering_limit", day).value,
        temporary_weeks=limit("temporary_approval", day).value,
        extension_weeks=limit("temporary_extension", day).value,
        resignation_days=limit("resignation_notice", day).value,
        review_months=limit("annual_review", day).value,
        own_bedroom_age=limit("own_bedroom", day).value,
        adult_age=limit("adulthood", day).value,
    )


def check_interval(kind: str, day: date) -> Limit:
    """How many months may lie between two checks of a kind."""
    return limit(kind, day)
