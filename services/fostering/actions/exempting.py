"""An exemption from the usual fostering limit that the area authority gave in a match: entered, and ended with it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from services.fostering.actions.change import changing
from services.fostering.actions.situation import situation
from services.fostering.limits import limits
from tenants.references import reference_key

ENTER = text("""
    insert into fostering.exemption
      (authority_id, household_id, granted_by_gss, children, conditions, notice_on, during, case_id)
    values ((select careshare.authority()), :household, :granted_by_gss, :children, '', :notice_on,
      daterange(cast(:since as date), cast(:until as date)), :case)
    on conflict (authority_id, case_id) do nothing returning id
""")
STANDS = text("""
    select 1 from fostering.exemption
    where authority_id = (select careshare.authority()) and household_id = :household and case_id = :case
      and (upper(during) is null or upper(during) > greatest(cast(:ends as date), lower(during) + 1))
""")
END = text("""
    update fostering.exemption set during = daterange(lower(during), greatest(cast(:ends as date), lower(during) + 1))
    where authority_id = (select careshare.authority()) and household_id = :household and case_id = :case
    returning upper(old.during)
""")


async def exempt(
    uow: Uow,
    household_id: UUID,
    case_id: UUID,
    children: Sequence[str],
    *,
    given_on: date,
    starts: date,
    ends: date | None,
) -> None:
    """Enter the exemption that the authority of the area gave for these children on a day, once for a case.

    It names them and every child whose stay had begun by the day it was given, as the law wants it: whoever came since
    was not known to whoever gave it, and stands outside. Where they are too few to need one, nothing is entered. Raises
    NotFound.
    """
    async with changing(uow, household_id, None, "household.exempted") as change:
        known = await situation(uow, household_id)
        there = [stay.reference for stay in known.there(starts, ends) if stay.starts <= given_on]
        named = {reference_key(one): one for one in [*there, *(one.reference for one in known.private), *children]}
        if len(named) <= limits(starts).fostered_children or change.household.area_gss is None:
            return
        said = {
            "granted_by_gss": change.household.area_gss,
            "children": list(named.values()),
            "notice_on": given_on,
            "since": starts,
            "until": ends,
        }
        row = {**said, "household": household_id, "case": case_id}
        if (await uow.execute(ENTER, row)).scalar_one_or_none() is not None:
            change.note({}, {"exemption": said})


async def exemption_over(uow: Uow, household_id: UUID, case_id: UUID, ends: date) -> None:
    """End the exemption of a case with its placement, where there is one. Twice changes nothing. Raises NotFound."""
    row = {"household": household_id, "case": case_id, "ends": ends}
    if (await uow.execute(STANDS, row)).first() is None:
        return
    async with changing(uow, household_id, None, "household.exemption_ended") as change:
        before = (await uow.execute(END, row)).scalar_one()
        change.note({"exemption_until": before}, {"exemption_until": ends})
