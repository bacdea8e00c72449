"""The administrator's pages of clients: added, shown once, changed, replaced, ended; each on the record."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from careshare.database import Database
from careshare.identity.temporary import colleagues
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.clients.conftest import AddMachine, Machine, agree
from tests.web.html import parsed, words
from tests.world import World, submit

LIST = "/administration/clients"
ADDRESS = "/api/v1/households"
FORM: dict[str, Any] = {
    "name": "Case system",
    "purpose": "Keeps homes up to date",
    "contact": "Systems team",
    "roles": ["api_client"],
    "scopes": ["household:read"],
    "per_minute": "60",
    "token_minutes": "15",
    "external_id": "",
}

SECRET = re.compile(r"careshare_[\w-]{43}")


@pytest_asyncio.fixture
async def admin(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    await world.sign_in(client, world.a, "authority_administrator", stepped_up=True)
    return client


async def sent(admin: httpx.AsyncClient, page: str, form: dict[str, Any]) -> httpx.Response:
    opened = await admin.get(page)
    assert opened.status_code == 200, opened.text
    parsed(opened)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', opened.text))
    return await admin.post(page, data={**hidden, **form})


async def added(admin: httpx.AsyncClient, world: World, database: Database, **changed: Any) -> Machine:
    """A system as its administrator adds it, who is shown no secret; the director has agreed and was."""
    answer = await sent(admin, f"{LIST}/new", {**FORM, **changed})
    assert answer.status_code == 303, answer.text
    client_id = UUID(answer.headers["location"].rpartition("/")[2])
    shown = await admin.get(answer.headers["location"])
    assert "A second person is asked" in words(parsed(shown))
    assert not SECRET.search(shown.text)
    secret = await agree(database, world, world.a, client_id)
    assert secret
    return Machine(client_id, secret, world.a)


async def test_a_secret_that_takes_nobody_else_is_shown_at_once(admin: httpx.AsyncClient, world: World) -> None:
    answer = await sent(admin, f"{LIST}/new", {**FORM, "scopes": ["agreement:read"]})
    assert answer.status_code == 200, answer.text
    text = words(parsed(answer))
    client_id, secret = re.search(r"Client ID ([0-9a-f-]{36})", text), SECRET.search(text)
    assert client_id, text
    assert secret, text
    machine = Machine(UUID(client_id[1]), secret[0], world.a)
    assert (await machine.ask(admin)).status_code == 200


async def actions_of(settings: Settings, client_id: UUID) -> list[str]:
    async with as_owner(settings) as owner:
        rows = await owner.fetch("select action from audit.entry where $1 = any(subjects) order by id", client_id)
    return [row["action"] for row in rows]


async def test_a_system_is_added_its_secret_shown_once_and_it_calls(
    admin: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    machine = await added(admin, world, database)
    headers = await machine.bearer(admin)
    assert (await admin.get(ADDRESS, headers=headers)).status_code == 200
    page = await admin.get(f"{LIST}/{machine.id}")
    parsed(page)
    assert machine.secret not in page.text
    assert "Read household" in page.text
    assert "just now" in page.text
    listed = await admin.get(LIST)
    parsed(listed)
    assert "Case system" in listed.text
    assert await actions_of(settings, machine.id) == ["client.added", "client.approved"]


async def test_the_same_form_sent_twice_makes_one(admin: httpx.AsyncClient, world: World) -> None:
    opened = await admin.get(f"{LIST}/new")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', opened.text))
    answers = [await admin.post(f"{LIST}/new", data={**hidden, **FORM}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "careshare_" not in re.sub(r"careshare_form", "", answers[1].text.split("<main")[1])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": " "}, "Enter the name of the system"),
        ({"scopes": []}, "Select at least one thing it may do"),
        ({"roles": []}, "Select at least one role"),
        ({"roles": ["authority_administrator"]}, "Select roles that a system may have"),
        ({"roles": ["regional_administrator"]}, "Select roles that a system may have"),
        ({"roles": ["placement_finder"]}, "The roles do not allow: household:read"),
        ({"scopes": ["household:read", "nothing:known"]}, "The roles do not allow: nothing:known"),
        ({"per_minute": "0"}, "must be between 1 and 60,000"),
        ({"token_minutes": "61"}, "must be between 1 and 60"),
        ({"ends-day": "1", "ends-month": "1", "ends-year": "2020"}, "The day it ends must be in the future"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(
    admin: httpx.AsyncClient, changed: dict[str, Any], message: str
) -> None:
    answer = await sent(admin, f"{LIST}/new", {**FORM, **changed})
    assert answer.status_code == 400
    parsed(answer)
    assert message in answer.text
    assert "Error: Add a system" in answer.text


async def test_a_system_is_changed_and_a_stale_form_refused(
    admin: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    machine = await added(admin, world, database)
    stale = await admin.get(f"{LIST}/{machine.id}/change")
    parsed(stale)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', stale.text))
    changed = await sent(admin, f"{LIST}/{machine.id}/change", {**FORM, "name": "Renamed", "per_minute": "7"})
    assert changed.status_code == 303, changed.text
    assert "Renamed" in (await admin.get(f"{LIST}/{machine.id}")).text
    late = await admin.post(f"{LIST}/{machine.id}/change", data={**hidden, **FORM})
    assert late.status_code == 412
    wrong = await sent(admin, f"{LIST}/{machine.id}/change", {**FORM, "scopes": []})
    assert wrong.status_code == 400
    assert await actions_of(settings, machine.id) == ["client.added", "client.approved", "client.changed"]


async def test_a_secret_is_replaced_and_ended(
    admin: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    machine = await added(admin, world, database)
    nothing = await sent(admin, f"{LIST}/{machine.id}/secret", {})
    assert nothing.status_code == 400
    assert "Select how long" in nothing.text
    shown = await sent(admin, f"{LIST}/{machine.id}/secret", {"overlap": "7"})
    assert shown.status_code == 303
    assert "Waits for a second person" in (await admin.get(f"{LIST}/{machine.id}")).text
    newer = Machine(machine.id, await agree(database, world, world.a, machine.id) or "", world.a)
    assert [(await one.ask(admin)).status_code for one in (machine, newer)] == [200, 200]
    page = await admin.get(f"{LIST}/{machine.id}")
    assert "Being replaced" in page.text
    ends = re.findall(rf'action="({LIST}/{machine.id}/secrets/[0-9a-f-]+/end)"', page.text)
    assert len(ends) == 2
    ended = await submit(admin, f"{LIST}/{machine.id}", {}, to=ends[1])
    assert ended.status_code == 303
    assert [(await one.ask(admin)).status_code for one in (machine, newer)] == [401, 200]
    again = await submit(admin, f"{LIST}/{machine.id}", {}, to=ends[1])
    assert again.status_code == 404
    expected = ["client.added", "client.approved", "client.secret_added", "client.approved", "client.secret_ended"]
    assert await actions_of(settings, machine.id) == expected


async def test_a_system_is_revoked_for_good(
    admin: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    machine = await added(admin, world, database)
    headers = await machine.bearer(admin)
    answer = await sent(admin, f"{LIST}/{machine.id}/revoke", {})
    assert (answer.status_code, answer.headers["location"]) == (303, LIST)
    assert (await admin.get(ADDRESS, headers=headers)).status_code == 401
    page = await admin.get(f"{LIST}/{machine.id}")
    parsed(page)
    assert "Revoked" in page.text
    assert f"{LIST}/{machine.id}/secret" not in page.text.replace("/secrets/", "")
    again = await sent(admin, f"{LIST}/{machine.id}/revoke", {})
    assert again.status_code == 404
    assert await actions_of(settings, machine.id) == ["client.added", "client.approved", "client.revoked"]


async def test_a_system_with_tokens_of_its_own_provider_has_no_secret_of_ours(
    admin: httpx.AsyncClient, world: World
) -> None:
    answer = await sent(admin, f"{LIST}/new", {**FORM, "external_id": "app-17"})
    assert answer.status_code == 303, answer.text
    assert "It has no secret of ours" in (await admin.get(answer.headers["location"])).text
    taken = await sent(admin, f"{LIST}/new", {**FORM, "external_id": "app-17"})
    assert taken.status_code == 400
    assert "has this application ID already" in taken.text


async def test_only_the_administrator_of_the_authority_sees_it(
    client: httpx.AsyncClient, world: World, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    await world.sign_in(client, world.a, "director")
    assert (await client.get(LIST)).status_code == 403
    await world.sign_in(client, world.b, "authority_administrator", stepped_up=True)
    for path in ("", "/change", "/secret", "/revoke"):
        assert (await client.get(f"{LIST}/{machine.id}{path}")).status_code == 404
    assert str(machine.id) not in (await client.get(LIST)).text


async def test_what_a_scope_opens_is_said_in_words_and_never_in_those_of_the_code(
    admin: httpx.AsyncClient, world: World
) -> None:
    text = words(parsed(await admin.get(f"{LIST}/new")))
    assert (
        "Provision SCIM Let your council’s directory make, change and end members (SCIM 2.0) (scim:provision)" in text
    )
    for of_the_code in ("Nothing", "Delete user", "Resource types"):
        assert of_the_code not in text


async def test_a_system_is_nobodys_colleague(
    database: Database, world: World, add_machine: AddMachine, settings: Settings
) -> None:
    """Whatever its roles, it is no deputy, is let in by no break-glass, and has nothing locked from it."""
    machine = await add_machine(name="A system with a person’s role", roles=["director"], scopes=["agreement:read"])
    async with as_owner(settings) as owner:
        person = await owner.fetchval("select person_id from identity.client where id = $1", machine.id)
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        listed = {one.person_id: one.roles for one in await colleagues(uow)}
    assert person not in listed
    assert not any("api_client" in roles for roles in listed.values())
    assert world.a.people["director"] in listed
