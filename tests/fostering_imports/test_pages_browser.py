"""The pages of imports in a real browser: accessible at both widths, and whole without scripts."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, expect

from careshare.app import create_app
from careshare.settings import Settings
from services.fostering.imports import actions
from services.fostering.imports.work import Work, do
from tests.fixtures.live import serving
from tests.fostering_imports.files import Inline, as_csv, household, placement
from tests.web import axe
from tests.world import World

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture(scope="module")
async def address(settings: Settings) -> AsyncIterator[str]:
    async with serving(create_app(settings)) as served:
        yield served


async def signed_in(context: BrowserContext, world: World, address: str) -> Page:
    for name, value in (await world.session(world.a, "fostering_officer")).items():
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    return await context.new_page()


@pytest.fixture(scope="module")
async def runs(inline: Inline) -> dict[str, UUID]:
    """An import in each state a person may meet."""
    await inline.take_in(as_csv([household("B-1", pets="Dog")]))
    good = [household(f"B-{n}", carer_2_name="Bob Smith", skills="Autism; Babies") for n in range(2, 40)]
    bad = [household(f"X-{n}", postcode="nowhere", places="") for n in range(30)]
    warned = [household("B-50", carer_1_telephone="1632960001"), household("B-1", pets="Cat", address="1 Low Road")]
    made = {"preview": await inline.upload(as_csv([*warned, *good, *bad]))}
    made["done"] = (await inline.take_in(as_csv([household("D-1"), household("D-2")]))).id
    await inline.take_in(as_csv([placement("D-C1", household_reference="D-2", born="01/01/2008")]), "placements")
    async with inline.step() as uow:
        made["mapping"] = await actions.upload(uow, "households", "x.csv", b"Key,Born,Born\nH,1,2\n")
        made["checking"] = await actions.upload(uow, "households", "y.csv", as_csv([household("C-1")]))
    return made


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing(
    browser: Browser, address: str, world: World, runs: dict[str, UUID], viewport: ViewportSize
) -> None:
    axe.require()
    context = await browser.new_context(viewport=viewport, bypass_csp=True)
    page = await signed_in(context, world, address)
    root = f"{address}/foster-carers/import"
    for path in ("", f"/{runs['mapping']}/columns", *(f"/{runs[name]}" for name in ("preview", "done", "checking"))):
        await page.goto(root + path)
        assert await axe.violations(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") == viewport["width"], path
    await page.goto(f"{root}/{runs['done']}")
    await page.get_by_role("button", name="Take the import back").click()
    await expect(page.get_by_text("Children have been placed with household D-2 since")).to_be_visible()
    assert await axe.violations(page) == []
    await page.goto(root)
    await page.get_by_role("button", name="Send the file").click()
    await expect(page.locator(".govuk-error-summary")).to_be_visible()
    assert await axe.violations(page) == []
    await context.close()


async def test_a_file_comes_in_without_scripts(
    browser: Browser, address: str, world: World, inline: Inline, tmp_path: Path
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await signed_in(context, world, address)
    file = tmp_path / "register.csv"
    file.write_bytes(as_csv([household("NS-1")]))
    await page.goto(f"{address}/foster-carers/import")
    await page.get_by_label("The file").set_input_files(file)
    await page.get_by_role("button", name="Send the file").click()
    await expect(page.get_by_role("heading", name="Checking the rows")).to_be_visible()
    run = UUID(page.url.split("/")[-2])
    await do(inline, Work(run))
    await page.get_by_role("link", name="Check again").click()
    await page.get_by_role("button", name="Import 1 row").click()
    await do(inline, Work(run))
    await page.get_by_role("link", name="Check again").click()
    await expect(page.get_by_role("heading", name="The import is done")).to_be_visible()
    await context.close()


async def test_the_page_goes_on_by_itself_with_scripts(
    browser: Browser, address: str, world: World, inline: Inline
) -> None:
    context = await browser.new_context()
    page = await signed_in(context, world, address)
    async with inline.step() as uow:
        run = await actions.upload(uow, "households", "register.csv", as_csv([household("JS-1")]))
    await page.goto(f"{address}/foster-carers/import/{run}")
    await expect(page.get_by_role("heading", name="Checking the rows")).to_be_visible()
    await do(inline, Work(run))
    await expect(page.get_by_role("button", name="Import 1 row")).to_be_visible(timeout=15_000)
    await context.close()
