"""Calls to addresses that administrators typed in, so that none of them reaches what only this server may reach.

In production: HTTPS alone, and no host that has a private, loopback or link-local address. The address that was checked
is the address that is called, so a name that changes its mind in between gains nothing. Nowhere is a redirect followed,
a slow answer waited for, or a large one read.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpx
import msgspec

from careshare.signin.model import ProviderDown

LARGEST: Final = 512 * 1024
TIMEOUT: Final = httpx.Timeout(5.0)
PATIENCE: Final = 10.0
"""Seconds for one call altogether."""

ADDRESSES: Final = 3
"""Addresses of one name that are tried."""


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the JSON object that came with it; an empty one where there was none."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Makes the calls. `careful` is for production: see above."""

    careful: bool

    def check(self, address: str) -> httpx.URL:
        """The address, if we may call it at all. Raises ProviderDown."""
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, ValueError):
            raise ProviderDown("An address of the provider is not a web address.") from None
        schemes = {"https"} if self.careful else {"https", "http"}
        if url.scheme not in schemes or not url.host or url.userinfo:
            raise ProviderDown(f"The address {address[:200]} must begin with https:// and name a host.")
        return url

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at `address`. Raises ProviderDown."""
        answer = await self._send("GET", address, headers or {}, None)
        if answer.status != 200:
            raise ProviderDown(f"{address[:200]} answered with status {answer.status} instead of 200.")
        return answer.body

    async def post(self, address: str, body: str, headers: Mapping[str, str]) -> Answer:
        """What `address` answers to a form. Raises ProviderDown."""
        form = {"content-type": "application/x-www-form-urlencoded"}
        return await self._send("POST", address, {**headers, **form}, body)

    async def _send(self, method: str, address: str, headers: Mapping[str, str], body: str | None) -> Answer:
        url = self.check(address)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._first(url, method, headers, body)
        except TimeoutError:
            raise ProviderDown(f"{url.host} did not answer within {PATIENCE:.0f} seconds.") from None

    async def _first(self, url: httpx.URL, method: str, headers: Mapping[str, str], body: str | None) -> Answer:
        said = {"accept": "application/json", "host": url.netloc.decode(), **headers}
        hosts = await self._addresses(url) if self.careful else [url.host]
        last: Exception | None = None
        async with httpx.AsyncClient(verify=_tls(), timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client:
            for host in hosts[:ADDRESSES]:
                request = client.build_request(
                    method,
                    url.copy_with(host=host),
                    headers=said,
                    content=body,
                    extensions={"sni_hostname": url.host},
                )
                try:
                    return await _read(client, request)
                except httpx.ConnectError as error:
                    last = error
                except httpx.HTTPError as error:
                    raise ProviderDown(f"{url.host} did not answer ({type(error).__name__}).") from error
        raise ProviderDown(f"{url.host} could not be reached.") from last

    async def _addresses(self, url: httpx.URL) -> list[str]:
        port = url.port or 443
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ProviderDown(f"There is no host called {url.host}.") from error
        hosts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not hosts or any(not is_public(host) for host in hosts):
            raise ProviderDown(f"{url.host} is an address inside a private network, which we do not call.")
        return hosts


def is_public(host: str) -> bool:
    """Whether an address is one of the public internet."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(str(inner))
        if address in ipaddress.IPv6Network("64:ff9b::/96"):  # NAT64 leads to the address in its last 32 bits
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
    return address.is_global and not address.is_multicast


async def _read(client: httpx.AsyncClient, request: httpx.Request) -> Answer:
    response = await client.send(request, stream=True)
    try:
        content = bytearray()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > LARGEST:
                raise ProviderDown(f"{request.headers['host']} answered with more than we read.")
    finally:
        await response.aclose()
    try:
        body = msgspec.json.decode(bytes(content), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        if response.status_code == 200:
            raise ProviderDown(f"{request.headers['host']} did not answer with JSON.") from None
        body = {}
    return Answer(response.status_code, body)
