"""Asking several at once: homes of three authorities and an agency outside; each answers in its own way, or not."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from careshare.app import create_app
from careshare.database import Database
from careshare.settings import Settings
from services.placements.enquiries.jobs import Overdue, lapse_overdue
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.fostering.register import a_home, make, terms
from tests.journeys.test_find_a_home import sign_in
from tests.journeys.test_from_request_to_home import NAME, at_officer, closed, request_for_a_girl, say_who, words
from tests.placements.homes import remove_all, today
from tests.placements.test_prices import agreed, price
from tests.world import World, WorldAuthority

pytestmark = pytest.mark.browser

STREETS = {"A": "ZA1 1AA", "B": "ZB1 1AA", "C": "ZC1 1AA"}


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> Litestar:
    """Served by `address`, which starts and stops it."""
    return create_app(settings)


@pytest_asyncio.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def a_vacancy(world: World, database: Database, who: WorldAuthority, postcode: str) -> UUID:
    """A published foster home with one place; its notice."""
    async with database.bound(world.acting(who, "fostering_officer")) as uow:
        home = await make(uow, a_home(postcode), places=1, publish=True, approval=terms(places=1))
        found = await uow.execute(text("select offer_id from tenants.offer_own where subject_id = :h"), {"h": home})
        offer: UUID = found.scalar_one()
        return offer


async def choose(page: Page, request: str, offers: list[UUID]) -> None:
    """Search for the request; compare the chosen homes, go back, ask them all at once, and look first."""
    await page.goto(request)
    await page.get_by_role("button", name="Search for a home").first.click()
    results = page.url
    for offer in offers:
        await page.locator(f"#choose-{offer}").check()
    await page.get_by_role("button", name="Compare the chosen").click()
    table = page.get_by_role("table", name="Homes side by side")
    await expect(table.get_by_role("columnheader")).to_have_count(len(offers) + 1)
    await expect(table).to_contain_text("Nominated officer")
    await expect(table).to_contain_text("agreed tariff of Birkdale")
    content = await page.content()
    assert not any(postcode in content for postcode in STREETS.values())
    await page.goto(results)
    for offer in offers:
        await page.locator(f"#choose-{offer}").check()
    await page.get_by_role("button", name="Ask the chosen").click()
    for offer in offers:
        await expect(page.locator(f"input[value='{offer}']")).to_be_checked()
    await page.get_by_role("button", name="See what they will see").click()
    assert NAME not in await words(page)
    await page.get_by_role("button", name=f"Ask {len(offers)} homes").click()
    await expect(page.get_by_text("The homes are asked")).to_be_visible()


async def ask_outside(page: Page, request: str) -> str:
    """An agency is asked by telephone; the address of what is recorded."""
    await page.goto(f"{request}/ask-outside")
    await page.get_by_label("Agency or home").fill("Hill Top Fostering")
    await page.get_by_label("Foster home").check()
    await page.get_by_label("Telephone").check()
    await page.get_by_role("button", name="Record it").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Hill Top Fostering")
    return page.url


async def enquiries_of(world: World, offers: list[UUID]) -> list[UUID]:
    """The enquiry about each notice."""
    async with as_owner(world.settings) as owner:
        rows = await owner.fetch("select offer_id, id from placements.enquiry where offer_id = any($1)", offers)
    found = {row["offer_id"]: row["id"] for row in rows}
    return [found[offer] for offer in offers]


async def accepts(officer: Page, at: str) -> None:
    await officer.goto(f"{at}/accept")
    await officer.get_by_role("button", name="Accept", exact=True).click()


async def declines(officer: Page, at: str) -> None:
    """With a reason that stays with its authority."""
    await officer.goto(f"{at}/decline")
    await officer.get_by_label("An allegation or concern is being looked into").check()
    await officer.get_by_role("button", name="Decline").click()
    await expect(officer.get_by_text("The profile is closed again").first).to_be_visible()


async def never_answers(world: World, database: Database, enquiry: UUID) -> None:
    """The clock runs out, and the job that keeps it comes by."""
    async with as_owner(world.settings) as owner:
        await owner.execute(
            "update placements.enquiry set respond_by = now() - interval '1 minute' where id = $1", enquiry
        )
    async with database.bound(world.acting(world.a)) as uow:
        await lapse_overdue(uow, Overdue())


async def answers_by_telephone(finder: Page, outside: str) -> None:
    """The agency can take her, at a price."""
    await finder.goto(outside)
    await finder.get_by_role("radio", name="They can take the children").check()
    await finder.get_by_label("Weekly price").fill("980")
    await finder.get_by_label("In which role did they answer?").fill("referrals officer")
    await finder.get_by_role("button", name="Record the answer").click()


async def sees_the_whole(finder: Page, request: str) -> None:
    """What everybody said, on one page."""
    await finder.goto(request.replace("/requests/", "/enquiries?request_id="))
    main = finder.locator("main")
    for said in ("Accepted", "Declined", "It is not available now", "Not answered", "Asked", "Hill Top Fostering"):
        await expect(main).to_contain_text(said)
    await expect(main).to_contain_text("£980.00")
    assert "allegation" not in (await finder.content()).lower()


async def sees_it_beside_the_homes(finder: Page, request: str, *, declined: UUID, silent: UUID) -> None:
    """The next search says who was asked and what they said; whoever declined is not asked once more."""
    await finder.goto(request)
    await finder.get_by_role("button", name="Search for a home").first.click()
    await expect(finder.get_by_text("Asked already: 5")).to_be_visible()
    for offer, said, may_be_asked in ((declined, "It is not available now", 0), (silent, "Not answered", 1)):
        home = finder.locator(f"#home-{offer}")
        await expect(home).to_contain_text(said)
        assert await home.get_by_role("link", name=re.compile("Ask this home")).count() == may_be_asked


async def withdraws_the_others(finder: Page, request: str, enquiry: str) -> None:
    """Its own colleagues' home and the agency, at once, with one reason."""
    await finder.goto(f"{request}/ask-no-longer")
    assert await finder.get_by_role("group", name="Homes").get_by_role("checkbox").count() == 2
    await finder.locator(f"input[value='{enquiry}']").check()
    await finder.get_by_label("Hill Top Fostering").check()
    await finder.get_by_label("A home was found").check()
    await finder.get_by_role("button", name="Ask no longer").click()
    await expect(finder.get_by_text("They are no longer asked")).to_be_visible()
    main = finder.locator("main")
    await expect(main).to_contain_text("Withdrawn")
    await expect(main).to_contain_text("We ask them no longer")
    await expect(main.get_by_role("row").filter(has_text="Accepted")).to_have_count(1)


