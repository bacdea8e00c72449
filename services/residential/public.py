"""What other services may ask of the homes: always of the bound authority's own, by the providing side in its steps.

Signatures are general, so that a foster home and a children's home are asked alike (`tenants.places`). Nothing here
writes for another authority, and nothing answers with a child's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import jobs
from careshare.database import Uow
from careshare.errors import NotFound
from services.residential.actions import assessments as impact
from services.residential.actions import residents
from services.residential.actions.change import LOCK, Locked
from services.residential.actions.prices import planned, price_lists
from services.residential.jobs import REFRESH, Homes
from services.residential.model import Incoming, Left, Resident
from services.residential.offers import refresh_offers
from services.residential.rules import (
    AgainstPlan,
    ToTell,
    WeeklyPrice,
    against_plan,
    against_registration,
    host_to_tell,
    judgement_fell,
)
from services.residential.rules import weekly_price as price_of
from services.residential.standing import KnownHome, read_homes
from tenants.days import LONDON, midnight, today
from tenants.places import ChildToPlace, Problem

__all__ = [
    "Assessed",
    "AtHome",
    "Disclosure",
    "FallenJudgement",
    "Free",
    "ToTell",
    "WeeklyPrice",
    "assessment_decided",
    "checks",
    "describe_for_disclosure",
    "fallen_judgements",
    "free_places",
    "home_of_offer",
    "homes_of_offers",
    "income_against_plan",
    "leave",
    "open_assessment",
    "place",
    "refresh_offers",
    "renew_later",
    "weekly_price",
    "who_is_told",
]


SHORT_BREAK: Final = timedelta(days=17)
"""The longest single short break (SI 2010/959 regulation 48 as made); longer ones may be set aside with a reason."""


@dataclass(frozen=True, slots=True)
class AtHome:
    """The home behind one of one's own offers: whom to ring and where its page is. Never an address."""

    offer_id: UUID
    home_id: UUID
    urn: str
    name: str
    kind: str
    confidential: bool
    manager_name: str
    contact_number: str
    area_gss: str | None

    @property
    def path(self) -> str:
        """The home's page, for whoever may read the homes."""
        return f"/residential/{self.home_id}"


@dataclass(frozen=True, slots=True)
class Free:
    """A place that may be taken for a whole time."""

    unit_id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Assessed:
    """The outcome of an impact assessment: all that another authority sees of it. `outcome` is null until decided."""

    assessment_id: UUID
    outcome: str | None
    decided_at: datetime | None

    @property
    def allows(self) -> bool:
        """Whether the home's manager decided that the child can live there."""
        return self.outcome in {"can_live_together", "with_mitigations"}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is told of a home to one authority in one enquiry: `fuller` once accepted, `identity` once matched."""

    fuller: Mapping[str, object]
    identity: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FallenJudgement:
    """A home whose newest judgement is worse than the one before it."""

    home_id: UUID
    before: str
    before_on: date
    after: str
    after_on: date


OFFERED = text("""
    select n.offer_id, h.id as home_id, h.urn, h.name, h.kind, h.confidential, h.manager_name, h.contact_number,
      h.area_gss
    from tenants.offer_own n join residential.home h on h.authority_id = n.owner_id and h.id = n.subject_id
    where n.owner_id = (select careshare.authority()) and n.offer_id = any(:offers)
""")
DESCRIBED = text("""
    select h.urn, h.name, h.owner_organisation, h.sector, h.kept_as, h.kind, h.category, h.address, h.postcode,
      h.registered_places, h.age_min, h.age_max, h.sex, h.purpose, h.purposes, h.care_types, h.need_levels, h.skills,
      h.communication, h.adaptations, h.education_on_site, h.multi_building, h.short_break_only, h.manager_name,
      h.contact_number, h.judgement, h.judged_on, h.staffed_places, h.staffed_until, h.area_gss, h.confidential
    from residential.home h where h.authority_id = (select careshare.authority()) and h.id = :home
""")
AREA = text("""
    select h.area_gss, a.gss_code as keeper
    from residential.home h join tenants.authority a on a.id = h.authority_id
    where h.authority_id = (select careshare.authority()) and h.id = :home
