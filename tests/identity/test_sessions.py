"""Sessions end as their authority says, are one's own to see and end, and change their secret when it matters."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event, text

from careshare.app import create_app
from careshare.database import Database
from careshare.identity import SESSION_COOKIE, device_of, end_provider_session, open_session, session_hash
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.fixtures.live import started
from tests.signin.conftest import add_provider
from tests.web.html import one, parsed, words
from tests.world import World, submit

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on an iPhone"),
        ("Mozilla/5.0 (X11; CrOS x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36", "Chrome on a Chromebook"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_device_is_told_in_a_few_words(agent: str, said: str) -> None:
    assert device_of(agent) == said


async def aged(settings: Settings, secret: str, *, created: timedelta, seen: timedelta) -> None:
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute(
            "update identity.session set created_at = now() - $2::interval, seen_at = now() - $3::interval"
            " where id = $1",
            session_hash(secret),
            created,
            seen,
        )


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("created", "seen", "let_in"),
    [
        (11.9 * HOUR, 11.9 * HOUR, True),
        (12.1 * HOUR, 0 * HOUR, False),
        (12.1 * HOUR, 12.1 * HOUR, False),
    ],
)
async def test_without_limits_of_its_own_twelve_hours_hold(
    client: httpx.AsyncClient, world: World, settings: Settings, created: timedelta, seen: timedelta, let_in: bool
) -> None:
    await world.sign_in(client, world.a, "director")
    await aged(settings, client.cookies[SESSION_COOKIE], created=created, seen=seen)
    assert ((await client.get("/")).status_code == 200) == let_in


async def test_an_authority_sets_its_own_limits_and_they_hold_at_once(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await world.sign_in(client, world.c, "director")
    secret = client.cookies[SESSION_COOKIE]
    await aged(settings, secret, created=3 * HOUR, seen=HOUR)
    assert (await client.get("/sessions")).status_code == 200
    await aged(settings, secret, created=3 * HOUR, seen=HOUR)
    async with as_owner(settings) as owner:
        limits = "insert into tenants.session_limits values ($1, interval '30 minutes', interval '8 hours')"
        await owner.execute(limits, world.c.id)
    assert (await client.get("/")).status_code == 303
    await aged(settings, secret, created=3 * HOUR, seen=0 * HOUR)
    assert (await client.get("/")).status_code == 200
    await aged(settings, secret, created=9 * HOUR, seen=0 * HOUR)
    assert (await client.get("/")).status_code == 303


async def test_a_move_between_addresses_signs_nobody_out(app: Litestar, world: World) -> None:
    cookies = await world.session(world.a)
    for address in ("192.0.2.1", "198.51.100.7", "2001:db8::1"):
        transport = httpx.ASGITransport(app=app, client=(address, 5000))  # type: ignore[arg-type]  # Litestar is an ASGI application
        async with httpx.AsyncClient(transport=transport, base_url="http://careshare.test", cookies=cookies) as caller:
            assert (await caller.get("/")).status_code == 200


async def begun(database: Database, world: World, agent: str, role: str = "payments") -> str:
    async with database.unbound() as uow:
        secret = await open_session(uow, world.b.people[role], world.b.id, device=device_of(agent))
    assert secret is not None
    return secret


async def test_ones_own_sessions_are_listed_and_ended(
    client: httpx.AsyncClient, world: World, database: Database
) -> None:
    phone, desk, third = [await begun(database, world, agent) for agent in (IPHONE, FIREFOX, "")]
    stranger = await begun(database, world, FIREFOX, "director")
    client.cookies.set(SESSION_COOKIE, desk, domain="careshare.test")
    listed = await client.get("/sessions")
    said = words(one(parsed(listed), "main"))
    assert said.count("Acting for") == 1
    assert "Firefox on Windows This one" in said
    assert "Safari on an iPhone" in said
    assert "A device we do not know" in said
    handles = re.findall(r'name="action" value="([0-9a-f-]{36})"', listed.text)
    assert len(handles) == 3
    phones = re.search(r'value="([0-9a-f-]{36})"[^>]*>End<span[^>]*> the session on Safari', listed.text)
    assert phones
    ended = await submit(client, "/sessions", {"action": phones[1]})
    assert ended.headers["location"] == "/sessions"
    assert (await submit(client, "/sessions", {"action": phones[1]})).status_code == 404
    assert await lets_in(client, [phone, desk, third, stranger]) == [False, True, True, True]
    client.cookies.set(SESSION_COOKIE, desk, domain="careshare.test")
    await submit(client, "/sessions", {"action": "others"})
    assert await lets_in(client, [desk, third, stranger]) == [True, False, True]


async def test_nobody_ends_anothers_session(client: httpx.AsyncClient, world: World, database: Database) -> None:
    theirs = await begun(database, world, FIREFOX, "director")
    client.cookies.set(SESSION_COOKIE, theirs, domain="careshare.test")
    handle = re.findall(r'name="action" value="([0-9a-f-]{36})"', (await client.get("/sessions")).text)[0]
    await world.sign_in(client, world.b, "payments")
    assert (await submit(client, "/sessions", {"action": handle})).status_code == 404
    assert (await submit(client, "/sessions", {"action": "nonsense"})).status_code == 404
    assert await lets_in(client, [theirs]) == [True]


async def lets_in(client: httpx.AsyncClient, secrets: list[str]) -> list[bool]:
    found: list[bool] = []
    for secret in secrets:
        client.cookies.clear()
        client.cookies.set(SESSION_COOKIE, secret, domain="careshare.test")
        found.append((await client.get("/")).status_code == 200)
    return found


async def test_the_end_of_a_providers_session_ends_all_that_began_with_it(
    client: httpx.AsyncClient, world: World, database: Database, settings: Settings
) -> None:
    provider = await add_provider(settings, world.a, "https://sign-in.ashmoor.example")
    secrets: list[str] = []
    async with database.unbound() as uow:
        for sid in ("s1", "s1", "s2"):
            opened = await open_session(
                uow, world.a.people["payments"], world.a.id, provider=provider, provider_session=sid, id_token="t"
            )
            secrets.append(opened or "")
        assert await end_provider_session(uow, provider, "s1") == 2
    assert await lets_in(client, secrets) == [False, False, True]


async def test_step_up_gives_the_session_a_new_secret_and_holds_for_a_quarter_of_an_hour(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    await world.sign_in(client, world.a, "fostering_officer")
    before = client.cookies[SESSION_COOKIE]
    answer = await submit(client, "/step-up?next=/foster-carers", {"next": "/foster-carers"}, to="/step-up")
    assert answer.headers["location"] == "/foster-carers"
    after = client.cookies[SESSION_COOKIE]
    assert await lets_in(client, [before, after]) == [False, True]
    stepped = text("select stepped_up from identity.enter('session', :shown, 'test')")
    for ago, holds in ((14, True), (16, False)):
        async with as_owner(settings) as owner:
            await owner.execute("reset role")
            await owner.execute(
                "update identity.session set stepped_up_at = now() - $2::interval where id = $1",
                session_hash(after),
                timedelta(minutes=ago),
            )
        async with database.unbound() as uow:
            assert (await uow.execute(stepped, {"shown": session_hash(after).hex()})).scalar_one() is holds


async def test_step_up_leads_to_our_own_pages_alone(client: httpx.AsyncClient, world: World) -> None:
    await world.sign_in(client, world.a)
    answer = await submit(client, "/step-up?next=//evil.example", {"next": "//evil.example"}, to="/step-up")
    assert answer.headers["location"] == "/"


async def test_in_production_the_provider_asks_again_who_it_is(settings: Settings, world: World) -> None:
    plain = await world.session(world.a, "fostering_officer")
    cookies = {f"__Host-{name}": value for name, value in plain.items()}
    async with started(create_app(replace(settings, environment="production"))) as app:
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # Litestar is an ASGI application
        async with httpx.AsyncClient(transport=transport, base_url="https://careshare.test", cookies=cookies) as caller:
            answer = await caller.get("/step-up?next=/foster-carers")
            elsewhere = await caller.get("/step-up?next=//evil.example")
            posted = await caller.post("/step-up")
    assert answer.headers["location"] == "/sign-in/again?next=/foster-carers"
    assert elsewhere.headers["location"] == "/sign-in/again?next=/"
    assert posted.status_code in {403, 405}, "the demonstration's button is not there"


async def test_a_change_of_role_holds_from_the_next_request(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await world.sign_in(client, world.b, "contact_supervisor")
    assert (await client.get("/foster-carers")).status_code == 403
    change = "update tenants.member set roles = $2 where person_id = $1"
    async with as_owner(settings) as owner:
        await owner.execute(change, world.b.people["contact_supervisor"], ["fostering_officer"])
    assert (await client.get("/foster-carers")).status_code == 200
    async with as_owner(settings) as owner:
        await owner.execute(change, world.b.people["contact_supervisor"], ["payments"])
    assert (await client.get("/foster-carers")).status_code == 403


async def test_an_ended_membership_holds_from_the_next_request(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    await world.sign_in(client, world.b, "contact_coordinator")
    assert (await client.get("/")).status_code == 200
    async with as_owner(settings) as owner:
        await owner.execute(
            "update tenants.member set ends = current_date where person_id = $1", world.b.people["contact_coordinator"]
        )
    assert (await client.get("/")).status_code == 303


async def test_a_page_needs_two_round_trips_before_its_own_queries_and_one_for_its_header(
    app: Litestar, client: httpx.AsyncClient, world: World
) -> None:
    """`begin`, `identity.enter`, and how many notifications wait; counted where the driver sends them."""
    await world.sign_in(client, world.a, "director")
    database: Database = app.state.database
    sent: list[str] = []

    def log(record: Any) -> None:
        sent.append(record.query)

    def watch(dbapi_connection: Any, *_: object) -> None:
        dbapi_connection.driver_connection.add_query_logger(log)

    def unwatch(dbapi_connection: Any, *_: object) -> None:
        dbapi_connection.driver_connection.remove_query_logger(log)

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    engine = database.engine.sync_engine
    listened = (("checkout", watch), ("checkin", unwatch), ("before_cursor_execute", executed))
    assert (await client.get("/")).status_code == 200  # so that statements are prepared
    for name, listener in listened:
        event.listen(engine, name, listener)
    try:
        assert (await client.get("/")).status_code == 200
    finally:
        for name, listener in listened:
            event.remove(engine, name, listener)
    sent = [statement for statement in sent if not statement.lower().startswith(("rollback", "commit"))]
    assert sorted(statement.split()[0].lower() for statement in sent) == ["begin;", "select", "select"], sent
    assert any("identity.enter" in statement for statement in sent)
    assert any("messages.notification" in statement for statement in sent)
