"""What the homes answer: rows of the list, one home in full."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from services.residential.model import Per


class StateCounts(msgspec.Struct, frozen=True):
    """Places in each state, each counted from the places themselves. They overlap, so they do not add up."""

    places: int
    registered: int
    staffed: int
    occupied: int
    held: int
    closed: int
    kept_empty: int
    matchable: int


class FirstOfAll(msgspec.Struct, frozen=True):
    """What places are first of all: each place is counted once, so these add up to the places there are."""

    occupied: int
    held: int
    matchable: int
    kept_empty: int
    not_staffed: int
    closed: int
    not_registered: int


class StaffingRecord(msgspec.Struct, frozen=True):
    """The staffing statement. `until` is the last day for which it holds; `holds`: it holds now."""

    places: int
    until: date
    stated_at: datetime
    stated_by: str | None
    holds: bool


class OfferingRecord(msgspec.Struct, frozen=True):
    """Places offered to other authorities: at most how many at a time, from when, until when."""

    places: int
    since: date
    until: date | None
    offered_at: datetime
    offered_by: str | None


class HomeRow(msgspec.Struct, frozen=True):
    """One home in the list. `area` is null where the address is confidential."""

    id: UUID
    urn: str
    name: str
    kind: str
    category: int | None
    sector: str
    owner_organisation: str
    kept_as: str
    registration: str
    area: str | None
    confidential: bool
    age_min: int
    age_max: int
    sex: str
    judgement: str | None
    judged_on: date | None
    judgement_fell: bool
    states: StateCounts
    first_of_all: FirstOfAll
    staffed_until: date | None
    offered: bool


class PlaceRecord(msgspec.Struct, frozen=True):
    """One place and its true state now. Why it is closed or kept empty never leaves the authority."""

    number: int
    registered: bool
    staffed: bool
    occupied: bool
    held: bool
    closed: bool
    kept_empty: bool
    matchable: bool
    first_of_all: str
    resident_id: UUID | None
    closed_reason: str | None
    closed_from: date | None
    closed_until: date | None
    closed_note: str
    kept_reason: str | None
    kept_from: date | None
    kept_until: date | None
    kept_note: str


class ResidentRecord(msgspec.Struct, frozen=True):
    """A child who lives in the home, did or is to."""

    id: UUID
    place: int | None
    child_reference: str
    born: date
    sex: str
    responsible_gss: str
    responsible: str
    sibling_group: str | None
    needs: list[str]
    starts: date
    ends: date | None
    claimed_by_others: bool


class PriceRecord(msgspec.Struct, frozen=True):
    """The weekly price at one level of need, in pounds."""

    need_level: str
    weekly: Decimal


class SupplementRecord(msgspec.Struct, frozen=True):
    """What comes on top by the week, night or hour, in pounds."""

    code: str
    per: Per
    amount: Decimal


class PriceListRecord(msgspec.Struct, frozen=True):
    """A price list from `since` up to `until`, which is the first day without it."""

    since: date
    until: date | None
    purchase: str
    notice_nights: int
    void_percent: Decimal
    social_percent: Decimal
    education_percent: Decimal
    health_percent: Decimal
    price: list[PriceRecord]
    supplement: list[SupplementRecord]


class JudgementRecord(msgspec.Struct, frozen=True):
    """An overall judgement of Ofsted's. `fell`: it is worse than the one before it."""

    judged_on: date
    judgement: str
    source: str
    fell: bool


class PlannedRecord(msgspec.Struct, frozen=True):
    """What the home is planned to bring in during a month and what it did, drafts included, in pounds.

    Null: nothing was planned.
    """

    month: str
    planned: Decimal | None
    income: Decimal
    difference: Decimal | None


class AssessmentRow(msgspec.Struct, frozen=True):
    """An impact assessment in the home's list."""

    id: UUID
    enquiry_id: UUID
    outcome: str | None
    opened_at: datetime
    decided_at: datetime | None


class HostNoticeRecord(msgspec.Struct, frozen=True):
    """What the home owes, or told, the authority in whose area it stands. `sent_on` null: it is owed."""

    resident_id: UUID
    child_reference: str
    occasion: str
    authority: str
    owed_on: date
    sent_on: date | None
    how: str | None


class NoticeRecord(msgspec.Struct, frozen=True):
    """The notice that stands for the home, as others see it if it is shared."""

    offer_id: UUID
    shared: bool
    places: int
    starts: date
    ends: date | None
    area_name: str


class HomeRecord(msgspec.Struct, frozen=True):
    """One home in full. Address and postcode are null where they are confidential and were not opened."""

    id: UUID
    version: int
    urn: str
    name: str
    owner_organisation: str
    sector: str
    kept_as: str
    proxy_ground: str | None
    kind: str
    category: int | None
    confidential: bool
    address: str | None
    postcode: str | None
    area_gss: str | None
    area: str | None
    registration: str
    registered_places: int
    age_min: int
    age_max: int
    sex: str
    purpose: str
    purposes: list[str]
    care_types: list[str]
    need_levels: list[str]
    skills: list[str]
    communication: list[str]
    adaptations: list[str]
    education_on_site: bool
    multi_building: bool
    short_break_only: bool
    manager_name: str
    contact_number: str
    updated_at: datetime
    staffing: StaffingRecord | None
    offering: OfferingRecord | None
    notice: NoticeRecord | None
    states: StateCounts
    first_of_all: FirstOfAll
    places: list[PlaceRecord]
    residents: list[ResidentRecord]
    price_lists: list[PriceListRecord]
    judgements: list[JudgementRecord]
    plan: list[PlannedRecord]
    assessments: list[AssessmentRow]
    host_notices: list[HostNoticeRecord]
