-- When the world changes: what an open request, hold, match or placement is touched by is flagged once to the people it is
-- for, and cleared with a coded reason. A flag ends nothing. The other side of a shared case is told that something
-- changed, by a job of its own, and never what.
set role careshare_owner;
create table placements.flag (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  subject text not null check (subject in ('request', 'enquiry', 'hold', 'placement')),
  request_id uuid, enquiry_id uuid references placements.enquiry (id) on delete cascade,      -- the request: of the placing side alone
  hold_id uuid references placements.hold (id) on delete cascade, placement_id uuid references placements.placement (id) on delete cascade,
  home_id uuid,                                     -- one's own household or home; no key: services lean one way
  -- What is flagged once: the placement, the enquiry with whatever hold it has, or the request.
  case_id uuid not null generated always as (coalesce(placement_id, enquiry_id, request_id)) stored,
  change text not null check (change ~ '^[a-z_0-9]{1,40}$'),          -- services/placements/changes/data/changes.csv
  event_key text not null check (event_key ~ '^[0-9a-f]{32}$'),       -- which event of that kind: a digest, so that no birthday stands here
  on_day date,                                      -- when it takes effect, where that tells nothing of a person
  roles text[] not null check (cardinality(roles) > 0),               -- for whom
  neutral text check (neutral in ('home_standing', 'child_plan')),    -- what the other side is told; null: nothing
  token uuid not null default gen_random_uuid(),    -- what the other side knows the event by
  due_at timestamptz not null, raised_at timestamptz not null default clock_timestamp(), raised_by uuid not null default careshare.actor(),
  cleared_at timestamptz, cleared_by uuid, reason text check (reason ~ '^[a-z_]{1,40}$'), note text not null default '' check (length(note) <= 500),
  primary key (authority_id, id), constraint flag_once unique (authority_id, case_id, change, event_key),
  check (case subject when 'request' then request_id is not null and num_nonnulls(enquiry_id, hold_id, placement_id) = 0
    when 'enquiry' then enquiry_id is not null and num_nonnulls(hold_id, placement_id) = 0
    when 'hold' then num_nonnulls(enquiry_id, hold_id) = 2 and placement_id is null
    else num_nonnulls(enquiry_id, placement_id) = 2 and hold_id is null end),
  check (num_nonnulls(cleared_at, cleared_by, reason) in (0, 3)),
  foreign key (authority_id, request_id) references placements.request on delete cascade);
create unique index flag_told_once on placements.flag (authority_id, case_id, change) where cleared_at is null and change in ('home_standing', 'child_plan');
create index flag_open on placements.flag (authority_id, due_at, id) where cleared_at is null;
create index flag_cleared on placements.flag (authority_id, cleared_at, id) where cleared_at is not null;
create index flag_request on placements.flag (authority_id, request_id);
create index flag_enquiry on placements.flag (enquiry_id);
create index flag_hold on placements.flag (hold_id);
create index flag_placement on placements.flag (placement_id);
comment on table placements.flag is 'scope: authority. What changed about a request, an enquiry, a hold or a placement: for whom it is, and how somebody cleared it.';
select careshare.protect('placements.flag', 'authority_id');
grant select, insert (authority_id, subject, request_id, enquiry_id, hold_id, placement_id, home_id, change, event_key, on_day, roles, neutral, due_at),
  update (cleared_at, cleared_by, reason, note) on placements.flag to careshare_app;
create policy locked on placements.flag as restrictive to careshare_app using ((request_id = any ((select tenants.locked_from_me())::uuid[])) is not true);
create policy home_locked on placements.flag as restrictive to careshare_app using ((home_id = any ((select tenants.locked_from_me())::uuid[])) is not true);

-- What is flagged is there for whoever flags it: row security does not guard a foreign key.
create function placements.flag_what_is_seen() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.enquiry_id is not null and not exists (select from placements.enquiry e where e.id = new.enquiry_id)
    or new.hold_id is not null and not exists (select from placements.hold h where h.id = new.hold_id and h.enquiry_id = new.enquiry_id)
    or new.placement_id is not null and not exists (select from placements.placement p where p.id = new.placement_id and p.enquiry_id = new.enquiry_id) then
    raise exception 'not there' using errcode = 'CS404'; end if;
  return new;
end $$;
-- What was cleared stays as it was cleared.
create function placements.clear_once() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.cleared_at is not null then raise exception 'cleared already' using errcode = 'CS409'; end if;
  return new;
end $$;
create trigger seen before insert on placements.flag for each row execute function placements.flag_what_is_seen();
create trigger clear_once before update on placements.flag for each row execute function placements.clear_once();

-- Since when a home's registration is what it is: by it a suspension is told from the one before.
alter table residential.home add column registration_since timestamptz;
create function residential.note_registration() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.registration_since := clock_timestamp();
  return new;
end $$;
create trigger note_registration before update on residential.home for each row
  when (old.registration is distinct from new.registration) execute function residential.note_registration();
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
-- The other side's job: that something changed, on which case, by a token; never what, nor when it does.
create function placements.tell_of_change() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare other uuid;
begin
  select case e.placing_id when new.authority_id then e.providing_id else e.placing_id end into other from placements.enquiry e
    where e.id = new.enquiry_id and new.authority_id in (e.placing_id, e.providing_id) and e.placing_id <> e.providing_id;
  if other is null or new.neutral is null then return null; end if;
  insert into jobs.outbox (authority_id, actor_id, purpose, task, payload)
    values (other, '00000000-0000-0000-0000-000000000000', 'placements:step', 'placements.step_taken',
      jsonb_build_object('enquiry_id', new.enquiry_id, 'machine', 'change', 'step', new.neutral, 'about', coalesce(new.placement_id, new.enquiry_id),
        'event', new.token));
  perform pg_notify('careshare_jobs', '');
  return null;
end $$;
grant execute on function placements.tell_of_change to careshare_owner;
reset role;
revoke create on schema placements from careshare_broker;
set role careshare_owner;
create trigger tell_of_change after insert on placements.flag for each row execute function placements.tell_of_change();
reset role;
