"""Telling the other side that a statement is there to check, is disputed, or that a dispute about it is answered."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from careshare.database import Uow, acting_for
from careshare.notifications import News, notify

KINDS: Final[Mapping[str, str]] = {
    "issue": "statement_issued",
    "dispute": "statement_disputed",
    "answer": "statement_answered",
    "credit": "statement_answered",
    "adjust": "statement_answered",
}
"""The steps that let something wait for the other side, and as which thing (`careshare.notifications`)."""
WHO: Final = ("payments", "budget_holder")


async def tell_other(uow: Uow, other: UUID, statement_id: UUID, step: str, step_id: UUID) -> None:
    """Tell whoever pays and decides at the other side, in the transaction of the step. No sum and no name is told."""
    kind = KINDS.get(step)
    if kind is None:
        return
    path = f"/recharges/statements/{statement_id}"
    news = News(kind=kind, subject=statement_id, event=str(step_id), path=path, roles=WHO, records=[statement_id])
    async with acting_for(uow, other):
        await notify(uow, news)
