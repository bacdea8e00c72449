"""Recharges over the API: read, made, stepped with If-Match, taken away; refused in words."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from openpyxl import load_workbook
from sqlalchemy import text

from careshare.database import Database
from tenants.recharges import actions, rules
from tenants.recharges.days import today
from tenants.recharges.model import Rate
from tests.agreements.pdf import read as read_pdf
from tests.recharges.places import Pair, opening, pair
from tests.world import World

URL = "/api/v1/recharges"
HOME = UUID(int=77)
LAST = rules.month_of(rules.month_of(today()) - rules.DAY)


@pytest_asyncio.fixture(scope="module")
async def between(world: World, database: Database) -> Pair:
    """B lends A one place for all of last month, of a home of its own."""
    found = pair(world)
    async with database.bound(found.lender) as uow:
        basis = await actions.open_basis(
            uow,
            opening(
                found,
                starts=LAST,
                rates=(Rate(weekly=Decimal("4250.00"), since=LAST),),
                reference="H-7",
                ledger_code="=1+1",
                label="Home 7",
                subject_id=HOME,
            ),
        )
    async with database.bound(found.borrower) as uow:
        await actions.keep_own(uow, basis, reference="C-12", ledger_code="R100", order_number="PO 9")
    return found


async def made(client: httpx.AsyncClient, world: World) -> dict[str, Any]:
    headers = await world.bearer(world.b, "payments")
    answer = await client.post(f"{URL}/statements", json={"month": LAST.isoformat()}, headers=headers)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    return dict(found)


async def test_made_issued_disputed_credited_agreed_and_paid(
    client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    lender = await world.bearer(world.b, "payments")
    borrower = await world.bearer(world.a, "payments")
    holder = await world.bearer(world.a, "budget_holder", stepped_up=True)
    statement = await made(client, world)
    path = f"{URL}/statements/{statement['id']}"
    read = await client.get(path, headers=lender)
    assert read.json()["possible_steps"] == ["issue"]
    assert (await client.post(f"{path}/issue", json={}, headers=lender)).status_code == 428
    tag = {"If-Match": read.headers["etag"]}
    assert (
        await client.post(f"{path}/issue", json={}, headers=borrower | tag)
    ).status_code == 409  # payments there too
    issued = await client.post(f"{path}/issue", json={}, headers=lender | tag)
    assert issued.status_code == 200, issued.text
    assert issued.json()["statement"]["invoice_number"] == "RC-00001"
    stale = await client.post(f"{path}/notes", json={"note": "Thank you."}, headers=borrower | tag)
    assert stale.status_code == 412

    lines = (await client.get(f"{path}/lines?limit=1", headers=borrower)).json()
    assert lines["next_cursor"]
    line = lines["items"][0]
    assert line["text"].endswith("of the week at £4,250.00 a week") or line["text"].endswith("at £4,250.00 a week")
    assert (line["reference"], line["ledger_code"], line["order_number"]) == ("C-12", "R100", "PO 9")
    mine = (await client.get(f"{path}/lines?limit=1", headers=lender)).json()["items"][0]
    assert (mine["reference"], mine["ledger_code"]) == ("H-7", "=1+1")

    async def step(name: str, headers: dict[str, str], **body: Any) -> dict[str, Any]:
        tag = (await client.get(path, headers=headers)).headers["etag"]
        answer = await client.post(f"{path}/{name}", json=body, headers=headers | {"If-Match": tag})
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["statement"])

    disputed = await step("dispute", borrower, reason="price", line_id=line["id"], note="We agreed a lower price.")
    assert disputed["stage"] == "disputed"
    credited = await step("credit-notes", lender, reason="agreed", line_id=line["id"], amount="10.00")
    assert Decimal(credited["outstanding"]) == Decimal(credited["total"]) - 10
    assert (await step("approval", holder))["stage"] == "agreed"
    assert (await step("payment", lender))["stage"] == "settled"
    taken = (await client.get(path, headers=borrower)).json()["steps"]
    assert [one["step"] for one in taken] == ["issue", "dispute", "credit", "approve", "settle"]


async def test_agreeing_asks_for_step_up(client: httpx.AsyncClient, world: World, between: Pair) -> None:
    path = f"{URL}/statements/{(await made(client, world))['id']}"
    plain = await world.bearer(world.a, "budget_holder")
    answer = await client.post(f"{path}/approval", json={}, headers=plain | {"If-Match": '"1"'})
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("step-up-required")


async def test_files_have_what_a_ledger_needs_and_run_nothing(
    client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    path = f"{URL}/statements/{(await made(client, world))['id']}/files"
    lender = await world.bearer(world.b, "payments")
    as_csv = await client.get(f"{path}/csv", headers=lender)
    assert "attachment" in as_csv.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert {row["Ledger code"] for row in rows} == {"'=1+1"}
    assert {row["Order number"] for row in rows} == {"PO 9"}
    assert {row["VAT treatment"] for row in rows} == {"Exempt"}
    nights = (rules.next_month(LAST) - LAST).days
    assert sum(int(row["Nights"]) for row in rows) == nights
    book = load_workbook(io.BytesIO((await client.get(f"{path}/xlsx", headers=lender)).content))
    sheet = book.worksheets[0]
    head = [cell.value for cell in sheet[1]]
    for row in sheet.iter_rows(min_row=2):
        named = dict(zip(head, row, strict=True))
        assert named["Ledger code"].value == "'=1+1"
        assert all(cell.data_type != "f" for cell in row)
        assert isinstance(named["Amount"].value, (int, float))
    assert sum(Decimal(str(row[head.index("Amount")].value)) for row in sheet.iter_rows(min_row=2)) == sum(
        Decimal(row["Amount"]) for row in rows
    )
    printed = " ".join(" ".join(read_pdf((await client.get(f"{path}/pdf", headers=lender)).content).pages).split())
    for words in ("Birkdale", "Ashmoor", "PO 9", "RC-00001", "Exempt from VAT", "£4,250.00 a week"):
        assert words in printed, words
    assert (await client.get(f"{path}/exe", headers=lender)).status_code == 404


async def test_positions_accruals_and_income(client: httpx.AsyncClient, world: World, between: Pair) -> None:
    statement = await made(client, world)
    lender, borrower = await world.bearer(world.b, "payments"), await world.bearer(world.a, "payments")
    since = (LAST - timedelta(days=400)).replace(day=1).isoformat()
    (ours,) = (await client.get(f"{URL}/positions?since={since}", headers=lender)).json()
    theirs = (await client.get(f"{URL}/positions/{world.b.id}?since={since}", headers=borrower)).json()
    assert (
        Decimal(ours["net"]) == -Decimal(theirs["net"]) == Decimal(statement["total"]) - Decimal(statement["credited"])
    )
    assert ours["nights_lent"] == theirs["nights_borrowed"] == (rules.next_month(LAST) - LAST).days
    assert (await client.get(f"{URL}/positions/{world.c.id}", headers=borrower)).status_code == 404

    year = rules.year_of(LAST)
    accruals = (await client.get(f"{URL}/accruals?year={year}", headers=lender)).json()
    # The placement goes on: every night from the month after the statement's to 31 March is still to come.
    (one,) = accruals
    assert Decimal(one["charged"]) - Decimal(one["stated"]) == Decimal(one["accrued"]) > 0
    (mirror,) = (await client.get(f"{URL}/accruals?year={year}", headers=borrower)).json()
    assert (one["accrued"], one["side"], mirror["side"]) == (mirror["accrued"], "lender", "borrower")
    file = await client.get(f"{URL}/accruals/file?year={year}", headers=lender)
    assert len(list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))) == 1
    assert (await client.get(f"{URL}/accruals?year=1066", headers=lender)).status_code == 400

    plan = f"{URL}/plans/{HOME}/{year}"
    assert (await client.put(plan, json={"planned": "20000.00"}, headers=lender)).status_code == 204
    (home,) = (await client.get(f"{URL}/income?year={year}", headers=lender)).json()
    assert (home["label"], Decimal(home["planned"])) == ("Home 7", Decimal("20000.00"))
    assert Decimal(home["income"]) == Decimal(statement["total"]) - Decimal(statement["credited"])
    assert sum(Decimal(month["income"]) for month in home["months"]) == Decimal(home["income"])
    assert sum(Decimal(month["planned"]) for month in home["months"]) == Decimal("20000.00")
    assert next(one["nights"] for one in home["months"] if one["month"] == LAST.isoformat()) == home["nights"]
    sheet = load_workbook(
        io.BytesIO((await client.get(f"{URL}/income/file?year={year}", headers=lender)).content)
    ).worksheets[0]
    rows = [dict(zip((cell.value for cell in sheet[1]), row, strict=True)) for row in sheet.iter_rows(min_row=2)]
    assert [row["Home"].value for row in rows] == ["Home 7"] * 13 + ["All homes"]
    assert Decimal(str(rows[12]["Income"].value)) == Decimal(home["income"]) == Decimal(str(rows[13]["Income"].value))
    assert sum(Decimal(str(row["Planned"].value)) for row in rows[:12]) == Decimal("20000.00")
    assert (await client.get(f"{URL}/income?year={year}", headers=borrower)).json() == []
    assert (await client.put(plan, json={"planned": "1.00"}, headers=borrower)).status_code == 404


async def test_charges_and_settings(client: httpx.AsyncClient, world: World, between: Pair) -> None:
    lender, borrower = await world.bearer(world.b, "payments"), await world.bearer(world.a, "payments")
    (charge,) = (await client.get(f"{URL}/charges", headers=borrower)).json()["items"]
    assert (charge["side"], charge["reference"], charge["label"]) == ("borrower", "C-12", "")
    path = f"{URL}/charges/{charge['id']}"
    assert (await client.get(path, headers=lender)).json()["label"] == "Home 7"
    kept = await client.put(f"{path}/own", json={"order_number": "PO 10"}, headers=borrower)
    assert (kept.json()["order_number"], kept.json()["reference"]) == ("PO 10", "C-12")
    assert (await client.put(f"{path}/own", json={"order_number": "PO 11"}, headers=lender)).status_code == 409
    wrong = await client.put(f"{path}/own", json={"reference": "Jane Smith"}, headers=lender)
    assert [one["field"] for one in wrong.json()["errors"]] == ["reference"]
    given = {"payment_days": 14, "pay_to": "Finance office", "invoice_format": "BK/{year}/{number}"}
    assert (await client.put(f"{URL}/settings", json=given, headers=lender)).json() == given
    assert (await client.get(f"{URL}/settings", headers=borrower)).json()["payment_days"] == 30
    for field, value in (("payment_days", 500), ("invoice_format", "no number"), ("invoice_format", "{number}{year}")):
        refused = await client.put(f"{URL}/settings", json=given | {field: value}, headers=lender)
        assert refused.status_code == 400, field


async def test_a_third_authority_is_told_that_nothing_is_there(
    client: httpx.AsyncClient, world: World, between: Pair
) -> None:
    statement = await made(client, world)
    outsider = await world.bearer(world.c, "payments") | {"If-Match": '"1"'}
    (charge,) = (await client.get(f"{URL}/charges", headers=await world.bearer(world.b, "payments"))).json()["items"]
    path = f"{URL}/statements/{statement['id']}"
    for method, address, body in (
        ("GET", path, None),
        ("GET", f"{path}/lines", None),
        ("GET", f"{path}/files/csv", None),
        ("POST", f"{path}/notes", {"note": "Hello."}),
        ("POST", f"{path}/issue", {}),
        ("GET", f"{URL}/charges/{charge['id']}", None),
        ("PUT", f"{URL}/charges/{charge['id']}/own", {"reference": "C-1"}),
        ("GET", f"{URL}/positions/{world.b.id}", None),
    ):
        answer = await client.request(method, address, json=body, headers=outsider)
        assert answer.status_code == 404, address
    for listed in ("statements", "charges", "positions", "accruals", "income"):
        answer = await client.get(f"{URL}/{listed}", headers=outsider)
        assert answer.json() in ([], {"items": [], "next_cursor": None}), listed


async def test_every_reading_of_the_others_statement_is_on_both_records(
    client: httpx.AsyncClient, world: World, database: Database, between: Pair
) -> None:
    statement = await made(client, world)
    await client.get(f"{URL}/statements/{statement['id']}", headers=await world.bearer(world.a, "team_manager"))
    seen = text(
        "select count(*) from audit.entry where action = 'statement.read' and authority_id = :a and owner_id = :b"
    )
    async with database.bound(between.lender) as uow:
        assert await uow.scalar(seen, {"a": world.a.id, "b": world.b.id}) > 0
