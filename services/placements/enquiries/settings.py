"""What an authority settles for itself about enquiries and holds, and the clocks as it has them."""

from datetime import time
from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import RowMapping, text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, PreconditionFailed
from careshare.web import asks
from services.placements.clocks import Own, Part

CHANGE = text("""
update placements.setting set most_enquiries = :most_enquiries, most_holds = :most_holds,
  holds_by_itself = :holds_by_itself, own_children_first = make_interval(mins => :own_children_first),
  hold_by_day = make_interval(hours => :hold_by_day), hold_by_night = make_interval(hours => :hold_by_night),
  hold_planned = make_interval(days => :hold_planned), day_from = :day_from, day_until = :day_until,
  answer_emergency = make_interval(hours => :answer_emergency), answer_planned = make_interval(days => :answer_planned),
  version = version + 1
where authority_id = (select careshare.authority()) and version = :version returning version
""")
# Defaults are the columns': what was never settled reads as they do.
ROW = text("""
select most_enquiries, most_holds, holds_by_itself, day_from, day_until, version,
  extract(epoch from own_children_first)::int / 60 as own_children_first,
  extract(epoch from hold_by_day)::int / 3600 as hold_by_day,
  extract(epoch from hold_by_night)::int / 3600 as hold_by_night, extract(epoch from hold_planned)::int / 86400
    as hold_planned,
  extract(epoch from answer_emergency)::int / 3600 as answer_emergency,
  extract(epoch from answer_planned)::int / 86400 as answer_planned
from placements.settings_of(careshare.authority())
""")
DAY: Final = 24
MOST_DAYS: Final = 60


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many at once, for how long, and when it is day. A planned answer is counted in working days."""

    most_enquiries: Annotated[int, asks("how many homes may be asked at once", ge=1, le=50)] = 5
    most_holds: Annotated[int, asks("how many places may be kept for a child at once", ge=1, le=10)] = 2
    holds_by_itself: Annotated[
        bool, asks("whether others may keep a place without asking", missing="Select whether others may keep a place")
    ] = False
    own_children_first: Annotated[int, asks("the minutes for your own children", ge=0, le=24 * 60)] = 15
    hold_by_day: Annotated[int, asks("the hours by day", ge=1, le=72)] = 4
    hold_by_night: Annotated[int, asks("the hours by night", ge=1, le=72)] = 16
    hold_planned: Annotated[int, asks("the days for a planned move", ge=1, le=MOST_DAYS)] = 5
    day_from: Annotated[time, asks("when your day begins")] = time(8)
    day_until: Annotated[time, asks("when your day ends")] = time(20)
    answer_emergency: Annotated[int, asks("the hours for an emergency answer", ge=1, le=DAY)] = 1
    answer_planned: Annotated[int, asks("the working days for a planned answer", ge=1, le=MOST_DAYS)] = 3


class SettingsRecord(Settings, frozen=True, kw_only=True):
    """The settings as they stand."""

    version: int


def _record(row: RowMapping) -> SettingsRecord:
    return SettingsRecord(**row)


async def read(uow: Uow) -> SettingsRecord:
    """The bound authority's settings; the defaults where it has settled nothing."""
    return _record((await uow.execute(ROW)).mappings().one())


async def change(uow: Uow, version: int, wanted: Settings) -> SettingsRecord:
    """Settle them anew, on the record. Raises Invalid, PreconditionFailed where somebody else did meanwhile."""
    if wanted.day_from >= wanted.day_until:
        message = "When your day ends must be after it begins"
        raise Invalid(message, errors=[FieldError("day_until", message)])
    before = await read(uow)
    given: dict[str, Any] = {name: getattr(wanted, name) for name in Settings.__struct_fields__}
    if (await uow.execute(CHANGE, {**given, "version": version})).scalar_one_or_none() is None:
        raise PreconditionFailed
    after = await read(uow)
    await audit.record(uow, "placement_setting.changed", before=before, after=after)
    return after


async def own(uow: Uow) -> Own:
    """The clocks as the bound authority has them (`clocks.due`)."""
    found = await read(uow)
    lengths: dict[tuple[str, Part], int] = {
        ("enquiry_emergency", "day"): found.answer_emergency,
        ("enquiry_planned", "any"): found.answer_planned,
        ("own_children_first", "any"): found.own_children_first,
        ("hold", "day"): found.hold_by_day,
    }
    return Own(day_begins=found.day_from, day_ends=found.day_until, lengths=lengths)
