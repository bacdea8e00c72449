"""Client credentials: who gets a token, what it opens, and when it stops."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from urllib.parse import quote_plus
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from careshare.clients import actions
from careshare.database import Database, Uow
from careshare.errors import NotFound
from careshare.identity import TokenRefused, read_token
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.clients.conftest import HARMLESS, AddMachine, Machine, a_form, agree, permissions
from tests.world import World

ADDRESS = "/api/v1/households"
GRANT = {"grant_type": "client_credentials"}


def said(token: str) -> dict[str, object]:
    body = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


async def calls(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get(ADDRESS, headers=headers)).status_code


async def test_a_client_gets_a_short_token_that_opens_what_its_scopes_say(
    client: httpx.AsyncClient, world: World, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    answer = await machine.ask(client)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert 890 <= body["expires_in"] <= 900
    assert body["scope"] == "household:read placement:search"
    claims = said(body["access_token"])
    assert claims["client_id"] == str(machine.id)
    assert claims["authority"] == str(world.a.id)
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert await calls(client, headers) == 200
    assert (await client.get("/api/v1/unmet-needs", headers=headers)).status_code == 403


async def test_the_secret_may_come_in_the_form_or_in_the_header_but_not_in_both(
    client: httpx.AsyncClient, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    form = {**GRANT, "client_id": str(machine.id), "client_secret": machine.secret}
    assert (await client.post("/oauth/token", data=form)).status_code == 200
    both = await client.post("/oauth/token", data=form, auth=machine.basic)
    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    encoded = quote_plus(str(machine.id)), quote_plus(machine.secret)
    assert (await client.post("/oauth/token", data=GRANT, auth=encoded)).status_code == 200


async def test_a_client_may_ask_for_less_and_never_for_more(client: httpx.AsyncClient, add_machine: AddMachine) -> None:
    machine = await add_machine()
    less = await machine.ask(client, scope="placement:search")
    assert less.json()["scope"] == "placement:search"
    headers = {"Authorization": f"Bearer {less.json()['access_token']}"}
    assert await calls(client, headers) == 403
    for scope in ("household:read household:change", "nothing:known", "own:act"):
        more = await machine.ask(client, scope=scope)
        assert (more.status_code, more.json()["error"]) == (400, "invalid_scope"), scope
    for scope in ("a  b", " a", 'a"b', "é"):
        bad = await machine.ask(client, scope=scope)
        assert (bad.status_code, bad.json()["error"]) == (400, "invalid_scope"), scope


async def test_roles_taken_away_take_the_scopes_with_them_at_once(
    client: httpx.AsyncClient, settings: Settings, add_machine: AddMachine
) -> None:
    machine = await add_machine(roles=["fostering_officer", "placement_finder"])
    headers = await machine.bearer(client)
    assert await calls(client, headers) == 200
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.member set roles = '{placement_finder}' where person_id ="
            " (select person_id from identity.client where id = $1)",
            machine.id,
        )
    assert await calls(client, headers) == 403
    assert (await machine.ask(client)).json()["scope"] == "placement:search"
    refused = await machine.ask(client, scope="household:read")
    assert refused.json()["error"] == "invalid_scope"


async def test_unknown_wrong_ended_and_revoked_are_one_answer(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings, add_machine: AddMachine
) -> None:
    machine, ended, revoked = await add_machine(), await add_machine(), await add_machine()
    async with as_owner(settings) as owner:
        await owner.execute("update identity.client set ends = current_date where id = $1", ended.id)
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.revoke(uow, revoked.id)
    shown = [
        ended.basic,
        revoked.basic,
        (str(uuid4()), machine.secret),
        (str(machine.id), "wrong"),
        (str(machine.id), ""),
        ("nobody", machine.secret),
        (str(machine.id), ended.secret),
    ]
    answers = [await client.post("/oauth/token", data=GRANT, auth=one) for one in shown]
    answers.append(await client.post("/oauth/token", data=GRANT))
    answers.append(await client.post("/oauth/token", data=GRANT, headers={"Authorization": "Basic !!!"}))
    answers.append(await client.post("/oauth/token", data=GRANT, headers={"Authorization": "Bearer x"}))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert all(answer.headers["www-authenticate"].startswith("Basic") for answer in answers)
    assert answers[0].json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
        ({**GRANT, "scope": ["a", "b"]}, "invalid_request"),
    ],
)
async def test_what_is_malformed_is_said_in_the_words_of_the_standard(
    client: httpx.AsyncClient, add_machine: AddMachine, form: dict[str, str], error: str
) -> None:
    machine = await add_machine()
    answer = await client.post("/oauth/token", data=form, auth=machine.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["cache-control"] == "no-store"


async def test_only_a_form_is_read(client: httpx.AsyncClient, add_machine: AddMachine) -> None:
    machine = await add_machine()
    answer = await client.post("/oauth/token", json=GRANT, auth=machine.basic)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    got = await client.get("/oauth/token")
    assert got.status_code == 405
    large = await client.post("/oauth/token", content=b"a=" + b"x" * 3_000_000, headers={"Content-Type": FORM})
    assert (large.status_code, large.json()["error"]) == (413, "invalid_request")


FORM = "application/x-www-form-urlencoded"


async def test_a_revoked_client_is_refused_on_its_next_request(
    client: httpx.AsyncClient, world: World, database: Database, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    headers = await machine.bearer(client)
    assert await calls(client, headers) == 200
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.revoke(uow, machine.id)
    assert await calls(client, headers) == 401


async def test_two_secrets_are_valid_while_one_replaces_the_other(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.rotate(uow, machine.id, timedelta(days=7), harmless=HARMLESS)
    newer = Machine(machine.id, await agree(database, world, world.a, machine.id) or "", world.a)
    old, new = await machine.bearer(client), await newer.bearer(client)
    assert [await calls(client, old), await calls(client, new)] == [200, 200]
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.rotate(uow, machine.id, timedelta(days=7), harmless=HARMLESS)
    newest = Machine(machine.id, await agree(database, world, world.a, machine.id) or "", world.a)
    assert (await machine.ask(client)).status_code == 401, "only the newest of the old ones stays"
    assert [await calls(client, old), await calls(client, new)] == [401, 200]
    async with as_owner(settings) as owner:
        await owner.execute(
            "update identity.client_secret set expires_at = now() + interval '2 seconds'"
            " where client_id = $1 and expires_at is not null",
            machine.id,
        )
    assert (await newer.ask(client)).json()["expires_in"] <= 2, "a token does not outlive the secret it was got with"
    async with as_owner(settings) as owner:
        await owner.execute(
            "update identity.client_secret set expires_at = now() where client_id = $1 and expires_at is not null",
            machine.id,
        )
    assert (await newer.ask(client)).status_code == 401
    last = await newest.bearer(client)
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.rotate(uow, machine.id, timedelta(), harmless=HARMLESS)
    assert (await newest.ask(client)).status_code == 401
    assert await calls(client, last) == 401


async def test_scopes_taken_away_are_taken_from_the_tokens_held(
    client: httpx.AsyncClient, world: World, database: Database, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    headers = await machine.bearer(client)
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.change_client(
            uow, permissions(), machine.id, 2, a_form(scopes=["placement:search"]), harmless=HARMLESS
        )
    assert await calls(client, headers) == 403


async def test_a_token_ends_with_its_client(client: httpx.AsyncClient, add_machine: AddMachine) -> None:
    machine = await add_machine(ends=date.today() + timedelta(days=1), token_minutes=60)  # noqa: DTZ011
    assert 0 < (await machine.ask(client)).json()["expires_in"] <= 3600


async def test_a_client_gives_its_token_back(
    client: httpx.AsyncClient, settings: Settings, add_machine: AddMachine
) -> None:
    machine, other = await add_machine(), await add_machine()
    headers = await machine.bearer(client)
    token = headers["Authorization"].removeprefix("Bearer ")
    foreign = await client.post("/oauth/revoke", data={"token": token}, auth=other.basic)
    assert (foreign.status_code, foreign.json()["error"]) == (400, "unauthorized_client")
    wrong = await client.post("/oauth/revoke", data={"token": token}, auth=(str(machine.id), "wrong"))
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert await calls(client, headers) == 200
    hint = {"token": token, "token_type_hint": "access_token"}
    for _ in range(2):
        assert (await client.post("/oauth/revoke", data=hint, auth=machine.basic)).status_code == 200
    assert await calls(client, headers) == 401
    for nonsense in ("x", "a.b.c", token[:-3]):
        answer = await client.post("/oauth/revoke", data={"token": nonsense}, auth=machine.basic)
        assert (answer.status_code, answer.content) == (200, b"")
    assert (await client.post("/oauth/revoke", data={}, auth=machine.basic)).status_code == 400


async def test_what_is_kept_of_a_secret_is_its_hash(database: Database, world: World, add_machine: AddMachine) -> None:
    machine = await add_machine()
    assert len(machine.secret) > 43
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        rows = (await uow.execute(text("select * from identity.client"))).mappings().all()
        assert machine.secret not in str([dict(row) for row in rows])
        with pytest.raises(Exception, match="permission denied"):
            await uow.execute(text("select hash from identity.client_secret"))


async def test_another_authority_can_do_nothing_with_a_client(
    database: Database, world: World, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    attempts: tuple[Callable[[Uow], Awaitable[object]], ...] = (
        lambda uow: actions.revoke(uow, machine.id),
        lambda uow: actions.rotate(uow, machine.id, timedelta(), harmless=HARMLESS),
        lambda uow: actions.change_client(uow, permissions(), machine.id, 2, a_form(), harmless=HARMLESS),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            async with database.bound(world.acting(world.b, "authority_administrator")) as uow:
                await attempt(uow)


async def test_asking_for_tokens_is_throttled(client: httpx.AsyncClient, add_machine: AddMachine) -> None:
    machine = await add_machine()
    wrong = Machine(machine.id, "guess", machine.authority)
    answers = [await wrong.ask(client) for _ in range(31)]
    assert {answer.status_code for answer in answers[:30]} == {401}
    assert answers[30].status_code == 429
    assert 1 <= int(answers[30].headers["retry-after"]) <= 60
    assert answers[30].json()["error"] == "temporarily_unavailable"


async def test_tokens_long_over_are_forgotten(
    client: httpx.AsyncClient, settings: Settings, add_machine: AddMachine
) -> None:
    machine = await add_machine()
    await machine.bearer(client)
    async with as_owner(settings) as owner:
        await owner.execute(
            "update identity.token set expires_at = now() - interval '31 days' where client_id = $1", machine.id
        )
    headers = await machine.bearer(client)
    async with as_owner(settings) as owner:
        assert await owner.fetchval("select count(*) from identity.token where client_id = $1", machine.id) == 1
    assert await calls(client, headers) == 200


async def test_two_tokens_asked_for_at_once_are_both_given(client: httpx.AsyncClient, add_machine: AddMachine) -> None:
    machine = await add_machine()
    answers = await asyncio.gather(*(machine.ask(client) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 6


def test_the_id_in_a_token_is_read_whatever_else_it_says() -> None:
    with pytest.raises(TokenRefused):
        read_token("a secret of at least thirty-two characters", "eyJhbGciOiJub25lIn0.e30.")
