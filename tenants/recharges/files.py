"""Statements, and what follows from them, to take away: CSV and XLSX for ledgers, PDF for people.

No cell can be taken for a formula: text that would be gets an apostrophe first, and XLSX text is written as text.
"""

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

import msgspec
import typst
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from careshare.web.filters import long_date, moment
from tenants.recharges import codes, rules, words
from tenants.recharges.balance import Accrual
from tenants.recharges.income import Against, Income, together
from tenants.recharges.model import ZERO, Line
from tenants.recharges.queries import Statement, StatementLine, Step

Cell = str | int | Decimal | date | None

BOM: Final = "\ufeff"
"""Before a CSV file, so that spreadsheets read it as UTF-8."""
CSV_TYPE: Final = "text/csv"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF_TYPE: Final = "application/pdf"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")

STATEMENT_HEAD: Final = (
    *("Invoice number", "Month", "Lender", "Borrower", "Stage", "Line", "Placement", "Place", "Reference"),
    *("Order number", "Ledger code", "What", "Kind", "First night", "Last night", "Nights", "Weekly price", "Per cent"),
    *("Amount", "VAT treatment", "VAT rate", "Social care", "Education", "Health", "In words", "Reason", "Takes back"),
)
ACCRUAL_HEAD: Final = (
    *("Financial year", "As", "Other authority", "Placement", "Place", "Reference", "Ledger code"),
    *("Nights’ worth", "On issued statements", "Accrued"),
)

INCOME_HEAD: Final = (
    *("Financial year", "Home", "Month", "Nights", "Income", "Of that, in drafts", "Planned", "Against plan"),
    "Per cent of plan",
)


