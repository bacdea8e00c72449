-- Capacity: units, pools, claims with holds that expire, occupancies. The one place where "no double booking" is decided.
create schema capacity authorization careshare_owner;
grant usage on schema capacity to careshare_app, careshare_broker, careshare_backup;
set role careshare_owner;

create table capacity.unit (
  owner_id uuid not null, id uuid not null unique default uuidv7(),
  pool_id uuid not null,                          -- places of one household or home are interchangeable: one pool
  shelf_id uuid not null,                         -- the resource class under which it may be shared
  open tstzrange not null default '(,)',          -- closed, unstaffed, not available = outside this range
  primary key (owner_id, id), foreign key (owner_id, shelf_id) references careshare.shelf (owner_id, id));
create index unit_pool on capacity.unit (pool_id, id);
create index unit_shelf on capacity.unit (owner_id, shelf_id);
comment on table capacity.unit is 'scope: authority. One thing that one child, family or session can use at a time.';

create table capacity.claim (                     -- one claim takes any number of units together or not at all
  claimant_id uuid not null, id uuid not null unique default uuidv7(),
  firm boolean not null default false, expires_at timestamptz,
  check (firm = (expires_at is null)), primary key (claimant_id, id));
create index claim_expires on capacity.claim (expires_at) where not firm;
comment on table capacity.claim is 'scope: authority. A hold that expires or a firm booking; written by capacity functions only.';

-- Only what occupies now or later stands here: lapsed, released and ended rows are deleted and live on in history.
create table capacity.occupancy (
  owner_id uuid not null, unit_id uuid not null, during tstzrange not null check (not isempty(during)),
  claimant_id uuid not null, claim_id uuid not null, part int not null default 1,    -- a session of a series
  constraint occupancy_no_double_booking primary key (unit_id, during without overlaps),   -- not authority-first: one unit is one unit, whoever claims it
  foreign key (owner_id, unit_id) references capacity.unit (owner_id, id),
  foreign key (claimant_id, claim_id) references capacity.claim (claimant_id, id) on delete cascade);
create index occupancy_claim on capacity.occupancy (claim_id, part);
create index occupancy_owner on capacity.occupancy (owner_id, unit_id);
create index occupancy_claimant on capacity.occupancy (claimant_id, claim_id);
comment on table capacity.occupancy is 'scope: shared. Which unit is taken when; seen by its owner and by the claimant.';

create table capacity.history (id uuid primary key default uuidv7(), at timestamptz not null default clock_timestamp(),
  claimant_id uuid not null, claim_id uuid not null,
  what text not null check (what in ('held', 'occupied', 'confirmed', 'released', 'withdrawn', 'shortened', 'lapsed')), units uuid[] not null default '{}');
create index history_claim on capacity.history (claim_id);
comment on table capacity.history is 'scope: authority. What happened to claims that no longer stand.';

select careshare.protect('capacity.unit', 'owner_id'), careshare.protect('capacity.claim', null),
       careshare.protect('capacity.occupancy', null), careshare.protect('capacity.history', null);
select careshare.let_broker('capacity.unit'), careshare.let_broker('capacity.claim'),
       careshare.let_broker('capacity.occupancy'), careshare.let_broker('capacity.history');
create policy own on capacity.claim for select to careshare_app using (claimant_id = (select careshare.authority()));
create policy own on capacity.occupancy for select to careshare_app using (owner_id = (select careshare.authority()));
create policy claimed on capacity.occupancy for select to careshare_app using (claimant_id = (select careshare.authority()));
create policy own on capacity.history for select to careshare_app using (claimant_id = (select careshare.authority()));
grant select, insert, update, delete on capacity.unit to careshare_app;
grant select on capacity.claim, capacity.occupancy, capacity.history to careshare_app;  -- written through the functions below, never directly
reset role;

grant create on schema capacity to careshare_broker;
set role careshare_broker;
-- Removes holds that have run out. Whoever needs the place does it; nobody waits for a sweeper.
create function capacity.lapse(claims uuid[]) returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  with gone as (delete from capacity.claim c where c.id in (select id from capacity.claim
      where id = any(claims) and not firm and expires_at <= clock_timestamp() order by id for update skip locked) returning c.*)
  insert into capacity.history (claimant_id, claim_id, what) select claimant_id, id, 'lapsed' from gone;
  get diagnostics n = row_count; return n;