async def test_several_are_asked_and_each_answers_in_its_own_way(
    browser: Browser, address: str, world: World, database: Database
) -> None:
    await remove_all(world)
    a, b, c = world.authorities
    async with (
        agreed(world, database, "foster_carers", "profile"),
        agreed(world, database, "foster_carers", "notice", between=(a, c)),
    ):
        await price(database, world, "base", (5, 10), "225.00", today())
        offers = [
            await a_vacancy(world, database, b, STREETS["B"]),
            await a_vacancy(world, database, c, STREETS["C"]),
            await a_vacancy(world, database, b, STREETS["B"]),
            await a_vacancy(world, database, a, STREETS["A"]),
        ]
        finding = await browser.new_context()
        finder = await finding.new_page()
        await sign_in(finder, address, a, "placement_finder")
        officers = {}
        for who in (b, c):
            context = await browser.new_context(java_script_enabled=False)
            officers[who.name] = await context.new_page()
            await sign_in(officers[who.name], address, who, "fostering_officer")

        request = await request_for_a_girl(finder, address, today())
        await say_who(finder, request)
        await choose(finder, request, offers)
        outside = await ask_outside(finder, request)
        yes, no, never, ours = [
            at_officer(f"{address}/placements/enquiries/{one}") for one in await enquiries_of(world, offers)
        ]

        theirs, yes_no = officers[b.name], officers[c.name]
        for officer, at in ((theirs, yes), (yes_no, no), (theirs, never)):
            await officer.goto(at)
            assert "girl of 7" in (await words(officer)).lower()
            assert NAME not in await officer.content()
        await accepts(theirs, yes)
        await declines(yes_no, no)
        await never_answers(world, database, UUID(never.rpartition("/")[2]))
        await answers_by_telephone(finder, outside)
        await sees_the_whole(finder, request)
        await sees_it_beside_the_homes(finder, request, declined=offers[1], silent=offers[2])
        await withdraws_the_others(finder, request, ours.rpartition("/")[2])

        # Whoever did not accept knows no name, and nothing of the child any more.
        await closed(yes_no, no)
        await closed(theirs, never)
        await finder.context.clear_cookies()
        await sign_in(finder, address, a, "fostering_officer")
        await closed(finder, ours)
        await theirs.goto(yes)
        assert "girl of 7" in (await words(theirs)).lower()
        assert NAME not in await theirs.content()
        for page in (finder, theirs, yes_no):
            await page.context.close()
