"""Sessions, step-up, kept forms, roles for a time and break-glass in a real browser: accessible at both widths."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, ViewportSize, expect

from careshare.app import create_app
from careshare.database import Database
from careshare.identity.kept_forms import keep_form
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.web import axe
from tests.world import World

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
ROLES = "/administration/temporary-roles"
PAGES = (
    *("/sessions", "/acting", "/step-up", "/administration/sessions", "/break-glass/colleagues", "/break-glass"),
    *(f"{ROLES}{kind}" for kind in ("", "/deputy", "/delegation", "/support")),
)


@pytest.fixture(scope="module")
async def address(settings: Settings) -> AsyncIterator[str]:
    async with serving(create_app(settings)) as served:
        yield served


@pytest.fixture(scope="module")
async def kept(world: World, database: Database) -> UUID:
    """A form the administrator sent too late; and somebody holds a role for a time, and another waits to be let in."""
    (session,) = (await world.session(world.a, "authority_administrator")).values()
    async with database.unbound() as uow:
        answers = {"idle": ["30"], "absolute": ["8"]}
        found = await keep_form(uow, world.settings.secret_key, session, "/administration/sessions", answers)
    assert found is not None
    people = world.a.people
    async with as_owner(world.settings) as owner:
        for kind, hours in (("delegation", 9), ("break_glass", 2)):
            await owner.execute(
                "insert into tenants.temporary_role (authority_id, person_id, kind, roles, during, reason, granted_by)"
                " values ($1, $2, $3, '{out_of_hours}', tstzrange(now(), now() + make_interval(hours => $4)),"
                " 'Nights', $5)",
                world.a.id,
                people["payments"],
                kind,
                hours,
                people["director"],
            )
    return found


async def signed_in(context: BrowserContext, world: World, address: str, role: str) -> None:
    for name, value in (await world.session(world.a, role, stepped_up=True)).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(
    browser: Browser, address: str, world: World, kept: UUID, viewport: ViewportSize
) -> None:
    axe.require()
    context = await browser.new_context(viewport=viewport, bypass_csp=True)
    await signed_in(context, world, address, "authority_administrator")
    page = await context.new_page()
    for path in (*PAGES, f"/kept-form/{kept}"):
        answer = await page.goto(address + path)
        assert answer is not None
        assert answer.status == 200, path
        assert await axe.violations(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") == viewport["width"], path
    for path, button in ((f"{ROLES}/deputy", "Give the role"), ("/break-glass/colleagues", "Begin")):
        await page.goto(address + path)
        await page.get_by_role("button", name=button).click()
        await expect(page.locator(".govuk-error-summary")).to_be_visible()
        assert await axe.violations(page) == [], path
    await context.close()


async def test_break_glass_from_the_code_to_the_banner_without_scripts(
    browser: Browser, address: str, world: World
) -> None:
    director = await browser.new_context(java_script_enabled=False)
    await signed_in(director, world, address, "director")
    page = await director.new_page()
    await page.goto(f"{address}/break-glass/colleagues")
    await page.get_by_label("Who is to be let in").select_option(str(world.a.people["out_of_hours"]))
    await page.get_by_label("2 hours").check()
    await page.get_by_label("Why they cannot sign in").fill("The council’s sign-in is down")
    await page.get_by_role("button", name="Begin").click()
    first = await page.locator(".govuk-panel__title").inner_text()
    manager = await browser.new_context(java_script_enabled=False)
    await signed_in(manager, world, address, "team_manager")
    other = await manager.new_page()
    await other.goto(f"{address}/break-glass/colleagues")
    await other.get_by_role("link", name="Read and agree").last.click()
    await other.get_by_role("button").filter(has_text="gree").last.click()
    second = await other.locator(".govuk-panel__title").inner_text()
    worker = await browser.new_context(java_script_enabled=False)
    phone = await worker.new_page()
    await phone.goto(f"{address}/break-glass")
    await phone.get_by_label("Your work email address").fill("out-of-hours@ashmoor.example")
    await phone.locator("#first").fill(first)
    await phone.locator("#second").fill(second)
    await phone.get_by_role("button", name="Come in").click()
    await expect(phone.get_by_label("Break-glass", exact=True)).to_contain_text("Everything you do is recorded")
    for context in (director, manager, worker):
        await context.close()
