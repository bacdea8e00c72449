"""Two councils with an identity provider each: npm oidc-provider, which nobody here wrote, on loopback."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from sqlalchemy import text

from careshare.app import create_app
from careshare.database import Database
from careshare.second_person.telling import PATH as SECOND
from careshare.settings import Settings
from careshare.signin.protocol import CLIENT_USE
from careshare.signin.secrets import seal
from tenants.actions import as_owner
from tests.fixtures.live import started
from tests.fixtures.servers import ROOT
from tests.world import World, WorldAuthority, submit

SECRET = "the client secret that only these tests know"
CLIENT = "careshare"
MACHINE = "a-machine"
AUDIENCE = "https://api.careshare.test"
TENANT = "11111111-2222-3333-4444-555555555555"
ORIGIN = "http://careshare.test"


def hint(authority: str, role: str) -> str:
    """The address of the world's person in that role."""
    return f"{role.replace('_', '-')}@{authority.lower()}.example"


def issuer(authority: str, accounts: dict[str, dict[str, Any]], *, userinfo: bool) -> dict[str, Any]:
    return {
        "clients": [
            {
                "client_id": CLIENT,
                "client_secret": SECRET,
                "redirect_uris": [f"{ORIGIN}/sign-in/back"],
                "post_logout_redirect_uris": [f"{ORIGIN}/signed-out"],
                "backchannel_logout_uri": f"{ORIGIN}/oauth/back-channel-logout",
                "backchannel_logout_session_required": True,
            },
            {
                "client_id": MACHINE,
                "client_secret": SECRET,
                "grant_types": ["client_credentials"],
                "redirect_uris": [],
                "response_types": [],
            },
        ],
        "accounts": accounts,
        "userinfo": userinfo,
        "audience": AUDIENCE,
    }


def account(address: str, **more: Any) -> dict[str, Any]:
    return {"hint": address, "email": address, "email_verified": True, "preferred_username": address, **more}


ASHMOOR = {
    "finder-1": account("placement-finder@ashmoor.example"),
    "director-1": account("director@ashmoor.example"),
    "hours-1": account("out-of-hours@ashmoor.example"),
    "stranger-1": account("stranger@ashmoor.example"),
    "impostor-1": account("reviewing-officer@ashmoor.example", email_verified=False),
    "finder-2": account("placement-finder@ashmoor.example", hint="second-account@ashmoor.example"),
    "leaver-1": account("payments@ashmoor.example"),
    "support-1": account("sam@ashmoor.example"),
}
BIRKDALE = {
    "b-finder": account("placement-finder@birkdale.example", tid=TENANT, oid="oid-of-finder", groups=["g-finders"]),
    "b-manager": account(
        "team-manager@birkdale.example",
        tid=TENANT,
        oid="oid-of-manager",
        _claim_names={"groups": "src1"},
    ),
    "b-guest": account("director@birkdale.example", tid="99999999-2222-3333-4444-555555555555", oid="oid-of-guest"),
    "b-social": account("social-worker@birkdale.example", tid=TENANT, oid="oid-of-social", groups=["g-others"]),
}


