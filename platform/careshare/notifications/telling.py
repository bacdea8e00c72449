"""Telling people of the bound authority, in the transaction of what they are told of."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from careshare.messages.sending import send_staff

WAITS: Final = "waits"
"""The template with the words of every kind of thing."""
PAGE: Final = "/notifications"

# The person whose work it is; where there is none, or it is locked from them, or they have left: whoever has a role.
# Nobody is told of what they did themselves.
TELL = text("""
with able as materialized (
  select cast(:person as uuid) as person_id where messages.staff_address(cast(:person as uuid)) is not null
    and not exists (select from tenants.record_lock l where l.authority_id = (select careshare.authority())
      and l.person_id = cast(:person as uuid) and l.subject_id = any(cast(:records as uuid[])))),
wanted as (
  select a.person_id from able a
  union
  select h.h from tenants.staff_holding(cast(:roles as text[])) h (h) where not exists (select from able)
    and not exists (select from tenants.record_lock l where l.authority_id = (select careshare.authority())
      and l.person_id = h.h and l.subject_id = any(cast(:records as uuid[]))))
insert into messages.notification (authority_id, person_id, kind, subject_id, event, path, due_at, records)
select careshare.authority(), w.person_id, :kind, :subject, :event, :path, :due, cast(:records as uuid[])
from wanted w where w.person_id <> careshare.actor()
on conflict do nothing
returning id, person_id, coalesce((select c.how from messages.notification_choice c
  where c.authority_id = (select careshare.authority()) and c.person_id = notification.person_id), 'none') as how
""")
MAILED = text("""
update messages.notification set mailed_at = clock_timestamp()
where authority_id = (select careshare.authority()) and id = any(cast(:ids as uuid[]))
""")
FORGET = text("""
update messages.notification set read_at = clock_timestamp()
where authority_id = (select careshare.authority()) and read_at is null and kind = any(:kinds) and subject_id = :subject
""")


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell. `kind` is a thing of the template `waits`; `event` makes it once; `path` is its page.

    `person` is whose work it is, `roles` whom it concerns where it is nobody's. `records` are what it tells of: whoever
    one of them is locked from is not told, nor shown it later. `due` is until when, None where no clock runs.
    """

    kind: str
    subject: UUID
    event: str
    path: str
    roles: Sequence[str] = ()
    person: UUID | None = None
    records: Sequence[UUID] = ()
    due: datetime | None = None


async def notify(uow: Uow, news: News) -> int:
    """Tell whom it concerns; how many were told now. E-mails to those who chose so are asked for with it."""
    given = {
        "kind": news.kind,
        "subject": news.subject,
        "event": news.event,
        "path": news.path,
        "roles": list(news.roles),
        "person": news.person,
        "records": list(news.records),
        "due": news.due,
    }
    told = (await uow.execute(TELL, given)).all()
    at_once = [one for one in told if one.how == "at_once"]
    for one in at_once:
        with suppress(NotFound):  # their account ended in this moment
            values = {"thing": news.kind, "by": news.due, "link": f"{PAGE}/{one.id}"}
            await send_staff(uow, one.person_id, WAITS, values)
    if at_once:
        await uow.execute(MAILED, {"ids": [one.id for one in at_once]})
    return len(told)


async def forget(uow: Uow, subject: UUID, kinds: Collection[str]) -> None:
    """What waited waits no longer: whoever has not read of it need not."""
    await uow.execute(FORGET, {"subject": subject, "kinds": sorted(kinds)})
