"""The matching record of a placement on paper: why this home, who was considered, who decided what, in which order.

Each side prints its own: names of deciders and reasons are its own side's alone, who the people are as far as it may
read them. A confidential address is never in it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.web.filters import clock, long_date, role
from services.placements.enquiries.pages.disclosed import child_identity, home_identity
from services.placements.enquiries.pages.words import KINDS
from services.placements.matches import queries as matches
from services.placements.matches import rules
from services.placements.placed.agreement import WITHHELD
from services.placements.placed.model import PlacementRecord
from services.placements.placed.pages import words
from services.placements.placed.paper import Printed, Row, Section
from services.placements.queries import names, today

DECIDED = text("""
select c.kind, c.by_id, c.decider_name, c.required, c.state, c.asked_at, c.due_at, c.decided_at, c.decided_role,
  c.by_telephone, c.confirm_by, c.confirmed_at, a.actor_id, a.heard_from, careshare.authority() as me
from placements.consent c
left join lateral (select n.actor_id, n.heard_from from placements.consent_answer n
  where n.by_id = (select careshare.authority()) and n.consent_id = c.id and n.answer in ('given', 'refused')
  order by n.id desc limit 1) a on true
where c.enquiry_id = :enquiry
""")
WAY = text("""
select step, at, by_telephone from placements.step
where enquiry_id = :enquiry and machine = 'enquiry' order by id
""")
CONSIDERED = text("""
select o.name as whom, e.kind, e.stage as said, e.sent_at as asked_at
from placements.asked mine
join placements.asked a on a.authority_id = mine.authority_id and a.request_id = mine.request_id
join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
join tenants.authority o on o.id = e.providing_id
where mine.authority_id = (select careshare.authority()) and mine.enquiry_id = :enquiry and e.id <> :enquiry
union all
select x.provider, x.kind, coalesce((
    select w.answer from placements.outside_answer w
    where w.authority_id = x.authority_id and w.outside_enquiry_id = x.id order by w.id desc limit 1), 'sent'),
  x.asked_at
from placements.asked mine
join placements.outside_enquiry x on x.authority_id = mine.authority_id and x.request_id = mine.request_id
where mine.authority_id = (select careshare.authority()) and mine.enquiry_id = :enquiry
order by asked_at, whom
""")
STEPS: Final[Mapping[str, str]] = {
    "accept": "The home’s side said that the child could come",
    "accepted_by_telephone": "The home’s side said by telephone that the child could come",
    "confirm_answer": "The answer by telephone was confirmed",
    "propose": "The home was chosen",
    "list_consents": "The home’s register was checked and its consents listed",
    "agree": "Everybody had agreed: matched",
}
SAID: Final[Mapping[str, str]] = {
    "declined": "said no",
    "withdrawn": "was not asked any longer",
    "lapsed": "did not answer in time",
    "cancelled": "was matched, then cancelled",
    "offered": "could have taken the child",
    "ring_back": "was to ring back",
    "no_answer": "did not answer",
}
STATES: Final[Mapping[str, str]] = {"given": "Yes", "refused": "No", "wanted": "Not given"}


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """One consent as the bound side may print it. `actor_id` and `heard_from` are of its own side's answers alone."""

    kind: str
    by_id: UUID
    me: UUID
    decider_name: str
    required: bool
    state: str
    asked_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    decided_role: str
    by_telephone: bool
    confirm_by: datetime | None
    confirmed_at: datetime | None
    actor_id: UUID | None
    heard_from: str | None


