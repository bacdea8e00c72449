"""Administrators of the invented world, and the directory of its first authority."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from careshare.app import create_app
from careshare.settings import Settings
from tests.fixtures.live import serving
from tests.world import World

Api = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def administrator(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    """A browser in which Ashmoor's administrator is signed in."""
    await world.sign_in(client, world.a, "authority_administrator", stepped_up=True)
    return client


@pytest_asyncio.fixture(scope="module")
async def served(settings: Settings, world: World) -> AsyncIterator[str]:
    """The application behind a real HTTP server: its address."""
    async with serving(create_app(settings)) as address:
        yield address


@pytest_asyncio.fixture
async def directory(served: str, world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Ashmoor's directory: a caller with a token for provisioning and nothing else, over a real connection."""
    headers = await world.bearer(world.a, "api_client", ["scim:provision"])
    async with httpx.AsyncClient(
        base_url=f"{served}/scim/v2", headers={**headers, "Content-Type": "application/scim+json"}
    ) as caller:
        yield caller


def user(name: str, **given: Any) -> dict[str, Any]:
    """A User as a directory sends it."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"{name}@ashmoor.example",
        "externalId": f"ext-{name}",
        "name": {"givenName": name.title(), "familyName": "Provisioned"},
        "active": True,
        **given,
    }


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """A PATCH with these operations."""
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
