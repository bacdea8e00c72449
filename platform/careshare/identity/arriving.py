"""Beginning to act for an authority, on its record: whoever does, and loudly whoever may for a time only."""

from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow

FOR_A_TIME = text("""
    select roles, until from identity.my_authorities()
    where authority_id = (select careshare.authority()) and until is not null
""")


async def record_for_a_time(uow: Uow, person_id: UUID) -> bool:
    """Put on the bound authority's record that the bound person comes in by a role held for a time (support, a
    delegation), if it is by one alone; whether it is.
    """
    row = (await uow.execute(FOR_A_TIME)).one_or_none()
    if row is None:
        return False
    after = {"roles": list(row.roles), "until": row.until}
    await audit.record(uow, "temporary_role.used", subjects=[person_id], after=after)
    return True
