"""Files as case systems write them, and the work of an import done here and now instead of by a worker."""

import csv
import io
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import openpyxl

from careshare.database import Acting, Database, Uow
from services.fostering.imports import actions, queries
from services.fostering.imports.columns import Kind
from services.fostering.imports.work import Work, do

HOUSEHOLD: Mapping[str, Any] = {
    "Household reference": "H-1",
    "Carer 1 name": "Ann Smith",
    "Carer 1 born": "05/03/1975",
    "Carer 1 sex": "Female",
    "Address": "12 High Street, Ashmoor",
    "Postcode": "ZA1 1AA",
    "Terms from": "01/04/2022",
    "Places": "2",
    "Youngest age": "0",
    "Oldest age": "12",
    "Care types": "Short-term; Emergency",
}
"""The cells a household must have, with their headers in the template."""

PLACEMENT: Mapping[str, Any] = {
    "Household reference": "H-1",
    "Child reference": "C-1",
    "Born": "10/06/2018",
    "Sex": "F",
    "Responsible authority": "Ashmoor",
    "Placed from": "01/09/2025",
    "Care type": "Short-term",
}


def household(reference: str = "H-1", **cells: Any) -> dict[str, Any]:
    """A good row with some cells otherwise; `carer_1_name="…"` is "Carer 1 name"."""
    return {**HOUSEHOLD, "Household reference": reference, **_titled(cells)}


def placement(child: str = "C-1", **cells: Any) -> dict[str, Any]:
    """A good row of a placement."""
    return {**PLACEMENT, "Child reference": child, **_titled(cells)}


def _titled(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", " ").capitalize().replace("Dbs", "DBS"): value for name, value in cells.items()}


def as_csv(
    rows: Sequence[Mapping[str, Any]], *, delimiter: str = ",", encoding: str = "utf-8", before: str = ""
) -> bytes:
    """The rows as CSV, with every header that any of them has."""
    headers = list(dict.fromkeys(name for row in rows for name in row))
    file = io.StringIO(newline="")
    file.write(before)
    writer = csv.DictWriter(file, headers, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows of cells as a spreadsheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class Inline:
    """Does an import's work in this process, as the command line does."""

    def __init__(self, database: Database, acting: Acting) -> None:
        self.database = database
        self.acting = acting

    @asynccontextmanager
    async def step(self, *, last: bool = False) -> AsyncGenerator[Uow, None]:
        del last
        async with self.database.bound(self.acting) as uow:
            yield uow

    async def upload(self, content: bytes, kind: Kind = "households", name: str = "file.csv") -> UUID:
        """Send a file and let it be checked."""
        async with self.step() as uow:
            run = await actions.upload(uow, kind, name, content)
        await do(self, Work(run))
        return run

    async def run(self, run: UUID) -> queries.ImportRun:
        async with self.step() as uow:
            return await queries.get_run(uow, run)

    async def confirm(self, run: UUID) -> queries.ImportRun:
        """Let the good rows in."""
        now = await self.run(run)
        async with self.step() as uow:
            await actions.confirm(uow, run, now.version)
        await do(self, Work(run))
        return await self.run(run)

    async def take_in(self, content: bytes, kind: Kind = "households") -> queries.ImportRun:
        """Send, check and let in."""
        return await self.confirm(await self.upload(content, kind))

    async def take_back(self, run: UUID, *, rest: bool = False) -> queries.ImportRun:
        now = await self.run(run)
        async with self.step() as uow:
            await actions.take_back(uow, run, now.version, rest=rest)
        await do(self, Work(run, rest))
        return await self.run(run)
