"""How values read on a page: dates, times, money, distances and counts in plain British English."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from careshare.access.permissions import ROLES

LONDON: Final = ZoneInfo("Europe/London")

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAYS_IN_MONTH: Final = 30.44
_DAYS_BEFORE_MONTHS: Final = 60
_MONTHS_BEFORE_YEARS: Final = 24


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        msg = "A moment shown on a page needs a time zone"
        raise ValueError(msg)
    return moment.astimezone(LONDON)


def _day(value: date) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


def long_date(value: date) -> str:
    """A day in full, as "20 November 2026"; a moment is taken in London's time."""
    day = _day(value)
    return f"{day.day} {day:%B %Y}"


def short_date(value: date) -> str:
    """A day for a table, as "20 Nov 2026"."""
    day = _day(value)
    return f"{day.day} {day:%b %Y}"


def clock(value: datetime | time) -> str:
    """The time of day in London, as "6:12pm", "6pm", "midday" or "midnight"."""
    moment = _local(value) if isinstance(value, datetime) else value
    if moment.minute == 0 and moment.hour in {0, 12}:
        return "midday" if moment.hour else "midnight"
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes}{'pm' if moment.hour >= 12 else 'am'}"


def moment(value: datetime) -> str:
    """A moment in London, as "20 November 2026 at 6:12pm"."""
    return f"{long_date(value)} at {clock(value)}"


def due(value: datetime, now: datetime | None = None) -> str:
    """Until when, as "6:45pm today" or "10am on 3 December 2026"; the midnight that ends a day is "end of tomorrow"."""
    local, here = _local(value), _day(now or datetime.now(UTC))
    midnight = local.time() == time(0)
    day = local.date() - timedelta(days=1) if midnight else local.date()
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get((day - here).days)
    if midnight:
        return f"end of {near or long_date(day)}"
    return f"{clock(value)} {near or f'on {long_date(day)}'}"


def ago(value: date, now: datetime | None = None) -> str:
    """How long ago, as "5 minutes ago", "yesterday", "3 days ago" or "5 months ago".

    Days are calendar days in London. What lies ahead is given as its date, because "ago" would be untrue.
    """
    now = _local(now or datetime.now(UTC))
    days = (now.date() - _day(value)).days
    if isinstance(value, datetime):
        seconds = (now - value).total_seconds()
        if days == 0 and seconds >= 0:
            return _ago_today(seconds)
    if days < 0:
        return f"on {long_date(value)}"
    return _ago_in_days(days)


def _ago_today(seconds: float) -> str:
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{plural(int(seconds // _MINUTE), 'minute')} ago"
    return f"{plural(int(seconds // _HOUR), 'hour')} ago"


def _ago_in_days(days: int) -> str:
    if days < 2:
        return "yesterday" if days else "today"
    if days < _DAYS_BEFORE_MONTHS:
        return f"{days} days ago"
    months = int(days / _DAYS_IN_MONTH)
    if months < _MONTHS_BEFORE_YEARS:
        return f"{plural(months, 'month')} ago"
    return f"{months // 12} years ago"


def money(pounds: Decimal | int, *, pence: bool = False) -> str:
    """Pounds sterling, as "£1,234" or "£1,234.50"; with `pence`, always to the penny (for columns)."""
    amount = Decimal(pounds).quantize(Decimal("0.01"))
    sign = "-" if amount < 0 else ""
    whole = amount == amount.to_integral_value() and not pence
    return f"{sign}£{abs(amount):,.0f}" if whole else f"{sign}£{abs(amount):,.2f}"


def miles(distance: float, *, exact: bool = False) -> str:
    """A straight-line distance in miles: "about 7 miles", or "7.2 miles" when `exact` (one's own homes only)."""
    if exact:
        return f"{distance:.1f} mile{'' if f'{distance:.1f}' == '1.0' else 's'}"
    return "less than a mile" if distance < 0.5 else f"about {plural(round(distance), 'mile')}"


def within(label: str) -> str:
    """A label as it stands within a sentence: its first letter small, the others as they are."""
    return f"{label[:1].lower()}{label[1:]}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 home", "2 homes", "3 children"; `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def words(code: str) -> str:
    """A code as words: "placement_finder" reads "placement finder"."""
    return code.replace("_", " ")


def role(code: str) -> str:
    """A role inside a sentence: "placement finder", "API client"."""
    title = ROLES.get(code) or words(code)
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def sentence(items: Iterable[str]) -> str:
    """A list as it is said: "a", "a and b", "a, b and c"."""
    *others, last = list(items) or [""]
    return f"{', '.join(others)} and {last}" if others else last


FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "ago": ago,
    "date": long_date,
    "datetime": moment,
    "due": due,
    "miles": miles,
    "money": money,
    "plural": plural,
    "role": role,
    "sentence": sentence,
    "short_date": short_date,
    "time": clock,
    "words": words,
}
"""The filters by the names they have in templates."""
