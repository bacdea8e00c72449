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


def birthday(born: date, age: int) -> date:
    """The day on which somebody reaches an age; whoever was born on 29 February on 1 March of other years."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)
