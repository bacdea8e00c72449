"""What a placement made with another authority, or with one's own, needs of the register: checks, what is shown, stays.

Everything here is asked by the providing authority about its own households: row security lets nobody else read them.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, NotFound
from services.fostering.actions.change import LOCK, Locked, changing
from services.fostering.actions.children import CLOSE_OTHERS, LIFT_OTHERS
from services.fostering.actions.exempting import exempt, exemption_over
from services.fostering.actions.situation import Situation, situation
from services.fostering.days import today
from services.fostering.limits import limits
from services.fostering.rules import Child, against_terms, age_on, usual_limit
from tenants.places import ChildToPlace, Other, Problem

__all__ = [
    "admit",
    "area_of",
    "checks",
    "exempt",
    "exemption_over",
    "fuller",
    "identity",
    "leave",
    "move",
    "others_there",
]

OTHERS = text("""
    select c.child_reference as reference, c.responsible_gss, c.born, c.sex, c.starts, c.ends
    from fostering.placed_child c
    where c.authority_id = (select careshare.authority()) and c.household_id = :household
      and (c.ends is null or c.ends > :starts) and (cast(:ends as date) is null or c.starts < :ends)
    order by c.starts, c.id
""")
HOME = text("""
    select h.name, h.address, h.postcode, h.confidential, h.supervising_worker, h.duty_number, h.easting, h.northing,
      h.area_gss, h.pets, h.solo,
      array(select jsonb_build_object('name', c.name, 'telephone', c.telephone) from fostering.carer c
        where c.authority_id = h.authority_id and c.household_id = h.id order by c.position) as carers,
      array(select jsonb_build_object('relationship', m.relationship, 'born', m.born, 'sex', m.sex)
        from fostering.member m where m.authority_id = h.authority_id and m.household_id = h.id
        order by m.id) as members,
      (select count(*) from fostering.bedroom b
        where b.authority_id = h.authority_id and b.household_id = h.id) as rooms
    from fostering.household h where h.authority_id = (select careshare.authority()) and h.id = :household
""")
UNIT = text("""
    select o.unit_id from capacity.occupancy o
    join fostering.place p on p.authority_id = o.owner_id and p.unit_id = o.unit_id
    where o.owner_id = (select careshare.authority()) and o.claim_id = :claim and p.household_id = :household
    order by o.part limit 1
""")
# Whoever left on the day they came, and comes again on that day, was never away.
ADMIT = text("""
    insert into fostering.placed_child (authority_id, household_id, unit_id, claim_id, child_reference, born, sex,
      responsible_gss, sibling_group, care_type, solo, starts, ends)
    values ((select careshare.authority()), :household, :unit, :claim, :child_reference, :born, :sex,
      :responsible_gss, :sibling_group, :care_type, :solo, :starts, :ends)
    on conflict on constraint placed_child_once do update set household_id = excluded.household_id,
      unit_id = excluded.unit_id, claim_id = excluded.claim_id, sibling_group = excluded.sibling_group,
      care_type = excluded.care_type, solo = excluded.solo, ends = excluded.ends
      where placed_child.ends = placed_child.starts and placed_child.claim_id is null returning id
""")
STAY = text("""
    select id, starts, ends, solo from fostering.placed_child
    where authority_id = (select careshare.authority()) and household_id = :household and claim_id = :claim
""")
LEAVE = text("""
    update fostering.placed_child set ends = greatest(starts, cast(:ends as date)),
      claim_id = case when cast(:over as boolean) then null else claim_id end
    where authority_id = (select careshare.authority()) and id = :stay
""")
MOVE = text("""
    update fostering.placed_child set starts = :starts, ends = :ends
    where authority_id = (select careshare.authority()) and id = :stay
