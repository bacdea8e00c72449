"""In a real browser, with our own policy in force: the form leads to the provider, with scripts and without."""

import pytest
from playwright.async_api import Browser

from careshare.app import create_app
from careshare.settings import Settings
from tests.fixtures.live import serving
from tests.signin.conftest import add_provider
from tests.signin.issuer import issuing
from tests.world import World


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
async def test_the_form_leads_to_the_provider(
    browser: Browser, world: World, settings: Settings, public: Settings, *, scripts: bool
) -> None:
    async with issuing() as issuer, serving(create_app(public)) as served:
        domain = world.a if scripts else world.b
        await add_provider(settings, domain, issuer.address)
        context = await browser.new_context(base_url=served, java_script_enabled=scripts)
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.get_by_text("Sign in through a council’s own identity provider").click()
        await page.get_by_label("Work e-mail address").fill(f"director@{domain.name.lower()}.example")
        await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url(f"{issuer.address}/authorize?**", timeout=20_000)
        await context.close()
