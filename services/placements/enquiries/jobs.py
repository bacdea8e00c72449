"""What the clock and the other side's steps do: unanswered enquiries and old holds lapse, notices are made anew."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from careshare.errors import Conflict, NotAvailable
from services.placements.enquiries.actions.answer import lapse
from services.placements.enquiries.actions.hold import hold
from services.placements.enquiries.actions.renew import renew
from services.placements.follows import StepTaken, follow, follow_up

LAPSE: Final = "placements.lapse_enquiries"

# The placing side's job does it for both: an enquiry has one.
UNANSWERED = text("""
select e.id from placements.enquiry e
where e.placing_id = (select careshare.authority()) and e.stage = 'sent' and e.respond_by <= clock_timestamp()
order by e.respond_by, e.id limit :limit
""")
OLD_HOLDS = text("""
select h.enquiry_id from placements.hold h
where h.placing_id = (select careshare.authority()) and h.stage = 'granted' and h.until <= clock_timestamp()
order by h.until, h.id limit :limit
""")
AT_ONCE: Final = 200
"""Enquiries of one run; what is left waits for the next."""


class Overdue(msgspec.Struct, frozen=True):
    """Nothing more is asked: all of the authority's enquiries and holds."""


@jobs.handler(LAPSE, Overdue)
async def lapse_overdue(uow: Uow, _overdue: Overdue) -> None:
    """Say of each enquiry that nobody answered in time, and of each hold that its time ran out. May run again."""
    unanswered: list[UUID] = list((await uow.execute(UNANSWERED, {"limit": AT_ONCE})).scalars())
    for enquiry_id in unanswered:
        try:
            async with uow.begin_nested():
                await lapse(uow, enquiry_id)
                await follow_up(uow, enquiry_id, "enquiry", "lapse")
        except (Conflict, NotAvailable):
            continue  # it was answered meanwhile
    old: list[UUID] = list((await uow.execute(OLD_HOLDS, {"limit": AT_ONCE})).scalars())
    for enquiry_id in old:
        try:
            async with uow.begin_nested():
                taken = await hold(uow, enquiry_id, "lapse")
                await follow_up(uow, enquiry_id, "hold", "lapse", taken.hold_id)
        except (Conflict, NotAvailable):
            continue  # it was let go or confirmed meanwhile


@follow("hold")
async def hold_changed(uow: Uow, taken: StepTaken) -> None:
    """The other side took a place, let it go, or its time ran out: one's own notices follow. May run again."""
    await renew(uow, taken.enquiry_id)


@follow("enquiry", "withdraw", "lapse")
async def enquiry_ended(uow: Uow, taken: StepTaken) -> None:
    """The other side ended an enquiry, and with it a hold: one's own notices follow. May run again."""
    await renew(uow, taken.enquiry_id)


@follow("placement")
async def placement_changed(uow: Uow, taken: StepTaken) -> None:
    """The other side changed a placement's time: one's own notices follow. May run again."""
    await renew(uow, taken.enquiry_id)


jobs.schedule("placements.lapse", LAPSE, every=timedelta(minutes=2), purpose="enquiries and holds keep to their clocks")
