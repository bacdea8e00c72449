"""A small bar chart: how long each bar is. `ui.bar_chart` draws it inside a table, which says all that the bars do."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value as words, its length and that of what was aimed at (None: nothing), 0 to 100."""

    label: str
    shown: str
    length: float
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart with one bar for each row. `name` is its id on the page."""

    name: str
    title: str
    bars: Sequence[Bar]


def bar_chart(
    name: str,
    title: str,
    rows: Sequence[tuple[str, float]],
    *,
    unit: str = "",
    shown: Sequence[str] | None = None,
    marks: Sequence[float | None] | None = None,
) -> BarChart:
    """A chart of `rows` (label, value of 0 or more); `unit` follows each value, as " places" or "%".

    `shown` says the values in words of its own. `marks` are drawn as a line across the bar: what was aimed at, which
    the words beside the chart must say too.
    """
    aims = list(marks) if marks is not None else [None] * len(rows)
    said = list(shown) if shown is not None else [f"{value:,.12g}{unit}" for _, value in rows]
    longest = max((value for value in [*(value for _, value in rows), *aims] if value is not None), default=0) or 1

    def length(value: float) -> float:
        return round(value / longest * 100, 1)

    return BarChart(
        name,
        title,
        [
            Bar(label, words, length(value), None if aim is None else length(aim))
            for (label, value), words, aim in zip(rows, said, aims, strict=True)
        ],
    )
