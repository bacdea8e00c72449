"""The demo's changes: what each council's registers and calendar say, and a care plan that changed under an enquiry."""

from typing import Final

from careshare.database import Acting, Database
from careshare.errors import Conflict
from careshare.jobs import SYSTEM
from careshare.service import Progress
from careshare.settings import Settings
from services.placements.changes import actions
from services.placements.changes.model import PlanChange
from tenants.actions import as_owner
from tenants.days import today

# Councils that have nothing flagged yet, with a social worker and the first request for which somebody was asked.
COUNCILS: Final = """
    select a.id, a.name,
      (select m.person_id from tenants.member m where m.authority_id = a.id and m.roles @> array['social_worker']
        order by m.id limit 1) as worker,
      (select r.id from placements.request r join placements.asked s
          on s.authority_id = r.authority_id and s.request_id = r.id
        join placements.enquiry e on e.placing_id = s.authority_id and e.id = s.enquiry_id
        where r.authority_id = a.id and r.stage = 'open' and e.stage = 'accepted' order by r.number limit 1) as request
    from tenants.authority a
    where exists (select from placements.request r where r.authority_id = a.id)
      and not exists (select from placements.flag f where f.authority_id = a.id)
    order by a.name
"""
DEMO: Final = "placements:demo"


async def load_demo(settings: Settings, progress: Progress) -> None:
    """Look for what changed and record one change of plan. Does nothing for councils that have something flagged."""
    async with as_owner(settings) as owner:
        councils = await owner.fetch(COUNCILS)
    database = Database.open(settings, pool_size=1)
    try:
        for number, council in enumerate(councils):
            progress(f"changes of {council['name']}", number / len(councils))
            async with database.bound(Acting(council["id"], SYSTEM, DEMO)) as uow:
                await actions.watch(uow)
            if council["worker"] is None or council["request"] is None:
                continue
            try:
                async with database.bound(Acting(council["id"], council["worker"], DEMO)) as uow:
                    given = PlanChange(change="care_plan", on=today())
                    await actions.record_for_request(uow, council["request"], given)
            except Conflict:  # nothing goes on for these children by now
                continue
    finally:
        await database.close()
