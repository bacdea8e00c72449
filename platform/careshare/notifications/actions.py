"""What people do about their notifications: open one, mark all as read, choose whether they want e-mails."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.identity import principal_of
from careshare.notifications.queries import How, choice
from careshare.web import asks

OPEN = text("""
update messages.notification set read_at = coalesce(read_at, clock_timestamp())
where authority_id = (select careshare.authority()) and person_id = careshare.actor() and id = :id returning path
""")
READ = text("""
update messages.notification set read_at = clock_timestamp()
where authority_id = (select careshare.authority()) and person_id = careshare.actor() and read_at is null
  and (cast(:ids as uuid[]) is null or id = any(cast(:ids as uuid[])))
""")
CHOOSE = text("""
insert into messages.notification_choice (authority_id, person_id, how)
values (careshare.authority(), careshare.actor(), :how)
on conflict (authority_id, person_id) do update set how = excluded.how, changed_at = clock_timestamp()
""")


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether e-mails are wanted: one for each thing at once, one each morning while something is unread, or none."""

    how: Annotated[How, asks("whether you want e-mails", missing="Choose whether you want e-mails")]


async def open_one(uow: Uow, notification_id: UUID) -> str:
    """The page one of one's own leads to; it is read from now on. Raises NotFound, also where it is locked from one."""
    path: str | None = (await uow.execute(OPEN, {"id": notification_id})).scalar_one_or_none()
    if path is None:
        raise NotFound
    return path


async def mark_read(uow: Uow, ids: Sequence[UUID] | None = None) -> None:
    """Mark these of one's own as read, or all."""
    await uow.execute(READ, {"ids": None if ids is None else list(ids)})


async def choose(uow: Uow, wanted: Choice) -> None:
    """Choose for oneself, in the authority one acts for; on the record."""
    before = await choice(uow)
    await uow.execute(CHOOSE, {"how": wanted.how})
    subjects = [principal_of(uow).person_id]
    await audit.record(uow, "notification.chosen", subjects=subjects, before={"how": before}, after={"how": wanted.how})
