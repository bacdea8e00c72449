"""What the home's side does because the other moved or ended a stay of a series."""

from careshare.database import Uow
from services.placements.follows import StepTaken, follow
from services.placements.placed.series import actions


@follow("short_break", "move")
async def moved(uow: Uow, taken: StepTaken) -> None:
    """The register follows other days of a stay that has begun."""
    if taken.about is not None:
        await actions.follow_days(uow, taken.about)


@follow("short_break", "end")
async def ended(uow: Uow, taken: StepTaken) -> None:
    """The register and the charge follow the end of a stay."""
    if taken.about is not None:
        await actions.follow_end(uow, taken.about)
