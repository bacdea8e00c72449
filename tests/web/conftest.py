"""The sample application, called without a server."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from tests.web.sample import sample_app, settings_of


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return sample_app(settings_of("test", tmp_path_factory.mktemp("web")))


@pytest.fixture(scope="session")
def production_app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    return sample_app(settings_of("production", tmp_path_factory.mktemp("web")))


def caller(app: Litestar, base_url: str = "http://careshare.test") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url)


@pytest.fixture
async def web(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who is not signed in."""
    async with caller(app) as client:
        yield client


@pytest.fixture
async def production(production_app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """The same, over HTTPS, in a real service."""
    async with caller(production_app, "https://careshare.test") as client:
        yield client
