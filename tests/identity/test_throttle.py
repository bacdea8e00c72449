"""Signing in is slowed down where it fails again and again; whoever is signed in is never locked out."""

import httpx

from careshare.database import Database
from careshare.identity.throttle import ACCOUNT, ADDRESS, SignInThrottle
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.web.html import one, parsed, words
from tests.world import World, submit


async def test_an_account_that_fails_too_often_waits_and_is_told_how_long(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    page = f"/sign-in?authority={world.a.id}"
    wrong = f"{world.a.id}/{world.b.people['director']}"
    for _ in range(ACCOUNT.times):
        assert (await submit(client, page, {"person": wrong}, to="/sign-in")).status_code == 400
    refused = await submit(client, page, {"person": wrong}, to="/sign-in")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= ACCOUNT.per.total_seconds()
    assert "Wait 15 minutes, then try again" in words(one(parsed(refused), "main"))
    other = {"person": f"{world.a.id}/{world.a.people['director']}"}
    assert (await submit(client, page, other, to="/sign-in")).status_code == 303
    assert (await client.get("/")).status_code == 200
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        await owner.execute("update identity.attempt set since = since - interval '16 minutes'")
    client.cookies.clear()
    assert (await submit(client, page, {"person": wrong}, to="/sign-in")).status_code == 400


async def test_an_address_waits_after_many_more_and_nobody_signed_in_notices(
    client: httpx.AsyncClient, world: World, settings: Settings, database: Database
) -> None:
    await world.sign_in(client, world.b, "director")
    for number in range(ADDRESS.times):
        throttle = SignInThrottle(database, settings.secret_key, account=f"guess-{number}", address="192.0.2.50")
        assert await throttle.wait() == 0
        await throttle.failed()
    assert await SignInThrottle(database, settings.secret_key, account="new", address="192.0.2.50").wait() > 0
    assert await SignInThrottle(database, settings.secret_key, account="new", address="192.0.2.9").wait() == 0
    assert (await client.get("/")).status_code == 200


async def test_a_success_forgets_the_accounts_failures(settings: Settings, database: Database) -> None:
    throttle = SignInThrottle(database, settings.secret_key, account="Once@Wrong.example ", address="192.0.2.77")
    same = SignInThrottle(database, settings.secret_key, account="once@wrong.example", address="192.0.2.78")
    for _ in range(ACCOUNT.times):
        await throttle.failed()
    assert await same.wait() > 0
    await same.succeeded()
    assert await throttle.wait() == 0


async def test_no_account_and_no_address_is_kept_readable(settings: Settings, database: Database) -> None:
    await SignInThrottle(database, settings.secret_key, account="a@b.example", address="192.0.2.1").failed()
    async with as_owner(settings) as owner:
        await owner.execute("reset role")
        keys = [bytes(row["key"]) for row in await owner.fetch("select key from identity.attempt")]
    assert keys
    assert all(len(key) == 32 and b"192.0" not in key and b"b.example" not in key for key in keys)
