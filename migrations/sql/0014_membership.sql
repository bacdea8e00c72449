-- Invitations, SCIM, leavers and what they hand over, onboarding.
set role careshare_owner;

-- A member may have no role yet (provisioned without one: signs in, may do nothing), and may end on the day they begin.
alter table tenants.member drop constraint member_roles_check, drop constraint member_check,
  add constraint member_period check (ends >= starts),
  add column known_as text check (known_as <> '' and length(known_as) <= 120),   -- the name this authority gave; another may have given theirs
  add column given_name text, add column family_name text,
  add column user_name text check (user_name <> ''),               -- the directory's own name for them; null: their e-mail address
  add column external_id text,                                     -- the directory's own identifier
  add column signed_in_at timestamptz,                             -- the last time; null: never
  add column created_at timestamptz not null default now(), add column changed_at timestamptz not null default now(),
  add column removed_at timestamptz;                               -- deleted by the directory: SCIM no longer shows them
create unique index member_user_name on tenants.member (authority_id, lower(user_name)) where removed_at is null;
create index member_external_id on tenants.member (authority_id, external_id);

create table tenants.invitation (
  authority_id uuid not null references tenants.authority, member_id uuid not null, id uuid not null default uuidv7(),
  sent_at timestamptz not null default now(), sent_by uuid not null default careshare.actor(),
  expires_at timestamptz not null, accepted_at timestamptz, times int not null default 1,
  primary key (authority_id, member_id), unique (authority_id, id),
  foreign key (authority_id, member_id) references tenants.member on delete cascade);
comment on table tenants.invitation is 'scope: authority. Members asked by e-mail to sign in, until when, and when they first did.';

create table tenants.membership_settings (
  authority_id uuid primary key references tenants.authority,
  default_roles text[] not null default '{}',                      -- for members a directory provisions without roles
  version int not null default 1);
comment on table tenants.membership_settings is 'scope: authority. How the authority''s members come about.';

create table tenants.onboarding (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  made_by uuid not null default careshare.actor(), made_at timestamptz not null default now(),
  dfe_code text not null check (dfe_code ~ '^[0-9]{3}$'),
  name text not null default '', short_name text not null default '', duty_number text not null default '',
  administrator_name text not null default '', administrator_email text not null default '',
  idle_minutes int not null default 720, longest_hours int not null default 12,
  new_id uuid references tenants.authority, done_at timestamptz, check ((new_id is null) = (done_at is null)),
  primary key (authority_id, id));
create index onboarding_new on tenants.onboarding (new_id);
comment on table tenants.onboarding is 'scope: authority. Authorities a regional administrator is bringing on, step by step, and those brought on.';

select careshare.protect(('tenants.' || t)::regclass, 'authority_id') from unnest(array['invitation', 'membership_settings', 'onboarding']) t;
select careshare.let_broker('tenants.invitation'), careshare.let_broker('tenants.membership_settings');
grant select, insert, update on tenants.invitation, tenants.membership_settings, tenants.onboarding to careshare_app;
grant insert on tenants.authority, tenants.authority_code, careshare.shelf to careshare_broker;
reset role;

grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- The bound authority's people with what row security keeps apart: names, e-mail addresses, when they were here last.
-- Machines, whose addresses end in @clients.invalid, are no members in this sense.
create function tenants.members(which uuid default null, address text default null)
returns table (id uuid, person_id uuid, name text, email text, roles text[], starts date, ends date, version int,
  user_name text, given_name text, family_name text, external_id text, signed_in_at timestamptz, created_at timestamptz, changed_at timestamptz,
  removed_at timestamptz, invited_at timestamptz, expires_at timestamptz, accepted_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.id, m.person_id, coalesce(m.known_as, p.name), p.email, m.roles, m.starts, m.ends, m.version,
    coalesce(m.user_name, p.email), m.given_name, m.family_name, m.external_id, m.signed_in_at, m.created_at, m.changed_at,
    m.removed_at, i.sent_at, i.expires_at, i.accepted_at
  from tenants.member m join identity.person p on p.id = m.person_id
  left join tenants.invitation i on i.authority_id = m.authority_id and i.member_id = m.id
  where m.authority_id = careshare.authority() and (which is null or m.id = which) and (address is null or p.email = lower(address))
    and p.email not like '%@clients.invalid' $$;

-- Somebody by e-mail address: who has it already, whichever authority they belong to, or a new person of this name.
create function tenants.person_for(address text, called text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare found_id uuid;
begin
  perform careshare.authority();
  if lower(address) like '%@clients.invalid' then raise exception 'not a person''s address' using errcode = '22023'; end if;
  insert into identity.person (name, email) values (called, lower(address)) on conflict (email) where ended_at is null do nothing
    returning id into found_id;
  if found_id is null then select p.id into found_id from identity.person p where p.email = lower(address) and p.ended_at is null; end if;
  return found_id;
end $$;

-- Another name or address for a member. Nobody else's records change: whoever belongs to another authority too keeps what they have.
-- Answers 'changed', 'shared' (belongs elsewhere too) or 'taken' (somebody else has that address).
create function tenants.correct_person(person uuid, called text, address text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from tenants.member m where m.authority_id = careshare.authority() and m.person_id = person) then return 'shared'; end if;
  perform 1 from identity.person p where p.id = person for update;
  if exists (select from tenants.member m where m.authority_id <> careshare.authority() and m.person_id = person) then return 'shared'; end if;
  if exists (select from identity.person p where p.email = lower(address) and p.id <> person and p.ended_at is null) then return 'taken'; end if;
  update identity.person p set name = called, email = lower(address) where p.id = person and (p.name, p.email) <> (called, lower(address));
  return 'changed';
exception when unique_violation then return 'taken';
end $$;

-- Out at once: every session and token of this person for the bound authority ends with this transaction, temporary roles too.
-- Answers how many sessions, tokens and temporary roles ended.
create function tenants.put_out(person uuid) returns int[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare sessions int; tokens int; lent int;
begin
  update identity.session s set ended_at = now() where s.person_id = person and s.authority_id = careshare.authority() and s.ended_at is null;
  get diagnostics sessions = row_count;
  update identity.token t set revoked_at = now() where t.person_id = person and t.authority_id = careshare.authority() and t.revoked_at is null;
  get diagnostics tokens = row_count;
  update tenants.temporary_role r set ended_at = now(),
      ended_by = coalesce((select p.id from identity.person p where p.id = careshare.actor()), r.granted_by)
    where r.person_id = person and r.authority_id = careshare.authority() and r.ended_at is null;
  get diagnostics lent = row_count;
  return array[sessions, tokens, lent];
end $$;

-- An authority must keep an administrator who can sign in: one whose membership has begun and goes on, and who is not merely invited.
-- Checked after every change that takes one away, one change of an authority at a time.
create function tenants.keep_an_administrator() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare needed_on date := current_date;
begin
  if old.ends <= current_date then return null; end if;
  if tg_op = 'UPDATE' then
    if 'authority_administrator' = any(new.roles) and new.starts <= old.starts and (new.ends is null or new.ends > old.ends) then return null; end if;
    if 'authority_administrator' = any(new.roles) and new.ends > current_date then needed_on := new.ends; end if;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('tenants.administrator ' || old.authority_id, 0));
  if not exists (select from tenants.member m join identity.person p on p.id = m.person_id
      where m.authority_id = old.authority_id and 'authority_administrator' = any(m.roles) and m.starts <= current_date
        and (m.ends is null or m.ends > needed_on) and p.ended_at is null and p.email not like '%@clients.invalid'
        and not exists (select from tenants.invitation i
          where i.authority_id = m.authority_id and i.member_id = m.id and i.accepted_at is null and m.id <> old.id)) then
    raise exception 'the last administrator of an authority stays' using errcode = '23P01', constraint = 'member_last_administrator';
  end if;
  return null;
end $$;

-- Signing in: the moment is kept, an invitation is accepted by it, and an invitation that lapsed lets nobody in.
create function tenants.note_sign_in() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from tenants.invitation i join tenants.member m on m.authority_id = i.authority_id and m.id = i.member_id
      where m.authority_id = new.authority_id and m.person_id = new.person_id and i.accepted_at is null and i.expires_at <= now()) then
    raise exception 'the invitation has expired' using errcode = '23514', constraint = 'invitation_expired';
  end if;
  update tenants.invitation i set accepted_at = now() from tenants.member m
    where m.authority_id = new.authority_id and m.person_id = new.person_id and i.authority_id = m.authority_id and i.member_id = m.id
      and i.accepted_at is null;
  update tenants.member m set signed_in_at = now() where m.authority_id = new.authority_id and m.person_id = new.person_id;
  return null;
end $$;

-- Brings an authority on in the actor's own region, with its codes, its shelves, its first administrator and an invitation for them.
-- Whatever the caller checked: only for somebody who is a regional administrator now.
create function tenants.onboard(dfe text, called text, short text, duty text, codes text[], since date[], until date[], resources text[],
  administrator_name text, administrator_email text, invitation_lasts interval, idle interval, longest interval)
returns table (authority_id uuid, member_id uuid, person_id uuid, invitation_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare region uuid; made uuid; somebody uuid; member uuid; invitation uuid;
begin
  select a.region_id into region from tenants.member m join tenants.authority a on a.id = m.authority_id
    where m.authority_id = careshare.authority() and m.person_id = careshare.actor() and 'regional_administrator' = any(m.roles)
      and m.starts <= current_date and (m.ends is null or m.ends > current_date);
  if region is null then raise exception 'only a regional administrator brings authorities on' using errcode = '42501'; end if;
  insert into tenants.authority (region_id, dfe_code, gss_code, name, short_name, duty_number, starts)
    values (region, dfe, codes[cardinality(codes)], called, short, duty, least(since[1], current_date)) returning id into made;
  insert into tenants.authority_code (authority_id, gss_code, valid)
    select made, c, daterange(f, u) from unnest(codes, since, until) as given (c, f, u);
  insert into careshare.shelf (owner_id, resource) select made, r || own from unnest(resources) r, unnest(array['', ':own']) own;
  somebody := tenants.person_for(administrator_email, administrator_name);
  insert into tenants.member (authority_id, person_id, roles, known_as) values (made, somebody, '{authority_administrator}', administrator_name)
    returning id into member;
  insert into tenants.invitation (authority_id, member_id, expires_at) values (made, member, now() + invitation_lasts) returning id into invitation;
  insert into tenants.membership_settings (authority_id) values (made);
  insert into tenants.session_limits (authority_id, idle, absolute) values (made, onboard.idle, longest);
  return query select made, member, somebody, invitation;
end $$;
grant execute on function tenants.members, tenants.person_for, tenants.correct_person, tenants.put_out, tenants.onboard to careshare_app;
grant execute on function tenants.keep_an_administrator, tenants.note_sign_in to careshare_owner;
reset role;
revoke create on schema tenants from careshare_broker;

set role careshare_owner;
create constraint trigger keep_an_administrator after update of roles, starts, ends or delete on tenants.member
  for each row when ('authority_administrator' = any(old.roles)) execute function tenants.keep_an_administrator();
create trigger note_sign_in after insert on identity.session for each row execute function tenants.note_sign_in();
reset role;
