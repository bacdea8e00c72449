"""No administrator decides alone through which service their council's people sign in, nor which group gives a role."""

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Database
from careshare.errors import Conflict, NotFound
from careshare.second_person.telling import PATH
from careshare.settings import Settings
from careshare.signin import requests
from careshare.signin.settings_model import Mapping
from tenants.actions import as_owner
from tests.signin.conftest import add_provider, approve
from tests.web.html import one, parsed, words
from tests.world import World, submit

ADMIN = "authority_administrator"
DOMAINS = text("select domain from tenants.provider_domain where provider_id = :provider and during @> current_date")


async def asked_for(world: World, settings: Settings, database: Database, domain: str) -> requests.SignInRequest:
    """A domain that Ashmoor's administrator asks for, at a provider the region has nothing against."""
    provider = await add_provider(settings, world.a, f"https://{domain}")
    async with as_owner(settings) as owner:
        await approve(owner, world.a, domain)
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        await requests.ask_domain(uow, provider, domain)
        return (await requests.waiting(uow, provider))[0]


async def let_in(world: World, database: Database, asked: requests.SignInRequest) -> bool:
    async with database.bound(world.acting(world.a)) as uow:
        return asked.domain in set((await uow.execute(DOMAINS, {"provider": asked.provider_id})).scalars())


async def test_the_administrator_who_asked_lets_nobody_in(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    asked = await asked_for(world, settings, database, "alone.example")
    path = f"{PATH}/sign-in/{asked.id}"
    assert not await let_in(world, database, asked)
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        with pytest.raises(Conflict):
            await requests.agree(uow, asked.id)
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    shown = await client.get(path)
    assert "somebody else must agree" in shown.text
    assert "I agree" not in shown.text
    assert (await submit(client, path, {})).status_code == 409
    for who, role in ((world.b, "director"), (world.c, ADMIN)):
        await world.sign_in(client, who, role, stepped_up=True)
        assert (await client.get(path)).status_code == 404
        async with database.bound(world.acting(who, role)) as uow:
            with pytest.raises(NotFound):
                await requests.agree(uow, asked.id)
    assert not await let_in(world, database, asked)
    await world.sign_in(client, world.a, "director", stepped_up=True)
    listed = words(one(parsed(await client.get(PATH)), "main"))
    assert "Let people with addresses at alone.example sign in" in listed
    assert (await submit(client, path, {})).headers["location"] == PATH
    assert await let_in(world, database, asked)
    decided = await client.get(path)
    assert "Agreed to by Ashmoor Director" in decided.text
    assert "I agree" not in decided.text


async def test_a_second_person_may_say_no_and_the_first_may_take_it_back(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    for number, role in enumerate(("director", ADMIN)):
        asked = await asked_for(world, settings, database, f"no-{number}.example")
        await world.sign_in(client, world.a, role)
        declined = await submit(client, "/sessions", {}, to=f"{PATH}/sign-in/{asked.id}/decline")
        assert declined.headers["location"] == PATH
        assert not await let_in(world, database, asked)
        for again in (requests.agree, requests.decline):
            async with database.bound(world.acting(world.a, "director")) as uow:
                with pytest.raises(Conflict):
                    await again(uow, asked.id)


async def test_what_was_asked_for_is_asked_for_once(world: World, settings: Settings, database: Database) -> None:
    asked = await asked_for(world, settings, database, "twice.example")
    mapping = Mapping(group_id="g-1", role="director")
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        with pytest.raises(Conflict):
            await requests.ask_domain(uow, asked.provider_id, "twice.example")
        for _ in range(2):
            await requests.ask_mapping(uow, asked.provider_id, mapping)
        assert [row.group_id for row in await requests.waiting(uow, asked.provider_id)] == [None, "g-1"]


async def test_a_group_gives_a_role_once_somebody_else_has_agreed(
    world: World, settings: Settings, database: Database
) -> None:
    """Else an administrator would name a group they are in."""
    provider = await add_provider(settings, world.a, "https://groups-of.example")
    given = text("select role from tenants.provider_group where provider_id = :provider")
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        await requests.ask_mapping(uow, provider, Mapping(group_id="everybody", role="director"))
        (asked,) = await requests.waiting(uow, provider)
        assert (await uow.execute(given, {"provider": provider})).all() == []
        with pytest.raises(Conflict):
            await requests.agree(uow, asked.id)
    async with database.bound(world.acting(world.a, "director")) as uow:
        assert await requests.agree(uow, asked.id)
        assert (await uow.execute(given, {"provider": provider})).scalars().all() == ["director"]


async def test_the_application_itself_can_write_none_of_it(
    world: World, settings: Settings, database: Database
) -> None:
    asked = await asked_for(world, settings, database, "directly.example")
    values = {"provider": asked.provider_id, "id": asked.id}
    for statement in (
        "select tenants.accept_domain(:provider, 'directly.example')",
        """insert into tenants.provider_group (authority_id, provider_id, group_id, role)
           values (careshare.authority(), :provider, 'g', 'director')""",
        """insert into tenants.sign_in_request (authority_id, provider_id, domain, asked_by)
           values (careshare.authority(), :provider, 'x.example', gen_random_uuid())""",
        "update tenants.sign_in_request set asked_by = gen_random_uuid() where id = :id",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.bound(world.acting(world.a, ADMIN)) as uow:
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                await uow.execute(text(statement), used)
    async with as_owner(settings) as owner:
        with pytest.raises(Exception, match="sign_in_request_two_people"):
            await owner.execute(
                "update tenants.sign_in_request set agreed = true, decided_by = asked_by, decided_at = now()"
                " where id = $1",
                asked.id,
            )
