-- A series of short breaks: one match, one home, many dated stays; each takes place and child for its own days alone.
-- Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959) reg 48.
set role careshare_owner;
alter table placements.placement add column series_units uuid[];   -- the place and the child's own time, which each stay takes; null: no series

create table placements.short_break (
  placing_id uuid not null, providing_id uuid not null, id uuid not null unique default gen_random_uuid(), placement_id uuid not null,
  part smallint not null check (part >= 1),            -- of the placement's claim
  stage text not null check (stage in ('planned', 'started', 'ended', 'cancelled')),
  starts date not null, ends date not null check (ends >= starts),   -- the day of arrival and that of leaving; once ended the day the child left
  started_at timestamptz, ended_at timestamptz, revision int not null default 1,
  primary key (placing_id, id), unique (providing_id, id), constraint short_break_part unique (placement_id, part),
  foreign key (placing_id, placement_id) references placements.placement (placing_id, id),
  foreign key (providing_id, placement_id) references placements.placement (providing_id, id));
create index short_break_placing on placements.short_break (placing_id, placement_id, starts);
create index short_break_providing on placements.short_break (providing_id, placement_id, starts);
comment on table placements.short_break is 'scope: shared. One stay of a series of short breaks in one home. Moved by steps only.';

create table placements.short_break_step (
  placing_id uuid not null, providing_id uuid not null, id uuid not null default uuidv7(), placement_id uuid not null,
  break_id uuid references placements.short_break (id), step text not null, from_stage text not null, to_stage text not null,
  by_id uuid not null, actor_id uuid not null, at timestamptz not null default clock_timestamp(),
  code text not null default '' check (code ~ '^[a-z_]{0,40}$'), starts date, ends date,
  primary key (placing_id, id),
  foreign key (placing_id, placement_id) references placements.placement (placing_id, id),
  foreign key (providing_id, placement_id) references placements.placement (providing_id, id));
create index short_break_step_placing on placements.short_break_step (placing_id, placement_id, id);
create index short_break_step_providing on placements.short_break_step (providing_id, placement_id, id);
create index short_break_step_of on placements.short_break_step (break_id);
comment on table placements.short_break_step is 'scope: shared. Every step either side took with a stay of a series. Inserted only.';

insert into placements.step_rule (machine, stage, side, step, next_stage, level) values
 ('short_break', 'none', 'placing', 'add', 'planned', 0), ('short_break', 'planned', 'placing', 'move', 'planned', 0),
 ('short_break', 'planned', 'either', 'cancel', 'cancelled', 0), ('short_break', 'planned', 'providing', 'start', 'started', 0),
 ('short_break', 'started', 'placing', 'move', 'started', 0), ('short_break', 'started', 'either', 'end', 'ended', 0);

select careshare.protect('placements.short_break', null), careshare.protect('placements.short_break_step', null),
  careshare.let_broker('placements.short_break'), careshare.let_broker('placements.short_break_step');
do $$ declare t text; begin
  foreach t in array array['short_break', 'short_break_step'] loop
    execute format('create policy as_placing on placements.%I for select to careshare_app using (placing_id = (select careshare.authority()))', t);
    execute format('create policy as_providing on placements.%I for select to careshare_app using (providing_id = (select careshare.authority()))', t);
    execute format('grant select on placements.%I to careshare_app', t);
  end loop;
