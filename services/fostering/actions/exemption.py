"""Exemptions from the usual fostering limit, as the area authority gave them (Children Act 1989 Schedule 7)."""

from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError
from services.fostering.actions.change import changing, forbid, need_day, plain_text, refuse_invalid, tidy_names
from services.fostering.actions.situation import situation
from services.fostering.days import today
from services.fostering.limits import limits
from services.fostering.model import Exemption
from tenants.references import reference_key

INSERT = text("""
    insert into fostering.exemption
      (authority_id, household_id, granted_by_gss, children, conditions, notice_on, during)
    values ((select careshare.authority()), :household, :granted_by_gss, :children, :conditions, :notice_on,
      daterange(cast(:since as date), cast(:until as date)))
    returning id
""")


async def record_exemption(uow: Uow, household_id: UUID, version: int | None, exemption: Exemption) -> tuple[UUID, int]:
    """Record an exemption; its id and the household's new version.

    Raises NotFound, PreconditionFailed, Invalid, and Unprocessable where it is not the area authority's or leaves out a
    child who is there.
    """
    errors: list[FieldError] = []
    children = tidy_names(errors, "children", exemption.children)
    late = "The notice must have been given today or earlier"
    need_day(errors, "notice_on", exemption.notice_on, latest=today(), late=late)
    conditions = plain_text(errors, "conditions", exemption.conditions, lines=True)
    need_day(errors, "since", exemption.since)
    need_day(errors, "until", exemption.until)
    if exemption.until is not None and exemption.until <= exemption.since:
        errors.append(FieldError("until", "The exemption must end after it begins"))
    most = limits(exemption.since).fostered_children
    if len(children) <= most:
        message = f"Name every child, those already there too: up to {most} children need no exemption"
        errors.append(FieldError("children", message))
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.exempted") as change:
        if exemption.granted_by_gss != change.household.area_gss:
            message = "Only the authority in whose area the home stands can grant an exemption"
            raise forbid("This authority cannot exempt the household.", "granted_by_gss", message)
        known = await situation(uow, household_id)
        there = {stay.reference for stay in known.there(exemption.since, exemption.until)}
        named = {reference_key(name) for name in children}
        there |= {child.reference for child in known.private}
        missing = sorted(name for name in there if reference_key(name) not in named)
        if missing:
            message = f"The exemption must name every child who is there: {', '.join(missing)} is missing"
            raise forbid("The exemption leaves out a child who is there.", "children", message)
        said = {
            "granted_by_gss": exemption.granted_by_gss,
            "children": children,
            "conditions": conditions,
            "notice_on": exemption.notice_on,
            "since": exemption.since,
            "until": exemption.until,
        }
        made: UUID = (await uow.execute(INSERT, {**said, "household": household_id})).scalar_one()
        change.note({}, {"exemption": said})
    return made, change.version