end $$;

-- Take every (units[i], during[i]) together. NULL = not available: absent, not shared, closed, occupied are one answer.
create function capacity.claim(units uuid[], during tstzrange[], hold interval default '20 min', parts int[] default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); may uuid[] := careshare.shelves(); wanted uuid[] := array(select distinct x from unnest(units) x); got int; cid uuid;
begin
  -- 1. Lock the unit rows in key order: claimants queue here instead of deadlocking inside the GiST constraint.
  perform 1 from capacity.unit u where u.id = any(wanted) and u.shelf_id = any(may) order by u.id for no key update;
  get diagnostics got = row_count;
  if got = 0 or got <> cardinality(wanted) or exists (select from unnest(units, during) w(id, d) join capacity.unit u using (id) where not u.open @> w.d or isempty(w.d)) then return null; end if;
  -- 2. Whatever lapsed in the way goes now. clock_timestamp(): we may have waited above.
  perform capacity.lapse(array(select distinct o.claim_id from unnest(units, during) w(id, d) join capacity.occupancy o on o.unit_id = w.id and o.during && w.d));
  -- 3. Race-free under the locks; the temporal key stays as the backstop.
  if exists (select from unnest(units, during) w(id, d) join capacity.occupancy o on o.unit_id = w.id and o.during && w.d) then return null; end if;
  insert into capacity.claim (claimant_id, expires_at) values (me, clock_timestamp() + hold) returning id into cid;
  insert into capacity.occupancy select u.owner_id, u.id, w.d, me, cid, coalesce(w.p, 1) from unnest(units, during, parts) w(id, d, p) join capacity.unit u using (id);
  insert into capacity.history (claimant_id, claim_id, what, units) values (me, cid, 'held', wanted);
  return cid;
exception when exclusion_violation then return null;   -- the caller asked for one unit twice at one time
end $$;

-- Any n places of a pool. The free ones are chosen under the locks, so two callers never choose the same.
create function capacity.claim_any(pool uuid, n int, during tstzrange, hold interval default '20 min') returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare may uuid[] := careshare.shelves(); free uuid[];
begin
  perform 1 from capacity.unit u where u.pool_id = pool and u.shelf_id = any(may) order by u.id for no key update;
  free := array(select u.id from capacity.unit u where u.pool_id = pool and u.shelf_id = any(may) and u.open @> claim_any.during
    and not exists (select from capacity.occupancy o join capacity.claim c on c.id = o.claim_id
      where o.unit_id = u.id and o.during && claim_any.during and (c.firm or c.expires_at > clock_timestamp()))
    order by u.id limit n);
  return case when cardinality(free) = n then capacity.claim(free, array_fill(during, array[n]), hold) end;
end $$;

