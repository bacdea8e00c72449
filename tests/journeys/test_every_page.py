"""Every page of the application in a real browser: accessible, fitting a telephone, and whole without scripts."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import groupby

import httpx
import pytest
import pytest_asyncio
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from careshare.app import create_app
from careshare.database import Database
from careshare.settings import Settings
from tests.fixtures.live import serving
from tests.journeys.stage import FILES, Stage, Visit, set_stage
from tests.web import axe
from tests.web.html import parsed
from tests.world import World

pytestmark = pytest.mark.browser

DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=390, height=844)
OK, BAD_REQUEST, UNPROCESSABLE = 200, 400, 422
FORMS = 15
"""There are more forms than this; fewer found means that they were not found."""

SAVED_BY = {"record": "data_protection_officer", "recharges": "payments"}
"""Whose files they are, by the first part of the address."""

OPEN_ALL = "document.querySelectorAll('details').forEach(found => { found.open = true })"

MARKUP = """() => {
  const wrong = [];
  const headings = document.querySelectorAll('h1').length;
  if (headings !== 1) wrong.push(`${headings} h1`);
  if (!/Careshare$/.test(document.title)) wrong.push(`the title is ${document.title}`);
  if (document.documentElement.scrollWidth > window.innerWidth)
    wrong.push(`scrolls to ${document.documentElement.scrollWidth} pixels`);
  return wrong;
}"""
"""What is wrong with the page as it stands, in words."""

WITHOUT_SCRIPTS = """() => {
  const wrong = [];
  const seen = element => element.checkVisibility({ visibilityProperty: true });
  const main = document.querySelector('main');
  if (!main || !seen(main) || !main.innerText.trim()) wrong.push('no content');
  for (const form of document.forms) {
    const inside = form.closest('details:not([open])');
    const sends = form.querySelectorAll('button:not([type=button]), input[type=submit]');
    if (![...sends].some(button => inside || seen(button))) wrong.push(`cannot be sent: ${form.action}`);
  }
  const scripted = 'button[type=button], [onclick], a[href="#"], a[href^="javascript:"]';
  for (const element of document.querySelectorAll(scripted))
    if (seen(element)) wrong.push(`works with scripts only: ${element.outerHTML.slice(0, 120)}`);
  for (const element of document.querySelectorAll('main [hidden]'))
    wrong.push(`shown by scripts only: ${element.outerHTML.slice(0, 120)}`);
  return wrong;
}"""
"""What would not work for somebody whose scripts did not arrive."""

QUESTIONS = (
    "main form[method=post]:has(input[type=text], input[type=tel], input:not([type]), input[type=radio], textarea)"
)
SEND_NONSENSE = """form => {
  for (const one of form.querySelectorAll('input[type=text], input[type=tel], input:not([type]), textarea'))
    one.value = '?';
  form.requestSubmit(form.querySelector('button'));
}"""
"""Answer every question with a question mark, and press the first button."""


@pytest_asyncio.fixture(scope="module")
async def app(settings: Settings) -> Litestar:
    """Served by `address`, which starts and stops it."""
    return create_app(settings)


@pytest_asyncio.fixture(scope="module")
async def stage(world: World, database: Database) -> Stage:
    return await set_stage(world, database)


@pytest_asyncio.fixture(scope="module")
async def visits(stage: Stage, app: Litestar) -> list[Visit]:
    return stage.visits(app)


@pytest_asyncio.fixture(scope="module")
async def address(app: Litestar) -> AsyncIterator[str]:
    async with serving(app) as served:
        yield served


async def walk(
    context: BrowserContext, address: str, world: World, visits: list[Visit]
) -> AsyncIterator[tuple[Page, str, list[str]]]:
    """Open page after page as whoever may: the page, its address and what was wrong with how it came."""
    page = await context.new_page()
    for role, theirs in groupby(visits, key=lambda visit: visit.role):
        await context.clear_cookies()
        if role is not None:
            for name, value in (await world.session(world.a, role, stepped_up=True)).items():
                await context.add_cookies([{"name": name, "value": value, "url": address}])
        for visit in theirs:
            with listening(page, visit) as wrong:
                answer = await page.goto(address + visit.address)
                assert answer is not None
                if answer.status != visit.status or page.url != address + visit.address:
                    wrong.append(f"answers {answer.status} at {page.url}")
                kind = {"content-type": answer.headers["content-type"]}
                wrong.extend(unsound(httpx.Response(200, headers=kind, content=await answer.body())))
                yield page, visit.address, wrong


@contextmanager
def listening(page: Page, visit: Visit) -> Iterator[list[str]]:
    """What the browser complains of meanwhile."""
    wrong: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        refused = visit.status != 200 and "Failed to load resource" in message.text
        if message.type in {"error", "warning"} and not refused:
            wrong.append(message.text)

    def fail(error: object) -> None:
        wrong.append(str(error))

    page.on("console", complain)
    page.on("pageerror", fail)
    yield wrong
    page.remove_listener("console", complain)
    page.remove_listener("pageerror", fail)


def unsound(served: httpx.Response) -> list[str]:
    """What a strict reader says of the page as it was served."""
    try:
        parsed(served)
    except Exception as error:  # noqa: BLE001  # each page is to be reported, whatever is wrong with it
        return [f"{type(error).__name__}: {error}"]
    return []


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_every_page_is_sound_and_accessible(
    browser: Browser, address: str, world: World, visits: list[Visit], viewport: ViewportSize
) -> None:
    axe.require()
    context = await browser.new_context(viewport=viewport)
    await context.add_init_script(path=str(axe.AXE))
    found: dict[str, list[str]] = {}
    async for page, at, wrong in walk(context, address, world, visits):
        wrong.extend(await page.evaluate(MARKUP))
        await page.evaluate(OPEN_ALL)
        wrong.extend(await page.evaluate(MARKUP))
        wrong.extend(await axe.violations(page))
        if wrong:
            found[at] = sorted(set(wrong))
    await context.close()
    assert found == {}


async def test_every_page_works_without_scripts(
    browser: Browser, address: str, world: World, visits: list[Visit]
) -> None:
    context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
    found: dict[str, list[str]] = {}
    async for page, at, wrong in walk(context, address, world, visits):
        wrong.extend(await page.evaluate(MARKUP))
        wrong.extend(await page.evaluate(WITHOUT_SCRIPTS))
        if wrong:
            found[at] = sorted(set(wrong))
    await context.close()
    assert found == {}


async def test_every_form_says_accessibly_what_is_wrong(
    browser: Browser, address: str, world: World, visits: list[Visit]
) -> None:
    axe.require()
    context = await browser.new_context(viewport=PHONE)
    await context.add_init_script(path=str(axe.AXE))
    found: dict[str, list[str]] = {}
    refused: set[str] = set()
    async for page, at, _ in walk(context, address, world, [visit for visit in visits if visit.status == OK]):
        if not await page.locator(QUESTIONS).count():
            continue
        async with page.expect_navigation() as sent:
            await page.locator(QUESTIONS).first.evaluate(SEND_NONSENSE)
        answer = await sent.value
        assert answer is not None, at
        wrong = [] if answer.status in {OK, BAD_REQUEST, UNPROCESSABLE} else [f"answers {answer.status}"]
        if answer.status != OK:
            refused.add(at)
            await expect(page.locator(".govuk-error-summary")).to_be_focused()
            wrong.extend(await page.evaluate(MARKUP))
            wrong.extend(await axe.violations(page))
        if wrong:
            found[at] = sorted(set(wrong))
    await context.close()
    assert found == {}
    assert len(refused) > FORMS


async def test_what_is_no_page_is_a_file(address: str, world: World, stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        for path in FILES:
            if "/static/" in path:
                continue
            officer = "director" if "/sealed-copy/" in path else SAVED_BY.get(path.split("/")[1], "fostering_officer")
            await world.sign_in(client, world.a, officer, stepped_up=True)
            at = path.replace("{run_id:uuid}", str(stage.ids["imported"]))
            at = at.replace("{request_id:uuid}", str(stage.ids["request_id"]))
            at = at.replace("{agreement_id:uuid}", str(stage.ids["agreement_id"])).replace("{version:int}", "1")
            at = at.replace("{statement_id:uuid}", str(stage.ids["lent"])).replace("{form:str}", "pdf")
            at = at.replace("{attachment_id:uuid}", str(stage.ids["attachment_id"]))
            at = at.replace("{archived_file_id:uuid}", str(stage.ids["archived_file_id"]))
            at = at.replace("{placement_id:uuid}", str(stage.ids["placement_id"]))
            at = at.replace("{outside_placement_id:uuid}", str(stage.ids["outside_placement_id"]))
            answer = await client.get(at)
            assert answer.status_code == 200, at
            assert "text/html" not in answer.headers["content-type"], at
