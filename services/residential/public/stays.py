"""Children who come to one's own home and leave it, and which authority is told."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from services.residential.actions import residents
from services.residential.model import Left, Resident
from services.residential.rules import ToTell, host_to_tell
from tenants.places import ChildToPlace

AREA = text("""
    select h.area_gss, a.gss_code as keeper
    from residential.home h join tenants.authority a on a.id = h.authority_id
    where h.authority_id = (select careshare.authority()) and h.id = :home
""")

FILLED = text("""
    select min(r.starts) from residential.resident r
    where r.authority_id = (select careshare.authority()) and r.unit_id = :place and r.starts >= :on
      and r.ends is distinct from r.starts
""")


async def place(
    uow: Uow,
    home_id: UUID,
    unit_id: UUID | None,
    claim_id: UUID | None,
    child: ChildToPlace,
    *,
    starts: date,
    ends: date | None = None,
    needs: Sequence[str] = (),
) -> UUID:
    """Record a child who comes to live in one's own home; the stay's id.

    With a claim: the placing authority's firm one of that place. Without: a free place is taken firmly. Raises as
    `actions.admit` does.
    """
    resident = Resident(
        child_reference=child.reference,
        born=child.born,
        sex="M" if child.sex == "M" else "F" if child.sex == "F" else "U",
        starts=starts,
        responsible_gss=child.responsible_gss,
        sibling_group=child.sibling_group or "",
        needs=list(needs),
        ends=ends,
    )
    stay, _version = await residents.admit(uow, home_id, None, resident, unit_id=unit_id, claim_id=claim_id)
    return stay


async def leave(uow: Uow, home_id: UUID, stay_id: UUID, ends: date) -> None:
    """Record the day a child left one's own home, or is to leave. Raises as `actions.leave` does.

    Where the place is another authority's claim, that authority ends its claim itself (`capacity.shorten`).
    """
    await residents.leave(uow, home_id, None, stay_id, Left(ends=ends))


async def who_is_told(uow: Uow, home_id: UUID, responsible_gss: str) -> list[ToTell]:
    """Which authorities are to be told that a child was admitted to one's own home (facts N): its host authority.

    Raises NotFound.
    """
    row = (await uow.execute(AREA, {"home": home_id})).one_or_none()
    if row is None:
        raise NotFound
    told = host_to_tell(row.area_gss, responsible_gss, kept_by_gss=row.keeper)
    return [] if told is None else [told]


async def filled_since(uow: Uow, place_id: UUID, on: date) -> date | None:
    """The first day from `on` on which a child came to live in one of one's own places; None: nobody has."""
    found: date | None = (await uow.execute(FILLED, {"place": place_id, "on": on})).scalar_one_or_none()
    return found
