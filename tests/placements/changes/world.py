"""Short ways through changes: look as the job does, hear as the other side's job does, read what stands."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Acting
from services.placements.changes import actions
from services.placements.changes.jobs import Everything, watch
from services.placements.follows import STEP_TAKEN, StepTaken, step_taken
from tenants.actions import as_owner
from tests.placements.enquiries.conftest import Between
from tests.placements.enquiries.test_clocks_run_out import left
from tests.world import WorldAuthority

NOBODY = UUID(int=0)


async def look(between: Between, who: WorldAuthority, day: date | None = None) -> list[UUID]:
    """One look of the clock's for an authority, today or as if on another day."""
    async with between.database.bound(Acting(who.id, NOBODY, "scheduled: placements.changes")) as uow:
        if day is None:
            await watch(uow, Everything())
            return []
        return await actions.watch(uow, day)


async def hear(between: Between, who: WorldAuthority) -> list[dict[str, object]]:
    """Run what the other side's flags gave an authority to do, each twice; the payloads."""
    told = await left(between, who, STEP_TAKEN)
    for payload in told:
        for _ in range(2):
            async with between.database.bound(Acting(who.id, NOBODY, "placements:step")) as uow:
                await step_taken(uow, msgspec.convert(payload, StepTaken))
    return [one for one in told if one["machine"] == "change"]


async def flags(between: Between, who: WorldAuthority, about: UUID, role: str = "team_manager") -> list[dict[str, Any]]:
    """The flags of an enquiry, request or placement that stand, over the API."""
    found = await between.call(who, role, "GET", "/flags?limit=100")
    assert found.status_code == 200, found.text
    names = ("enquiry_id", "request_id", "placement_id", "outside_placement_id")
    return [one for one in found.json()["items"] if str(about) in {one[name] for name in names}]


async def changes(between: Between, who: WorldAuthority, about: UUID) -> list[tuple[str, str]]:
    """Of what is flagged about it: the subject and the code of each."""
    return sorted((one["subject"], one["change"]) for one in await flags(between, who, about))


async def home_of(between: Between, enquiry: UUID) -> UUID:
    """The household or home behind an enquiry, as its owner knows it."""
    async with as_owner(between.world.settings) as owner:
        found: UUID = await owner.fetchval("select subject_id from placements.answering where enquiry_id = $1", enquiry)
    return found


async def owner_does(between: Between, statement: str, *given: object) -> None:
    """Something that happens to the data itself."""
    async with as_owner(between.world.settings) as owner:
        await owner.execute(statement, *given)


async def stage_of(between: Between, who: WorldAuthority, table: str, found: UUID) -> str:
    """The stage of an enquiry, hold or placement."""
    async with between.database.bound(between.world.acting(who)) as uow:
        column = "enquiry_id" if table == "hold" else "id"
        rows = await uow.execute(text(f"select stage from placements.{table} where {column} = :id"), {"id": found})
        stage: str = rows.scalar_one()
    return stage


async def clear(between: Between, who: WorldAuthority, flag: str, reason: str = "goes_on") -> None:
    """Clear a flag as a team manager."""
    cleared = await between.call(who, "team_manager", "POST", f"/flags/{flag}/clear", {"reason": reason})
    assert cleared.status_code == 200, cleared.text
