"""The vacancy: confirming it, publishing it to the authorities of one's agreements, withdrawing it."""

from datetime import date
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from services.fostering.actions.change import Locked, changing, refuse_breaches
from services.fostering.actions.situation import Situation, situation
from services.fostering.days import today
from services.fostering.rules import Breach, Standing, publish_blocks

CONFIRM = text("""
    update fostering.household set confirmed_at = clock_timestamp(), confirmed_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :id
""")
PUBLISH = text("""
    update fostering.household set published_at = clock_timestamp(), published_by = careshare.actor()
    where authority_id = (select careshare.authority()) and id = :id
""")
WITHDRAW = text("""
    update fostering.household set published_at = null, published_by = null
    where authority_id = (select careshare.authority()) and id = :id
""")


async def confirm_vacancy(uow: Uow, household_id: UUID, version: int | None) -> int:
    """Record that the vacancies are as they stand, by whom and when; the new version.

    Raises NotFound and PreconditionFailed.
    """
    async with changing(uow, household_id, version, "vacancy.confirmed") as change:
        await uow.execute(CONFIRM, {"id": household_id})
    return change.version


async def publish(uow: Uow, household_id: UUID, version: int | None) -> int:
    """Share the home's vacancies with the authorities of one's agreements; the new version.

    Raises NotFound, PreconditionFailed, Conflict if it is published already, and Unprocessable with everything that
    keeps it from being published, by field.
    """
    async with changing(uow, household_id, version, "household.published") as change:
        if change.household.published_at is not None:
            raise Conflict("The household is published already.")
        known = await situation(uow, household_id)
        refuse_breaches("The household cannot be published yet.", _blocks(change.household, known, today()))
        await uow.execute(PUBLISH, {"id": household_id})
        change.note({"published": False}, {"published": True})
    return change.version


async def withdraw(uow: Uow, household_id: UUID, version: int | None) -> int:
    """Share the home's vacancies no longer; the new version. Raises NotFound, PreconditionFailed, Conflict."""
    async with changing(uow, household_id, version, "household.withdrawn") as change:
        if change.household.published_at is None:
            raise Conflict("The household is not published.")
        await uow.execute(WITHDRAW, {"id": household_id})
        change.note({"published": True}, {"published": False})
    return change.version


def _blocks(household: Locked, known: Situation, day: date) -> list[Breach]:
    period = known.period_on(day)
    standing = Standing(
        terms=period.terms if period else None,
        resigned=known.resigned_on(day),
        privacy_notice_on=household.privacy_notice_on,
        objection=household.objection,
        located=household.located,
    )
    return publish_blocks(standing, day)
