"""Raising flags from what the bound authority knows, clearing one, recording that a child's plan changed.

A flag is raised once for each case and event, by the database, however often and however many at once look. It ends
nothing. The other side of a shared case is told by the insert itself (0048): that something changed, never what.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, Invalid, NotFound
from services.fostering import public as fostering
from services.placements import clocks
from services.placements.changes import codes, queries, rules, telling
from services.placements.changes.model import Clear, PlanChange
from services.placements.changes.rules import Case, Raised
from services.placements.follows import StepTaken
from services.residential import public as residential
from tenants.days import today
from tenants.places import Change, Living

# What stands already is passed over; what another run raises at this moment is left to it.
RAISE = text("""
insert into placements.flag (authority_id, subject, request_id, enquiry_id, hold_id, placement_id, outside_placement_id,
  home_id, change, event_key, on_day, roles, neutral, due_at)
select careshare.authority(), x.subject, x.request_id, x.enquiry_id, x.hold_id, x.placement_id, x.outside_placement_id,
  x.home_id, x.change, x.event_key, x.on_day, x.roles, x.neutral, :due
from jsonb_to_recordset(cast(:rows as jsonb)) as x (position int, subject text, request_id uuid, enquiry_id uuid,
  hold_id uuid, placement_id uuid, outside_placement_id uuid, home_id uuid, change text, event_key text, on_day date,
  roles text[], neutral text)
where not exists (select from placements.flag f where f.authority_id = (select careshare.authority())
  and f.case_id = coalesce(x.placement_id, x.outside_placement_id, x.enquiry_id, x.request_id) and f.change = x.change
  and (f.event_key = x.event_key or x.change = any(:told) and f.cleared_at is null))
order by x.position
on conflict do nothing
returning id, case_id, change
""")
CLEAR = text("""
update placements.flag set cleared_at = clock_timestamp(), cleared_by = careshare.actor(), reason = :reason,
  note = :note
where authority_id = (select careshare.authority()) and id = :id and cleared_at is null returning change
""")
# A request may be reopened, so its flags wait for it; the rest does not come back.
OVER = text("""
update placements.flag f set cleared_at = clock_timestamp(), cleared_by = careshare.actor(), reason = 'over'
where f.authority_id = (select careshare.authority()) and f.cleared_at is null and case
  when f.placement_id is not null then exists (select from placements.placement p
    where p.id = f.placement_id and p.stage in ('ended', 'cancelled'))
  when f.outside_placement_id is not null then exists (select from placements.outside_placement p
    where p.authority_id = f.authority_id and p.id = f.outside_placement_id and p.stage in ('ended', 'cancelled'))
  when f.enquiry_id is not null then exists (select from placements.enquiry e
    where e.id = f.enquiry_id and e.stage in ('declined', 'withdrawn', 'lapsed', 'cancelled', 'ended'))
  else false end
returning f.id
""")
CASE = text("""
select e.kind, e.placing_id = (select careshare.authority()) as placing, a.request_id, w.subject_id as home_id,
  exists (select from placements.placement p where p.enquiry_id = e.id and p.id = :about) as placed
from placements.enquiry e
left join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
left join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
where e.id = :enquiry
""")
CHILDREN = text("""
select c.id from placements.request_child c
where c.authority_id = (select careshare.authority()) and c.request_id = :request order by c.position
""")
PLACED_CHILD = text("""
select a.children[p.child_no] from placements.placement p
join placements.asked a on a.authority_id = p.placing_id and a.enquiry_id = p.enquiry_id
where p.placing_id = (select careshare.authority()) and p.id = :placement
""")
TOLD: Final = ("home_standing", "child_plan")
"""Codes that the other side's job raises: one of each at a time, however much changed."""


async def watch(uow: Uow, day: date | None = None) -> list[UUID]:
    """Look at everything that goes on for the bound authority and raise what is new; the new flags. May run again."""
    now = day or today()
    await _clear_over(uow)
    cases = await queries.going_on(uow)
    known = codes.kinds()
    raised = rules.of_homes(cases, await _changes(uow, cases, now), now, known)
    raised += rules.of_birthdays(cases, now, known)
    raised += rules.of_agreements(cases, await queries.agreement_ends(uow, cases), now, known)
    return await _raise(uow, raised)


async def _changes(uow: Uow, cases: Sequence[Case], day: date) -> list[Change]:
    """What one's own registers say of the homes where something goes on."""
    homes: dict[str, set[UUID]] = {"foster": set(), "other": set()}
    living: dict[str, list[Living]] = {"foster": [], "other": []}
    for case in cases:
        if case.home_id is None:
            continue
        register = "foster" if case.kind == "foster_home" else "other"
        homes[register].add(case.home_id)
        living[register] += [Living(case.home_id, claim, born) for claim in case.claims for born in case.born.values()]
    return [
        *await fostering.changed(uow, sorted(homes["foster"]), day, living["foster"]),
        *await residential.changed(uow, sorted(homes["other"]), day, living["other"]),
    ]


