"""What the clock does for the search: old searches are deleted, unmet need lapses and, much later, is deleted."""

from datetime import time

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from services.placements.weights import policy

KEEP_TO_POLICY = "placements.keep_to_policy"

OLD_SEARCHES = text("""
delete from placements.search where authority_id = (select careshare.authority())
  and made_at < clock_timestamp() - make_interval(weeks => :weeks)
  and not exists (select from record.held('search') h where h.whole_class or h.subject_id = search.id)
returning id
""")
LAPSED = text("""
update placements.unmet_need set closed_at = clock_timestamp(), closed_as = 'lapsed'
where authority_id = (select careshare.authority()) and closed_at is null and last_at < clock_timestamp()
  - case when reference is null then make_interval(days => :days) else make_interval(weeks => :weeks) end
""")
OLD_NEED = text("""
delete from placements.unmet_need where authority_id = (select careshare.authority())
  and closed_at < clock_timestamp() - make_interval(weeks => :weeks)
  and not exists (select from record.held('unmet_need') h where h.whole_class or h.subject_id = unmet_need.id)
returning id
""")


class Nothing(msgspec.Struct, frozen=True):
    """The job needs no more than its authority."""


@jobs.handler(KEEP_TO_POLICY, Nothing)
async def keep_to_policy(uow: Uow, _payload: Nothing) -> None:
    """Keep the bound authority's searches and unmet need as long as policy.csv says, and longer only what is held."""
    kept = policy()
    searches = (await uow.execute(OLD_SEARCHES, {"weeks": kept.search_kept_weeks})).scalars().all()
    await uow.execute(LAPSED, {"days": kept.unmet_need_window_days, "weeks": kept.unmet_need_reference_weeks})
    needs = (await uow.execute(OLD_NEED, {"weeks": kept.unmet_need_kept_weeks})).scalars().all()
    for name, gone in (("search", searches), ("unmet_need", needs)):
        if gone:
            await audit.record(uow, "record.deleted", subjects=gone, after={"class": name, "records": len(gone)})


jobs.schedule("placements-policy", KEEP_TO_POLICY, daily_at=time(3, 40))