""")

BANDS: Final = ((0, 4), (5, 10), (11, 15), (16, 17), (18, 120))
"""Age bands in which others see who lives in a home, as tenants.offer has them; adults are one."""


async def area_of(uow: Uow, household_id: UUID) -> str | None:
    """The GSS code of the authority in whose area the home stands; None where its postcode is not known."""
    return (await _locked(uow, household_id)).area_gss


async def others_there(uow: Uow, household_id: UUID, starts: date, ends: date | None) -> list[Other]:
    """The children placed there from `starts` up to `ends`: whose consent is needed follows from whose they are."""
    rows = await uow.execute(OTHERS, {"household": household_id, "starts": starts, "ends": ends})
    return [Other(**row) for row in rows.mappings()]


async def checks(
    uow: Uow,
    household_id: UUID,
    children: Sequence[ChildToPlace],
    *,
    starts: date,
    ends: date | None,
    care_type: str,
    held: Sequence[UUID] = (),
) -> list[Problem]:
    """Everything that stands against these children living there from `starts` up to `ends`; empty: nothing does.

    Terms of approval may be set aside as an emergency of at most six working days (SI 2010/959 regulation 23). The
    usual fostering limit has no such grace: siblings or an exemption (Children Act 1989 Schedule 7). The household's
    row is held, so that it cannot change under what was found. Raises NotFound.
    """
    del held  # the register counts children, not claims
    household = await _locked(uow, household_id)
    known = await situation(uow, household_id)
    coming = [Child(one.reference, one.born, one.sex, one.sibling_group, care_type) for one in children]
    return [
        *_by_age(coming, starts),
        *_by_terms(known, coming, starts, ends),
        *_by_limit(household, known, coming, starts, ends),
        *_by_solo(known, starts, ends),
    ]


def _by_age(coming: Sequence[Child], starts: date) -> list[Problem]:
    adult = limits(starts).adult_age
    if any(age_on(child.born, starts) >= adult for child in coming):
        message = f"A child would be {adult} or over on that day: staying put, no longer fostering"
        return [Problem("adult", message, overridable=False)]
    return []


def _by_terms(known: Situation, coming: Sequence[Child], starts: date, ends: date | None) -> list[Problem]:
    period = known.period_on(starts)
    if period is None:
        return [Problem("approval", "There is no approval in force on that day", overridable=False)]
    there = [stay.child for stay in known.there(starts, ends)]
    breaches = against_terms(period.terms, there, list(coming), starts)
    return [Problem(f"terms_{one.term}", one.message, overridable=True) for one in breaches]


def _by_limit(
    household: Locked, known: Situation, coming: Sequence[Child], starts: date, ends: date | None
) -> list[Problem]:
    there = [stay.child for stay in known.there(starts, ends)]
    check = usual_limit(
        [*there, *known.private, *coming],
        limits=limits(starts),
        day=starts,
        area_gss=household.area_gss,
        exemptions=known.exemptions,
    )
    if check.allowed:
        return []
    message = (
        f"There would be {check.children} fostered children and the usual fostering limit is {check.limit}: the area "
        "authority’s exemption must name every one of them"
    )
    return [Problem("usual_limit", message, overridable=False)]


def _by_solo(known: Situation, starts: date, ends: date | None) -> list[Problem]:
    if any(stay.solo for stay in known.there(starts, ends)):
        return [Problem("solo", "A child in a solo placement lives there in that time", overridable=False)]
    return []


async def fuller(uow: Uow, household_id: UUID, on: date) -> dict[str, Any]:
    """What opens at acceptance: who lives in the home, in bands; no name, no address. Raises NotFound."""
    row = (await uow.execute(HOME, {"household": household_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    members = [
        {"relationship": one["relationship"], "band": _band(one["born"], on), "sex": one["sex"]}
        for one in row["members"]
    ]
    placed = [{"band": _band(one.born, on), "sex": one.sex} for one in await others_there(uow, household_id, on, None)]
    return {
        "carers": len(row["carers"]),
        "members": members,
        "placed_children": placed,
        "bedrooms": row["rooms"],
        "pets": row["pets"],
    }


async def identity(uow: Uow, household_id: UUID) -> dict[str, Any]:
    """What opens at the match: names, address, whom to ring. Raises NotFound.

    Where `confidential` is set, whoever shows it asks for the permission `confidential:read` and a reason first.
    """
    row = (await uow.execute(HOME, {"household": household_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return {
        "name": row["name"],
        "address": row["address"],
        "postcode": row["postcode"],
        "confidential": row["confidential"],
        "carers": list(row["carers"]),
        "supervising_worker": row["supervising_worker"],
        "duty_number": row["duty_number"],
    }


def _band(born: str | date | None, on: date) -> str | None:
    if born is None:
        return None
    day = born if isinstance(born, date) else date.fromisoformat(born)
    age = age_on(day, on)
    low, high = next((band for band in BANDS if band[0] <= age <= band[1]), BANDS[-1])
    return "adult" if low >= 18 else f"{low} to {high}"


async def admit(
    uow: Uow,
    household_id: UUID,
    claim_id: UUID,
    child: ChildToPlace,
    *,
    care_type: str,
    starts: date,
    ends: date | None,
    solo: bool = False,
) -> None:
    """Enter a child who has come in the register of children placed (SI 2011/581 Schedule 2), on the placement's claim.

    The place was claimed when the match was made. Entered twice changes nothing. Raises NotFound, and Conflict where
    the claim is of another home.
    """
    async with changing(uow, household_id, None, "placed_child.placed") as change:
        unit = (await uow.execute(UNIT, {"claim": claim_id, "household": household_id})).scalar_one_or_none()
        if unit is None:
            raise Conflict("The place of this placement is not one of this home’s.")
        said = {
            "child_reference": child.reference,
            "born": child.born,
            "sex": child.sex,
            "responsible_gss": child.responsible_gss,
            "sibling_group": child.sibling_group,
            "care_type": care_type,
            "solo": solo,
            "starts": starts,
            "ends": ends,
        }
        row = {**said, "household": household_id, "unit": unit, "claim": claim_id}
        made = (await uow.execute(ADMIT, row)).scalar_one_or_none()
        there = (await uow.execute(STAY, {"household": household_id, "claim": claim_id})).one_or_none()
        if there is None:
            raise Conflict("The register has this child placed from that day already, by another placement.")
        if made is not None and solo:
            since = {"household": household_id, "unit": unit, "since": starts, "until": ends}
            await uow.execute(CLOSE_OTHERS, since)
        change.note({}, {"placed_child": said} if made is not None else {})


async def leave(uow: Uow, household_id: UUID, claim_id: UUID, ends: date) -> None:
    """Enter the day a child placed on a claim left, or is to leave, and make the notice anew; twice changes nothing.

    The claim itself is the placing authority's and is shortened by the placement's own step. Raises NotFound.
    """
    async with changing(uow, household_id, None, "placed_child.left") as change:
        stay = (await uow.execute(STAY, {"household": household_id, "claim": claim_id})).one_or_none()
        if stay is None:
            return
        await uow.execute(LEAVE, {"stay": stay.id, "ends": ends, "over": ends <= today()})
        if stay.solo:
            await uow.execute(LIFT_OTHERS, {"household": household_id, "ends": ends, "today": today()})
        change.note({"ends": stay.ends}, {"ends": ends})


async def move(uow: Uow, household_id: UUID, claim_id: UUID, starts: date, ends: date | None) -> None:
    """Enter other days of a child placed on a claim; twice changes nothing. Raises NotFound."""
    async with changing(uow, household_id, None, "placed_child.moved") as change:
        stay = (await uow.execute(STAY, {"household": household_id, "claim": claim_id})).one_or_none()
        if stay is None:
            return
        await uow.execute(MOVE, {"stay": stay.id, "starts": starts, "ends": ends})
        change.note({"starts": stay.starts, "ends": stay.ends}, {"starts": starts, "ends": ends})


async def _locked(uow: Uow, household_id: UUID) -> Locked:
    row = (await uow.execute(LOCK, {"id": household_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Locked(**row)
