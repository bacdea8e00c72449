"""Whole sign-ins through two real providers, and everything that must not get in."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from careshare.database import Database
from careshare.identity import SESSION_COOKIE, SIGNING_IN_COOKIE, temporary
from careshare.settings import Settings
from tenants.actions import add_member, as_owner
from tests.signin.conftest import (
    ASHMOOR,
    ORIGIN,
    Providers,
    accept,
    follow,
    onward,
    set_out,
    sign_in,
)
from tests.world import World, submit

FINDER = "placement-finder@ashmoor.example"


async def test_an_invited_person_signs_in_through_their_councils_provider(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    leaving = await set_out(client, FINDER, "/placements/searches")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(leaving).query).items()}
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == f"{ORIGIN}/sign-in/back"
    assert asked["login_hint"] == FINDER
    assert len(asked["state"]) >= 43
    assert len(asked["nonce"]) >= 43
    answer = await client.get(await follow(outside, leaving))
    assert (answer.status_code, answer.headers["location"]) == (303, "/placements/searches"), answer.text
    assert "HttpOnly" in answer.headers["set-cookie"]
    home = await client.get("/")
    assert "Ashmoor" in home.text
    assert "placement finder" in home.text


async def test_the_other_councils_person_signs_in_through_theirs(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    answer = await sign_in(client, outside, "placement-finder@birkdale.example")
    assert answer.status_code == 303, answer.text
    assert "Birkdale" in (await client.get("/")).text


async def test_a_code_of_one_council_is_refused_for_the_other(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    """The answer of Ashmoor's provider, brought to a sign-in that set out for Birkdale's, and the other way round."""
    for mine, theirs in ((FINDER, "placement-finder@birkdale.example"), ("placement-finder@birkdale.example", FINDER)):
        back = await follow(outside, await set_out(client, mine))
        code = parse_qs(urlsplit(back).query)
        other = parse_qs(urlsplit(await set_out(client, theirs)).query)
        brought = {"state": other["state"][0], "code": code["code"][0], "iss": code["iss"][0]}
        for sent in (brought, {name: value for name, value in brought.items() if name != "iss"}):
            answer = await client.get(f"/sign-in/back?{urlencode(sent)}")
            assert answer.status_code == 400
            assert SESSION_COOKIE not in answer.headers.get("set-cookie", "")


async def test_a_state_is_used_once_and_by_the_browser_that_began(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    back = await follow(outside, await set_out(client, FINDER))
    browser = client.cookies[SIGNING_IN_COOKIE]
    client.cookies.clear()
    assert (await client.get(back)).status_code == 400, "no cookie: somebody was sent a link"
    client.cookies.set(SIGNING_IN_COOKIE, "x" * 43, path="/")
    assert (await client.get(back)).status_code == 400, "another browser"
    client.cookies.clear()
    client.cookies.set(SIGNING_IN_COOKIE, browser, path="/")
    assert (await client.get(back)).status_code == 303
    client.cookies.delete(SESSION_COOKIE)
    again = await client.get(back)
    assert again.status_code == 400, "replayed"
    assert "Start signing in again" in again.text
    assert SESSION_COOKIE not in again.headers.get("set-cookie", "")


@pytest.mark.parametrize("query", ["", "state=", "code=x", "state=made-up&code=x", "error=access_denied"])
async def test_an_answer_nobody_asked_for_is_refused(client: httpx.AsyncClient, world: World, query: str) -> None:
    client.cookies.set(SIGNING_IN_COOKIE, "x" * 43, path="/")
    assert (await client.get(f"/sign-in/back?{query}")).status_code == 400


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_to_another_site(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers, after: str
) -> None:
    answer = await sign_in(client, outside, FINDER, after)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_only_invited_people_come_in(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    stranger = await sign_in(client, outside, "stranger@ashmoor.example")
    assert stranger.status_code == 403
    assert "You have not been invited" in stranger.text
    outside.cookies.clear()
    unverified = await sign_in(client, outside, "reviewing-officer@ashmoor.example")
    assert unverified.status_code == 403
    assert "did not confirm an e-mail address" in unverified.text


async def test_an_address_given_to_another_account_opens_nothing(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    assert (await sign_in(client, outside, FINDER)).status_code == 303
    outside.cookies.clear()
    other = await sign_in(client, outside, ASHMOOR["finder-2"]["hint"])
    assert other.status_code == 403
    assert "another account" in other.text


async def test_somebody_who_left_is_told_so(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers, settings: Settings
) -> None:
    assert (await sign_in(client, outside, "payments@ashmoor.example")).status_code == 303
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.member set ends = current_date where person_id = $1", world.a.people["payments"]
        )
    answer = await sign_in(client, outside, "payments@ashmoor.example")
    assert answer.status_code == 403
    assert "no longer have access" in answer.text


async def test_whoever_is_let_in_for_a_time_is_loud_on_the_record_as_they_come(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, database: Database, world: World, providers: Providers
) -> None:
    async with database.bound(world.acting(world.a, "authority_administrator", "temporary_role:manage")) as uow:
        await temporary.invite_support(uow, "sam@ashmoor.example", "Sam Ashby", timedelta(hours=1), "A fault")
    answer = await sign_in(client, outside, "sam@ashmoor.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
    headers = await world.bearer(world.a, "data_protection_officer")
    steps = await client.get("/api/v1/record/steps", params={"kind": "emergency"}, headers=headers)
    last = steps.json()["items"][0]
    assert (last["action"], last["person"]) == ("temporary_role.used", "Sam Ashby")


async def test_a_guest_of_another_tenant_is_refused(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers
) -> None:
    answer = await sign_in(client, outside, "director@birkdale.example")
    assert answer.status_code == 400
    assert "What Birkdale sign-in sent us was not right" in answer.text


async def test_a_provider_vouches_only_for_councils_that_accept_it(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers, settings: Settings
) -> None:
    """Ashmoor's director is a member of Birkdale too, which does not take Ashmoor's provider's word, until it does."""
    director = world.a.people["director"]
    async with as_owner(settings) as owner:
        await add_member(owner, world.b.id, director, ["director"])
    answer = await sign_in(client, outside, "director@ashmoor.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/"), "one council accepts the provider"
    refused = await submit(client, "/acting", {"authority": str(world.b.id)})
    assert refused.status_code == 400
    async with as_owner(settings) as owner:
        await accept(owner, providers.ashmoor, world.b, "ashmoor.example")
    asked = await sign_in(client, outside, "director@ashmoor.example", "/sessions")
    assert asked.headers["location"].startswith("/sign-in/choose?of=")
    choosing = asked.headers["location"]
    page = await client.get(choosing)
    assert "Ashmoor" in page.text
    assert "Birkdale" in page.text
    of = choosing.partition("=")[2]
    nobody = await submit(client, choosing, {"of": of, "authority": str(world.c.id)}, to="/sign-in/choose")
    assert nobody.status_code == 400
    chosen = await submit(client, choosing, {"of": of, "authority": str(world.b.id)}, to="/sign-in/choose")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/sessions")
    assert "Birkdale" in (await client.get("/")).text
    twice = await client.get(choosing)
    assert twice.status_code == 400


