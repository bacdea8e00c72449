-- What one person must not do alone: break-glass, and letting a system at case data. Deputies lose a role with whom they
-- stand in for; what is lent is not lent on; tokens of a provider are its owner's systems' alone.
set role careshare_owner;

-- Break-glass: two colleagues, neither of them whoever is let in, each of whom knows one half of the code.
update tenants.temporary_role set ended_at = now(), ended_by = granted_by
  where kind = 'break_glass' and ended_at is null and (second_by is null or second_by = person_id);
alter table tenants.temporary_role alter column granted_by set default careshare.actor(),
  add constraint temporary_role_second_is_another check (kind <> 'break_glass' or second_by <> person_id) not valid;   -- old ones stay as they were
revoke insert, update (second_by) on tenants.temporary_role from careshare_app;
grant insert (authority_id, id, person_id, kind, roles, for_person, during, reason) on tenants.temporary_role to careshare_app;   -- in one's own name
alter table identity.break_glass_code add second_hash bytea check (length(second_hash) = 32),
  add misses int not null default 0;                         -- by somebody who knew one half
comment on column identity.break_glass_code.hash is 'The half told by whoever began it; second_hash: the half told by whoever agreed.';

-- Systems: the scopes and secrets that a second person has not agreed to yet. They open nothing.
alter table identity.client add waiting text[] not null default '{}', add asked_by uuid references identity.person,
  add approved_by uuid references identity.person, add approved_at timestamptz,
  add constraint client_waiting_is_asked check (waiting <@ scopes and (waiting = '{}' or asked_by is not null)),
  add constraint client_approved check ((approved_by is null) = (approved_at is null));
create index client_asked_by on identity.client (asked_by);
create index client_approved_by on identity.client (approved_by);
alter table identity.client_secret add waits boolean not null default false, add approved_by uuid references identity.person,
  add approved_at timestamptz,
  add constraint client_secret_two_people check (approved_by <> created_by),
  add constraint client_secret_approved check ((approved_by is null) = (approved_at is null) and not (waits and approved_by is not null));
create index client_secret_approved_by on identity.client_secret (approved_by);
grant select (waits, approved_by, approved_at) on identity.client_secret to careshare_app;
reset role;

grant create on schema identity, tenants to careshare_broker;
set role careshare_broker;
drop function identity.enter(text, text, text, text[]), identity.keep_break_glass_code(uuid, bytea), identity.use_break_glass(text, bytea, bytea, text),
  identity.add_client(uuid, text, text, text, text[], text[], int, int, text, date, bytea),
  identity.change_client(uuid, int, text, text, text, text[], text[], int, int, text, date), identity.add_client_secret(uuid, bytea, timestamptz);

