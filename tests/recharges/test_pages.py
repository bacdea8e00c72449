"""Recharges on pages: from a draft to payment by two councils' people, what a form refuses, and who sees nothing."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from careshare.database import Database
from tenants.recharges import actions, rules
from tenants.recharges.days import today
from tenants.recharges.model import Rate
from tests.recharges.places import Pair, opening, pair
from tests.web.html import parsed
from tests.world import World, submit

LAST = rules.month_of(rules.month_of(today()) - rules.DAY)
HOME = UUID(int=78)


@pytest_asyncio.fixture(scope="module")
async def between(world: World, database: Database) -> Pair:
    """B lends A one place for all of last month."""
    found = pair(world)
    async with database.bound(found.lender) as uow:
        rates = (Rate(weekly=Decimal("4250.00"), since=LAST),)
        await actions.open_basis(uow, opening(found, starts=LAST, rates=rates, subject_id=HOME, label="Home 7"))
    return found


async def see(client: httpx.AsyncClient, address: str, status: int = 200) -> str:
    """What a page says, as a reader of its words would have it."""
    answer = await client.get(address)
    assert answer.status_code == status, answer.text
    parsed(answer)
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


async def address_of(client: httpx.AsyncClient) -> str:
    answer = await client.get("/recharges")
    found = re.search(r'href="(/recharges/statements/[0-9a-f-]+)"', answer.text)
    assert found, answer.text
    return found[1]


async def step(client: httpx.AsyncClient, page: str, status: int = 303, **data: Any) -> httpx.Response:
    """Send the form of a step with the revision that its page carries."""
    opened = await client.get(page)
    assert opened.status_code == 200, opened.text
    revision = re.search(r'name="revision" value="(\d+)"', opened.text)
    assert revision, opened.text
    answer = await submit(client, page, {"revision": revision[1], **data})
    assert answer.status_code == status, answer.text
    return answer


async def test_two_councils_take_a_statement_from_draft_to_paid(
    client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    await world.sign_in(client, world.b, "payments")
    refused = await submit(client, "/recharges", {"month": ""})
    assert refused.status_code == 400
    assert "Select a month" in refused.text
    made = await submit(client, "/recharges", {"month": LAST.isoformat()})
    assert made.headers["location"] == "/recharges"
    path = await address_of(client)
    draft = await see(client, path)
    assert "Draft statement" in draft
    assert "not a demand for payment" in draft
    assert "nights 1 to" in draft or "7 nights" in draft
    await step(client, f"{path}/lender/issue")
    assert "RC-00001" in await see(client, path)

    await world.sign_in(client, world.a, "payments")
    await step(client, f"{path}/borrower/order", order_number="PO 12")
    wrong = await step(client, f"{path}/borrower/dispute", 400, reason="", line="1", note="")
    assert "Select a reason" in wrong.text
    named = await step(client, f"{path}/borrower/dispute", 400, reason="price", note="Ask Jane Smith")
    assert "somebody’s name" in named.text
    missing = await step(client, f"{path}/borrower/dispute", 400, reason="price", line="999")
    assert "Select a line of this statement" in missing.text
    await step(client, f"{path}/borrower/dispute", reason="price", line="1", amount="10.00", note="We agreed less.")
    assert "We agreed less." in await see(client, path)

    await world.sign_in(client, world.b, "payments")
    await step(client, f"{path}/lender/credit", reason="agreed", line="1", amount="10.00")
    assert "CN-00001" in await see(client, path)

    await world.sign_in(client, world.a, "budget_holder")
    asked = await client.get(f"{path}/approve")
    assert asked.headers["location"].startswith("/step-up")
    await world.sign_in(client, world.a, "budget_holder", stepped_up=True)
    await step(client, f"{path}/approve")

    await world.sign_in(client, world.b, "payments")
    await step(client, f"{path}/lender/settle")
    paid = await see(client, path)
    assert "Settled" in paid
    assert "agreed the statement" in paid
    # What cannot be done any more leads back to what can.
    assert (await client.get(f"{path}/lender/settle")).headers["location"] == path


async def test_a_form_made_from_an_older_statement_is_refused(
    client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    await world.sign_in(client, world.b, "payments")
    path = await address_of(client)
    page = f"{path}/borrower/note"
    answer = await submit(client, page, {"revision": "1", "note": "Late."})
    assert answer.status_code == 412
    assert (await submit(client, page, {"note": "No revision."})).status_code == 400


async def test_lists_balances_and_plans(client: httpx.AsyncClient, world: World, between: Pair) -> None:
    await world.sign_in(client, world.b, "payments")
    year = rules.year_of(LAST)
    assert "Ashmoor" in await see(client, f"/recharges?side=lender&month={LAST.isoformat()}&other={world.a.id}")
    assert "no statements here" in await see(client, "/recharges?side=borrower")
    await see(client, "/recharges?side=upside", 400)
    await see(client, "/recharges?month=never", 400)
    assert "Ashmoor" in await see(client, f"/recharges/position?year={year}")
    assert "Ashmoor owes you" in await see(client, f"/recharges/position/{world.a.id}?year={year}")
    await see(client, f"/recharges/position/{world.c.id}?year={year}", 404)
    assert "Income to come" in await see(client, f"/recharges/accruals?year={year}")
    await see(client, "/recharges/accruals?year=1066", 400)
    file = await client.get(f"/recharges/accruals/file?year={year}")
    assert file.headers["content-type"].startswith("text/csv")
    plan = f"/recharges/income/{HOME}/{year}"
    assert (await submit(client, plan, {"planned": "much"})).status_code == 400
    assert (await submit(client, plan, {"planned": "20000"})).headers["location"] == f"/recharges/income?year={year}"
    assert "£20,000.00" in await see(client, f"/recharges/income?year={year}")
    of_home = await see(client, f"/recharges/income/{HOME}?year={year}")
    assert "£1,666.67" in of_home  # a twelfth of the plan
    assert "Income by month" in of_home
    sheet = await client.get(f"/recharges/income/file?year={year}")
    assert "attachment" in sheet.headers["content-disposition"]
    await see(client, f"/recharges/income/{UUID(int=1)}?year={year}", 404)
    charges = await client.get("/recharges/charges")
    one = re.search(r'href="(/recharges/charges/[0-9a-f-]+)"', charges.text)
    assert one
    assert "£4,250.00" in await see(client, one[1])
    assert (await submit(client, f"{one[1]}/own", {"reference": "Jane Smith"})).status_code == 400
    assert (await submit(client, f"{one[1]}/own", {"reference": "H-9", "ledger_code": "44"})).status_code == 303
    assert "H-9" in await see(client, one[1])
    given = {"payment_days": "14", "pay_to": "Income office", "invoice_format": "BK-{number}"}
    assert (await submit(client, "/recharges/settings", given | {"invoice_format": "no"})).status_code == 400
    assert (await submit(client, "/recharges/settings", given)).status_code == 303


async def test_whoever_is_on_neither_side_finds_nothing(client: httpx.AsyncClient, world: World, between: Pair) -> None:
    await world.sign_in(client, world.b, "payments")
    path = await address_of(client)
    await world.sign_in(client, world.c, "payments")
    assert "no statements here" in await see(client, "/recharges")
    for address in (path, f"{path}/lender/issue", f"{path}/borrower/note", f"{path}/files/pdf"):
        await see(client, address, 404)
