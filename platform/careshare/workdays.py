"""Working days in England, and when something is due: pure, no clock and no network of its own.

A working day is none of Saturday, Sunday, Christmas Day, Good Friday or a bank holiday in England and Wales (Care
Planning, Placement and Case Review (England) Regulations 2010, SI 2010/959, reg 2; bank holidays: Banking and Financial
Dealings Act 1971 s1 and Sch 1, and days proclaimed under it). The days come from GOV.UK's list as the package
`govuk-bank-holidays` carries it, or from a newer one that CARESHARE_BANK_HOLIDAYS names.

**How days are counted.** The day of the event is day 0: "within five working days of the start" of Monday ends with the
next Monday (Lester v Garland (1808) 15 Ves 248: the day of the event is left out). It is the day on the clock in
London, so an event at 23:30 UTC in summer belongs to the next day. A period of days ends when its last day does.

**Years past the list.** GOV.UK publishes about two years ahead. For `COMPUTED` years more the usual holidays are worked
out (fixed days with their substitutes, Easter, three Mondays), and `is_proclaimed` is False: a special day may be
proclaimed and May's may be moved, so a page says "not yet proclaimed". Beyond, and before the list begins, every
question raises NoBankHolidays, which says what to do.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

LONDON: Final = ZoneInfo("Europe/London")
COMPUTED: Final = 5
"""Years after the last published one for which the usual holidays are worked out."""

DIVISION: Final = "england-and-wales"

Unit = Literal["minutes", "hours", "days", "working_days", "weeks", "clock"]
"""`clock`: until the clock in London next shows so many hours, such as 9 for the next 09:00."""


class NoBankHolidays(LookupError):
    """The bank holidays of a year are not known; the message says where newer ones come from."""


class Length(msgspec.Struct, frozen=True, kw_only=True):
    """How long after an event something is due; a negative length is before it, 0 minutes is by the event itself."""

    length: int
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse an hour that no clock shows."""
        if self.unit == "clock" and not 0 <= self.length <= 23:
            raise ValueError("a clock shows the hours 0 to 23")

    @property
    def whole_days(self) -> bool:
        """Whether it ends with a day, so that people are told a date and not a time."""
        return self.unit in {"days", "working_days", "weeks"}


class Holidays(msgspec.Struct, frozen=True, kw_only=True):
    """The bank holidays of whole years, the published ones and those worked out after them."""

    days: frozenset[date]
    first: int
    proclaimed_to: int

    @property
    def last(self) -> int:
        """The last year that can be asked about."""
        return self.proclaimed_to + COMPUTED


class _Event(msgspec.Struct):
    title: str
    date: date


class _Division(msgspec.Struct):
    events: list[_Event]


def read_holidays(raw: bytes) -> Holidays:
    """GOV.UK's list (https://www.gov.uk/bank-holidays.json). Raises ValueError saying what is wrong with it.

    Only years that are there whole count: an ordinary year has at least eight days, its first on or after 1 January and
    its last in Christmas week.
    """
    try:
        found = msgspec.json.decode(raw, type=dict[str, _Division])
    except msgspec.DecodeError as error:
        raise ValueError(f"not a list of bank holidays as GOV.UK publishes it: {error}") from error
    if DIVISION not in found:
        raise ValueError(f"not a list of bank holidays as GOV.UK publishes it: no `{DIVISION}`")
    days = frozenset(event.date for event in found[DIVISION].events)
    years = sorted({day.year for day in days})
    for year in years:
        missing = _fixed(year) - days
        if missing:
            raise ValueError(f"the bank holidays of {year} are not whole: {min(missing):%d %B} is missing")
    if not years or years != list(range(years[0], years[-1] + 1)):
        raise ValueError("the years of the list have gaps, or there are none")
    later = (day for year in range(years[-1] + 1, years[-1] + 1 + COMPUTED) for day in usual_holidays(year))
    return Holidays(days=days | frozenset(later), first=years[0], proclaimed_to=years[-1])


def usual_holidays(year: int) -> frozenset[date]:
    """The bank holidays of a year in which nothing special is proclaimed, and Christmas Day and Good Friday."""
    easter = easter_sunday(year)
    may, summer = date(year, 5, 1), date(year, 8, 31)
    return _fixed(year) | {
        easter + timedelta(days=1),
        may + timedelta(days=-may.weekday() % 7),
        date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday()),
        summer - timedelta(days=summer.weekday()),
    }


