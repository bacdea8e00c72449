"""A statement as a file that is sent: whose reading of another authority's record it is stands on the record."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from litestar import Response

from careshare import audit
from careshare.database import Uow
from careshare.errors import NotFound
from tenants.recharges import files, queries
from tenants.recharges.income import Income
from tenants.recharges.queries import Statement

TYPES: Final = {"csv": files.CSV_TYPE, "xlsx": files.XLSX_TYPE, "pdf": files.PDF_TYPE}


async def opened(uow: Uow, statement_id: UUID) -> Statement:
    """A statement that somebody reads, recorded for the other side too. Raises NotFound."""
    found = await queries.statement(uow, statement_id)
    await audit.record(uow, "statement.read", subjects=[statement_id])
    await audit.record(uow, "statement.read", subjects=[statement_id], owner_id=found.other_id)
    return found


async def statement_file(uow: Uow, statement_id: UUID, form: str) -> tuple[bytes, str, dict[str, str]]:
    """A statement as CSV, XLSX or PDF, with its media type and headers. Raises NotFound."""
    if form not in TYPES:
        raise NotFound
    found = await opened(uow, statement_id)
    lines = await queries.lines(uow, found)
    if form == "pdf":
        content = await files.as_pdf(found, lines, await queries.steps(uow, found))
    else:
        rows = files.statement_rows(found, lines)
        content = (
            files.as_csv(files.STATEMENT_HEAD, rows)
            if form == "csv"
            else files.as_xlsx(found.invoice_number or "Draft", files.STATEMENT_HEAD, rows)
        )
    name = f"{found.invoice_number or 'draft'}-{found.month:%Y-%m}.{form}".replace("/", "-")
    return content, TYPES[form], attachment(name)


def income_file(year: int, found: Sequence[Income]) -> Response[bytes]:
    """The income of one's own homes against their plan, as one sheet."""
    content = files.as_xlsx(f"Income {year} to {year + 1}", files.INCOME_HEAD, files.income_rows(year, found))
    headers = attachment(f"income-{year}-{year + 1}.xlsx")
    return Response(content, media_type=files.XLSX_TYPE, headers=headers)


def attachment(file_name: str) -> dict[str, str]:
    """Headers of a file to save; the name is ours, never what somebody typed."""
    return {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
