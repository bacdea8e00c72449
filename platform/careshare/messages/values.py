"""What may stand in a message besides its fixed wording: dates, times, numbers to ring, counts, places, our own links,
the kind of thing that waits (a code whose words are the template's) and by when.

There is no kind for text. Each kind has a grammar in which no name, case detail or postcode can be written, so none can
get into a message, whoever calls.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

Kind = Literal["date", "time", "phone", "count", "place", "link", "thing", "by"]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "pl": (
        "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
        "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
    ),
}  # fmt: skip
DAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "pl": ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"),
}
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LONDON: Final = ZoneInfo("Europe/London")
_LINK_KEY: Final = r"[A-Za-z0-9_-]{43}"
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ]{5,18}[0-9]", re.ASCII)


class WrongValue(ValueError):
    """A message was given something it may not hold. A fault of the caller's, never of a person's."""


def checked(
    kinds: Mapping[str, str],
    links: tuple[str, ...],
    values: Mapping[str, object],
    things: Collection[str] = (),
) -> dict[str, str | int]:
    """The values as they are kept, exactly those the template asks for; `things` are the codes it has words for.

    Raises WrongValue; the message repeats none.
    """
    if set(values) != set(kinds):
        wrong = sorted(set(values) ^ set(kinds) if set(kinds) - set(values) else set(values) - set(kinds))
        known = [name for name in wrong if name in kinds]
        raise WrongValue(f"the template takes {sorted(kinds)}" + (f"; missing: {known}" if known else ""))
    return {name: _checked(name, kind, links, things, values[name]) for name, kind in kinds.items()}


def _checked(name: str, kind: str, links: tuple[str, ...], things: Collection[str], value: object) -> str | int:
    kept: str | int | None = None
    match kind:
        case "date":
            kept = _date(value)
        case "time":
            kept = _time(value)
        case "phone":
            kept = value if isinstance(value, str) and _PHONE.fullmatch(value) else None
        case "count":
            kept = value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100_000 else None
        case "place":
            kept = str(value) if isinstance(value, UUID) or _matches(_UUID, value) else None
        case "thing":
            kept = value if isinstance(value, str) and value in things else None
        case "by":
            kept = _by(value)
        case "link":
            kept = value if isinstance(value, str) and any(_matches(pattern(one), value) for one in links) else None
        case _:
            raise WrongValue(f"{name} is of no kind a message can hold")
    if kept is None:
        raise WrongValue(f"{name} must be a {kind}" + (f" such as {', '.join(links)}" if kind == "link" else ""))
    return kept


def pattern(link: str) -> str:
    """The expression for a declared link, in which `*` stands for an identifier and `/l/*` for a one-time link."""
    if link == "/l/*":
        return f"/l/{_LINK_KEY}"
    return "".join(_UUID if part == "*" else re.escape(part) for part in re.split(r"(\*)", link))


def _matches(expression: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(expression, value, re.ASCII) is not None


def _date(value: object) -> str | None:
    if isinstance(value, date):
        return date(value.year, value.month, value.day).isoformat()
    if _matches(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            return None
    return None


def _time(value: object) -> str | None:
    if isinstance(value, time):
        return f"{value.hour:02}:{value.minute:02}"
    return str(value) if _matches(r"(?:[01]\d|2[0-3]):[0-5]\d", value) else None


def _by(value: object) -> str | None:
    """A moment by which something is wanted, to the minute; empty where no clock runs."""
    if value is None or value == "":
        return ""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return at.isoformat(timespec="minutes") if isinstance(at, datetime) and at.tzinfo is not None else None


def shown(
    kind: str,
    value: str | int,
    language: str,
    *,
    places: Mapping[str, str],
    root: str,
    things: Mapping[str, str] | None = None,
) -> str:
    """A kept value as it reads. `places` are names by id, `things` words by code; `root` is the address of the service,
    for links.
    """
    match kind:
        case "date":
            day = date.fromisoformat(str(value))
            known = language if language in MONTHS else "en"
            return f"{DAYS[known][day.weekday()]} {day.day} {MONTHS[known][day.month - 1]}"
        case "time":
            return _clock(time.fromisoformat(str(value)), language)
        case "place":
            return places[str(value)]
        case "thing":
            return (things or {}).get(str(value), str(value).replace("_", " "))
        case "by":
            return by_when(datetime.fromisoformat(str(value)), language) if value else ""
        case "link":
            return root.rstrip("/") + str(value)
        case _:
            return str(value)


def by_when(at: datetime, language: str = "en") -> str:
    """By when something is wanted, as the end of a sentence has it: ", by 6:12pm on Monday 30 November"."""
    local = at.astimezone(_LONDON)
    if local.time() == time(0):  # a period of days ends when its last day does
        last = shown("date", (local.date() - timedelta(days=1)).isoformat(), language, places={}, root="")
        return f", by the end of {last}"
    day = shown("date", local.date().isoformat(), language, places={}, root="")
    return f", by {_clock(local.time(), language)} on {day}"


def _clock(at: time, language: str) -> str:
    if language != "en":
        return f"{at.hour}:{at.minute:02}"
    if at.minute == 0 and at.hour in {0, 12}:
        return "midday" if at.hour else "midnight"
    return f"{at.hour % 12 or 12}{f':{at.minute:02}' if at.minute else ''}{'pm' if at.hour >= 12 else 'am'}"
