"""Reads of one's own notifications. Row security leaves out what is locked from the reader."""

from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow

How = Literal["at_once", "daily", "none"]

UNREAD = text("""
select count(*) from messages.notification n
where n.authority_id = (select careshare.authority()) and n.person_id = (select careshare.actor())
  and n.read_at is null
""")
LISTED = text("""
select n.id, n.kind, n.path, n.due_at, n.made_at, n.read_at from messages.notification n
where n.authority_id = (select careshare.authority()) and n.person_id = careshare.actor()
  and (not cast(:unread as boolean) or n.read_at is null)
  and (cast(:made as timestamptz) is null or (n.made_at, n.id) < (cast(:made as timestamptz), cast(:id as uuid)))
order by n.made_at desc, n.id desc limit :limit
""")
CHOICE = text("""
select c.how from messages.notification_choice c
where c.authority_id = (select careshare.authority()) and c.person_id = careshare.actor()
""")
DEFAULT: Final[How] = "none"
"""Nobody who did not ask for it gets mail."""


class Notification(msgspec.Struct, frozen=True):
    """One thing that somebody is told of: its kind, its page, until when, since when, and when they read it."""

    id: UUID
    kind: str
    path: str
    due_at: datetime | None
    made_at: datetime
    read_at: datetime | None


async def unread(uow: Uow) -> int:
    """How many the bound person has not read."""
    return int((await uow.execute(UNREAD)).scalar_one())


async def listed(
    uow: Uow, *, unread_only: bool = False, after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> list[Notification]:
    """The bound person's own, the latest first."""
    given: dict[str, Any] = {"unread": unread_only, "limit": limit}
    given |= {"made": after[0] if after else None, "id": after[1] if after else None}
    return [Notification(**row) for row in (await uow.execute(LISTED, given)).mappings()]


async def choice(uow: Uow) -> How:
    """Whether the bound person wants e-mails with them."""
    found: How | None = (await uow.execute(CHOICE)).scalar_one_or_none()
    return found or DEFAULT