""")
FALLEN = text("""
    select j.home_id, j.grade, j.judged_on, j.before, j.before_on from (
      select home_id, grade, judged_on, lag(grade) over w as before, lag(judged_on) over w as before_on,
        row_number() over (partition by home_id order by judged_on desc) as newest
      from residential.judgement where authority_id = (select careshare.authority())
      window w as (partition by home_id order by judged_on)) j
    where j.newest = 1 and j.before is not null and (cast(:since as date) is null or j.judged_on >= :since)
""")


async def homes_of_offers(uow: Uow, offer_ids: Sequence[UUID]) -> dict[UUID, AtHome]:
    """The homes behind these offers, by offer. Offers that are not one's own, or no home's, are left out."""
    rows = (await uow.execute(OFFERED, {"offers": list(offer_ids)})).mappings()
    return {row["offer_id"]: AtHome(**row) for row in rows}


async def home_of_offer(uow: Uow, offer_id: UUID) -> AtHome | None:
    """The home behind one of one's own offers; None where it is not one's own, gone, or a foster home's."""
    return (await homes_of_offers(uow, [offer_id])).get(offer_id)


async def checks(
    uow: Uow,
    home_id: UUID,
    children: Sequence[ChildToPlace],
    starts: date,
    ends: date | None,
    *,
    held: Sequence[UUID] = (),
) -> list[Problem]:
    """Everything that stands against these children in one's own home from a day: registration and ages on that day,
    places free for the whole time, staffing, short breaks. Empty: nothing does. Raises NotFound.

    `held` are claims that the children's places are held with already: those places count as theirs. What may be
    overridden needs a reason on record; registration and the places there are never may be.
    """
    home = await _home(uow, home_id)
    found = against_registration(residents.registration_of(home), children, starts)
    if home.short_break_only and (ends is None or ends - starts > SHORT_BREAK):
        message = f"The home is for short breaks of at most {SHORT_BREAK.days} days"
        found.append(Problem("short_break", message, overridable=True))
    known = await _known(uow, home_id, starts)
    return [*found, *_room(known, home.registered_places, len(children), starts, ends, held=held)]


def _room(
    known: KnownHome, registered: int, children: int, starts: date, ends: date | None, *, held: Sequence[UUID]
) -> list[Problem]:
    """Whether there are places for so many: for the whole time, not kept empty, and staffed on the first day."""
    moment, until = _time(starts, ends)
    mine = [one for one in known.places if not set(held).isdisjoint(one.claims)]
    others = [one for one in known.places if one not in mine and one.number <= registered and one.free(moment, until)]
    kept = [one for one in others if one.facts(moment).kept_empty]
    there = len(mine) + len(others)
    if there < children:
        return [Problem("capacity", _few(there, "free for the whole time"), overridable=False)]
    if there - len(kept) < children:
        return [Problem("kept_empty", "A place that is kept empty for matching would be needed", overridable=True)]
    if not known.states_said(moment):
        return [Problem("staffing", "The staffing statement does not reach the first day", overridable=True)]
    numbers = {one.number for one in mine}
    staffed = sum(one.staffed if one.number in numbers else one.matchable for one in known.states(moment))
    if staffed < children:
        return [Problem("staffing", _few(staffed, "staffed and free on the first day"), overridable=True)]
    return []


def _time(starts: date, ends: date | None) -> tuple[datetime, datetime | None]:
    """The moments between which a stay takes a place; one that begins today begins now."""
    return max(midnight(starts), datetime.now(LONDON)), None if ends is None else midnight(ends)


def _few(number: int, what: str) -> str:
    if number == 0:
        return f"No place is {what}"
    return f"Only 1 place is {what}" if number == 1 else f"Only {number} places are {what}"


async def free_places(uow: Uow, home_id: UUID, starts: date, ends: date | None) -> list[Free]:
    """The matchable places of one's own home that are free from a day for the whole time, by number."""
    known = await _known(uow, home_id, starts)
    moment, until = _time(starts, ends)
    matchable = {one.number for one in known.states(moment) if one.matchable}
    free = [one for one in known.places if one.number in matchable and one.free(moment, until)]
    return [Free(one.unit_id, one.number) for one in free]


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


async def open_assessment(uow: Uow, home_id: UUID, enquiry_id: UUID, incoming: Sequence[Incoming]) -> UUID:
    """Begin the impact assessment of an enquiry for one's own home, or find the one there is; its id."""
    return await impact.open_assessment(uow, home_id, enquiry_id, incoming)


