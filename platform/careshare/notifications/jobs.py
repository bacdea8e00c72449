"""The morning's e-mail to whoever chose one a day: how many notifications they have not read, and where they are."""

from contextlib import suppress
from datetime import time
from typing import Final

from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from careshare.errors import NotFound
from careshare.jobs.registry import Nothing
from careshare.messages.sending import send_staff
from careshare.notifications.telling import PAGE

DAILY: Final = "notifications.daily"

# Those told of in an earlier morning's e-mail count no more; what is locked from somebody is not counted for them.
COUNT = text("""
with told as (
  update messages.notification n set mailed_at = clock_timestamp()
  from messages.notification_choice c
  where n.authority_id = (select careshare.authority()) and n.read_at is null and n.mailed_at is null
    and c.authority_id = n.authority_id and c.person_id = n.person_id and c.how = 'daily'
    and not exists (select from tenants.record_lock l
      where l.authority_id = n.authority_id and l.person_id = n.person_id and l.subject_id = any(n.records))
  returning n.person_id)
select person_id, count(*) as unread from told group by person_id order by person_id
""")


@jobs.handler(DAILY, Nothing)
async def daily(uow: Uow, _nothing: Nothing) -> None:
    """Write to everybody who chose it and has something new that is unread. Run again, nobody is written to twice."""
    for one in (await uow.execute(COUNT)).all():
        with suppress(NotFound):  # they have left
            await send_staff(uow, one.person_id, "waits_daily", {"count": min(one.unread, 99_999), "link": PAGE})


jobs.schedule("notifications.daily", DAILY, daily_at=time(7), purpose="notifications: one e-mail a day")
