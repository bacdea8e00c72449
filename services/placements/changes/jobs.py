"""What the clock and the other side do: look at everything that goes on, and hear that something changed."""

from datetime import timedelta
from typing import Final

import msgspec

from careshare import jobs
from careshare.database import Uow
from services.placements.changes import actions
from services.placements.follows import StepTaken, follow

WATCH: Final = "placements.watch_changes"


class Everything(msgspec.Struct, frozen=True):
    """Nothing more is asked: all that goes on for the authority."""


@jobs.handler(WATCH, Everything)
async def watch(uow: Uow, _everything: Everything) -> None:
    """Flag what changed since the last look, in the registers, the calendar and the agreements. May run again."""
    await actions.watch(uow)


@follow("change")
async def heard(uow: Uow, taken: StepTaken) -> None:
    """The other side flagged something of a shared case: one's own people are to ask what it means."""
    await actions.hear(uow, taken)


jobs.schedule("placements.changes", WATCH, every=timedelta(minutes=10), purpose="what changed is flagged")
