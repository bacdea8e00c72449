-- What lies between authorities: regions, authorities, people and their membership, sessions and tokens, agreements.
create schema tenants authorization careshare_owner;
create schema identity authorization careshare_owner;
grant usage on schema tenants to careshare_app, careshare_broker, careshare_dispatch, careshare_backup;
grant usage on schema identity to careshare_app, careshare_broker, careshare_backup;
set role careshare_owner;

create table tenants.region (
  id uuid primary key default uuidv7(), gss_code text not null unique, name text not null,
  area_minimum int not null default 5 check (area_minimum >= 1),     -- fewest of an owner's households in an area before it is named to others
  stale_after_days int not null default 7 check (stale_after_days >= 1));  -- a vacancy confirmed longer ago sinks, and its owner is asked
comment on table tenants.region is 'scope: platform. Regions of authorities: one cell each.';

create table tenants.authority (
  id uuid primary key default uuidv7(), region_id uuid not null references tenants.region,
  dfe_code text not null check (dfe_code ~ '^[0-9]{3}$'), gss_code text not null check (gss_code ~ '^E[0-9]{8}$'),
  name text not null, short_name text not null,
  duty_number text not null default '' check (duty_number ~ '^[0-9 +()-]*$'),   -- whom a neighbour rings
  starts date not null, ends date check (ends > starts));
create unique index authority_dfe on tenants.authority (dfe_code) where ends is null;
create unique index authority_gss on tenants.authority (gss_code) where ends is null;
create index authority_region on tenants.authority (region_id);
comment on table tenants.authority is 'scope: platform. Local authorities, dated; an ended one names its successors.';

create table tenants.authority_code (   -- GSS codes change with boundaries; the DfE code mostly stays
  authority_id uuid not null references tenants.authority, gss_code text not null, valid daterange not null,
  primary key (authority_id, valid without overlaps));
comment on table tenants.authority_code is 'scope: platform. GSS codes an authority has had, with dates.';

create table tenants.authority_successor (
  predecessor_id uuid not null references tenants.authority, successor_id uuid not null references tenants.authority,
  since date not null, primary key (predecessor_id, successor_id), check (predecessor_id <> successor_id));
comment on table tenants.authority_successor is 'scope: platform. Who took over from an authority that merged or was split.';
create index authority_successor_successor on tenants.authority_successor (successor_id);

grant select on tenants.region, tenants.authority, tenants.authority_code, tenants.authority_successor
  to careshare_app, careshare_broker, careshare_dispatch, careshare_backup;
alter table careshare.shelf add foreign key (owner_id) references tenants.authority;
alter table careshare.sharing_grant add foreign key (viewer_id) references tenants.authority;

create function careshare.authority_ids() returns setof uuid language sql stable set search_path = pg_catalog, pg_temp as
  $$ select id from tenants.authority where ends is null or ends > current_date order by id $$;
grant execute on function careshare.authority_ids to careshare_app, careshare_dispatch;

-- People and what they may do. A person may belong to several authorities and acts for one at a time.
create table identity.person (
  id uuid primary key default uuidv7(), name text not null check (name <> ''), email text not null check (email = lower(email)),
  created_at timestamptz not null default now(), ended_at timestamptz);
create unique index person_email on identity.person (email) where ended_at is null;
comment on table identity.person is 'scope: platform. People and machines that may sign in; readable only through functions and by their own authority.';

create table tenants.member (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  person_id uuid not null references identity.person,
  roles text[] not null check (cardinality(roles) > 0), starts date not null default current_date, ends date check (ends > starts),
  version int not null default 1,
  primary key (authority_id, id), unique (authority_id, person_id));
comment on table tenants.member is 'scope: authority. Who works for the authority, in which roles, from when to when.';
create index member_person on tenants.member (person_id);
select careshare.protect('tenants.member', 'authority_id');
select careshare.let_broker('tenants.member');
grant select, insert, update on tenants.member to careshare_app;

create table identity.session (
  id bytea primary key check (length(id) = 32),     -- sha256 of the secret in the cookie: the database cannot sign anybody in
  person_id uuid not null references identity.person, authority_id uuid not null references tenants.authority,
  created_at timestamptz not null default now(), seen_at timestamptz not null default now(),
  expires_at timestamptz not null, ended_at timestamptz);
create index session_person on identity.session (person_id);
create index session_authority on identity.session (authority_id);
comment on table identity.session is 'scope: platform. Signed-in browsers; readable only through functions.';

