"""axe-core in a page: the accessibility rules a machine can check. The policy of our pages would refuse it, so the
context must be opened with `bypass_csp=True`, or be given it before any page: `context.add_init_script(path=AXE)`.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def require() -> None:
    """Skip the test where axe-core was not brought (`make test` brings it); fail it where browsers are required."""
    if not AXE.is_file():
        said = "axe-core is missing: `make test` brings it"
        if os.environ.get("CARESHARE_REQUIRE_BROWSER") == "1":
            pytest.fail(said)
        pytest.skip(said)


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands: the rule, and where."""
    if not await page.evaluate("'axe' in window"):
        await page.add_script_tag(path=str(AXE))
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]
