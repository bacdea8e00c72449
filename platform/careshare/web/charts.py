"""A small bar chart: where each bar and word stands. `ui.bar_chart` draws it as inline SVG, beside a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LABELS: Final = 180
BARS: Final = 400
VALUES: Final = 80
WIDTH: Final = LABELS + BARS + VALUES
ROW: Final = 36
BAR: Final = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label and value, its length and its top, in the drawing's own units."""

    label: str
    value: float
    shown: str
    length: float
    top: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart with one bar for each row. `summary` says in a sentence what it shows."""

    name: str
    title: str
    summary: str
    bars: Sequence[Bar]
    height: int


def bar_chart(
    name: str, title: str, rows: Sequence[tuple[str, float]], *, unit: str = "", summary: str = ""
) -> BarChart:
    """A chart of `rows` (label, value of 0 or more). `name` is its id on the page; `unit` follows each value."""
    longest = max((value for _, value in rows), default=0) or 1
    bars = [
        Bar(label, value, f"{value:,g}{unit}", round(value / longest * BARS, 1), index * ROW)
        for index, (label, value) in enumerate(rows)
    ]
    return BarChart(name, title, summary or title, bars, len(bars) * ROW)
