"""What is sent about changes, and how a flag is read."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from careshare.web import asks

Recorded = Literal["court_order", "legal_status", "care_plan"]
"""The changes of changes.csv that a person records."""


class Clear(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a flag needs nobody any more."""

    reason: Annotated[str, asks("the reason", missing="Choose the reason", max_length=40)]
    note: Annotated[str, asks("the note", max_length=500)] = ""


class PlanChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What changed about a child's plan, and from when. Nothing of what the court said stands here."""

    change: Annotated[Recorded, asks("what has changed", missing="Choose what has changed")]
    on: Annotated[date, asks("the day it changed")]
    child_ids: Annotated[list[UUID], asks("which children")] = []
    """Of a request: which of its children; all of them where none is named."""


class FlagRow(msgspec.Struct, frozen=True, kw_only=True):
    """A flag, as its own authority reads it. Nobody's name is in it."""

    id: UUID
    subject: Literal["request", "enquiry", "hold", "placement"]
    change: str
    label: str
    on_day: date | None
    raised_at: datetime
    due_at: datetime
    """By when somebody is to have looked at it."""
    roles: list[str]
    side: Literal["placing", "providing"]
    other: str | None
    """The other authority of the enquiry or the placement; null for one's own home, and for a request."""
    number: str | None
    request_id: UUID | None
    enquiry_id: UUID | None
    hold_id: UUID | None
    placement_id: UUID | None
    outside_placement_id: UUID | None
    """A placement with a provider outside Careshare."""
    cleared_at: datetime | None
    reason: str | None
    reason_label: str | None
    note: str


class FlagRecord(FlagRow, frozen=True, kw_only=True):
    """A flag whole: what to do about it, where that is written, and who cleared it."""

    advice: str
    source: str
    cleared_by: str | None
