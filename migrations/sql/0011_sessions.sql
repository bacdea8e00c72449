-- Sessions with limits of each authority, step-up, roles held for a time, break-glass, kept forms, throttled sign-in,
-- and records locked from named colleagues.
set role careshare_owner;

create table tenants.session_limits (
  authority_id uuid primary key references tenants.authority,
  idle interval not null check (idle between interval '5 minutes' and interval '24 hours'),
  absolute interval not null check (absolute between idle and interval '24 hours'));
comment on table tenants.session_limits is
  'scope: authority. How long its people stay signed in: unused, and at all. No row: twelve hours each.';
select careshare.protect('tenants.session_limits', 'authority_id');
select careshare.let_broker('tenants.session_limits');
grant select, insert, update on tenants.session_limits to careshare_app;

create table tenants.temporary_role (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  person_id uuid not null references identity.person,
  kind text not null check (kind in ('deputy', 'delegation', 'support', 'break_glass')),
  roles text[] not null check (cardinality(roles) > 0),
  for_person uuid references identity.person,                -- deputies: in whose name
  during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
  reason text not null check (reason <> '' and length(reason) <= 500),
  granted_by uuid not null references identity.person, second_by uuid references identity.person,
  ended_at timestamptz, ended_by uuid references identity.person,
  primary key (authority_id, id),
  check ((kind = 'deputy') = (for_person is not null)), constraint temporary_role_other check (for_person <> person_id),
  constraint temporary_role_granted_to_another check (granted_by <> person_id),
  constraint temporary_role_two_people check (second_by <> granted_by),
  constraint temporary_role_short check (
    kind <> 'break_glass' or upper(during) - lower(during) <= interval '4 hours'),
  constraint temporary_role_support_ends check (kind <> 'support' or upper(during) - lower(during) <= interval '7 days'),
  check ((ended_at is null) = (ended_by is null)));
comment on table tenants.temporary_role is
  'scope: authority. Roles held for a time: deputies, delegations to others'' staff, support by invitation, break-glass.';
create index temporary_role_person on tenants.temporary_role (person_id, authority_id);
create index temporary_role_for on tenants.temporary_role (for_person);
create index temporary_role_granted_by on tenants.temporary_role (granted_by);
create index temporary_role_second_by on tenants.temporary_role (second_by);
create index temporary_role_ended_by on tenants.temporary_role (ended_by);
select careshare.protect('tenants.temporary_role', 'authority_id');
select careshare.let_broker('tenants.temporary_role');
grant select, insert on tenants.temporary_role to careshare_app;
grant update (second_by, ended_at, ended_by) on tenants.temporary_role to careshare_app;

create table identity.break_glass_code (    -- told to the duty worker by telephone; worth nothing without their e-mail address
  authority_id uuid not null, role_id uuid not null, hash bytea not null check (length(hash) = 32),
  used_at timestamptz, primary key (authority_id, role_id),
  foreign key (authority_id, role_id) references tenants.temporary_role (authority_id, id));
comment on table identity.break_glass_code is 'scope: platform. Codes that let a duty worker in once; readable only through functions.';

alter table identity.session
  add handle uuid not null default gen_random_uuid(),        -- what its person calls it by
  add kind text not null default 'usual' check (kind in ('usual', 'break_glass')),
  add stepped_up_at timestamptz,
  add device text not null default '' check (length(device) <= 80),    -- "Firefox on Windows", never an address
  add provider uuid, add provider_session text, add id_token text;     -- to end the provider's session too
create unique index session_handle on identity.session (handle);
create index session_provider on identity.session (provider, provider_session) where provider is not null;
alter table identity.token add stepped_up_at timestamptz;

create table identity.kept_form (
  id uuid primary key default gen_random_uuid(), person_id uuid not null references identity.person,
  authority_id uuid not null references tenants.authority,
  content text not null check (length(content) <= 400000),  -- encrypted with the service's key
  kept_at timestamptz not null default now());
create index kept_form_person on identity.kept_form (person_id);
create index kept_form_authority on identity.kept_form (authority_id);
comment on table identity.kept_form is 'scope: platform. Forms sent after the session had ended, for an hour; readable only by their person through functions.';

create unlogged table identity.attempt (    -- may be lost: it only slows guessing down
  key bytea primary key check (length(key) = 32), since timestamptz not null default now(), times int not null default 1);
