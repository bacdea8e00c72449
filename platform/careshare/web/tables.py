"""The cells of a table with the heading of their column, for phones, where each row is a block of its own."""

import re
from collections.abc import Sequence

from markupsafe import Markup, escape

ROW = re.compile(r"<tr\b(?![^>]*\brole=)")
CELL = re.compile(r"<(t[hd])\b([^>]*)>")
ROWS = re.compile(r"(?=<tr\b)")


def under_headings(rows: Markup, head: Sequence[str | Sequence[str]]) -> Markup:
    """`rows` with the roles of a table, which drawing them as blocks would take from them, and on each cell the heading
    of its column. A heading is its words, or its words and how it is set.
    """
    titles = [one if isinstance(one, str) else one[0] for one in head]
    return Markup("").join(Markup(_row(part, titles)) for part in ROWS.split(str(rows)))  # noqa: S704  # the template's own


def _row(part: str, titles: Sequence[str]) -> str:
    left = iter(titles)

    def cell(found: re.Match[str]) -> str:
        tag, given = found[1], found[2]
        title = next(left, "")
        more = "" if "role=" in given else f' role="{"rowheader" if tag == "th" else "cell"}"'
        if tag == "td" and title and "data-heading=" not in given:
            more += f' data-heading="{escape(title)}"'
        return f"<{tag}{given}{more}>"

    return CELL.sub(cell, ROW.sub('<tr role="row"', part))
