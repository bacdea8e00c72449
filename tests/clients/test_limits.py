"""Each client has its limit, is told what is left of it, and is told when to come back; people are not counted."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from careshare.app import create_app
from careshare.clients import actions, limits
from careshare.database import Database
from careshare.settings import Settings
from tests.clients.conftest import HARMLESS, AddMachine, a_form, permissions
from tests.fixtures.live import started
from tests.world import World

ADDRESS = "/api/v1/households"


async def test_a_client_is_told_its_limit_and_refused_beyond_it(
    client: httpx.AsyncClient, world: World, add_machine: AddMachine
) -> None:
    machine, other = await add_machine(per_minute=3), await add_machine(per_minute=3)
    headers = await machine.bearer(client)
    for left in (2, 1, 0):
        answer = await client.get(ADDRESS, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"requests";q=3;w=60'
        assert answer.headers["ratelimit"].startswith(f'"requests";r={left};t=')
    refused = await client.get(ADDRESS, headers=headers)
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["type"].endswith("/too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert refused.headers["ratelimit"].startswith('"requests";r=0;t=')
    again = await client.get(ADDRESS, headers=await machine.bearer(client))
    assert again.status_code == 429, "a new token is the same client"
    assert (await client.get(ADDRESS, headers=await other.bearer(client))).status_code == 200


async def test_refusals_and_errors_carry_it_too(client: httpx.AsyncClient, add_machine: AddMachine) -> None:
    headers = await (await add_machine()).bearer(client)
    missing = await client.get(f"{ADDRESS}/00000000-0000-0000-0000-000000000000", headers=headers)
    assert missing.status_code == 404
    assert missing.headers["ratelimit"] == '"requests";r=599;t=1'


async def test_people_and_tokens_of_an_operator_are_not_counted(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get(ADDRESS, headers=await world.bearer(world.a, "fostering_officer"))
    assert answer.status_code == 200
    assert "ratelimit" not in answer.headers
    await world.sign_in(client, world.a, "fostering_officer")
    assert "ratelimit" not in (await client.get("/foster-carers")).headers


@pytest_asyncio.fixture
async def without_redis(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with started(create_app(replace(settings, redis_url="redis://127.0.0.1:1/0"))) as app:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar is one
        async with httpx.AsyncClient(transport=transport, base_url="http://careshare.test") as caller:
            yield caller


async def test_without_redis_nobody_is_refused(without_redis: httpx.AsyncClient, add_machine: AddMachine) -> None:
    machine = await add_machine(per_minute=1)
    headers = await machine.bearer(without_redis)
    for _ in range(3):
        answer = await without_redis.get(ADDRESS, headers=headers)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


async def test_a_changed_limit_is_felt_soon(
    client: httpx.AsyncClient,
    world: World,
    database: Database,
    add_machine: AddMachine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert limits.KNOWN_FOR <= 30
    monkeypatch.setattr(limits, "KNOWN_FOR", 0.0)
    machine = await add_machine(per_minute=100)
    headers = await machine.bearer(client)
    for limit in (50, 5):
        assert (await client.get(ADDRESS, headers=headers)).status_code == 200
        version = 2 if limit == 50 else 3
        async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
            await actions.change_client(
                uow, permissions(), machine.id, version, a_form(per_minute=limit), harmless=HARMLESS
            )
        told = (await client.get(ADDRESS, headers=headers)).headers["ratelimit-policy"]
        assert told == f'"requests";q={limit};w=60'
