"""What is sent about a placement outside Careshare, and how it is read."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from careshare.web import asks
from services.placements.placed.model import NoticeNow, Plan

STEPS = Literal[
    "make_ready",
    "unready",
    "start",
    "vary",
    "give_notice",
    "review_to_end",
    "keep",
    "end",
    "end_at_once",
    "cancel",
]


class Where(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The home in which the child is to live, as its provider told it."""

    home: Annotated[str, asks("the carers or the home", min_length=1, max_length=120)]
    address: Annotated[str, asks("the address", max_length=300)] = ""
    postcode: Annotated[str, asks("the postcode", min_length=1, max_length=10)]
    contact: Annotated[str, asks("whom to ring", max_length=120)] = ""


class NewOutside(Where, forbid_unknown_fields=True, kw_only=True):
    """A placement to be planned with a provider that offered: which child, which home, from when, at which price."""

    child_id: Annotated[UUID, asks("the child", missing="Choose the child")]
    starts: Annotated[date, asks("the day the child is to come")]
    ends: Annotated[date, asks("the last day, where one is planned")] | None = None
    weekly: Annotated[Decimal, asks("the weekly price")]


class Price(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What it costs a week, from a day on."""

    since: Annotated[date, asks("the first day")]
    weekly: Annotated[Decimal, asks("the weekly price")]


class Approve(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the law wants done before a home outside the area is approved (CPPCR reg 11(2))."""

    relatives_consulted: Annotated[bool, asks("whether relatives were consulted")] = False
    wishes_heard: Annotated[bool, asks("whether the child’s wishes were heard")] = False
    reviewing_officer_told: Annotated[bool, asks("whether the reviewing officer was told")] = False
    area_told: Annotated[bool, asks("whether the authority of the area was told or consulted")] = False


class OutsideStep(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One step. `day`: of coming or leaving, or another first day; `ends`: another last day; `reason`: why it ended
    (SSDA903) or is cancelled.
    """

    step: STEPS
    day: Annotated[date, asks("the day")] | None = None
    ends: Annotated[date, asks("the last day")] | None = None
    reason: Annotated[str, asks("the reason", max_length=40)] = ""


class OutsidePlacementRow(msgspec.Struct, frozen=True, kw_only=True):
    """A placement outside in a list. Names are not here."""

    id: UUID
    outside_enquiry_id: UUID
    request_id: UUID
    number: str
    stage: str
    kind: str
    emergency: bool
    provider: str
    urn: str | None
    starts: date
    ends: date | None


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A weekly price in pounds, from a day on."""

    since: date
    weekly: Decimal


class OutsidePlacementRecord(OutsidePlacementRow, frozen=True, kw_only=True):
    """A placement outside whole. Who the child is and where it lives need permission. `approve_by`: when the approval
    that an emergency put off is due.
    """

    revision: int
    route: str
    area_gss: str
    approved_at: datetime | None
    approved_role: str | None
    approve_by: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    plan: Plan | None
    prices: list[Priced]
    notices: list[NoticeNow]
    lacking: list[str]
    child: dict[str, Any] | None
    home: dict[str, Any] | None
    allowed: list[str]


class MonthCost(msgspec.Struct, frozen=True, kw_only=True):
    """What placements outside of one kind cost in a month: nights, and pounds to the penny."""

    month: date
    kind: str
    children: int
    nights: int
    cost: Decimal
