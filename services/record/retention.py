"""How long things are kept, what is due for deletion, what is held, and deletion that leaves a tombstone.

schedules.csv beside this file holds the periods with their sources (facts B6, J3). `deletion` says how a class ends:
`confirmed` by the officer and deleted that night, `nightly` by its service's own job, `elsewhere` in another system.
What signing in leaves behind has its periods in `careshare.tidying`; it is no record and goes `by_itself`, held or not.
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, tidying
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.kept import DueRecord, Kept
from careshare.service import services
from careshare.web.filters import plural
from services.fostering import public as fostering
from services.record.period import LONDON, a_month_after, key_at, midnight, today
from services.record.queries import names

MOST: Final = 500
"""Records of one class in the due list; the rest follow when these are gone."""
ERASED_AT_ONCE: Final = 5_000
LAST_MOMENT: Final = 4_102_444_800_000
"""Milliseconds to the year 2100: no key of the audit record is later, and an identifier of chance may be."""

STANDING = text("select subject_id, whole_class from record.held(:class)")
HOLDS = text(
    """
select h.id, h.class as name, h.subject_id, h.reference, h.reason, h.until, h.placed_at, h.placed_by, h.lifted_at,
  h.lifted_by, h.lifted_why
from record.hold h where h.authority_id = (select careshare.authority()) and (:id is null or h.id = :id)
order by h.lifted_at is not null, h.id desc limit 500
""".replace(":id", "cast(:id as uuid)")
)
PLACE = text("""
insert into record.hold (authority_id, class, subject_id, reference, reason, until)
values (careshare.authority(), :class, :subject, :reference, :reason, :until) returning id
""")
LIFT = text("""
update record.hold set lifted_at = clock_timestamp(), lifted_by = careshare.actor(), lifted_why = :why
where authority_id = (select careshare.authority()) and id = :id and lifted_at is null returning id
""")
CONFIRMED = text("""
select id, class as name, subject_id from record.disposal
where authority_id = (select careshare.authority()) and ended_at is null order by id for update
""")
WAITING = text("""
select class as name, subject_id from record.disposal where authority_id = (select careshare.authority()) and ended_at is null
""")  # noqa: E501  # one plain statement
CONFIRM = text("""
insert into record.disposal (authority_id, class, subject_id, due_on)
select careshare.authority(), :class, given.id, given.due_on
from unnest(cast(:ids as uuid[]), cast(:due as date[])) as given (id, due_on)
on conflict (authority_id, class, subject_id) where ended_at is null do nothing
""")
ENDED = text("""
update record.disposal set ended_at = clock_timestamp(), outcome = :outcome
where authority_id = (select careshare.authority()) and id = any(:ids)
""")
OLD_DETAIL = text("""
select date_trunc('month', uuid_extract_timestamp(d.entry_id) at time zone 'Europe/London') as month, count(*) as entries
from audit.detail d where d.authority_id = (select careshare.authority()) and d.entry_id < :last
  and (cast(:firsts as uuid[]) is null or exists (
    select from unnest(cast(:firsts as uuid[]), cast(:lasts as uuid[])) as wanted (first, last)
    where d.entry_id >= wanted.first and d.entry_id < wanted.last))
group by 1 order by 1 limit :most
""")  # noqa: E501  # one plain statement
DETAIL_OF = text("""
select d.entry_id from audit.detail d
where d.authority_id = (select careshare.authority()) and d.entry_id >= :first and d.entry_id < :last
  and not exists (select from record.held('audit_detail') h where h.whole_class or h.subject_id = d.entry_id)
order by d.entry_id limit :most
""")


class Schedule(msgspec.Struct, frozen=True):
    """One class of records: how long it is kept, from when, by which rule, and how it ends."""

    name: str = msgspec.field(name="class")
    title: str
    period: int
    unit: Literal["hours", "days", "weeks", "months"]
    trigger: str
    source: str
    deletion: Literal["confirmed", "nightly", "elsewhere", "by_itself"]
    note: str

    @property
    def kept_here(self) -> bool:
        """Whether its records are listed here when they are due, and can be held."""
        return self.deletion in {"confirmed", "nightly"}

    @property
    def length(self) -> str:
        """The period in words: "10 years", "26 weeks"."""
        if self.unit == "months" and self.period % 12 == 0:
            return f"{self.period // 12} years"
        return plural(self.period, self.unit.removesuffix("s"))

    def began_before(self, day: date) -> date:
        """What began on or before this day is at the end of its time on `day`."""
        if self.unit == "months":
            return a_month_after(day, -self.period)
        return day - timedelta(days=self.period * (7 if self.unit == "weeks" else 1))


class Due(msgspec.Struct, frozen=True):
    """A record at the end of its time. `held`: a hold stops its deletion; `confirmed`: it is deleted tonight."""

    name: str = msgspec.field(name="class")
    id: UUID
    reference: str
    began: date
    held: bool
    confirmed: bool


class Hold(msgspec.Struct, frozen=True):
    """A hold. `subject_id` null: every record of the class. It stands until lifted or until its last day is over."""

    id: UUID
    name: str = msgspec.field(name="class")
    subject_id: UUID | None
    reference: str
    reason: str
    until: date | None
    placed_at: datetime
    placed_by: str | None
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_why: str | None

    @property
    def stands(self) -> bool:
        """Whether it stops deletion today."""
        return self.lifted_at is None and (self.until is None or self.until >= today())


@cache
def schedules() -> tuple[Schedule, ...]:
    """Every class, in the files' order. Raises msgspec.ValidationError naming what is wrong with a line."""
    read = (files("services.record") / "schedules.csv").read_text(encoding="utf-8")
    ours = tuple(msgspec.convert(row, Schedule, strict=False) for row in csv.DictReader(read.splitlines()))
    return (*ours, *(_by_itself(one) for one in tidying.periods()))


