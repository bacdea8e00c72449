"""What other services may know of the search: of the bound authority alone."""

from sqlalchemy import text

from careshare.database import Uow

OPEN_UNMET_NEED = text("""
select count(*) from placements.unmet_need
where authority_id = (select careshare.authority()) and closed_at is null
""")


async def open_unmet_needs(uow: Uow) -> int:
    """How many requests of the bound authority no shared home meets just now."""
    found: int = (await uow.execute(OPEN_UNMET_NEED)).scalar_one()
    return found
