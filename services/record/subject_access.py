"""A person's request for their own data (UK GDPR Article 15): opened, reviewed item by item, given as a package.

What tells something of somebody else is left out of the package unless the officer decides to give it. The data is read
anew each time; only the decisions are kept. The time is one month from receipt, extendable by two (Article 12(3)).
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from careshare.kept import Subject, SubjectData, SubjectItem, SubjectKind
from careshare.service import services
from careshare.web.filters import long_date, plural
from services.fostering import public as fostering
from services.record.period import a_month_after, bounds, today
from services.record.queries import names, viewers

LONGEST: Final = 3
"""Months from receipt when the time was extended."""
SINCE: Final = date(2020, 1, 1)
"""Nothing was recorded before."""

REQUESTS = text("""
select r.id, r.reference, r.kind, r.subject_id, r.received_on, r.extended_on, r.extended_why, r.opened_at, r.opened_by,
  r.sent_at
from record.subject_request r where r.authority_id = (select careshare.authority())
  and (cast(:id as uuid) is null or r.id = cast(:id as uuid))
order by r.sent_at is not null, r.id desc limit 500
""")
OPEN = text("""
insert into record.subject_request (authority_id, reference, kind, subject_id, received_on)
values (careshare.authority(), :reference, :kind, :subject, :received_on) returning id
""")
DECISIONS = text("""
select item, keep from record.subject_decision
where authority_id = (select careshare.authority()) and request_id = :request
""")
DECIDE = text("""
insert into record.subject_decision (authority_id, request_id, item, keep)
select careshare.authority(), :request, given.item, given.keep
from unnest(cast(:items as text[]), cast(:keep as boolean[])) as given (item, keep)
on conflict (authority_id, request_id, item) do update
  set keep = excluded.keep, decided_at = clock_timestamp(), decided_by = careshare.actor()
""")
EXTEND = text("""
update record.subject_request set extended_on = :today, extended_why = :why
where authority_id = (select careshare.authority()) and id = :id and extended_on is null and sent_at is null
returning id
""")
SENT = text("""
update record.subject_request set sent_at = clock_timestamp(), sent_by = careshare.actor()
where authority_id = (select careshare.authority()) and id = :id and sent_at is null returning id
""")


class Request(msgspec.Struct, frozen=True):
    """A request as it stands. `due_on` is the last day on which it can be answered in time."""

    id: UUID
    reference: str
    kind: SubjectKind
    subject_id: UUID
    received_on: date
    due_on: date
    extended_on: date | None
    extended_why: str | None
    opened_at: datetime
    opened_by: str | None
    sent_at: datetime | None

    @property
    def days_left(self) -> int:
        """Days until it is due; below 0 when it is late."""
        return (self.due_on - today()).days


class Reviewed(msgspec.Struct, frozen=True):
    """An item and whether it is given. Null: it tells of somebody else and nobody has decided, so it is redacted."""

    item: SubjectItem
    given: bool | None


async def find(uow: Uow, who: str) -> list[Subject]:
    """Whom the authority's own registers know by this name or reference; on the record as looked for."""
    named: dict[object, Subject] = {}
    for data in _data():
        for subject in await data.find(uow, who):
            # A child with one reference in two registers is one child; every register is then asked by the reference.
            # Another name by the same reference is another authority's child, whose references are its own.
            child = subject.kind == "child" and subject.references
            key: object = subject.references[0].lower() if child else subject.id
            known = named.get(key)
            if known is not None and known.name and subject.name and known.name.lower() != subject.name.lower():
                key = (key, subject.name.lower())
            named.setdefault(key, subject)
    found = list(named.values())
    ids = [subject.id for subject in found]
    await audit.record(uow, "subject_access.looked_for", subjects=ids, criteria={"who": who})
    return found


async def requests(uow: Uow, request_id: UUID | None = None) -> list[Request]:
    """The authority's requests, those still to be answered first; at most five hundred."""
    rows = (await uow.execute(REQUESTS, {"id": request_id})).mappings().all()
    people = await names(uow, [row["opened_by"] for row in rows])
    found: list[Request] = []
    for row in rows:
        values: dict[str, Any] = dict(row)
        values["due_on"] = a_month_after(row["received_on"], LONGEST if row["extended_on"] else 1)
        values["opened_by"] = people.get(row["opened_by"])
        found.append(Request(**values))
    return found


async def request(uow: Uow, request_id: UUID) -> Request:
    """One request. Raises NotFound."""
    found = await requests(uow, request_id)
    if not found:
        raise NotFound
    return found[0]


