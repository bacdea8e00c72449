"""Reads of a match: every consent with its clock, for either side; and what third authorities are asked."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping, text

from careshare.database import Uow
from careshare.errors import NotFound
from services.placements.enquiries.records import Side
from services.placements.matches import rules
from services.placements.matches.model import ConsentNow
from services.placements.terms.model import AssessmentNow
from services.placements.terms.queries import assessment

STAGE = text("""
select e.stage, array(
  select p.id from placements.placement p
  where p.placing_id = e.placing_id and p.enquiry_id = e.id order by p.child_no) as placements
from placements.enquiry e where e.id = :id
""")
CONSENTS = text("""
select c.id, c.kind, c.by_id, c.decider_id, c.decider_name, c.required, c.after, c.state, c.due_at, c.decided_at,
  c.by_telephone, c.confirm_by, c.confirmed_at, careshare.authority() as me
from placements.consent c where c.enquiry_id = :id order by c.asked_at, c.kind, c.id
""")
ASKED_OF_US = text("""
select a.id, a.kind, o.name as asker, cast(a.question as text) as question, a.asked_at, a.due_at, a.state, a.answered_at
from placements.consent_asked a join tenants.authority o on o.id = a.asker_id
where a.decider_id = (select careshare.authority()) and (a.state = 'wanted' or not :waiting)
order by a.state <> 'wanted', a.due_at, a.id limit 200
""")
ASKED = text("""
select a.id, a.kind, o.name as asker, cast(a.question as text) as question, a.asked_at, a.due_at, a.state, a.answered_at
from placements.consent_asked a join tenants.authority o on o.id = a.asker_id
where a.decider_id = (select careshare.authority()) and a.id = :id
""")
ONE = text("""
select c.id, c.enquiry_id, c.kind, c.by_id, c.decider_id, c.decider_name, c.required, c.after, c.state, c.due_at,
  c.decided_at, c.by_telephone, c.confirm_by, c.confirmed_at, c.placing_id, c.providing_id, e.stage,
  careshare.authority() as me
from placements.consent c join placements.enquiry e on e.placing_id = c.placing_id and e.id = c.enquiry_id
where c.id = :id
""")
# What one's own side listed and decides itself; each side has its own index.
WAITING = text("""
select c.id, c.enquiry_id, c.kind, o.name as other, e.starts, coalesce(c.confirm_by, c.due_at) as due_at,
  c.state <> 'wanted' as to_confirm
from placements.consent c
join placements.enquiry e on e.placing_id = c.placing_id and e.id = c.enquiry_id
join tenants.authority o on o.id = case when c.by_id = c.placing_id then c.providing_id else c.placing_id end
where (c.placing_id = (select careshare.authority()) or c.providing_id = (select careshare.authority()))
  and c.by_id = (select careshare.authority()) and c.decider_id is null and c.kind = any(:kinds)
  and (c.state = 'wanted' and e.stage in ('proposed', 'matching')
    or c.state <> 'wanted' and c.by_telephone and c.confirmed_at is null)
order by due_at, c.id limit 200
""")


CHOICE = text("""
select reasons, gaps, made_by, at from placements.choice
where authority_id = (select careshare.authority()) and enquiry_id = :id
""")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Why the bound authority chose a home, and how what it lacks is made up for; by whom and when it was said."""

    reasons: str
    gaps: str
    made_by: UUID
    at: datetime


ENQUIRY_OF = text("select enquiry_id from placements.consent where id = :id")


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A match and its consents. `missing`: kinds that are required and not given yet. `placements`: one a child, once
    the match is complete.

    `assessment`: how the impact assessment stands that the manager of a children's home makes first; its outcome is for
    the home's side alone. Null where nobody asks for one.
    """

    enquiry_id: UUID
    stage: str
    consents: list[ConsentNow]
    missing: list[str]
    placements: list[UUID]
    assessment: AssessmentNow | None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What another authority asks of this one, about its own child's home or its own area."""

    id: UUID
    kind: str
    label: str
    asker: str
    question: dict[str, Any]
    asked_at: datetime
    due_at: datetime | None
    state: str
    answered_at: datetime | None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A consent of one of the authority's own matches that waits to be given, or to be confirmed."""

    id: UUID
    enquiry_id: UUID
    kind: str
    other: str
    starts: date
    due_at: datetime | None
    to_confirm: bool


