"""The demo's statements: three months for each authority, in every stage, the same when loaded again."""

from collections import Counter

import pytest

from careshare.settings import Settings
from tenants.actions import as_owner
from tenants.demo import load_demo

STATED = """
    select s.lender_id, s.month, s.stage, s.net, (select sum(l.amount) from tenants.charge_line l
      where l.lender_id = s.lender_id and l.statement_id = s.id) as lines
    from tenants.statement s order by s.id
"""


def _quietly(what: str, share: float | None = None) -> None:
    pass


@pytest.mark.slow
async def test_every_authority_lends_and_borrows_and_loading_again_adds_nothing(settings: Settings) -> None:
    await load_demo(settings, _quietly)
    async with as_owner(settings) as owner:
        first = await owner.fetch(STATED)
    assert len({row["lender_id"] for row in first}) == 12
    assert len({row["month"] for row in first}) == 3
    assert {row["stage"] for row in first} == {"draft", "issued", "disputed", "agreed", "settled"}
    assert all(row["net"] == row["lines"] for row in first)
    assert Counter(row["month"] for row in first).most_common(1)[0][1] <= 36
    await load_demo(settings, _quietly)
    async with as_owner(settings) as owner:
        assert await owner.fetch(STATED) == first
        late = await owner.fetchval("select count(*) from tenants.charge_line where reason = 'price'")
    assert late > 0