async def _raise(uow: Uow, raised: Sequence[Raised]) -> list[UUID]:
    if not raised:
        return []
    rows = [
        {
            "position": position,
            **{
                name: getattr(one.case, name)
                for name in (
                    *("subject", "request_id", "enquiry_id", "hold_id"),
                    *("placement_id", "outside_placement_id", "home_id"),
                )
            },
            "change": one.code,
            "event_key": one.key,
            "on_day": one.on_day,
            "roles": one.roles,
            "neutral": one.neutral,
        }
        for position, one in enumerate(sorted(raised, key=lambda one: one.order))
    ]
    due = clocks.due("change_looked_at", datetime.now(UTC)).at
    given = {"rows": msgspec.json.encode(rows).decode(), "due": due, "told": list(TOLD)}
    made = (await uow.execute(RAISE, given)).all()
    if made:
        what = sorted({row.change for row in made})
        await audit.record(uow, "flag.raised", subjects=[row.id for row in made], after={"changes": what})
        await _ages_on_record(uow, raised, {(row.case_id, row.change) for row in made})
        await telling.tell(uow, [row.id for row in made])
    return [row.id for row in made]


async def _ages_on_record(uow: Uow, raised: Sequence[Raised], made: Collection[tuple[UUID, str]]) -> None:
    """Put on the record of the children's authorities that their dates of birth led to a flag here."""
    shown = [
        Shown(one.case.other_id, one.case.agreement_id, [one.case.id])
        for one in raised
        if one.case.side == "providing" and one.code in rules.BY_AGE and (one.case.id, one.code) in made
        if one.case.other_id is not None
    ]
    if shown:
        await audit.record_shown(uow, "placement.age_read", criteria={}, shown=shown)


async def _clear_over(uow: Uow) -> None:
    over = list((await uow.execute(OVER)).scalars())
    if over:
        await audit.record(uow, "flag.cleared", subjects=over, after={"reason": "over"})
        await telling.over(uow, over)


async def hear(uow: Uow, taken: StepTaken) -> None:
    """The other side flagged something: one's own side is to ask it. One such flag stands on a case at a time."""
    row = (await uow.execute(CASE, {"enquiry": taken.enquiry_id, "about": taken.about})).one_or_none()
    kind = codes.kinds().get(taken.step)
    if row is None or kind is None or kind.made_by != "told" or taken.event is None:
        return
    day = today()
    case = Case(
        subject="placement" if row.placed else "enquiry",
        side="placing" if row.placing else "providing",
        began=day,
        starts=day,
        ends=None,
        kind=row.kind,
        request_id=row.request_id,
        enquiry_id=taken.enquiry_id,
        placement_id=taken.about if row.placed else None,
        home_id=row.home_id,
    )
    whose = rules.roles(kind, case.side, codes.kinds())
    if whose:
        await _raise(uow, [Raised(case, kind.code, rules.digest(str(taken.event)), None, whose, None)])


async def clear(uow: Uow, flag_id: UUID, given: Clear) -> None:
    """Clear a flag with a coded reason. Raises NotFound, Invalid, and Conflict where somebody cleared it already."""
    if given.reason not in codes.by_person():
        raise Invalid("Choose a reason.", errors=[FieldError("reason", "Choose why from the list")])
    values = {"id": flag_id, "reason": given.reason, "note": given.note.strip()}
    change = (await uow.execute(CLEAR, values)).scalar_one_or_none()
    if change is None:
        await queries.one(uow, flag_id)
        raise Conflict("Somebody has cleared this already.")
    await audit.record(uow, "flag.cleared", subjects=[flag_id], after={"change": change, "reason": given.reason})
    await telling.over(uow, [flag_id])


async def record_for_request(uow: Uow, request_id: UUID, given: PlanChange) -> list[UUID]:
    """Record that the plan of a request's children changed; the flags raised. Raises NotFound, Invalid, Conflict."""
    children = list((await uow.execute(CHILDREN, {"request": request_id})).scalars())
    if not children or not set(given.child_ids) <= set(children):
        raise NotFound
    return await _record(uow, request_id, given.child_ids or children, given)


async def record_for_placement(uow: Uow, placement_id: UUID, given: PlanChange) -> list[UUID]:
    """Record that the plan of a placed child changed; the flags raised. Raises NotFound, Invalid, Conflict."""
    child: UUID | None = (await uow.execute(PLACED_CHILD, {"placement": placement_id})).scalar_one_or_none()
    if child is None:
        raise NotFound
    if given.child_ids:
        message = "A placement is of one child"
        raise Invalid(message, errors=[FieldError("child_ids", message)])
    return await _record(uow, placement_id, [child], given)


async def _record(uow: Uow, about: UUID, children: Sequence[UUID], given: PlanChange) -> list[UUID]:
    day = today()
    if given.on > day:
        message = "The day it changed must not be in the future"
        raise Invalid(message, errors=[FieldError("on", message)])
    cases = await queries.of_children(uow, children)
    if not cases:
        raise Conflict("Nothing is asked for and nobody is placed, so there is nothing to flag.")
    raised = rules.of_plan(cases, given.change, given.on, day, codes.kinds())
    made = await _raise(uow, raised)
    if not made:
        raise Conflict("This is recorded already, and those it is for have been told.")
    after = {"change": given.change, "on": given.on, "children": len(children), "flags": len(made)}
    await audit.record(uow, "plan_change.recorded", subjects=[about], after=after)
    return made
