"""Statements at the end of their time: six years after the financial year they are about (the record's schedules)."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.kept import DueRecord, Kept

# A statement's time begins on the 31 March that ends the financial year of its month. Both sides confirm; what the
# bound authority confirmed already waits for the other and is not listed again, unless a hold stopped it meanwhile.
DUE = text("""
    select s.id, coalesce(s.invoice_number, '') as reference, y.ended as began
    from tenants.statement s cross join lateral (
      select make_date(extract(year from s.month + interval '9 months')::int, 3, 31) as ended) y
    where y.ended <= :before and s.stage in ('settled', 'agreed', 'issued')
      and (cast(:ids as uuid[]) is null or s.id = any(cast(:ids as uuid[])))
      and not exists (select from tenants.statement_disposal d
        where d.authority_id = (select careshare.authority()) and d.statement_id = s.id and not d.stopped)
    order by s.month, s.id limit :most
""")
DISPOSE = text("select tenants.dispose_statements(cast(:ids as uuid[]))")


async def due(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Statements of financial years that ended on a day or before, the oldest first."""
    rows = await uow.execute(DUE, {"before": before, "most": most, "ids": None if ids is None else list(ids)})
    return [DueRecord(row.id, row.reference, row.began) for row in rows]


async def delete(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Delete those that the other side has confirmed too; the rest wait until it does."""
    gone: list[UUID] = await uow.scalar(DISPOSE, {"ids": list(ids)}) or []
    waiting = [one for one in ids if one not in set(gone)]
    if waiting:
        await audit.record(uow, "statement.disposal_confirmed", subjects=waiting)
    return gone


KEPT: Final = (Kept("recharge", due, delete),)
