-- Messages to people: templates, delivery, safe contact, one-time links.
create schema messages authorization careshare_owner;
grant usage on schema messages to careshare_app, careshare_broker, careshare_backup;
set role careshare_owner;

create table messages.contact (   -- a parent, carer or young person; they have no account
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  name text not null check (name <> ''), reference text not null default '',
  kind text not null check (kind in ('parent', 'carer', 'young_person', 'other')),
  channel text not null check (channel in ('sms', 'email', 'letter')),
  phone text check (phone ~ '^\+[1-9][0-9]{7,14}$'), email text check (email = lower(email) and email ~ '^[^@\s]+@[^@\s]+$'), address text check (address <> ''),
  days int[] not null default '{1,2,3,4,5,6,7}' check (cardinality(days) > 0 and days <@ array[1, 2, 3, 4, 5, 6, 7]),
  begins time not null default '08:00', ends time not null default '20:00' check (ends > begins),   -- the clock on their wall, Europe/London
  language text not null default 'en' check (language ~ '^[a-z]{2}$'),
  naming text not null default 'council' check (naming in ('council', 'office', 'worker', 'nobody')),   -- what we may call ourselves
  avoid text[] not null default '{}',                  -- words that must not be in a message to them
  shared_phone boolean not null default false,         -- others read it: the neutral wording alone
  confidential boolean not null default false,         -- the address is for those alone who may read confidential records
  unsafe_reason text check (unsafe_reason <> ''),      -- not null: nothing is sent, here or to the same number or e-mail address
  version int not null default 1, changed_at timestamptz not null default clock_timestamp(), changed_by uuid not null default careshare.actor(),
  primary key (authority_id, id),
  check (case channel when 'sms' then phone when 'email' then email else address end is not null));
comment on table messages.contact is 'scope: authority. How a person without an account may be written to: where, when, in which words, or not at all.';
create index contact_phone on messages.contact (authority_id, phone) where phone is not null;
create index contact_email on messages.contact (authority_id, email) where email is not null;
create index contact_name on messages.contact (authority_id, name, id);
select careshare.protect('messages.contact', 'authority_id');
grant select, insert, update on messages.contact to careshare_app;

create table messages.place (     -- the only words of an authority's own that a message to a person may hold
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  name text not null check (name <> ''), ended_at timestamptz,
  primary key (authority_id, id), unique (authority_id, name));
comment on table messages.place is 'scope: authority. Places a message may name, such as a family centre.';
select careshare.protect('messages.place', 'authority_id');
grant select, insert, update (ended_at) on messages.place to careshare_app;

create table messages.message (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  channel text not null check (channel in ('sms', 'email', 'letter')),
  template text not null check (template ~ '^[a-z_]+$'), "values" jsonb not null, worded_on date not null,
  person_id uuid references identity.person, contact_id uuid,
  state text not null default 'queued' check (state in ('queued', 'sent', 'delivered', 'failed', 'not_sent')), reason text,
  language text, neutral boolean,                      -- the wording that was sent
  attempts int not null default 0, send_after timestamptz not null, useful_until timestamptz,
  provider text, provider_id text,
  asked_by uuid not null default careshare.actor(), created_at timestamptz not null default clock_timestamp(),
  tried_at timestamptz, sent_at timestamptz, settled_at timestamptz,
  primary key (authority_id, id), unique (id), foreign key (authority_id, contact_id) references messages.contact,
  check (num_nonnulls(person_id, contact_id) = 1),
  check (state not in ('failed', 'not_sent') or reason is not null));
comment on table messages.message is 'scope: authority. What was to be sent to whom and what became of it; the words are in the templates, the addresses where they belong.';
create index message_contact on messages.message (authority_id, contact_id);
create index message_person on messages.message (person_id);
create index message_recent on messages.message (authority_id, created_at desc, id desc);
create index message_queued on messages.message (authority_id, send_after) where state = 'queued';
create index message_open on messages.message (authority_id, sent_at) where state = 'sent';
select careshare.protect('messages.message', 'authority_id'), careshare.let_broker('messages.message');
grant select, insert on messages.message to careshare_app;
grant update (state, reason, "values", language, neutral, attempts, send_after, provider, provider_id, tried_at, sent_at, settled_at) on messages.message to careshare_app;

