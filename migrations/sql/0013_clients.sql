-- API clients: machines that call for one authority, their secrets, scopes and limits, and the tokens they were given.
set role careshare_owner;
create table identity.client (
  authority_id uuid not null references tenants.authority, id uuid not null default gen_random_uuid(),
  person_id uuid not null unique references identity.person,   -- the machine, as every record names who acted
  name text not null check (name <> '' and length(name) <= 200),
  purpose text not null check (purpose <> '' and length(purpose) <= 1000),
  contact text not null check (contact <> '' and length(contact) <= 200),      -- whom to ring when it misbehaves
  scopes text[] not null check (cardinality(scopes) > 0),
  per_minute int not null default 600 check (per_minute between 1 and 60000),
  token_minutes int not null default 15 check (token_minutes between 1 and 60),
  external_id text check (external_id <> '' and length(external_id) <= 200),   -- what the authority's own provider calls it
  ends date, created_at timestamptz not null default now(), created_by uuid not null references identity.person,
  last_used_at timestamptz, revoked_at timestamptz, revoked_by uuid references identity.person, version int not null default 1,
  primary key (authority_id, id), unique (id),
  foreign key (authority_id, person_id) references tenants.member (authority_id, person_id),
  check ((revoked_at is null) = (revoked_by is null)));
comment on table identity.client is 'scope: authority. Machines that call the API for the authority: for what, how much, until when.';
create unique index client_external on identity.client (authority_id, external_id) where revoked_at is null;
create index client_external_id on identity.client (external_id) where revoked_at is null;
create index client_created_by on identity.client (created_by);
create index client_revoked_by on identity.client (revoked_by);
select careshare.protect('identity.client', 'authority_id');
select careshare.let_broker('identity.client');
grant select on identity.client to careshare_app;

create table identity.client_secret (
  authority_id uuid not null, client_id uuid not null, id uuid not null default uuidv7(),
  hash bytea not null check (length(hash) = 32),      -- sha256 of 256 random bits: needs no salt and no slow hash
  created_at timestamptz not null default now(), created_by uuid not null references identity.person,
  expires_at timestamptz, last_used_at timestamptz, revoked_at timestamptz,
  primary key (authority_id, id), unique (id),
  foreign key (authority_id, client_id) references identity.client (authority_id, id));
comment on table identity.client_secret is 'scope: authority. Hashes of the secrets clients show; while one is replaced, two are valid.';
create index client_secret_client on identity.client_secret (authority_id, client_id);
create index client_secret_created_by on identity.client_secret (created_by);
select careshare.protect('identity.client_secret', 'authority_id');
select careshare.let_broker('identity.client_secret');
grant select (authority_id, client_id, id, created_at, created_by, expires_at, last_used_at, revoked_at)
  on identity.client_secret to careshare_app;

alter table identity.token
  add client_id uuid, add secret_id uuid references identity.client_secret (id),
  add external_hash bytea check (length(external_hash) = 32),     -- a token of the authority's own provider, shown to us
  add provider_id uuid references tenants.provider,
  add foreign key (authority_id, client_id) references identity.client (authority_id, id);
create index token_client on identity.token (authority_id, client_id) where client_id is not null;
create index token_secret on identity.token (secret_id) where secret_id is not null;
grant delete on identity.token to careshare_broker;
create index token_provider on identity.token (provider_id) where provider_id is not null;
create unique index token_external on identity.token (external_hash) where external_hash is not null;
reset role;

