"""Opening a household whose address is confidential: for whoever may see it, and only with a reason on the record."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.access import require_step_up
from careshare.database import Uow
from careshare.errors import FieldError, Forbidden, Invalid
from careshare.identity import Principal, principal_of
from services.fostering.model import Confidentiality
from services.fostering.queries.household import household
from services.fostering.records import HouseholdRecord

PERMISSION: Final = "confidential:read"
REASONS: Final = {
    "placement": "A placement is being made or looked at",
    "visit": "A visit to the home or to a child there",
    "emergency": "An emergency at the home",
    "review": "A review, check or change of the approval",
    "correction": "A correction of the record",
}
"""Why somebody needs a confidential address. The code stands in the audit record as the purpose."""

STANDS_FOR: Final = timedelta(minutes=15)
"""A reason given stands so long for the same person and household, as step-up sign-in does (access model: Safety)."""

OPENED = text("""
    select exists (select from audit.entry e
      where e.authority_id = (select careshare.authority()) and e.actor_id = (select careshare.actor())
        and e.id >= uuidv7(-cast(:ago as interval)) and e.action = 'household.opened'
        and e.subjects @> array[cast(:id as uuid)])
""")
ACTION: Final = "household.opened"


def sees_confidential(principal: Principal) -> bool:
    """Whether the caller may see confidential addresses and has confirmed lately that it is them."""
    return principal.may(PERMISSION) and principal.stepped_up


def may_lift(principal: Principal, wanted: Confidentiality) -> bool:
    """Whether the caller may say that an address is no longer confidential. Raises StepUpRequired."""
    if principal.may(PERMISSION) and not wanted.confidential:
        require_step_up(principal)
    return principal.may(PERMISSION)


async def opened(uow: Uow, household_id: UUID) -> bool:
    """Whether the caller sees confidential addresses now and has given a reason for this household lately."""
    if not sees_confidential(principal_of(uow)):
        return False
    row = await uow.execute(OPENED, {"id": household_id, "ago": STANDS_FOR})
    return bool(row.scalar_one())


async def open_confidential(uow: Uow, household_id: UUID, reason: str) -> None:
    """Put on the record that the caller opens this household, and why. From then on `opened` is true for a while.

    Raises Forbidden without the permission, StepUpRequired, Invalid for a reason that is not on the list, NotFound.
    """
    principal = principal_of(uow)
    if not principal.may(PERMISSION):
        raise Forbidden("Your role does not allow you to see confidential addresses.")
    require_step_up(principal)
    if reason not in REASONS:
        message = f"Choose why you need the address: {', '.join(REASONS)}"
        raise Invalid(message, errors=[FieldError("reason", message)])
    await household(uow, household_id)
    await audit.record(uow, ACTION, subjects=[household_id], purpose=reason)


async def seen_household(uow: Uow, household_id: UUID) -> HouseholdRecord:
    """The household as the caller may see it now. Raises NotFound."""
    return await household(uow, household_id, opened=await opened(uow, household_id))
