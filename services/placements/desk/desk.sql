-- The desk: everything that waits for the bound authority, and everything it waits for, in one round trip. Each part
-- names its side, so that it reads an index of its own; `due` is when the clock of it runs out, null where none runs: what is done
-- on a day has until its end, what must be done before a child comes until that day begins. `code` says which consent, or
-- what has changed.
with me as materialized (select careshare.authority() as id),
request as (
  select r.id, r.number, r.kind, r.starts, r.opened_at, r.made_at, r.held_by from placements.request r
  where r.authority_id = (select careshare.authority()) and r.stage in ('draft', 'open')),
asked as (
  select e.id, e.stage, e.respond_by, e.moved_at, e.emergency, e.unconfirmed, e.providing_id, r.number,
    coalesce(a.assigned_to, r.held_by) as held_by
  from placements.enquiry e
  join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
  join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
  where e.placing_id = (select careshare.authority()) and e.stage in ('sent', 'accepted', 'proposed', 'matching')),
answering as (
  select e.id, e.stage, e.respond_by, e.moved_at, e.emergency, e.unconfirmed, e.placing_id, w.assigned_to
  from placements.enquiry e
  join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
  where e.providing_id = (select careshare.authority()) and e.stage in ('sent', 'accepted', 'proposed', 'declined')),
