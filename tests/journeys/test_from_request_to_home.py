"""From a request to a home: a finder in one council and an officer in another, each in a browser of their own."""

import re
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from careshare.app import create_app
from careshare.database import Database
from careshare.settings import Settings
from services.placements.placed.codes import recipients
from tests.fixtures.live import serving
from tests.fostering.register import a_home, make, terms
from tests.journeys.test_agreement import fill_date
from tests.journeys.test_find_a_home import sign_in
from tests.placements.homes import today
from tests.world import World

pytestmark = pytest.mark.browser

NAME = "Rowan Hidden"
POSTCODE = "ZB1 1AA"


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> Litestar:
    """Served by `address`, which starts and stops it."""
    return create_app(settings)


@pytest_asyncio.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def home_of_b(world: World, database: Database) -> UUID:
    """A published foster home of Birkdale with one place; its notice."""
    async with database.bound(world.acting(world.b, "fostering_officer")) as uow:
        home = await make(uow, a_home(POSTCODE), places=1, publish=True, approval=terms(places=1))
        found = await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        offer: UUID = found.scalar_one()
        return offer


async def request_for_a_girl(page: Page, address: str, day: date) -> str:
    """A request started on its page, with who the child is; its address."""
    await page.goto(f"{address}/placements/requests/new")
    child = page.get_by_role("group", name="Child 1")
    await child.get_by_label("Age").fill("7")
    await child.get_by_label("Girl").check()
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await page.get_by_label(part, exact=True).first.fill(str(value))
    await page.locator("main form button[type=submit]").last.click()
    await expect(page).to_have_url(re.compile(r"/placements/requests/[0-9a-f-]{36}"))
    return page.url.partition("#")[0]


async def ask_home(page: Page, request: str, offer: UUID) -> str:
    """Search for the request, choose the home, look at what it will see, ask; the enquiry's address."""
    await page.goto(request)
    await page.get_by_role("button", name="Search for a home").first.click()
    await page.goto(f"{request}/ask?offer={offer}")
    await expect(page.locator(f"input[value='{offer}']")).to_be_checked()
    await page.locator("main form button[type=submit]").first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Look at what they will see")
    assert NAME not in await page.locator("main").inner_text()
    await page.get_by_role("button", name="Ask 1 home").click()
    await expect(page.get_by_text("The homes are asked")).to_be_visible()
    await page.get_by_role("row").filter(has_text="Answer by").get_by_role("link").first.click()
    return page.url


async def say_who(page: Page, request: str) -> None:
    """Who the child is, on its own page; then the request is opened."""
    await page.goto(request)
    await page.locator("a[href$='/identity'], a[href$='/who']").first.click()
    await page.get_by_label("Name", exact=True).fill(NAME)
    await page.get_by_label("The case system’s reference").fill("CH-204481")
    await fill_date(page, "Date of birth", today().replace(year=today().year - 7, month=1, day=1))
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("The request is saved")).to_be_visible()
    await page.goto(request)
    await page.get_by_role("button", name="Open the request").click()


async def answer(page: Page, label: str, *, heard_from: str = "") -> None:
    """Give one consent of the match whose page is open."""
    await page.get_by_role("link", name=label).click()
    await page.get_by_label("Yes", exact=True).check()
    if heard_from:
        await page.get_by_label("Somebody else answered, by telephone").check()
        await page.get_by_label("In which role did they answer?").fill(heard_from)
    await page.get_by_role("button", name="Record the answer").click()
    await expect(page.get_by_text("The consent is given")).to_be_visible()


def at_officer(asked: str) -> str:
    """The address of an enquiry as the home's side reads it."""
    return asked.replace("/placements/enquiries/", "/placements/to-answer/")


async def words(page: Page) -> str:
    """What the page says."""
    return await page.locator("main").inner_text()


async def is_declined(officer: Page, at: str) -> None:
    """The officer declines: a name never appeared, and the profile is closed again."""
    await officer.goto(at)
    assert "girl of 7" in (await words(officer)).lower()
    assert NAME not in await officer.content()
    await officer.get_by_role("link", name="Decline").click()
    await officer.locator("main input[type=radio]").first.check()
    await officer.get_by_role("button", name="Decline").click()
    await expect(officer.get_by_text("The profile is closed again").first).to_be_visible()
    await closed(officer, at)


