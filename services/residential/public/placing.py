"""The questions of `services.fostering.placing`, asked of a home: one shape for whatever stands behind a notice.

Everything here is asked by the providing authority about its own homes: row security lets nobody else read them.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict
from services.residential.actions.change import changing
from services.residential.public import gates, stays, told
from tenants.days import today
from tenants.places import ChildToPlace, Other, Problem

OTHERS = text("""
    select r.child_reference as reference, r.responsible_gss, r.born, r.sex, r.starts, r.ends
    from residential.resident r
    where r.authority_id = (select careshare.authority()) and r.home_id = :home
      and (r.ends is null or r.ends > :starts) and (cast(:ends as date) is null or r.starts < :ends)
    order by r.starts, r.id
""")
AREA = text("select area_gss from residential.home where authority_id = (select careshare.authority()) and id = :home")
UNIT = text("""
    select o.unit_id from capacity.occupancy o
    join residential.place p on p.authority_id = o.owner_id and p.unit_id = o.unit_id
    where o.owner_id = (select careshare.authority()) and o.claim_id = :claim and p.home_id = :home
    order by o.part limit 1
""")
STAY = text("""
    select id, starts, ends from residential.resident
    where authority_id = (select careshare.authority()) and home_id = :home and claim_id = :claim
""")
# The placement's own step says on which day; a stay that was booked until an earlier or a later one is put right.
LEAVE = text("""
    update residential.resident set ends = greatest(starts, cast(:ends as date)),
      claim_id = case when cast(:over as boolean) then null else claim_id end,
      claimant_id = case when cast(:over as boolean) then null else claimant_id end
    where authority_id = (select careshare.authority()) and id = :stay
""")
MOVE = text("""
    update residential.resident set starts = :starts, ends = :ends
    where authority_id = (select careshare.authority()) and id = :stay
""")


async def area_of(uow: Uow, home_id: UUID) -> str | None:
    """The GSS code of the authority in whose area the home stands; None where its postcode is not known."""
    found: str | None = (await uow.execute(AREA, {"home": home_id})).scalar_one_or_none()
    return found


async def others_there(uow: Uow, home_id: UUID, starts: date, ends: date | None) -> list[Other]:
    """The children who live there from `starts` up to `ends`: whose consent is needed follows from whose they are."""
    rows = await uow.execute(OTHERS, {"home": home_id, "starts": starts, "ends": ends})
    return [Other(**row) for row in rows.mappings()]


async def checks(
    uow: Uow,
    home_id: UUID,
    children: Sequence[ChildToPlace],
    *,
    starts: date,
    ends: date | None,
    care_type: str,
    held: Sequence[UUID] = (),
) -> list[Problem]:
    """Everything that stands against these children living there; `care_type` says nothing of a home. Raises NotFound.

    `held` are the claims that already keep places for them.
    """
    del care_type
    return await gates.checks(uow, home_id, children, starts, ends, held=held)


async def fuller(uow: Uow, home_id: UUID, on: date) -> dict[str, Any]:
    """What opens at acceptance: what the home is and who lives there, in bands. Raises NotFound."""
    del on
    return dict((await told.describe_for_disclosure(uow, home_id)).fuller)


async def identity(uow: Uow, home_id: UUID) -> dict[str, Any]:
    """What opens at the match: name, address, manager. Raises NotFound."""
    return dict((await told.describe_for_disclosure(uow, home_id)).identity)


async def admit(
    uow: Uow,
    home_id: UUID,
    claim_id: UUID,
    child: ChildToPlace,
    *,
    care_type: str,
    starts: date,
    ends: date | None,
    solo: bool = False,
) -> None:
    """Enter a child who has come as a resident, on the placement's claim; entered twice changes nothing.

    Raises NotFound, and Conflict where the claim is of another home.
    """
    del care_type, solo
    if (await uow.execute(STAY, {"home": home_id, "claim": claim_id})).one_or_none() is not None:
        return
    unit = (await uow.execute(UNIT, {"claim": claim_id, "home": home_id})).scalar_one_or_none()
    if unit is None:
        raise Conflict("The place of this placement is not one of this home’s.")
    await stays.place(uow, home_id, unit, claim_id, child, starts=starts, ends=ends)


async def leave(uow: Uow, home_id: UUID, claim_id: UUID, ends: date) -> None:
    """Enter the day a child placed on a claim left, or is to leave, whichever day was booked; twice changes nothing.

    Once it is over the stay has no claim any more, so that the next one of a series is entered. Raises NotFound.
    """
    stay = (await uow.execute(STAY, {"home": home_id, "claim": claim_id})).one_or_none()
    if stay is not None:
        async with changing(uow, home_id, None, "resident.left", more=[stay.id]) as change:
            await uow.execute(LEAVE, {"stay": stay.id, "ends": ends, "over": ends <= today()})
            change.note({"ends": stay.ends}, {"ends": ends})


async def move(uow: Uow, home_id: UUID, claim_id: UUID, starts: date, ends: date | None) -> None:
    """Enter other days of a child placed on a claim; twice changes nothing. Raises NotFound."""
    stay = (await uow.execute(STAY, {"home": home_id, "claim": claim_id})).one_or_none()
    if stay is not None and (stay.starts, stay.ends) != (starts, ends):
        async with changing(uow, home_id, None, "resident.moved", more=[stay.id]) as change:
            await uow.execute(MOVE, {"stay": stay.id, "starts": starts, "ends": ends})
            change.note({"starts": stay.starts, "ends": stay.ends}, {"starts": starts, "ends": ends})


async def exempt(
    uow: Uow,
    home_id: UUID,
    case_id: UUID,
    children: Sequence[str],
    *,
    given_on: date,
    starts: date,
    ends: date | None,
) -> None:
    """The usual fostering limit is foster homes' alone: nothing is entered."""


async def exemption_over(uow: Uow, home_id: UUID, case_id: UUID, ends: date) -> None:
    """Nothing was entered that could end."""
