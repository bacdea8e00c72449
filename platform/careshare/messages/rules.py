"""When a message may be sent and how often it is tried: pure, no clock of its own.

Allowed times are those of the clock on the person's wall (Europe/London): in the night when clocks go back an hour that
comes twice counts both times, in the night when they go forward the hour that is left out allows nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
EVERY_DAY: Final = frozenset(range(1, 8))

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120, 240, 480))
"""How long to wait after each try that a provider could not take: nine tries in about sixteen hours."""


@dataclass(frozen=True, slots=True)
class Times:
    """Days of the week (1 = Monday … 7 = Sunday) and from when until before when on each of them."""

    days: frozenset[int] = EVERY_DAY
    begins: time = time(8)
    ends: time = time(20)

    def __post_init__(self) -> None:
        """Refuse times that never come."""
        if not self.days or not self.days <= EVERY_DAY or self.begins >= self.ends:
            raise ValueError("times need a day of the week and an end after the beginning")


def allowed(moment: datetime, times: Times) -> bool:
    """Whether a message may be sent at `moment` (with a time zone)."""
    here = moment.astimezone(LONDON)
    return here.isoweekday() in times.days and times.begins <= here.time() < times.ends


def next_allowed(moment: datetime, times: Times) -> datetime:
    """The first moment from `moment` on at which a message may be sent; `moment` itself if it may be now."""
    now = moment.astimezone(UTC)
    if allowed(now, times):
        return now
    first = now.astimezone(LONDON).date()
    for ahead in range(15):  # a week off, and a Sunday that the change of clocks took away
        for start in sorted(_starts(first + timedelta(days=ahead), times.begins)):
            if start >= now and allowed(start, times):
                return start
    raise ValueError("these times never come")


def _starts(day: date, begins: time) -> Iterator[datetime]:
    """The moments at which an allowed time of this day may begin."""
    for fold in (0, 1):
        yield datetime.combine(day, begins, LONDON).replace(fold=fold).astimezone(UTC)
    midnight = datetime.combine(day, time(), LONDON)
    if midnight.utcoffset() != datetime.combine(day, time(23), LONDON).utcoffset():
        yield from (at for at in _hours(midnight) if _changes_at(at))


def _hours(midnight: datetime) -> Iterator[datetime]:
    start = midnight.astimezone(UTC)
    return (start + timedelta(hours=hour) for hour in range(24))


def _changes_at(at: datetime) -> bool:
    before = (at - timedelta(seconds=1)).astimezone(LONDON).utcoffset()
    return before != at.astimezone(LONDON).utcoffset()


def wait_after(attempts: int) -> timedelta | None:
    """How long to wait after so many tries (at least 1); None: it was the last."""
    return WAITS[attempts - 1] if attempts <= len(WAITS) else None
