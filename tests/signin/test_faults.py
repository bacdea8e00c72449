"""Tokens no honest provider would send, keys that change, and providers that are away."""

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import pytest_asyncio
from joserfc.jwk import OctKey

from careshare.identity import SESSION_COOKIE
from careshare.settings import Settings
from careshare.signin import discovery
from careshare.signin.discovery import directory_of
from tenants.actions import as_owner
from tests.signin.conftest import add_provider, set_out
from tests.signin.issuer import In, Issuer, issuing, new_key, unsigned
from tests.world import World, submit

FINDER = "placement-finder@ashmoor.example"


@pytest_asyncio.fixture(scope="module")
async def issuer(settings: Settings, world: World) -> AsyncIterator[Issuer]:
    async with issuing() as made:
        await add_provider(settings, world.a, made.address)
        yield made


def answer_to(leaving: str) -> str:
    state = parse_qs(urlsplit(leaving).query)["state"][0]
    return f"/sign-in/back?{urlencode({'state': state, 'code': 'a-code'})}"


async def brought(client: httpx.AsyncClient, issuer: Issuer, make: Callable[[Issuer, str], str]) -> httpx.Response:
    """Set out, have the issuer answer with the token `make` makes, and come back."""
    leaving = await set_out(client, FINDER)
    issuer.id_token = make(issuer, leaving)
    return await client.get(answer_to(leaving))


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 400, answer.headers
    assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")
    assert "We could not sign you in" in answer.text


def saying(**changed: Any) -> Callable[[Issuer, str], str]:
    return lambda issuer, leaving: issuer.sign(issuer.claims(leaving, **changed))


