"""Days and the range of audit keys they stand for: keys are uuidv7, so a period is a range of the index."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from careshare.errors import FieldError, Invalid

LONDON: Final = ZoneInfo("Europe/London")
USUAL: Final = timedelta(days=30)
"""How far back a list begins when nobody says otherwise."""


def today() -> date:
    """The date in London now."""
    return datetime.now(LONDON).date()


def key_at(moment: datetime) -> UUID:
    """The least uuidv7 of a moment: keys made before it are less, others are not (RFC 9562 section 5.7)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def midnight(day: date) -> datetime:
    """The moment at which a day begins in London."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def bounds(since: date | None, until: date | None) -> tuple[UUID, UUID]:
    """The keys from the first day up to and with the last; without a first day, the last thirty. Raises Invalid."""
    last = until or today()
    first = since or last - USUAL
    if first > last:
        raise Invalid(errors=[FieldError("until", "The last day must be the same as or after the first day")])
    if not date(2000, 1, 1) <= first <= last <= date(2200, 1, 1):
        raise Invalid(errors=[FieldError("since", "The first day must be after 1999")])
    return key_at(midnight(first)), key_at(midnight(last + timedelta(days=1)))


def a_month_after(day: date, months: int = 1) -> date:
    """The same day so many months later, or the last of that month where it has none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
