"""The demo region between authorities: codes, staff in every role, two agreements, the same in two runs."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from careshare.access.permissions import ROLES
from careshare.settings import Settings
from tenants.actions import as_owner
from tenants.demo import BORDERS, load_demo, region_wide
from tenants.reference import NORTH_EAST, authorities_of, domain, english_regions
from tests.fixtures.servers import Cluster

TWELVE = {
    "840": "E06000047", "841": "E06000005", "390": "E08000037", "805": "E06000001",
    "806": "E06000002", "391": "E08000021", "392": "E08000022", "929": "E06000057",
    "807": "E06000003", "393": "E08000023", "808": "E06000004", "394": "E08000024",
}  # fmt: skip
DRAMA = re.compile(r"01632 960[0-9]{3}|020 7946 0[0-9]{3}|07700 900[0-9]{3}")  # Ofcom: numbers for use in drama


def _quietly(what: str, share: float | None = None) -> None:
    pass


@pytest.fixture(scope="module")
async def demo(settings: Settings) -> Settings:
    await load_demo(settings, _quietly)
    return settings


async def test_the_twelve_are_there_with_their_codes(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        rows = await owner.fetch("select dfe_code, gss_code, duty_number from tenants.authority")
        assert {row["dfe_code"]: row["gss_code"] for row in rows} == TWELVE
        assert all(DRAMA.fullmatch(row["duty_number"]) for row in rows)
        assert len({row["duty_number"] for row in rows}) == 12
        history = await owner.fetch(
            """select a.dfe_code, c.gss_code, lower(c.valid)::text as since, upper(c.valid)::text as until
               from tenants.authority_code c join tenants.authority a on a.id = c.authority_id
               where a.dfe_code in ('390', '929') order by 1, 3"""
        )
        assert [tuple(row) for row in history] == [
            ("390", "E08000020", "2009-01-01", "2013-04-01"),
            ("390", "E08000037", "2013-04-01", None),
            ("929", "E06000048", "2009-04-01", "2013-04-01"),
            ("929", "E06000057", "2013-04-01", None),
        ]


async def test_every_council_has_staff_in_every_role_at_its_own_address(demo: Settings) -> None:
    domains = {one.dfe_code: domain(one.short_name) for one in authorities_of(NORTH_EAST)}
    async with as_owner(demo) as owner:
        members = await owner.fetch(
            """select a.dfe_code, m.roles, p.id, p.name, p.email from tenants.member m
               join tenants.authority a on a.id = m.authority_id join identity.person p on p.id = m.person_id"""
        )
    held = {code: {role for row in members if row["dfe_code"] == code for role in row["roles"]} for code in TWELVE}
    assert set(map(frozenset, held.values())) == {frozenset(ROLES) - {"support_engineer"}}
    assert {row["email"].partition("@")[2] for row in members} == set(domains.values())
    councils = Counter(row["id"] for row in members)
    shared = {row["roles"][0] for row in members if 1 < councils[row["id"]] < 12}
    assert shared == {"placement_finder", "exemptions_officer", "out_of_hours"}
    names = Counter(name for name, _ in {(row["name"], row["id"]) for row in members})
    assert set(names.values()) == {1}


async def test_two_agreements_are_in_force_and_signed_by_each_party(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        rows = await owner.fetch(
            """select g.title, g.state, count(*) as parties, count(p.signed_at) as signed,
                 (select count(*) from careshare.sharing_grant s where s.agreement_id = g.id) as grants
               from tenants.agreement g join tenants.agreement_party p on p.agreement_id = g.id group by g.id"""
        )
        signed = await owner.fetch(
            "select action, count(*) from audit.entry where action like 'agreement.%' group by action"
        )
    assert {tuple(row) for row in rows} == {
        (region_wide(NORTH_EAST), "in_force", 12, 12, 132),
        (BORDERS, "in_force", 3, 3, 6),
    }
    assert {tuple(row) for row in signed} == {
        (f"agreement.{action}", count) for action, count in (("signed", 153), ("signed_by_all", 15), ("in_force", 15))
    }


async def test_a_second_start_changes_nothing_and_an_interrupted_one_is_finished(demo: Settings) -> None:
    async with as_owner(demo) as owner:
        people = await owner.fetchval("select count(*) from identity.person")
    await load_demo(demo, _quietly)
    async with as_owner(demo) as owner:
        assert await owner.fetchval("select count(*) from identity.person") == people
        # As a start that was cut off before the last signature leaves it.
        agreement = await owner.fetchval(
            "update tenants.agreement set state = 'draft' where title = $1 returning id", BORDERS
        )
        await owner.execute(
            """update tenants.agreement_party set signed_at = null, signed_by = null, signed_role = null
               where agreement_id = $1 and authority_id = (select max(authority_id::text)::uuid
                 from tenants.agreement_party where agreement_id = $1)""",
            agreement,
        )
        await owner.execute(
            "update tenants.agreement_version set state = 'proposed' where agreement_id = $1", agreement
        )
        await owner.execute(
            """delete from tenants.agreement_signature s using tenants.agreement_version v, tenants.agreement_party p
               where v.id = s.version_id and v.agreement_id = $1 and p.agreement_id = $1 and p.signed_at is null
                 and p.authority_id = s.authority_id""",
            agreement,
        )
    await load_demo(demo, _quietly)
    async with as_owner(demo) as owner:
        state = await owner.fetchval("select state from tenants.agreement where id = $1", agreement)
        assert state == "in_force"


async def test_two_runs_invent_the_same_people(demo: Settings, cluster: Cluster, template: str) -> None:
    name = "careshare_test_demo_again"
    await cluster.drop(name)
    await cluster.clone(template, name)
    try:
        again = replace(demo, database_url=cluster.url(name))
        await load_demo(again, _quietly)
        found = []
        for settings in (demo, again):
            async with as_owner(settings) as owner:
                rows = await owner.fetch(
                    """select a.name, m.roles, p.name, p.email from tenants.member m
                       join tenants.authority a on a.id = m.authority_id join identity.person p on p.id = m.person_id
                       order by 1, 2, 3"""
                )
                found.append([tuple(row) for row in rows])
        assert found[0] == found[1]
    finally:
        await cluster.drop(name)


def test_england_has_153_authorities_in_nine_regions() -> None:
    assert len(english_regions()) == 9
    everybody = authorities_of()
    assert len(everybody) == 153
    assert len({one.duty_number for one in everybody}) == 153
    assert all(DRAMA.fullmatch(one.duty_number) for one in everybody)
    assert len({domain(one.short_name) for one in everybody}) == 153
