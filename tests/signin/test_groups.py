"""Roles from a provider's groups, and what stays as it was given by hand."""

import httpx
import pytest

from careshare.settings import Settings
from careshare.signin.groups import BY_GROUP, roles_after
from tenants.actions import as_owner
from tests.signin.conftest import Providers, sign_in
from tests.world import World

MAPPING = [("g-finders", "placement_finder"), ("g-finders", "social_worker"), ("g-managers", "team_manager")]


@pytest.mark.parametrize(
    ("before", "groups", "after"),
    [
        (["placement_finder"], {"g-finders"}, ["placement_finder", "social_worker"]),
        (["placement_finder", "director"], set[str](), ["director"]),
        (["placement_finder"], {"g-managers", "g-unknown"}, ["team_manager"]),
        (["placement_finder"], set[str](), []),
    ],
)
def test_roles_the_mapping_names_come_from_groups_alone(before: list[str], groups: set[str], after: list[str]) -> None:
    assert roles_after(before, MAPPING, frozenset(groups)) == after


def test_no_group_makes_an_administrator() -> None:
    assert roles_after(["director"], [("g", "authority_administrator")], frozenset({"g"})) == ["director"]
    assert roles_after(["authority_administrator"], [("g", "authority_administrator")], frozenset()) == [
        "authority_administrator"
    ]
    assert "authority_administrator" not in BY_GROUP
    assert "regional_administrator" not in BY_GROUP


async def test_groups_set_roles_at_sign_in_and_overage_leaves_them(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers, settings: Settings
) -> None:
    async with as_owner(settings) as owner:
        await owner.executemany(
            "insert into tenants.provider_group (authority_id, provider_id, group_id, role) values ($1, $2, $3, $4)",
            [(world.b.id, providers.birkdale, group, role) for group, role in MAPPING],
        )
    assert (await sign_in(client, outside, "placement-finder@birkdale.example")).status_code == 303
    outside.cookies.clear()
    left = await sign_in(client, outside, "team-manager@birkdale.example")
    assert left.status_code == 303
    assert "could not list your groups" in (await client.get("/")).text
    outside.cookies.clear()
    nobody = await sign_in(client, outside, "social-worker@birkdale.example")
    assert nobody.status_code == 403
    assert "You have no role" in nobody.text
    roles = "select roles from tenants.member where person_id = $1"
    async with as_owner(settings) as owner:
        finder = await owner.fetchval(roles, world.b.people["placement_finder"])
        manager = await owner.fetchval(roles, world.b.people["team_manager"])
        noted = await owner.fetchval("select count(*) from audit.entry where action = 'member.roles_from_groups'")
    assert finder == ["placement_finder", "social_worker"]
    assert manager == ["team_manager"]
    assert noted == 1
