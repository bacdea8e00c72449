"""From a fostering team's vacancy to another council's telephone call: the whole errand, in a real browser."""

import re
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from careshare.access.permissions import ROLES
from careshare.app import create_app
from careshare.database import Database
from careshare.settings import Settings
from services.fostering import actions
from services.fostering.model import Carer, Consent
from tenants.actions import as_owner
from tests.fixtures.live import serving
from tests.fostering.register import LONG_AGO, Desk, a_home, days, make
from tests.world import World, WorldAuthority

pytestmark = pytest.mark.browser

PHONE = ViewportSize(width=390, height=844)
CARERS_NUMBER = "07700 900123"

ENTRIES = """
    select e.authority_id, e.owner_id, e.agreement_id, e.actor_id, e.action, e.subjects,
      (select d.body from audit.detail d where d.authority_id = e.authority_id and d.entry_id = e.id) body
    from audit.entry e where $1 = any(e.subjects) and e.authority_id = $2 order by e.id
"""


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> Litestar:
    """Served by `address`, which starts and stops it."""
    return create_app(settings)


@pytest_asyncio.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def home_of(desk: Desk, postcode: str, *, publish: bool = False) -> UUID:
    """A home of two places, ready to be published."""
    async with desk.uow() as uow:
        made = await make(uow, a_home(postcode), publish=publish)
        await actions.set_carers(uow, made, None, [Carer(name="Ann Carer", telephone=CARERS_NUMBER)])
        await actions.change_consent(uow, made, None, Consent(privacy_notice_on=LONG_AGO))
    return made


@pytest_asyncio.fixture(scope="module", autouse=True)
async def neighbours(world: World, database: Database) -> None:
    """So many homes of A in one outward code that a notice may name it (`tenants.region.area_minimum`); one of B."""
    desk = Desk(world, database, world.a)
    for _ in range(5):
        await desk.make(a_home("ZA1 1AA"), places=0)
    await home_of(Desk(world, database, world.b), "ZB2 1AA")


async def sign_in(page: Page, address: str, authority: WorldAuthority, role: str) -> None:
    """Sign in as a stranger to the demonstration would."""
    await page.goto(address)
    await page.get_by_role("link", name=authority.name).click()
    await page.get_by_role("button", name=f"Sign in as {authority.names[role]}, {ROLES[role]}", exact=True).click()
    await expect(page.get_by_label("Who you are acting for")).to_contain_text(authority.name)


async def sign_out(page: Page) -> None:
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in")


async def open_section(page: Page, name: str, section: str = "") -> None:
    """Follow the menu, which is folded on a telephone with scripts; `name` may be the first page of a section."""
    await page.wait_for_load_state()
    toggle = page.get_by_role("button", name="Menu")
    if await toggle.is_visible():
        await toggle.click()
    menu = page.get_by_role("navigation", name="Menu")
    link = menu.get_by_role("link", name=name, exact=True)
    await (link.or_(menu.get_by_role("link", name=section, exact=True)) if section else link).click()


async def ask(page: Page, ages: tuple[int, ...], starts: date, postcode: str) -> None:
    """Ask for a home tonight for brothers, or for one boy."""
    await open_section(page, "Find a home")
    for number, age in enumerate(ages, 1):
        if number > 1:
            await page.get_by_role("button", name="Add another child").click()
        child = page.get_by_role("group", name=f"Child {number}")
        await child.get_by_label("Age").fill(str(age))
        await child.get_by_label("Boy").check()
    if len(ages) > 1:
        await page.get_by_label("They are all brothers and sisters of each other").check()
    for part, value in (("Day", starts.day), ("Month", starts.month), ("Year", starts.year)):
        await page.get_by_label(part, exact=True).fill(str(value))
    await page.get_by_label("Home postcode").fill(postcode)
    await page.get_by_role("button", name="Find homes").last.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Homes for")