create table identity.token (
  id uuid primary key default gen_random_uuid(), person_id uuid not null references identity.person,
  authority_id uuid not null references tenants.authority, scopes text[] not null,
  created_at timestamptz not null default now(), expires_at timestamptz not null, revoked_at timestamptz);
create index token_person on identity.token (person_id);
create index token_authority on identity.token (authority_id);
comment on table identity.token is 'scope: platform. Bearer tokens issued, so that one can be revoked; readable only through functions.';

grant select on identity.person to careshare_broker, careshare_backup;
grant insert, update on identity.person to careshare_broker;
grant select, insert, update, delete on identity.session to careshare_broker;
grant select, insert, update on identity.token to careshare_broker;
reset role;

grant create on schema identity to careshare_broker;
grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- The first statement of every request: who is this, for whom do they act, in which roles. Binds the transaction.
-- No row: not signed in, ended, or not (any more) a member; then nothing is bound and every scoped read is refused.
create function identity.enter(kind text, credential text, purpose text)
returns table (person_id uuid, person_name text, authority_id uuid, authority_name text, gss_code text, roles text[], scopes text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare who uuid; acting uuid; may text[];
begin
  if kind = 'session' then
    select s.person_id, s.authority_id into who, acting from identity.session s
      where s.id = decode(credential, 'hex') and s.ended_at is null and s.expires_at > now() and s.seen_at > now() - interval '12 hours';
    update identity.session s set seen_at = now() where s.id = (
      select id from identity.session where id = decode(credential, 'hex') and seen_at < now() - interval '1 minute' for update skip locked);
  elsif kind = 'token' then
    select t.person_id, t.authority_id, t.scopes into who, acting, may from identity.token t
      where t.id = credential::uuid and t.revoked_at is null and t.expires_at > now();
  end if;
  if who is null then return; end if;
  return query
    select p.id, p.name, a.id, a.name, a.gss_code, m.roles, may
    from tenants.member m join identity.person p on p.id = m.person_id join tenants.authority a on a.id = m.authority_id
    where m.person_id = who and m.authority_id = acting and p.ended_at is null
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)
      and (a.ends is null or a.ends > current_date);
  if found then perform careshare.bind(acting, who, purpose); end if;
end $$;

create function identity.open_session(secret_hash bytea, person uuid, authority uuid, lasts interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from tenants.member m where m.person_id = person and m.authority_id = authority
      and m.starts <= current_date and (m.ends is null or m.ends > current_date)) then return false; end if;
  insert into identity.session (id, person_id, authority_id, expires_at) values (secret_hash, person, authority, now() + lasts);
  return true;