comment on table identity.attempt is 'scope: platform. How often somebody tried to sign in, by a keyed hash of the account or address.';

create table tenants.record_lock (
  authority_id uuid not null references tenants.authority, subject_id uuid not null,
  person_id uuid not null references identity.person,
  reason text not null check (reason <> '' and length(reason) <= 500),
  locked_by uuid not null references identity.person default careshare.actor(), locked_at timestamptz not null default now(),
  constraint record_lock_other check (locked_by <> person_id),
  primary key (authority_id, subject_id, person_id));
create index record_lock_person on tenants.record_lock (person_id, authority_id);
create index record_lock_locked_by on tenants.record_lock (locked_by);
comment on table tenants.record_lock is
  'scope: authority. Records locked from named colleagues: of staff, of their relatives. To them the record is not there.';
select careshare.protect('tenants.record_lock', 'authority_id');
select careshare.let_broker('tenants.record_lock');
grant select, insert, delete on tenants.record_lock to careshare_app;

grant delete on identity.kept_form, identity.attempt to careshare_broker;
grant select, insert on identity.kept_form to careshare_broker;
grant select, insert, update on identity.attempt, identity.break_glass_code to careshare_broker;
grant select on identity.break_glass_code, identity.kept_form to careshare_backup;
create policy broker on tenants.offer_own for select to careshare_broker using (true);
grant select on tenants.offer_own to careshare_broker;
reset role;

grant create on schema identity, tenants to careshare_broker;
set role careshare_broker;
drop function identity.enter(text, text, text);
drop function identity.open_session(bytea, uuid, uuid, interval);
drop function identity.my_authorities();

-- The roles of a person for an authority from a membership and, outside break-glass, for a time. Null: none.
create function identity.roles_now(person uuid, authority uuid) returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array_agg(distinct r) from (
    select unnest(m.roles) from tenants.member m where m.person_id = person and m.authority_id = authority
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)
    union all
    select unnest(t.roles) from tenants.temporary_role t where t.person_id = person and t.authority_id = authority
      and t.kind <> 'break_glass' and t.ended_at is null and t.during @> now()) as held (r) $$;

-- The first statement of every request: who is this, for whom do they act, in which roles. Binds the transaction.
-- No row: not signed in, ended, or not (any more) a member; then nothing is bound and every scoped read is refused.
-- `needed` are the roles that grant what is asked: where only a role held for a time does, the bound purpose says so,
-- and in whose name. A break-glass session has the roles of its break-glass alone.
create function identity.enter(kind text, credential text, purpose text, needed text[] default null)
returns table (person_id uuid, person_name text, authority_id uuid, authority_name text, gss_code text, roles text[], scopes text[],
  stepped_up boolean, session_kind text, temporary text, bound_purpose text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  who uuid; acting uuid; may text[]; stepped timestamptz; seen timestamptz; how text := 'usual'; own text[]; part record; used text; held jsonb; dated boolean;
begin
  if kind = 'session' then
    select s.person_id, s.authority_id, s.stepped_up_at, s.seen_at, s.kind into who, acting, stepped, seen, how
      from identity.session s left join tenants.session_limits l on l.authority_id = s.authority_id
      where s.id = decode(credential, 'hex') and s.ended_at is null and s.expires_at > now()
        and s.seen_at > now() - coalesce(l.idle, interval '12 hours')
        and s.created_at > now() - coalesce(l.absolute, interval '12 hours');
    if seen < now() - interval '1 minute' then
      update identity.session s set seen_at = now() where s.id = (
        select id from identity.session where id = decode(credential, 'hex') for update skip locked);
    end if;
  elsif kind = 'token' then
    select t.person_id, t.authority_id, t.scopes, t.stepped_up_at into who, acting, may, stepped from identity.token t
      where t.id = credential::uuid and t.revoked_at is null and t.expires_at > now();
  end if;
  if who is null then return; end if;
  select p.name, a.name, a.gss_code, m.roles, exists (select from tenants.temporary_role t
        where t.person_id = who and t.authority_id = acting and t.ended_at is null)
    into person_name, authority_name, gss_code, own, dated
    from identity.person p join tenants.authority a on a.id = acting
    left join tenants.member m on m.person_id = p.id and m.authority_id = a.id
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)
    where p.id = who and p.ended_at is null and (a.ends is null or a.ends > current_date);
  if not found then return; end if;
  roles := case when how = 'usual' then own end;
  used := purpose;
  if dated then for part in
    select t.kind, t.roles, t.for_person, f.name as for_name, upper(t.during) as until from tenants.temporary_role t
    left join identity.person f on f.id = t.for_person
    where t.person_id = who and t.authority_id = acting and t.ended_at is null and t.during @> now()
      and (t.kind = 'break_glass') = (how = 'break_glass')
      and (t.kind <> 'break_glass' or t.second_by is not null and own is not null) order by t.kind, t.id
  loop
    if used = purpose and part.roles && needed and (roles is null or not roles && needed) then
      used := purpose || case part.kind when 'deputy' then '; in the name of ' || part.for_person
        when 'delegation' then '; by delegation' when 'support' then '; as invited support' else '; break-glass' end;
    end if;
    roles := roles || part.roles;
    held := coalesce(held, '[]') ||
      jsonb_build_object('kind', part.kind, 'roles', to_jsonb(part.roles), 'for_name', part.for_name, 'until', part.until);
  end loop; end if;
  if roles is null then return; end if;
  if held is not null then temporary := held::text; roles := array(select distinct r from unnest(roles) r order by r); end if;
  perform careshare.bind(acting, who, used);
  person_id := who; authority_id := acting; scopes := may; session_kind := how; bound_purpose := used;
  stepped_up := coalesce(stepped > now() - interval '15 minutes', false);
  return next;