async def test_an_honest_token_signs_in_and_the_verifier_answers_the_challenge(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    leaving = await set_out(client, FINDER)
    issuer.id_token = issuer.sign(issuer.claims(leaving))
    assert (await client.get(answer_to(leaving))).status_code == 303
    challenge = base64.urlsafe_b64encode(hashlib.sha256(issuer.given["code_verifier"].encode()).digest())
    assert challenge.rstrip(b"=").decode() == parse_qs(urlsplit(leaving).query)["code_challenge"][0]
    assert issuer.given["code"] == "a-code"


WRONG: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://other.example"},
    "an issuer that begins like ours": {"iss": "http://127.0.0.1"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another-client"},
    "no audience": {"aud": None},
    "several audiences and no party": {"aud": ["careshare", "another-client"]},
    "another party": {"azp": "another-client"},
    "expired": {"iat": In(-500), "exp": In(-120)},
    "never ends": {"exp": None},
    "ends at no number": {"exp": "tomorrow"},
    "not yet valid": {"nbf": In(600)},
    "issued in the future": {"iat": In(600)},
    "issued long ago": {"iat": In(-3600)},
    "no time of issue": {"iat": None},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "a list of nonces": {"nonce": ["a"]},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
async def test_a_token_that_says_something_wrong_is_refused(
    client: httpx.AsyncClient, issuer: Issuer, changed: dict[str, Any]
) -> None:
    refused(await brought(client, issuer, saying(**changed)))


def forged(issuer: Issuer, leaving: str) -> str:
    """Signed with another key under the name of the right one."""
    return issuer.sign(issuer.claims(leaving), new_key("first"))


def nothing(issuer: Issuer, leaving: str) -> str:
    return unsigned(issuer.claims(leaving), {"alg": "none", "kid": "first"})


def none_in_capitals(issuer: Issuer, leaving: str) -> str:
    return unsigned(issuer.claims(leaving), {"alg": "None", "kid": "first"})


def confused(issuer: Issuer, leaving: str) -> str:
    """HS256 with the public key, which everybody knows, as its secret."""
    claims, header = issuer.claims(leaving), {"alg": "HS256", "kid": "first"}
    unfinished = unsigned(claims, header).removesuffix(".")
    mac = hmac.digest(issuer.key.as_pem(private=False), unfinished.encode(), hashlib.sha256)
    return unsigned(claims, header, base64.urlsafe_b64encode(mac).rstrip(b"=").decode())


def client_secret(issuer: Issuer, leaving: str) -> str:
    """HS256 with the client secret, as OpenID Connect would allow."""
    return issuer.sign(
        issuer.claims(leaving), OctKey.import_key("the client secret that only these tests know"), alg="HS256"
    )


def its_own_key(issuer: Issuer, leaving: str) -> str:
    """The key to check it with comes in the token."""
    other = new_key("first")
    return issuer.sign(issuer.claims(leaving), other, jwk=other.as_dict(private=False))


def changed_after(issuer: Issuer, leaving: str) -> str:
    signed = issuer.sign(issuer.claims(leaving))
    return unsigned(issuer.claims(leaving, sub="somebody-else"), {"alg": "RS256", "kid": "first"}, signed.split(".")[2])


def no_token(issuer: Issuer, leaving: str) -> str:
    return "x"


FORGERIES = [forged, nothing, none_in_capitals, confused, client_secret, its_own_key, changed_after, no_token]


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_is_refused(
    client: httpx.AsyncClient, issuer: Issuer, forgery: Callable[[Issuer, str], str]
) -> None:
    refused(await brought(client, issuer, forgery))


async def test_a_new_key_is_fetched_once_and_an_unknown_one_is_refused(
    client: httpx.AsyncClient, issuer: Issuer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await brought(client, issuer, saying())).status_code == 303
    clock = [time.monotonic() + discovery.REFRESH_AT_MOST + 1]
    monkeypatch.setattr("careshare.signin.discovery.monotonic", lambda: clock[0])
    before = issuer.asked_for_keys
    stranger = new_key("unknown")

    def unknown(issuer: Issuer, leaving: str) -> str:
        return issuer.sign(issuer.claims(leaving), stranger, kid="unknown")

    refused(await brought(client, issuer, unknown))
    assert issuer.asked_for_keys == before + 1, "one refresh"
    refused(await brought(client, issuer, unknown))
    assert issuer.asked_for_keys == before + 1, "and not again so soon"

    second = new_key("second")
    issuer.published = [issuer.key, second]
    clock[0] += discovery.REFRESH_AT_MOST + 1

    def rotated(issuer: Issuer, leaving: str) -> str:
        return issuer.sign(issuer.claims(leaving), second, kid="second")

    assert (await brought(client, issuer, rotated)).status_code == 303
    assert issuer.asked_for_keys == before + 2
    monkeypatch.undo()


async def test_a_provider_that_is_down_is_said_and_who_is_signed_in_carries_on(
    client: httpx.AsyncClient, issuer: Issuer, world: World, settings: Settings
) -> None:
    assert (await brought(client, issuer, saying())).status_code == 303
    issuer.broken = True
    directory_of(settings)._kept.clear()
    answer = await submit(client, "/sign-in", {"email": FINDER}, to="/sign-in/email")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"
    assert "Ashmoor sign-in is not answering" in answer.text
    assert "carry on" in answer.text
    assert 'href="/break-glass"' in answer.text
    assert (await client.get("/")).status_code == 200
    issuer.broken = False
    directory_of(settings)._kept.clear()


async def test_a_provider_that_says_it_is_another_is_not_used(
    client: httpx.AsyncClient, issuer: Issuer, settings: Settings, world: World
) -> None:
    issuer.describes_itself_as = "https://another.example"
    directory_of(settings)._kept.clear()
    answer = await submit(client, "/sign-in", {"email": FINDER}, to="/sign-in/email")
    assert answer.status_code == 503
    issuer.describes_itself_as = ""
    directory_of(settings)._kept.clear()


@dataclass
class Step:
    changed: dict[str, Any]
    lets: bool


STEPS = {
    "just now": Step({"auth_time": In(30)}, lets=True),
    "an hour ago": Step({"auth_time": In(-3600)}, lets=False),
    "never said": Step({}, lets=False),
    "somebody else": Step({"auth_time": In(30), "sub": "subject-2"}, lets=False),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
async def test_stepping_up_asks_the_provider_anew(
    client: httpx.AsyncClient, issuer: Issuer, world: World, settings: Settings, step: Step
) -> None:
    assert (await brought(client, issuer, saying())).status_code == 303
    before = client.cookies[SESSION_COOKIE]
    leaving = (await client.get("/sign-in/again?next=/sessions")).text
    leaving = leaving.partition('id="onward" href="')[2].partition('"')[0].replace("&amp;", "&")
    asked = parse_qs(urlsplit(leaving).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    issuer.id_token = issuer.sign(issuer.claims(leaving, **step.changed))
    answer = await client.get(answer_to(leaving))
    stepped = "select count(*) from identity.session where person_id = $1 and stepped_up_at is not null"
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        marked = await owner.fetchval(stepped, world.a.people["placement_finder"])
        await owner.execute("update identity.session set stepped_up_at = null")
    if step.lets:
        assert (answer.status_code, answer.headers["location"]) == (303, "/sessions")
        assert client.cookies[SESSION_COOKIE] != before, "the session has a new secret"
        assert marked == 1
    else:
        assert answer.status_code == 400
        assert marked == 0
        assert (await client.get("/")).status_code == 200, "still signed in as before"


async def test_the_demonstrations_session_has_no_provider_to_ask(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a, "director")
    answer = await client.get("/sign-in/again")
    assert answer.status_code == 403
    assert "did not sign in through your council" in answer.text
