"""The demo's registers in the database: published totals, borders, offers, starts repeated and cut off."""

import pytest

from careshare.settings import Settings
from services.fostering.demo import load_demo
from services.fostering.generate import published
from tenants.actions import as_owner
from tenants.demo import load_demo as load_authorities

HOMES = """
    select a.dfe_code, count(*) as homes, count(*) filter (where h.area_gss <> a.gss_code) as beyond,
      count(*) filter (where h.published_at is not null) as published
    from fostering.household h join tenants.authority a on a.id = h.authority_id group by 1
"""
PLACES = """
    select a.dfe_code, sum(t.places)::int as approved,
      (select count(*) from fostering.place p where p.authority_id = a.id)::int as places,
      (select count(*) from capacity.occupancy o where o.owner_id = a.id and o.during @> now())::int as filled,
      (select count(p.closed_reason) from fostering.place p where p.authority_id = a.id)::int as closed
    from fostering.approval t join tenants.authority a on a.id = t.authority_id
    where t.during @> current_date group by a.id
"""
OFFERS = """
    select s.resource, count(*) as offers, count(distinct o.owner_id) as owners
    from tenants.offer o join careshare.shelf s on s.id = o.shelf_id group by 1
"""


def _quietly(what: str, share: float | None = None) -> None:
    pass


@pytest.fixture(scope="module")
async def demo(placed: Settings) -> Settings:
    """The demo region with its registers; placed is a database that has the North East's postcodes."""
    await load_authorities(placed, _quietly)
    await load_demo(placed, _quietly)
    return placed


async def test_each_authority_has_the_published_places(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        found = {row["dfe_code"]: dict(row) for row in await owner.fetch(PLACES)}
    assert found.keys() == {code for code in published() if code}
    for code, row in found.items():
        wanted = published()[code]
        assert (row["approved"], row["places"], row["filled"]) == (wanted.approved, wanted.approved, wanted.filled)
        assert row["closed"] == wanted.closed
    assert sum(row["approved"] for row in found.values()) == 2830  # published as 2,845: each figure is rounded to five
    assert sum(row["filled"] for row in found.values()) == 1910


async def test_one_home_in_eight_lies_over_a_border_and_some_outside_the_region(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        rows = await owner.fetch(HOMES)
        outside = await owner.fetchval(
            """select count(*) from fostering.household h
               left join tenants.authority a on a.gss_code = h.area_gss where a.id is null"""
        )
        wrong = await owner.fetchval(
            """select count(*) from fostering.household h left join gazetteer.postcode p using (postcode)
               where (p.easting, p.northing, p.area_gss, p.outward)
                 is distinct from (h.easting, h.northing, h.area_gss, h.outward)"""
        )
        strangers = await owner.fetchval(
            """select count(*) from fostering.household h join tenants.authority a on a.id = h.authority_id
               where h.area_gss <> a.gss_code and not h.area_gss = any(gazetteer.adjoins(a.gss_code))"""
        )
    for row in rows:
        assert row["beyond"] == round(row["homes"] / 8)
    assert outside > 5
    assert wrong == 0
    assert strangers == 0


async def test_homes_are_of_every_kind_the_pages_must_show(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        kinds = await owner.fetch("select distinct kind from fostering.approval where during @> current_date")
        counts = await owner.fetchrow(
            """select (select count(*) from fostering.exemption) as exemptions,
                 (select count(*) from fostering.resignation) as resignations,
                 (select count(*) from fostering.household where objection) as objections,
                 (select count(*) from fostering.household where confidential) as confidential,
                 (select count(*) from fostering.check where due_on < current_date) as overdue,
                 (select count(*) from fostering.placed_child where ends is not null) as leaving,
                 (select count(*) from fostering.placed_child where solo) as solo,
                 (select count(distinct sibling_group) from fostering.placed_child) as families,
                 (select count(*) from fostering.placed_child c join tenants.authority a on a.id = c.authority_id
                    where c.responsible_gss <> a.gss_code) as from_elsewhere,
                 (select count(*) from fostering.household where confirmed_at < now() - interval '7 days') as stale"""
        )
    assert {row["kind"] for row in kinds} == {"mainstream", "connected", "temporary"}
    assert counts is not None
    assert all(counts.values())


async def test_vacancies_stand_as_offers_shared_or_own(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        shelves = {row["resource"]: (row["offers"], row["owners"]) for row in await owner.fetch(OFFERS)}
        wrong = await owner.fetchval(
            """select count(*) from tenants.offer_own n join fostering.household h
                 on h.authority_id = n.owner_id and h.id = n.subject_id
               join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
               join careshare.shelf s on s.id = o.shelf_id
               where (s.resource = 'foster_carers') <> (h.published_at is not null)"""
        )
    assert wrong == 0
    shared, owners = shelves["foster_carers"]
    own, own_owners = shelves["foster_carers:own"]
    assert owners == own_owners == 12
    assert 0.5 < shared / (shared + own) < 0.7


async def test_a_second_start_changes_nothing(demo: Settings) -> None:
    async def state() -> list[tuple[object, ...]]:
        async with as_owner(demo) as owner:
            rows = await owner.fetch(
                "select id, xmin::text from tenants.offer union all select id, xmin::text from fostering.household"
            )
            return sorted(tuple(row) for row in rows)

    before = await state()
    await load_demo(demo, _quietly)
    assert await state() == before


async def test_a_start_that_was_cut_off_is_finished(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        one, other = await owner.fetch("select id, dfe_code from tenants.authority order by dfe_code limit 2")
        wanted = await owner.fetchval("select count(*) from tenants.offer where owner_id = $1", one["id"])
        await owner.execute("delete from tenants.offer where owner_id = $1", one["id"])
        await owner.execute("delete from tenants.offer where owner_id = $1", other["id"])
        for table in ("placed_child", "place", "household"):
            await owner.execute(f"delete from fostering.{table} where authority_id = $1", other["id"])
        for table, column in (
            ("occupancy", "owner_id"),
            ("claim", "claimant_id"),
            ("unit", "owner_id"),
            ("history", "claimant_id"),
        ):
            await owner.execute(f"delete from capacity.{table} where {column} = $1", other["id"])
    await load_demo(demo, _quietly)
    async with as_owner(demo) as owner:
        assert await owner.fetchval("select count(*) from tenants.offer where owner_id = $1", one["id"]) == wanted
        homes = await owner.fetchval("select count(*) from fostering.place where authority_id = $1", other["id"])
        assert homes == published()[other["dfe_code"]].approved
