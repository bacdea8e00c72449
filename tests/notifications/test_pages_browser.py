"""Notifications and giving work to a colleague in a real browser: accessible at both widths, whole without scripts."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from careshare.app import create_app
from careshare.database import Acting, Database
from careshare.jobs.registry import SYSTEM
from careshare.notifications import News, notify
from careshare.settings import Settings
from tests.fixtures.live import serving
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
async def told(database: Database, world: World) -> int:
    """Two things told to the finder; how many."""
    async with database.bound(Acting(world.a.id, SYSTEM, "test")) as uow:
        for kind in ("choose_home", "hold_granted"):
            one = News(kind=kind, subject=uuid4(), event="e", path="/placements/desk", roles=("placement_finder",))
            await notify(uow, one)
    return 2


async def opened(browser: Browser, address: str, world: World, viewport: ViewportSize, *, scripts: bool) -> Page:
    context = await browser.new_context(viewport=viewport, java_script_enabled=scripts, bypass_csp=True)
    (name, secret), *_ = (await world.session(world.a, "placement_finder")).items()
    await context.add_cookies([{"name": name, "value": secret, "url": address}])
    return await context.new_page()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_pages_are_accessible(
    browser: Browser, address: str, world: World, told: int, viewport: ViewportSize
) -> None:
    page = await opened(browser, address, world, viewport, scripts=True)
    for path in ("/notifications", "/notifications/settings", "/placements/desk", "/placements/enquiries"):
        await page.goto(address + path)
        assert await axe.violations(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    await page.context.close()


async def test_without_scripts_one_opens_reads_and_chooses(
    browser: Browser, address: str, world: World, told: int
) -> None:
    page = await opened(browser, address, world, PHONE, scripts=False)
    await page.goto(address)
    await page.get_by_role("link", name="Notifications").click()
    unread = await page.get_by_text("New", exact=True).count()
    assert unread >= told
    await page.get_by_role("link", name="A home accepted").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Desk")
    await page.get_by_role("link", name="Notifications").click()
    assert await page.get_by_text("New", exact=True).count() == unread - 1
    await page.get_by_role("button", name="Mark all as read").click()
    assert await page.get_by_text("New", exact=True).count() == 0
    await page.get_by_role("link", name="Change that").click()
    await page.get_by_label("Once a day").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("main")).to_contain_text("You get one e-mail a day")
    await page.context.close()
