"""The pages of messages in a real browser: accessible at both widths and whole without scripts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from careshare.app import create_app
from careshare.database import Database
from careshare.messages import one_time_link, send
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.fostering.register import make
from tests.messages.conftest import NewContact, Work
from tests.web import axe
from tests.world import World

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture(scope="module")
async def address(settings: Settings) -> AsyncIterator[str]:
    async with serving(create_app(settings)) as served:
        yield served


@pytest.fixture
async def paths(database: Database, world: World, contact: NewContact, work: Work) -> list[str]:
    """Every page, with something on it."""
    person = await contact()
    unsafe = await contact(unsafe_reason="Lost telephone", channel="letter", address="A\nB\nZA1 1AA", confidential=True)
    async with database.bound(world.acting(world.a, "fostering_officer")) as uow:
        assert await send(uow, person, "please_ring", {"phone": "01632 960901"})
        assert await send(uow, unsafe, "please_ring", {"phone": "01632 960901"}) is None
        home = await make(uow, publish=True)
        link = await one_time_link(uow, "confirm_vacancy", home, timedelta(hours=1))
    async with as_owner(world.settings) as owner:
        message = await owner.fetchval("select id from messages.message where contact_id = $1", unsafe)
        name = f"Elm House {uuid4().hex[:4]}"
        await owner.execute("insert into messages.place (authority_id, name) values ($1, $2)", world.a.id, name)
    await work()
    one = [f"/messages/{message}", f"/messages/contacts/{person}", f"/messages/contacts/{unsafe}"]
    lists = ["/messages", "/messages/contacts", "/messages/contacts/new", "/messages/places", "/messages/outbox"]
    return [*lists, *one, link]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_page_is_accessible(
    browser: Browser, address: str, world: World, paths: list[str], viewport: ViewportSize
) -> None:
    axe.require()
    context = await browser.new_context(viewport=viewport)
    await context.add_init_script(path=str(axe.AXE))
    found: dict[str, list[str]] = {}
    for name, value in (await world.session(world.a, "contact_coordinator")).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    page = await context.new_page()
    for path in [*paths, "/l/nothing"]:
        answer = await page.goto(address + path)
        assert answer is not None
        assert answer.status == (404 if path == "/l/nothing" else 200), path
        wrong = await axe.violations(page)
        if await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wrong.append("scrolls sideways")
        if wrong:
            found[path] = wrong
    await context.close()
    assert found == {}


async def test_a_link_is_pressed_and_settings_are_saved_without_scripts(
    browser: Browser, address: str, world: World, paths: list[str]
) -> None:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address + paths[-1])
    await page.get_by_role("button", name="Yes, it is as recorded").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The vacancy is confirmed")
    await page.goto(address + paths[-1])
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link has been used")
    for name, value in (await world.session(world.a, "contact_coordinator")).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    await page.goto(f"{address}/messages/contacts/new")
    await page.get_by_label("Name", exact=True).fill("Ann Example")
    await page.get_by_label("Parent").check()
    await page.get_by_label("Text message").check()
    await page.get_by_label("Mobile number").fill("07700 900 111")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("The safe-contact settings are saved")
    await expect(page.get_by_role("link", name="Ann Example")).to_be_visible()
    await context.close()
