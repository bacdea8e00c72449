-- Whom an authority lets sign in, and which roles their groups give, takes two people: one asks, another agrees.
set role careshare_owner;
create table tenants.sign_in_request (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  provider_id uuid not null references tenants.provider,
  domain text check (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$' and length(domain) <= 253),
  group_id text check (group_id <> '' and length(group_id) <= 200), role text check (role ~ '^[a-z_]+$'),
  asked_by uuid not null default careshare.actor() references identity.person, asked_at timestamptz not null default clock_timestamp(),
  decided_by uuid references identity.person, decided_at timestamptz, agreed boolean,
  primary key (authority_id, id),
  constraint sign_in_request_kind check ((domain is null) = (group_id is not null) and (group_id is null) = (role is null)),
  constraint sign_in_request_decided check ((decided_at is null) = (decided_by is null) and (decided_at is null) = (agreed is null)),
  constraint sign_in_request_two_people check (not agreed or decided_by <> asked_by));
create unique index sign_in_request_open on tenants.sign_in_request
  (authority_id, provider_id, coalesce(domain, ''), coalesce(group_id, ''), coalesce(role, '')) where decided_at is null;
create index sign_in_request_provider on tenants.sign_in_request (provider_id);
create index sign_in_request_asked_by on tenants.sign_in_request (asked_by);
create index sign_in_request_decided_by on tenants.sign_in_request (decided_by);
comment on table tenants.sign_in_request is
  'scope: authority. Domains and roles of groups that an administrator asked a second person to agree to, and what became of it.';
select careshare.protect('tenants.sign_in_request', 'authority_id'), careshare.let_broker('tenants.sign_in_request');
grant select, insert (authority_id, provider_id, domain, group_id, role) on tenants.sign_in_request to careshare_app;   -- in one's own name
revoke insert on tenants.provider_group from careshare_app;
grant insert on tenants.provider_group to careshare_broker;
reset role;

grant create on schema tenants to careshare_broker;
set role careshare_broker;
revoke execute on function tenants.accept_domain from careshare_app;
-- The providers the bound authority uses, and those it asks to use.
create or replace function tenants.my_providers() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select array(select provider_id from tenants.provider_domain where authority_id = careshare.authority()
       union select provider_id from tenants.domain_claim where authority_id = careshare.authority()
       union select provider_id from tenants.sign_in_request where authority_id = careshare.authority() and decided_at is null) $$;
-- Asks for a domain: 'asked', or 'already' where it is let in, waits for the region, or is asked for. Null: no such provider for it.
create function tenants.ask_for_domain(provider uuid, of_domain text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from tenants.provider p where p.id = provider and p.ended_at is null
      and (p.owner_id = careshare.authority() or p.shared or p.id = any(tenants.my_providers()))) then return null; end if;
  if exists (select from tenants.provider_domain d where d.authority_id = careshare.authority() and d.provider_id = provider
        and d.domain = of_domain and (upper(d.during) is null or upper(d.during) > current_date))
    or exists (select from tenants.domain_claim c where c.authority_id = careshare.authority() and c.provider_id = provider
        and c.domain = of_domain) then return 'already'; end if;
  insert into tenants.sign_in_request (authority_id, provider_id, domain, asked_by)
    values (careshare.authority(), provider, of_domain, careshare.actor()) on conflict do nothing;
  return case when found then 'asked' else 'already' end;
end $$;
-- A second person agrees. 'accepted', 'waiting' (for the regional administrator) or 'already' of a domain, 'given' of a role.
-- Null: not there, decided, asked for by the same person, or the provider has gone.
create function tenants.agree_to_sign_in(which uuid) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r tenants.sign_in_request;
begin
  select * into r from tenants.sign_in_request q where q.authority_id = careshare.authority() and q.id = which and q.decided_at is null
    and q.asked_by <> careshare.actor() for update;
  if not found or not exists (select from tenants.provider p where p.id = r.provider_id and p.ended_at is null) then return null; end if;
  update tenants.sign_in_request q set decided_by = careshare.actor(), decided_at = clock_timestamp(), agreed = true
    where q.authority_id = r.authority_id and q.id = r.id;
  if r.domain is not null then return tenants.accept_domain(r.provider_id, r.domain); end if;
  insert into tenants.provider_group (authority_id, provider_id, group_id, role) values (r.authority_id, r.provider_id, r.group_id, r.role)
    on conflict do nothing;
  return 'given';
end $$;
-- Whoever asked takes it back, or a second person does not agree.
create function tenants.decline_sign_in(which uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update tenants.sign_in_request q set decided_by = careshare.actor(), decided_at = clock_timestamp(), agreed = false
    where q.authority_id = careshare.authority() and q.id = which and q.decided_at is null;
  return found;
end $$;
reset role;
revoke create on schema tenants from careshare_broker;
set role careshare_broker;
grant execute on function tenants.ask_for_domain, tenants.agree_to_sign_in, tenants.decline_sign_in to careshare_app;
reset role;
