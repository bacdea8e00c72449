"""How long things are kept, what is due, what was confirmed, and holds."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from careshare.access import needs
from careshare.database import Uow
from careshare.http import problems
from services.record import retention
from services.record.api.common import TAGS, Text
from services.record.retention import Due, Hold, Schedule

MANAGE: Final = needs("retention:manage")


class ScheduleList(msgspec.Struct, frozen=True):
    """Every class of records and how long it is kept."""

    items: list[Schedule]


class DueList(msgspec.Struct, frozen=True):
    """What is at the end of its time, at most five hundred of each class."""

    items: list[Due]


class HoldList(msgspec.Struct, frozen=True):
    """Holds, those that stand first."""

    items: list[Hold]


class Confirmation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Records of one class to be deleted tonight."""

    name: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="class")
    ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=500)]


class Confirmed(msgspec.Struct, frozen=True):
    """How many records are deleted tonight by this confirmation."""

    confirmed: int


class NewHold(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A hold on one record, or without `reference` on the whole class."""

    name: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="class")
    reference: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    reason: Text
    until: date | None = None


class Lifting(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a hold is lifted."""

    why: Text


@get(
    "/record/retention-schedules",
    opt=MANAGE,
    operation_id="listRetentionSchedules",
    summary="List how long each class of records is kept, and by which rule",
    tags=TAGS,
    responses=problems(),
)
async def list_schedules() -> ScheduleList:
    return ScheduleList(list(retention.schedules()))


@get(
    "/record/due-deletions",
    opt=MANAGE,
    operation_id="listDueDeletions",
    summary="List what is due for deletion",
    tags=TAGS,
    responses=problems(),
)
async def list_due(uow: NamedDependency[Uow]) -> DueList:
    return DueList(await retention.due(uow))


@post(
    "/record/due-deletions/confirm",
    opt=MANAGE,
    operation_id="confirmDeletions",
    summary="Have records at the end of their time deleted tonight",
    description="What is held is refused. Each deletion leaves an entry in the audit record, with identifiers only.",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409),
)
async def confirm_deletions(uow: NamedDependency[Uow], data: JSONBody[Confirmation]) -> Confirmed:
    return Confirmed(await retention.confirm(uow, data.name, data.ids))


@get(
    "/record/holds",
    opt=MANAGE,
    operation_id="listHolds",
    summary="List holds that stop deletion",
    tags=TAGS,
    responses=problems(),
)
async def list_holds(uow: NamedDependency[Uow]) -> HoldList:
    return HoldList(await retention.holds(uow))


@post(
    "/record/holds",
    opt=MANAGE,
    operation_id="placeHold",
    summary="Stop the deletion of a record or of a class",
    tags=TAGS,
    responses=problems(404),
)
async def place_hold(uow: NamedDependency[Uow], data: JSONBody[NewHold]) -> Hold:
    made = await retention.place_hold(uow, data.name, reference=data.reference, reason=data.reason, until=data.until)
    return (await retention.holds(uow, made))[0]


@post(
    "/record/holds/{hold_id:uuid}/lift",
    opt=MANAGE,
    operation_id="liftHold",
    summary="Let deletion take its course again",
    tags=TAGS,
    status_code=200,
    responses=problems(404, 409),
)
async def lift_hold(uow: NamedDependency[Uow], hold_id: FromPath[UUID], data: JSONBody[Lifting]) -> Hold:
    await retention.lift_hold(uow, hold_id, data.why)
    return (await retention.holds(uow, hold_id))[0]


handlers: Final = (list_schedules, list_due, confirm_deletions, list_holds, place_hold, lift_hold)
