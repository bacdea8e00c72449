"""One's own notices follow what was held, let go or taken of a home."""

from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from services.placements.providers import RENEW

BEHIND = text("""
select e.kind, a.subject_id from placements.answering a
join placements.enquiry e on e.providing_id = a.authority_id and e.id = a.enquiry_id
where a.authority_id = (select careshare.authority()) and a.enquiry_id = :id
""")


async def renew(uow: Uow, enquiry_id: UUID) -> None:
    """Have the notice of the home behind an enquiry made anew, where the home is the bound authority's."""
    row = (await uow.execute(BEHIND, {"id": enquiry_id})).one_or_none()
    if row is not None:
        await RENEW[row.kind](uow, [row.subject_id])