async def match(uow: Uow, enquiry_id: UUID, roles: Sequence[str]) -> Match:
    """The consents of an enquiry as the bound side sees them, in the order of consents.csv. Raises NotFound."""
    row = (await uow.execute(STAGE, {"id": enquiry_id})).one_or_none()
    if row is None:
        raise NotFound
    order = {kind: number for number, kind in enumerate(rules.kinds())}
    listed = (await uow.execute(CONSENTS, {"id": enquiry_id})).mappings().all()
    found = [_now(one, roles) for one in sorted(listed, key=lambda one: order.get(one["kind"], len(order)))]
    missing = [one.kind for one in found if one.required and one.state != "given"]
    return Match(
        enquiry_id=enquiry_id,
        stage=row.stage,
        consents=found,
        missing=missing,
        placements=list(row.placements),
        assessment=await assessment(uow, enquiry_id),
    )


def _now(row: Any, roles: Sequence[str]) -> ConsentNow:
    kind = rules.kinds()[row["kind"]]
    ours = row["me"] == row["by_id"]
    decides = row["decider_id"] in {None, row["me"]}
    return ConsentNow(
        id=row["id"],
        kind=row["kind"],
        label=kind.label,
        source=kind.source,
        side=kind.side,
        decider=row["decider_name"] or None,
        required=row["required"],
        after=list(row["after"]),
        state=row["state"],
        ours=ours,
        may=(ours if row["decider_id"] is None else decides) and rules.may_decide(row["kind"], roles),
        due_at=row["due_at"],
        decided_at=row["decided_at"],
        by_telephone=row["by_telephone"],
        confirm_by=row["confirm_by"],
        confirmed=row["confirmed_at"] is not None,
    )


async def choice(uow: Uow, enquiry_id: UUID) -> Choice | None:
    """Why the bound authority chose this home; None where it did not say, or it was not its choice."""
    row = (await uow.execute(CHOICE, {"id": enquiry_id})).mappings().one_or_none()
    return None if row is None else Choice(**row)


async def enquiry_of(uow: Uow, consent_id: UUID) -> UUID | None:
    """The enquiry a consent belongs to; None for a third authority, which sees its own question alone."""
    found: UUID | None = (await uow.execute(ENQUIRY_OF, {"id": consent_id})).scalar_one_or_none()
    return found


async def asked_of_us(uow: Uow, *, waiting: bool = True) -> list[Asked]:
    """What other authorities ask of the bound one; with `waiting` only what has no answer yet."""
    rows = (await uow.execute(ASKED_OF_US, {"waiting": waiting})).mappings()
    return [_asked(row) for row in rows]


def _asked(row: RowMapping) -> Asked:
    return Asked(
        **{name: row[name] for name in ("id", "kind", "asker", "asked_at", "due_at", "state", "answered_at")},
        label=rules.kinds()[row["kind"]].label,
        question=msgspec.json.decode(row["question"], type=dict[str, Any]),
    )


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One consent that this authority may answer, and which side's page it belongs to."""

    consent: ConsentNow
    enquiry_id: UUID
    side: Side
    offered: list[str]


async def question(uow: Uow, consent_id: UUID, roles: Sequence[str]) -> Question:
    """A consent that is this authority's to see to or to decide. Raises NotFound; a third authority's is `asked`."""
    row = (await uow.execute(ONE, {"id": consent_id})).mappings().one_or_none()
    if row is None or row["me"] not in {row["by_id"], row["decider_id"]}:
        raise NotFound
    one = _now(row, roles)
    both = row["placing_id"] == row["providing_id"]
    side: Side = "placing" if row["me"] == row["placing_id"] and not (both and one.side == "providing") else "providing"
    offered = rules.offered(
        one.state,
        row["stage"],
        to_confirm=one.by_telephone and not one.confirmed and one.state != "wanted",
        required=one.required,
    )
    return Question(consent=one, enquiry_id=row["enquiry_id"], side=side, offered=offered)


async def asked(uow: Uow, consent_id: UUID) -> Asked:
    """What another authority asks of the bound one. Raises NotFound."""
    row = (await uow.execute(ASKED, {"id": consent_id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return _asked(row)


async def waiting(uow: Uow, roles: Sequence[str]) -> list[Waiting]:
    """Consents of the authority's own matches that wait for somebody in these roles, the soonest due first."""
    kinds = [kind for kind in rules.kinds() if rules.may_decide(kind, roles)]
    rows = (await uow.execute(WAITING, {"kinds": kinds})).mappings()
    return [
        Waiting(**{name: row[name] for name in ("id", "enquiry_id", "kind", "other", "starts", "due_at", "to_confirm")})
        for row in rows
    ]
