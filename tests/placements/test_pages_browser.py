"""The search in a real browser: accessible, within the policy, on a telephone, with scripts on and off."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from careshare.app import create_app
from careshare.settings import Settings
from tests.fixtures.live import serving
from tests.placements.homes import add_home, days
from tests.web import axe
from tests.world import World

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest_asyncio.fixture(scope="module")
async def address(settings: Settings, world: World) -> AsyncIterator[str]:
    await add_home(world, world.a, "ZA1", shared=False, exact=(400_000, 560_000), places=2)
    await add_home(world, world.b, "ZB1", places=2, confirmed_on=days(-12))
    await add_home(world, world.b, "ZB2", bedrooms=None, sex="F", places=1)
    await add_home(world, world.b, "ZB2", starts=days(9), places=2)
    await add_home(world, world.a, "ZA2", age_min=14)
    async with serving(create_app(settings)) as served:
        yield served


async def finder(context: BrowserContext, address: str, world: World) -> Page:
    for name, value in (await world.session(world.a)).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    return await context.new_page()


async def search(page: Page, address: str) -> None:
    """Search for two siblings, as somebody in a hurry does."""
    await page.goto(f"{address}/placements/tonight")
    await page.get_by_label("Age").fill("4")
    await page.get_by_label("Girl").check()
    await page.get_by_role("button", name="Add another child").click()
    second = page.get_by_role("group", name="Child 2")
    await second.get_by_label("Age").fill("7")
    await second.get_by_label("Boy").check()
    await page.get_by_label("They are all brothers and sisters of each other").check()
    await page.get_by_label("Home postcode").fill("za1 3dd")
    await page.get_by_label("Home postcode").press("Enter")
    await expect(page.get_by_role("heading", name="Homes for a girl of 4 and a boy of 7")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(browser: Browser, address: str, world: World, viewport: ViewportSize) -> None:
    axe.require()
    context = await browser.new_context(viewport=viewport, bypass_csp=True)
    page = await finder(context, address, world)

    async def right(where: str) -> None:
        await page.wait_for_load_state("networkidle")
        assert await axe.violations(page) == [], where
        assert await page.evaluate("document.documentElement.scrollWidth") == viewport["width"], where

    await search(page, address)
    await right("results")
    for details in await page.locator("details").all():
        await details.evaluate("found => found.open = true")
    await right("results, all open")
    found = page.url
    await page.get_by_role("button", name="Save call").first.click()
    await right("a call with errors")
    await page.goto(found)
    await page.get_by_role("link", name="Birkdale · ZB1 area").last.click()
    await right("notice")
    for path in ("tonight", "search", "searches", "unmet-needs"):
        await page.goto(f"{address}/placements/{path}")
        await right(path)
        if path in {"tonight", "search"}:
            await page.get_by_role("button", name="Add another child").click()
            await right(f"{path}, two children")
            await page.get_by_role("button", name="Find homes").click()
            await right(f"{path}, errors")
    await context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_a_search_is_made_and_a_call_logged(
    browser: Browser, address: str, world: World, *, scripts: bool
) -> None:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    page = await finder(context, address, world)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await search(page, address)
    home = page.locator(".careshare-home", has=page.get_by_role("link", name="Birkdale · ZB1 area"))
    await expect(page.locator(".careshare-home").first).to_contain_text("Ours")
    await home.get_by_text("Log a call").click()
    await home.get_by_label("Will take", exact=True).check()
    await home.get_by_label("How many will they take?").fill("2")
    await home.get_by_role("button", name="Save call").click()
    await expect(page.get_by_text("The call is saved")).to_be_visible()
    await expect(page.locator(".careshare-home").first).to_contain_text("Birkdale · ZB1 area")
    await page.get_by_role("link", name="Change what you asked for").click()
    await expect(page.get_by_role("group", name="Child 2").get_by_label("Age")).to_have_value("7")
    await page.get_by_role("button", name="Remove child 1").click()
    await expect(page.get_by_role("group", name="Child 1").get_by_label("Age")).to_have_value("7")
    assert said == []
    await context.close()
