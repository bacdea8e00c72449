"""Signing out ends the provider's session too, and the provider's end of one ends ours."""

import re
import time
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar

from careshare.app import create_app
from careshare.identity import SESSION_COOKIE
from careshare.settings import Settings
from careshare.signin.claims import LOGOUT_EVENT
from careshare.signin.discovery import directory_of
from careshare.signin.protocol import LOGOUT
from tests.fixtures.live import serving
from tests.signin.conftest import ORIGIN, Providers, add_provider, onward, set_out, sign_in
from tests.signin.issuer import Issuer, issuing, new_key
from tests.signin.test_faults import answer_to
from tests.world import World, submit

FINDER = "placement-finder@ashmoor.example"


async def test_signing_out_ends_the_providers_session_too(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    assert (await sign_in(client, outside, FINDER)).status_code == 303
    leaving = onward(await submit(client, "/", {}, to="/sign-out"))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(leaving).query).items()}
    assert asked["post_logout_redirect_uri"] == f"{ORIGIN}/signed-out"
    assert len(asked["id_token_hint"].split(".")) == 3
    assert (await client.get("/")).status_code == 303, "ours has ended before they go on"
    confirm = await outside.get(leaving)
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', confirm.text))
    address = unescape(re.findall(r'action="([^"]+)"', confirm.text)[0])
    ended = await outside.post(address, data={**form, "logout": "yes"})
    assert ended.headers["location"] == f"{ORIGIN}/signed-out"
    assert "You have signed out" in (await client.get("/signed-out")).text


async def test_the_provider_ends_our_session_when_its_own_ends(
    client: httpx.AsyncClient,
    outside: httpx.AsyncClient,
    world: World,
    providers: Providers,
    issuers: list[str],
    public: Settings,
) -> None:
    """Back-channel logout, as the provider itself sends it to the application behind a real server."""
    async with serving(create_app(public)) as address:
        await outside.post(f"{issuers[0]}/_test", json={"app": address})
        assert (await sign_in(client, outside, FINDER)).status_code == 303
        assert (await client.get("/")).status_code == 200
        confirm = await outside.get(f"{issuers[0]}/session/end")
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', confirm.text))
        action = unescape(re.findall(r'action="([^"]+)"', confirm.text)[0])
        await outside.post(action, data={**form, "logout": "yes"})
    assert (await client.get("/")).status_code == 303


@pytest_asyncio.fixture(scope="module")
async def issuer(settings: Settings, world: World) -> AsyncIterator[Issuer]:
    async with issuing() as made:
        await add_provider(settings, world.c, made.address)
        yield made


def logout_token(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    honest = {
        "iss": issuer.address,
        "aud": "careshare",
        "iat": now,
        "exp": now + 60,
        "jti": "x",
        "events": {LOGOUT_EVENT: {}},
        "sub": "subject-c",
    }
    return {name: value for name, value in {**honest, **changed}.items() if value is not None}


@pytest_asyncio.fixture
async def inside(client: httpx.AsyncClient, issuer: Issuer) -> httpx.AsyncClient:
    """Caldergarth's finder, signed in."""
    leaving = await set_out(client, "placement-finder@caldergarth.example")
    claims = issuer.claims(leaving, sub="subject-c", email="placement-finder@caldergarth.example", sid="s1")
    issuer.id_token = issuer.sign(claims)
    assert (await client.get(answer_to(leaving))).status_code == 303
    return client


async def told(client: httpx.AsyncClient, token: str) -> int:
    session = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    answer = await client.post(LOGOUT, data={"logout_token": token})
    client.cookies.set(SESSION_COOKIE, session)
    return answer.status_code


@pytest.mark.parametrize("named", [{"sid": "s1", "sub": None}, {"sid": None}])
async def test_a_logout_token_ends_the_session_it_names_or_all_of_the_account(
    inside: httpx.AsyncClient, issuer: Issuer, named: dict[str, Any]
) -> None:
    assert await told(inside, issuer.sign(logout_token(issuer, **named))) == 200
    assert (await inside.get("/")).status_code == 303


NOT_ONE = {
    "an ID token": {"events": None, "nonce": "x"},
    "no event": {"events": {}},
    "a nonce": {"nonce": "x"},
    "another audience": {"aud": "somebody"},
    "another issuer": {"iss": "https://other.example"},
    "expired": {"exp": int(time.time()) - 120},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("changed", NOT_ONE.values(), ids=NOT_ONE)
async def test_what_is_no_logout_token_ends_nothing(
    inside: httpx.AsyncClient, issuer: Issuer, changed: dict[str, Any]
) -> None:
    assert await told(inside, issuer.sign(logout_token(issuer, **changed))) == 400
    assert (await inside.get("/")).status_code == 200


async def test_a_forged_logout_token_ends_nothing(inside: httpx.AsyncClient, issuer: Issuer) -> None:
    forged = issuer.sign(logout_token(issuer), new_key("first"))
    assert await told(inside, forged) == 400
    assert await told(inside, "x") == 400
    assert await told(inside, "") == 400
    assert (await inside.get("/")).status_code == 200


async def test_signing_out_works_while_the_provider_is_away(
    app: Litestar, inside: httpx.AsyncClient, issuer: Issuer, settings: Settings
) -> None:
    issuer.broken = True
    directory_of(settings)._kept.clear()
    answer = await submit(inside, "/", {}, to="/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert (await inside.get("/")).status_code == 303
    issuer.broken = False
    directory_of(settings)._kept.clear()
