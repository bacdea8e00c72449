-- Placement requests: what a child or a group of children needs, who they are, and how it goes on. The placing
-- authority's alone: nothing here is read by another; what is disclosed is written elsewhere, by level.
-- Sources: Placements Data Standard v2 (2025-07-18); Children Act 1989 s22C; SSDA903 code sets.
grant usage on schema placements to careshare_broker;
grant create on schema placements to careshare_broker;
set role careshare_owner;

-- The allowed steps of every machine of this service. Nothing else moves a stage. `side` is who may take the step;
-- `level` is what it opens of the child to the other side, in machines that open something.
create table placements.step_rule (
  machine text not null check (machine ~ '^[a-z_]+$'), stage text not null check (stage ~ '^[a-z_]+$'),
  side text not null check (side in ('placing', 'providing', 'either', 'system')), step text not null check (step ~ '^[a-z_]+$'),
  next_stage text not null check (next_stage ~ '^[a-z_]+$'), level int not null default 0 check (level between 0 and 4),
  primary key (machine, stage, side, step));
comment on table placements.step_rule is 'scope: platform. The allowed steps of each machine: from which stage, by which side, to which stage.';
grant select on placements.step_rule to careshare_app, careshare_broker, careshare_backup;
insert into placements.step_rule (machine, stage, side, step, next_stage) values
  ('request', 'draft', 'placing', 'change', 'draft'), ('request', 'draft', 'placing', 'open', 'open'),
  ('request', 'draft', 'placing', 'withdraw', 'withdrawn'),
  ('request', 'open', 'placing', 'change', 'open'), ('request', 'open', 'placing', 'withdraw', 'withdrawn'),
  ('request', 'open', 'placing', 'not_place', 'not_placed'), ('request', 'open', 'system', 'place', 'placed'),
  ('request', 'not_placed', 'placing', 'reopen', 'open'), ('request', 'withdrawn', 'placing', 'reopen', 'draft'),
  ('request', 'placed', 'placing', 'reopen', 'open'), ('request', 'placed', 'system', 'reopen', 'open');

create table placements.request (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  number text not null check (number ~ '^R-[0-9]{6}$'),        -- what it is called on the telephone; says nothing of anybody
  kind text not null check (kind in ('planned', 'emergency')),
  stage text not null default 'draft' check (stage in ('draft', 'open', 'placed', 'not_placed', 'withdrawn')),
  starts date not null, ends date check (ends > starts),       -- from when a home is needed, and until when
  need jsonb not null check (jsonb_typeof(need) = 'object'),   -- services.placements.requests.model.RequestNeed
  version int not null default 1,
  made_at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  held_by uuid not null default careshare.actor(),             -- whose work it is now
  opened_at timestamptz, ended_at timestamptz, updated_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, id), constraint request_number unique (authority_id, number));
create index request_standing on placements.request (authority_id, starts, id) where stage in ('draft', 'open');
create index request_holder on placements.request (authority_id, held_by, id) where stage in ('draft', 'open');
create index request_ended on placements.request (authority_id, ended_at) where ended_at is not null;
comment on table placements.request is 'scope: authority. A request for a home: for when, planned or emergency, what is needed, its stage.';

create table placements.request_child (
  authority_id uuid not null, id uuid not null default uuidv7(), request_id uuid not null,
  position smallint not null check (position between 1 and 8),
  age smallint not null check (age between 0 and 25),          -- whole years on the day wanted; from the date of birth where that is known
  sex text not null default 'U' check (sex in ('M', 'F', 'U')),
  -- Who the child is. None of this is ever shown to others before a match.
  reference text check (reference <> '' and length(reference) <= 40), reference_key text generated always as (lower(btrim(reference) collate pg_c_utf8)) stored,
  name text not null default '' check (length(name) <= 120), known_as text not null default '' check (length(known_as) <= 120),
  born date, ethnicity text check (ethnicity ~ '^[A-Z]{4}$'), legal_status text check (legal_status ~ '^[A-Z][0-9]$'), legal_since date,
  address text not null default '' check (length(address) <= 300), postcode text,
  school text not null default '' check (length(school) <= 120), school_postcode text,
  on_file text[] not null default '{}' check (cardinality(on_file) <= 60),   -- names of parents, family, friends, schools that must not leak
  need jsonb not null check (jsonb_typeof(need) = 'object'),   -- services.placements.requests.model.ChildNeed
  primary key (authority_id, id), constraint request_child_position unique (authority_id, request_id, position) deferrable,
  foreign key (authority_id, request_id) references placements.request on delete cascade);
create index request_child_reference on placements.request_child (authority_id, reference_key);
create index request_child_name on placements.request_child (authority_id, name);
comment on table placements.request_child is 'scope: authority. A child of a request: who they are, where they live and go to school, what they need.';

create table placements.request_step (
  authority_id uuid not null, id uuid not null default uuidv7(), request_id uuid not null,
  side text not null default 'placing' check (side in ('placing', 'system')), step text not null check (step ~ '^[a-z_]+$'),
  stage text not null, next_stage text not null,               -- set by the trigger from placements.step_rule
  outcome text check (outcome ~ '^[a-z_]+$'), reason text check (reason ~ '^[a-z_]+$'),
  note text not null default '' check (length(note) <= 500),
  at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  primary key (authority_id, id),
  constraint request_step_reason check (step not in ('withdraw', 'not_place') or reason is not null),
  constraint request_step_outcome check ((step = 'not_place') = (outcome is not null)),
  foreign key (authority_id, request_id) references placements.request on delete cascade);
