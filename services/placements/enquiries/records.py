"""An enquiry as one of its two sides reads it: what it is, how it stands, what is open to this side, the one thread."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec

Side = Literal["placing", "providing"]


class EnquiryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An enquiry in a list. `side` is whose eyes read it: one's own homes are asked and answered by one authority.

    `request_id` and `number` are the placing side's alone, `subject_id` the providing side's. `place` is the area that
    the notice shows to the placing side (null once it is gone) and what the providing side calls its home. The children
    by age and sex are empty once the profile is closed to this side. `confirm_by`: until when an answer that was taken
    by telephone is to be confirmed.
    """

    id: UUID
    offer_id: UUID
    side: Side
    stage: str
    kind: str
    emergency: bool
    children: int
    starts: date
    ends: date | None
    sent_at: datetime
    respond_by: datetime
    unconfirmed: bool
    confirm_by: datetime | None
    other_id: UUID
    other: str
    request_id: UUID | None
    number: str | None
    subject_id: UUID | None
    held_until: datetime | None
    reason: str | None
    place: str | None
    ages: list[int]
    sexes: list[str]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the thread: a step or a message, of one's own side or the other's. `by` names colleagues alone."""

    at: datetime
    ours: bool
    by: str | None
    machine: str
    step: str
    code: str
    by_telephone: bool
    heard_from: str
    text: str


class HoldNow(msgspec.Struct, frozen=True, kw_only=True):
    """The hold of an enquiry that stands, or the latest there was."""

    id: UUID
    stage: str
    until: datetime | None
    asked_at: datetime


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside an enquiry. `state` is of its scan; level 4 may have names in it."""

    id: UUID
    ours: bool
    title: str
    level: int
    type: str
    size: int
    state: str
    at: datetime


class EnquiryRecord(EnquiryRow, frozen=True, kw_only=True):
    """An enquiry whole. What is not open to this side (any more) is null; `allowed` are the steps it may take now.

    `version` is the ETag: it grows with each step of either side, of the enquiry, its hold and its placements.
    `assigned_to` is whose work it is on this side: where nobody was named, at the placing side who holds the request.
    """

    agreement_id: UUID | None
    agreement: str | None
    revision: int
    version: int
    profile: dict[str, Any] | None
    fuller: dict[str, Any] | None
    identity: dict[str, Any] | None
    home: dict[str, Any] | None
    home_identity: dict[str, Any] | None
    hold: HoldNow | None
    thread: list[Line]
    attachments: list[Attached]
    allowed: list[str]
    declined_for: str | None
    assigned_to_id: UUID | None
    assigned_to: str | None


class OutsideSaid(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of an agency or home outside; `weekly_price` in pounds where it offered. `by` null: they left."""

    at: datetime
    by: str | None
    answer: str
    reason: str | None
    weekly_price: Decimal | None
    heard_from: str
    note: str


class OutsideRow(msgspec.Struct, frozen=True, kw_only=True):
    """An agency or home outside Careshare that was asked. `answer` is what it said last, null while waited for."""

    id: UUID
    request_id: UUID
    number: str
    provider: str
    kind: str
    urn: str | None
    how: str
    children: int
    asked_at: datetime
    respond_by: datetime
    answer: str | None
    reason: str | None
    weekly_price: Decimal | None
    answered_at: datetime | None


class OutsideRecord(OutsideRow, frozen=True, kw_only=True):
    """One that was asked, with everything it said, the latest last."""

    asked_by: str | None
    said: list[OutsideSaid]
