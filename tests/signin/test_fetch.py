"""Addresses that administrators type in lead to providers and nowhere else."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from litestar import Litestar, Response, get

from careshare.signin.fetch import LARGEST, Fetcher, is_public
from careshare.signin.model import ProviderDown
from careshare.signin.secrets import CannotOpen, seal, unseal
from tests.fixtures.live import serving

CAREFUL = Fetcher(careful=True)
CARELESS = Fetcher(careful=False)


@pytest.mark.parametrize(
    "address",
    [
        "http://sign-in.example",
        "ftp://sign-in.example",
        "file:///etc/passwd",
        "https://",
        "sign-in.example",
        "https://user:password@sign-in.example",
        "https://sign-in.example:port",
    ],
)
def test_only_https_addresses_are_called_in_production(address: str) -> None:
    with pytest.raises(ProviderDown):
        CAREFUL.check(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # an address to refuse
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "localhost",
    ],
)
def test_what_is_inside_is_not_public(host: str) -> None:
    assert not is_public(host)


def test_what_is_outside_is_public() -> None:
    assert is_public("20.190.128.1")
    assert is_public("2603:1006:2000::1")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_a_name_that_leads_inside_is_not_called_in_production(name: str) -> None:
    with pytest.raises(ProviderDown, match="private network"):
        await CAREFUL.get(f"https://{name}/.well-known/openid-configuration")


@pytest_asyncio.fixture(scope="module")
async def odd() -> AsyncIterator[str]:
    """A server that answers what no provider should."""

    @get("/away")
    async def away() -> Response[None]:
        return Response(None, status_code=302, headers={"Location": "/json"})

    @get("/json")
    async def plain() -> dict[str, Any]:
        return {"right": True}

    @get("/large")
    async def large() -> dict[str, Any]:
        return {"a": "x" * (LARGEST + 1)}

    @get("/text")
    async def words() -> Response[str]:
        return Response("<html>", media_type="text/html")

    @get("/list")
    async def listed() -> list[int]:
        return [1]

    async with serving(
        Litestar([away, plain, large, words, listed], openapi_config=None, logging_config=None)
    ) as address:
        yield address


async def test_an_object_is_read(odd: str) -> None:
    assert await CARELESS.get(f"{odd}/json") == {"right": True}


@pytest.mark.parametrize("path", ["away", "large", "text", "list", "not-there"])
async def test_redirects_large_answers_and_what_is_no_object_are_refused(odd: str, path: str) -> None:
    with pytest.raises(ProviderDown):
        await CARELESS.get(f"{odd}/{path}")


async def test_where_nobody_listens_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(ProviderDown, match="could not be reached"):
            await CARELESS.get(f"http://127.0.0.1:{port}/")


def test_a_secret_opens_with_its_key_for_its_use_alone() -> None:
    sealed = seal("k" * 32, "use", "the secret")
    assert "the secret" not in sealed
    assert unseal("k" * 32, "use", sealed) == "the secret"
    for key, use in (("j" * 32, "use"), ("k" * 32, "other")):
        with pytest.raises(CannotOpen):
            unseal(key, use, sealed)
