"""The files people fill in or get back: the import template, and the rows of an import that could not be taken."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import cache
from typing import Final, Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from careshare.database import Uow
from careshare.identity import Principal
from services.fostering.imports import cells
from services.fostering.imports.cells import safe
from services.fostering.imports.columns import Column, Kind, columns
from services.fostering.imports.queries import ImportRun, bad_rows

Format = Literal["csv", "xlsx"]

BOM: Final = "\ufeff"
"""Before a CSV file, so that spreadsheets read it as UTF-8."""

CSV_TYPE: Final = "text/csv"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WRONG: Final = "What is wrong"
LINE: Final = "Line in the file"

_LONGEST_LIST: Final = 255  # characters that a spreadsheet takes in a list of allowed values
_VALIDATED_ROWS: Final = 2_000


def csv_row(row: Iterable[str]) -> str:
    """One line of CSV. No cell can be taken for a formula."""
    file = io.StringIO(newline="")
    csv.writer(file).writerow([safe(cell) for cell in row])
    return file.getvalue()


def titles(kind: Kind) -> list[str]:
    """The header line."""
    return [column.title for column in columns(kind) if column.exported]


def csv_template(kind: Kind) -> bytes:
    """The header line alone."""
    return (BOM + csv_row(titles(kind))).encode()


@cache
def xlsx_template(kind: Kind) -> bytes:
    """A sheet to fill in, and one that says what each column takes."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101  # a new workbook has one
    sheet.title = kind.capitalize()
    for place, column in enumerate((column for column in columns(kind) if column.exported), 1):
        _prepare(sheet, place, column)
    sheet.freeze_panes = "B2"
    _notes(book.create_sheet("Notes"), kind)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _prepare(sheet: Worksheet, place: int, column: Column) -> None:
    letter = get_column_letter(place)
    sheet.cell(1, place, column.title).font = Font(bold=True)
    sheet.column_dimensions[letter].width = max(12, len(column.title) + 2)
    dates = column.write is cells.write_date
    sheet.column_dimensions[letter].number_format = "dd/mm/yyyy" if dates else "@"
    one_of_them = len(column.allowed) > 1 and column.lines == " "
    allowed = ",".join(column.allowed)
    if one_of_them and len(allowed) <= _LONGEST_LIST:
        choice = DataValidation(
            type="list", formula1=f'"{allowed}"', sqref=f"{letter}2:{letter}{_VALIDATED_ROWS}", allow_blank=True
        )
        choice.showErrorMessage = False
        sheet.add_data_validation(choice)


def _notes(sheet: Worksheet, kind: Kind) -> None:
    sheet.append(["Name of column", "For a new row", "What to write", "Allowed values"])
    for column in columns(kind):
        needed = "must be given" if column.needed else "may be empty"
        sheet.append([column.title, needed, column.help or _usual(column), "; ".join(column.allowed)])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in (("A", 32), ("B", 16), ("C", 70), ("D", 90)):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")


def _usual(column: Column) -> str:
    return "Day, month and year, like 05/03/2021." if column.write is cells.write_date else ""


def template(kind: Kind, form: Format) -> tuple[bytes, str]:
    """The template as a file, with its media type."""
    return (csv_template(kind), CSV_TYPE) if form == "csv" else (xlsx_template(kind), XLSX_TYPE)


async def bad_rows_csv(uow: Uow, principal: Principal, run: ImportRun) -> AsyncIterator[str]:
    """The rows that were not taken as they were sent, each with its line and what is wrong, ready to be put right."""
    yield BOM + csv_row([*run.headers, LINE, WRONG])
    after, width = 0, len(run.headers)
    while rows := await bad_rows(uow, principal, run, after=after):
        for line, row, wrong in rows:
            yield csv_row([*_fitted(row, width), str(line), wrong])
            after = line


def _fitted(row: Sequence[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]
