"""What the home's side does in its own register for a placement: checks on the day, the exemption, days, an end."""

from datetime import date
from typing import Final

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import FieldError, NotFound, Unprocessable
from services.placements.placed import home_notices
from services.placements.placed.found import Placed
from services.placements.placed.rules import WHO
from services.placements.providers import PROVIDERS
from tenants.places import ChildToPlace

EXEMPTED: Final = text("""
select (decided_at at time zone 'Europe/London')::date from placements.consent
where enquiry_id = :id and kind = 'exemption' and state = 'given'
""")
TERMS: Final = "terms_"
"""How the register names what a carer's terms of approval forbid."""
STANDS: Final = text("""
select exists (select from placements.placement where enquiry_id = :id and stage not in ('ended', 'cancelled'))
""")


async def check(uow: Uow, placed: Placed, day: date, ends: date | None) -> list[str]:
    """Check the home with who the child is, on the day they came. Where the area authority exempted the home in the
    match, its notice is written down first, so that this check and every later one see it.

    Gives what an emergency passes over: terms of approval, for six working days at most (CPPCR reg 23). Raises
    NotFound, and Unprocessable naming what forbids it on that day (age, terms, limit, approval).
    """
    if placed.subject_id is None:
        raise NotFound
    child = to_place(placed)
    await _exempt(uow, placed, day)
    return await _check(uow, placed, child, day, ends)


async def admit(uow: Uow, placed: Placed, day: date, ends: date | None) -> None:
    """Enter the child in the register from that day. Raises NotFound, Conflict."""
    if placed.subject_id is None:
        raise NotFound
    await PROVIDERS[placed.kind].admit(
        uow,
        placed.subject_id,
        placed.claim_id,
        to_place(placed),
        care_type=_care_type(placed),
        starts=day,
        ends=ends,
    )
    await home_notices.owe(uow, placed, "admission", day)


async def move(uow: Uow, placed: Placed, starts: date, ends: date | None) -> None:
    """Other days of a child who lives there: the register follows."""
    if placed.subject_id is not None and placed.started_at is not None:
        await PROVIDERS[placed.kind].move(uow, placed.subject_id, placed.claim_id, starts, ends)


async def leave(uow: Uow, placed: Placed, ends: date) -> None:
    """The child left; an exemption given for this match ends with the last of its placements."""
    if placed.subject_id is None:
        return
    await PROVIDERS[placed.kind].leave(uow, placed.subject_id, placed.claim_id, ends)
    await home_notices.owe(uow, placed, "discharge", ends)
    if not (await uow.execute(STANDS, {"id": placed.enquiry_id})).scalar_one():
        await PROVIDERS[placed.kind].exemption_over(uow, placed.subject_id, placed.enquiry_id, ends)


def to_place(placed: Placed) -> ChildToPlace:
    """Who is to live there. Raises Conflict while that is closed, Unprocessable naming what is not given."""
    known = placed.child
    missing = [name for name in WHO if not known.get(name)]
    if missing:
        errors = [
            FieldError(name, f"The placing authority must record the child’s {WHO[name]} first") for name in missing
        ]
        raise Unprocessable("Who the child is is not complete.", errors=errors)
    return ChildToPlace(
        reference=str(known["reference"]),
        born=date.fromisoformat(known["born"]),
        sex=str(known["sex"]),
        sibling_group=str(placed.enquiry_id) if placed.asked.get("siblings") else None,
        responsible_gss=placed.placing_gss,
    )


def _care_type(placed: Placed) -> str:
    return str(placed.asked.get("care_type") or "short_term")


async def _exempt(uow: Uow, placed: Placed, day: date) -> None:
    given: date | None = (await uow.execute(EXEMPTED, {"id": placed.enquiry_id})).scalar_one_or_none()
    if given is not None and placed.subject_id is not None:
        await PROVIDERS[placed.kind].exempt(
            uow, placed.subject_id, placed.enquiry_id, placed.references, given_on=given, starts=day, ends=placed.ends
        )


async def _check(uow: Uow, placed: Placed, child: ChildToPlace, day: date, ends: date | None) -> list[str]:
    if placed.subject_id is None:
        raise NotFound
    found = await PROVIDERS[placed.kind].checks(
        uow,
        placed.subject_id,
        [child],
        starts=day,
        ends=ends,
        care_type=_care_type(placed),
        held=[placed.claim_id],
    )
    against = [one for one in found if not (one.overridable and placed.emergency)]
    if against:
        errors = [FieldError(one.code, one.message) for one in against]
        raise Unprocessable("The home may not take this child on that day.", errors=errors)
    return [one.code for one in found if one.code.startswith(TERMS)]
