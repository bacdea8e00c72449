"""What is sent about a placement, and how it is read."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from careshare.web import asks

How = Literal["letter", "email", "in_person", "telephone"]
Occasion = Literal["admission", "discharge"]


class Plan(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The placement plan: agreed on a day, and signed by the carer or the registered manager (reg 9)."""

    agreed_on: Annotated[date, asks("the day the plan was agreed")]
    signed_on: Annotated[date, asks("the day it was signed")] | None = None
    signed_role: Annotated[Literal["carer", "manager"], asks("who signed")] | None = None


class Notice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A notice that was given, or why it was not practicable."""

    recipient: Annotated[str, asks("who is told", max_length=40)]
    occasion: Annotated[Literal["start", "end"], asks("what is told")] = "start"
    sent_on: Annotated[date, asks("the day it was sent")] | None = None
    how: Annotated[How, asks("how it was sent")] | None = None
    not_practicable: Annotated[str, asks("why it was not practicable", max_length=500)] = ""


class Start(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The child has come. `weekly`: pounds a week that were agreed for this placement; where it is left out a foster
    home costs what the lender's tariff says, with those of its `supplements` that were agreed, and a children's home
    its own price for the level of need.
    """

    day: Annotated[date, asks("the day the child came")]
    weekly: Annotated[Decimal, asks("the weekly price")] | None = None
    need_level: Annotated[str, asks("the level of need", max_length=40)] = "standard"
    supplements: Annotated[list[str], asks("the supplements", max_length=10)] = []


class Vary(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Other days than were planned."""

    starts: Annotated[date, asks("the first day")] | None = None
    ends: Annotated[date, asks("the last day")] | None = None


class Pause(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The child is away from `since`. `percent`: the share of the price that is charged meanwhile, for the home's side
    to say; all of it where nothing is said.
    """

    since: Annotated[date, asks("the first day away")]
    percent: Annotated[Decimal, asks("the share of the price that is charged")] | None = None


class Resume(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The child is back: the whole price is charged from that night on."""

    on: Annotated[date, asks("the day the child came back")]


class End(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The day the child left and why (SSDA903). `at_once`: for immediate risk, without a review before (reg 14)."""

    ends: Annotated[date, asks("the day the child left")]
    reason: Annotated[str, asks("the reason", missing="Choose the reason", max_length=10)]
    at_once: Annotated[bool, asks("whether there was immediate risk")] = False


class Cancel(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why the child does not come after all."""

    reason: Annotated[str, asks("the reason", missing="Choose the reason", max_length=40)]


class NoticeNow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it stands."""

    occasion: str
    recipient: str
    label: str
    contents: str
    due_at: datetime
    sent_on: date | None
    how: str | None
    not_practicable: str


class HomeNotice(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """That the host authority was told, or why that was not practicable."""

    occasion: Annotated[Occasion, asks("what is told", missing="Choose what is told")] = "admission"
    sent_on: Annotated[date, asks("the day it was sent")] | None = None
    how: Annotated[How, asks("how it was sent")] | None = None
    not_practicable: Annotated[str, asks("why it was not practicable", max_length=500)] = ""


class HomeNoticeNow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice of the home's as it stands: what it must say, to whom, by when; sent, or why not."""

    occasion: str
    recipient: str
    recipient_gss: str
    label: str
    contents: str
    source: str
    due_at: datetime
    sent_on: date | None
    how: str | None
    not_practicable: str


class ClockNow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is owed after an emergency start. `met_at` null: not yet."""

    code: str
    label: str
    source: str
    started_at: datetime
    due_at: datetime
    met_at: datetime | None


class PlacementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A placement in a list, as one side reads it. Names are not here."""

    id: UUID
    enquiry_id: UUID
    side: str
    stage: str
    kind: str
    emergency: bool
    starts: date
    ends: date | None
    other_id: UUID
    other: str
    request_id: UUID | None
    number: str | None
    subject_id: UUID | None


class PlacementRecord(PlacementRow, frozen=True, kw_only=True):
    """A placement whole. Plan, notices and what is lacking are the placing side's, what the home tells its host
    authority is the home's side's; who people are needs permission.
    """

    revision: int
    series: bool
    agreement_id: UUID | None
    agreement_version: int | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    plan: Plan | None
    notices: list[NoticeNow]
    clocks: list[ClockNow]
    lacking: list[str]
    home_notices: list[HomeNoticeNow]
    child: dict[str, Any] | None
    home: dict[str, Any] | None
    allowed: list[str]
