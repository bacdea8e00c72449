"""How an enquiry stands for the bound authority, and which of its clocks are about to run out."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.placements.news.rules import Case, Consent, Placement

CASE = text("""
select e.id, e.stage, e.kind, e.emergency, e.placing_id = m.id as placing, e.providing_id = m.id as providing,
  e.respond_by, e.moved_at, e.unconfirmed, (select cast(s.body->>'confirm_by' as timestamptz) from placements.step s
    where e.unconfirmed and s.placing_id = e.placing_id and s.enquiry_id = e.id and s.machine = 'enquiry'
      and s.by_telephone order by s.id desc limit 1) as confirm_by,
  a.request_id, w.subject_id, coalesce(a.assigned_to, r.held_by) as asker, w.assigned_to as answerer,
  h.id as hold_id, h.stage as hold_stage, h.until as hold_until
from (select careshare.authority() as id) m
join placements.enquiry e on e.id = :id and m.id in (e.placing_id, e.providing_id)
left join placements.asked a on a.authority_id = m.id and a.enquiry_id = e.id
left join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
left join placements.answering w on w.authority_id = m.id and w.enquiry_id = e.id
left join lateral (select h.id, h.stage, h.until from placements.hold h
  where h.placing_id = e.placing_id and h.enquiry_id = e.id order by h.asked_at desc, h.id desc limit 1) h on true
""")
# Those the bound authority answers itself, once what comes before them is given.
WANTED = text("""
select c.id, c.kind, case when c.by_id = c.placing_id then 'placing' else 'providing' end as side, c.asked_at, c.due_at
from placements.enquiry e join placements.consent c on c.placing_id = e.placing_id and c.enquiry_id = e.id
where e.id = :id and c.state = 'wanted' and c.by_id = careshare.authority() and c.decider_id is null
  and (e.stage in ('proposed', 'matching') or not c.required and e.stage in ('matched', 'placed'))
  and not exists (select from unnest(c.after) k where not exists (select from placements.consent o
    where o.placing_id = c.placing_id and o.enquiry_id = c.enquiry_id and o.kind = k and o.state = 'given'))
order by c.asked_at, c.id
""")
PLACEMENTS = text("""
select p.id, p.stage, cast(p.starts as timestamp) at time zone 'Europe/London' as starts_at,
  coalesce((select cast(jsonb_agg(jsonb_build_array(n.occasion, n.due_at)) as text) from (
    select o.occasion, min(o.due_at) as due_at from placements.notice o
    where o.authority_id = p.placing_id and o.placement_id = p.id and o.sent_on is null and o.not_practicable = ''
    group by o.occasion) n), '[]') as owed
from placements.enquiry e join placements.placement p on p.placing_id = e.placing_id and p.enquiry_id = e.id
where e.id = :id and p.stage <> 'cancelled' order by p.id
""")
LAST_STEP = text("""
select cast(s.id as text) from placements.enquiry e
join placements.step s on s.placing_id = e.placing_id and s.enquiry_id = e.id
where e.id = :id and s.machine = :machine and s.step = :step
  and (cast(:about as uuid) is null or cast(:about as uuid) in (s.hold_id, s.placement_id)) order by s.id desc limit 1
""")
DECIDED = text("select decided_at, state from placements.consent where id = :id")
ASKED = text("""
select a.id, a.kind, a.asked_at, a.due_at from placements.consent_asked a
where a.decider_id = (select careshare.authority()) and a.id = :id and a.state = 'wanted'
""")
# Each names its side, so that it reads that side's index; only what may run out within a day.
RUNNING = text("""
select 'clock_answer' as what, e.id as enquiry_id, e.id as subject_id, e.sent_at as started, e.respond_by as due
from placements.enquiry e where e.providing_id = (select careshare.authority()) and e.stage = 'sent'
  and e.respond_by between clock_timestamp() and clock_timestamp() + interval '1 day'
union all
select 'clock_hold', h.enquiry_id, h.enquiry_id, h.granted_at, h.until
from placements.hold h where h.placing_id = (select careshare.authority()) and h.stage = 'granted'
  and h.until between clock_timestamp() and clock_timestamp() + interval '1 day'
union all
select 'clock_consent', c.enquiry_id, c.id, c.asked_at, c.due_at
from placements.consent c where c.placing_id = (select careshare.authority()) and c.by_id = c.placing_id
  and c.decider_id is null and c.state = 'wanted'
  and c.due_at between clock_timestamp() and clock_timestamp() + interval '1 day'
union all
select 'clock_consent', c.enquiry_id, c.id, c.asked_at, c.due_at
from placements.consent c where c.providing_id = (select careshare.authority()) and c.by_id = c.providing_id
  and c.by_id <> c.placing_id and c.decider_id is null and c.state = 'wanted'
  and c.due_at between clock_timestamp() and clock_timestamp() + interval '1 day'
union all
select 'clock_asked', null, a.id, a.asked_at, a.due_at
from placements.consent_asked a where a.decider_id = (select careshare.authority()) and a.state = 'wanted'
  and a.due_at between clock_timestamp() and clock_timestamp() + interval '1 day'
