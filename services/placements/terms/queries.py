"""Reads of terms and of the assessment, by either side of an enquiry, as far as each is open to it."""

from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from services.placements import clocks
from services.placements.terms import rules
from services.placements.terms.actions import ASKED, offered
from services.placements.terms.model import Asked, AssessmentNow, Terms
from services.residential.public import assessment_decided

# The assessment's own rows are its owner's; whether it is begun or done, both sides are told.
FACTS = text("""
select e.kind, e.emergency, e.stage, placements.assessment_of(e.id) as said, w.subject_id,
  exists (select from placements.consent c
    where c.placing_id = e.placing_id and c.enquiry_id = e.id and c.kind = 'placing_authority' and c.state = 'given')
    as agreed
from placements.enquiry e
left join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
where e.id = :id
""")

LIVE: Final = frozenset({"sent", "accepted", "proposed", "matching"})
"""Where an assessment that was not begun is still waited for."""


async def terms(uow: Uow, enquiry_id: UUID) -> Terms:
    """What is asked for and offered. Raises NotFound where the enquiry is not one of the bound authority's."""
    row = (await uow.execute(FACTS, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    body = (await uow.execute(ASKED, {"id": enquiry_id})).scalar_one_or_none()
    return Terms(
        asked=None if body is None else msgspec.json.decode(body, type=Asked),
        offered=await offered(uow, enquiry_id),
        agreed=row.agreed,
    )


async def assessment(uow: Uow, enquiry_id: UUID) -> AssessmentNow | None:
    """How the impact assessment stands; None where nobody asks for one. The other side is told `standing` alone.

    Raises NotFound where the enquiry is not one of the bound authority's.
    """
    row = (await uow.execute(FACTS, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    standing = rules.standing(row.kind, row.said)
    if standing is None or (row.said is None and row.stage not in LIVE):
        return None
    found = None if row.subject_id is None else await assessment_decided(uow, row.subject_id, enquiry_id)
    return AssessmentNow(
        standing=standing,
        required=row.kind in rules.ASSESSED,
        assessment_id=None if found is None else found.assessment_id,
        outcome=None if found is None else found.outcome,
        due_at=None
        if found is None or found.outcome or not row.emergency
        else clocks.due("impact_assessment", found.opened_at).at,
    )
