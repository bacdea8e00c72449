"""Reading files: what is taken, what is refused, and that a refusal names the file and the line."""

import io
import time
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from careshare.errors import DomainError, Invalid, TooLarge, Unsupported
from services.fostering.imports.columns import guessed
from services.fostering.imports.read import MOST_BYTES, MOST_ROWS, Table, read_table
from tests.fostering_imports.files import as_csv, as_xlsx, household, placement


async def read(content: bytes) -> Table:
    return await read_table(content, "households")


def columns_of(table: Table) -> list[str]:
    return guessed("households", table.headers)


async def refused(content: bytes, kind: type[DomainError] = Invalid) -> DomainError:
    with pytest.raises(kind) as caught:
        await read(content)
    assert [error.field for error in caught.value.errors] == ["file"]
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_the_same_rows_however_written(delimiter: str, encoding: str) -> None:
    table = await read(as_csv([household(address="3 Café Row, Ashmoor")], delimiter=delimiter, encoding=encoding))
    assert table.headers[0] == "Household reference"
    assert all(columns_of(table))
    assert table.rows[0].line == 2
    assert "3 Café Row, Ashmoor" in table.rows[0].cells


async def test_windows_1252_is_read_and_said() -> None:
    table = await read(as_csv([household(), household("H-2", carer_1_name="Zoë O’Neill")], encoding="cp1252"))
    assert "Zoë O’Neill" in table.rows[1].cells
    assert "Windows-1252" in table.notices[0]
    assert "line 3" in table.notices[0]


async def test_text_that_is_neither_names_the_line() -> None:
    assert (await refused(b"Household reference,Carer 1 name\nH-1,Zo\x81\n")).errors[0].line == 2


async def test_text_that_is_half_utf_8_names_the_line() -> None:
    content = "Household reference,Carer 1 name\nH-1,Zoë\n".encode() + b"H-2,Zo\xeb\n"
    assert (await refused(content)).errors[0].line == 3


async def test_null_character_names_the_line() -> None:
    assert (await refused(b"Household reference,Carer 1 name\nH-1,A\nH-2,B\x00\n")).errors[0].line == 3


async def test_quotation_mark_left_open_names_the_line() -> None:
    assert (await refused(b'Household reference,Carer 1 name\nH-1,A\nH-2,"B\nH-3,C\n')).errors[0].line == 3


async def test_header_after_a_report_title() -> None:
    content = as_csv([household()], before="Fostering register\r\nRun on,20/11/2026\r\n\r\n")
    table = await read(content)
    assert table.header_line == 4
    assert table.rows[0].line == 5
    assert "line 4" in table.notices[0]


async def test_excel_separator_line() -> None:
    table = await read(b"sep=;\r\n" + as_csv([household()], delimiter=";"))
    assert table.headers[0] == "Household reference"


async def test_blank_rows_are_passed_over_and_lines_still_count() -> None:
    content = b"Household reference,Carer 1 name\n\n,\nH-1,Ann\n , \n"
    table = await read(content)
    assert [(row.line, row.cells) for row in table.rows] == [(4, ["H-1", "Ann"])]


async def test_rows_with_line_breaks_in_cells_have_their_first_line() -> None:
    table = await read(b'Household reference,Address\nH-1,"12 High St\nAshmoor"\nH-2,x\n')
    assert [row.line for row in table.rows] == [2, 4]


async def test_headers_that_stand_twice_are_named() -> None:
    table = await read(b"Household reference,Date of birth,Carer 1 name,Date of Birth\nH-1,1,2,3\n")
    assert table.headers[1] == "Date of birth (column B)"
    assert table.headers[3] == "Date of Birth (column D)"
    assert "columns B and D" in table.notices[0]