@pytest_asyncio.fixture(scope="session")
async def issuers() -> AsyncIterator[list[str]]:
    """The addresses of Ashmoor's and Birkdale's issuers."""
    if shutil.which("node") is None and not (ROOT / ".venv/node").exists():
        pytest.fail("node is needed: tools/node.sh brings it")
    given = [issuer("Ashmoor", ASHMOOR, userinfo=True), issuer("Birkdale", BIRKDALE, userinfo=False)]
    process = await asyncio.create_subprocess_exec(
        str(ROOT / "tools/node.sh"),
        "node",
        str(Path(__file__).with_name("provider.mjs")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(given).encode() + b"\n")
    await process.stdin.drain()
    async with asyncio.timeout(60):
        addresses = msgspec.json.decode(await process.stdout.readline(), type=list[str])
    yield addresses
    process.stdin.close()
    await process.wait()


@dataclass(frozen=True)
class Providers:
    """The rows that make the issuers known."""

    ashmoor: UUID
    birkdale: UUID


async def add_provider(
    settings: Settings,
    authority: WorldAuthority,
    at: str,
    *,
    tenant: str | None = None,
    client: str = CLIENT,
    audience: str = AUDIENCE,
) -> UUID:
    """A provider of the authority for addresses of its domain."""
    async with as_owner(settings) as owner:
        made: UUID = await owner.fetchval(
            "insert into tenants.provider (owner_id, title, kind, issuer, tenant_id, client_id, client_secret,"
            " api_audience) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id",
            authority.id,
            f"{authority.name} sign-in",
            "entra" if tenant else "oidc",
            at,
            tenant,
            client,
            seal(settings.secret_key, CLIENT_USE, SECRET),
            audience,
        )
        await accept(owner, made, authority, f"{authority.name.lower()}.example")
    return made


async def approve(owner: Any, authority: WorldAuthority, domain: str) -> None:
    """The domain is approved for the authority, since long ago."""
    await owner.execute(
        """insert into tenants.email_domain (authority_id, domain, during, source)
           select $1, $2, '[2020-01-01,)', 'operator'
           where not exists (select from tenants.email_domain where authority_id = $1 and domain = $2)""",
        authority.id,
        domain,
    )


async def accept(owner: Any, provider: UUID, authority: WorldAuthority, domain: str) -> None:
    """Let the authority's people of this domain sign in through the provider: the domain is approved for it."""
    await approve(owner, authority, domain)
    await owner.execute(
        "insert into tenants.provider_domain (provider_id, authority_id, domain, during, vouched_id)"
        " values ($1, $2, $3, daterange(current_date, null), $2)",
        provider,
        authority.id,
        domain,
    )


async def agree(database: Database, world: World, authority: WorldAuthority) -> str | None:
    """The authority's director agrees to what its administrator asked for last; what became of it."""
    newest = text("select id from tenants.sign_in_request where decided_at is null order by id desc limit 1")
    async with database.bound(world.acting(authority, "director", "second_person:agree")) as uow:
        which = (await uow.execute(newest)).scalar_one()
        outcome: str | None = await uow.scalar(text("select tenants.agree_to_sign_in(:id)"), {"id": which})
        return outcome


async def director_agrees(client: httpx.AsyncClient, world: World, authority: WorldAuthority) -> None:
    """The authority's director agrees on the page to all that waits; this browser is theirs then."""
    await world.sign_in(client, authority, "director", stepped_up=True)
    found = re.findall(rf'href="({SECOND}/sign-in/[0-9a-f-]{{36}})"', (await client.get(SECOND)).text)
    assert found, "nothing waits"
    for path in found:
        assert (await submit(client, path, {}, to=path)).headers["location"] == SECOND


@pytest_asyncio.fixture(scope="module")
async def public(settings: Settings) -> Settings:
    """The settings of a service that people reach by name."""
    return replace(settings, public_url=ORIGIN)


@pytest_asyncio.fixture(scope="module")
async def app(public: Settings) -> AsyncIterator[Litestar]:
    """The whole application, which knows its own address."""
    async with started(create_app(public)) as application:
        yield application


@pytest_asyncio.fixture(scope="module")
async def providers(settings: Settings, world: World, issuers: list[str]) -> Providers:
    """Ashmoor's plain OpenID provider, and Birkdale's that is taken for Entra ID."""
    return Providers(
        await add_provider(settings, world.a, issuers[0]),
        await add_provider(settings, world.b, issuers[1], tenant=TENANT),
    )


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[httpx.AsyncClient]:
    """The same person's browser at the provider."""
    async with httpx.AsyncClient(timeout=20) as browser:
        yield browser


def onward(answer: httpx.Response) -> str:
    """Where a page that moves on by itself leads; the link says the same."""
    assert answer.status_code == 200, answer.text
    link = unescape(answer.text.partition('id="onward" href="')[2].partition('"')[0])
    assert f'content="0; url={link}"' in unescape(answer.text)
    return link


async def follow(outside: httpx.AsyncClient, address: str) -> str:
    """Sign in at the provider; the path it leads back to."""
    for _ in range(10):
        answer = await outside.get(address)
        assert answer.is_redirect, answer.text
        address = str(answer.next_request.url) if answer.next_request else ""
        if address.startswith(ORIGIN):
            parts = urlsplit(address)
            return f"{parts.path}?{parts.query}"
    pytest.fail("the provider goes round in circles")


async def set_out(client: httpx.AsyncClient, address: str, after: str = "/") -> str:
    """Ask to sign in; where that leads."""
    return onward(await submit(client, "/sign-in", {"email": address, "next": after}, to="/sign-in/email"))


async def sign_in(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, address: str, after: str = "/"
) -> httpx.Response:
    """The whole way: the address, the provider, and back; our answer to what the provider brought."""
    return await client.get(await follow(outside, await set_out(client, address, after)))
