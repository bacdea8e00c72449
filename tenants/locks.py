"""Records locked from named colleagues: of a member of staff, or of their relatives (access-model: People).

To the colleague a locked record is not there: row security hides it and all that hangs below it, in every list, search
and export. Whoever may manage locks sees those of the records they may see, so never one from themselves.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from careshare.identity import temporary

LOCKS = text("""
    select l.person_id, coalesce(c.name, h.name) as name, l.reason, l.locked_at, b.name as locked_by
    from tenants.record_lock l
    left join identity.temporary_people() h on h.person_id = l.person_id
    left join identity.colleagues(array(select person_id from tenants.record_lock where subject_id = :subject)) c
      on c.person_id = l.person_id
    left join identity.colleagues(array(select locked_by from tenants.record_lock where subject_id = :subject)) b
      on b.person_id = l.locked_by
    where l.authority_id = (select careshare.authority()) and l.subject_id = :subject order by 2, l.person_id
""")
LOCK = text("""
    insert into tenants.record_lock (authority_id, subject_id, person_id, reason)
    select careshare.authority(), :subject, w.person_id, :reason from (
      select person_id from tenants.member where authority_id = (select careshare.authority())
      union select person_id from tenants.temporary_role
        where authority_id = (select careshare.authority()) and ended_at is null and upper(during) > now()) w
    where w.person_id = :person and w.person_id <> careshare.actor()
    on conflict do nothing returning person_id
""")
HELPERS = text("""
    select distinct t.person_id, h.name from tenants.temporary_role t
    join identity.temporary_people() h on h.person_id = t.person_id
    where t.authority_id = (select careshare.authority()) and t.ended_at is null and upper(t.during) > now()
      and t.kind in ('delegation', 'support') order by h.name, t.person_id
""")
UNLOCK = text("""
    delete from tenants.record_lock where authority_id = (select careshare.authority())
      and subject_id = :subject and person_id = :person returning reason
""")


class Lock(msgspec.Struct, frozen=True):
    """From whom a record is locked, why, since when and by whom. No name: they have left."""

    person_id: UUID
    name: str | None
    reason: str
    locked_at: datetime
    locked_by: str | None


async def people(uow: Uow, beside: Collection[UUID]) -> list[tuple[str, str]]:
    """From whom a record can be locked, as choices of a form: colleagues, then who acts here for a time. `beside` are
    those left out: from whom it is locked already, and whoever asks.
    """
    members = {one.person_id: one.name for one in await temporary.colleagues(uow)}
    helpers = {row.person_id: f"{row.name}, here for a time" for row in await uow.execute(HELPERS)}
    return [
        (str(who), name)
        for who, name in (members | {w: n for w, n in helpers.items() if w not in members}).items()
        if who not in beside
    ]


async def locks_of(uow: Uow, subject_id: UUID) -> list[Lock]:
    """The colleagues a record is locked from, by name."""
    rows = (await uow.execute(LOCKS, {"subject": subject_id})).mappings().all()
    return [Lock(**row) for row in rows]


async def lock(uow: Uow, subject_id: UUID, person_id: UUID, reason: str) -> None:
    """Lock the record from a colleague, from their next request on. Raises Invalid for a stranger or oneself."""
    row = (await uow.execute(LOCK, {"subject": subject_id, "person": person_id, "reason": reason})).one_or_none()
    if row is None:
        message = "Select a colleague other than yourself from whom it is not locked already"
        raise Invalid(message, errors=[FieldError("person", message)])
    await audit.record(uow, "record.locked", subjects=[subject_id, person_id], after={"reason": reason})


async def unlock(uow: Uow, subject_id: UUID, person_id: UUID) -> None:
    """Lock it from them no longer. Raises NotFound."""
    row = (await uow.execute(UNLOCK, {"subject": subject_id, "person": person_id})).one_or_none()
    if row is None:
        raise NotFound
    await audit.record(uow, "record.unlocked", subjects=[subject_id, person_id], before={"reason": row.reason})