async def closed(officer: Page, at: str) -> None:
    """Nothing of the child is open at an enquiry's address."""
    await officer.goto(at)
    assert "girl of 7" not in (await words(officer)).lower()
    assert NAME not in await officer.content()


async def is_matched(finder: Page, officer: Page, asked: str) -> None:
    """Proposed, listed, agreed on each side; the carers by telephone."""
    await finder.goto(asked)
    await finder.get_by_role("link", name="Match", exact=True).click()
    await finder.get_by_role("button", name="Propose the match").click()
    await answer(finder, "chooses this home")
    await officer.goto(at_officer(asked))
    await officer.get_by_role("link", name="Match", exact=True).click()
    await officer.get_by_role("button", name="Check and list the consents").click()
    await answer(officer, "The authority whose home it is agrees")
    assert NAME not in await officer.content()
    await expect(officer.locator("main")).to_contain_text("What is missing")
    await answer(officer, "The foster carers say yes", heard_from="foster carer")
    await expect(officer.locator("main")).to_contain_text("Everybody whose consent was needed has agreed")


async def starts(finder: Page, officer: Page) -> None:
    """Names appear, on both sides; the child comes."""
    await finder.reload()
    await finder.get_by_role("link", name="The placement").click()
    await finder.locator("main table a").first.click()
    await expect(finder.get_by_role("heading", level=1)).to_have_text(NAME)
    await expect(finder.locator("main")).to_contain_text(POSTCODE)
    assert await finder.get_by_role("table", name="Who is told").get_by_role("row").count() == len(recipients()) + 1
    await finder.get_by_role("button", name="The child may come").click()
    await expect(finder.get_by_text("The placement is ready")).to_be_visible()
    await officer.get_by_role("link", name="The placement").click()
    await officer.locator("main table a").first.click()
    await expect(officer.get_by_role("heading", level=1)).to_have_text(NAME)
    await (
        officer.get_by_role("link", name="The child has come")
        .or_(officer.get_by_role("button", name="The child has come"))
        .click()
    )
    await officer.get_by_label("Weekly price under the agreement").fill("450")
    await officer.get_by_role("button", name="The child has come").click()
    await expect(officer.get_by_text("The placement has started")).to_be_visible()


async def test_two_browsers_from_a_request_to_a_home(
    browser: Browser, address: str, world: World, database: Database
) -> None:
    a, b = world.a, world.b
    offer = await home_of_b(world, database)
    declines = await home_of_b(world, database)
    finding, providing = await browser.new_context(), await browser.new_context(java_script_enabled=False)
    finder, officer = await finding.new_page(), await providing.new_page()
    await sign_in(finder, address, a, "placement_finder")
    await sign_in(officer, address, b, "fostering_officer")

    request = await request_for_a_girl(finder, address, today())
    await say_who(finder, request)
    no = at_officer(await ask_home(finder, request, declines))
    await is_declined(officer, no)
    asked = await ask_home(finder, request, offer)
    theirs = at_officer(asked)

    # A question, an answer, a place that is kept.
    await officer.goto(theirs)
    await officer.get_by_label(f"Write to {a.name}").fill("Does she sleep well?")
    await officer.get_by_role("button", name="Send").click()
    await finder.goto(asked)
    await expect(finder.locator("main")).to_contain_text("Does she sleep well?")
    assert POSTCODE not in await finder.content()
    await officer.goto(f"{theirs}/accept")
    await officer.get_by_role("button", name="Accept", exact=True).click()
    await officer.get_by_role("button", name="Keep the place for them").click()

    await is_matched(finder, officer, asked)
    await starts(finder, officer)

    # The vacancy is gone for everyone, its own authority included; what was declined still knows no name.
    for who in (a, b):
        async with database.bound(world.acting(who, "placement_finder")) as uow:
            there = await uow.execute(text("select count(*) from tenants.offer where id = :o"), {"o": offer})
            assert there.scalar_one() == 0
    await closed(officer, no)
    await finding.close()
    await providing.close()