async def test_several_providers_of_one_domain_are_offered(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers, settings: Settings
) -> None:
    async with as_owner(settings) as owner:
        await accept(owner, providers.ashmoor, world.a, "trust.example")
        await accept(owner, providers.birkdale, world.b, "trust.example")
    asked = {"email": "somebody@trust.example"}
    offered = await submit(client, "/sign-in", asked, to="/sign-in/email")
    assert offered.status_code == 200
    assert "Ashmoor sign-in" in offered.text
    assert "Birkdale sign-in" in offered.text
    none = await submit(client, "/sign-in", {**asked, "asked": "yes"}, to="/sign-in/email")
    assert none.status_code == 400
    chosen = await submit(client, "/sign-in", {**asked, "provider": str(providers.birkdale)}, to="/sign-in/email")
    assert "Birkdale" in chosen.text
    assert onward(chosen)


@pytest.mark.parametrize("address", ["", "nobody", "@ashmoor.example", "a@", "somebody@unknown.example"])
async def test_an_address_of_nobody_is_said(client: httpx.AsyncClient, world: World, address: str) -> None:
    answer = await submit(client, "/sign-in", {"email": address}, to="/sign-in/email")
    assert answer.status_code == 400
    assert "There is a problem" in answer.text


async def test_a_form_of_another_site_does_not_set_out(client: httpx.AsyncClient, world: World) -> None:
    assert (await client.post("/sign-in/email", data={"email": FINDER})).status_code == 403
    assert (await client.post("/sign-in/choose", data={"of": "x"})).status_code == 403


async def test_sign_ins_are_on_the_record(
    client: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, providers: Providers, settings: Settings
) -> None:
    await sign_in(client, outside, "out-of-hours@ashmoor.example")
    async with as_owner(settings) as owner:
        found = await owner.fetchval(
            "select count(*) from audit.entry where action = 'session.begun' and actor_id = $1",
            world.a.people["out_of_hours"],
        )
        kept = await owner.fetchval("select count(*) from identity.signing_in where kind = 'sign_in'")
    assert found == 1
    assert kept is not None


async def test_the_database_holds_nothing_that_finishes_a_sign_in(
    client: httpx.AsyncClient, world: World, providers: Providers, settings: Settings, database: Database
) -> None:
    leaving = parse_qs(urlsplit(await set_out(client, FINDER)).query)
    async with as_owner(settings) as owner:
        rows = [dict(row) for row in await owner.fetch("select * from identity.signing_in")]
    text = str(rows)
    assert rows
    for secret in (leaving["state"][0], leaving["nonce"][0], client.cookies[SIGNING_IN_COOKIE]):
        assert secret not in text