create table messages.one_time_link (
  authority_id uuid not null references tenants.authority,
  id bytea not null check (length(id) = 32),           -- sha256 of the secret in the address: the database cannot use it
  purpose text not null check (purpose ~ '^[a-z_]+$'), subject_id uuid not null,
  person_id uuid references identity.person,           -- in whose name it is used; null: nobody in person
  made_by uuid not null default careshare.actor(), created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null, used_at timestamptz,
  primary key (authority_id, id), unique (id));
comment on table messages.one_time_link is 'scope: authority. Short-lived addresses that let whoever holds them do one thing once.';
create index one_time_link_subject on messages.one_time_link (authority_id, purpose, subject_id, created_at);
create index one_time_link_person on messages.one_time_link (person_id);
select careshare.protect('messages.one_time_link', 'authority_id'), careshare.let_broker('messages.one_time_link');
grant select, insert on messages.one_time_link to careshare_app;
reset role;

grant create on schema messages to careshare_broker;
set role careshare_broker;
-- The e-mail address of somebody who works, is about to work, or for a time acts for the bound authority.
create function messages.staff_address(person uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.email from identity.person p where p.id = person and p.ended_at is null
    and (exists (select from tenants.member m where m.person_id = p.id and m.authority_id = careshare.authority() and (m.ends is null or m.ends > current_date))
      or exists (select from tenants.temporary_role t where t.person_id = p.id and t.authority_id = careshare.authority() and t.ended_at is null and upper(t.during) > now())) $$;

-- What a link is for and whether it still works. Changes nothing: scanners of mail open links too.
create function messages.look_at_link(link bytea) returns table (purpose text, state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select l.purpose, case when l.used_at is not null then 'used' when l.expires_at <= clock_timestamp() then 'expired' else 'usable' end
  from messages.one_time_link l where l.id = link $$;

-- What a link that still works is for, and binds the transaction as its use would: to show whoever holds it what they are asked.
create function messages.see_link(link bytea) returns table (purpose text, subject_id uuid, authority_id uuid, person_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare l messages.one_time_link;
begin
  select o.* into l from messages.one_time_link o where o.id = link and o.used_at is null and o.expires_at > clock_timestamp();
  if not found then return; end if;
  perform careshare.bind(l.authority_id, coalesce(l.person_id, '00000000-0000-0000-0000-000000000000'), 'link: ' || l.purpose);
  return query select l.purpose, l.subject_id, l.authority_id, l.person_id;
end $$;

-- Uses a link up, once: one UPDATE decides between two who press at a time. Binds the transaction to its authority and
-- person, so that what it is for happens or fails with it. A person who has left takes their links with them.
create function messages.use_link(link bytea) returns table (purpose text, subject_id uuid, authority_id uuid, person_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare l messages.one_time_link;
begin
  update messages.one_time_link o set used_at = clock_timestamp()
    where o.id = link and o.used_at is null and o.expires_at > clock_timestamp()
      and (o.person_id is null or exists (select from tenants.member m join identity.person p on p.id = m.person_id
        where m.authority_id = o.authority_id and m.person_id = o.person_id and p.ended_at is null and (m.ends is null or m.ends > current_date)))
    returning o.* into l;
  if not found then return; end if;
  perform careshare.bind(l.authority_id, coalesce(l.person_id, '00000000-0000-0000-0000-000000000000'), 'link: ' || l.purpose);
  return query select l.purpose, l.subject_id, l.authority_id, l.person_id;
end $$;

-- What the provider says became of a message: it calls without an authority. False: no such message, or it had settled.
create function messages.settle(message uuid, by_provider text, state text, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update messages.message m set state = settle.state, reason = settle.reason, settled_at = clock_timestamp()
    where m.id = message and m.provider = by_provider and m.state = 'sent' and settle.state in ('delivered', 'failed');
  return found;
end $$;
revoke execute on all functions in schema messages from public;
grant execute on function messages.staff_address, messages.look_at_link, messages.see_link, messages.use_link, messages.settle to careshare_app;
reset role;
revoke create on schema messages from careshare_broker;

set role careshare_owner;
-- The values of a message that has left: the secret of a one-time link is needed no longer.
create function messages.without_links("values" jsonb) returns jsonb language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_object_agg(key, case when value #>> '{}' like '/l/%' then 'null'::jsonb else value end), '{}') from jsonb_each("values") $$;
grant execute on function messages.without_links to careshare_app;
reset role;
