"""What one side does because the other took a step of a placement."""

from datetime import date

from sqlalchemy import text

from careshare.database import Uow
from services.placements.follows import StepTaken, follow
from services.placements.placed import actions, found, telling

ENDED = text("select coalesce(ends, starts) from placements.placement where id = :id")


@follow("placement", "end", "end_at_once", "cancel")
async def ended(uow: Uow, taken: StepTaken) -> None:
    """The home's side: the register and the charge follow; the placing side: whom an ending is told."""
    if taken.about is None:
        return
    day: date | None = (await uow.execute(ENDED, {"id": taken.about})).scalar_one_or_none()
    if day is None:
        return
    await actions.follow_end(uow, taken.about, day)
    if taken.step != "cancel":
        await _owe(uow, taken)


@follow("placement", "vary")
async def varied(uow: Uow, taken: StepTaken) -> None:
    """The home's side: the register and the charge follow other days."""
    if taken.about is not None:
        await actions.follow_days(uow, taken.about)


@follow("placement", "pause", "resume")
async def paused(uow: Uow, taken: StepTaken) -> None:
    """The home's side: the charge follows the child's going away and coming back."""
    if taken.about is not None:
        await actions.follow_pauses(uow, taken.about)


@follow("placement", "start")
async def started(uow: Uow, taken: StepTaken) -> None:
    """The placing side: notices, plan and terms of an emergency have their clocks from now on."""
    if taken.about is not None:
        await actions.follow_start(uow, taken.about)


async def _owe(uow: Uow, taken: StepTaken) -> None:
    if taken.about is None:
        return
    placed = await found.find(uow, taken.about)
    if placed.me == placed.placing_id:
        await telling.owe_notices(uow, placed, "end", leaves=placed.ends if taken.step == "end" else None)
