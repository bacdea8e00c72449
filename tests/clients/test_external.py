"""Access tokens of an authority's own provider: its machine is let in with its client's scopes, and nobody else is."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from careshare.clients import actions
from careshare.clients.external import application_of
from careshare.database import Database
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.clients.conftest import HARMLESS, AddMachine, a_form, permissions
from tests.signin.conftest import AUDIENCE, MACHINE, SECRET, accept, add_provider
from tests.signin.conftest import issuers as issuers  # noqa: PLC0414  # a fixture
from tests.signin.issuer import Issuer, issuing, new_key, unsigned
from tests.world import World

ADDRESS = "/api/v1/households"


@pytest_asyncio.fixture(scope="module")
async def issuer(settings: Settings, world: World) -> AsyncIterator[Issuer]:
    """Ashmoor's provider, whose every token a test writes itself."""
    async with issuing() as made:
        await add_provider(settings, world.a, made.address)
        yield made


def claims(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    """What a provider's token for a machine says; what is changed to None is left out."""
    now = int(time.time())
    said = {"iss": issuer.address, "aud": AUDIENCE, "client_id": "app-1", "sub": "app-1", "iat": now, "exp": now + 300}
    return {name: value for name, value in {**said, **changed}.items() if value is not None}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def calls(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get(ADDRESS, headers=bearer(token))).status_code


async def test_a_machine_of_a_real_provider_is_let_in_for_its_own_authority_alone(
    client: httpx.AsyncClient, world: World, settings: Settings, add_machine: AddMachine, issuers: list[str]
) -> None:
    for authority, address in ((world.a, issuers[0]), (world.b, issuers[1])):
        await add_provider(settings, authority, address)
    machine = await add_machine(world.a, external_id=MACHINE)
    tokens: list[str] = []
    async with httpx.AsyncClient(timeout=20) as outside:
        for address in issuers:
            form = {"grant_type": "client_credentials", "resource": AUDIENCE, "scope": "api"}
            answer = await outside.post(f"{address}/token", data=form, auth=(MACHINE, SECRET))
            assert answer.status_code == 200, answer.text
            tokens.append(answer.json()["access_token"])
    first = await client.get(ADDRESS, headers=bearer(tokens[0]))
    assert first.status_code == 200, first.text
    assert first.headers["ratelimit-policy"] == '"requests";q=600;w=60'
    assert (await client.get("/api/v1/unmet-needs", headers=bearer(tokens[0]))).status_code == 403
    assert await calls(client, tokens[1]) == 401, "Birkdale's provider says nothing for Ashmoor's client"
    async with as_owner(settings) as owner:
        row = await owner.fetchrow(
            "select t.authority_id, t.scopes, c.last_used_at from identity.token t join identity.client c"
            " on c.id = t.client_id where c.id = $1",
            machine.id,
        )
    assert row is not None
    assert (row["authority_id"], row["scopes"]) == (world.a.id, ["household:read", "placement:search"])
    assert row["last_used_at"] is not None


async def test_what_no_honest_provider_would_send_is_one_answer(
    client: httpx.AsyncClient, issuer: Issuer, add_machine: AddMachine
) -> None:
    await add_machine(external_id="app-1")
    now = int(time.time())
    honest = claims(issuer)
    assert await calls(client, issuer.sign(honest)) == 200
    header = {"alg": "HS256", "kid": issuer.key.kid}
    mac = hmac.digest(issuer.key.as_pem(private=False), unsigned(honest, header)[:-1].encode(), "sha256")
    wrong = {
        "another issuer": issuer.sign(claims(issuer, iss="http://127.0.0.1:9/elsewhere")),
        "another audience": issuer.sign(claims(issuer, aud="https://graph.example")),
        "our sign-in's audience": issuer.sign(claims(issuer, aud="careshare")),
        "expired": issuer.sign(claims(issuer, exp=now - 3600)),
        "expired within the leeway": issuer.sign(claims(issuer, exp=now - 5)),
        "not yet valid": issuer.sign(claims(issuer, nbf=now + 3600)),
        "issued tomorrow": issuer.sign(claims(issuer, iat=now + 86_400)),
        "without an end": issuer.sign(claims(issuer, exp=None)),
        "no signature": unsigned(honest, {"alg": "none"}),
        "no signature, key named": unsigned(honest, {"alg": "none", "kid": issuer.key.kid}),
        "signed with what is public": unsigned(honest, header, urlsafe_b64encode(mac).decode().rstrip("=")),
        "another key": issuer.sign(honest, new_key("first")),
        "an unknown key": issuer.sign(honest, new_key("unheard-of"), kid="unheard-of"),
        "an ID token": issuer.sign(claims(issuer, nonce="n")),
        "an application nobody added": issuer.sign(claims(issuer, client_id="app-9", sub="app-9")),
        "for a person": issuer.sign(claims(issuer, sub="somebody")),
        "for a person of Entra ID": issuer.sign(claims(issuer, client_id=None, azp="app-1", scp="access", oid="o")),
        "no application": issuer.sign(claims(issuer, client_id=None)),
        "nonsense": "a.b.c",
        "words": "nobody",
    }
    answers = {why: await client.get(ADDRESS, headers=bearer(token)) for why, token in wrong.items()}
    assert {why: answer.status_code for why, answer in answers.items() if answer.status_code != 401} == {}
    assert len({answer.content for answer in answers.values()}) == 1


async def test_a_client_revoked_or_narrowed_is_refused_on_its_next_request(
    client: httpx.AsyncClient, world: World, database: Database, issuer: Issuer, add_machine: AddMachine
) -> None:
    machine, other = await add_machine(external_id="app-2"), await add_machine(external_id="app-3")
    token = issuer.sign(claims(issuer, client_id="app-2", sub="app-2"))
    third = issuer.sign(claims(issuer, client_id="app-3", sub="app-3"))
    assert [await calls(client, token), await calls(client, third)] == [200, 200]
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        narrow = a_form(scopes=["placement:search"], external_id="app-2")
        await actions.change_client(uow, permissions(), machine.id, 2, narrow, harmless=HARMLESS)
        renamed = a_form(external_id="app-3-new")
        await actions.change_client(uow, permissions(), other.id, 2, renamed, harmless=HARMLESS)
    assert [await calls(client, token), await calls(client, third)] == [403, 401]
    async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
        await actions.revoke(uow, machine.id)
    assert await calls(client, token) == 401
    again = issuer.sign(claims(issuer, client_id="app-2", sub="app-2", jti="another"))
    assert await calls(client, again) == 401


async def test_where_two_authorities_share_a_provider_its_tokens_are_its_keepers_systems_alone(
    client: httpx.AsyncClient, world: World, settings: Settings, issuer: Issuer, add_machine: AddMachine
) -> None:
    """Else whoever names another council's application would have its tokens act for them, and read what it writes."""
    async with as_owner(settings) as owner:
        provider = await owner.fetchval("select id from tenants.provider where issuer = $1", issuer.address)
        await accept(owner, provider, world.b, "birkdale.example")
    await add_machine(world.b, external_id="app-4")
    one = issuer.sign(claims(issuer, client_id="app-4", sub="app-4"))
    assert await calls(client, one) == 401, "Ashmoor keeps the provider and has not added the application"
    mine = await add_machine(world.a, external_id="app-4")
    two = issuer.sign(claims(issuer, client_id="app-4", sub="app-4", jti="2"))
    assert await calls(client, two) == 200, "Birkdale's naming it too changes nothing"
    async with as_owner(settings) as owner:
        assert (
            await owner.fetch(
                "select distinct client_id from identity.token where provider_id = $1 and"
                " external_hash is not null and authority_id = $2",
                provider,
                world.b.id,
            )
            == []
        )
        assert await owner.fetchval("select count(*) from identity.token where client_id = $1", mine.id) == 1


async def test_a_token_for_two_of_an_issuers_audiences_is_for_nobody(
    client: httpx.AsyncClient, world: World, settings: Settings, add_machine: AddMachine
) -> None:
    """Two councils of one issuer each have an application and an audience of their own; a token names one of them."""
    async with issuing() as shared:
        ours, theirs = "https://api.ashmoor.example", "https://api.birkdale.example"
        await add_provider(settings, world.a, shared.address, client="of-ashmoor", audience=ours)
        await add_provider(settings, world.b, shared.address, client="of-birkdale", audience=theirs)
        await add_machine(world.a, external_id="app-6")

        def token(audience: object) -> str:
            return shared.sign(claims(shared, client_id="app-6", sub="app-6", aud=audience))

        assert await calls(client, token(ours)) == 200
        assert await calls(client, token(theirs)) == 401, "Ashmoor's client is not Birkdale's"
        assert await calls(client, token([ours, theirs])) == 401


async def test_tokens_of_a_provider_end_with_it_and_with_its_being_accepted(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database, add_machine: AddMachine
) -> None:
    end = (
        "update tenants.provider_domain set during = daterange(lower(during) - 1, current_date) where provider_id = $1"
    )
    async with issuing() as first, issuing() as second:
        providers = [await add_provider(settings, world.a, one.address) for one in (first, second)]
        await add_machine(world.a, external_id="app-5")
        tokens = [one.sign(claims(one, client_id="app-5", sub="app-5")) for one in (first, second)]
        assert [await calls(client, token) for token in tokens] == [200, 200]
        async with as_owner(settings) as owner:
            await owner.execute(end, providers[0])
        assert [await calls(client, token) for token in tokens] == [401, 200]
        async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
            assert await uow.scalar(text("select tenants.end_provider(:provider)"), {"provider": providers[1]})
        assert await calls(client, tokens[1]) == 401


async def test_a_provider_that_is_away_is_no_refusal(
    client: httpx.AsyncClient, world: World, settings: Settings, issuer: Issuer
) -> None:
    await add_provider(settings, world.c, "http://127.0.0.1:1")
    answer = await client.get(ADDRESS, headers=bearer(issuer.sign(claims(issuer, iss="http://127.0.0.1:1"))))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"client_id": "a", "sub": "a"}, "a"),
        ({"client_id": "a"}, "a"),
        ({"client_id": "a", "sub": "person"}, None),
        ({"azp": "a", "oid": "o", "sub": "o", "idtyp": "app"}, "a"),
        ({"appid": "a", "oid": "o", "sub": "o"}, "a"),
        ({"appid": "a", "oid": "o", "sub": "another"}, None),
        ({"azp": "a", "oid": "o", "sub": "o", "idtyp": "user"}, None),
        ({"azp": "a", "scp": "x"}, None),
        ({"client_id": ["a"]}, None),
        ({}, None),
    ],
)
def test_the_application_is_found_where_standards_put_it(said: dict[str, Any], found: str | None) -> None:
    application = application_of({**said, "exp": 9})
    assert (application and application.id) == found
    assert application_of(said) is None, "a token without an end is none"
