-- Placements with agencies and homes that are not on Careshare: one authority's own record, with plan, notices, approval and price.
set role careshare_owner;
create table placements.outside_placement (
  authority_id uuid not null references tenants.authority, id uuid not null default gen_random_uuid(), outside_enquiry_id uuid not null, child_id uuid not null,
  claim_id uuid not null default gen_random_uuid(),    -- the firm claim of the child's own time
  stage text not null default 'planned' check (stage in ('planned', 'ready', 'started', 'ending', 'ended', 'cancelled')),
  kind text not null check (kind in ('foster_home', 'residential_home', 'supported_accommodation')), emergency boolean not null,
  provider text not null check (provider <> '' and length(provider) <= 120), urn text check (urn ~ '^(SC[0-9]{6}|[0-9]{5,10})$'),
  home text not null check (home <> '' and length(home) <= 120), address text not null default '' check (length(address) <= 300), postcode text not null,
  area_gss text not null, contact text not null default '' check (length(contact) <= 120),
  route text not null check (route in ('none', 'nominated_officer', 'director')),   -- whose approval it takes by where the home stands (CPPCR reg 11)
  approved_at timestamptz, approved_by uuid, approved_role text, check ((approved_at is null) = (approved_by is null) and (approved_at is null) = (approved_role is null)),
  agreed_on date, signed_on date, signed_role text check (signed_role in ('carer', 'manager')),
  check ((signed_on is null) = (signed_role is null)), check (signed_on is null or agreed_on <= signed_on),
  starts date not null, ends date check (ends >= starts), started_at timestamptz, ended_at timestamptz, end_reason text check (end_reason ~ '^[A-Z0-9_]{1,10}$'),
  archive jsonb, archive_hash bytea, check ((archive is null) = (archive_hash is null)),
  revision int not null default 1, made_by uuid not null default careshare.actor(), at timestamptz not null default clock_timestamp(),
  primary key (authority_id, id), unique (id),
  foreign key (authority_id, outside_enquiry_id) references placements.outside_enquiry (authority_id, id),
  foreign key (authority_id, child_id) references placements.request_child (authority_id, id));
create unique index outside_placement_once on placements.outside_placement (authority_id, outside_enquiry_id, child_id) where stage <> 'cancelled';
create index outside_placement_enquiry on placements.outside_placement (authority_id, outside_enquiry_id);
create index outside_placement_child on placements.outside_placement (authority_id, child_id);
create index outside_placement_stage on placements.outside_placement (authority_id, stage, starts, id);
comment on table placements.outside_placement is 'scope: authority. A child''s placement with a provider that is not on Careshare. Moved by steps only; nobody else sees it.';

create table placements.outside_price (
  authority_id uuid not null, outside_placement_id uuid not null, since date not null, weekly numeric(9, 2) not null check (weekly >= 0),
  made_by uuid not null default careshare.actor(), at timestamptz not null default clock_timestamp(),
  primary key (authority_id, outside_placement_id, since),
  foreign key (authority_id, outside_placement_id) references placements.outside_placement (authority_id, id));
comment on table placements.outside_price is 'scope: authority. What a placement outside Careshare costs a week in pounds, each price from its day on.';

create table placements.outside_notice (
  authority_id uuid not null, id uuid not null default uuidv7(), outside_placement_id uuid not null,
  occasion text not null check (occasion in ('start', 'end')), recipient text not null check (recipient ~ '^[a-z_]{1,40}$'),
  due_at timestamptz not null, sent_on date, how text check (how in ('letter', 'email', 'in_person', 'telephone')), sent_by uuid,
  not_practicable text not null default '' check (length(not_practicable) <= 500), said_by uuid,
  primary key (authority_id, id), constraint outside_notice_once unique (authority_id, outside_placement_id, occasion, recipient),
  check ((sent_on is null) = (how is null) and (sent_on is null) = (sent_by is null)), check ((not_practicable = '') = (said_by is null)),
  check (sent_on is null or not_practicable = ''),
  foreign key (authority_id, outside_placement_id) references placements.outside_placement (authority_id, id));
create index outside_notice_due on placements.outside_notice (authority_id, due_at) where sent_on is null and not_practicable = '';
comment on table placements.outside_notice is 'scope: authority. Each notice that regulation 13 or 14 asks for of a placement outside Careshare.';

