"""Exemptions from the usual fostering limit, as the area authority gave them (Children Act 1989 Schedule 7)."""

from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError
from services.fostering.actions.change import changing, forbid, need_day, plain_text, refuse_invalid, tidy_names
from services.fostering.actions.situation import situation
from services.fostering.days import today
from services.fostering.limits import limits
from services.fostering.model import Exemption, Withdrawal
from tenants.references import reference_key

INSERT = text("""
    insert into fostering.exemption
      (authority_id, household_id, granted_by_gss, children, conditions, notice_on, during)
    values ((select careshare.authority()), :household, :granted_by_gss, :children, :conditions, :notice_on,
      daterange(cast(:since as date), cast(:until as date)))
    returning id
""")


WITHDRAW = text("""
    update fostering.exemption set withdrawn_on = :notice_on,
      during = daterange(lower(during), greatest(cast(:ends as date), lower(during) + 1))
    where authority_id = (select careshare.authority()) and household_id = :household and id = :id
      and (upper(during) is null or upper(during) > greatest(cast(:ends as date), cast(:today as date)))
    returning upper(old.during) as was, upper(during) as ends
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


async def withdraw_exemption(uow: Uow, household_id: UUID, version: int | None, withdrawal: Withdrawal) -> int:
    """End an exemption before its time, by the area authority's notice; the household's new version.

    No child has to leave by that: whoever has a child or a place there is told that something changed. Raises NotFound,
    PreconditionFailed, Invalid, and Unprocessable where it is over by then anyway.
    """
    errors: list[FieldError] = []
    late = "The notice must have been given today or earlier"
    need_day(errors, "notice_on", withdrawal.notice_on, latest=today(), late=late)
    need_day(errors, "ends", withdrawal.ends)
    if withdrawal.ends < withdrawal.notice_on:
        errors.append(FieldError("ends", "It cannot end before the notice was given"))
    refuse_invalid(errors)
    async with changing(uow, household_id, version, "household.exemption_withdrawn") as change:
        said = {"notice_on": withdrawal.notice_on, "ends": withdrawal.ends}
        given = {**said, "household": household_id, "id": withdrawal.exemption_id, "today": today()}
        row = (await uow.execute(WITHDRAW, given)).one_or_none()
        if row is None:
            message = "There is no such exemption that would go on beyond that day"
            raise forbid("That exemption is over by then.", "exemption_id", message)
        change.note({"exemption_until": row.was}, {"exemption_until": row.ends, "withdrawn_on": withdrawal.notice_on})
    return change.version
