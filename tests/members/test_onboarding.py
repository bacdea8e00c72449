"""Bringing an authority on: the guided flow, what it makes, who may, and what stays out of reach."""

import httpx
import pytest
from playwright.async_api import Browser
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Acting, Database
from tenants.actions import RESOURCES, as_owner
from tenants.members import queries
from tenants.members.model import Filters
from tenants.reference import NORTH_EAST
from tests.web import axe
from tests.web.html import one, parsed, words
from tests.world import World, submit

ROOT = "/administration/authorities"
HARTLEPOOL = "805"
GATESHEAD = "390"
DETAILS = {"name": "Hartlepool", "short_name": "Hartlepool", "duty_number": "01632 960950"}
DOMAINS = {"domains": "@Hartlepool.example, trust.hartlepool.example\n"}
FIRST = {"administrator_name": "Ada First", "administrator_email": "ada@hartlepool.example"}
LIMITS = {"idle_minutes": "60", "longest_hours": "10"}


@pytest.fixture
async def regional(client: httpx.AsyncClient, world: World) -> httpx.AsyncClient:
    """A browser in which the regional administrator is signed in; the invented region stands for the North East."""
    async with as_owner(world.settings) as owner:
        await owner.execute("update tenants.region set gss_code = $1 where id = $2", NORTH_EAST, world.region_id)
    await world.sign_in(client, world.a, "regional_administrator")
    return client


async def begun(regional: httpx.AsyncClient, dfe_code: str) -> str:
    chosen = await submit(regional, f"{ROOT}/new", {"dfe_code": dfe_code})
    assert chosen.status_code == 303, chosen.text
    return chosen.headers["location"].removesuffix("/details")


async def test_an_authority_is_brought_on_step_by_step(
    regional: httpx.AsyncClient, world: World, database: Database
) -> None:
    path = await begun(regional, HARTLEPOOL)
    early = await regional.get(f"{path}/check")
    assert early.headers["location"] == f"{path}/details", "whoever skips a step is led back to it"
    wrong = await submit(regional, f"{path}/details", {**DETAILS, "duty_number": "ring us"})
    assert wrong.status_code == 400
    assert "Enter a telephone number" in wrong.text
    after = await submit(regional, f"{path}/details", DETAILS)
    assert after.headers["location"] == f"{path}/domains"
    unnamed = await regional.get(f"{path}/check")
    assert unnamed.headers["location"] == f"{path}/domains"
    strange = await submit(regional, f"{path}/domains", {"domains": "hartlepool.example\nhartlepool"})
    assert strange.status_code == 400
    assert "Enter an e-mail domain, like council.gov.uk" in strange.text
    named = await submit(regional, f"{path}/domains", DOMAINS)
    assert named.headers["location"] == f"{path}/administrator"
    nobody = await submit(regional, f"{path}/administrator", {**FIRST, "administrator_email": "ada"})
    assert nobody.status_code == 400
    elsewhere = await submit(regional, f"{path}/administrator", {**FIRST, "administrator_email": "ada@mail.example"})
    assert elsewhere.status_code == 400
    assert "hartlepool.example, trust.hartlepool.example" in elsewhere.text
    await submit(regional, f"{path}/administrator", FIRST)
    longer = await submit(regional, f"{path}/sessions", {"idle_minutes": "700", "longest_hours": "2"})
    assert "must not be longer" in longer.text
    last = await submit(regional, f"{path}/sessions", LIMITS)
    assert last.headers["location"] == f"{path}/check"
    shown = words(one(parsed(await regional.get(f"{path}/check")), "main"))
    assert "hartlepool.example, trust.hartlepool.example" in shown
    assert "Ada First, ada@hartlepool.example" in shown
    done = await submit(regional, f"{path}/check", {})
    assert done.headers["location"] == f"{path}/done", done.text
    assert "What comes next" in (await regional.get(f"{path}/done")).text
    again = await regional.post(f"{path}/check", data={"again": "yes"})
    assert again.status_code == 403
    twice = await regional.get(f"{path}/details")
    assert twice.headers["location"] == f"{path}/done"

    async with as_owner(world.settings) as owner:
        made = await owner.fetchrow("select * from tenants.authority where dfe_code = $1", HARTLEPOOL)
        assert made is not None
        shelves = await owner.fetch("select resource from careshare.shelf where owner_id = $1", made["id"])
        assert {row["resource"] for row in shelves} == {each + own for each in RESOURCES for own in ("", ":own")}
        limits = await owner.fetchrow("select * from tenants.session_limits where authority_id = $1", made["id"])
        assert limits is not None
        assert limits["idle"].total_seconds() == 3600
        approved = await owner.fetch(
            "select domain, source, upper_inf(during) as open from tenants.email_domain where authority_id = $1",
            made["id"],
        )
        assert {tuple(row) for row in approved} == {
            ("hartlepool.example", "approved", True),
            ("trust.hartlepool.example", "approved", True),
        }
        entries = await owner.fetch("select owner_id from audit.entry where action = 'authority.onboarded'")
        assert [row["owner_id"] for row in entries] == [made["id"]]
        [sent] = await owner.fetch("select * from messages.message where authority_id = $1", made["id"])
        assert sent["template"] == "invitation"
        person = sent["person_id"]
    async with database.bound(Acting(made["id"], person, "test")) as uow:
        administrators = await queries.members(uow, Filters())
        assert [(who.name, who.state, who.roles) for who in administrators[0]] == [
            ("Ada First", "invited", ["authority_administrator"])
        ]
    listed = await regional.get(ROOT)
    assert "01632 960950" in listed.text
    assert "Not finished" not in listed.text
    fresh = await regional.get(f"{ROOT}/new")
    assert f'value="{HARTLEPOOL}"' not in fresh.text
    assert f'value="{GATESHEAD}"' in fresh.text