create table placements.outside_step (
  authority_id uuid not null, id uuid not null default uuidv7(), outside_placement_id uuid not null,
  step text not null, from_stage text not null, to_stage text not null, actor_id uuid not null, at timestamptz not null default clock_timestamp(),
  code text not null default '' check (code ~ '^[A-Za-z0-9_]{0,40}$'), starts date, ends date,
  primary key (authority_id, id),
  foreign key (authority_id, outside_placement_id) references placements.outside_placement (authority_id, id));
create index outside_step_of on placements.outside_step (authority_id, outside_placement_id, id);
comment on table placements.outside_step is 'scope: authority. Every step of a placement outside Careshare. Inserted only.';

insert into placements.step_rule (machine, stage, side, step, next_stage, level) values
 ('outside_placement', 'planned', 'placing', 'make_ready', 'ready', 0), ('outside_placement', 'planned', 'placing', 'vary', 'planned', 0),
 ('outside_placement', 'planned', 'placing', 'cancel', 'cancelled', 0), ('outside_placement', 'ready', 'placing', 'unready', 'planned', 0),
 ('outside_placement', 'ready', 'placing', 'cancel', 'cancelled', 0), ('outside_placement', 'ready', 'placing', 'start', 'started', 0),
 ('outside_placement', 'started', 'placing', 'vary', 'started', 0), ('outside_placement', 'started', 'placing', 'give_notice', 'started', 0),
 ('outside_placement', 'started', 'placing', 'review_to_end', 'ending', 0), ('outside_placement', 'ending', 'placing', 'keep', 'started', 0),
 ('outside_placement', 'ending', 'placing', 'end', 'ended', 0), ('outside_placement', 'started', 'placing', 'end_at_once', 'ended', 0);

select careshare.protect(t, 'authority_id'), careshare.let_broker(t) from unnest(array['placements.outside_placement', 'placements.outside_price',
  'placements.outside_notice', 'placements.outside_step']::regclass[]) t;
grant select, insert (authority_id, outside_enquiry_id, child_id, kind, emergency, provider, urn, home, address, postcode, area_gss, contact, route, starts, ends),
  update (home, address, contact, approved_at, approved_by, approved_role, agreed_on, signed_on, signed_role) on placements.outside_placement to careshare_app;
grant select, insert (authority_id, outside_placement_id, since, weekly), update (weekly, made_by, at) on placements.outside_price to careshare_app;
grant select, insert, update on placements.outside_notice to careshare_app;
grant select, insert (authority_id, outside_placement_id, step, code, starts, ends) on placements.outside_step to careshare_app;
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
-- The request is placed once each of its children lives somewhere, here or outside.
create function placements.place_where_all_live(owner uuid, which uuid) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from placements.request r where r.authority_id = owner and r.id = which and r.stage = 'open')
    and not exists (select from placements.request_child c where c.authority_id = owner and c.request_id = which and not exists (
      select from placements.asked a join placements.placement p on p.placing_id = a.authority_id and p.enquiry_id = a.enquiry_id
      where a.authority_id = c.authority_id and a.request_id = which and a.children[p.child_no] = c.id and p.stage in ('started', 'paused', 'ending'))
      and not exists (select from placements.outside_placement o where o.authority_id = c.authority_id and o.child_id = c.id and o.stage in ('started', 'ending'))) then
    insert into placements.request_step (authority_id, request_id, side, step) values (owner, which, 'system', 'place');
  end if;
end $$;
create or replace function placements.place_request(e placements.enquiry) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform placements.place_where_all_live(e.placing_id, (select request_id from placements.asked where authority_id = e.placing_id and enquiry_id = e.id));
end $$;

-- Planned with a provider that offered, for a child of the open request; the child's own time is taken, so that nobody lives in two homes.
create function placements.plan_outside() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); child placements.request_child; unit uuid; said text; d tstzrange;
begin
  select c.* into child from placements.request_child c join placements.outside_enquiry q on q.authority_id = c.authority_id and q.request_id = c.request_id
    where c.authority_id = me and new.authority_id = me and c.id = new.child_id and q.id = new.outside_enquiry_id;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  perform 1 from placements.request r where r.authority_id = me and r.id = child.request_id and r.stage = 'open' for no key update;
  if not found then raise exception 'illegal step' using errcode = 'CS409'; end if;
  select w.answer into said from placements.outside_answer w where w.authority_id = me and w.outside_enquiry_id = new.outside_enquiry_id order by w.id desc limit 1;
  if said is distinct from 'offered' then raise exception 'nobody offered' using errcode = 'CS409'; end if;
  unit := placements.unit_of(child);
  d := tstzrange(new.starts::timestamp at time zone 'Europe/London', new.ends::timestamp at time zone 'Europe/London');
  perform 1 from capacity.unit u where u.id = unit for no key update;
  perform capacity.lapse(array(select distinct o.claim_id from capacity.occupancy o where o.unit_id = unit and o.during && d));
  insert into capacity.claim (claimant_id, id, firm) values (me, new.claim_id, true);
  insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id) values (me, unit, d, me, new.claim_id);
  insert into capacity.history (claimant_id, claim_id, what, units) values (me, new.claim_id, 'occupied', array[unit]);
  return new;
