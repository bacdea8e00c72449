-- Common ground: roles, who acts, grants between authorities, idempotency keys.
-- Roles are cluster-wide, so another database of the same cluster may have made them already.
do $$
declare r text;
begin
  foreach r in array array[
    'careshare_owner nologin',      -- owns every object; migrations become it
    'careshare_broker nologin',     -- owns the few SECURITY DEFINER functions and is named in policies
    'careshare_app login',          -- pages, API and job handlers; always bound to one authority
    'careshare_dispatch login',     -- hands outbox rows to the queue
    'careshare_sealer login',       -- seals and verifies the audit record
    'careshare_backup login'        -- reads everything for a backup, through policies of its own
  ] loop
    if not exists (select from pg_roles where rolname = split_part(r, ' ', 1)) then
      execute 'create role ' || r || ' nosuperuser nocreatedb nocreaterole nobypassrls';
    end if;
  end loop;
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant careshare_owner, careshare_broker to %I', current_user);
  end if;
end $$;

create extension if not exists btree_gist;
alter default privileges for role careshare_owner revoke execute on functions from public;
alter default privileges for role careshare_broker revoke execute on functions from public;

create schema careshare authorization careshare_owner;
grant usage on schema careshare to careshare_app, careshare_broker, careshare_dispatch, careshare_sealer, careshare_backup;
set role careshare_owner;

-- Who acts. Raises when nothing is bound: an unbound unit of work is a bug, not an empty list.
create function careshare.authority() returns uuid language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
declare a text := current_setting('careshare.authority', true);
begin
  if a is null or a = '' then raise exception 'no authority bound' using errcode = '28000'; end if;
  return a::uuid;
end $$;
create function careshare.actor() returns uuid language plpgsql stable parallel safe set search_path = pg_catalog, pg_temp as $$
declare a text := current_setting('careshare.actor', true);
begin
  if a is null or a = '' then raise exception 'no actor bound' using errcode = '28000'; end if;
  return a::uuid;
end $$;
create function careshare.purpose() returns text language sql stable parallel safe set search_path = pg_catalog, pg_temp as
  $$ select nullif(current_setting('careshare.purpose', true), '') $$;
create function careshare.bind(authority uuid, actor uuid, purpose text) returns void language sql set search_path = pg_catalog, pg_temp as $$
  select set_config('careshare.authority', bind.authority::text, true), set_config('careshare.actor', bind.actor::text, true),
         set_config('careshare.purpose', bind.purpose, true) $$;
grant execute on function careshare.authority, careshare.actor, careshare.purpose to careshare_app, careshare_broker;
grant execute on function careshare.bind to careshare_app, careshare_broker;

-- Puts an authority's table under row security: forced, one policy for its authority, one for migrations, one for backups.
create function careshare.protect(tab regclass, col name) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('alter table %s enable row level security', tab);
  execute format('alter table %s force row level security', tab);
  execute format('create policy owner on %s to careshare_owner using (true) with check (true)', tab);
  execute format('create policy backup on %s for select to careshare_backup using (true)', tab);
  execute format('grant select on %s to careshare_backup', tab);
  if col is not null then
    execute format('create policy own on %s to careshare_app using (%I = (select careshare.authority())) with check (%I = (select careshare.authority()))',
      tab, col, col);
  end if;
end $$;
-- Lets the broker's functions work on a protected table.
create function careshare.let_broker(tab regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create policy broker on %s to careshare_broker using (true) with check (true)', tab);
  execute format('grant select, insert, update, delete on %s to careshare_broker', tab);
end $$;

-- A shelf is one owner's one resource class, so "may I see it" is one indexed uuid.
-- Resources that end in ':own' are never granted: what stands there is seen by its owner alone.
create table careshare.shelf (
  owner_id uuid not null, id uuid primary key default uuidv7(),
  resource text not null check (resource ~ '^[a-z_]+(:own)?$'),
  unique (owner_id, resource), unique (owner_id, id));
comment on table careshare.shelf is 'scope: platform. One authority''s one resource class; says nothing about what stands on it.';
grant select on careshare.shelf to careshare_app, careshare_broker, careshare_backup;

create table careshare.sharing_grant (
  viewer_id uuid not null, shelf_id uuid not null references careshare.shelf, agreement_id uuid not null,
  in_force tstzrange not null check (not isempty(in_force)),
  primary key (viewer_id, shelf_id, agreement_id));
comment on table careshare.sharing_grant is 'scope: authority. Which shelves a viewer may read, under which agreement, when.';
create index sharing_grant_shelf on careshare.sharing_grant (shelf_id);
create index sharing_grant_agreement on careshare.sharing_grant (agreement_id);
select careshare.protect('careshare.sharing_grant', null);
create policy mine on careshare.sharing_grant for select to careshare_app using (viewer_id = (select careshare.authority()));
select careshare.let_broker('careshare.sharing_grant');
grant select on careshare.sharing_grant to careshare_app;

-- All shelves this authority may read now, its own included. Used by policies as an InitPlan: evaluated once a query.
create function careshare.shelves() returns uuid[] language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(select s.id from careshare.shelf s where s.owner_id = careshare.authority()
     union select g.shelf_id from careshare.sharing_grant g where g.viewer_id = careshare.authority() and g.in_force @> now()) $$;
grant execute on function careshare.shelves to careshare_app, careshare_broker;

-- A creation sent twice with one key answers the same: the first answer is kept here with it.
create table careshare.idempotency (
  authority_id uuid not null, actor_id uuid not null, key text not null check (length(key) between 1 and 255),
  request_hash bytea not null, status int not null, body bytea not null, location text,
  at timestamptz not null default clock_timestamp(),
  primary key (authority_id, actor_id, key));
comment on table careshare.idempotency is 'scope: authority. First answers to creations that carried an Idempotency-Key.';
select careshare.protect('careshare.idempotency', 'authority_id');
grant select, insert, delete on careshare.idempotency to careshare_app;
reset role;
