"""The nightly deletion of what signing in, one-time links and notifications leave behind, for each authority."""

from datetime import time
from typing import Final

from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from careshare.jobs.registry import Nothing
from careshare.tidying.periods import period

TIDY: Final = "tidying.delete"
MOST: Final = 50_000
"""Rows of a class in one night; what is left follows in the next."""

UNBELIEVED = text("select identity.end_sessions_not_accepted()")
DELETE = text("""
    select class, gone from identity.tidy(cast(:session as interval), cast(:kept_form as interval),
      cast(:sign_in as interval), cast(:attempt as interval), :most)
    union all select 'one_time_link', messages.tidy_links(cast(:one_time_link as interval), :most)
""")
NOTIFICATIONS = text("""
    with gone as (
      delete from messages.notification where authority_id = (select careshare.authority()) and id in (
        select n.id from messages.notification n where n.authority_id = (select careshare.authority())
          and n.made_at < clock_timestamp() - cast(:kept as interval) order by n.made_at limit :most)
      returning id)
    select count(*) from gone
""")
CLASSES: Final = ("session", "kept_form", "one_time_link", "sign_in", "attempt", "notification")
SIGNING_IN: Final = CLASSES[:5]


@jobs.handler(TIDY, Nothing)
async def tidy(uow: Uow, _nothing: Nothing) -> None:
    """End sessions whose ground has gone with an approval that ran out, then delete what is past its time.

    The authority's own sessions, forms, links and notifications; sign-ins begun and attempts counted are nobody's, so
    the first authority's run takes them. How many of its own went is on its record.
    """
    await uow.execute(UNBELIEVED)
    rows = (await uow.execute(DELETE, {**{name: period(name) for name in SIGNING_IN}, "most": MOST})).all()
    gone = {row[0]: row[1] for row in rows if row[1] and row[0] in {"session", "kept_form", "one_time_link"}}
    told: int | None = await uow.scalar(NOTIFICATIONS, {"kept": period("notification"), "most": MOST})
    if told:
        gone["notification"] = told
    for name, count in gone.items():
        await audit.record(uow, "record.deleted", after={"class": name, "records": count})


jobs.schedule("tidying.nightly", TIDY, daily_at=time(0, 10), purpose="old sessions, forms and links")
