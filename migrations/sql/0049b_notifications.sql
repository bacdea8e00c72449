-- Notifications: that something newly waits for somebody, what kind of thing and until when; who has read it; whether they
-- want an e-mail. They hold no words and no names: the words are in a template, what it is about is an opaque address.
set role careshare_owner;
create table messages.notification (
  authority_id uuid not null references tenants.authority, id uuid not null default gen_random_uuid(),   -- in e-mails: it says nothing of what
  person_id uuid not null references identity.person,
  kind text not null check (kind ~ '^[a-z_]{1,40}$'), subject_id uuid not null,
  event text not null check (event ~ '^[A-Za-z0-9_:.+-]{1,120}$'),                       -- told once, however often a job runs
  path text not null check (path ~ '^/[a-z0-9/_-]{0,200}$'), due_at timestamptz,
  records uuid[] not null default '{}',                                                    -- of what it tells: hidden from whom one is locked from
  made_at timestamptz not null default clock_timestamp(), read_at timestamptz, mailed_at timestamptz,
  primary key (authority_id, id), constraint notification_once unique (authority_id, person_id, kind, subject_id, event));
-- While one is unread, the same thing again tells nothing new.
create unique index notification_unread on messages.notification (authority_id, person_id, kind, subject_id) where read_at is null;
create index notification_list on messages.notification (authority_id, person_id, made_at desc, id desc);
create index notification_waits on messages.notification (authority_id, kind, subject_id) where read_at is null;
create index notification_old on messages.notification (authority_id, made_at);
create index notification_person on messages.notification (person_id);
comment on table messages.notification is 'scope: authority. What newly waits for one of its people: the kind of thing, by when and where; no name, no detail.';
create table messages.notification_choice (
  authority_id uuid not null references tenants.authority, person_id uuid not null references identity.person,
  how text not null check (how in ('at_once', 'daily', 'none')), changed_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, person_id));
create index notification_choice_person on messages.notification_choice (person_id);
comment on table messages.notification_choice is 'scope: authority. Whether somebody wants notifications by e-mail: at once, once a day or not. No row: not.';
select careshare.protect('messages.notification', 'authority_id'), careshare.protect('messages.notification_choice', 'authority_id');
grant select, insert, update (read_at, mailed_at), delete on messages.notification to careshare_app;
grant select, insert, update (how, changed_at) on messages.notification_choice to careshare_app;
reset role;
select careshare.let_broker('messages.notification');

grant create on schema messages to careshare_broker;
set role careshare_broker;
-- The bound person's own that tell of a record locked from them; evaluated once a query by the policy below.
create function messages.notifications_locked_from_me() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select n.id from tenants.record_lock l join messages.notification n
    on n.authority_id = l.authority_id and n.person_id = l.person_id and l.subject_id = any(n.records)
    where l.authority_id = careshare.authority() and l.person_id = careshare.actor()) $$;
grant execute on function messages.notifications_locked_from_me to careshare_app;
reset role;
revoke create on schema messages from careshare_broker;
set role careshare_owner;
create policy locked on messages.notification as restrictive to careshare_app using (id <> all ((select messages.notifications_locked_from_me())::uuid[]));
reset role;

-- What the database itself does to an enquiry (a match complete, an agreement over) both sides are told of, as of a step.
grant create on schema placements to careshare_broker;
set role careshare_broker;
create function placements.tell_both() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform placements.tell_other(new.enquiry_id, new.placing_id, new.machine, new.step, null);
  if new.placing_id <> new.providing_id then perform placements.tell_other(new.enquiry_id, new.providing_id, new.machine, new.step, null); end if;
  return null;
end $$;
reset role;
revoke create on schema placements from careshare_broker;
grant execute on function placements.tell_both to careshare_owner;
set role careshare_owner;
create trigger tell_both after insert on placements.step for each row
  when (new.machine = 'enquiry' and new.step in ('agree', 'close')) execute function placements.tell_both();
-- Whose work an enquiry is at the side that asked; the other side's stands in `answering`.
alter table placements.asked add column assigned_to uuid references identity.person;
create index asked_assigned on placements.asked (assigned_to);
grant update (assigned_to) on placements.asked to careshare_app;
reset role;
