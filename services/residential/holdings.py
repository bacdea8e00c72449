"""What somebody holds of the homes, for hand-over: those that name them as the registered manager."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, Unprocessable
from careshare.service import Held, Holding
from tenants.colleagues import colleague

PERMISSION: Final = "residential:read"
HELD_WITH: Final = "impact_assessment:decide"
MANAGERS: Final = ("residential_manager",)

# A name is theirs only while no colleague who works here has it too.
MANAGED = text("""
    select h.id, h.urn from residential.home h
    where h.authority_id = (select careshare.authority()) and lower(btrim(h.manager_name)) = lower(btrim(:name))
      and not exists (select from tenants.members() m where m.person_id <> :person
        and lower(btrim(m.name)) = lower(btrim(:name)) and (m.ends is null or m.ends > current_date))
    order by h.urn
""")
GIVE = text("""
    update residential.home h set manager_name = left(:name, 120), version = version + 1,
      updated_at = clock_timestamp()
    where h.authority_id = (select careshare.authority()) and h.id = any(:ids)
    returning h.id, old.manager_name as was
""")


async def holdings(uow: Uow, person_id: UUID, name: str) -> list[Holding]:
    """The homes whose registered manager has this name, by Ofsted's numbers."""
    rows = await uow.execute(MANAGED, {"person": person_id, "name": name})
    held = [Held(row.id, row.urn, f"/residential/{row.id}") for row in rows]
    return [Holding("residential.home", "Homes that name them as manager", PERMISSION, held, HELD_WITH, hand_over)]


async def hand_over(uow: Uow, ids: Sequence[UUID], to: UUID) -> None:
    """Let these homes name a colleague as their manager. Raises Unprocessable and Conflict."""
    found = await colleague(uow, to, MANAGERS)
    if found is None:
        raise Unprocessable("They do not manage homes.")
    rows = (await uow.execute(GIVE, {"ids": list(ids), "name": found.name})).all()
    if len(rows) < len(set(ids)):
        raise Conflict("Something you selected is not there any more. Look at the list again.")
    await audit.record(
        uow,
        "home.handed_over",
        subjects=[row.id for row in rows],
        before={str(row.id): {"manager_name": row.was} for row in rows},
        after={"person": to, "manager_name": found.name},
    )
