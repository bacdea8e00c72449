"""The whole register as a file: the columns of the import, so that what goes out comes in again unchanged.

It is streamed in a unit of work of its own. That it was begun stands in the audit record before the first byte is sent;
what was sent stands there in the end, also when the reader went away half-way.
"""

from collections.abc import AsyncGenerator
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Acting, Database, Uow
from careshare.identity import Principal
from services.fostering.imports.check import CONFIDENTIAL
from services.fostering.imports.columns import columns
from services.fostering.imports.register import state_sql
from services.fostering.imports.template import BOM, csv_row, titles
from services.fostering.queries import sees_confidential

FILE_NAME: Final = "foster-carers.csv"
EXPORT = text(state_sql("true") + " order by h.reference")
READ_ONLY = text("set transaction read only")
ROWS_AT_ONCE: Final = 200


async def begin_export(uow: Uow, principal: Principal) -> None:
    """Put on the record that the register is about to be sent; committed before the stream begins."""
    await audit.record(uow, "register.export_begun", criteria={"confidential_addresses": sees_confidential(principal)})


async def stream_register(database: Database, principal: Principal) -> AsyncGenerator[bytes, None]:
    """The register of the principal's authority as CSV, household by household.

    Addresses of confidential households are in it only for somebody who may read them and has confirmed that it is
    them; the cells of others say so.
    """
    seeing = sees_confidential(principal)
    names = [column for column in columns("households") if column.exported]
    sent: list[UUID] = []
    whole = False
    try:
        async with database.session(principal.acting) as uow, uow.begin():
            await uow.execute(READ_ONLY)
            yield (BOM + csv_row(titles("households"))).encode()
            rows = await uow.stream(EXPORT, execution_options={"yield_per": ROWS_AT_ONCE})
            async for row in rows:
                state = row.state
                cells = [column.write(state[column.name]) for column in names]
                if row.confidential and not seeing:
                    cells = _without_address(cells)
                sent.append(row.id)
                yield csv_row(cells).encode()
        whole = True
    finally:
        await _record(database, principal.acting, sent, whole=whole)


_HIDDEN: Final = [
    place
    for place, column in enumerate(column for column in columns("households") if column.exported)
    if column.name in {"address", "postcode"}
]


def _without_address(cells: list[str]) -> list[str]:
    for place in _HIDDEN:
        cells[place] = CONFIDENTIAL
    return cells


async def _record(database: Database, acting: Acting, sent: list[UUID], *, whole: bool) -> None:
    async with database.bound(acting) as uow:
        await audit.record(
            uow, "register.exported", subjects=sent, criteria={"households": len(sent), "complete": whole}
        )