end $$;

create function placements.take_outside_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); p placements.outside_placement; r placements.step_rule; child placements.request_child; first timestamptz; last timestamptz;
begin
  select * into p from placements.outside_placement where authority_id = me and new.authority_id = me and id = new.outside_placement_id for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  select * into r from placements.step_rule t where t.machine = 'outside_placement' and t.stage = p.stage and t.step = new.step and t.side = 'placing';
  if not found then raise exception 'illegal step' using errcode = 'CS409'; end if;
  new.actor_id := careshare.actor(); new.at := clock_timestamp(); new.from_stage := r.stage; new.to_stage := r.next_stage;
  if new.step = 'start' and new.starts is null or r.next_stage = 'ended' and (new.ends is null or new.ends < p.starts) then
    raise exception 'the days are not right' using errcode = 'CS422'; end if;
  update placements.outside_placement set stage = r.next_stage, revision = revision + 1,
    starts = case when new.step in ('start', 'vary') then coalesce(new.starts, starts) else starts end,
    ends = case when r.next_stage = 'ended' then new.ends when new.step = 'vary' then coalesce(new.ends, ends) else ends end,
    started_at = case when new.step = 'start' then new.at else started_at end, ended_at = case when r.next_stage = 'ended' then new.at else ended_at end,
    end_reason = case when r.next_stage = 'ended' then nullif(new.code, '') else end_reason end
    where authority_id = me and id = p.id returning * into p;
  first := p.starts::timestamp at time zone 'Europe/London'; last := p.ends::timestamp at time zone 'Europe/London';
  if p.stage = 'cancelled' then
    delete from capacity.claim c where c.id = p.claim_id;
    insert into capacity.history (claimant_id, claim_id, what) values (me, p.claim_id, 'released');
  elsif p.stage = 'ended' then
    delete from capacity.occupancy o where o.claim_id = p.claim_id and lower(o.during) >= last;
    update capacity.occupancy o set during = tstzrange(lower(o.during), last) where o.claim_id = p.claim_id and (upper(o.during) is null or upper(o.during) > last);
    insert into capacity.history (claimant_id, claim_id, what) values (me, p.claim_id, 'shortened');
    -- The record of who lived where stays whole, whatever becomes of the request.
    select * into child from placements.request_child c where c.authority_id = me and c.id = p.child_id;
    update placements.outside_placement o set archive = v.body, archive_hash = sha256(convert_to(v.body::text, 'UTF8'))
      from (select jsonb_build_object('placement', to_jsonb(p) - 'archive' - 'archive_hash',
        'child', jsonb_build_object('reference', child.reference, 'name', child.name, 'born', child.born, 'sex', child.sex),
        'prices', (select jsonb_agg(jsonb_build_object('since', x.since, 'weekly', x.weekly::text) order by x.since) from placements.outside_price x
          where x.authority_id = me and x.outside_placement_id = p.id)) as body) v
      where o.authority_id = me and o.id = p.id;
  elsif new.step in ('start', 'vary') then
    -- The first price holds from the first day, also from an earlier one.
    update placements.outside_price x set since = p.starts where x.authority_id = me and x.outside_placement_id = p.id and x.since > p.starts
      and x.since = (select min(y.since) from placements.outside_price y where y.authority_id = me and y.outside_placement_id = p.id);
    update capacity.occupancy o set during = tstzrange(first, last) where o.claim_id = p.claim_id and o.during <> tstzrange(first, last);
  end if;
  if new.step = 'start' then
    select * into child from placements.request_child c where c.authority_id = me and c.id = p.child_id;
    perform placements.place_where_all_live(me, child.request_id);
  end if;
  return new;
end $$;
reset role;
revoke create on schema placements from careshare_broker;
grant execute on function placements.plan_outside, placements.take_outside_step to careshare_owner;
set role careshare_owner;
create trigger plan_outside before insert on placements.outside_placement for each row execute function placements.plan_outside();
create trigger take_step before insert on placements.outside_step for each row execute function placements.take_outside_step();
reset role;
