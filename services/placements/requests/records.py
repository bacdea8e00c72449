"""A request as its own authority reads it, whole and in a list."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from services.placements.need import Sex
from services.placements.requests.model import ChildNeed, Identity, Kind, RequestNeed, Stage


class ChildRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A child of a request. `identity` is null for whoever may not read who the child is; `known` then names the fields
    that are filled. `home_area` is the outward code of the home.
    """

    id: UUID
    position: int
    age: int
    sex: Sex
    home_area: str | None
    need: ChildNeed
    known: list[str]
    identity: Identity | None


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a request: from which stage to which, with its coded outcome and reason. `made_by` null: they left."""

    step: str
    stage: Stage
    next_stage: Stage
    outcome: str | None
    reason: str | None
    note: str
    at: datetime
    made_by: str | None


class RequestRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A request whole. `steps` the latest last; `allowed` what may be done next. Names are those of colleagues."""

    id: UUID
    number: str
    kind: Kind
    stage: Stage
    starts: date
    ends: date | None
    need: RequestNeed
    children: list[ChildRecord]
    version: int
    made_at: datetime
    made_by: str | None
    held_by_id: UUID
    held_by: str | None
    opened_at: datetime | None
    ended_at: datetime | None
    allowed: list[str]
    steps: list[StepRecord]


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request in a list. `due_on`: the last day on which an emergency one must be made complete."""

    id: UUID
    number: str
    kind: Kind
    stage: Stage
    starts: date
    ages: list[int]
    sexes: list[Sex]
    references: list[str]
    made_at: datetime
    opened_at: datetime | None
    ended_at: datetime | None
    held_by: str | None
    lacking: int
    due_on: date | None


class Ruling(msgspec.Struct, frozen=True):
    """Words found in a text that its author let stand; `digest` is of the text as it was."""

    child_id: UUID | None
    field: str
    digest: str
    first: int
    last: int
    kind: str
    why: str
    at: datetime
    made_by: UUID
