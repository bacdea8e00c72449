"""What a directory may not do to administrators, and what is too long or too early to be kept."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from careshare.database import Database
from tenants.members import actions, queries
from tenants.members.model import Invitation
from tests.members.conftest import patch, user
from tests.world import World

ON = patch({"op": "replace", "path": "active", "value": True})


async def second_administrator(database: Database, world: World, name: str) -> str:
    """Another administrator of A; their id, as a directory knows it."""
    roles = ["authority_administrator", "placement_finder"]
    async with database.bound(world.acting(world.a, "authority_administrator", "member:manage")) as uow:
        asked = Invitation(name=name.title(), email=f"{name}@ashmoor.example", roles=roles)
        return str((await actions.invite(uow, asked, notify=False)).id)


async def test_a_directory_does_not_say_who_signs_in_as_an_administrator(
    directory: httpx.AsyncClient, database: Database, world: World
) -> None:
    one = await second_administrator(database, world, "second")
    for path in ("userName", 'emails[type eq "work"].value'):
        moved = await directory.patch(
            f"/Users/{one}", json=patch({"op": "replace", "path": path, "value": "mine@ashmoor.example"})
        )
        kept = (await directory.get(f"/Users/{one}")).json()
        assert kept["emails"][0]["value"] == "second@ashmoor.example"
        assert moved.status_code == (200 if path == "userName" else 409), "their own name for somebody is theirs"
    put = await directory.put(f"/Users/{one}", json=user("mine"))
    assert put.status_code == 409
    assert "administrator" in put.json()["detail"]


@pytest.mark.parametrize("way", ["patch", "put"])
async def test_a_directory_takes_an_administrator_who_left_back_as_something_less(
    directory: httpx.AsyncClient, database: Database, world: World, way: str
) -> None:
    one = await second_administrator(database, world, f"gone-{way}")
    async with database.bound(world.acting(world.a, "authority_administrator", "member:manage")) as uow:
        await actions.end(uow, UUID(one), None, queries.today())
    back = await (
        directory.patch(f"/Users/{one}", json=ON)
        if way == "patch"
        else directory.put(f"/Users/{one}", json=user(f"gone-{way}"))
    )
    assert back.status_code == 200, back.text
    assert back.json()["active"] is True
    assert [role["value"] for role in back.json()["roles"]] == ["placement_finder"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
async def test_a_moment_that_no_clock_shows_is_a_bad_filter(directory: httpx.AsyncClient, moment: str) -> None:
    answer = await directory.get("/Users", params={"filter": f'meta.created gt "{moment}"'})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize("given", [{"externalId": "x" * 501}, {"name": {"givenName": "y" * 121, "familyName": "Z"}}])
async def test_what_is_too_long_is_refused_and_named(directory: httpx.AsyncClient, given: dict[str, Any]) -> None:
    answer = await directory.post("/Users", json={**user("long", displayName="Long"), **given})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
    assert "at most" in answer.json()["detail"]
