-- The outbox: work that follows a change is written in the change's transaction and ends in the handler's own.
create schema jobs authorization careshare_owner;
grant usage on schema jobs to careshare_app, careshare_dispatch, careshare_broker, careshare_backup;
set role careshare_owner;

create table jobs.outbox (
  id uuid primary key default uuidv7(),
  authority_id uuid,                                   -- whom the handler is bound to; null only for what the schedule gives to the whole region
  actor_id uuid not null, purpose text not null check (purpose <> ''),
  task text not null check (task ~ '^[a-z_]+(\.[a-z_]+)+$'), payload jsonb not null,
  key text check (key <> ''),                          -- one row a key while it has not begun
  run_at timestamptz not null default clock_timestamp(), leased_until timestamptz, begun_at timestamptz, done_at timestamptz,
  attempts int not null default 0,                     -- runs begun; also fences off a run that was given up for lost
  state text not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  last_error text, created_at timestamptz not null default clock_timestamp(),
  check ((state in ('done', 'failed')) = (done_at is not null)));
comment on table jobs.outbox is 'scope: platform. Jobs to run and the end each came to; written and read through functions.';
create index outbox_due on jobs.outbox (run_at, id) where state in ('waiting', 'running');
create index outbox_ended on jobs.outbox (done_at) where done_at is not null;
create unique index outbox_key on jobs.outbox (authority_id, task, key) nulls not distinct where key is not null and begun_at is null;

create table jobs.schedule_run (
  name text not null, due_at timestamptz not null, fired_at timestamptz not null default clock_timestamp(), primary key (name, due_at));
comment on table jobs.schedule_run is 'scope: platform. Which scheduled moments have been taken, so that two workers enqueue once.';

grant select, insert, update on jobs.outbox to careshare_broker;
grant select, insert, update, delete on jobs.outbox, jobs.schedule_run to careshare_dispatch;
grant select on jobs.outbox, jobs.schedule_run to careshare_backup;
reset role;

grant create on schema jobs to careshare_broker;
set role careshare_broker;
-- Adds a job for the bound authority. With a key, a row of the same task and key that has not begun is answered instead; it is
-- share-locked, so it cannot begin before this transaction has ended, and its run sees what this transaction changed.
create function jobs.enqueue(task text, payload jsonb, key text default null, run_at timestamptz default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare made uuid;
begin
  loop
    if enqueue.key is not null then
      select o.id into made from jobs.outbox o
        where o.authority_id = careshare.authority() and o.task = enqueue.task and o.key = enqueue.key and o.begun_at is null for share;
      if found then return made; end if;
    end if;
    insert into jobs.outbox (authority_id, actor_id, purpose, task, payload, key, run_at)
      values (careshare.authority(), careshare.actor(), careshare.purpose(), enqueue.task, enqueue.payload, enqueue.key, coalesce(enqueue.run_at, clock_timestamp()))
      on conflict (authority_id, task, key) where outbox.key is not null and outbox.begun_at is null do nothing returning id into made;
    exit when made is not null;
  end loop;
  if coalesce(enqueue.run_at, now()) <= clock_timestamp() then perform pg_notify('careshare_jobs', ''); end if;
  return made;
end $$;

-- Ends a job in the handler's own transaction. False: it has ended already, or another run has taken it over.
create function jobs.finish(job uuid, attempt int) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update jobs.outbox o set state = 'done', done_at = clock_timestamp(), leased_until = null, last_error = null
    where o.id = job and o.authority_id = careshare.authority() and o.attempts = attempt and o.state in ('waiting', 'running');
  return found;
end $$;

-- How a job of the bound authority stands.
create function jobs.status(job uuid)
returns table (task text, state text, attempts int, last_error text, run_at timestamptz, created_at timestamptz, begun_at timestamptz, done_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select o.task, o.state, o.attempts, o.last_error, o.run_at, o.created_at, o.begun_at, o.done_at
  from jobs.outbox o where o.id = job and o.authority_id = careshare.authority() $$;
revoke execute on all functions in schema jobs from public;
grant execute on function jobs.enqueue, jobs.finish, jobs.status to careshare_app;
reset role;
revoke create on schema jobs from careshare_broker;