@pytest.mark.parametrize("content", [b"", b"   \n \n", b"Household reference,Carer 1 name\n", b"\xff\xfe"])
async def test_nothing_in_it(content: bytes) -> None:
    await refused(content)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 \x00\x01",
        b"\x89PNG\r\n\x1a\n\x00",
        b"\xff\xd8\xff\xe0\x00",
        b"<html><table><tr><td>Carer</td></tr></table>",
        b"PK\x03\x04 is not a zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 is not a workbook",
        b"\x1f\x8b\x08\x00",
    ],
)
async def test_other_kinds_of_file(content: bytes) -> None:
    await refused(content, Unsupported)


async def test_a_zip_of_something_else() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("register.csv", as_csv([household()]))
    await refused(file.getvalue(), Unsupported)


async def test_too_many_bytes_or_rows() -> None:
    await refused(b"x" * (MOST_BYTES + 1), TooLarge)
    await refused(b"Household reference,Carer 1 name\n" + b"H,A\n" * (MOST_ROWS + 1), TooLarge)


async def test_spreadsheet_dates_numbers_and_text() -> None:
    content = as_xlsx(
        [
            [
                "Household reference",
                "Carer 1 born",
                "Places",
                "Carer 1 telephone",
                "Confidential address",
                "Terms from",
            ],
            ["007", date(1975, 3, 5), 2, "0191 496 0123", True, datetime(2022, 4, 1, 0, 0)],  # noqa: DTZ001
            [12, "05/03/1975", 2.0, None, "no", "=1+1"],
        ]
    )
    table = await read(content)
    assert table.rows[0].cells == ["007", "1975-03-05", "2", "0191 496 0123", "yes", "2022-04-01"]
    assert table.rows[1].cells == ["12", "05/03/1975", "2", "", "no", ""]


async def test_the_sheet_with_our_columns_is_taken() -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Register").append(["Household reference", "Carer 1 name", "Postcode"])
    book["Register"].append(["H-1", "Ann", "ZA1 1AA"])
    cover: Any = book.active
    cover.append(["Fostering register", "of Ashmoor"])
    file = io.BytesIO()
    book.save(file)
    assert (await read(file.getvalue())).rows[0].cells == ["H-1", "Ann", "ZA1 1AA"]


async def test_a_cell_at_the_far_end_of_a_sheet_does_not_end_us() -> None:
    """Five kilobytes that make a reader lay out seventeen thousand million cells."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"], sheet["XFD1048576"] = "Household reference", "x"
    file = io.BytesIO()
    book.save(file)
    started = time.monotonic()
    assert "memory" in (await refused(file.getvalue())).detail
    assert time.monotonic() - started < 30


async def test_a_spreadsheet_that_unpacks_to_gigabytes() -> None:
    plain = as_xlsx([["Household reference"], ["H-1"]])
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as good, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
        for name in good.namelist():
            if name != "xl/worksheets/sheet1.xml":
                made.writestr(name, good.read(name))
        with made.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            sheet.write(b'<row r="1"><c r="A1" t="inlineStr"><is><t>')
            for _ in range(1_500):
                sheet.write(b"x" * 1_000_000)
            sheet.write(b"</t></is></c></row></sheetData></worksheet>")
    assert len(bomb.getvalue()) < MOST_BYTES
    await refused(bomb.getvalue())


async def test_headers_of_other_systems_are_known() -> None:
    headers = [
        ("Mosaic ID", "reference"),
        ("Primary Carer Forename", "carer1_name"),
        ("Primary Carer Surname", "carer1_name"),
        ("Primary_Carer_DOB", "carer1_born"),
        ("Secondary Carer D.O.B.", "carer2_born"),
        ("Address Line 1", "address"),
        ("Address Line 2", "address"),
        ("Post Code", "postcode"),
        ("Date Approved (dd/mm/yyyy)", "terms_from"),
        ("Approved For", "places"),
        ("Age Range", "ages"),
        ("Placement Types", "care_types"),
        ("Favourite colour", ""),
    ]
    assert guessed("households", [header for header, _ in headers]) == [name for _, name in headers]
    table = await read_table(as_csv([placement()]), "placements")
    assert all(guessed("placements", table.headers))