-- Which of these roles a deputy holds now: those that whom they stand in for holds now, as a member.
create function tenants.deputy_roles(authority uuid, for_person uuid, roles text[]) returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select array(select unnest(m.roles) intersect select unnest(deputy_roles.roles) order by 1)
    from tenants.member m join identity.person p on p.id = m.person_id
    where m.authority_id = authority and m.person_id = for_person and p.ended_at is null
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)), '{}') $$;
create or replace function identity.roles_now(person uuid, authority uuid) returns text[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with own as (select m.roles from tenants.member m where m.person_id = person and m.authority_id = authority
      and m.starts <= current_date and (m.ends is null or m.ends > current_date))
  select array_agg(distinct r) from (
    select unnest(own.roles) from own
    union all
    select unnest(case when t.kind = 'deputy' then tenants.deputy_roles(t.authority_id, t.for_person, t.roles) else t.roles end)
      from tenants.temporary_role t where t.person_id = person and t.authority_id = authority
      and t.kind <> 'break_glass' and t.ended_at is null and t.during @> now() and (t.kind <> 'deputy' or exists (select from own))) as held (r) $$;

-- As in 0011. A deputy's role ends with that of whom they stand in for, and with their own membership. `standing` are the
-- roles held as a member or a deputy, without what was only lent; null where nothing is held for a time.
create function identity.enter(kind text, credential text, purpose text, needed text[] default null)
returns table (person_id uuid, person_name text, authority_id uuid, authority_name text, gss_code text, roles text[], scopes text[],
  stepped_up boolean, session_kind text, temporary text, bound_purpose text, standing text[])
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
  select coalesce(m.known_as, p.name), a.name, a.gss_code, m.roles, exists (select from tenants.temporary_role t
        where t.person_id = who and t.authority_id = acting and t.ended_at is null)
    into person_name, authority_name, gss_code, own, dated
    from identity.person p join tenants.authority a on a.id = acting
    left join tenants.member m on m.person_id = p.id and m.authority_id = a.id
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)
    where p.id = who and p.ended_at is null and (a.ends is null or a.ends > current_date);
  if not found then return; end if;
  roles := case when how = 'usual' then own end;
  used := purpose;
  if dated then standing := coalesce(roles, '{}'); for part in
    select t.kind, e.roles, t.for_person, coalesce(fm.known_as, f.name) as for_name, upper(t.during) as until from tenants.temporary_role t
    left join identity.person f on f.id = t.for_person
    left join tenants.member fm on fm.authority_id = t.authority_id and fm.person_id = t.for_person
    cross join lateral (select case when t.kind = 'deputy' then tenants.deputy_roles(t.authority_id, t.for_person, t.roles) else t.roles end as roles) e
    where t.person_id = who and t.authority_id = acting and t.ended_at is null and t.during @> now()
      and (t.kind = 'break_glass') = (how = 'break_glass') and cardinality(e.roles) > 0
      and (t.kind not in ('break_glass', 'deputy') or own is not null) and (t.kind <> 'break_glass' or t.second_by is not null) order by t.kind, t.id
  loop
    if part.kind = 'deputy' then standing := standing || part.roles; end if;
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

