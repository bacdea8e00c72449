"""The register's pages in a real browser: accessible at both widths, whole without scripts, and fit to print."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from careshare.app import create_app
from careshare.settings import Settings
from services.fostering import actions
from services.fostering.model import Bedroom, Carer, Closure, Member
from tests.fixtures.live import serving
from tests.fostering.register import LONG_AGO, TODAY, Desk, a_child, a_home, days, make, terms
from tests.web import axe
from tests.world import World

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture(scope="module")
async def address(settings: Settings) -> AsyncIterator[str]:
    async with serving(create_app(settings)) as served:
        yield served


@pytest.fixture(scope="module")
async def full(a: Desk) -> UUID:
    """A household with something of everything."""
    async with a.uow() as uow:
        made = await make(uow, a_home(name="The Cottons"), places=3, publish=True)
        await actions.set_carers(uow, made, None, [Carer(name="Rosie Cotton", telephone="01632 960 555")])
        await actions.set_members(uow, made, None, [Member(name="Tom", relationship="own_child", born=LONG_AGO)])
        await actions.set_bedrooms(uow, made, None, [Bedroom(beds=2, sharing="siblings")])
        await actions.place_child(uow, made, None, a_child())
        await actions.close_place(uow, made, None, 3, Closure(reason="works", since=TODAY, until=days(20)))
        await actions.set_terms(uow, made, None, terms(since=days(60)))
    return made


async def signed_in(context: BrowserContext, world: World, address: str, role: str = "fostering_officer") -> Page:
    for name, value in (await world.session(world.a, role, stepped_up=True)).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    return await context.new_page()


def paths(household: UUID) -> list[str]:
    home = f"/foster-carers/{household}"
    forms = (
        *("home", "carers", "members", "bedrooms", "abilities", "privacy", "confidential", "approval", "temporary"),
        *(
            "extension",
            "resignation",
            "exemption",
            "exemption/withdrawn",
            "checks",
            "places",
            "places/2/close",
            "places/3/open",
        ),
        *("children/new", "withdraw"),
    )
    lists = ("/foster-carers", "/foster-carers/due", "/foster-carers/tonight", "/foster-carers/new")
    return [*lists, home, *(f"{home}/{form}" for form in forms)]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(
    browser: Browser, address: str, world: World, a: Desk, full: UUID, viewport: ViewportSize
) -> None:
    axe.require()
    async with a.uow() as uow:
        unpublished = await make(uow, a_home(name="Unpublished"))
        hidden = await make(uow, a_home(name="Hidden"))
        await actions.set_confidential(uow, hidden, None, confidential=True, may_see=True)
    context = await browser.new_context(viewport=viewport, bypass_csp=True)
    page = await signed_in(context, world, address)
    more = [f"/foster-carers/{unpublished}/publish", f"/foster-carers/{hidden}", "/foster-carers?places=sold"]
    everything = [*paths(full), *more, f"/foster-carers/{hidden}?without=address"]
    for path in everything if viewport is DESKTOP else everything[:7]:
        await page.goto(address + path)
        assert await axe.violations(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") == viewport["width"], path
    await page.goto(f"{address}/foster-carers/{full}/children/new")
    await page.get_by_role("button", name="Record the placement").click()
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert await axe.violations(page) == [], "errors"
    await context.close()


async def test_a_home_is_registered_and_filled_without_scripts_by_keyboard(
    browser: Browser, address: str, world: World
) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE)
    page = await signed_in(context, world, address)
    await page.goto(f"{address}/foster-carers")
    await page.get_by_role("link", name="Register a household").focus()
    await page.keyboard.press("Enter")
    for label, typed in (
        ("Reference", "KEY-1"),
        ("Name of the household", "Typed"),
        ("Address", "1 Road"),
        ("Postcode", "ZA1 1AA"),
    ):
        await page.get_by_label(label, exact=True).fill(typed)
    await page.get_by_label("Postcode", exact=True).press("Enter")
    await expect(page.get_by_text("The household is registered")).to_be_visible()
    await page.get_by_role("link", name="the carers").click()
    await page.get_by_label("Name of carer 1").fill("First")
    await page.get_by_role("button", name="Add another carer").click()
    assert (await page.evaluate("location.hash")) == "#carer-2"
    await page.get_by_label("Name of carer 2").fill("Second")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The change is saved")).to_be_visible()
    await expect(page.locator("#carers").get_by_text("Second")).to_be_visible()
    await context.close()


async def test_a_search_by_name_is_in_no_address(browser: Browser, address: str, world: World, full: UUID) -> None:
    context = await browser.new_context(viewport=DESKTOP)
    page = await signed_in(context, world, address)
    await page.goto(f"{address}/foster-carers")
    await page.get_by_text("Find or filter households").click()
    await page.get_by_label("Name, reference or postcode").fill("Cotton")
    await page.get_by_role("button", name="Show households").click()
    await expect(page.get_by_role("link", name="The Cottons")).to_be_visible()
    assert page.url == f"{address}/foster-carers"
    await context.close()


async def test_tonight_fits_on_paper(browser: Browser, address: str, world: World, full: UUID) -> None:
    context = await browser.new_context(viewport={"width": 718, "height": 1000})
    page = await signed_in(context, world, address, "out_of_hours")
    await page.goto(f"{address}/foster-carers/tonight")
    await expect(page.get_by_role("button", name="Print this list")).to_be_visible()
    await page.emulate_media(media="print")
    await expect(page.get_by_role("button", name="Print this list")).to_be_hidden()
    number = page.get_by_role("link", name="01632 960 555")
    await expect(number).to_be_visible()
    assert await number.evaluate("number => parseFloat(getComputedStyle(number).fontSize)") > 16
    assert await page.evaluate("document.documentElement.scrollWidth") == 718
    assert len(await page.pdf(format="A4")) > 0
    await context.close()