def _by_itself(one: tidying.Period) -> Schedule:
    return Schedule(
        name=one.name,
        title=one.title,
        period=one.period,
        unit=one.unit,
        trigger=one.trigger,
        source=one.source,
        deletion="by_itself",
        note=one.note,
    )


def schedule(name: str) -> Schedule:
    """The schedule of a class that is kept here. Raises NotFound."""
    found = next((one for one in schedules() if one.name == name and one.kept_here), None)
    if found is None:
        raise NotFound
    return found


async def due(uow: Uow, name: str | None = None) -> list[Due]:
    """What is at the end of its time today, by class and oldest first; at most `MOST` of each class."""
    waiting = {(row.name, row.subject_id) for row in await uow.execute(WAITING)}
    found: list[Due] = []
    for kept in _kept():
        if name not in {None, kept.name}:
            continue
        whole, held = await _held(uow, kept.name)
        for one in await kept.due(uow, schedule(kept.name).began_before(today()), MOST, None):
            stopped = whole or one.id in held
            found.append(Due(kept.name, one.id, one.reference, one.began, stopped, (kept.name, one.id) in waiting))
    return found


async def confirm(uow: Uow, name: str, ids: Sequence[UUID]) -> int:
    """Have these records of a class deleted tonight. How many were confirmed by this.

    Raises NotFound for a class that is not kept here, Conflict for one that is deleted without being confirmed, and
    Invalid where one of them is not due or is held.
    """
    one = schedule(name)
    if one.deletion != "confirmed":
        raise Conflict("These are deleted each night without being confirmed.")
    kept = next(kept for kept in _kept() if kept.name == name)
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise Invalid(errors=[FieldError("ids", "Select what is to be deleted")])
    there = {row.id: row for row in await kept.due(uow, one.began_before(today()), len(wanted), wanted)}
    whole, held = await _held(uow, name)
    if whole or held & set(wanted):
        raise Conflict("A hold stops the deletion of what you selected. Lift the hold first, or leave the record out.")
    if len(there) < len(wanted):
        raise Conflict("Something you selected is not due for deletion any more. Look at the list again.")
    await uow.execute(CONFIRM, {"class": name, "ids": wanted, "due": [there[one].began for one in wanted]})
    await audit.record(uow, "record.deletion_confirmed", subjects=wanted, after={"class": name})
    return len(wanted)


async def delete_confirmed(uow: Uow) -> int:
    """Delete what was confirmed and is still due and not held. How many records were deleted."""
    by_class: dict[str, list[tuple[UUID, UUID]]] = {}
    for row in await uow.execute(CONFIRMED):
        by_class.setdefault(row.name, []).append((row.id, row.subject_id))
    deleted = 0
    for kept in _kept():
        waiting = by_class.get(kept.name, [])
        if not waiting:
            continue
        whole, held = await _held(uow, kept.name)
        ids = [subject for _, subject in waiting]
        due_now = {one.id for one in await kept.due(uow, schedule(kept.name).began_before(today()), len(ids), ids)}
        free = [subject for subject in ids if subject in due_now and not whole and subject not in held]
        gone = set(await kept.delete(uow, free)) if free else set[UUID]()
        if gone:
            said = {"class": kept.name, "records": len(gone), "kept_for": schedule(kept.name).length}
            await audit.record(uow, "record.deleted", subjects=sorted(gone), after=said)
        outcomes: dict[str, list[UUID]] = {"deleted": [], "held": [], "not_due": []}
        for disposal, subject in waiting:
            stopped = whole or subject in held
            outcomes["deleted" if subject in gone else "held" if stopped else "not_due"].append(disposal)
        for outcome, disposals in outcomes.items():
            await uow.execute(ENDED, {"outcome": outcome, "ids": disposals})
        deleted += len(gone)
    return deleted