-- True only while the hold lives and the units are still shared with us. A wait on the row re-reads the clock.
create function capacity.confirm(claim uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from capacity.claim c where c.id = claim and c.claimant_id = careshare.authority() for update;
  update capacity.claim c set firm = true, expires_at = null
    where c.id = claim and c.claimant_id = careshare.authority() and not c.firm and c.expires_at > clock_timestamp();
  if not found then return false; end if;
  if exists (select from capacity.occupancy o join capacity.unit u on u.id = o.unit_id where o.claim_id = claim and u.shelf_id <> all (careshare.shelves())) then
    raise exception 'not available' using errcode = 'CS409'; end if;   -- the agreement ended: the hold stands until it lapses, but cannot become firm
  insert into capacity.history (claimant_id, claim_id, what) values (careshare.authority(), claim, 'confirmed');
  return true;
end $$;

create function capacity.release(claim uuid, only_part int default null) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if only_part is null then delete from capacity.claim c where c.id = claim and c.claimant_id = careshare.authority();
  else delete from capacity.occupancy o where o.claim_id = claim and o.claimant_id = careshare.authority() and o.part = only_part; end if;
  if found then insert into capacity.history (claimant_id, claim_id, what) values (careshare.authority(), claim, 'released'); return true; end if;
  return false;
end $$;

-- The owner ends a hold that stands on its units. A firm booking is not ended here.
create function capacity.withdraw(claim uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare whose uuid; taken uuid[];
begin
  select array_agg(o.unit_id) into taken from capacity.occupancy o where o.claim_id = claim;
  if taken is null or exists (select from capacity.occupancy o where o.claim_id = claim and o.owner_id <> careshare.authority()) then return false; end if;
  delete from capacity.claim c where c.id = claim and not c.firm returning claimant_id into whose;
  if whose is null then return false; end if;
  insert into capacity.history (claimant_id, claim_id, what, units) values (whose, claim, 'withdrawn', taken);
  return true;
end $$;

-- Own units taken firmly at once, one claim for each: children who already live there. NULL where a unit is not ours, closed or taken.
create function capacity.occupy(units uuid[], during tstzrange[]) returns uuid[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); made uuid[];
begin
  perform 1 from capacity.unit u where u.id = any(units) and u.owner_id = me order by u.id for no key update;
  perform capacity.lapse(array(select distinct o.claim_id from unnest(units, during) w(id, d) join capacity.occupancy o on o.unit_id = w.id and o.during && w.d));
  with wanted as (
    select w.n, u.id, w.d, uuidv7() as claim_id
    from unnest(units, during) with ordinality w(id, d, n) join capacity.unit u on u.id = w.id and u.owner_id = me
    where u.open @> w.d and not isempty(w.d)
      and not exists (select from capacity.occupancy o where o.unit_id = u.id and o.during && w.d)
      and not exists (select from unnest(units, during) with ordinality e(id, d, n) where e.id = w.id and e.n < w.n and e.d && w.d)
  ), claims as (
    insert into capacity.claim (claimant_id, id, firm) select me, claim_id, true from wanted
  ), taken as (
    insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id) select me, id, d, me, claim_id from wanted
  ), noted as (
    insert into capacity.history (claimant_id, claim_id, what, units) select me, claim_id, 'occupied', array[id] from wanted
  )
  select array(select w.claim_id from generate_subscripts(units, 1) i left join wanted w on w.n = i order by i) into made;
  return made;
end $$;

-- A firm booking ends at a moment: later time is free from then on; one that ends before it began is released.
create function capacity.shorten(claim uuid, ends timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from capacity.claim c where c.id = claim and c.claimant_id = careshare.authority() for update;
  if not found then return false; end if;
  delete from capacity.occupancy o where o.claim_id = claim and o.claimant_id = careshare.authority() and lower(o.during) >= ends;
  update capacity.occupancy o set during = tstzrange(lower(o.during), ends)
    where o.claim_id = claim and o.claimant_id = careshare.authority() and o.during @> ends;
  insert into capacity.history (claimant_id, claim_id, what) values (careshare.authority(), claim, 'shortened');
  if not exists (select from capacity.occupancy o where o.claim_id = claim) then delete from capacity.claim c where c.id = claim; end if;
  return true;
end $$;

-- Free/busy of shared units: merged ranges, nothing of whose or what.
create function capacity.busy(units uuid[], during tstzrange) returns table (unit_id uuid, busy tstzmultirange)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select o.unit_id, range_agg(o.during * $2) from capacity.unit u
    join capacity.occupancy o on o.unit_id = u.id and o.during && $2
    join capacity.claim c on c.claimant_id = o.claimant_id and c.id = o.claim_id and (c.firm or c.expires_at > now())
  where u.id = any($1) and u.shelf_id = any(careshare.shelves()) group by 1 $$;

-- The state of one's own pools at a moment: for each unit filled, held (until when), closed or vacant, and from when it is free again.
create function capacity.states(pools uuid[], at timestamptz)
returns table (pool_id uuid, unit_id uuid, state text, claim_id uuid, held_until timestamptz, taken_until timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select u.pool_id, u.id,
    case when c.firm then 'filled' when c.id is not null then 'held' when not u.open @> $2 then 'closed' else 'vacant' end,
    c.id, c.expires_at, upper(o.during)
  from capacity.unit u
  left join (capacity.occupancy o join capacity.claim c on c.id = o.claim_id and (c.firm or c.expires_at > now())) on o.unit_id = u.id and o.during @> $2
  where u.owner_id = careshare.authority() and u.pool_id = any($1) order by u.pool_id, u.id $$;

revoke execute on all functions in schema capacity from public;
grant execute on function capacity.claim, capacity.claim_any, capacity.confirm, capacity.release, capacity.withdraw, capacity.occupy,
  capacity.shorten, capacity.busy, capacity.states to careshare_app;
reset role;
revoke create on schema capacity from careshare_broker;
