"""What one side does because the other took a step: jobs of its own, bound to itself, run once in effect.

The step's trigger writes the outbox row; what the database itself does, a match complete or an agreement over, both
sides are told of. Each sub-room registers what it does with `follow`; handlers run in one
transaction, in order of registration, and must be idempotent.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from careshare import jobs
from careshare.database import Uow

STEP_TAKEN = "placements.step_taken"
OWN_STEP = "placements.own_step"


class StepTaken(msgspec.Struct, frozen=True):
    """A step of `machine` that the other side took; `about` is the hold, placement, consent or message.

    `event` tells one change that was flagged from another ("change" alone).
    """

    enquiry_id: UUID
    machine: str
    step: str
    about: UUID | None = None
    event: UUID | None = None


async def follow_up(uow: Uow, enquiry_id: UUID, machine: str, step: str, about: UUID | None = None) -> None:
    """Have one's own side told of a step of its own that lets something wait for colleagues (`news`)."""
    await jobs.enqueue(uow, OWN_STEP, StepTaken(enquiry_id, machine, step, about))


Follower = Callable[[Uow, StepTaken], Awaitable[None]]
_FOLLOWERS: list[tuple[str, frozenset[str], Follower]] = []


def follow(machine: str, *steps: str) -> Callable[[Follower], Follower]:
    """Register what follows when the other side takes one of `steps` of a machine (all of them where none is named)."""

    def register(run: Follower) -> Follower:
        _FOLLOWERS.append((machine, frozenset(steps), run))
        return run

    return register


@jobs.handler(STEP_TAKEN, StepTaken)
async def step_taken(uow: Uow, taken: StepTaken) -> None:
    """Let every registered follower do its part, in one transaction."""
    for machine, steps, run in _FOLLOWERS:
        if machine == taken.machine and (not steps or taken.step in steps):
            await run(uow, taken)
