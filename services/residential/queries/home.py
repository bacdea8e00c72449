"""One home in full."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.access import require_step_up
from careshare.database import Uow
from careshare.errors import FieldError, Forbidden, Invalid, NotFound
from careshare.identity import Principal, principal_of
from services.residential.actions.assessments import assessments
from services.residential.actions.host import host_notices
from services.residential.actions.prices import StoredList, price_lists
from services.residential.model import Confidentiality, Per
from services.residential.queries.homes import counted, last_day
from services.residential.records import (
    AssessmentRow,
    HomeRecord,
    JudgementRecord,
    NoticeRecord,
    OfferingRecord,
    PlaceRecord,
    PlannedRecord,
    PriceListRecord,
    PriceRecord,
    ResidentRecord,
    StaffingRecord,
    SupplementRecord,
)
from services.residential.rules import PlaceState, judgement_fell
from services.residential.standing import read_homes
from tenants.days import LONDON, today
from tenants.recharges.income import known_months
from tenants.recharges.rules import APRIL, year_of

PERMISSION: Final = "confidential:read"
REASONS: Final = {
    "placement": "A placement is being made or looked at",
    "visit": "A visit to the home or to a child there",
    "emergency": "An emergency at the home",
    "correction": "A correction of the record",
}
"""Why somebody needs a confidential address. The code stands in the audit record as the purpose."""

HOME = text("""
select h.id, h.version, h.urn, h.name, h.owner_organisation, h.sector, h.kept_as, h.proxy_ground, h.kind, h.category,
  h.confidential, h.address, h.postcode, h.area_gss, coalesce(l.name, h.area_gss) as area, h.registration,
  h.registered_places, h.age_min, h.age_max, h.sex, h.purpose, h.purposes, h.care_types, h.need_levels, h.skills,
  h.communication, h.adaptations, h.education_on_site, h.multi_building, h.short_break_only, h.manager_name,
  h.contact_number, h.updated_at, h.staffed_places, h.staffed_until, h.staffed_at, h.offered_places, h.offered_from,
  h.offered_until, h.offered_at,
  (select c.name from identity.colleagues(array[h.staffed_by]) c) as staffed_by,
  (select c.name from identity.colleagues(array[h.offered_by]) c) as offered_by
from residential.home h left join gazetteer.local_authority l on l.gss_code = h.area_gss
where h.authority_id = (select careshare.authority()) and h.id = :id
""")
PLACES = text("""
select p.number, p.closed_reason, p.closed_from, p.closed_until, p.closed_note, p.kept_reason, p.kept_from,
  p.kept_until, p.kept_note,
  (select r.id from residential.resident r where r.authority_id = p.authority_id and r.unit_id = p.unit_id
    and r.starts <= :today and (r.ends is null or r.ends > :today) order by r.starts desc limit 1) as resident_id
from residential.place p where p.authority_id = (select careshare.authority()) and p.home_id = :id order by p.number
""")
RESIDENTS = text("""
select r.id, p.number as place, r.child_reference, r.born, r.sex, r.responsible_gss,
  coalesce(l.name, r.responsible_gss) as responsible, r.sibling_group, r.needs, r.starts, r.ends,
  coalesce(r.claimant_id <> r.authority_id, false) as claimed_by_others
