"""Telling people that something was flagged: whoever has the case as their work, or else the roles it is for."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from careshare.database import Uow
from careshare.notifications import News, forget, notify
from services.placements.changes.words import FLAGS

KIND: Final = "flag"
TOO_MANY: Final = frozenset({"social_worker", "supervising_social_worker"})
"""Who is told of their own children and carers, but not of everybody's."""
WHOSE = text("""
select f.id, f.roles, f.due_at, coalesce(a.assigned_to, r.held_by, w.assigned_to) as person,
  array_remove(array[f.case_id, f.enquiry_id, f.request_id, f.home_id], null) as records
from placements.flag f
left join placements.request r on r.authority_id = f.authority_id and r.id = f.request_id
left join placements.asked a on a.authority_id = f.authority_id and a.enquiry_id = f.enquiry_id
left join placements.answering w on w.authority_id = f.authority_id and w.enquiry_id = f.enquiry_id
where f.authority_id = (select careshare.authority()) and f.id = any(:ids) order by f.due_at, f.id
""").bindparams(bindparam("ids", type_=ARRAY(Uuid())))


async def tell(uow: Uow, flag_ids: Sequence[UUID]) -> None:
    """Say of each flag that is new that something changed; what, its page says to whoever may read it."""
    for one in (await uow.execute(WHOSE, {"ids": list(flag_ids)})).all():
        news = News(
            kind=KIND,
            subject=one.id,
            event="raised",
            path=f"{FLAGS}/{one.id}",
            roles=[role for role in one.roles if role not in TOO_MANY],
            person=one.person,
            records=one.records,
            due=one.due_at,
        )
        await notify(uow, news)


async def over(uow: Uow, flag_ids: Sequence[UUID]) -> None:
    """A flag was cleared: whoever has not read of it need not."""
    for one in flag_ids:
        await forget(uow, one, [KIND])
