"""The clocks that a request, an enquiry, a match and a placement open: what clocks.csv says, and when each is due.

clocks.csv is the one place for lengths. A clock of the law is the same for everybody; one of an agreement, of practice
or of a scheme of delegation is a default that an authority may set otherwise (`Own`). A clock may run one way by day
and another by night, some a third way at weekends; which it is, the clock on the wall says when it starts.
`careshare.workdays` does the counting. How long a place is held the database decides, by the same settings
(`placements.by_day`, which knows no bank holidays); a test holds the two against each other.
"""

import csv
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from careshare.workdays import LONDON, Length, due_at, due_on, is_proclaimed, london_day

PACKAGE: Final = "services.placements"

Part = Literal["any", "day", "night", "weekend"]
Side = Literal["placing", "providing", "asked"]
Basis = Literal["law", "agreement", "practice", "delegation"]


class Clock(Length, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of clocks.csv: `length` and `unit` after `event`, which `side` (and there usually `role`) must meet."""

    code: str
    part: Part
    label: str
    event: str
    side: Side
    """`asked`: whichever authority was asked for its consent."""
    role: str
    basis: Basis
    set_by_authority: bool
    source: str
    valid_from: date
    valid_to: date | None
    """The last day on which it may start; None: still."""

    def starts_on(self, day: date) -> bool:
        """Whether it was in force on the day of the event."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority set for itself: its day, and lengths (in the clock's own unit) by code and part."""

    day_begins: time = time(8)
    day_ends: time = time(20)
    lengths: Mapping[tuple[str, Part], int] = msgspec.field(default_factory=dict[tuple[str, Part], int])


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs. It is met in time before `at`; where `by_day`, people are told the day it ends with, `on`."""

    code: str
    label: str
    side: Side
    role: str
    source: str
    started: datetime
    at: datetime
    """The first moment that is too late."""
    on: date
    by_day: bool
    proclaimed: bool
    """Whether the bank holidays up to then are published; if not, the day may still move."""

    def late(self, now: datetime) -> bool:
        """Whether it is too late at `now`: from `at` on."""
        return now >= self.at


DEFAULT: Final = Own()
FRIDAY: Final = 5
"""Of the days of a week, 1 to 7."""


@cache
def clocks() -> tuple[Clock, ...]:
    """Every line of clocks.csv. Raises msgspec.ValidationError naming a field that cannot be right."""
    text = (files(PACKAGE) / "clocks.csv").read_text(encoding="utf-8")
    rows = [
        {**row, "set_by_authority": row["set_by_authority"] == "yes", "valid_to": row["valid_to"] or None}
        for row in csv.DictReader(text.splitlines())
    ]
    return tuple(msgspec.convert(rows, list[Clock], strict=False))


def by_night(moment: datetime, own: Own = DEFAULT) -> bool:
    """Whether the clock in London stands outside the authority's day."""
    return not own.day_begins <= moment.astimezone(LONDON).time() < own.day_ends


def part_of(code: str, moment: datetime, own: Own = DEFAULT) -> Part:
    """Which part of the day or week it is for a clock: a weekend only for one that runs another way then."""
    parts = {clock.part for clock in clocks() if clock.code == code}
    if "weekend" in parts and london_day(moment).isoweekday() > FRIDAY:
        return "weekend"
    return "any" if parts == {"any"} else "night" if by_night(moment, own) else "day"


def due(code: str, moment: datetime, own: Own = DEFAULT) -> Due:
    """The clock `code`, started at `moment` (with a time zone), as law and the authority's settings have it.

    Raises LookupError where there is no such clock at that time.
    """
    for clock in clocks():
        if clock.code == code and _runs(clock, moment, own):
            return _due(clock, moment, own)
    raise LookupError(f"no clock `{code}` started then")


def opened_by(event: str, moment: datetime, own: Own = DEFAULT) -> list[Due]:
    """Every clock that an event at `moment` opens, the soonest first. Raises LookupError for an event with none."""
    if all(clock.event != event for clock in clocks()):
        raise LookupError(f"no clock starts at `{event}`")
    found = [_due(clock, moment, own) for clock in clocks() if clock.event == event and _runs(clock, moment, own)]
    return sorted(found, key=lambda one: (one.at, one.code))


def _runs(clock: Clock, moment: datetime, own: Own) -> bool:
    return clock.part == part_of(clock.code, moment, own) and clock.starts_on(london_day(moment))


def _due(clock: Clock, moment: datetime, own: Own) -> Due:
    length = own.lengths.get((clock.code, clock.part), clock.length) if clock.set_by_authority else clock.length
    ruled = Length(length=length, unit=clock.unit)
    on = due_on(moment, ruled)
    return Due(
        code=clock.code,
        label=clock.label,
        side=clock.side,
        role=clock.role,
        source=clock.source,
        started=moment,
        at=due_at(moment, ruled),
        on=on,
        by_day=clock.whole_days,
        proclaimed=clock.unit != "working_days" or is_proclaimed(on),
    )