end $$;
create function identity.end_session(secret_hash bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as
  $$ update identity.session set ended_at = now() where id = secret_hash and ended_at is null $$;
-- The authorities the bound person may act for.
create function identity.my_authorities() returns table (authority_id uuid, name text, roles text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.name, m.roles from tenants.member m join tenants.authority a on a.id = m.authority_id
  where m.person_id = careshare.actor() and m.starts <= current_date and (m.ends is null or m.ends > current_date) order by a.name $$;
create function identity.issue_token(person uuid, authority uuid, scopes text[], lasts interval) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare token uuid;
begin
  if not exists (select from tenants.member m where m.person_id = person and m.authority_id = authority) then return null; end if;
  insert into identity.token (person_id, authority_id, scopes, expires_at) values (person, authority, issue_token.scopes, now() + lasts) returning id into token;
  return token;
end $$;
create function identity.revoke_token(which uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin update identity.token set revoked_at = now() where id = which and revoked_at is null; return found; end $$;
-- The demo's sign-in page lists invented staff. Answers only where the database itself was marked a demo.
create function identity.demo_people() returns table (person_id uuid, name text, authority_id uuid, authority_name text, roles text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.name, a.id, a.name, m.roles from tenants.member m join identity.person p on p.id = m.person_id join tenants.authority a on a.id = m.authority_id
  where current_setting('careshare.demo', true) = 'on' and p.ended_at is null order by a.name, p.name $$;
-- Names of colleagues: people of the bound authority only.
create function identity.colleagues(people uuid[]) returns table (person_id uuid, name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.name from identity.person p join tenants.member m on m.person_id = p.id
  where p.id = any(people) and m.authority_id = careshare.authority() $$;
reset role;
revoke create on schema identity from careshare_broker;
set role careshare_broker;
grant execute on function identity.enter, identity.open_session, identity.end_session, identity.my_authorities, identity.demo_people,
  identity.colleagues to careshare_app;
grant execute on function identity.issue_token, identity.revoke_token to careshare_owner;
reset role;

-- Sharing agreements. Shared by their parties; the grants they open are what row security reads.
set role careshare_owner;
create table tenants.agreement (
  id uuid primary key default uuidv7(), region_id uuid not null references tenants.region,
  title text not null check (title <> ''), resource text not null check (resource ~ '^[a-z_]+$'),
  detail text not null check (detail in ('notice', 'profile', 'identity')),
  purpose text not null, legal_gateway text not null, lawful_basis text not null,
  notice_days int not null check (notice_days >= 0), version int not null default 1,
  state text not null default 'draft' check (state in ('draft', 'in_force', 'ended')),
  in_force tstzrange not null check (not isempty(in_force)), reviewed_by date not null);
create index agreement_region on tenants.agreement (region_id);
comment on table tenants.agreement is 'scope: shared. What the parties let each other see, for which purpose, under which law, from when to when.';
create table tenants.agreement_party (
  agreement_id uuid not null references tenants.agreement, authority_id uuid not null references tenants.authority,
  signed_by text, signed_role text, signed_at timestamptz, left_at timestamptz,
  primary key (agreement_id, authority_id),
  check ((signed_at is null) = (signed_by is null) and (signed_at is null) = (signed_role is null)));
create index agreement_party_authority on tenants.agreement_party (authority_id);
comment on table tenants.agreement_party is 'scope: shared. The parties of an agreement and who signed for each.';
alter table careshare.sharing_grant add foreign key (agreement_id) references tenants.agreement;
select careshare.protect('tenants.agreement', null), careshare.protect('tenants.agreement_party', null);
select careshare.let_broker('tenants.agreement'), careshare.let_broker('tenants.agreement_party');
grant select on tenants.agreement, tenants.agreement_party to careshare_app;
reset role;

set role careshare_broker;
create function tenants.my_agreements() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select array(select agreement_id from tenants.agreement_party where authority_id = careshare.authority()) $$;
grant execute on function tenants.my_agreements to careshare_app;
-- The grants of an agreement follow from its signatures: each signed party sees each other signed party's shelf of the resource.
create function tenants.settle_grants(which uuid) returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; n int;
begin
  select * into a from tenants.agreement where id = which for update;
  delete from careshare.sharing_grant where agreement_id = which;
  if a.state <> 'in_force' then return 0; end if;
  insert into careshare.sharing_grant (viewer_id, shelf_id, agreement_id, in_force)
    select v.authority_id, s.id, a.id, a.in_force
    from tenants.agreement_party v
    join tenants.agreement_party o on o.agreement_id = v.agreement_id and o.authority_id <> v.authority_id
    join careshare.shelf s on s.owner_id = o.authority_id and s.resource = a.resource
    where v.agreement_id = a.id and v.signed_at is not null and o.signed_at is not null and v.left_at is null and o.left_at is null;
  get diagnostics n = row_count; return n;
end $$;
-- Sign for the bound authority. The last signature brings the agreement into force.
create function tenants.sign(which uuid, name text, role text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from tenants.agreement where id = which and state <> 'ended' for update;
  if not found then return false; end if;
  update tenants.agreement_party set signed_by = name, signed_role = role, signed_at = now()
    where agreement_id = which and authority_id = careshare.authority() and signed_at is null;
  if not found then return false; end if;
  if not exists (select from tenants.agreement_party where agreement_id = which and signed_at is null) then
    update tenants.agreement set state = 'in_force' where id = which;
    perform tenants.settle_grants(which);
  end if;
  return true;
end $$;
-- Leave for the bound authority: its grants, both ways, end with this transaction.
create function tenants.leave(which uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from tenants.agreement where id = which for update;
  update tenants.agreement_party set left_at = now() where agreement_id = which and authority_id = careshare.authority() and left_at is null;
  if not found then return false; end if;
  perform tenants.settle_grants(which);
  return true;
end $$;
grant execute on function tenants.sign, tenants.leave to careshare_app;
grant execute on function tenants.settle_grants to careshare_owner;
reset role;
revoke create on schema tenants from careshare_broker;
set role careshare_owner;
create policy party on tenants.agreement for select to careshare_app using (id = any ((select tenants.my_agreements())::uuid[]));
create policy party on tenants.agreement_party for select to careshare_app using (agreement_id = any ((select tenants.my_agreements())::uuid[]));
reset role;
