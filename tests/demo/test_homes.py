"""The demo's homes: invented, one to four for each authority, some of them offered; the same in each run."""

import pytest

from careshare.settings import Settings
from services.residential.demo import load_demo
from tenants.actions import as_owner
from tenants.demo import load_demo as load_authorities

HOMES = """
    select a.dfe_code, count(*) as homes, count(*) filter (where h.kind = 'supported_accommodation') as supported,
      count(h.offered_from) as offered
    from residential.home h join tenants.authority a on a.id = h.authority_id group by 1
"""
WHOLE = "select urn, name, registered_places, version from residential.home order by urn"


def _quietly(what: str, share: float | None = None) -> None:
    pass


@pytest.fixture(scope="module")
async def demo(placed: Settings) -> Settings:
    """The demo region with its homes; placed is a database that has the North East's postcodes."""
    await load_authorities(placed, _quietly)
    await load_demo(placed, _quietly)
    return placed


async def test_each_authority_has_homes_and_some_are_offered(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        found = await owner.fetch(HOMES)
        offers = await owner.fetchval("select count(*) from tenants.offer where kind <> 'foster_home'")
        prices = await owner.fetchval("select count(*) from tenants.offer_price")
        shared = await owner.fetchval(
            "select count(*) from tenants.offer o join careshare.shelf s on s.id = o.shelf_id"
            " where s.resource = 'residential_places'"
        )
        signed = await owner.fetchval("select state from tenants.agreement where resource = 'residential_places'")
        listed = await owner.fetchval("select count(*) from residential.ofsted_provider")
        kept = await owner.fetchval("select count(*) from residential.keeper")
    assert len(found) == 12
    assert all(1 <= row["homes"] <= 4 for row in found)
    assert sum(row["supported"] for row in found) >= 3
    assert sum(row["offered"] for row in found) >= 6
    assert offers >= shared >= 4
    assert prices >= offers
    assert signed == "in_force"
    assert (listed, kept) == (sum(row["homes"] for row in found) + 12, sum(row["homes"] for row in found))


async def test_a_start_repeated_changes_nothing(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        before = await owner.fetch(WHOLE)
    await load_demo(demo, _quietly)
    async with as_owner(demo) as owner:
        assert await owner.fetch(WHOLE) == before