create index request_step_request on placements.request_step (authority_id, request_id, id);
comment on table placements.request_step is 'scope: authority. How a request went on: each step, by whom, with its coded reason. Added, never changed.';

-- What the check of free text found and its author let stand, with the reason. The digest is of the whole text: another
-- text is looked at anew.
create table placements.request_ruling (
  authority_id uuid not null, id uuid not null default uuidv7(), request_id uuid not null, child_id uuid,
  field text not null check (field ~ '^[a-z_]+$'), digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  first int not null check (first >= 0), last int not null check (last > first), kind text not null check (kind ~ '^[a-z_]+$'),
  why text not null check (why <> '' and length(why) <= 300),
  at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  primary key (authority_id, id),
  constraint request_ruling_once unique nulls not distinct (authority_id, request_id, child_id, field, digest, first, last, kind),
  foreign key (authority_id, request_id) references placements.request on delete cascade,
  foreign key (authority_id, child_id) references placements.request_child on delete cascade);
create index request_ruling_child on placements.request_ruling (authority_id, child_id);
comment on table placements.request_ruling is 'scope: authority. Words found in a text for others that its author let stand, and why.';

create table placements.request_search (
  authority_id uuid not null, request_id uuid not null, search_id uuid not null, at timestamptz not null default clock_timestamp(),
  primary key (authority_id, search_id),
  foreign key (authority_id, request_id) references placements.request on delete cascade,
  foreign key (authority_id, search_id) references placements.search on delete cascade);
create index request_search_request on placements.request_search (authority_id, request_id, search_id);
comment on table placements.request_search is 'scope: authority. Which searches were made for which request.';

alter table placements.unmet_need add column request_id uuid,
  add foreign key (authority_id, request_id) references placements.request on delete set null (request_id);
create index unmet_need_request on placements.unmet_need (authority_id, request_id);

-- What is changed must stand at a stage where it may be.
create function placements.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare now_at text;
begin
  select r.stage into now_at from placements.request r where r.authority_id = new.authority_id
    and r.id = case tg_table_name when 'request' then new.id else (to_jsonb(new) ->> 'request_id')::uuid end;
  if not exists (select from placements.step_rule s where s.machine = 'request' and s.stage = now_at and s.step = 'change') then
    raise exception 'a request is changed only while it is a draft or open' using errcode = '23P01', constraint = 'request_change_allowed', table = tg_table_name, schema = tg_table_schema;
  end if;
  return new;
end $$;
create trigger change_allowed before update of kind, starts, ends, need on placements.request
  for each row execute function placements.refuse_change();
create trigger change_allowed before insert or update on placements.request_child for each row execute function placements.refuse_change();

select careshare.protect(('placements.' || t)::regclass, 'authority_id')
  from unnest(array['request', 'request_child', 'request_step', 'request_ruling', 'request_search']) t;
select careshare.let_broker('placements.request'), careshare.let_broker('placements.request_step');
grant select, insert (authority_id, number, kind, starts, ends, need), delete on placements.request to careshare_app;
grant update (kind, starts, ends, need, held_by, version, updated_at) on placements.request to careshare_app;
grant select, insert, update, delete on placements.request_child to careshare_app;
grant select, insert on placements.request_ruling, placements.request_search to careshare_app;
-- Its side is always the placing one, its stage the trigger's.
grant select, insert (authority_id, request_id, step, outcome, reason, note) on placements.request_step to careshare_app;
create policy locked on placements.request as restrictive to careshare_app using (id <> all ((select tenants.locked_from_me())::uuid[]));
do $$ declare t text; begin
  foreach t in array array['request_child', 'request_step', 'request_ruling', 'request_search'] loop
    execute format('create policy locked on placements.%I as restrictive to careshare_app using (request_id <> all ((select tenants.locked_from_me())::uuid[]))', t);
  end loop; end $$;
create trigger held before delete on placements.request for each row execute function record.refuse_held('request', 'id');
alter table placements.request enable always trigger held;
reset role;

-- A step is looked up among the allowed ones and moves the stage. Nothing else does: the application may not write it.
set role careshare_broker;
create function placements.take_request_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare was placements.request; goes text;
begin
  select * into was from placements.request r where r.authority_id = new.authority_id and r.id = new.request_id for update;
  if not found then raise exception 'no such request' using errcode = '23503', constraint = 'request_step_request'; end if;
  select s.next_stage into goes from placements.step_rule s
    where s.machine = 'request' and s.stage = was.stage and s.side in (new.side, 'either') and s.step = new.step and s.step <> 'change';
  if not found then
    raise exception 'the request is % and takes no such step', was.stage using errcode = '23P01', constraint = 'request_step_allowed', table = tg_table_name, schema = tg_table_schema;
  end if;
  new.stage := was.stage; new.next_stage := goes;
  update placements.request set stage = goes, version = version + 1, updated_at = clock_timestamp(),
    opened_at = case when goes = 'open' then coalesce(opened_at, clock_timestamp()) else opened_at end,
    ended_at = case when goes in ('placed', 'not_placed', 'withdrawn') then clock_timestamp() end
    where authority_id = new.authority_id and id = new.request_id;
  return new;
end $$;
grant execute on function placements.take_request_step to careshare_owner;
reset role;
revoke create on schema placements from careshare_broker;
set role careshare_owner;
create trigger take_step before insert on placements.request_step for each row execute function placements.take_request_step();
reset role;
