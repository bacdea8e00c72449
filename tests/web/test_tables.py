"""Tables on a phone: each cell under its heading, and still a table to a screen reader."""

import pytest
from markupsafe import Markup

from careshare.web.tables import under_headings

HEAD = ["Name", ("Places", "numeric"), "It’s <new>"]


ONE = '<tr class="r"><th scope="row">A</th><td class="c">2</td><td>x</td></tr>'
ONE_DRAWN = """<tr role="row" class="r"><th scope="row" role="rowheader">A</th>\
<td class="c" role="cell" data-heading="Places">2</td><td role="cell" data-heading="It’s &lt;new&gt;">x</td></tr>"""
TWO = '<tr><th>A</th><td role="cell" data-heading="Own">2</td></tr>\n<tr><th>B</th></tr>'
TWO_DRAWN = """<tr role="row"><th role="rowheader">A</th><td role="cell" data-heading="Own">2</td></tr>
<tr role="row"><th role="rowheader">B</th></tr>"""
PLAIN = "<tr><td>1</td></tr>"
PLAIN_DRAWN = '<tr role="row"><td role="cell" data-heading="Name">1</td></tr>'


@pytest.mark.parametrize(("rows", "drawn"), [(ONE, ONE_DRAWN), (TWO, TWO_DRAWN), (PLAIN, PLAIN_DRAWN), ("", "")])
def test_each_cell_has_the_heading_of_its_column(rows: str, drawn: str) -> None:
    assert under_headings(Markup(rows), HEAD) == drawn  # noqa: S704  # written here


def test_what_cells_hold_is_left_as_it_was() -> None:
    rows = Markup('<tr><th>A</th><td>a &lt;td&gt; <a href="/x">thread</a> <table-like></td></tr>')
    assert "a &lt;td&gt; <a" in under_headings(rows, HEAD)
    assert "<table-like>" in under_headings(rows, HEAD)