async def printed(uow: Uow, record: PlacementRecord, *, ours: str) -> Printed:
    """What the matching record says to the bound side."""
    given = {"enquiry": record.enquiry_id}
    decided = [Decided(**row) for row in (await uow.execute(DECIDED, given)).mappings()]
    order = list(rules.kinds())
    decided.sort(key=lambda one: (order.index(one.kind), one.asked_at))
    choice = await matches.choice(uow, record.enquiry_id)
    people = await names(
        uow, [*(one.actor_id for one in decided if one.actor_id), *([choice.made_by] if choice else [])]
    )
    way = (await uow.execute(WAY, given)).all()
    placing, providing = (ours, record.other) if record.side == "placing" else (record.other, ours)
    sections = [
        Section("The child", _or_closed([Row(*one) for one in child_identity(record.child or {})])),
        Section("The home", [Row("Kind", KINDS[record.kind]), *_home(record)]),
        Section("Why this home", _why(record, choice, people)),
        Section("How it came about", [Row(moment(row.at), STEPS[row.step]) for row in way if row.step in STEPS]),
        Section("Who decided", [_row(one, people, ours, record.other) for one in decided]),
    ]
    if record.side == "placing":
        rows = (await uow.execute(CONSIDERED, given)).all()
        asked = [Row(f"{row.whom}, {KINDS[row.kind].lower()}", _considered(row.asked_at, row.said)) for row in rows]
        sections.append(Section("Who else was asked", asked or [Row("Nobody", "No other home was asked")]))
    return Printed(
        "Matching record",
        ours,
        long_date(today()),
        f"A child of {placing} and a home of {providing}, from {long_date(record.starts)}. What the law asks for, who "
        "gave it and when.",
        sections,
    )


def moment(at: datetime) -> str:
    """A day and a time of day, in London; midnight is the end of a day."""
    said = clock(at)
    return f"end of {long_date(at - timedelta(minutes=1))}" if said == "midnight" else f"{long_date(at)}, {said}"


def _or_closed(rows: list[Row]) -> list[Row]:
    return rows or [Row("Who", "Not open to you, or closed since the placement ended")]


def _home(record: PlacementRecord) -> list[Row]:
    home = words.home(record.home)
    rows = [Row(*one) for one in home_identity(home) if one[0] != "Confidential"]
    if home.get("confidential"):
        rows.append(Row("Address", WITHHELD))
    return _or_closed(rows)


def _why(record: PlacementRecord, choice: matches.Choice | None, people: Mapping[UUID, str]) -> list[Row]:
    rows = [Row("In an emergency", "Yes: what the law lets follow has its own clock" if record.emergency else "No")]
    if record.side != "placing":
        return [*rows, Row("Reasons", f"They are in {record.other}’s record")]
    if choice is None:
        return [*rows, Row("Reasons", "None are recorded")]
    by = people.get(choice.made_by)
    return [
        *rows,
        Row("Reasons", choice.reasons),
        Row("What it does not give", choice.gaps or "Nothing is recorded"),
        Row("Said", moment(choice.at) + (f", by {by}" if by else "")),
    ]


def _row(one: Decided, people: Mapping[UUID, str], ours: str, other: str) -> Row:
    """What was decided, by whom and when, against its clock, with its source in law."""
    kind = rules.kinds()[one.kind]
    whose = one.decider_name or (ours if one.by_id == one.me else other)
    said = [f"{STATES[one.state]}. {whose}" + (f", {role(one.decided_role)}" if one.decided_role else "")]
    name = people.get(one.actor_id) if one.actor_id and one.by_id == one.me else None
    if one.by_telephone:
        said.append(f"By telephone, from {one.heard_from}" if one.heard_from else "By telephone")
        said.append(f"taken by {name}" if name else "")
        said.append(f"confirmed {moment(one.confirmed_at)}" if one.confirmed_at else "not confirmed in writing yet")
    elif name:
        said.append(name)
    said.append(f"{moment(one.decided_at)}" if one.decided_at else "")
    if one.due_at:
        late = one.decided_at is None or one.decided_at > one.due_at
        said.append(f"due by {moment(one.due_at)}" + (", after its time" if late and one.decided_at else ""))
    if not one.required:
        said.append("could follow after an emergency start")
    return Row(kind.label, "; ".join(part for part in said if part) + f". ({kind.source})")


def _considered(asked_at: datetime, said: str) -> str:
    return f"Asked {long_date(asked_at)}; {SAID.get(said, 'is still asked')}"