async def test_an_authority_comes_once_however_many_bring_it_on(regional: httpx.AsyncClient) -> None:
    paths = [await begun(regional, GATESHEAD) for _ in "ab"]
    for path in paths:
        await submit(regional, f"{path}/details", {**DETAILS, "name": "Gateshead"})
        await submit(regional, f"{path}/domains", {"domains": "gateshead.example"})
        await submit(regional, f"{path}/administrator", {**FIRST, "administrator_email": "ada@gateshead.example"})
    first = await submit(regional, f"{paths[0]}/check", {})
    assert first.status_code == 303
    second = await submit(regional, f"{paths[1]}/check", {})
    assert second.status_code == 400
    assert "is here already" in second.text
    strange = await submit(regional, f"{ROOT}/new", {"dfe_code": "330"})
    assert strange.status_code == 400, "Birmingham is another region's"


@pytest.mark.parametrize("role", ["authority_administrator", "director", "placement_finder"])
async def test_nobody_else_brings_authorities_on(client: httpx.AsyncClient, world: World, role: str) -> None:
    await world.sign_in(client, world.a, role)
    for address in (ROOT, f"{ROOT}/new"):
        assert (await client.get(address)).status_code == 403


async def test_the_database_refuses_whoever_is_no_regional_administrator(world: World, database: Database) -> None:
    call = text(
        "select * from tenants.onboard('806', 'X', 'X', '01632 960000', '{E06000002}', '{2009-04-01}', '{null}',"
        " '{foster_carers}', 'X', 'x@x.example', interval '14 days', interval '1 hour', interval '2 hours')"
    )
    with pytest.raises(DBAPIError, match="only a regional administrator"):
        async with database.bound(world.acting(world.a, "authority_administrator")) as uow:
            await uow.execute(call)


async def test_every_step_is_accessible(
    browser: Browser, served: str, regional: httpx.AsyncClient, world: World
) -> None:
    axe.require()
    path = await begun(regional, "807")
    await submit(regional, f"{path}/details", {**DETAILS, "name": "Redcar and Cleveland"})
    context = await browser.new_context(bypass_csp=True, base_url=served)
    cookie = await world.session(world.a, "regional_administrator")
    await context.add_cookies([{"name": name, "value": value, "url": served} for name, value in cookie.items()])
    page = await context.new_page()
    addresses = [
        ROOT,
        f"{ROOT}/new",
        *(f"{path}/{name}" for name in ("details", "domains", "administrator", "sessions")),
    ]

    async def open_all(several: list[str]) -> None:
        for address in several:
            answer = await page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            assert await axe.violations(page) == [], address

    await open_all(addresses)
    await submit(regional, f"{path}/domains", {"domains": "redcar.example"})
    await submit(regional, f"{path}/administrator", {**FIRST, "administrator_email": "ada@redcar.example"})
    await open_all([f"{path}/check"])
    await submit(regional, f"{path}/check", {})
    await open_all([f"{path}/done"])
    await context.close()