end $$;

-- Starts a session within the authority's limits; false where the person may not act for it.
create function identity.open_session(secret_hash bytea, person uuid, authority uuid, provider uuid, provider_session text, id_token text,
  stepped_up boolean, device text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if identity.roles_now(person, authority) is null then return false; end if;
  insert into identity.session (id, person_id, authority_id, expires_at, provider, provider_session, id_token, stepped_up_at, device)
    select secret_hash, person, authority, now() + coalesce((select l.absolute from tenants.session_limits l where l.authority_id = authority), interval '12 hours'),
      open_session.provider, open_session.provider_session, open_session.id_token, case when stepped_up then now() end, left(open_session.device, 80);
  return true;
end $$;
-- A new secret for the same session: whoever had learned the old one has nothing. `step` marks it stepped up.
create function identity.rotate_session(old_hash bytea, new_hash bytea, step boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update identity.session set id = new_hash, seen_at = now(), stepped_up_at = case when step then now() else stepped_up_at end
    where id = old_hash and ended_at is null and expires_at > now();
  return found;
end $$;
-- Acting for another authority goes on in a new session; the provider's session stays known with it, the step-up does not.
create function identity.switch_session(old_hash bytea, new_hash bytea, authority uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s identity.session;
begin
  select * into s from identity.session where id = old_hash and ended_at is null and kind = 'usual' and person_id = careshare.actor() for update;
  if not found or not identity.open_session(new_hash, s.person_id, authority, s.provider, s.provider_session, s.id_token, false, s.device) then return false; end if;
  update identity.session set ended_at = now() where id = old_hash;
  return true;
end $$;
create function identity.end_provider_session(from_provider uuid, which text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  update identity.session set ended_at = now() where provider = from_provider and provider_session = which and ended_at is null;
  get diagnostics n = row_count; return n;
end $$;
-- Ends every session of the person for the bound authority: for leavers.
create function identity.end_sessions_of(person uuid) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  update identity.session set ended_at = now() where person_id = person and authority_id = careshare.authority() and ended_at is null;
  get diagnostics n = row_count; return n;
end $$;
-- What the provider needs to end its own session; nothing where the session is not open.
create function identity.provider_session(secret_hash bytea) returns table (provider uuid, provider_session text, id_token text)
language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select s.provider, s.provider_session, s.id_token from identity.session s where s.id = secret_hash and s.ended_at is null $$;

-- One's own sessions that still stand, the newest use first.
create function identity.my_sessions(secret_hash bytea) returns table (handle uuid, authority text, kind text, device text,
  began_at timestamptz, used_at timestamptz, ends_at timestamptz, this boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.handle, a.name, s.kind, s.device, s.created_at, s.seen_at, s.expires_at, s.id = secret_hash
  from identity.session s join tenants.authority a on a.id = s.authority_id left join tenants.session_limits l on l.authority_id = s.authority_id
  where s.person_id = careshare.actor() and s.ended_at is null and s.expires_at > now()
    and s.seen_at > now() - coalesce(l.idle, interval '12 hours') and s.created_at > now() - coalesce(l.absolute, interval '12 hours')
  order by s.id = secret_hash desc, s.seen_at desc, s.handle $$;
-- Ends one of one's own sessions, or (null) all but the one with this secret. Returns how many.
create function identity.end_my_sessions(which uuid, secret_hash bytea) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  update identity.session set ended_at = now() where person_id = careshare.actor() and ended_at is null
    and case when which is null then id <> secret_hash else handle = which end;
  get diagnostics n = row_count; return n;
end $$;

-- The authorities the bound person may act for, and in which of them only for a time.
create function identity.my_authorities() returns table (authority_id uuid, name text, roles text[], until timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.name, identity.roles_now(careshare.actor(), a.id),
    case when m.person_id is null then (select max(upper(t.during)) from tenants.temporary_role t where t.person_id = careshare.actor()
      and t.authority_id = a.id and t.kind <> 'break_glass' and t.ended_at is null and t.during @> now()) end
  from tenants.authority a left join tenants.member m on m.authority_id = a.id and m.person_id = careshare.actor()
    and m.starts <= current_date and (m.ends is null or m.ends > current_date)
  where a.id in (select authority_id from tenants.member where person_id = careshare.actor()
      union select authority_id from tenants.temporary_role where person_id = careshare.actor())
    and (a.ends is null or a.ends > current_date) and identity.roles_now(careshare.actor(), a.id) is not null order by a.name $$;

-- Whoever is to hold a role for a time: known by their e-mail address, or entered anew.
create function identity.person_for(address text, called text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare found_id uuid;
begin
  select id into found_id from identity.person where email = lower(address) and ended_at is null;
  if found_id is null then
    insert into identity.person (name, email) values (called, lower(address)) on conflict do nothing returning id into found_id;
  end if;
  return found_id;
end $$;
-- Names and addresses of whom the bound authority gave a role for a time, and of those concerned in it.
create function identity.temporary_people() returns table (person_id uuid, name text, email text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.name, p.email from identity.person p where p.id in (
    select unnest(array[t.person_id, t.for_person, t.granted_by, t.second_by, t.ended_by]) from tenants.temporary_role t where t.authority_id = careshare.authority()) $$;

-- Break-glass: keep the code's hash for a role the bound authority has given; then the worker comes in once with it.
create function identity.keep_break_glass_code(role uuid, code_hash bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into identity.break_glass_code (authority_id, role_id, hash)
    select t.authority_id, t.id, code_hash from tenants.temporary_role t
    where t.authority_id = careshare.authority() and t.id = role and t.kind = 'break_glass' and t.ended_at is null and t.during @> now()
    on conflict do nothing;
  return found;
end $$;
-- Where nobody had seconded it, the worker who brings the code is the second person.
create function identity.use_break_glass(address text, code_hash bytea, secret_hash bytea, device text)
returns table (person_id uuid, authority_id uuid, role_id uuid, until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t tenants.temporary_role;
begin
  select r.* into t from identity.break_glass_code c join tenants.temporary_role r on r.authority_id = c.authority_id and r.id = c.role_id
    join identity.person p on p.id = r.person_id
    where c.hash = code_hash and c.used_at is null and p.email = lower(address) and p.ended_at is null and r.ended_at is null and r.during @> now()
      and identity.roles_now(r.person_id, r.authority_id) is not null
    for update of c, r;
  if not found then return; end if;
  update identity.break_glass_code c set used_at = now() where c.authority_id = t.authority_id and c.role_id = t.id;
  update tenants.temporary_role r set second_by = t.person_id where r.authority_id = t.authority_id and r.id = t.id and r.second_by is null;
  insert into identity.session (id, person_id, authority_id, expires_at, kind, device)
    values (secret_hash, t.person_id, t.authority_id, upper(t.during), 'break_glass', left(use_break_glass.device, 80));
  return query select t.person_id, t.authority_id, t.id, upper(t.during);
end $$;

-- A form sent with a session that has ended, or must be stepped up: kept for whoever's session it was. Null: nobody's.
create function identity.keep_form(secret_hash bytea, encrypted text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare made uuid;
begin
  delete from identity.kept_form where kept_at < now() - interval '1 hour';
  insert into identity.kept_form (person_id, authority_id, content)
    select s.person_id, s.authority_id, encrypted from identity.session s where s.id = secret_hash
      and (select count(*) from identity.kept_form k where k.person_id = s.person_id) < 20
    returning id into made;
  return made;
end $$;
create function identity.kept_form(which uuid) returns table (content text, authority_id uuid, authority text, kept_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select k.content, a.id, a.name, k.kept_at from identity.kept_form k join tenants.authority a on a.id = k.authority_id
  where k.id = which and k.person_id = careshare.actor() and k.kept_at > now() - interval '1 hour' $$;
create function identity.drop_kept_form(which uuid) returns void language sql security definer set search_path = pg_catalog, pg_temp as
  $$ delete from identity.kept_form where id = which and person_id = careshare.actor() $$;

-- Counts one attempt; the seconds to wait where there were more than `lim` within `per`, else 0.
create function identity.attempt(which bytea, lim int, per interval) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a identity.attempt;
begin
  insert into identity.attempt as t (key) values (which)
    on conflict (key) do update set times = case when t.since > now() - per then t.times + 1 else 1 end,
      since = case when t.since > now() - per then t.since else now() end
    returning * into a;
  return case when a.times > lim then greatest(1, ceil(extract(epoch from a.since + per - now())))::int else 0 end;
end $$;
-- The seconds to wait, counting nothing.
create function identity.attempts_left(which bytea, lim int, per interval) returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(greatest(1, ceil(extract(epoch from since + per - now())))::int), 0)
  from identity.attempt where key = which and times >= lim and since > now() - per $$;
create function identity.forget_attempts(which bytea) returns void language sql security definer set search_path = pg_catalog, pg_temp as
  $$ delete from identity.attempt where key = which or since < now() - interval '1 day' $$;

-- Records the bound person may not know of; evaluated once a query by the policies below.
create function tenants.locked_from_me() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select subject_id from tenants.record_lock where authority_id = careshare.authority() and person_id = careshare.actor()) $$;
create function tenants.offers_locked_from_me() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select o.offer_id from tenants.record_lock l join tenants.offer_own o on o.owner_id = l.authority_id and o.subject_id = l.subject_id
    where l.authority_id = careshare.authority() and l.person_id = careshare.actor()) $$;
create function identity.issue_token(person uuid, authority uuid, scopes text[], lasts interval, stepped_up boolean) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare made uuid := identity.issue_token(person, authority, scopes, lasts);
begin
  update identity.token set stepped_up_at = now() where id = made and stepped_up;
  return made;
end $$;
reset role;
revoke create on schema identity, tenants from careshare_broker;
set role careshare_broker;
grant execute on function identity.enter, identity.open_session, identity.rotate_session, identity.switch_session, identity.end_provider_session,
  identity.end_sessions_of, identity.provider_session, identity.my_sessions, identity.end_my_sessions, identity.my_authorities,
  identity.person_for, identity.temporary_people, identity.keep_break_glass_code, identity.use_break_glass, identity.keep_form,
  identity.kept_form, identity.drop_kept_form, identity.attempt, identity.attempts_left, identity.forget_attempts,
  tenants.locked_from_me, tenants.offers_locked_from_me to careshare_app;
grant execute on function identity.issue_token(uuid, uuid, text[], interval, boolean) to careshare_owner;
reset role;

-- To the colleague it is locked from, a record is not there, and nothing that hangs below it.
set role careshare_owner;
create policy locked on fostering.household as restrictive to careshare_app using (id <> all ((select tenants.locked_from_me())::uuid[]));
do $$ declare t text; begin
  foreach t in array array['carer', 'member', 'bedroom', 'approval', 'exemption', 'resignation', 'check', 'place', 'placed_child'] loop
    execute format('create policy locked on fostering.%I as restrictive to careshare_app using (household_id <> all ((select tenants.locked_from_me())::uuid[]))', t);
  end loop; end $$;
create policy locked on fostering.import_row as restrictive to careshare_app using ((subject_id = any ((select tenants.locked_from_me())::uuid[])) is not true);
create policy locked on tenants.record_lock as restrictive to careshare_app using (subject_id <> all ((select tenants.locked_from_me())::uuid[]));
create policy locked on tenants.offer_own as restrictive to careshare_app using (subject_id <> all ((select tenants.locked_from_me())::uuid[]));
create policy locked on tenants.offer as restrictive to careshare_app using (id <> all ((select tenants.offers_locked_from_me())::uuid[]));
reset role;