async def holds(uow: Uow, hold_id: UUID | None = None) -> list[Hold]:
    """The authority's holds, those that stand first."""
    rows = (await uow.execute(HOLDS, {"id": hold_id})).mappings().all()
    people = await names(uow, (one for row in rows for one in (row["placed_by"], row["lifted_by"]) if one))
    found: list[Hold] = []
    for row in rows:
        values: dict[str, Any] = dict(row)
        values |= {name: people.get(row[name]) for name in ("placed_by", "lifted_by")}
        found.append(Hold(**values))
    return found


async def place_hold(uow: Uow, name: str, *, reference: str | None, reason: str, until: date | None = None) -> UUID:
    """Stop the deletion of one record, or without a reference of the whole class. Raises NotFound, Invalid.

    A household is named by its reference, anything else by its identifier.
    """
    schedule(name)
    subject = None if not reference else await _subject(uow, name, reference)
    if until is not None and until < today():
        raise Invalid(errors=[FieldError("until", "The last day of the hold must be today or in the future")])
    given = {"class": name, "subject": subject, "reference": reference or "", "reason": reason, "until": until}
    made: UUID = (await uow.execute(PLACE, given)).scalar_one()
    after = {"class": name, "reason": reason, "until": until}
    await audit.record(uow, "record.hold_placed", subjects=[made, *([subject] if subject else [])], after=after)
    return made


async def lift_hold(uow: Uow, hold_id: UUID, why: str) -> None:
    """Let deletion take its course again. Raises NotFound, and Conflict where it was lifted before."""
    found = await holds(uow, hold_id)
    if not found:
        raise NotFound
    if (await uow.execute(LIFT, {"id": hold_id, "why": why})).first() is None:
        raise Conflict("This hold has been lifted already.")
    subject = found[0].subject_id
    await audit.record(
        uow, "record.hold_lifted", subjects=[hold_id, *([subject] if subject else [])], after={"why": why}
    )


async def _subject(uow: Uow, name: str, reference: str) -> UUID:
    if name == "household":
        household = await fostering.with_reference(uow, reference)
        if household is None:
            raise Invalid(errors=[FieldError("reference", "No household of your register has this reference")])
        return household
    try:
        return UUID(reference)
    except ValueError:
        message = "Enter the identifier of the record, as the due list or the audit record shows it"
        raise Invalid(errors=[FieldError("reference", message)]) from None


async def _held(uow: Uow, name: str) -> tuple[bool, set[UUID]]:
    rows = (await uow.execute(STANDING, {"class": name})).all()
    return any(row.whole_class for row in rows), {row.subject_id for row in rows if row.subject_id}


async def due_detail(uow: Uow, before: date, most: int, ids: Sequence[UUID] | None = None) -> list[DueRecord]:
    """Months of the audit record whose criteria, before and after are at their end; a month's id is its first key."""
    # Whole months alone: what begins a month that has not ended by `before` is not due.
    given: dict[str, Any] = {"last": key_at(midnight((before + timedelta(days=1)).replace(day=1))), "most": most}
    months = None if ids is None else _months(ids)
    given["firsts"] = None if months is None else list(months)
    given["lasts"] = None if months is None else [key_at(midnight(a_month_after(one))) for one in months.values()]
    found: list[DueRecord] = []
    for row in await uow.execute(OLD_DETAIL, given):
        month: date = row.month.date()
        ends = a_month_after(month) - timedelta(days=1)
        found.append(DueRecord(key_at(midnight(month)), f"{month:%B %Y}: {row.entries:,} entries", ends))
    return found


def _months(keys: Sequence[UUID]) -> dict[UUID, date]:
    """The months that these keys stand for; whatever is none is left out."""
    read = {key: _month_of(key) for key in keys}
    return {key: month for key, month in read.items() if month is not None}


def _month_of(key: UUID) -> date | None:
    """The first day of the month that a key made by `due_detail` stands for; None for any other identifier."""
    milliseconds = key.int >> 80
    if milliseconds > LAST_MOMENT:
        return None
    day = datetime.fromtimestamp(milliseconds / 1000, LONDON).date()
    return day if day.day == 1 and key_at(midnight(day)) == key else None


async def delete_detail(uow: Uow, ids: Sequence[UUID]) -> list[UUID]:
    """Erase the detail of these months. Each batch leaves an entry `erased` that names the entries."""
    months = _months(ids)
    for first in months.values():
        keys = {
            "first": key_at(midnight(first)),
            "last": key_at(midnight(a_month_after(first))),
            "most": ERASED_AT_ONCE,
        }
        while entries := (await uow.execute(DETAIL_OF, keys)).scalars().all():
            await audit.erase(uow, entries, reason="end of retention")
    return list(months)


DETAIL: Final = Kept("audit_detail", due_detail, delete_detail)


@cache
def _kept() -> tuple[Kept, ...]:
    found = {kept.name: kept for service in services() for kept in service.kept}
    return tuple(found[one.name] for one in schedules() if one.name in found)
