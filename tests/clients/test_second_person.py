"""No administrator reaches people's data alone through a system of their own making."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.clients import actions
from careshare.clients.queries import client as read_client
from careshare.clients.queries import secrets_of
from careshare.clients.rules import for_two
from careshare.database import Database
from careshare.errors import Conflict, NotFound, PreconditionFailed
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.clients.conftest import HARMLESS, AddMachine, Machine, a_form, agree, permissions
from tests.web.html import one, parsed, words
from tests.world import World, submit

PATH = "/administration/second-person"
HOUSEHOLDS, AGREEMENTS = "/api/v1/households", "/api/v1/agreements"
ADMIN = "authority_administrator"
SECRET = re.compile(r"careshare_[\w-]{43}")


def secret_on(answer: httpx.Response) -> str:
    """The secret that whoever agreed is shown."""
    found = SECRET.search(words(one(parsed(answer), "main")))
    assert found, answer.text
    return found[0]


@pytest_asyncio.fixture
async def alone(world: World, database: Database) -> Machine:
    """A system that an administrator has just added, and nobody has agreed to."""
    made = uuid4()
    async with database.bound(world.acting(world.a, ADMIN, "client:manage")) as uow:
        secret = await actions.add_client(
            uow, permissions(), made, a_form(scopes=["household:read", "agreement:read"]), harmless=HARMLESS
        )
    assert secret is None, "whoever asked never knows it"
    return Machine(made, "", world.a)


async def change(database: Database, world: World, machine: Machine, by: str = ADMIN, **changed: Any) -> None:
    async with database.bound(world.acting(world.a, by, "client:manage")) as uow:
        found = await read_client(uow, machine.id)
        await actions.change_client(uow, permissions(), machine.id, found.version, a_form(**changed), harmless=HARMLESS)


async def refused(client: httpx.AsyncClient, machine: Machine, **form: str) -> str:
    answer = await machine.ask(client, **form)
    assert answer.status_code == 400, answer.text
    error: str = answer.json()["error"]
    return error


def test_everything_not_declared_harmless_takes_two() -> None:
    assert for_two(["agreement:read", "own:act"], HARMLESS) == []
    assert for_two(["scim:provision", "household:read", "agreement:sign", "made:tomorrow"], HARMLESS) == [
        "agreement:sign",
        "household:read",
        "made:tomorrow",
        "scim:provision",
    ]


async def test_a_system_gets_no_token_before_a_second_person_agrees(
    client: httpx.AsyncClient, world: World, database: Database, alone: Machine
) -> None:
    wrong = await Machine(alone.id, "guess", alone.authority).ask(client)
    assert wrong.status_code == 401, "a wrong secret is told nothing of it"
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        with pytest.raises(Conflict):
            await actions.approve(uow, alone.id, 1)
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    mine = await client.get(f"{PATH}/clients/{alone.id}")
    assert "somebody else must agree" in mine.text
    assert "I agree" not in mine.text
    assert (await submit(client, "/sessions", {"version": "1"}, to=f"{PATH}/clients/{alone.id}")).status_code == 409
    await world.sign_in(client, world.a, "director")
    listed = words(one(parsed(await client.get(PATH)), "main"))
    assert "Case system" in listed
    asked = await client.get(f"{PATH}/clients/{alone.id}")
    assert asked.headers["location"].startswith("/step-up")
    await world.sign_in(client, world.a, "director", stepped_up=True)
    shown = await client.get(f"{PATH}/clients/{alone.id}")
    assert "Read household" in shown.text
    agreed = await submit(client, f"{PATH}/clients/{alone.id}", {"version": "1"})
    assert agreed.status_code == 200, agreed.text
    machine = Machine(alone.id, secret_on(agreed), world.a)
    again = await submit(client, "/sessions", {"version": "1"}, to=f"{PATH}/clients/{alone.id}")
    assert again.status_code == 412
    assert not SECRET.search(again.text), "shown once"
    headers = await machine.bearer(client)
    assert [(await client.get(path, headers=headers)).status_code for path in (HOUSEHOLDS, AGREEMENTS)] == [200, 200]
    told = text("select person_id from messages.message where template = 'second_person'")
    async with database.bound(world.acting(world.a)) as uow:
        assert world.a.people["director"] in set((await uow.execute(told)).scalars())
        assert world.a.people[ADMIN] not in set((await uow.execute(told)).scalars())


async def test_another_administrator_is_a_second_person_too_and_other_authorities_are_not(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings, alone: Machine
) -> None:
    for who in (ADMIN, "director"):
        await world.sign_in(client, world.b, who, stepped_up=True)
        assert (await client.get(f"{PATH}/clients/{alone.id}")).status_code == 404
        async with database.bound(world.acting(world.b, who)) as uow:
            with pytest.raises(NotFound):
                await actions.approve(uow, alone.id, 1)
    for who in ("team_manager", "nominated_officer", "data_protection_officer"):
        await world.sign_in(client, world.a, who, stepped_up=True)
        assert (await client.get(f"{PATH}/clients/{alone.id}")).status_code == 403
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.member set roles = roles || '{authority_administrator}' where person_id = $1",
            world.a.people["payments"],
        )
    await world.sign_in(client, world.a, "payments", stepped_up=True)
    agreed = await submit(client, f"{PATH}/clients/{alone.id}", {"version": "1"})
    assert agreed.status_code == 200
    assert (await Machine(alone.id, secret_on(agreed), world.a).ask(client)).status_code == 200


async def test_what_is_harmless_needs_nobody_and_what_is_added_waits_alone(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    made = uuid4()
    plain = a_form(scopes=["agreement:read"])
    async with database.bound(world.acting(world.a, ADMIN, "client:manage")) as uow:
        secret = await actions.add_client(uow, permissions(), made, plain, harmless=HARMLESS)
    machine = Machine(made, secret or "", world.a)
    headers = await machine.bearer(client)
    assert (await client.get(AGREEMENTS, headers=headers)).status_code == 200
    await change(database, world, machine, scopes=["agreement:read", "household:read"])
    assert (await machine.ask(client)).json()["scope"] == "agreement:read", "what it had goes on"
    assert await refused(client, machine, scope="household:read") == "unauthorized_client"
    assert (await client.get(HOUSEHOLDS, headers=headers)).status_code == 403
    await change(database, world, machine, scopes=["agreement:read", "household:read"], contact="Somebody else")
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        with pytest.raises(Conflict):
            await actions.approve(uow, made, 3)
    await agree(database, world, world.a, made)
    assert (await machine.ask(client)).json()["scope"] == "agreement:read household:read"
    await change(database, world, machine, scopes=["agreement:read"])
    await change(database, world, machine, scopes=["agreement:read", "household:read"])
    assert (await machine.ask(client)).json()["scope"] == "agreement:read", "taken away is to be agreed to anew"


async def test_a_new_secret_waits_and_the_old_one_goes_on(
    client: httpx.AsyncClient, world: World, database: Database, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    for _ in range(2):
        async with database.bound(world.acting(world.a, ADMIN)) as uow:
            assert await actions.rotate(uow, machine.id, timedelta(days=7), harmless=HARMLESS) is None
    assert (await machine.ask(client)).status_code == 200, "it goes on, however many wait"
    newer = Machine(machine.id, await agree(database, world, world.a, machine.id) or "", world.a)
    assert [(await one_.ask(client)).status_code for one_ in (machine, newer)] == [200, 200]


async def test_of_two_secrets_that_wait_one_is_made(
    client: httpx.AsyncClient, world: World, database: Database, alone: Machine
) -> None:
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        assert await actions.rotate(uow, alone.id, timedelta(days=7), harmless=HARMLESS) is None
    machine = Machine(alone.id, await agree(database, world, world.a, alone.id) or "", world.a)
    assert (await machine.ask(client)).status_code == 200
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        assert [one_.waits for one_ in await secrets_of(uow, alone.id) if not one_.over] == [False]


async def test_nobody_agrees_to_what_they_did_not_see(world: World, database: Database, alone: Machine) -> None:
    async with database.bound(world.acting(world.a, "director")) as uow:
        seen = (await read_client(uow, alone.id)).version
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        await actions.rotate(uow, alone.id, timedelta(), harmless=HARMLESS)
    async with database.bound(world.acting(world.a, "director")) as uow:
        with pytest.raises(PreconditionFailed):
            await actions.approve(uow, alone.id, seen)


async def test_another_application_at_the_provider_is_another_system(world: World, database: Database) -> None:
    """Whoever may name the application could name one of their own."""
    made = uuid4()
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        await actions.add_client(uow, permissions(), made, a_form(external_id="app-81"), harmless=HARMLESS)
    await agree(database, world, world.a, made)
    machine = Machine(made, "", world.a)
    await change(database, world, machine, external_id="app-81", name="Another name")
    assert await waiting_of(database, world, made) == []
    await change(database, world, machine, external_id="app-82")
    assert await waiting_of(database, world, made) == ["household:read", "placement:search"]


async def waiting_of(database: Database, world: World, client_id: UUID) -> list[str]:
    async with database.bound(world.acting(world.a, ADMIN)) as uow:
        return list((await read_client(uow, client_id)).waiting)


async def test_the_database_counts_nobody_twice(world: World, settings: Settings, alone: Machine) -> None:
    async with as_owner(settings) as owner:
        with pytest.raises(Exception, match="client_secret_two_people"):
            await owner.execute(
                "update identity.client_secret set waits = false, approved_by = created_by, approved_at = now()"
                " where client_id = $1",
                alone.id,
            )


async def test_a_scope_that_only_a_person_can_use_is_not_offered(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    form = (await client.get("/administration/clients/new")).text
    offered = set(re.findall(r'name="scopes" type="checkbox" value="([^"]+)"', form))
    assert {"household:read", "agreement:read"} <= offered
    assert not {"agreement:sign", "agreement:leave"} & offered
