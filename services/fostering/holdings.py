"""What somebody holds in the register, for hand-over: the households they supervise."""

from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.service import Held, Holding

# Whom a household's supervising social worker is stands in words, as the case system has it.
SUPERVISED = text("""
    select h.id, h.reference from fostering.household h
    where h.authority_id = (select careshare.authority()) and lower(btrim(h.supervising_worker)) = lower(btrim(:name))
    order by h.reference_key, h.id
""")


async def holdings(uow: Uow, _person_id: UUID, name: str) -> list[Holding]:
    """The households whose supervising social worker has this name, by their references."""
    rows = await uow.execute(SUPERVISED, {"name": name})
    held = [Held(row.reference, f"/foster-carers/{row.id}") for row in rows]
    return [Holding("Foster households they supervise", "household:read", held)]
