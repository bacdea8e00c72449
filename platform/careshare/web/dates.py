"""The GOV.UK date input: a day, a month and a year typed apart, and what to say when they are not a date."""

import re
from datetime import date
from typing import Final

from careshare.web.fields import Asks, Problem, capital, wrong

PARTS: Final = ("day", "month", "year")

_MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SHORTEST_MONTH: Final = 3
_NUMBER: Final = re.compile(r"\d{1,4}", re.ASCII)


def read_date(asked: Asks, day: str, month: str, year: str) -> date | None:
    """The date in the three parts; None if all are empty. A month may be a number or a name. Raises Problem."""
    typed = dict(zip(PARTS, (day, month, year), strict=True))
    gaps = [part for part, text in typed.items() if not text]
    if len(gaps) == len(PARTS):
        return None
    if gaps:
        raise Problem(asked.invalid or f"{capital(asked.noun)} must include a {' and '.join(gaps)}", f"-{gaps[0]}")
    if not (_NUMBER.fullmatch(year) and len(year) == 4):
        raise Problem(asked.invalid or f"The year of {asked.noun} must include 4 numbers", "-year")
    try:
        return date(int(year), _month(month), int(day) if _NUMBER.fullmatch(day) else 0)
    except ValueError:
        raise wrong(asked, "must be a real date") from None


def read_iso_date(asked: Asks, text: str) -> date:
    """A date written as one, such as "2026-11-20", as links carry it. Raises Problem."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong(asked, "must be a real date") from None


def _month(text: str) -> int:
    if _NUMBER.fullmatch(text):
        return int(text)
    name = text.lower().rstrip(".")
    if len(name) < _SHORTEST_MONTH:
        return 0
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(name)), 0)
