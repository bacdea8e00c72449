"""The administrator's pages of sign-in, and what "Test this connection" says."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from careshare.app import create_app
from careshare.database import Database
from careshare.settings import Settings
from careshare.signin.connection import try_connection
from careshare.signin.queries import provider_to_use
from careshare.signin.settings_pages import ROOT
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.signin.conftest import CLIENT, SECRET, add_provider, approve, director_agrees, sign_in
from tests.signin.issuer import Issuer, issuing
from tests.web import axe
from tests.web.html import csrf_token, parsed
from tests.world import World, submit

ADMIN = "authority_administrator"


@pytest_asyncio.fixture
async def administrator(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    """Ashmoor's administrator, who has just confirmed that it is them."""
    await world.sign_in(client, world.a, ADMIN, stepped_up=True)
    return client


@pytest_asyncio.fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as made:
        yield made


def provider_form(at: str, **changed: str) -> dict[str, str]:
    return {
        "kind": "oidc",
        "title": "Council account",
        "tenant_id": "",
        "issuer": at,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "domain": "ashmoor.example",
        **changed,
    }


async def test_an_administrator_sets_up_a_real_provider_and_people_sign_in(
    administrator: httpx.AsyncClient, outside: httpx.AsyncClient, world: World, issuers: list[str], settings: Settings
) -> None:
    added = await submit(administrator, f"{ROOT}/new", provider_form(issuers[0]))
    path = added.headers["location"]
    assert path.startswith(ROOT)
    shown = await administrator.get(path)
    parsed(shown)
    assert "http://careshare.test/sign-in/back" in shown.text
    assert SECRET not in shown.text
    async with as_owner(settings) as owner:
        kept = await owner.fetchval("select client_secret from tenants.provider")
    assert SECRET not in kept
    tried = await submit(administrator, path, {}, to=f"{path}/test")
    parsed(tried)
    assert "It knows our client ID and takes our secret." in tried.text
    assert "It checks PKCE with S256." in tried.text
    assert "Failed" not in tried.text
    twice = await submit(administrator, f"{ROOT}/new", provider_form(issuers[0]))
    assert twice.status_code == 400
    assert "added this sign-in service already" in twice.text
    async with as_owner(settings) as owner:
        await approve(owner, world.a, "ashmoor.example")
    early = await submit(administrator, "/sign-in", {"email": "placement-finder@ashmoor.example"}, to="/sign-in/email")
    assert "No council signs in with that address" in early.text, "not on one administrator's word"
    await director_agrees(administrator, world, world.a)
    administrator.cookies.clear()
    assert (await sign_in(administrator, outside, "placement-finder@ashmoor.example")).status_code == 303


async def test_a_wrong_secret_is_said_in_plain_words(
    administrator: httpx.AsyncClient, world: World, issuers: list[str]
) -> None:
    listed = await administrator.get(ROOT)
    path = re.findall(rf'href="({ROOT}/[0-9a-f-]{{36}})"', listed.text)[0]
    form = {
        "version": "1",
        "title": "Council account",
        "client_id": CLIENT,
        "client_secret": "not the one that is there",
        "groups_claim": "roles",
        "api_audience": "https://api.careshare.test",
    }
    saved = await submit(administrator, f"{path}/change", form)
    assert saved.status_code == 303
    tried = await submit(administrator, path, {}, to=f"{path}/test")
    assert "It refuses our client ID or secret." in tried.text
    stale = await submit(administrator, f"{path}/change", {**form, "client_secret": SECRET})
    assert stale.status_code == 412
    alike = await submit(administrator, f"{path}/change", {**form, "version": "2", "api_audience": CLIENT})
    assert alike.status_code == 400
    assert "must differ from the client ID" in alike.text
    mended = await submit(administrator, f"{path}/change", {**form, "version": "2", "client_secret": SECRET})
    assert mended.status_code == 303


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": ""}, "Enter the issuer"),
        ({"issuer": "ftp://x"}, "Enter the issuer"),
        ({"kind": "entra"}, "Enter the directory"),
        ({"kind": "entra", "tenant_id": "common"}, "Enter the directory"),
        ({"domain": "ashmoor"}, "Enter an e-mail domain"),
        ({"title": ""}, "Enter a name"),
        ({"client_id": ""}, "Enter the client ID"),
        ({"kind": "saml"}, "Select what kind"),
    ],
)
async def test_what_is_wrong_is_said(
    administrator: httpx.AsyncClient, world: World, changed: dict[str, str], said: str
) -> None:
    answer = await submit(administrator, f"{ROOT}/new", provider_form("https://new.example", **changed))
    assert answer.status_code == 400
    assert said in answer.text
    parsed(answer)


