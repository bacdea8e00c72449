"""How recharges are worded: on pages, in files and in print alike."""

from datetime import date
from decimal import Decimal
from typing import Final

from careshare.web.filters import long_date, plural
from careshare.web.filters import money as pounds
from tenants.recharges import codes
from tenants.recharges.model import WHOLE, Line
from tenants.recharges.rules import WEEK

STAGES: Final = {
    "draft": "Draft",
    "issued": "Issued",
    "disputed": "Disputed",
    "agreed": "Agreed",
    "settled": "Settled",
}
STAGE_COLOURS: Final = {
    "draft": "grey",
    "issued": "blue",
    "disputed": "orange",
    "agreed": "turquoise",
    "settled": "green",
}
STEPS: Final = {
    "issue": "issued the statement",
    "order": "gave an order number",
    "approve": "agreed the statement",
    "dispute": "disputed it",
    "withdraw": "withdrew the dispute",
    "answer": "answered the dispute",
    "credit": "gave a credit note",
    "adjust": "posted an adjustment to the next statement",
    "settle": "recorded that it was paid",
    "note": "wrote a note",
}
LISTS: Final = {"dispute": "dispute", "answer": "answer", "credit": "credit", "adjust": "adjust"}
"""Which code list the reason of a step is taken from."""


def money(amount: Decimal) -> str:
    """Pounds to the penny."""
    return pounds(amount, pence=True)


def per_cent(percent: Decimal) -> str:
    """A share without needless noughts: "50%", "33.33%"."""
    return f"{percent.normalize():f}%"


def month(day: date) -> str:
    """A month, as "March 2026"."""
    return f"{day:%B %Y}"


def year(began: int) -> str:
    """A financial year, as "2025 to 2026"."""
    return f"{began} to {began + 1}"


def nights(first: date, last: date) -> str:
    """The nights of a line: "7 nights, 3 to 9 March 2026"."""
    if first == last:
        return f"1 night, {long_date(first)}"
    begins = str(first.day) if month(first) == month(last) else long_date(first)
    return f"{plural((last - first).days + 1, 'night')}, {begins} to {long_date(last)}"


def part(line: Line) -> str:
    """What is charged: the weekly price, or which supplement."""
    return codes.label("part", line.part)


def explained(line: Line, price_since: date | None = None, price_why: str | None = None) -> str:
    """A line in words, as a person would write it beside the sum.

    Where somebody changed its price by hand: since when it is what it is, and the code of `change` that says why.
    """
    said = _explained(line)
    if price_since is None or price_why is None or price_why == line.reason:
        return said
    return f"{said}. Since {long_date(price_since)}: {_lower(codes.label('change', price_why))}"


def _explained(line: Line) -> str:
    if line.kind == "adjustment":
        return f"Adjustment: {_lower(codes.label('adjust', line.reason))}"
    said = f"{nights(line.first_night, line.last_night)}, {_price(line)}"
    if line.kind == "notice":
        said = f"Notice: {said}"
    elif line.kind == "retainer":
        said = f"Paused: {said}"
    elif line.kind == "void":
        said = f"Empty place: {said}"
    if line.reverses_id is not None:
        said = f"Taken back: {said}"
    if line.reason:
        said = f"{said}. {codes.label('change', line.reason)}"
    return said


def _price(line: Line) -> str:
    at = f"{money(line.weekly)} a week"
    if line.percent != WHOLE:
        at = f"{per_cent(line.percent)} of {at}"
    if line.nights == WEEK:
        return f"at {at}"
    last = line.nth + line.nights - 1
    which = f"night {last}" if line.nights == 1 else f"nights {line.nth} to {last}"
    return f"{which} of the week at {at}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def step(name: str, reason: str, line: int | None, number: str | None) -> str:
    """What was done about a statement: "disputed it: the price is wrong (line 3)"."""
    said = STEPS.get(name, name)
    if number:
        said += f" {number}"
    if reason and name in LISTS:
        said += f": {_lower(codes.label(LISTS[name], reason))}"
    return f"{said} (line {line})" if line else said
