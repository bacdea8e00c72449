-- Councils' identity providers, the e-mail domains they vouch for, the roles their groups give, and signing in by them.
set role careshare_owner;

-- Which issuer is trusted is never changed, only ended: another issuer is another provider.
create table tenants.provider (
  id uuid primary key default uuidv7(), owner_id uuid not null references tenants.authority,
  title text not null check (title <> '' and length(title) <= 100), kind text not null check (kind in ('entra', 'oidc')),
  issuer text not null check (issuer ~ '^https?://[^ ?#]+$' and length(issuer) <= 500),
  tenant_id text check (tenant_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  client_id text not null check (client_id <> '' and length(client_id) <= 255),
  client_secret text check (length(client_secret) <= 4000),        -- encrypted with the service's key; none: a public client
  groups_claim text not null default 'groups' check (groups_claim ~ '^[A-Za-z0-9_:/.-]{1,200}$'),
  api_audience text check (length(api_audience) between 1 and 255),   -- what its access tokens for our API are made out to
  shared boolean not null default false,                    -- other authorities of the region may accept it too
  version int not null default 1, created_at timestamptz not null default now(), ended_at timestamptz,
  constraint provider_entra_tenant check ((kind = 'entra') = (tenant_id is not null)),
  constraint provider_api_is_another check (api_audience <> client_id));   -- else an ID token would open the API
create unique index provider_client on tenants.provider (issuer, client_id) where ended_at is null;
create unique index provider_audience on tenants.provider (issuer, api_audience) where ended_at is null;
create index provider_owner on tenants.provider (owner_id);
comment on table tenants.provider is 'scope: shared. Identity providers: kept by their owner, used by whichever authority accepts one for a domain.';
select careshare.protect('tenants.provider', 'owner_id');
select careshare.let_broker('tenants.provider');
grant select (id, owner_id, title, kind, issuer, tenant_id, client_id, groups_claim, api_audience, shared, version, created_at, ended_at),
  insert, update (title, client_id, client_secret, groups_claim, api_audience, shared, version, ended_at) on tenants.provider to careshare_app;

create table tenants.provider_domain (
  provider_id uuid not null references tenants.provider, authority_id uuid not null references tenants.authority,
  domain text not null check (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$' and length(domain) <= 253),
  during daterange not null check (not isempty(during) and not lower_inf(during)),
  since timestamptz not null default clock_timestamp(),
  primary key (authority_id, provider_id, domain, during without overlaps));
create index provider_domain_domain on tenants.provider_domain (domain);
create index provider_domain_provider on tenants.provider_domain (provider_id);
comment on table tenants.provider_domain is
  'scope: authority. From when to when the authority lets people of an e-mail domain sign in through a provider.';
select careshare.protect('tenants.provider_domain', 'authority_id');
select careshare.let_broker('tenants.provider_domain');
grant select, insert, update (during) on tenants.provider_domain to careshare_app;

create table tenants.provider_group (
  authority_id uuid not null references tenants.authority, provider_id uuid not null references tenants.provider,
  group_id text not null check (group_id <> '' and length(group_id) <= 200), role text not null check (role ~ '^[a-z_]+$'),
  primary key (authority_id, provider_id, group_id, role));
create index provider_group_provider on tenants.provider_group (provider_id);
comment on table tenants.provider_group is 'scope: authority. Roles that groups of a provider give; a role named here comes from groups alone.';
select careshare.protect('tenants.provider_group', 'authority_id');
select careshare.let_broker('tenants.provider_group');
grant select, insert, delete on tenants.provider_group to careshare_app;

create table tenants.provider_identity (
  provider_id uuid not null references tenants.provider, subject text not null check (subject <> '' and length(subject) <= 255),
  person_id uuid not null references identity.person,
  linked_at timestamptz not null default now(), used_at timestamptz not null default now(),
  primary key (provider_id, subject), unique (provider_id, person_id));
create index provider_identity_person on tenants.provider_identity (person_id);
comment on table tenants.provider_identity is 'scope: platform. Which account at a provider is which person; readable only through functions.';
grant select, insert, update, delete on tenants.provider_identity to careshare_broker;
grant select on tenants.provider_identity to careshare_backup;

create table identity.signing_in (
  id bytea primary key check (length(id) = 32),             -- sha256 of the state sent to the provider and back
  browser bytea not null check (length(browser) = 32),      -- sha256 of the secret in the browser's cookie
  provider_id uuid not null references tenants.provider, kind text not null check (kind in ('sign_in', 'again', 'choose')),
  after text not null check (length(after) <= 2000), session_id bytea, held text check (length(held) <= 40000),
  began_at timestamptz not null default now(), expires_at timestamptz not null);
create index signing_in_provider on identity.signing_in (provider_id);
create index signing_in_expires on identity.signing_in (expires_at);
comment on table identity.signing_in is 'scope: platform. People on their way to their provider and back, for ten minutes; used once, readable only through functions.';
grant select, insert, delete on identity.signing_in to careshare_broker;

reset role;
grant create on schema identity, tenants to careshare_broker;
set role careshare_broker;

-- The providers the bound authority has accepted at any time.
create function tenants.my_providers() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select array(select distinct provider_id from tenants.provider_domain where authority_id = careshare.authority()) $$;

-- For whoever is not signed in: through which providers people with addresses of this domain sign in, and to whom.
create function tenants.ways_in(of_domain text) returns table (provider_id uuid, title text, authorities text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.title, array_agg(distinct a.name order by a.name)
  from tenants.provider_domain d join tenants.provider p on p.id = d.provider_id join tenants.authority a on a.id = d.authority_id
  where d.domain = lower(of_domain) and d.during @> current_date and p.ended_at is null and (a.ends is null or a.ends > current_date)
  group by p.id, p.title order by p.title, p.id $$;
-- All that is needed to sign in through a provider that has not been ended; the secret is encrypted.
create function tenants.provider_to_use(which uuid) returns table (id uuid, title text, kind text, issuer text, tenant_id text,
  client_id text, client_secret text, groups_claim text, api_audience text, version int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.title, p.kind, p.issuer, p.tenant_id, p.client_id, p.client_secret, p.groups_claim, p.api_audience, p.version
  from tenants.provider p where p.id = which and p.ended_at is null $$;
-- Which provider's access tokens are made out to one of these audiences by this issuer.
create function tenants.provider_of_token(by_issuer text, audiences text[]) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id from tenants.provider p where p.issuer = by_issuer and p.api_audience = any(audiences) and p.ended_at is null
    and exists (select from tenants.provider_domain d where d.provider_id = p.id and d.during @> current_date) limit 1 $$;
create function tenants.provider_of_client(by_issuer text, clients text[]) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select p.id from tenants.provider p where p.issuer = by_issuer and p.client_id = any(clients) and p.ended_at is null limit 1 $$;

-- Providers that other authorities of the bound authority's region keep and share, which it could accept too.
create function tenants.providers_nearby() returns table (provider_id uuid, title text, issuer text, owner_name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.title, p.issuer, a.name from tenants.provider p join tenants.authority a on a.id = p.owner_id
  where p.ended_at is null and p.shared and p.owner_id <> careshare.authority()
    and a.region_id = (select region_id from tenants.authority where id = careshare.authority()) order by a.name, p.title, p.id $$;

-- Whether the authority takes this provider's word for who the person is: it has itself accepted the provider for the
-- domain of the person's address. That holds for its own members and for others' staff who hold a role for a time alike:
-- what another council believes of a domain nobody has proved is never enough to act here.
create function tenants.provider_accepted(provider uuid, person uuid, authority uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from tenants.provider_domain d join tenants.provider p on p.id = d.provider_id
    join identity.person who on d.domain = split_part(who.email, '@', 2)
    where d.provider_id = provider and d.authority_id = authority and d.during @> current_date and p.ended_at is null
      and who.id = provider_accepted.person and who.ended_at is null) $$;
-- The authorities the person may act for after signing in through this provider.
create function identity.sign_in_choices(provider uuid, person uuid) returns table (authority_id uuid, name text, roles text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.name, identity.roles_now(person, a.id) from tenants.authority a
  where a.id in (select m.authority_id from tenants.member m where m.person_id = person
      union select t.authority_id from tenants.temporary_role t where t.person_id = person)
    and (a.ends is null or a.ends > current_date) and identity.roles_now(person, a.id) is not null
    and tenants.provider_accepted(provider, person, a.id) order by a.name $$;

create function identity.begin_sign_in(state_hash bytea, browser_hash bytea, provider uuid, as_kind text, next_page text, of_session bytea, holding text)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from identity.signing_in where expires_at < now();
  insert into identity.signing_in (id, browser, provider_id, kind, after, session_id, held, expires_at)
    values (state_hash, browser_hash, provider, as_kind, next_page, of_session, holding, now() + interval '10 minutes');
end $$;
-- What was begun, once: whoever comes second with it, or from another browser, finds nothing.
create function identity.take_sign_in(state_hash bytea, browser_hash bytea)
returns table (provider_id uuid, kind text, after text, session_id bytea, held text, began_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  delete from identity.signing_in s where s.id = state_hash and s.browser = browser_hash and s.expires_at > now()
  returning s.provider_id, s.kind, s.after, s.session_id, s.held, s.began_at $$;
create function identity.see_sign_in(state_hash bytea, browser_hash bytea) returns table (provider_id uuid, kind text, after text, held text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.provider_id, s.kind, s.after, s.held from identity.signing_in s
  where s.id = state_hash and s.browser = browser_hash and s.expires_at > now() $$;

-- Who an account at a provider is. The first time, an invited person with this address, which the provider has verified.
-- 'known', 'linked' · 'ended': they have left · 'not_invited' · 'another_account': the person signs in with another one.
create function identity.person_signing_in(provider uuid, of_subject text, address text) returns table (person_id uuid, outcome text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid; gone boolean;
begin
  update tenants.provider_identity i set used_at = now() where i.provider_id = provider and i.subject = of_subject returning i.person_id into who;
  if found then
    gone := not exists (select from identity.sign_in_choices(provider, who));
    return query select case when gone then null else who end, case when gone then 'ended' else 'known' end;
    return;
  end if;
  if address is null then return query select null::uuid, 'not_invited'; return; end if;
  select p.id into who from identity.person p where p.email = lower(address) and p.ended_at is null for update;
  if not found then
    return query select null::uuid, case when exists (select from identity.person p where p.email = lower(address)) then 'ended' else 'not_invited' end;
    return;
  end if;
  if not exists (select from identity.sign_in_choices(provider, who)) then
    gone := exists (select from tenants.member m where m.person_id = who and m.ends <= current_date)
      and identity.person_open(who) = 0;
    return query select null::uuid, case when gone then 'ended' else 'not_invited' end;
    return;
  end if;
  insert into tenants.provider_identity (provider_id, subject, person_id) values (provider, of_subject, who) on conflict do nothing;
  if not found then return query select null::uuid, 'another_account'; return; end if;
  return query select who, 'linked';
end $$;
-- How many authorities a person may act for now, whatever provider they come through.
create function identity.person_open(person uuid) returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select count(*)::int from tenants.authority a where identity.roles_now(person, a.id) is not null $$;
-- The person of an account, for access tokens and for signing in again; null where there is none.
create function identity.person_of_account(provider uuid, of_subject text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select person_id from tenants.provider_identity where provider_id = provider and subject = of_subject $$;
-- Ends every session that somebody's account began (back-channel logout that names no session).
create function identity.end_account_sessions(from_provider uuid, of_subject text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  update identity.session s set ended_at = now() where s.provider = from_provider and s.ended_at is null
    and s.person_id = identity.person_of_account(from_provider, of_subject);
  get diagnostics n = row_count; return n;
end $$;

-- Accounts at the bound authority's providers, of its own people. Forgetting one lets the next first sign-in link anew.
create function tenants.linked_accounts() returns table (person_id uuid, name text, email text, provider_id uuid, linked_at timestamptz, used_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.name, p.email, i.provider_id, i.linked_at, i.used_at
  from tenants.provider_identity i join identity.person p on p.id = i.person_id
  where i.provider_id = any(tenants.my_providers())
    and exists (select from tenants.member m where m.person_id = p.id and m.authority_id = careshare.authority()) order by p.name, p.id $$;
create function tenants.forget_account(provider uuid, person uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from tenants.provider_identity i where i.provider_id = provider and i.person_id = person and i.provider_id = any(tenants.my_providers())
    and exists (select from tenants.member m where m.person_id = person and m.authority_id = careshare.authority());
  if found then
    update identity.session s set ended_at = now() where s.provider = forget_account.provider and s.person_id = person
      and s.authority_id = careshare.authority() and s.ended_at is null;
    return true;
  end if;
  return false;
end $$;
-- Ends sessions of the bound authority that came through a provider it accepts no longer for the person's domain.
create function identity.end_sessions_not_accepted() returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  update identity.session s set ended_at = now() where s.authority_id = careshare.authority() and s.ended_at is null and s.provider is not null
    and not tenants.provider_accepted(s.provider, s.person_id, s.authority_id);
  get diagnostics n = row_count; return n;
end $$;
-- Ending a provider ends every session that came through it, whichever authority it was for. Only its owner may.
create function tenants.end_provider(which uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update tenants.provider set ended_at = now(), version = version + 1 where id = which and owner_id = careshare.authority() and ended_at is null;
  if not found then return false; end if;
  update identity.session set ended_at = now() where provider = which and ended_at is null;
  return true;
end $$;
-- As in 0011, and through a provider only where the authority accepts it for this person.
create or replace function identity.open_session(secret_hash bytea, person uuid, authority uuid, provider uuid, provider_session text, id_token text,
  stepped_up boolean, device text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if identity.roles_now(person, authority) is null then return false; end if;
  if provider is not null and not tenants.provider_accepted(provider, person, authority) then return false; end if;
  insert into identity.session (id, person_id, authority_id, expires_at, provider, provider_session, id_token, stepped_up_at, device)
    select secret_hash, person, authority, now() + coalesce((select l.absolute from tenants.session_limits l where l.authority_id = authority), interval '12 hours'),
      open_session.provider, open_session.provider_session, open_session.id_token, case when stepped_up then now() end, left(open_session.device, 80);
  return true;
end $$;
reset role;
revoke create on schema identity, tenants from careshare_broker;
set role careshare_broker;
grant execute on function tenants.my_providers, tenants.ways_in, tenants.provider_to_use, tenants.provider_of_token, tenants.provider_of_client, tenants.providers_nearby,
  tenants.provider_accepted, tenants.linked_accounts, tenants.forget_account, tenants.end_provider,
  identity.sign_in_choices, identity.begin_sign_in, identity.take_sign_in, identity.see_sign_in, identity.person_signing_in,
  identity.person_of_account, identity.end_account_sessions, identity.end_sessions_not_accepted to careshare_app;
reset role;
set role careshare_owner;
create policy accepted on tenants.provider for select to careshare_app using (id = any ((select tenants.my_providers())::uuid[]));
reset role;
