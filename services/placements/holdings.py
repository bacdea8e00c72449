"""What somebody holds of the search for homes, for hand-over: their searches whose need is unmet, or new."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.service import Held, Holding

LATELY: Final = timedelta(days=14)
"""A search so long ago is open only while its need stands as unmet. Careshare's own choice."""

# One request searched several times is one thing to hand over: the latest search of it.
OPEN = text("""
    select distinct on (s.need_key) s.id, s.reference, s.made_at from placements.search s
    where s.authority_id = (select careshare.authority()) and s.made_by = :person
      and (s.made_at > now() - cast(:lately as interval) or exists (select from placements.unmet_need u
        where u.authority_id = s.authority_id and u.need_key = s.need_key and u.closed_at is null))
    order by s.need_key, s.id desc
""")


async def holdings(uow: Uow, person_id: UUID, _name: str) -> list[Holding]:
    """The person's open searches, each request once, by reference or day."""
    rows = await uow.execute(OPEN, {"person": person_id, "lately": LATELY})
    held = [
        Held(row.reference or f"Search of {row.made_at:%d/%m/%Y}", f"/placements/searches/{row.id}") for row in rows
    ]
    return [Holding("Open searches", "placement:search", held)]