grant create on schema identity to careshare_broker;
set role careshare_broker;
-- A new machine: its person, its membership with the roles chosen, and what it may do. `secret_hash` may be null for one
-- that shows tokens of the authority's own provider. False: the same form was sent before.
create function identity.add_client(client uuid, called text, what_for text, ring text, held text[], may text[], rate int, minutes int,
  outside text, until date, secret_hash bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare machine uuid; acting uuid := careshare.authority();
begin
  perform pg_advisory_xact_lock(hashtextextended(client::text, 0));
  if exists (select from identity.client c where c.id = client) then return false; end if;
  insert into identity.person (name, email) values (called || ' (API client)', 'client-' || client || '@clients.invalid') returning id into machine;
  insert into tenants.member (authority_id, person_id, roles, ends) values (acting, machine, held, until);
  insert into identity.client (authority_id, id, person_id, name, purpose, contact, scopes, per_minute, token_minutes, external_id, ends, created_by)
    values (acting, client, machine, called, what_for, ring, may, rate, minutes, outside, until, careshare.actor());
  if secret_hash is not null then
    insert into identity.client_secret (authority_id, client_id, hash, created_by) values (acting, client, secret_hash, careshare.actor());
  end if;
  return true;
end $$;
-- What a client may do from now on; the tokens it holds are narrowed with it. Null: not there, revoked, or changed meanwhile.
create function identity.change_client(client uuid, seen int, called text, what_for text, ring text, held text[], may text[], rate int,
  minutes int, outside text, until date) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare was identity.client; acting uuid := careshare.authority();
begin
  select * into was from identity.client c where c.authority_id = acting and c.id = client and c.revoked_at is null and c.version = seen for update;
  if not found then return null; end if;
  update identity.client c set name = called, purpose = what_for, contact = ring, scopes = may, per_minute = rate, token_minutes = minutes,
    external_id = outside, ends = until, version = c.version + 1 where c.authority_id = acting and c.id = client;
  update identity.person set name = called || ' (API client)' where id = was.person_id;
  update tenants.member set roles = held, ends = until, version = version + 1 where authority_id = acting and person_id = was.person_id;
  update identity.token t set expires_at = least(t.expires_at, until::timestamptz),
      revoked_at = case when t.external_hash is not null and outside is distinct from was.external_id then now() end,
      scopes = case when t.external_hash is null then array(select unnest(t.scopes) intersect select unnest(may) order by 1) else may end
    where t.authority_id = acting and t.client_id = client and t.revoked_at is null and t.expires_at > now();
  return was.version + 1;
end $$;
-- A new secret. Those before it stay valid until `keep`, the newest of them alone; with null they end now.
create function identity.add_client_secret(client uuid, secret_hash bytea, keep timestamptz) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare acting uuid := careshare.authority(); newest uuid; made uuid;
begin
  perform 1 from identity.client c where c.authority_id = acting and c.id = client and c.revoked_at is null for update;
  if not found then return null; end if;
  select s.id into newest from identity.client_secret s where s.authority_id = acting and s.client_id = client and s.revoked_at is null
    and (s.expires_at is null or s.expires_at > now()) order by s.id desc limit 1;
  perform identity.end_client_secret(client, s.id) from identity.client_secret s
    where s.authority_id = acting and s.client_id = client and s.revoked_at is null and (s.id <> newest or keep is null);
  update identity.client_secret s set expires_at = least(s.expires_at, keep) where s.authority_id = acting and s.id = newest and keep is not null;
  update identity.token t set expires_at = least(t.expires_at, keep) where t.secret_id = newest and keep is not null;
  insert into identity.client_secret (authority_id, client_id, hash, created_by) values (acting, client, secret_hash, careshare.actor()) returning id into made;
  return made;
end $$;
-- Ends a secret of the bound authority and every token got with it.
create function identity.end_client_secret(client uuid, secret uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update identity.client_secret s set revoked_at = now()
    where s.authority_id = careshare.authority() and s.client_id = client and s.id = secret and s.revoked_at is null;
  if not found then return false; end if;
  update identity.token t set revoked_at = now() where t.secret_id = secret and t.revoked_at is null;
  return true;
end $$;
-- Ends a client of the bound authority for good: its secrets, its tokens, its person.
create function identity.revoke_client(client uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare acting uuid := careshare.authority(); machine uuid;
begin
  update identity.client c set revoked_at = now(), revoked_by = careshare.actor(), version = c.version + 1
    where c.authority_id = acting and c.id = client and c.revoked_at is null returning c.person_id into machine;
  if not found then return false; end if;
  update identity.client_secret s set revoked_at = now() where s.authority_id = acting and s.client_id = client and s.revoked_at is null;
  update identity.token t set revoked_at = now() where t.person_id = machine and t.revoked_at is null;
  update identity.person set ended_at = now() where id = machine and ended_at is null;
  return true;
end $$;

-- The secret a client showed, if it is the client's and valid; null otherwise, whatever was wrong. Both sides are hashed
-- once more with a key made for this call, so that the time the comparison takes says nothing about the stored hash.
create function identity.client_secret_shown(client uuid, secret_hash bytea) returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare key bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()); found_id uuid; one record;
begin
  for one in select s.id, s.hash from identity.client_secret s join identity.client c on c.authority_id = s.authority_id and c.id = s.client_id
    where c.id = client and c.revoked_at is null and (c.ends is null or c.ends > current_date)
      and s.revoked_at is null and (s.expires_at is null or s.expires_at > now())
    union all select null, sha256(key)      -- as much work for a client that is not there
  loop
    if sha256(key || one.hash) = sha256(key || secret_hash) then found_id := one.id; end if;
  end loop;
  return found_id;
end $$;
-- A token for a client that showed its secret. `refused`: unknown, wrong, revoked or ended; `scope`: more than its scopes.
create function identity.issue_client_token(client uuid, secret_hash bytea, wanted text[])
returns table (outcome text, token_id uuid, person_id uuid, authority_id uuid, roles text[], scopes text[], seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare secret uuid := identity.client_secret_shown(client, secret_hash); c identity.client; held text[]; until timestamptz;
begin
  outcome := 'refused';
  if secret is not null then
    select * into c from identity.client k where k.id = client for no key update;
    select m.roles into held from tenants.member m join tenants.authority a on a.id = m.authority_id join identity.person p on p.id = m.person_id
      where m.authority_id = c.authority_id and m.person_id = c.person_id and p.ended_at is null and c.revoked_at is null
        and m.starts <= current_date and (m.ends is null or m.ends > current_date) and (a.ends is null or a.ends > current_date);
  end if;
  if held is null then return next; return; end if;
  if wanted is not null and not wanted <@ c.scopes then outcome := 'scope'; return next; return; end if;
  select least(now() + make_interval(mins => c.token_minutes), s.expires_at, c.ends::timestamptz) into until
    from identity.client_secret s where s.id = secret;
  outcome := 'issued'; person_id := c.person_id; authority_id := c.authority_id; roles := held; scopes := coalesce(wanted, c.scopes);
  seconds := greatest(1, floor(extract(epoch from until - now())))::int;
  insert into identity.token as t (person_id, authority_id, scopes, expires_at, client_id, secret_id)
    values (c.person_id, c.authority_id, issue_client_token.scopes, until, client, secret) returning t.id into token_id;
  delete from identity.token t where t.authority_id = c.authority_id and t.client_id = client and t.expires_at < now() - interval '30 days';
  update identity.client_secret s set last_used_at = now() where s.id = secret;
  update identity.client k set last_used_at = now() where k.id = client;
  return next;
end $$;
-- A client gives a token back. `refused`: it did not show its secret; `foreign`: the token was given to somebody else.
create function identity.revoke_client_token(client uuid, secret_hash bytea, which uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if identity.client_secret_shown(client, secret_hash) is null then return 'refused'; end if;
  if exists (select from identity.token t where t.id = which and t.client_id is distinct from client) then return 'foreign'; end if;
  update identity.token t set revoked_at = now() where t.id = which and t.revoked_at is null;
  return 'done';
end $$;
-- The client of whoever is bound: its limit, or no row where a person calls.
create function identity.my_client_limit() returns int language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.per_minute from identity.client c where c.authority_id = careshare.authority() and c.person_id = careshare.actor() $$;
-- Lets in a token of an authority's own provider that was found genuine: the token's row, made at its first use. Null where
-- the application it was issued to is not a client of exactly one of the authorities that sign in there.
create function identity.admit_external(from_provider uuid, application text, token_hash bytea, until timestamptz) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c identity.client; made uuid; n int;
begin
  select count(*) into n from identity.client k where k.external_id = application and k.revoked_at is null and (k.ends is null or k.ends > current_date)
    and exists (select from tenants.provider_domain d where d.provider_id = from_provider and d.authority_id = k.authority_id and d.during @> current_date);
  if n <> 1 then return null; end if;
  select * into c from identity.client k where k.external_id = application and k.revoked_at is null and (k.ends is null or k.ends > current_date)
    and exists (select from tenants.provider_domain d where d.provider_id = from_provider and d.authority_id = k.authority_id and d.during @> current_date)
    for update;
  if not found then return null; end if;
  delete from identity.token t where t.authority_id = c.authority_id and t.client_id = c.id and t.expires_at < now() - interval '30 days';
  update identity.client k set last_used_at = now() where k.id = c.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  insert into identity.token as t (person_id, authority_id, scopes, expires_at, client_id, external_hash, provider_id)
    values (c.person_id, c.authority_id, c.scopes, least(until, c.ends::timestamptz), c.id, token_hash, from_provider)
    on conflict (external_hash) where external_hash is not null do nothing returning t.id into made;
  if made is null then
    select t.id into made from identity.token t where t.external_hash = token_hash and t.client_id = c.id;
  end if;
  return made;
end $$;
-- Tokens of a provider end with it, and with an authority's last word that it accepts it.
create function identity.end_external_tokens() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update identity.token t set revoked_at = now() from tenants.provider p
    where p.id = t.provider_id and t.revoked_at is null and t.expires_at > now()
      and p.id = case tg_table_name when 'provider' then (to_jsonb(new) ->> 'id')::uuid else (to_jsonb(new) ->> 'provider_id')::uuid end
      and (p.ended_at is not null or not exists (select from tenants.provider_domain d
        where d.provider_id = p.id and d.authority_id = t.authority_id and d.during @> current_date));
  return null;
end $$;
reset role;
revoke create on schema identity from careshare_broker;
set role careshare_broker;
grant execute on function identity.end_external_tokens to careshare_owner;
reset role;
set role careshare_owner;
create trigger end_external_tokens after update of ended_at on tenants.provider for each row execute function identity.end_external_tokens();
create trigger end_external_tokens after update of during on tenants.provider_domain for each row execute function identity.end_external_tokens();
reset role;
set role careshare_broker;
grant execute on function identity.add_client, identity.change_client, identity.add_client_secret, identity.end_client_secret,
  identity.revoke_client, identity.issue_client_token, identity.revoke_client_token, identity.my_client_limit, identity.admit_external
  to careshare_app;
reset role;
