"""From a draft to leaving: two councils agree to share, use it, and one leaves; the third sees nothing of it."""

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, Page, expect

from careshare.app import create_app
from careshare.settings import Settings
from tenants.actions import as_owner
from tests.agreements.terms import today
from tests.fixtures.live import serving
from tests.journeys.test_find_a_home import ask, open_section, sign_in, sign_out
from tests.placements.homes import add_home, days
from tests.world import World, WorldAuthority

pytestmark = pytest.mark.browser

TITLE = "Birkdale and Caldergarth homes"
STEPS = """
    select action from audit.entry
    where $1 = any(subjects) and (authority_id = $2 and owner_id is null or owner_id = $2) order by at, id
"""
SEEN = "select count(*) from audit.entry where owner_id = $1 and agreement_id = $2 and action = 'placements.search'"


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> Litestar:
    """Served by `address`, which starts and stops it."""
    return create_app(settings)


@pytest_asyncio.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def fill_date(page: Page, legend: str, day: date) -> None:
    group = page.get_by_role("group", name=legend)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        await group.get_by_label(part, exact=True).fill(str(value))


async def confirm(page: Page, authority: WorldAuthority, role: str) -> None:
    """Confirm who one is, as signing and leaving ask."""
    await expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    await page.get_by_role("button", name=f"I am {authority.names[role]}").click()


async def sign(page: Page, address: str, authority: WorldAuthority) -> None:
    await sign_in(page, address, authority, "director")
    await open_section(page, "Agreements", "Between councils")
    waiting = page.get_by_role("row").filter(has_text="Waits for your signature")
    await waiting.get_by_role("link", name=TITLE).click()
    await page.get_by_role("link", name="Read and sign version 1").click()
    await confirm(page, authority, "director")
    await page.get_by_label("Office to contact").fill("Information governance")
    await page.get_by_label("Telephone number of the office").fill(authority.duty_number)
    await page.get_by_label("E-mail address of the office").fill(f"ig@{authority.name.lower()}.example")
    await page.get_by_label("I have read this version").check()
    await page.get_by_role("button", name="Sign", exact=True).click()
    await expect(page.get_by_text("You have signed the agreement")).to_be_visible()


async def homes_of(page: Page, owner: WorldAuthority) -> int:
    """How many homes of `owner` a search of whoever is signed in shows."""
    await ask(page, (7,), days(1), "ZC1 1AA")
    return await page.locator(".careshare-home", has_text=owner.name).count()


async def draft(page: Page, address: str, by: WorldAuthority, other: WorldAuthority) -> UUID:
    """A team manager drafts and invites the other council."""
    await sign_in(page, address, by, "team_manager")
    await open_section(page, "Agreements", "Between councils")
    await page.get_by_role("button", name="Draft an agreement").click()
    await page.get_by_label("Title").fill(TITLE)
    await page.get_by_label(other.name).check()
    await page.get_by_label("Purpose").fill("To find a child a home near home.")
    await page.get_by_label("Tariff").fill("The placing authority pays the allowance.")
    await fill_date(page, "First day it is in force", today())
    await fill_date(page, "Review date", today() + timedelta(days=365))
    await page.get_by_role("button", name="Send to the parties").click()
    await expect(page.get_by_text("The agreement is drafted")).to_be_visible()
    found = re.search(r"/agreements/([0-9a-f-]{36})", page.url)
    assert found
    await sign_out(page)
    return UUID(found[1])


async def searches(page: Page, address: str, authority: WorldAuthority, owner: WorldAuthority) -> int:
    """How many homes of `owner` the authority's placement finder is shown."""
    await sign_in(page, address, authority, "placement_finder")
    shown = await homes_of(page, owner)
    if shown and owner.name == "Birkdale":
        await expect(page.locator(".careshare-home", has_text=owner.name).first).to_contain_text(TITLE)
    await sign_out(page)
    return shown


async def sees_nothing(page: Page, address: str, third: WorldAuthority, agreement: UUID) -> None:
    """The agreement is not in a third council's list, nor at its address."""
    await sign_in(page, address, third, "director")
    await open_section(page, "Agreements", "Between councils")
    assert TITLE not in await page.locator("main").inner_text()
    absent = await page.goto(f"{address}/agreements/{agreement}")
    assert absent is not None
    assert absent.status == 404
    await page.goto(address)
    await sign_out(page)


async def leave(page: Page, address: str, authority: WorldAuthority, agreement: UUID) -> None:
    """A nominated officer leaves at once for a cause."""
    await sign_in(page, address, authority, "nominated_officer")
    await page.goto(f"{address}/agreements/{agreement}")
    await page.get_by_role("link", name="Leave this agreement").click()
    await confirm(page, authority, "nominated_officer")
    await expect(page.get_by_text("searches show none of them")).to_be_visible()
    await page.get_by_label("At once, for a cause").check()
    await page.get_by_label("A personal data breach").check()
    await page.get_by_label("The reason").fill("A laptop was lost.")
    await page.get_by_role("button", name="Leave the agreement").click()
    await expect(page.get_by_text("Your authority has left the agreement")).to_be_visible()
    await sign_out(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_two_councils_agree_use_it_and_part(
    browser: Browser, address: str, world: World, *, scripts: bool
) -> None:
    a, b, c = world.authorities
    await add_home(world, b, "ZB1")
    await add_home(world, c, "ZC1")
    context = await browser.new_context(java_script_enabled=scripts)
    page = await context.new_page()

    agreement = await draft(page, address, b, c)
    await sign(page, address, b)
    await sign_out(page)
    assert await searches(page, address, c, b) == 0, "one signature opens nothing"
    await sign(page, address, c)
    await expect(page.locator("main")).to_contain_text("In force")
    await expect(page.get_by_role("table", name="Parties")).to_contain_text("ig@birkdale.example")
    await sign_out(page)
    assert await searches(page, address, c, b) > 0

    await sign_in(page, address, b, "fostering_officer")
    await page.goto(f"{address}/agreements/{agreement}/preview")
    await expect(page.get_by_role("heading", name="What Caldergarth sees now")).to_be_visible()
    await sign_out(page)
    await sees_nothing(page, address, a, agreement)
    assert await searches(page, address, a, c) == 0

    await leave(page, address, b, agreement)
    assert await searches(page, address, c, b) == 0, "empty from that moment"

    await sign_in(page, address, c, "director")
    await page.goto(f"{address}/agreements/{agreement}")
    steps = page.get_by_role("table", name="What was done, from the record")
    for step in ("drafted the agreement", "signed", "came into force", "left the agreement", "ended"):
        await expect(steps).to_contain_text(step)
    await context.close()
    await on_record(world, agreement)


async def on_record(world: World, agreement: UUID) -> None:
    """Each step is on the record of a party who did not take it; a search is on its owner's; the third has nothing."""
    a, b, c = world.authorities
    in_order = ("drafted", "signed", "signed", "signed_by_all", "in_force", "left", "ended")
    async with as_owner(world.settings) as owner:
        taken = [row["action"] for row in await owner.fetch(STEPS, agreement, c.id)]
        assert taken == [f"agreement.{step}" for step in in_order]
        assert await owner.fetchval(SEEN, b.id, agreement) > 0
        assert await owner.fetch(STEPS, agreement, a.id) == []
        await owner.execute("delete from tenants.offer")
