"""Access tokens that an authority's own provider issued for our API."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from careshare.database import Database
from careshare.settings import Settings
from careshare.signin.keys import verify_access_token
from careshare.signin.model import TokenWrong
from tests.signin.conftest import AUDIENCE, MACHINE, SECRET, Providers, add_provider
from tests.signin.issuer import In, Issuer, issuing, new_key, unsigned
from tests.world import World


@pytest_asyncio.fixture(scope="module")
async def issuer(settings: Settings, world: World) -> AsyncIterator[Issuer]:
    async with issuing() as made:
        await add_provider(settings, world.c, made.address)
        yield made


async def test_a_real_providers_token_is_known_as_its_own(
    settings: Settings, database: Database, providers: Providers, issuers: list[str], outside: httpx.AsyncClient
) -> None:
    for at, provider in zip(issuers, (providers.ashmoor, providers.birkdale), strict=True):
        form = {"grant_type": "client_credentials", "resource": AUDIENCE, "scope": "api"}
        answer = await outside.post(f"{at}/token", data=form, auth=(MACHINE, SECRET))
        token = answer.json()["access_token"]
        if provider == providers.birkdale:  # a client has no tenant there, and the tenant is pinned
            with pytest.raises(TokenWrong, match="tenant"):
                await verify_access_token(settings, token, database)
            continue
        found, claims = await verify_access_token(settings, token, database)
        assert found == provider
        assert claims["client_id"] == MACHINE


def said(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    honest = {"iss": issuer.address, "aud": AUDIENCE, "sub": "m", "client_id": "m", "iat": now, "exp": now + 60}
    return {name: value for name, value in {**honest, **changed}.items() if value is not None}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://other.example"}, "issuer"),
    "made out to our sign-in": ({"aud": "careshare"}, "issuer"),
    "made out to nobody": ({"aud": None}, "issuer"),
    "an ID token": ({"nonce": "x"}, "kind"),
    "expired": ({"exp": In(-120)}, "expired"),
    "not yet valid": ({"nbf": In(600)}, "not_yet_valid"),
}


@pytest.mark.parametrize(("changed", "why"), WRONG.values(), ids=WRONG)
async def test_a_token_that_is_not_for_us_is_refused(
    settings: Settings, database: Database, issuer: Issuer, changed: dict[str, Any], why: str
) -> None:
    assert (await verify_access_token(settings, issuer.sign(said(issuer)), database))[1]["client_id"] == "m"
    with pytest.raises(TokenWrong, match=f"^{why}$"):
        await verify_access_token(settings, issuer.sign(said(issuer, **changed)), database)


async def test_a_forged_token_is_refused(settings: Settings, database: Database, issuer: Issuer) -> None:
    tokens = {
        "signature": issuer.sign(said(issuer), new_key("first")),
        "algorithm": unsigned(said(issuer), {"alg": "none"}),
        "malformed": "x",
        "size": "x" * 100_000,
    }
    for why, token in tokens.items():
        with pytest.raises(TokenWrong, match=f"^{why}$"):
            await verify_access_token(settings, token, database)