def card(page: Page, text: str) -> Locator:
    return page.locator(".careshare-home", has=page.get_by_role("link", name=text))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_a_vacancy_is_published_found_and_rung(
    browser: Browser, address: str, world: World, database: Database, *, scripts: bool
) -> None:
    household = await home_of(Desk(world, database, world.a), "ZA1 3DD")
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts)
    page = await context.new_page()

    await sign_in(page, address, world.a, "fostering_officer")
    await page.goto(f"{address}/foster-carers/{household}")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator("main")).to_contain_text("Birkdale, under the agreement Ashmoor and Birkdale")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("The vacancies of this home are published")).to_be_visible()
    await sign_out(page)

    await sign_in(page, address, world.b, "placement_finder")
    await ask(page, (4, 7), days(1), "ZB1 1AA")
    theirs = card(page, "Ashmoor · ZA1 area")
    await expect(theirs).to_contain_text("about 7 miles")
    await expect(theirs).to_contain_text("Approval")
    await expect(theirs).to_contain_text("Ashmoor and Birkdale foster carers")
    await expect(theirs.get_by_role("link", name=world.a.duty_number)).to_be_visible()
    assert await page.locator("#homes + ol .careshare-home").first.get_by_text("Ours").count() == 1, "own first"
    text = await page.locator("main").inner_text()
    assert not re.search("Ann Carer|Hidden Lane|ZA1 3DD|07700", text), "whom another council looks after"
    await theirs.get_by_text("How it fits").click()
    await expect(theirs.get_by_role("table")).to_contain_text("Ages")

    await theirs.get_by_text("Log a call").click()
    await theirs.get_by_label("Will take", exact=True).check()
    await theirs.get_by_role("button", name="Save call").click()
    await expect(page.get_by_text("The call is saved")).to_be_visible()
    first = page.locator("#homes + ol .careshare-home").first
    await expect(first).to_contain_text("Ashmoor · ZA1 area")
    await expect(first).to_contain_text(world.b.names["placement_finder"])
    await first.get_by_role("link", name="Ashmoor · ZA1 area").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Ashmoor · ZA1 area")
    await expect(page.locator("main")).to_contain_text("on record with both councils")
    offer = UUID(re.search(r"/offers/([0-9a-f-]{36})", page.url)[1])  # type: ignore[index]  # a test fails here anyway

    await ask(page, (3, 5, 6, 8, 9), days(1), "ZC2 1AA")
    await expect(page.get_by_role("heading", name="No home was found")).to_be_visible()
    await page.get_by_role("link", name="unmet need", exact=True).click()
    await expect(page.get_by_role("table")).to_contain_text("5 children")
    await sign_out(page)

    await sign_in(page, address, world.c, "placement_finder")
    await ask(page, (4, 7), days(1), "ZB1 1AA")
    assert "Ashmoor" not in await page.locator("main").inner_text()
    absent = await page.goto(f"{address}/placements/offers/{offer}")
    assert absent is not None
    assert absent.status == 404
    await sign_out(page)

    await sign_in(page, address, world.a, "fostering_officer")
    await page.goto(f"{address}/foster-carers/{household}")
    await page.get_by_role("button", name="Withdraw").click()
    await page.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_text("The vacancies of this home are no longer published")).to_be_visible()
    await context.close()
    await on_record(world, offer)


async def on_record(world: World, offer: UUID) -> None:
    """What B saw of A's stands in the record twice: as B's own, with what was asked, and as A's, without."""
    async with as_owner(world.settings) as owner:
        entries = await owner.fetch(ENTRIES, offer, world.b.id)
        assert await owner.fetch(ENTRIES, offer, world.c.id) == []
    actions_seen = {entry["action"] for entry in entries}
    assert len(actions_seen) >= 2, "the search and the opening"
    assert {entry["actor_id"] for entry in entries} == {world.b.people["placement_finder"]}
    searched = [entry for entry in entries if entry["action"] == entries[0]["action"]]
    own = [entry for entry in searched if entry["owner_id"] is None]
    told = [entry for entry in searched if entry["owner_id"] == world.a.id]
    assert own
    assert all("criteria" in entry["body"] for entry in own)
    assert told
    assert all(entry["agreement_id"] == world.agreement_id and entry["body"] is None for entry in told)
    assert all(entry["subjects"] == [offer] for entry in told)


NOT_PRINTED = ".govuk-service-navigation, .govuk-phase-banner, .govuk-template__footer, .govuk-button, form"


async def test_lists_are_printed_with_numbers_and_without_navigation(
    browser: Browser, address: str, world: World, database: Database
) -> None:
    await home_of(Desk(world, database, world.a), "ZA1 3DD", publish=True)
    context = await browser.new_context()
    page = await context.new_page()
    await sign_in(page, address, world.a, "fostering_officer")
    await page.goto(f"{address}/foster-carers/tonight")
    await page.emulate_media(media="print")
    await expect(page.get_by_text(CARERS_NUMBER).first).to_be_visible()
    await nothing_to_press(page)
    await page.emulate_media(media="screen")
    await sign_out(page)
    await sign_in(page, address, world.b, "placement_finder")
    await ask(page, (4,), days(1), "ZB1 1AA")
    await page.emulate_media(media="print")
    await expect(card(page, "Ashmoor · ZA1 area").first).to_contain_text(world.a.duty_number)
    await expect(page.get_by_text(world.a.duty_number).first).to_be_visible()
    await nothing_to_press(page)
    await context.close()


async def nothing_to_press(page: Page) -> None:
    """On paper there is no navigation, no button and no form."""
    for element in await page.locator(NOT_PRINTED).all():
        assert not await element.is_visible(), await element.evaluate("found => found.outerHTML.slice(0, 200)")
