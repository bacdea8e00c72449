"""A small bar chart: how long each bar is. `ui.bar_chart` draws it inside a table, which says all that the bars do."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value as words, and its length from 0 to 100."""

    label: str
    shown: str
    length: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart with one bar for each row. `name` is its id on the page."""

    name: str
    title: str
    bars: Sequence[Bar]


def bar_chart(name: str, title: str, rows: Sequence[tuple[str, float]], *, unit: str = "") -> BarChart:
    """A chart of `rows` (label, value of 0 or more); `unit` follows each value, as " places" or "%"."""
    longest = max((value for _, value in rows), default=0) or 1
    return BarChart(
        name, title, [Bar(label, f"{value:,.12g}{unit}", round(value / longest * 100, 1)) for label, value in rows]
    )