-- The first half, for whoever has just begun it.
create function identity.begin_break_glass_code(role uuid, half bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into identity.break_glass_code (authority_id, role_id, hash)
    select t.authority_id, t.id, half from tenants.temporary_role t
    where t.authority_id = careshare.authority() and t.id = role and t.kind = 'break_glass' and t.granted_by = careshare.actor()
      and t.second_by is null and t.ended_at is null and t.during @> now()
    on conflict do nothing;
  return found;
end $$;
-- A second colleague agrees, and gets the second half. Gives who is let in; null for whoever began it, who is let in, too late, twice.
create function identity.second_break_glass(role uuid, half bytea) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid;
begin
  update tenants.temporary_role t set second_by = careshare.actor()
    where t.authority_id = careshare.authority() and t.id = role and t.kind = 'break_glass' and t.second_by is null and t.ended_at is null
      and t.during @> now() and t.granted_by <> careshare.actor() and t.person_id <> careshare.actor()
      and exists (select from identity.break_glass_code c where c.authority_id = t.authority_id and c.role_id = t.id)
    returning t.person_id into who;
  update identity.break_glass_code c set second_hash = half
    where who is not null and c.authority_id = careshare.authority() and c.role_id = role;
  return who;
end $$;
-- The newest break-glass somebody may come in by, which their failed attempts are counted for; null: none.
create function identity.break_glass_waiting(address text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select r.id from tenants.temporary_role r join identity.break_glass_code c on c.authority_id = r.authority_id and c.role_id = r.id
    join identity.person p on p.id = r.person_id
  where p.email = lower(address) and p.ended_at is null and c.second_hash is not null and c.used_at is null and r.ended_at is null and r.during @> now()
  order by r.id desc limit 1 $$;
-- Lets the worker in, once, with both halves in either order. Twenty wrong tries by somebody who knows one half spend the code.
create function identity.use_break_glass(address text, one bytea, other bytea, secret_hash bytea, device text)
returns table (person_id uuid, authority_id uuid, role_id uuid, until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t tenants.temporary_role; c record; opens boolean := false;
begin
  for c in select k.* from identity.break_glass_code k join tenants.temporary_role r on r.authority_id = k.authority_id and r.id = k.role_id
      join identity.person p on p.id = r.person_id
      where p.email = lower(address) and p.ended_at is null and r.second_by is not null and r.ended_at is null and r.during @> now()
        and k.used_at is null and k.second_hash is not null and k.misses < 20 and identity.roles_now(r.person_id, r.authority_id) is not null
      for update of k, r
  loop
    opens := array[c.hash, c.second_hash] in (array[one, other], array[other, one]);
    exit when opens;
    if c.hash in (one, other) or c.second_hash in (one, other) then
      update identity.break_glass_code k set misses = k.misses + 1 where k.authority_id = c.authority_id and k.role_id = c.role_id;
    end if;
  end loop;
  if not opens then return; end if;
  update identity.break_glass_code k set used_at = now() where k.authority_id = c.authority_id and k.role_id = c.role_id;
  select r.* into t from tenants.temporary_role r where r.authority_id = c.authority_id and r.id = c.role_id;
  insert into identity.session (id, person_id, authority_id, expires_at, kind, device)
    values (secret_hash, t.person_id, t.authority_id, upper(t.during), 'break_glass', left(use_break_glass.device, 80));
  return query select t.person_id, t.authority_id, t.id, upper(t.during);
end $$;

-- As in 0014; whoever helps out elsewhere for a time keeps what they have, too.
create or replace function tenants.correct_person(person uuid, called text, address text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from tenants.member m where m.authority_id = careshare.authority() and m.person_id = person) then return 'shared'; end if;
  perform 1 from identity.person p where p.id = person for update;
  if exists (select from tenants.member m where m.authority_id <> careshare.authority() and m.person_id = person) then return 'shared'; end if;
  if exists (select from tenants.temporary_role t where t.authority_id <> careshare.authority() and t.person_id = person
      and t.ended_at is null and upper(t.during) > now()) then return 'shared'; end if;
  if exists (select from identity.person p where p.email = lower(address) and p.id <> person and p.ended_at is null) then return 'taken'; end if;
  update identity.person p set name = called, email = lower(address) where p.id = person and (p.name, p.email) <> (called, lower(address));
  return 'changed';
exception when unique_violation then return 'taken';
end $$;

-- As in 0013. `second` are the scopes that take a second person; until then they open nothing, nor does a secret that does.
create function identity.add_client(client uuid, called text, what_for text, ring text, held text[], may text[], rate int, minutes int,
  outside text, until date, secret_hash bytea, second text[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare machine uuid; acting uuid := careshare.authority(); later text[] := array(select unnest(may) intersect select unnest(second) order by 1);
begin
  perform pg_advisory_xact_lock(hashtextextended(client::text, 0));
  if exists (select from identity.client c where c.id = client) then return false; end if;
  insert into identity.person (name, email) values (called || ' (API client)', 'client-' || client || '@clients.invalid') returning id into machine;
  insert into tenants.member (authority_id, person_id, roles, ends) values (acting, machine, held, until);
  insert into identity.client (authority_id, id, person_id, name, purpose, contact, scopes, per_minute, token_minutes, external_id, ends, created_by, waiting, asked_by)
    values (acting, client, machine, called, what_for, ring, may, rate, minutes, outside, until, careshare.actor(), later, careshare.actor());
  if secret_hash is not null then
    insert into identity.client_secret (authority_id, client_id, hash, created_by, waits)
      values (acting, client, secret_hash, careshare.actor(), cardinality(later) > 0);
  end if;
  return true;
end $$;
-- As in 0013. What is added to what the system could do waits; for another application at the provider, all of it does.
create function identity.change_client(client uuid, seen int, called text, what_for text, ring text, held text[], may text[], rate int,
  minutes int, outside text, until date, second text[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare was identity.client; acting uuid := careshare.authority(); anew boolean; later text[]; now_may text[];
begin
  select * into was from identity.client c where c.authority_id = acting and c.id = client and c.revoked_at is null and c.version = seen for update;
  if not found then return null; end if;
  anew := outside is not null and outside is distinct from was.external_id;
  later := array(select unnest(may) intersect select unnest(second)
    except select s from unnest(was.scopes) s where not anew and s <> all(was.waiting) order by 1);
  now_may := array(select unnest(may) except select unnest(later) order by 1);
  update identity.client c set name = called, purpose = what_for, contact = ring, scopes = may, per_minute = rate, token_minutes = minutes,
    external_id = outside, ends = until, waiting = later,
    asked_by = case when anew or not later <@ was.waiting then careshare.actor() else c.asked_by end, version = c.version + 1 where c.authority_id = acting and c.id = client;
  update identity.person set name = called || ' (API client)' where id = was.person_id;
  update tenants.member set roles = held, ends = until, version = version + 1 where authority_id = acting and person_id = was.person_id;
  update identity.token t set expires_at = least(t.expires_at, until::timestamptz),
      revoked_at = case when t.external_hash is not null and outside is distinct from was.external_id then now() end,
      scopes = case when t.external_hash is null then array(select unnest(t.scopes) intersect select unnest(now_may) order by 1) else now_may end
    where t.authority_id = acting and t.client_id = client and t.revoked_at is null and t.expires_at > now();
  return was.version + 1;
end $$;
-- As in 0013. A secret of a system that may do what takes a second person waits for one.
create function identity.add_client_secret(client uuid, secret_hash bytea, keep timestamptz, second text[]) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare acting uuid := careshare.authority(); newest uuid; made uuid; guarded boolean;
begin
  select c.scopes && second into guarded from identity.client c where c.authority_id = acting and c.id = client and c.revoked_at is null for update;
  if not found then return null; end if;
  select s.id into newest from identity.client_secret s where s.authority_id = acting and s.client_id = client and s.revoked_at is null
    and (s.expires_at is null or s.expires_at > now()) order by s.waits, s.id desc limit 1;
  perform identity.end_client_secret(client, s.id) from identity.client_secret s
    where s.authority_id = acting and s.client_id = client and s.revoked_at is null and (s.id <> newest or keep is null);
  update identity.client_secret s set expires_at = least(s.expires_at, keep) where s.authority_id = acting and s.id = newest and keep is not null;
  update identity.token t set expires_at = least(t.expires_at, keep) where t.secret_id = newest and keep is not null;
  insert into identity.client_secret (authority_id, client_id, hash, created_by, waits) values (acting, client, secret_hash, careshare.actor(), guarded) returning id into made;
  update identity.client c set version = c.version + 1 where guarded and c.authority_id = acting and c.id = client;   -- nobody agrees to one unseen
  return made;
end $$;
-- A second person agrees to what others asked for: the scopes that wait, and the secrets. Answers how many of these; null: not
-- there, revoked, or changed meanwhile. What the caller asked for or made stays for somebody else.
create function identity.approve_client(client uuid, seen int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare was identity.client; acting uuid := careshare.authority(); n int; given int := 0;
begin
  select * into was from identity.client c where c.authority_id = acting and c.id = client and c.revoked_at is null and c.version = seen for update;
  if not found then return null; end if;
  if was.waiting <> '{}' and was.asked_by <> careshare.actor() then
    update identity.client c set waiting = '{}', approved_by = careshare.actor(), approved_at = now() where c.authority_id = acting and c.id = client;
    update identity.token t set scopes = was.scopes where t.authority_id = acting and t.client_id = client and t.external_hash is not null
      and t.revoked_at is null and t.expires_at > now();
    given := 1;
  end if;
  update identity.client_secret s set waits = false, approved_by = careshare.actor(), approved_at = now()
    where s.authority_id = acting and s.client_id = client and s.waits and s.revoked_at is null and s.created_by <> careshare.actor();
  get diagnostics n = row_count;
  given := given + n;
  if given > 0 then update identity.client c set version = c.version + 1 where c.authority_id = acting and c.id = client; end if;
  return given;
end $$;
-- As in 0013. `waiting`: a second person has not agreed to it, or to this secret, yet.
create or replace function identity.issue_client_token(client uuid, secret_hash bytea, wanted text[])
returns table (outcome text, token_id uuid, person_id uuid, authority_id uuid, roles text[], scopes text[], seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare secret uuid := identity.client_secret_shown(client, secret_hash); c identity.client; held text[]; until timestamptz; now_may text[];
begin
  outcome := 'refused';
  if secret is not null then
    select * into c from identity.client k where k.id = client for no key update;
    select m.roles into held from tenants.member m join tenants.authority a on a.id = m.authority_id join identity.person p on p.id = m.person_id
      where m.authority_id = c.authority_id and m.person_id = c.person_id and p.ended_at is null and c.revoked_at is null
        and m.starts <= current_date and (m.ends is null or m.ends > current_date) and (a.ends is null or a.ends > current_date);
  end if;
  if held is null then return next; return; end if;
  now_may := array(select unnest(c.scopes) except select unnest(c.waiting) order by 1);
  if cardinality(now_may) = 0 or wanted && c.waiting or exists (select from identity.client_secret s where s.id = secret and s.waits) then
    outcome := 'waiting'; return next; return;
  end if;
  if wanted is not null and not wanted <@ c.scopes then outcome := 'scope'; return next; return; end if;
  select least(now() + make_interval(mins => c.token_minutes), s.expires_at, c.ends::timestamptz) into until
    from identity.client_secret s where s.id = secret;
  outcome := 'issued'; person_id := c.person_id; authority_id := c.authority_id; roles := held; scopes := coalesce(wanted, now_may);
  seconds := greatest(1, floor(extract(epoch from until - now())))::int;
  insert into identity.token as t (person_id, authority_id, scopes, expires_at, client_id, secret_id)
    values (c.person_id, c.authority_id, issue_client_token.scopes, until, client, secret) returning t.id into token_id;
  delete from identity.token t where t.authority_id = c.authority_id and t.client_id = client and t.expires_at < now() - interval '30 days';
  update identity.client_secret s set last_used_at = now() where s.id = secret;
  update identity.client k set last_used_at = now() where k.id = client;
  return next;
end $$;
-- As in 0013, for systems of the authority that keeps the provider alone: another that accepts it may name the same application.
create or replace function identity.admit_external(from_provider uuid, application text, token_hash bytea, until timestamptz) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c identity.client; made uuid; now_may text[];
begin
  select k.* into c from identity.client k join tenants.provider p on p.owner_id = k.authority_id
    where p.id = from_provider and p.ended_at is null and k.external_id = application and k.revoked_at is null and (k.ends is null or k.ends > current_date)
      and exists (select from tenants.provider_domain d where d.provider_id = p.id and d.authority_id = p.owner_id and d.during @> current_date)
    for update of k;
  if not found then return null; end if;
  now_may := array(select unnest(c.scopes) except select unnest(c.waiting) order by 1);
  if cardinality(now_may) = 0 then return null; end if;
  delete from identity.token t where t.authority_id = c.authority_id and t.client_id = c.id and t.expires_at < now() - interval '30 days';
  update identity.client k set last_used_at = now() where k.id = c.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  insert into identity.token as t (person_id, authority_id, scopes, expires_at, client_id, external_hash, provider_id)
    values (c.person_id, c.authority_id, now_may, least(until, c.ends::timestamptz), c.id, token_hash, from_provider)
    on conflict (external_hash) where external_hash is not null do nothing returning t.id into made;
  if made is null then
    select t.id into made from identity.token t where t.external_hash = token_hash and t.client_id = c.id;
  end if;
  return made;
end $$;
-- Which provider's access tokens are made out to these audiences by this issuer; null where they name more than one.
create or replace function tenants.provider_of_token(by_issuer text, audiences text[]) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when count(*) = 1 then (array_agg(p.id))[1] end from tenants.provider p
  where p.issuer = by_issuer and p.api_audience = any(audiences) and p.ended_at is null
    and exists (select from tenants.provider_domain d where d.provider_id = p.id and d.authority_id = p.owner_id and d.during @> current_date) $$;
reset role;
revoke create on schema identity, tenants from careshare_broker;
set role careshare_broker;
grant execute on function identity.enter, identity.begin_break_glass_code, identity.second_break_glass, identity.break_glass_waiting,
  identity.use_break_glass, identity.add_client, identity.change_client, identity.add_client_secret, identity.approve_client to careshare_app;
reset role;
