"""The impact assessment of an enquiry for one's own home: begun, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from careshare.database import Uow
from services.residential.actions import assessments as impact
from services.residential.model import Incoming


@dataclass(frozen=True, slots=True)
class Assessed:
    """The outcome of an impact assessment: all that another authority sees of it. `outcome` is null until decided."""

    assessment_id: UUID
    outcome: str | None
    opened_at: datetime
    decided_at: datetime | None

    @property
    def allows(self) -> bool:
        """Whether the home's manager decided that the child can live there."""
        return self.outcome in {"can_live_together", "with_mitigations"}


async def open_assessment(uow: Uow, home_id: UUID, enquiry_id: UUID, incoming: Sequence[Incoming]) -> UUID:
    """Begin the impact assessment of an enquiry for one's own home, or find the one there is; its id."""
    return await impact.open_assessment(uow, home_id, enquiry_id, incoming)


async def assessment_decided(uow: Uow, home_id: UUID, enquiry_id: UUID) -> Assessed | None:
    """The outcome of the impact assessment of an enquiry for one's own home; None where none was begun."""
    found = await impact.for_enquiry(uow, home_id, enquiry_id)
    return None if found is None else Assessed(found.id, found.outcome, found.opened_at, found.decided_at)