union all
select 'clock_notices', p.enquiry_id, n.placement_id, min(n.due_at) - interval '4 days', min(n.due_at)
from placements.notice n join placements.placement p on p.placing_id = n.authority_id and p.id = n.placement_id
where n.authority_id = (select careshare.authority()) and n.sent_on is null and n.not_practicable = ''
  and n.due_at between clock_timestamp() and clock_timestamp() + interval '1 day'
group by p.enquiry_id, n.placement_id
order by due, subject_id limit :limit
""")
# Whoever has not read that something waits need not, once it waits no longer.
SETTLED = text("""
update messages.notification n set read_at = clock_timestamp()
where n.authority_id = (select careshare.authority()) and n.read_at is null and case
  when n.kind in ('answer_enquiry', 'clock_answer') then not exists (select from placements.enquiry e
    where e.providing_id = n.authority_id and e.id = n.subject_id and e.stage = 'sent')
  when n.kind = 'confirm_answer' then not exists (select from placements.enquiry e
    where e.providing_id = n.authority_id and e.id = n.subject_id and e.unconfirmed)
  when n.kind = 'list_consents' then not exists (select from placements.enquiry e
    where e.providing_id = n.authority_id and e.id = n.subject_id and e.stage = 'proposed')
  when n.kind = 'choose_home' then not exists (select from placements.enquiry e
    where e.placing_id = n.authority_id and e.id = n.subject_id and e.stage = 'accepted')
  when n.kind = 'grant_hold' then not exists (select from placements.hold h
    where h.providing_id = n.authority_id and h.enquiry_id = n.subject_id and h.stage = 'asked')
  when n.kind = 'clock_hold' then not exists (select from placements.hold h where h.placing_id = n.authority_id
    and h.enquiry_id = n.subject_id and h.stage = 'granted' and h.until > clock_timestamp())
  when n.kind in ('consent', 'consent_asked', 'clock_consent') then
    not exists (select from placements.consent c join placements.enquiry e
      on e.placing_id = c.placing_id and e.id = c.enquiry_id where c.id = n.subject_id and c.state = 'wanted'
        and (e.stage in ('proposed', 'matching') or not c.required and e.stage in ('matched', 'placed')))
    and not exists (select from placements.consent_asked a where a.decider_id = n.authority_id and a.id = n.subject_id
      and a.state = 'wanted')
  when n.kind = 'record_start' then not exists (select from placements.placement p
    where p.providing_id = n.authority_id and p.id = n.subject_id and p.stage = 'ready')
  when n.kind in ('notices_owed', 'clock_notices') then not exists (select from placements.notice o
    where o.authority_id = n.authority_id and o.placement_id = n.subject_id and o.sent_on is null
      and o.not_practicable = '')
  else false end
""")
AT_ONCE: Final = 200
"""Clocks of one run, the soonest first; what is left waits for the next."""


_owed: Final = msgspec.json.Decoder(list[tuple[str, datetime]])


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that may run out within a day: of what, since when, until when."""

    what: str
    enquiry_id: UUID | None
    subject_id: UUID
    started: datetime
    due: datetime


class AskedOf(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that the bound authority is asked for as a third one."""

    id: UUID
    kind: str
    asked_at: datetime
    due_at: datetime | None


async def case(uow: Uow, enquiry_id: UUID) -> Case | None:
    """The enquiry, or None where it is not one of the authority's any more."""
    row = (await uow.execute(CASE, {"id": enquiry_id})).mappings().one_or_none()
    return None if row is None else Case(**row)


async def wanted(uow: Uow, enquiry_id: UUID) -> list[Consent]:
    """Consents that the authority can answer now."""
    return [Consent(**row) for row in (await uow.execute(WANTED, {"id": enquiry_id})).mappings()]


async def placements(uow: Uow, enquiry_id: UUID) -> list[Placement]:
    """The placements of an enquiry, with the notices not sent."""
    rows = (await uow.execute(PLACEMENTS, {"id": enquiry_id})).all()
    return [Placement(id=row.id, stage=row.stage, starts_at=row.starts_at, owed=_owed.decode(row.owed)) for row in rows]


async def event(uow: Uow, enquiry_id: UUID, machine: str, step: str, about: UUID | None) -> str:
    """What tells the latest step of its kind from an earlier one of the same kind."""
    if machine in {"message", "attachment"}:
        return str(about)
    if machine == "consent":
        row = (await uow.execute(DECIDED, {"id": about})).one_or_none()
        decided = row.decided_at.isoformat() if row is not None and row.decided_at else "open"
        return f"{step}:{decided}"
    given = {"id": enquiry_id, "machine": machine, "step": step, "about": about}
    found: str | None = (await uow.execute(LAST_STEP, given)).scalar_one_or_none()
    return found or step


async def asked_of(uow: Uow, consent_id: UUID) -> AskedOf | None:
    """What another authority asks; None once it is answered or over."""
    row = (await uow.execute(ASKED, {"id": consent_id})).mappings().one_or_none()
    return None if row is None else AskedOf(**row)


async def running(uow: Uow) -> list[Running]:
    """Clocks that may run out within a day, the soonest first."""
    return [Running(**row) for row in (await uow.execute(RUNNING, {"limit": AT_ONCE})).mappings()]


async def settle(uow: Uow) -> None:
    """Mark as read what waits no longer."""
    await uow.execute(SETTLED)
