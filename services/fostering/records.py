"""What the register answers: rows of the list, one household in full, what is due, tonight's list."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from services.fostering.model import Relationship, Sex, Sharing, TermsSex
from services.fostering.rules import BirthdayKind, PlaceState, Terms

ApprovalStage = Literal["ended", "current", "future"]


class PlaceCounts(msgspec.Struct, frozen=True):
    """Places by state."""

    filled: int
    vacant: int
    held: int
    not_available: int


class HouseholdRow(msgspec.Struct, frozen=True):
    """One household in the list. `area` is null where the address is confidential."""

    id: UUID
    reference: str
    name: str
    area: str | None
    confidential: bool
    approval: str | None
    places: PlaceCounts
    published_at: datetime | None
    confirmed_at: datetime | None
    stale: bool
    due_on: date | None


class CarerRecord(msgspec.Struct, frozen=True):
    """An approved carer; null: not given."""

    id: UUID
    name: str
    born: date | None
    sex: Sex
    ethnicity: str | None
    religion: str | None
    languages: list[str] | None
    telephone: str


class MemberRecord(msgspec.Struct, frozen=True):
    """Somebody else who lives in the household."""

    id: UUID
    name: str
    born: date | None
    sex: Sex
    relationship: Relationship


class BedroomRecord(msgspec.Struct, frozen=True):
    """A bedroom for fostered children."""

    number: int
    beds: int
    sharing: Sharing


class ApprovalRecord(msgspec.Struct, frozen=True):
    """Terms of approval from `since` up to `until`, which is the first day without them."""

    id: UUID
    kind: Literal["mainstream", "connected", "temporary"]
    stage: ApprovalStage
    since: date
    until: date | None
    places: int
    age_min: int
    age_max: int
    sex: TermsSex
    care_types: list[str]
    named_children: list[str]
    extended_on: date | None
    extended_for: Literal["assessment", "irm"] | None
    notice_on: date | None

    @property
    def terms(self) -> Terms:
        """The terms as the rules take them."""
        return Terms(self.kind, self.places, self.age_min, self.age_max, self.sex, self.care_types, self.named_children)


class ExemptionRecord(msgspec.Struct, frozen=True):
    """An exemption from the usual fostering limit."""

    id: UUID
    granted_by_gss: str
    granted_by: str
    children: list[str]
    conditions: str
    notice_on: date
    since: date
    until: date | None


class CheckRecord(msgspec.Struct, frozen=True):
    """A review or check: last done, next due."""

    kind: str
    done_on: date | None
    due_on: date


class PlaceRecord(msgspec.Struct, frozen=True):
    """A place and how it stands now. The reason and note are the authority's own and never shared."""

    number: int
    state: PlaceState
    held_until: datetime | None
    child_reference: str | None
    closed_reason: str | None
    closed_from: date | None
    closed_until: date | None
    closed_note: str


class PlacedRecord(msgspec.Struct, frozen=True):
    """A child placed with the household. `place` is null once that place was taken away."""

    id: UUID
    place: int | None
    child_reference: str
    born: date
    sex: Sex
    responsible_gss: str
    responsible: str
    sibling_group: str | None
    care_type: str
    solo: bool
    starts: date
    ends: date | None


class NoticeRecord(msgspec.Struct, frozen=True):
    """The vacancy notice as it stands: what a search by others would show of the home, and no more."""

    id: UUID
    shared: bool
    care_types: list[str]
    age_min: int
    age_max: int
    sex: TermsSex
    places: int
    starts: date
    ends: date | None
    within_limit: int
    empty: bool
    bedrooms: int | None
    sharing: Sharing | None
    solo: bool | None
    children_there: Literal["none", "some"] | None
    others_low: int | None
    others_high: int | None
    pets: list[str] | None
    skills: list[str]
    communication: list[str]
    adaptations: list[str]
    languages: list[str] | None
    religions: list[str] | None
    cultures: list[str] | None
    area_name: str
    area_gss: str
    area_authority: str
    radius_m: int
    confirmed_on: date | None


class HouseholdRecord(msgspec.Struct, frozen=True):
    """A household in full. `address_withheld`: confidential, and the reader may not see or has not said why they must;
    then address, postcode, outward code and area are null.
    """

    id: UUID
    version: int
    reference: str
    name: str
    confidential: bool
    address_withheld: bool
    address: str | None
    postcode: str | None
    outward: str | None
    area_gss: str | None
    area: str | None
    supervising_person_id: UUID | None
    supervising_worker: str
    duty_number: str
    privacy_notice_on: date | None
    objection: bool
    beliefs_shared: bool
    pets: list[str] | None
    skills: list[str]
    communication: list[str]
    adaptations: list[str]
    solo: bool | None
    published_at: datetime | None
    published_by: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    updated_at: datetime
    located: bool
    resignation_received_on: date | None
    resignation_ends_on: date | None
    carers: list[CarerRecord]
    members: list[MemberRecord]
    bedrooms: list[BedroomRecord]
    approvals: list[ApprovalRecord]
    exemptions: list[ExemptionRecord]
    checks: list[CheckRecord]
    places: list[PlaceRecord]
    placed: list[PlacedRecord]
    notice: NoticeRecord | None

    def approval_on(self, day: date) -> ApprovalRecord | None:
        """The terms that hold on a day."""
        return next(
            (one for one in self.approvals if one.since <= day and (one.until is None or day < one.until)), None
        )

    def placed_on(self, day: date) -> list[PlacedRecord]:
        """The children who live there on a day or are to come later."""
        return [one for one in self.placed if one.ends is None or one.ends > day]


class DueRow(msgspec.Struct, frozen=True):
    """One thing that is due. `kind` is a check's, temporary_ends, resignation_ends, approval_ends, confirm_vacancy or a
    birthday's (own_bedroom, past_age_limit, adult).

    `detail` is the child's reference for a birthday, and empty otherwise.
    """

    on: date
    kind: str
    household_id: UUID
    reference: str
    name: str
    detail: str


class TonightCarer(msgspec.Struct, frozen=True):
    """A carer to ring."""

    name: str
    telephone: str


class TonightRow(msgspec.Struct, frozen=True):
    """A home of one's own with a place free tonight, and whom to ring."""

    household_id: UUID
    reference: str
    name: str
    confidential: bool
    area: str | None
    places: int
    within_limit: int
    age_min: int
    age_max: int
    sex: TermsSex
    care_types: list[str]
    children_there: Literal["none", "some"] | None
    others_low: int | None
    others_high: int | None
    solo: bool | None
    pets: list[str] | None
    skills: list[str]
    confirmed_at: datetime | None
    stale: bool
    supervising_worker: str
    duty_number: str
    carers: list[TonightCarer]


class Summary(msgspec.Struct, frozen=True):
    """The whole register in numbers."""

    households: int
    published: int
    places: PlaceCounts


BIRTHDAYS: tuple[BirthdayKind, ...] = ("own_bedroom", "past_age_limit", "adult")