waiting as (
  select 'us' as waits, 'answer_enquiry' as what, a.id, a.respond_by as due, a.moved_at as since, a.emergency, a.placing_id as other_id,
    null::text as number, a.assigned_to as person, null::text as code from answering a where a.stage = 'sent'
  union all
  select 'us', 'confirm_answer', a.id, (select cast(s.body->>'confirm_by' as timestamptz) from placements.step s
      where s.providing_id = (select careshare.authority()) and s.enquiry_id = a.id and s.machine = 'enquiry' and s.by_telephone
      order by s.id desc limit 1), a.moved_at, a.emergency, a.placing_id, null, a.assigned_to, null from answering a
    where a.unconfirmed
  union all
  select 'us', 'list_consents', a.id, null, a.moved_at, a.emergency, a.placing_id, null, a.assigned_to, null from answering a
    where a.stage = 'proposed'
  union all
  select 'us', 'choose_home', a.id, null, a.moved_at, a.emergency, a.providing_id, a.number, a.held_by, null from asked a
    where a.stage = 'accepted' and not a.unconfirmed
  union all
  select 'them', 'their_answer', a.id, a.respond_by, a.moved_at, a.emergency, a.providing_id, a.number, a.held_by, null from asked a
    where a.stage = 'sent' and a.providing_id <> (select id from me)
  union all
  select 'them', 'their_consents', a.id, null, a.moved_at, a.emergency, a.providing_id, a.number, a.held_by, null from asked a
    where a.stage = 'proposed' and a.providing_id <> (select id from me)
  union all
  select case when c.by_id = (select id from me) and c.decider_id is null or c.decider_id = (select id from me) then 'us' else 'them' end,
    'consent', e.id, c.due_at, c.asked_at, e.emergency, coalesce(c.decider_id, c.by_id), r.number, coalesce(a.assigned_to, r.held_by), c.kind
  from placements.enquiry e join placements.consent c on c.placing_id = e.placing_id and c.enquiry_id = e.id
  join placements.asked a on a.authority_id = e.placing_id and a.enquiry_id = e.id
  join placements.request r on r.authority_id = a.authority_id and r.id = a.request_id
  where e.placing_id = (select careshare.authority()) and c.state = 'wanted'
    and (e.stage in ('proposed', 'matching') or not c.required and e.stage in ('matched', 'placed'))
  union all
  select case when c.by_id = (select id from me) and c.decider_id is null or c.decider_id = (select id from me) then 'us' else 'them' end,
    'home_consent', e.id, c.due_at, c.asked_at, e.emergency, coalesce(c.decider_id, c.by_id), null, w.assigned_to, c.kind
  from placements.enquiry e join placements.consent c on c.providing_id = e.providing_id and c.enquiry_id = e.id
  join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
  where e.providing_id = (select careshare.authority()) and e.placing_id <> e.providing_id
    and c.state = 'wanted' and (e.stage in ('proposed', 'matching') or not c.required and e.stage in ('matched', 'placed'))
  union all
  select 'us', 'consent_asked', a.id, a.due_at, a.asked_at, false, a.asker_id, null, null, a.kind
  from placements.consent_asked a
  where a.decider_id = (select careshare.authority()) and a.state = 'wanted'
  union all
  select 'us', 'grant_hold', h.enquiry_id, null, h.asked_at, false, h.placing_id, null, null, null from placements.hold h
  where h.providing_id = (select careshare.authority()) and h.stage = 'asked'
  union all
  select 'us', 'make_ready', p.id, cast(p.starts as timestamp) at time zone 'Europe/London', null, p.emergency, p.providing_id, null, null, null
  from placements.placement p where p.placing_id = (select careshare.authority()) and p.stage = 'planned'
  union all
  select 'us', 'start', p.id, cast(p.starts + 1 as timestamp) at time zone 'Europe/London', null, p.emergency, p.placing_id, null, null, null
  from placements.placement p where p.providing_id = (select careshare.authority()) and p.stage = 'ready'
  union all
  select 'us', 'notice', n.placement_id, min(n.due_at), null, false, null, null, null, null from placements.notice n
  where n.authority_id = (select careshare.authority()) and n.sent_on is null and n.not_practicable = '' group by n.placement_id
  union all
  select 'us', 'host_notice', n.placement_id, min(n.due_at), null, false, null, null, null, null from placements.home_notice n
  where n.authority_id = (select careshare.authority()) and n.sent_on is null and n.not_practicable = '' group by n.placement_id
  union all
  select 'us', 'clock', c.placement_id, min(c.due_at), min(c.started_at), true, null, null, null, null
  from placements.clock c join placements.placement p on p.placing_id = c.authority_id and p.id = c.placement_id
  where c.authority_id = (select careshare.authority()) and c.met_at is null and p.stage in ('started', 'paused', 'ending') group by c.placement_id
  union all
  select 'us', case o.stage when 'planned' then 'outside_ready' else 'outside_start' end, o.id, cast(o.starts + case o.stage when 'ready' then 1 else 0 end as timestamp) at time zone 'Europe/London', o.at,
    o.emergency, null, null, null, null
  from placements.outside_placement o where o.authority_id = (select careshare.authority()) and o.stage in ('planned', 'ready')
  union all
  -- Its clock is of working days, which `queries.desk` counts.
  select 'us', 'outside_approval', o.id, null, least(o.started_at, cast(o.starts + time '12:00' as timestamp) at time zone 'Europe/London'), true,
    null, null, null, o.route
  from placements.outside_placement o where o.authority_id = (select careshare.authority()) and o.stage in ('started', 'ending')
    and o.emergency and o.route <> 'none' and o.approved_at is null
  union all
  select 'us', 'outside_notice', n.outside_placement_id, min(n.due_at), null, false, null, null, null, null from placements.outside_notice n
  where n.authority_id = (select careshare.authority()) and n.sent_on is null and n.not_practicable = '' group by n.outside_placement_id
  union all
  select 'us', case b.stage when 'planned' then 'stay_start' else 'stay_end' end, b.placement_id,
    cast(case b.stage when 'planned' then b.starts else b.ends end + 1 as timestamp) at time zone 'Europe/London', null, false, b.placing_id, null, null, null
  from placements.short_break b join placements.placement p on p.providing_id = b.providing_id and p.id = b.placement_id
  where b.providing_id = (select careshare.authority()) and p.stage in ('ready', 'started', 'paused', 'ending')
    and (b.stage = 'planned' and b.starts <= current_date + 7 or b.stage = 'started' and b.ends <= current_date)
  union all
  select 'us', 'flag', f.id, f.due_at, f.raised_at, coalesce(e.emergency, false),
    case e.placing_id when f.authority_id then e.providing_id else e.placing_id end, r.number, coalesce(r.held_by, w.assigned_to), f.change
  from placements.flag f
  left join request r on r.id = f.request_id
  left join placements.enquiry e on e.id = f.enquiry_id
  left join placements.answering w on w.authority_id = f.authority_id and w.enquiry_id = f.enquiry_id
  where f.authority_id = (select careshare.authority()) and f.cleared_at is null
    and (f.subject <> 'request' or r.id is not null)
    and (cast(:roles as text[]) is null or f.roles && cast(:roles as text[]))
  union all
  select 'us', 'ask_homes', r.id, cast(r.starts as timestamp) at time zone 'Europe/London', coalesce(r.opened_at, r.made_at),
    r.kind = 'emergency', null, r.number, r.held_by, null from request r
  where r.opened_at is not null and not exists (
    select from placements.asked a join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
    where a.authority_id = (select careshare.authority()) and a.request_id = r.id
      and e.stage in ('sent', 'accepted', 'proposed', 'matching', 'matched')))
select w.waits, w.what, w.id, w.due, w.since, w.emergency, o.name as other, w.number, w.person, w.code
from waiting w left join tenants.authority o on o.id = w.other_id and o.id <> (select id from me)
where not cast(:mine as boolean) or w.person = careshare.actor()
order by w.waits desc, w.due nulls last, w.emergency desc, w.since nulls last, w.id
limit :limit
