"""The pages of clients in a real browser: accessible, fitting a telephone, and the secret whole on the page."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, Page, ViewportSize, expect

from careshare.app import create_app
from careshare.settings import Settings
from tests.fixtures.live import serving
from tests.web import axe
from tests.world import World

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)
LIST = "/administration/clients"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> Litestar:
    """Served by `address`, which starts and stops it."""
    return create_app(settings)


@pytest_asyncio.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def sound(page: Page) -> None:
    assert await axe.violations(page) == [], page.url
    assert await page.evaluate(FITS), f"{page.url} scrolls sideways"


async def the_director_agrees(browser: Browser, address: str, world: World) -> None:
    """Reads what waits and agrees, in a browser of their own."""
    context = await browser.new_context(viewport=PHONE)
    await context.add_init_script(path=str(axe.AXE))
    for name, value in (await world.session(world.a, "director", stepped_up=True)).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    page = await context.new_page()
    await page.goto(f"{address}/administration/second-person")
    await sound(page)
    await page.get_by_role("link", name="Read and agree to Case system").click()
    await expect(page.get_by_text("A new secret waits")).to_be_visible()
    await sound(page)
    await page.get_by_role("button", name="I agree").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The secret of Case system")
    await sound(page)
    await expect(page.get_by_text(re.compile(r"^\s*careshare_[\w-]{43}\s*$"))).to_be_visible()
    await page.get_by_role("link", name="I have copied it").click()
    await expect(page.get_by_text("Nothing waits")).to_be_visible()
    await context.close()


async def test_an_administrator_adds_replaces_and_revokes(browser: Browser, address: str, world: World) -> None:
    axe.require()
    context = await browser.new_context(viewport=PHONE)
    await context.add_init_script(path=str(axe.AXE))
    for name, value in (await world.session(world.a, "authority_administrator", stepped_up=True)).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    page = await context.new_page()
    await page.goto(address + LIST)
    await sound(page)
    await page.get_by_role("button", name="Add a system").click()
    await sound(page)
    await page.get_by_role("button", name="Add the system").click()
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await sound(page)
    await page.get_by_role("link", name="Select at least one thing it may do").click()
    await expect(page.locator("#scopes")).to_be_focused()
    await page.get_by_label("Name of the system").fill("Case system")
    await page.get_by_label("What it does with the data").fill("Keeps homes up to date")
    await page.get_by_label("Whom to ask about it").fill("Systems team")
    await page.get_by_label("Read household").check()
    await page.get_by_role("button", name="Add the system").click()
    await expect(page.get_by_role("alert")).to_contain_text("A second person is asked")
    await sound(page)
    await page.get_by_role("link", name="Change this system").click()
    await sound(page)
    await expect(page.get_by_label("Read household")).to_be_checked()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("The changes are saved")
    await expect(page.get_by_role("heading", name="Not yet: a second person must agree")).to_be_visible()
    await sound(page)
    await the_director_agrees(browser, address, world)
    await page.reload()
    await expect(page.get_by_text("Valid", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Replace the secret").click()
    await sound(page)
    await page.get_by_label("One week").check()
    await page.get_by_role("button", name="Make a new secret").click()
    await expect(page.get_by_text("Being replaced")).to_be_visible()
    await sound(page)
    await page.get_by_role("link", name="Revoke this system").click()
    await sound(page)
    await page.get_by_role("button", name="Revoke").click()
    await expect(page.get_by_role("alert")).to_contain_text("The system can no longer call")
    await sound(page)
    await context.close()
