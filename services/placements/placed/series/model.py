"""What is sent about the stays of a series, and how they read."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from careshare.web import asks

MOST: Final = 60
"""Stays that are agreed at one time: more than a year of weekends was mistyped."""


class Days(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The days of one stay: the day of arrival, and that of leaving."""

    starts: Annotated[date, asks("the day the child comes")]
    ends: Annotated[date, asks("the day the child leaves")]


class Adding(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Stays to be agreed, all of them or none."""

    stays: Annotated[list[Days], msgspec.Meta(min_length=1, max_length=MOST)]


class Left(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The day the child left."""

    ends: Annotated[date, asks("the day the child left")]


class BreakRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stay. `nights` counts the day of arrival and not that of leaving; `bank_holidays` are those among them."""

    id: UUID
    placement_id: UUID
    stage: str
    starts: date
    ends: date
    nights: int
    bank_holidays: list[date]
    started_at: datetime | None
    ended_at: datetime | None
    revision: int
    allowed: list[str]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The stays of a placement, the first to begin first. `nights`: the most within any 12 months; `beyond`: limits
    that they pass and that stand in nobody's way.
    """

    stays: list[BreakRow]
    nights: int
    most: int
    beyond: list[str]
    may_add: bool
