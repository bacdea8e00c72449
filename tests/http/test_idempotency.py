"""A creation sent twice with one Idempotency-Key creates one thing and answers alike; commits come before answers."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar, Request, Response, Router, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from sqlalchemy import text

from careshare.access import needs
from careshare.access.permissions import ROLES
from careshare.app import create_app
from careshare.database import Uow
from careshare.http import once
from careshare.service import Service
from careshare.settings import Settings
from tests.fixtures.live import started
from tests.world import World


class Thing(msgspec.Struct):
    """What is created."""

    name: str


made: list[str] = []
Key = Annotated[str | None, HeaderParameter(name="Idempotency-Key")]


@post("/things", opt=needs("own:act"))
async def create(
    request: Request[Any, Any, Any], uow: NamedDependency[Uow], data: JSONBody[Thing], key: Key = None
) -> Response[bytes]:
    """Create a thing."""

    async def do() -> tuple[Thing, str]:
        made.append(data.name)
        await asyncio.sleep(0.05)
        return data, f"/things/{len(made)}"

    return await once(request, uow, key, do)


@post("/failing", opt=needs("own:act"))
async def failing(uow: NamedDependency[Uow]) -> dict[str, str]:
    """Breaks a rule that is checked at commit, not before: the answer must not say it succeeded."""
    for statement in (
        "create temporary table one (n int primary key)",
        "create temporary table many (n int references one deferrable initially deferred) on commit drop",
        "insert into many values (1)",
    ):
        await uow.execute(text(statement))
    return {"status": "created"}


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    sample = Service(
        name="sample",
        title="Sample",
        permissions={"own:act": tuple(ROLES)},
        api=[Router("/", route_handlers=[create, failing])],
    )
    async with started(create_app(settings, found=[sample])) as application:
        yield application


@pytest_asyncio.fixture
async def headers(world: World) -> dict[str, str]:
    return await world.bearer(world.a, "director")


ADDRESS = "/api/v1/things"


async def test_without_a_key_each_request_creates(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    made.clear()
    for _ in range(2):
        assert (await client.post(ADDRESS, json={"name": "a"}, headers=headers)).status_code == 201
    assert made == ["a", "a"]


async def test_the_same_key_answers_alike_and_creates_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    made.clear()
    keyed = {**headers, "Idempotency-Key": "k1"}
    first = await client.post(ADDRESS, json={"name": "a"}, headers=keyed)
    second = await client.post(ADDRESS, json={"name": "a"}, headers=keyed)
    assert made == ["a"]
    assert (first.status_code, first.content, first.headers["location"]) == (
        second.status_code, second.content, second.headers["location"],
    )  # fmt: skip


async def test_twenty_at_once_with_one_key_create_once(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    made.clear()
    keyed = {**headers, "Idempotency-Key": "k2"}
    answers = await asyncio.gather(*(client.post(ADDRESS, json={"name": "a"}, headers=keyed) for _ in range(20)))
    assert made == ["a"]
    assert {answer.content for answer in answers} == {b'{"name":"a"}'}
    assert {answer.status_code for answer in answers} == {201}


async def test_a_key_used_for_something_else_is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    keyed = {**headers, "Idempotency-Key": "k3"}
    assert (await client.post(ADDRESS, json={"name": "a"}, headers=keyed)).status_code == 201
    answer = await client.post(ADDRESS, json={"name": "b"}, headers=keyed)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_keys_belong_to_one_caller(client: httpx.AsyncClient, world: World, headers: dict[str, str]) -> None:
    made.clear()
    for who in (headers, await world.bearer(world.b, "director"), await world.bearer(world.a, "team_manager")):
        answer = await client.post(ADDRESS, json={"name": "a"}, headers={**who, "Idempotency-Key": "k4"})
        assert answer.status_code == 201
    assert len(made) == 3


@pytest.mark.parametrize("key", ["x" * 256, "\x7f"])
async def test_a_key_that_cannot_be_one_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], key: str
) -> None:
    answer = await client.post(ADDRESS, json={"name": "a"}, headers={**headers, "Idempotency-Key": key})
    assert answer.status_code == 400


async def test_a_commit_that_fails_is_an_error_the_caller_sees(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post("/api/v1/failing", headers=headers)
    assert answer.status_code >= 400
    assert b"created" not in answer.content


async def test_json_nested_without_end_is_the_callers_fault(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.post(
        ADDRESS, content=b'{"name":' + b"[" * 100_000, headers={**headers, "Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
