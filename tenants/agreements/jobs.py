"""What the clock does with agreements: in and out of force by date, and warnings to the parties' own people.

Grants carry their period, so an agreement ends on the moment whether or not this has run; the job keeps the words and
the record in step, and tells people.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from careshare.jobs.registry import Nothing
from tenants.agreements import actions
from tenants.agreements.rules import LONDON, ahead, state_at
from tenants.agreements.telling import tell

KEEP: Final = "tenants.keep_agreements"
TEMPLATES: Final = {"to_sign": "agreement_to_sign", "expiry": "agreement_ending", "review": "agreement_review"}

MINE = text("""
    select a.id, a.state, now.reviewed_by, now.since, now.until, now() as now, now.version_id,
      (select v.id from tenants.agreement_version v where v.agreement_id = a.id and v.state = 'proposed'
        and me.authority_id = any(v.parties) and v.proposed_by <> me.authority_id
        and not exists (select from tenants.agreement_signature s
          where s.version_id = v.id and s.authority_id = me.authority_id)) as to_sign
    from tenants.agreements_standing() a join tenants.agreement_party me
      on me.agreement_id = a.id and me.authority_id = (select careshare.authority())
    left join lateral (
      select v.id as version_id, (v.terms ->> 'review_on')::date as reviewed_by, lower(v.in_force) as since,
        upper(v.in_force) as until
      from tenants.agreement_version v where v.agreement_id = a.id and v.version = a.version) now on true
    where a.state <> 'ended' and me.leaves_at is null order by a.id
""")
TOLD = text("""
    insert into tenants.agreement_told (authority_id, version_id, kind, day)
    values (careshare.authority(), :version, :kind, :day) on conflict do nothing returning kind
""")


@jobs.handler(KEEP, Nothing)
async def keep(uow: Uow, _nothing: Nothing) -> None:
    """Settle what the clock changed, then tell who must sign, and who must renew or review. Each is told once."""
    await actions.keep(uow)
    for row in (await uow.execute(MINE)).mappings().all():
        now: datetime = row["now"]
        today = now.astimezone(LONDON).date()
        if row["to_sign"] is not None:
            await _tell(uow, row["id"], row["to_sign"], "to_sign", date.min)
        state = state_at(row["state"], row["since"], row["until"], now)
        last = None if row["until"] is None else row["until"].astimezone(LONDON).date() - timedelta(days=1)
        if row["version_id"] is not None:
            for one in ahead(state, last, row["reviewed_by"], today):
                await _tell(uow, row["id"], row["version_id"], one.kind, one.day)


async def _tell(uow: Uow, agreement_id: UUID, version_id: UUID, kind: str, day: date) -> None:
    if await uow.scalar(TOLD, {"version": version_id, "kind": kind, "day": day}) is None:
        return
    await tell(uow, TEMPLATES[kind], f"/agreements/{agreement_id}")


jobs.schedule("tenants.agreements_daily", KEEP, every=timedelta(minutes=10), purpose="agreements follow the calendar")