end $$;
create policy take on placements.short_break_step for insert to careshare_app with check (by_id = (select careshare.authority()));
grant insert (placement_id, break_id, step, by_id, code, starts, ends) on placements.short_break_step to careshare_app;
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
-- A step with a stay: looked up in the table of steps; place and child are taken for its days, or the step is refused.
create function placements.take_short_break_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); p placements.placement; b placements.short_break; r placements.step_rule; sides text[]; d tstzrange; other uuid;
begin
  select * into p from placements.placement where id = new.placement_id and me in (placing_id, providing_id) for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  if new.break_id is not null then
    select * into b from placements.short_break where id = new.break_id and placement_id = p.id for no key update;
    if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  end if;
  sides := array['either'] || case when me = p.placing_id then array['placing'] else '{}' end || case when me = p.providing_id then array['providing'] else '{}' end;
  select * into r from placements.step_rule t where t.machine = 'short_break' and t.stage = coalesce(b.stage, 'none') and t.step = new.step and t.side = any(sides);
  if not found then raise exception 'illegal step' using errcode = 'CS409'; end if;
  -- Whatever began ends; nothing new begins where the placement does not go on, nor where it began as one long stay.
  if new.step in ('add', 'move') and p.stage not in ('planned', 'ready', 'started') or new.step = 'start' and p.stage <> 'started'
      or p.stage in ('ended', 'cancelled') or p.series_units is null and p.stage not in ('planned', 'ready') then
    raise exception 'illegal step' using errcode = 'CS409'; end if;
  new.placing_id := p.placing_id; new.providing_id := p.providing_id; new.by_id := me; new.actor_id := careshare.actor(); new.at := clock_timestamp();
  new.from_stage := r.stage; new.to_stage := r.next_stage;

  if new.step = 'add' then
    if p.series_units is null then   -- the first: from now on only the stays are taken, the days between are free
      p.series_units := array(select o.unit_id from capacity.occupancy o where o.claim_id = p.claim_id and o.part = 1 order by o.owner_id = p.placing_id, o.unit_id);
      update placements.placement set series_units = p.series_units where id = p.id;
      delete from capacity.occupancy o where o.claim_id = p.claim_id;
    end if;
    insert into placements.short_break (placing_id, providing_id, placement_id, part, stage, starts, ends)
      select p.placing_id, p.providing_id, p.id, coalesce(max(x.part), 0) + 1, 'planned', new.starts, new.ends from placements.short_break x where x.placement_id = p.id
      returning * into b;
    new.break_id := b.id;
  end if;
  -- The days a step gives; a stay that has begun keeps its first one.
  if new.step = 'move' and b.stage = 'started' or new.step = 'end' then new.starts := b.starts; end if;
  if new.step = 'start' then new.ends := b.ends; end if;
  if new.step = 'cancel' then new.starts := b.starts; new.ends := b.ends; end if;
  if new.starts is null or new.ends is null or new.ends < new.starts or new.ends = new.starts and new.step <> 'end' then
    raise exception 'the days are not right' using errcode = 'CS422'; end if;
  if new.step in ('add', 'move') and (new.starts < p.starts or new.ends > p.ends) or new.step = 'start' and new.starts not between b.starts and b.ends then
    raise exception 'outside the days agreed' using errcode = 'CS422'; end if;

  perform 1 from capacity.unit u where u.id = any(p.series_units) order by u.id for no key update;
  delete from capacity.occupancy o where o.claim_id = p.claim_id and o.part = b.part;
  if new.step <> 'cancel' and new.ends > new.starts then
    d := tstzrange(new.starts::timestamp at time zone 'Europe/London', new.ends::timestamp at time zone 'Europe/London');
    perform capacity.lapse(array(select distinct o.claim_id from capacity.occupancy o where o.unit_id = any(p.series_units) and o.during && d));
    -- A stay is new capacity: the place must be open then and, where it is another's, still shared.
    if new.step in ('add', 'move') and exists (select from capacity.unit u where u.id = any(p.series_units) and (not u.open @> d
        or u.owner_id <> p.placing_id and not exists (select from careshare.sharing_grant g where g.viewer_id = p.placing_id and g.shelf_id = u.shelf_id and g.in_force @> now()))) then
      raise exception 'not available' using errcode = 'CS409'; end if;
    insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id, part)
      select u.owner_id, u.id, d, p.placing_id, p.claim_id, b.part from capacity.unit u where u.id = any(p.series_units);
  end if;
  insert into capacity.history (claimant_id, claim_id, what, units)
    values (p.placing_id, p.claim_id, case new.step when 'cancel' then 'released' when 'end' then 'shortened' else 'confirmed' end, p.series_units);
  update placements.short_break set stage = r.next_stage, starts = new.starts, ends = new.ends, revision = revision + 1,
    started_at = case when new.step = 'start' then new.at else started_at end, ended_at = case when new.step = 'end' then new.at else ended_at end
    where id = b.id;
  other := case when me = p.placing_id then p.providing_id else p.placing_id end;
  if other <> me then perform placements.tell_other(p.enquiry_id, other, 'short_break', new.step, b.id); end if;
  return new;
end $$;

-- As before; a series keeps the days of its stays, and those to come end with the placement.
create or replace function placements.follow_capacity(p placements.placement, step text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare first timestamptz := p.starts::timestamp at time zone 'Europe/London'; last timestamptz := p.ends::timestamp at time zone 'Europe/London';
begin
  perform 1 from capacity.unit u join capacity.occupancy o on o.unit_id = u.id where o.claim_id = p.claim_id order by u.id for no key update of u;
  perform 1 from capacity.claim c where c.id = p.claim_id for update;
  if p.stage in ('cancelled', 'ended') then
    update placements.short_break b set stage = 'cancelled', revision = revision + 1 where b.placement_id = p.id and b.stage = 'planned';
    update placements.short_break b set stage = 'ended', ends = least(greatest(b.starts, p.ends), b.ends), ended_at = clock_timestamp(), revision = revision + 1
      where b.placement_id = p.id and b.stage = 'started';
  end if;
  if p.stage = 'cancelled' then
    delete from capacity.claim c where c.id = p.claim_id;
    insert into capacity.history (claimant_id, claim_id, what) values (p.placing_id, p.claim_id, 'released');
  elsif p.stage = 'ended' then
    delete from capacity.occupancy o where o.claim_id = p.claim_id and lower(o.during) >= last;
    update capacity.occupancy o set during = tstzrange(lower(o.during), last) where o.claim_id = p.claim_id and (upper(o.during) is null or upper(o.during) > last);
    insert into capacity.history (claimant_id, claim_id, what) values (p.placing_id, p.claim_id, 'shortened');
  elsif p.series_units is not null then
    if step = 'vary' and exists (select from placements.short_break b where b.placement_id = p.id and b.stage in ('planned', 'started') and (b.starts < p.starts or b.ends > p.ends)) then
      raise exception 'outside the days agreed' using errcode = 'CS422'; end if;
  elsif step in ('vary', 'start') then
    perform capacity.lapse(array(select distinct b.claim_id from capacity.occupancy o join capacity.occupancy b on b.unit_id = o.unit_id and b.claim_id <> o.claim_id
      where o.claim_id = p.claim_id));
    update capacity.occupancy o set during = tstzrange(first, last) where o.claim_id = p.claim_id and o.part = 1
      and not exists (select from capacity.occupancy x where x.claim_id = p.claim_id and x.part > 1) and o.during <> tstzrange(first, last);
    if step = 'vary' and exists (select from capacity.occupancy o join capacity.unit u on u.id = o.unit_id where o.claim_id = p.claim_id and not u.open @> o.during) then
      raise exception 'not available' using errcode = 'CS409'; end if;
  end if;
end $$;
reset role;
revoke create on schema placements from careshare_broker;
grant execute on function placements.take_short_break_step to careshare_owner;
set role careshare_owner;
create trigger take_step before insert on placements.short_break_step for each row execute function placements.take_short_break_step();
reset role;