def safe(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text


def statement_rows(found: Statement, lines: Sequence[StatementLine]) -> list[list[Cell]]:
    """A statement line by line, under STATEMENT_HEAD."""
    rates = codes.vat_rates(rules.next_month(found.month) - rules.DAY)
    return [_statement_row(found, one, rates) for one in lines]


def _statement_row(found: Statement, one: StatementLine, rates: dict[str, Decimal]) -> list[Cell]:
    line = one.line
    return [
        *(found.invoice_number or "Draft", found.month, found.lender, found.borrower, words.STAGES[found.stage], one.n),
        *(placement(one), codes.label("kind", one.place) if one.place else "", one.reference),
        *(line.order_number or found.order_number, one.ledger_code, words.part(line), line.kind),
        *(line.first_night, line.last_night, line.nights, line.weekly, line.percent, line.amount),
        *(vat_label(line.vat_code, found.month), rates.get(line.vat_code)),
        *(line.split.social_care, line.split.education, line.split.health, one.text, line.reason),
        str(line.reverses_id or ""),
    ]


def placement(one: StatementLine) -> str:
    """How both sides name a placement: the first figures of an opaque number, which is nobody's."""
    return str(one.placement_id)[:8].upper() if one.placement_id else ""


def vat_label(code: str, day: date) -> str:
    """A VAT treatment in words."""
    found = codes.vat(code, day)
    return found.label if found else code


def accrual_rows(year: int, found: Sequence[Accrual]) -> list[list[Cell]]:
    """Accruals under ACCRUAL_HEAD, with their two sums."""
    rows: list[list[Cell]] = [
        [
            *(words.year(year), "Lender" if one.side == "lender" else "Borrower", one.other),
            *(str(one.placement_id)[:8].upper(), codes.label("kind", one.kind), one.reference, one.ledger_code),
            *(one.charged, one.stated, one.accrued),
        ]
        for one in found
    ]
    return rows


def income_rows(year: int, found: Sequence[Income]) -> list[list[Cell]]:
    """Income against its plan under INCOME_HEAD: each home's months, then its year, then all homes."""
    rows: list[list[Cell]] = []
    for one in found:
        name = one.label or str(one.subject_id)[:8].upper()
        rows += [_income_row(year, name, month.month, month) for month in one.months]
        rows.append(_income_row(year, name, "Year", one))
    return [*rows, _income_row(year, "All homes", "Year", together(found))] if rows else rows


def _income_row(year: int, name: str, when: date | str, one: Against) -> list[Cell]:
    return [
        *(words.year(year), name, when, one.nights, one.income, one.drafted, one.planned, one.difference),
        one.percent,
    ]


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as CSV: dates as 2026-03-31, amounts without separators."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if cell is None else safe(cell) if isinstance(cell, str) else str(cell) for cell in row])
    return (BOM + file.getvalue()).encode()


def as_xlsx(title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as one sheet: dates and amounts as such, text as text."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101  # a new workbook has one
    sheet.title = title[:31]
    sheet.append(list(head))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append([safe(cell) if isinstance(cell, str) else cell for cell in row])
    for place, name in enumerate(head, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, len(name) + 2)
    for row_cells in sheet.iter_rows(min_row=2):
        for one in row_cells:
            if isinstance(one.value, str):
                one.data_type = "s"
            elif isinstance(one.value, date):
                one.number_format = "dd/mm/yyyy"
            elif isinstance(one.value, Decimal):
                one.number_format = "#,##0.00"
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def as_pdf(found: Statement, lines: Sequence[StatementLine], steps: Sequence[Step]) -> bytes:
    """A statement as a PDF, an invoice once it is issued."""
    data = _printed(found, lines, steps)
    return await asyncio.to_thread(_typeset, msgspec.json.encode(data).decode())


def _typeset(data: str) -> bytes:
    template = (files("tenants.recharges") / "statement.typ").read_bytes()
    made: bytes = typst.compile(template, sys_inputs={"data": data}, ignore_system_fonts=True)
    return made


def title_of(found: Statement) -> str:
    """What a statement is called: "Invoice RC-00012, March 2026"."""
    month = words.month(found.month)
    return f"Invoice {found.invoice_number}, {month}" if found.invoice_number else f"Draft statement, {month}"


def funders(lines: Iterable[Line]) -> list[tuple[str, Decimal]]:
    """What each funder on the borrower's side pays, those that pay nothing left out."""
    sums = {"social_care": ZERO, "education": ZERO, "health": ZERO}
    for line in lines:
        for name in sums:
            sums[name] += getattr(line.split, name)
    return [(codes.label("funder", name), amount) for name, amount in sums.items() if amount]


def head(found: Statement) -> list[tuple[str, str]]:
    """A statement's particulars."""
    rows = [
        ("From", found.lender),
        ("To", found.borrower),
        ("For", words.month(found.month)),
        ("Invoice number", found.invoice_number or "None: this is a draft"),
        ("Order number", found.order_number or "By line" if found.stage != "draft" else found.order_number or "–"),
        ("Status", words.STAGES[found.stage]),
    ]
    if found.issued_on and found.due_on:
        rows += [("Issued", long_date(found.issued_on)), ("To be paid by", long_date(found.due_on))]
    return rows


def sums(found: Statement) -> list[tuple[str, str]]:
    """A statement's sums."""
    rows = [("Net", found.net), ("VAT", found.vat), ("Total", found.total)]
    if found.credited:
        rows.append(("Credited", -found.credited))
    rows.append(("Still owed", found.outstanding))
    return [(name, words.money(amount)) for name, amount in rows]


def vat_rows(found: Statement, lines: Iterable[Line]) -> list[dict[str, str]]:
    """Each VAT treatment with its source, net and tax."""
    last = rules.next_month(found.month) - rules.DAY
    rows: list[dict[str, str]] = []
    for code, net, tax in rules.vat_of(lines, codes.vat_rates(last)):
        one = codes.vat(code, last)
        label, source = (one.text, one.source) if one else (code, "")
        rows.append({"label": label, "source": source, "net": words.money(net), "vat": words.money(tax)})
    return rows


def _printed(found: Statement, lines: Sequence[StatementLine], steps: Sequence[Step]) -> dict[str, Any]:
    every = [one.line for one in lines]
    return {
        "title": title_of(found),
        "kind": "INVOICE" if found.invoice_number else "DRAFT: NOT A DEMAND FOR PAYMENT",
        "lender": found.lender,
        "borrower": found.borrower,
        "printed": moment(datetime.now(UTC)),
        "head": head(found),
        "sums": sums(found),
        "pay_to": found.pay_to,
        "vat": vat_rows(found, every),
        "funders": [(name, words.money(amount)) for name, amount in funders(every)],
        "lines": [
            {
                "n": one.n,
                "placement": " ".join(part for part in (placement(one), one.reference) if part),
                "part": words.part(one.line),
                "text": one.text,
                "codes": " ".join(part for part in (one.line.order_number, one.ledger_code) if part),
                "amount": words.money(one.line.amount),
            }
            for one in lines
        ],
        "steps": [
            {
                "at": moment(one.at),
                "authority": one.authority,
                "text": words.step(one.step, one.reason, one.line, one.number),
                "amount": "" if one.amount is None else words.money(one.amount + one.vat),
            }
            for one in steps
        ],
    }