async def open_request(uow: Uow, *, reference: str, kind: SubjectKind, subject_id: UUID, received_on: date) -> UUID:
    """Begin to answer a request; its month runs from the day it was received. Raises Invalid."""
    errors: list[FieldError] = []
    if received_on > today():
        errors.append(FieldError("received_on", "The date the request was received must be today or in the past"))
    if await _described(uow, kind, subject_id) is None:
        errors.append(FieldError("subject_id", "Nobody in your registers is meant by this. Look for the person again"))
    if errors:
        raise Invalid(errors=errors)
    given = {"reference": reference, "kind": kind, "subject": subject_id, "received_on": received_on}
    made: UUID = (await uow.execute(OPEN, given)).scalar_one()
    await audit.record(uow, "subject_access.opened", subjects=[made, subject_id], after={"received_on": received_on})
    return made


async def subject_of(uow: Uow, one: Request) -> Subject | None:
    """Who is meant; None for somebody who is not in the registers any more."""
    return await _described(uow, one.kind, one.subject_id)


async def review(uow: Uow, one: Request) -> list[Reviewed]:
    """Every item held of the person now, with what was decided."""
    subject = await subject_of(uow, one)
    if subject is None:
        return []
    items = [item for data in _data() for item in await data.collect(uow, subject)]
    items += await _recipients(uow, subject)
    decided = {row.item: bool(row.keep) for row in await uow.execute(DECISIONS, {"request": one.id})}
    return [Reviewed(item, decided.get(item.key) if item.about_others else True) for item in items]


async def open_review(uow: Uow, one: Request) -> list[Reviewed]:
    """The same for a person to look at, on the record as looked at."""
    items = await review(uow, one)
    await audit.record(uow, "subject_access.reviewed", subjects=[one.id, one.subject_id], after={"items": len(items)})
    return items


async def decide(uow: Uow, one: Request, keep: Sequence[str], items: Sequence[str]) -> int:
    """Give those of the `items` shown that are in `keep`, redact the others. How many were decided. Raises Conflict."""
    _still_open(one)
    others = [found.item.key for found in await review(uow, one) if found.item.about_others]
    decided = [key for key in others if key in set(items)]
    if decided:
        wanted = set(keep)
        given = {"request": one.id, "items": decided, "keep": [key in wanted for key in decided]}
        await uow.execute(DECIDE, given)
        kept = len(wanted & set(decided))
        after = {"given": kept, "redacted": len(decided) - kept}
        await audit.record(uow, "subject_access.decided", subjects=[one.id], after=after)
    return len(decided)


async def extend(uow: Uow, one: Request, why: str) -> None:
    """Take two months more: complex, or several requests; the person is told why within the first. Raises Conflict."""
    _still_open(one)
    if one.days_left < 0 or (await uow.execute(EXTEND, {"id": one.id, "why": why, "today": today()})).first() is None:
        raise Conflict("The time can be extended once, within the first month.")
    await audit.record(uow, "subject_access.extended", subjects=[one.id], after={"why": why})


async def mark_sent(uow: Uow, one: Request) -> None:
    """Say that the package was given to the person, which ends the clock. Raises Conflict."""
    if (await uow.execute(SENT, {"id": one.id})).first() is None:
        raise Conflict("This request was answered already.")
    await audit.record(uow, "subject_access.sent", subjects=[one.id, one.subject_id])


async def export(uow: Uow, one: Request, form: str) -> list[Reviewed]:
    """The items for a package, on the record as exported. `form` is "json" or "pdf"."""
    items = await review(uow, one)
    after = {"form": form, "items": len(items), "redacted": sum(not item.given for item in items)}
    await audit.record(uow, "subject_access.exported", subjects=[one.id, one.subject_id], after=after)
    return items


async def _recipients(uow: Uow, subject: Subject) -> list[SubjectItem]:
    household = None if subject.kind == "child" else await fostering.household_of(uow, subject.id)
    if household is None:
        return []
    return [
        SubjectItem(
            f"recipient:{one.authority_id}",
            "Who was shown your home’s vacancy notice",
            one.authority,
            f"{plural(one.times, 'time')}, last on {long_date(one.last_at)}. The notice names nobody and no address.",
        )
        for one in await viewers(uow, bounds(SINCE, None), household=household)
    ]


async def _described(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
    for data in _data():
        found = await data.describe(uow, kind, subject_id)
        if found is not None:
            return found
    return None


def _still_open(one: Request) -> None:
    if one.sent_at is not None:
        raise Conflict("This request was answered. Open a new one for what follows.")


@cache
def _data() -> tuple[SubjectData, ...]:
    return tuple(service.subject_data for service in services() if service.subject_data is not None)