async def assessment_decided(uow: Uow, home_id: UUID, enquiry_id: UUID) -> Assessed | None:
    """The outcome of the impact assessment of an enquiry for one's own home; None where none was begun."""
    found = await impact.for_enquiry(uow, home_id, enquiry_id)
    return None if found is None else Assessed(found.id, found.outcome, found.decided_at)


async def describe_for_disclosure(uow: Uow, home_id: UUID) -> Disclosure:
    """What one's own home may be told as, to be snapshot for one enquiry. Raises NotFound.

    `fuller` has no name, street, telephone number, nor Ofsted's number, and those who live there in bands alone.
    `identity` is who and where it is; a confidential address is left out: it is told by telephone.
    """
    row = (await uow.execute(DESCRIBED, {"home": home_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    there = await impact.residents_in_bands(uow, home_id, today())
    same = (
        "sector",
        "kept_as",
        "kind",
        "category",
        "registered_places",
        "age_min",
        "age_max",
        "sex",
        "purposes",
        "care_types",
        "need_levels",
        "skills",
        "communication",
        "adaptations",
        "education_on_site",
        "multi_building",
        "short_break_only",
        "judgement",
    )
    fuller: dict[str, object] = {name: row[name] for name in same}
    fuller["judged_year"] = None if row["judged_on"] is None else row["judged_on"].year
    fuller["staffed_until"] = None if row["staffed_until"] is None else row["staffed_until"].date().isoformat()
    fuller["residents"] = [{"ages": [one.age_low, one.age_high], "sex": one.sex} for one in there]
    identity: dict[str, object] = {
        name: row[name]
        for name in ("urn", "name", "owner_organisation", "purpose", "manager_name", "contact_number", "area_gss")
    }
    identity["confidential"] = row["confidential"]
    if not row["confidential"]:
        identity |= {"address": row["address"], "postcode": row["postcode"]}
    return Disclosure(fuller, identity)


async def weekly_price(
    uow: Uow, home_id: UUID, on: date, need_level: str, supplements: Mapping[str, Decimal] | None = None
) -> WeeklyPrice | None:
    """What a place in one's own home costs for a week on a day, line by line; None where no price is stated for it."""
    holding = next((one for one in await price_lists(uow, home_id) if one.holds_on(on)), None)
    if holding is None:
        return None
    prices = holding.prices
    if need_level not in prices.weekly or not set(supplements or {}) <= prices.supplements.keys():
        return None
    return price_of(prices, need_level, supplements)


async def who_is_told(uow: Uow, home_id: UUID, responsible_gss: str) -> list[ToTell]:
    """Which authorities are to be told that a child was admitted to one's own home (facts N): its host authority.

    Raises NotFound.
    """
    row = (await uow.execute(AREA, {"home": home_id})).one_or_none()
    if row is None:
        raise NotFound
    told = host_to_tell(row.area_gss, responsible_gss, kept_by_gss=row.keeper)
    return [] if told is None else [told]


async def fallen_judgements(uow: Uow, since: date | None = None) -> list[FallenJudgement]:
    """One's own homes whose newest judgement, given on or after a day, is worse than the one before it."""
    rows = await uow.execute(FALLEN, {"since": since})
    return [
        FallenJudgement(row.home_id, row.before, row.before_on, row.grade, row.judged_on)
        for row in rows
        if judgement_fell(row.before, row.grade)
    ]


async def income_against_plan(
    uow: Uow, home_id: UUID, since: date, until: date, actual: Mapping[date, Decimal]
) -> dict[date, AgainstPlan]:
    """The income of one's own home beside its plan by month, from a day up to another. `actual` is what charges say."""
    return against_plan(await planned(uow, home_id, since, until), actual)


async def renew_later(uow: Uow, home_ids: Sequence[UUID] | None = None) -> None:
    """Make one's own notices anew by a job, once this transaction has committed."""
    await jobs.enqueue(uow, REFRESH, Homes(None if home_ids is None else list(home_ids)))


async def _home(uow: Uow, home_id: UUID) -> Locked:
    row = (await uow.execute(LOCK, {"id": home_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return Locked(**row)


async def _known(uow: Uow, home_id: UUID, starts: date) -> KnownHome:
    found = await read_homes(uow, [home_id], max(midnight(starts), datetime.now(LONDON)))
    if not found:
        raise NotFound
    return found[0]