from residential.resident r
left join residential.place p on p.authority_id = r.authority_id and p.unit_id = r.unit_id
left join gazetteer.local_authority l on l.gss_code = r.responsible_gss
where r.authority_id = (select careshare.authority()) and r.home_id = :id
order by r.ends is not null and r.ends <= :today, r.starts desc, r.id
""")
JUDGEMENTS = text("""
select j.judged_on, j.grade as judgement, j.source, lag(j.grade) over (order by j.judged_on) as before
from residential.judgement j where j.authority_id = (select careshare.authority()) and j.home_id = :id
order by j.judged_on desc
""")
NOTICE = text("""
select o.id as offer_id, s.resource = 'residential_places' as shared, o.places, o.starts, o.ends, o.area_name
from tenants.offer_own n join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
join careshare.shelf s on s.id = o.shelf_id
where n.owner_id = (select careshare.authority()) and n.subject_id = :id
""")


RESPONSIBLE = text("""
select l.gss_code, l.name from gazetteer.local_authority l
where l.dfe_code is not null and l.valid @> cast(:today as date) order by l.name
""")


async def responsible_authorities(uow: Uow) -> list[tuple[str, str]]:
    """The authorities that may be responsible for a child, as GSS code and name."""
    return [(row.gss_code, row.name) for row in await uow.execute(RESPONSIBLE, {"today": today()})]


async def _plan(uow: Uow, home_id: UUID) -> list[PlannedRecord]:
    """The plan and what came in, from last year's April to next year's March."""
    year = year_of(today())
    found = await known_months(uow, home_id, date(year - 1, APRIL, 1), date(year + 2, APRIL, 1))
    return [PlannedRecord(f"{one.month:%Y-%m}", one.planned, one.income, one.difference) for one in found]


async def home(uow: Uow, home_id: UUID, *, opened: bool = False) -> HomeRecord:
    """The home, with its address if that is not confidential or is being `opened`. Raises NotFound."""
    about = {"id": home_id, "today": today()}
    row = (await uow.execute(HOME, about)).mappings().one_or_none()
    if row is None:
        raise NotFound
    values: dict[str, Any] = dict(row)
    now = datetime.now(LONDON)
    (known,) = await read_homes(uow, [home_id], now)
    states = known.states(now)
    counts, first = counted(states)
    if values["confidential"] and not opened:
        values |= {"address": None, "postcode": None, "area_gss": None, "area": None}
    notice = (await uow.execute(NOTICE, about)).mappings().one_or_none()
    return HomeRecord(
        staffing=_staffing(values, now),
        offering=_offering(values),
        notice=None if notice is None else NoticeRecord(**notice),
        states=counts,
        first_of_all=first,
        places=_places((await uow.execute(PLACES, about)).mappings().all(), states),
        residents=[ResidentRecord(**one) for one in (await uow.execute(RESIDENTS, about)).mappings()],
        price_lists=[_price_list(one) for one in reversed(await price_lists(uow, home_id))],
        judgements=[
            JudgementRecord(one.judged_on, one.judgement, one.source, judgement_fell(one.before, one.judgement))
            for one in await uow.execute(JUDGEMENTS, about)
        ],
        plan=await _plan(uow, home_id),
        assessments=[
            AssessmentRow(one.id, one.enquiry_id, one.outcome, one.opened_at, one.decided_at)
            for one in await assessments(uow, home_id)
        ],
        host_notices=await host_notices(uow, home_id),
        **values,
    )


async def open_address(uow: Uow, home_id: UUID, reason: str) -> HomeRecord:
    """The home with its address, confidential or not, after putting on the record who opened it and why.

    Raises Forbidden without the permission, StepUpRequired, Invalid for a reason that is not on the list, NotFound.
    """
    principal = principal_of(uow)
    if not principal.may(PERMISSION):
        raise Forbidden("Your role does not allow you to see confidential addresses.")
    require_step_up(principal)
    if reason not in REASONS:
        message = f"Choose why you need the address: {', '.join(REASONS)}"
        raise Invalid(message, errors=[FieldError("reason", message)])
    found = await home(uow, home_id, opened=True)
    await audit.record(uow, "home.opened", subjects=[home_id], purpose=reason)
    return found


def may_lift(principal: Principal, wanted: Confidentiality) -> bool:
    """Whether the caller may say that an address is no longer confidential. Raises StepUpRequired."""
    if principal.may(PERMISSION) and not wanted.confidential:
        require_step_up(principal)
    return principal.may(PERMISSION)


def _staffing(values: dict[str, Any], now: datetime) -> StaffingRecord | None:
    places, until = values.pop("staffed_places"), values.pop("staffed_until")
    at, by = values.pop("staffed_at"), values.pop("staffed_by")
    if until is None:
        return None
    return StaffingRecord(places, last_day(until), at, by, holds=now < until)


def _offering(values: dict[str, Any]) -> OfferingRecord | None:
    places, since, until = (values.pop(f"offered_{name}") for name in ("places", "from", "until"))
    at, by = values.pop("offered_at"), values.pop("offered_by")
    return None if since is None else OfferingRecord(places, since, until, at, by)


def _places(rows: Sequence[Any], states: Sequence[PlaceState]) -> list[PlaceRecord]:
    found: list[PlaceRecord] = []
    for row, state in zip(rows, states, strict=True):
        found.append(
            PlaceRecord(
                registered=state.registered,
                staffed=state.staffed,
                occupied=state.occupied,
                held=state.held,
                closed=state.closed,
                kept_empty=state.kept_empty,
                matchable=state.matchable,
                first_of_all=state.leading,
                **row,
            )
        )
    return found


def _price_list(one: StoredList) -> PriceListRecord:
    return PriceListRecord(
        since=one.since,
        until=one.until,
        purchase=one.purchase,
        notice_nights=one.notice_nights,
        void_percent=one.void_percent,
        social_percent=one.social_percent,
        education_percent=one.education_percent,
        health_percent=one.health_percent,
        price=[PriceRecord(level, Decimal(amount)) for level, amount in one.weekly.items()],
        supplement=[
            SupplementRecord(code, msgspec.convert(per, Per), Decimal(amount))
            for code, (per, amount) in one.supplements.items()
        ],
    )
