"""Records locked from named colleagues: of a member of staff, or of their relatives (access-model: People).

To the colleague a locked record is not there: row security hides it and all that hangs below it, in every list, search
and export. Whoever may manage locks sees those of the records they may see, so never one from themselves.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound

LOCKS = text("""
    select l.person_id, c.name, l.reason, l.locked_at, b.name as locked_by
    from tenants.record_lock l
    left join identity.colleagues(array(select person_id from tenants.record_lock where subject_id = :subject)) c
      on c.person_id = l.person_id
    left join identity.colleagues(array(select locked_by from tenants.record_lock where subject_id = :subject)) b
      on b.person_id = l.locked_by
    where l.authority_id = (select careshare.authority()) and l.subject_id = :subject order by c.name, l.person_id
""")
LOCK = text("""
    insert into tenants.record_lock (authority_id, subject_id, person_id, reason)
    select careshare.authority(), :subject, m.person_id, :reason from tenants.member m
    where m.authority_id = (select careshare.authority()) and m.person_id = :person
      and m.person_id <> careshare.actor()
    on conflict do nothing returning person_id
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
