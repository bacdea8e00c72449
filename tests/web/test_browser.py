"""The pages in a real browser: accessible, within the policy, and working with scripts on and off."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from careshare.identity import SESSION_COOKIE
from tests.fixtures.live import serving
from tests.web import axe

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
PATHS = ["/sample", "/accessibility", "/cookies", "/privacy", "/feedback", "/sample/words?text=Words", "/nowhere"]


@pytest.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def signed_in(context: BrowserContext, address: str) -> Page:
    await context.add_cookies([{"name": SESSION_COOKIE, "value": "secret", "url": address}])
    return await context.new_page()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(browser: Browser, address: str, viewport: ViewportSize) -> None:
    axe.require()
    context = await browser.new_context(viewport=viewport, bypass_csp=True)
    page = await signed_in(context, address)
    for path in PATHS:
        await page.goto(address + path)
        assert await axe.violations(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") == viewport["width"], path
    await page.goto(address + "/sample")
    await page.get_by_role("button", name="Search").click()
    assert await axe.violations(page) == [], "errors"
    await context.close()


async def test_scripts_run_within_the_policy(browser: Browser, address: str) -> None:
    context = await browser.new_context(viewport=PHONE)
    page = await signed_in(context, address)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(address + "/sample")
    await expect(page.get_by_role("button", name="Print this page")).to_be_visible()
    await page.get_by_role("button", name="Menu").click()
    await expect(page.get_by_role("link", name="Child", exact=True)).to_be_visible()
    assert said == []
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator(".govuk-error-summary")).to_be_focused()
    await page.get_by_role("link", name="Enter the date the home is needed from").click()
    await expect(page.locator("#needed_from-day")).to_be_focused()
    await context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_a_form_is_sent_and_answered(browser: Browser, address: str, *, scripts: bool) -> None:
    context = await browser.new_context(java_script_enabled=scripts)
    page = await context.new_page()
    await page.goto(address + "/sample")
    await page.get_by_label("Your reference").fill("AB 12")
    for part, typed in (("Day", "20"), ("Month", "November"), ("Year", "2026")):
        await page.get_by_label(part, exact=True).fill(typed)
    await page.get_by_label("Emergency").check()
    await page.get_by_label("Yes").check()
    await page.get_by_label("Age", exact=True).fill("4")
    await page.get_by_label("Sex").select_option("Female")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("The search is saved")).to_be_visible()
    assert await page.evaluate("location.pathname") == "/sample"
    await context.close()


async def test_progress_goes_on_by_itself_and_stops(browser: Browser, address: str, app: Litestar) -> None:
    app.state["asked"] = 0
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(address + "/sample/progress")
    await expect(page.get_by_text("3 of 3 read")).to_be_visible()
    await expect(page.get_by_role("link", name="Check again")).to_have_count(0)
    await page.wait_for_timeout(400)
    assert app.state["asked"] == 3
    await context.close()


async def test_progress_without_scripts_is_one_press_away(browser: Browser, address: str, app: Litestar) -> None:
    app.state["asked"] = 0
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address + "/sample/progress")
    await page.get_by_role("link", name="Check again").click()
    await expect(page.get_by_text("2 of 3 read")).to_be_visible()
    await context.close()
