"""The nightly look at members: who left is put out, and who should look at whom, or hand over what, hears of it."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

import msgspec
from sqlalchemy import text

from careshare import jobs
from careshare.access.permissions import Permissions
from careshare.database import Uow
from careshare.service import services
from tenants.colleagues import colleagues
from tenants.members import queries
from tenants.members.hand_over import House, look_again

REVIEW = "members.review"
TEMPLATE = "members_to_review"
LINK = "/administration/members/review"
WAITING = "hand_over"
WAITING_LINK = "/administration/hand-over"
AGAIN: Final = timedelta(days=6, hours=12)
"""While something waits to be handed over, its managers hear of it once a week. Careshare's own choice."""

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
    await _hand_over(uow)
    if not (await queries.review(uow)).any:
        return
    for administrator in await queries.administrators(uow):
        await send_staff(uow, administrator.person_id, TEMPLATE, {"link": LINK})


async def _hand_over(uow: Uow) -> None:
    """Note whose hand-over is done, and remind the managers while one is not."""
    from careshare.messages import send_staff, written_since  # noqa: PLC0415  # as above

    rooms = services()
    house = House(rooms, Permissions(room.permissions for room in rooms))
    if not await look_again(uow, house):
        return
    told = await written_since(uow, WAITING, datetime.now(UTC) - AGAIN)
    for manager in await colleagues(uow, {"team_manager"}):
        if manager.person_id not in told:
            await send_staff(uow, manager.person_id, WAITING, {"link": WAITING_LINK})


jobs.schedule("members.review", REVIEW, daily_at=time(6, 15), purpose="members who left or never came")
