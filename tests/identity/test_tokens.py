"""Bearer tokens: ours, in date, not revoked, for their own authority and scopes; everything else is one answer."""

import time
from datetime import timedelta
from uuid import uuid4

import click
import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from careshare.identity import TokenRefused, read_token, sign_token
from careshare.identity.cli import _issue
from careshare.identity.tokens import AUDIENCE, ISSUER
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.world import World

ADDRESS = "/api/v1/households"
SECRET = "a secret of at least thirty-two characters"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def forged(settings: Settings, **changed: object) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "jti": str(uuid4()), "iat": now, "nbf": now, "exp": now + 60, **changed}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("token:" + settings.secret_key))


def test_what_is_signed_is_read_back() -> None:
    token_id = uuid4()
    assert read_token(SECRET, sign_token(SECRET, token_id, timedelta(minutes=1))) == token_id


WRONG: list[dict[str, object]] = [
    {"iss": "other"},
    {"aud": "other"},
    {"exp": 1},
    {"nbf": 4_000_000_000},
    {"jti": "no uuid"},
]


@pytest.mark.parametrize("changed", WRONG)
def test_a_claim_that_is_wrong_is_refused(settings: Settings, changed: dict[str, object]) -> None:
    with pytest.raises(TokenRefused):
        read_token(settings.secret_key, forged(settings, **changed))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "\x00", "é" * 10, "." * 5000])
def test_what_is_no_token_of_ours_is_refused(token: str) -> None:
    with pytest.raises(TokenRefused):
        read_token(SECRET, token)


async def test_a_good_token_opens_the_api(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get(ADDRESS, headers=await world.bearer(world.a, "fostering_officer"))
    assert answer.status_code == 200, answer.text


async def test_expired_foreign_unknown_and_malformed_are_one_answer(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    other_secret = sign_token("another secret of at least thirty-two", uuid4(), timedelta(hours=1))
    tokens = [forged(settings, exp=1), forged(settings), other_secret, "nonsense"]
    answers = [await client.get(ADDRESS, headers=bearer(token)) for token in tokens]
    answers.append(await client.get(ADDRESS))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers)


async def test_a_revoked_token_is_refused_on_the_next_request(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    token = await world.token(world.b, "fostering_officer")
    assert (await client.get(ADDRESS, headers=bearer(token))).status_code == 200
    async with as_owner(settings) as owner:
        assert await owner.fetchval("select identity.revoke_token($1)", read_token(settings.secret_key, token))
    assert (await client.get(ADDRESS, headers=bearer(token))).status_code == 401


async def test_scopes_narrow_and_never_widen(client: httpx.AsyncClient, world: World) -> None:
    narrow = await world.bearer(world.a, "fostering_officer", ["placement:search"])
    assert (await client.get(ADDRESS, headers=narrow)).status_code == 403
    wide = await world.bearer(world.a, "payments", ["household:read"])
    assert (await client.get(ADDRESS, headers=wide)).status_code == 403


async def test_a_member_whose_time_has_ended_is_refused(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    headers = await world.bearer(world.c, "fostering_officer")
    assert (await client.get(ADDRESS, headers=headers)).status_code == 200
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.member set ends = current_date where person_id = $1", world.c.people["fostering_officer"]
        )
    assert (await client.get(ADDRESS, headers=headers)).status_code == 401


async def test_the_command_issues_what_the_roles_grant_and_no_more(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    hour = timedelta(hours=1)
    email = "fostering-officer@ashmoor.example"
    token = await _issue(settings, email, "Ashmoor", ("household:read",), hour, confirmed=False)
    assert (await client.get(ADDRESS, headers=bearer(token))).status_code == 200
    with pytest.raises(click.ClickException, match="do not grant no:such"):
        await _issue(settings, email, "991", ("no:such",), hour, confirmed=False)
    with pytest.raises(click.ClickException, match="Nobody"):
        await _issue(settings, email, "Birkdale", (), hour, confirmed=False)


async def test_what_asks_for_step_up_takes_only_a_token_whose_person_was_confirmed(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    email, who = "authority-administrator@ashmoor.example", "/api/v1/members"
    asked = {"name": "", "email": "", "roles": list[str]()}
    plain, confirmed = [
        await _issue(settings, email, "Ashmoor", ("member:manage",), timedelta(hours=1), confirmed=said)
        for said in (False, True)
    ]
    assert (await client.get(who, headers=bearer(plain))).status_code == 200
    refused = await client.post(who, headers=bearer(plain), json=asked)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (401, "step-up-required")
    assert (await client.post(who, headers=bearer(confirmed), json=asked)).status_code == 400, "heard, and wrong"
    async with as_owner(settings) as owner:
        await owner.execute("update identity.token set stepped_up_at = now() - interval '16 minutes'")
    assert (await client.post(who, headers=bearer(confirmed), json=asked)).status_code == 401, "for 15 minutes"
