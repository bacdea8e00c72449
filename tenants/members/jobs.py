"""The nightly look at members: who left is put out, and administrators hear of whom to look at."""

from datetime import time

import msgspec
from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from tenants.members import queries

REVIEW = "members.review"
TEMPLATE = "members_to_review"
LINK = "/administration/members"

ENDED = text("""
    select tenants.put_out(m.person_id) from tenants.members() m where m.ends between current_date - 1 and current_date
""")
"""Memberships that ended by their date: what was lent beside them ends too, once they are over."""


class Nothing(msgspec.Struct, frozen=True):
    """The task needs no more than its authority."""


@jobs.handler(REVIEW, Nothing)
async def review(uow: Uow, _nothing: Nothing) -> None:
    """Put out who has left, and tell every administrator where to look if there is anybody to look at."""
    from careshare.messages import send_staff  # noqa: PLC0415  # jobs are registered before messages are

    await uow.execute(ENDED)
    if not (await queries.review(uow)).any:
        return
    for administrator in await queries.administrators(uow):
        await send_staff(uow, administrator.person_id, TEMPLATE, {"link": LINK})


jobs.schedule("members.review", REVIEW, daily_at=time(6, 15), purpose="members who left or never came")
