"""Reads an XLSX file in a process of its own, because a file of five kilobytes can make a reader ask for gigabytes.

Run by path, apart from the package: the file on standard input, one JSON document on standard output. A cell that
stands alone at the far end of a sheet makes the reader lay out everything before it, and a zip may hold a thousand
times its own size; here that ends this process and not the server. No formula is evaluated: a cell is what was saved.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

MEMORY = 1024 * 1024 * 1024
SECONDS = 20
LONGEST_CELL = 10_000


def written(cell: object) -> str:
    """A cell as a person would type it: whole numbers without a point, days as 2026-11-20, yes and no."""
    match cell:
        case str():
            return cell[:LONGEST_CELL]
        case bool():
            return "yes" if cell else "no"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


def main() -> int:
    """Write {"sheets": [[row, …], …]} of the visible sheets, or {"problem": "…"}."""
    most_rows, most_columns = int(sys.argv[1]), int(sys.argv[2])
    content = sys.stdin.buffer.read()
    import python_calamine as calamine  # noqa: PLC0415  # after the file is here, so that the limits hold for reading alone

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets: list[list[list[str]]] = []
        for known in book.sheets_metadata:
            if known.typ != calamine.SheetTypeEnum.WorkSheet or known.visible != calamine.SheetVisibleEnum.Visible:
                continue
            sheet = book.get_sheet_by_name(known.name)
            if sheet.total_width > most_columns:
                return answer({"problem": f"has more than {most_columns} columns"})
            rows = [
                [written(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False, nrows=most_rows + 1)
            ]
            if len(rows) > most_rows:
                return answer({"problem": f"has more than {most_rows:,} rows", "too_large": True})
            sheets.append(rows)
    except calamine.PasswordError:
        return answer({"problem": "is protected by a password"})
    except (calamine.CalamineError, ValueError, OSError):
        return answer({"problem": "is not an XLSX spreadsheet that can be read"})
    return answer({"sheets": sheets})


def answer(document: object) -> int:
    """Write it and be done."""
    json.dump(document, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
