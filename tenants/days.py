"""Today and midnight as the law counts them: days begin at midnight in London, whatever the machine's clock says."""

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


def today() -> date:
    """The date in London now."""
    return datetime.now(LONDON).date()


def midnight(day: date) -> datetime:
    """The moment at which a day begins in London, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
