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
  morning = :morning, telephone_answer = make_interval(days => :telephone_answer),
  telephone_approval = make_interval(days => :telephone_approval),
  consent_emergency = make_interval(hours => :consent_emergency),
  consent_planned = make_interval(days => :consent_planned), referral_whole = make_interval(days => :referral_whole),
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
  extract(epoch from answer_planned)::int / 86400 as answer_planned, morning,
  extract(epoch from telephone_answer)::int / 86400 as telephone_answer,
  extract(epoch from telephone_approval)::int / 86400 as telephone_approval,
  extract(epoch from consent_emergency)::int / 3600 as consent_emergency,
  extract(epoch from consent_planned)::int / 86400 as consent_planned,
  extract(epoch from referral_whole)::int / 86400 as referral_whole
from placements.settings_of(careshare.authority())
""")
DAY: Final = 24
"""Hours."""
MOST_DAYS: Final = 60


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many at once, for how long, and when it is day.

    Planned answers and consents, answers and approvals by telephone and whole referrals are counted in working days;
    `morning` is the hour by which what was asked in the night is answered.
    """

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
    morning: Annotated[int, asks("the hour of the morning", ge=5, le=12)] = 9
    telephone_answer: Annotated[int, asks("the working days for an answer by telephone", ge=1, le=MOST_DAYS)] = 1
    telephone_approval: Annotated[int, asks("the working days for an approval by telephone", ge=1, le=MOST_DAYS)] = 1
    consent_emergency: Annotated[int, asks("the hours for a consent in an emergency", ge=1, le=DAY)] = 1
    consent_planned: Annotated[int, asks("the working days for a consent", ge=1, le=MOST_DAYS)] = 3
    referral_whole: Annotated[int, asks("the working days for a whole referral", ge=1, le=MOST_DAYS)] = 5


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
    return own_of(found)


def own_of(found: Settings) -> Own:
    """The clocks by these settings."""
    lengths: dict[tuple[str, Part], int] = {
        ("enquiry_emergency", "day"): found.answer_emergency,
        ("enquiry_emergency", "night"): found.morning,
        ("enquiry_planned", "any"): found.answer_planned,
        ("own_children_first", "any"): found.own_children_first,
        ("hold", "day"): found.hold_by_day,
        ("hold", "night"): found.hold_by_night,
        ("hold", "weekend"): found.hold_by_night,
        ("hold_planned", "any"): found.hold_planned * DAY,
        ("telephone_answer", "any"): found.telephone_answer,
        ("telephone_approval", "any"): found.telephone_approval,
        ("consent_emergency", "day"): found.consent_emergency,
        ("consent_emergency", "night"): found.morning,
        ("consent_planned", "any"): found.consent_planned,
        ("referral_whole", "any"): found.referral_whole,
    }
    return Own(day_begins=found.day_from, day_ends=found.day_until, lengths=lengths)