async def test_domains_and_groups_come_and_go_and_the_record_says_so(
    administrator: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    made = await add_provider(settings, world.a, "https://domains.example")
    path = f"{ROOT}/{made}"
    assert (await submit(administrator, path, {"domain": "@Trust.Example"}, to=f"{path}/domains")).status_code == 303
    again = await submit(administrator, path, {"domain": "trust.example"}, to=f"{path}/domains")
    assert again.status_code == 400
    await director_agrees(administrator, world, world.a)
    await world.sign_in(administrator, world.a, ADMIN, stepped_up=True)
    ended = await submit(administrator, path, {"domain": "trust.example"}, to=f"{path}/domains/end")
    assert ended.status_code == 303
    assert (await submit(administrator, path, {"domain": "trust.example"}, to=f"{path}/domains")).status_code == 303
    group = {"group_id": "g-1", "role": "social_worker"}
    assert (await submit(administrator, path, group, to=f"{path}/groups")).status_code == 303
    assert "Give people of the group g-1" in (await administrator.get(path)).text
    await director_agrees(administrator, world, world.a)
    await world.sign_in(administrator, world.a, ADMIN, stepped_up=True)
    change = {"version": "1", "title": "T", "client_id": CLIENT, "client_secret": "", "api_audience": ""}
    moved = await submit(administrator, f"{path}/change", {**change, "groups_claim": "nickname"})
    assert (moved.status_code, "Remove the roles that groups give first" in moved.text) == (400, True)
    assert "g-1" in (await administrator.get(path)).text
    power = await submit(administrator, path, {"group_id": "g-1", "role": ADMIN}, to=f"{path}/groups")
    assert power.status_code == 400
    assert (await submit(administrator, path, group, to=f"{path}/groups/remove")).status_code == 303
    async with as_owner(settings) as owner:
        found = await owner.fetch(
            "select action, actor_id = $1 from audit.entry where action like 'sign_in_%' and actor_id = any($2)",
            *(world.a.people[ADMIN], [world.a.people[ADMIN], world.a.people["director"]]),
        )
    assert {
        *(("sign_in_domain.asked_for", True), ("sign_in_domain.added", False), ("sign_in_domain.ended", True)),
        *(("sign_in_group.asked_for", True), ("sign_in_group.added", False), ("sign_in_group.removed", True)),
    } <= {tuple(row) for row in found}


async def test_another_authoritys_provider_can_be_used_but_not_changed(
    administrator: httpx.AsyncClient, client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    made = await add_provider(settings, world.b, "https://shared.example")
    path = f"{ROOT}/{made}"
    assert (await administrator.get(path)).status_code == 404, "not there until it is used"
    wanted = {"provider": str(made), "domain": "a.example"}
    assert "https://shared.example" not in (await administrator.get(ROOT)).text
    private = await administrator.get(f"{ROOT}/new")
    refused = await administrator.post(f"{ROOT}/accept", data={"csrf_token": csrf_token(private), **wanted})
    assert refused.status_code == 400, "not unless its owner shares it"
    async with as_owner(settings) as owner:
        await owner.execute("update tenants.provider set shared = true where id = $1", made)
    elsewhere = await submit(administrator, ROOT, {"domain": "x.example"}, to=f"{path}/domains")
    assert elsewhere.status_code == 404
    used = await submit(administrator, ROOT, wanted, to=f"{ROOT}/accept")
    assert used.headers["location"] == path
    shown = await administrator.get(path)
    assert "Another authority keeps this service" in shown.text
    assert "birkdale.example" not in shown.text, "the owner's domains are its own"
    assert (await administrator.get(f"{path}/change")).status_code == 404
    assert (await submit(administrator, path, {}, to=f"{path}/end")).status_code == 404
    await world.sign_in(client, world.c, ADMIN, stepped_up=True)
    assert (await client.get(path)).status_code == 404


async def test_ending_a_provider_signs_out_whoever_came_through_it(
    administrator: httpx.AsyncClient,
    outside: httpx.AsyncClient,
    client: httpx.AsyncClient,
    world: World,
    settings: Settings,
) -> None:
    async with as_owner(settings) as owner:
        await owner.execute("update tenants.provider set ended_at = now() where issuer like 'https:%'")
    listed = await administrator.get(ROOT)
    path = ""
    for found in re.findall(rf'href="({ROOT}/[0-9a-f-]{{36}})"', listed.text):
        if "http://127.0.0.1" in (await administrator.get(found)).text:
            path = found
    mine = dict(administrator.cookies)
    client.cookies.clear()
    assert (await sign_in(client, outside, "placement-finder@ashmoor.example")).status_code == 303
    theirs = dict(client.cookies)
    client.cookies.clear()
    client.cookies.update(mine)
    assert (await submit(client, path, {}, to=f"{path}/end")).status_code == 303
    client.cookies.clear()
    client.cookies.update(theirs)
    assert (await client.get("/")).status_code == 303
    unknown = await submit(client, "/sign-in", {"email": "placement-finder@ashmoor.example"}, to="/sign-in/email")
    assert unknown.status_code in {200, 400}


async def test_every_change_asks_for_a_confirmation_and_nobody_else_may(
    client: httpx.AsyncClient, world: World, settings: Settings
) -> None:
    made = await add_provider(settings, world.a, "https://stepping.example")
    await world.sign_in(client, world.a, ADMIN)
    asked = await submit(client, f"{ROOT}/{made}", {"domain": "x.example"}, to=f"{ROOT}/{made}/domains")
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/step-up")
    await world.sign_in(client, world.a, "director", stepped_up=True)
    for address in (ROOT, f"{ROOT}/new", f"{ROOT}/{made}"):
        assert (await client.get(address)).status_code == 403


async def test_what_fails_is_said_in_plain_words(
    settings: Settings, database: Database, world: World, issuer: Issuer
) -> None:
    made = await add_provider(settings, world.c, issuer.address)
    async with database.unbound() as uow:
        provider = await provider_to_use(uow, made)
    assert provider is not None
    assert all(check.right is not False for check in await try_connection(settings, provider))
    issuer.describes_itself_as = "https://another.example"
    [wrong] = await try_connection(settings, provider)
    assert wrong.right is False
    assert "says its issuer is https://another.example" in wrong.words
    issuer.describes_itself_as, issuer.broken = "", True
    [broken] = await try_connection(settings, provider)
    assert "status 500" in broken.words
    issuer.broken = False
    published, issuer.published = issuer.published, []
    assert any("holds no RSA" in check.words for check in await try_connection(settings, provider))
    issuer.published = published


async def test_pages_are_accessible(browser: Browser, world: World, settings: Settings, public: Settings) -> None:
    axe.require()
    made = await add_provider(settings, world.b, "https://accessible.example")
    async with serving(create_app(public)) as served:
        context = await browser.new_context(bypass_csp=True, base_url=served)
        page = await context.new_page()
        for address in ("/sign-in", "/signed-out", "/sign-in/back?state=x"):
            await page.goto(address)
            assert await axe.violations(page) == [], address
        cookie = await world.session(world.b, ADMIN, stepped_up=True)
        await context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookie.items()])
        for address in (ROOT, f"{ROOT}/new", f"{ROOT}/{made}", f"{ROOT}/{made}/change"):
            answer = await page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            assert await axe.violations(page) == [], address
        await context.close()