def _fixed(year: int) -> frozenset[date]:
    """Those that no proclamation has moved: New Year's Day, Good Friday, Christmas Day, Boxing Day, or the days that
    stand in for them when they fall on a weekend.
    """
    kept: set[date] = {easter_sunday(year) - timedelta(days=2)}
    for day in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        kept.add(day if day.weekday() < 5 else next(free for free in _days_after(day) if free not in kept))
    if date(year, 12, 25).weekday() == 6:  # Boxing Day is the Monday itself, so Christmas Day's stand-in is Tuesday.
        kept |= {date(year, 12, 26), date(year, 12, 27)}
    return frozenset(kept)


def _days_after(day: date) -> Iterator[date]:
    """The weekdays after a day, one after the other."""
    while True:
        day += timedelta(days=1)
        if day.weekday() < 5:
            yield day


def easter_sunday(year: int) -> date:
    """Easter in the Gregorian calendar (the anonymous algorithm: Nature, 20 April 1876; Meeus)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    leap, spare = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, odd = divmod(rest, 4)
    sunday = (32 + 2 * spare + 2 * quarter - moon - odd) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@cache
def _packaged() -> Holidays:
    return read_holidays((files("govuk_bank_holidays") / "bank-holidays.json").read_bytes())


_named: list[Holidays] = []


def use(path: Path | None) -> None:
    """Take the bank holidays from this file from now on; None: those of the package. Raises ValueError or OSError."""
    newer = [] if path is None else [read_holidays(path.read_bytes())]
    _named[:] = newer


def holidays() -> Holidays:
    """The list in use."""
    return _named[0] if _named else _packaged()


def is_proclaimed(day: date) -> bool:
    """Whether the bank holidays of the day's year are published; if not, they are the usual ones. Raises
    NoBankHolidays.
    """
    return day.year <= _known(day).proclaimed_to


def is_working_day(day: date) -> bool:
    """Whether it is a working day in England. Raises NoBankHolidays."""
    known = _known(day)
    return day.weekday() < 5 and day not in known.days


def _known(day: date) -> Holidays:
    known = holidays()
    if not known.first <= day.year <= known.last:
        raise NoBankHolidays(
            f"The bank holidays of {day.year} are not known, only those of {known.first} to {known.last}. Newer ones: "
            "upgrade the package govuk-bank-holidays, or save https://www.gov.uk/bank-holidays.json and name that file "
            "in CARESHARE_BANK_HOLIDAYS."
        )
    return known


def add_working_days(day: date, n: int) -> date:
    """The n-th working day after `day`, or before it where n is negative; `day` is day 0 whether it works or not.

    With n = 0 it is the day itself, or the next working day where it is none. Raises NoBankHolidays.
    """
    step = timedelta(days=-1 if n < 0 else 1)
    if n == 0:
        while not is_working_day(day):
            day += step
        return day
    left = abs(n)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days come after `first` up to and with `last`; the same, negative, where `last` is earlier.

    From any day to a later working day it is what `add_working_days` must add. Raises NoBankHolidays.
    """
    if last < first:
        return -working_days_between(last, first)
    return sum(is_working_day(first + timedelta(days=on)) for on in range(1, (last - first).days + 1))


def london_day(moment: datetime) -> date:
    """The date in London at a moment (with a time zone)."""
    return moment.astimezone(LONDON).date()


def due_on(moment: datetime, clock: Length) -> date:
    """The last day on which it is still in time, by the calendar in London. Raises NoBankHolidays."""
    day = london_day(moment)
    match clock.unit:
        case "working_days":
            return add_working_days(day, clock.length)
        case "days" | "weeks":
            return day + timedelta(days=clock.length * (7 if clock.unit == "weeks" else 1))
        case _:
            return london_day(due_at(moment, clock))


def due_at(moment: datetime, clock: Length) -> datetime:
    """The first moment (UTC) that is too late for what an event at `moment` (with a time zone) began.

    Minutes and hours are as long as they are, also in the nights when clocks change; days, weeks and working days end
    when their last day ends in London, 23 or 25 hours long in those nights. Raises NoBankHolidays.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment has a time zone")
    match clock.unit:
        case "minutes" | "hours":
            return moment.astimezone(UTC) + timedelta(**{clock.unit: clock.length})
        case "clock":
            return _next_time(moment, time(clock.length))
        case _:
            return datetime.combine(due_on(moment, clock) + timedelta(days=1), time(), LONDON).astimezone(UTC)


def _next_time(moment: datetime, at: time) -> datetime:
    """The first moment after `moment` at which the clock in London shows this time."""
    day = london_day(moment)
    later = (datetime.combine(day + timedelta(days=on), at, LONDON).astimezone(UTC) for on in range(3))
    return next(found for found in later if found > moment)
