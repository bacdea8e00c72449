-- The data protection officer's: what the audit record answers, chain checks, probing, holds and deletion, subject
-- access, breaches. The audit record itself stands in 0004.
create schema record authorization careshare_owner;
grant usage on schema record to careshare_app, careshare_backup;
set role careshare_owner;

-- Few of an authority's entries are openings of confidential records; the officer's list must not read the others.
create index entry_opened on audit.entry (authority_id, id) where action = 'household.opened';

create table audit.verification (
  id uuid primary key default uuidv7(), at timestamptz not null default clock_timestamp(),
  entries bigint not null, seals bigint not null, unsealed bigint not null, heads int not null,   -- published heads compared
  head_seal bigint, head_hash text check (head_hash ~ '^[0-9a-f]{64}$'),
  check ((head_seal is null) = (head_hash is null)),
  problems jsonb not null default '{}' check (jsonb_typeof(problems) = 'object'));               -- {problem: how often}; never an entry
comment on table audit.verification is 'scope: platform. What each verification of the audit chain found: counts and the head, nothing of any entry.';
grant select, insert on audit.verification to careshare_sealer;
grant select on audit.verification to careshare_app, careshare_backup;

-- A notice has a new id at each publication; this keeps which home each id was, so that "who saw this home" has an answer
-- after the notice is withdrawn. Identifiers only.
create table record.notice (
  authority_id uuid not null references tenants.authority, offer_id uuid not null, subject_id uuid not null,
  since timestamptz not null default clock_timestamp(),
  primary key (authority_id, offer_id));
create index notice_subject on record.notice (authority_id, subject_id);
comment on table record.notice is 'scope: authority. Which home each of the authority''s notices was, withdrawn ones too.';
create function record.keep_notices() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into record.notice (authority_id, offer_id, subject_id) select owner_id, offer_id, subject_id from made on conflict do nothing;
  return null;
end $$;

-- One person's searches from many chosen points in a short time that kept showing the same homes: written by the searching
-- authority's own job for each owner shown. Counts and the owner's ids; never what was searched for.
create table record.probe (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(), owner_id uuid not null references tenants.authority,
  actor_id uuid not null, first_at timestamptz not null, last_at timestamptz not null check (last_at >= first_at),
  searches int not null check (searches > 0), points int not null check (points > 0),
  subjects uuid[] not null check (cardinality(subjects) > 0),
  found_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, id), check (owner_id <> authority_id));
create index probe_owner on record.probe (owner_id, id);
create index probe_actor on record.probe (authority_id, actor_id, last_at);
comment on table record.probe is 'scope: shared. Searches that look like probing, for the searching authority and for the owner of the homes.';

-- Holds stop deletion: of one record, or of a whole class (an inquiry). Lifting is a second fact, never an update of the first.
create table record.hold (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  class text not null check (class ~ '^[a-z_]+$'), subject_id uuid,      -- null: every record of the class
  reference text not null default '' check (length(reference) <= 40),
  reason text not null check (reason <> '' and length(reason) <= 500), until date,
  placed_at timestamptz not null default clock_timestamp(), placed_by uuid not null default careshare.actor(),
  lifted_at timestamptz, lifted_by uuid, lifted_why text check (lifted_why <> '' and length(lifted_why) <= 500),
  check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lifted_why is null)),
  primary key (authority_id, id));
create index hold_standing on record.hold (authority_id, class, subject_id) where lifted_at is null;
comment on table record.hold is 'scope: authority. Holds that stop deletion, who placed each and why, until when, and who lifted it.';

create table record.disposal (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  class text not null check (class ~ '^[a-z_]+$'), subject_id uuid not null, due_on date not null,
  confirmed_at timestamptz not null default clock_timestamp(), confirmed_by uuid not null default careshare.actor(),
  ended_at timestamptz, outcome text check (outcome in ('deleted', 'held', 'not_due')),
  check ((ended_at is null) = (outcome is null)),
  primary key (authority_id, id));
create unique index disposal_waiting on record.disposal (authority_id, class, subject_id) where ended_at is null;
comment on table record.disposal is 'scope: authority. Deletions the data protection officer confirmed, and what became of each.';

create table record.subject_request (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  reference text not null check (reference <> '' and length(reference) <= 40),   -- the authority's own, never a name
  kind text not null check (kind in ('carer', 'member', 'child')), subject_id uuid not null,
  received_on date not null, extended_on date, extended_why text check (extended_why <> '' and length(extended_why) <= 500),
  check ((extended_on is null) = (extended_why is null)),
  opened_at timestamptz not null default clock_timestamp(), opened_by uuid not null default careshare.actor(),
  sent_at timestamptz, sent_by uuid, check ((sent_at is null) = (sent_by is null)),
  primary key (authority_id, id));
comment on table record.subject_request is 'scope: authority. Requests of a person for their own data: who is meant by id, when received, when answered.';
create table record.subject_decision (
  authority_id uuid not null, request_id uuid not null, item text not null check (length(item) <= 200),
  keep boolean not null, decided_at timestamptz not null default clock_timestamp(), decided_by uuid not null default careshare.actor(),
  primary key (authority_id, request_id, item),
  foreign key (authority_id, request_id) references record.subject_request);
comment on table record.subject_decision is 'scope: authority. For each item about somebody else, whether the officer gives it or redacts it. No row: redacted.';

create table record.breach (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  title text not null check (title <> '' and length(title) <= 120), what text not null check (what <> '' and length(what) <= 4000),
  found_at timestamptz not null, began_at timestamptz, check (began_at <= found_at),
  reported_at timestamptz not null default clock_timestamp(), reported_by uuid not null default careshare.actor(),
  primary key (authority_id, id));
comment on table record.breach is 'scope: authority. Personal data breaches (UK GDPR Article 33(5)): what happened and when it was found.';
create table record.breach_step (
  authority_id uuid not null, id uuid not null default uuidv7(), breach_id uuid not null,
  kind text not null check (kind in ('note', 'ico_told', 'ico_not_needed', 'partner_told', 'people_told', 'people_not_needed', 'closed', 'reopened')),
  partner_id uuid references tenants.authority, reason text not null check (reason <> '' and length(reason) <= 2000),
  at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  check ((kind = 'partner_told') = (partner_id is not null)),
  primary key (authority_id, id), foreign key (authority_id, breach_id) references record.breach);
create index breach_step_breach on record.breach_step (authority_id, breach_id, id);
create index breach_step_partner on record.breach_step (partner_id);
comment on table record.breach_step is 'scope: authority. What was done and decided about a breach, each with its reason; added, never changed.';

select careshare.protect(('record.' || t)::regclass, 'authority_id')
  from unnest(array['notice', 'hold', 'disposal', 'subject_request', 'subject_decision', 'breach', 'breach_step']) t;
select careshare.protect('record.probe', null);
create policy write on record.probe for insert to careshare_app with check (authority_id = (select careshare.authority()));
create policy lengthen on record.probe for update to careshare_app using (authority_id = (select careshare.authority())) with check (authority_id = (select careshare.authority()));
create policy acted on record.probe for select to careshare_app using (authority_id = (select careshare.authority()));
create policy owned on record.probe for select to careshare_app using (owner_id = (select careshare.authority()));
grant select, insert on record.notice, record.probe, record.hold, record.disposal, record.subject_request, record.breach, record.breach_step to careshare_app;
grant update (last_at, searches, points, subjects) on record.probe to careshare_app;
grant update (lifted_at, lifted_by, lifted_why) on record.hold to careshare_app;
grant update (ended_at, outcome) on record.disposal to careshare_app;
grant update (extended_on, extended_why, sent_at, sent_by) on record.subject_request to careshare_app;
grant select, insert, update on record.subject_decision to careshare_app;

insert into record.notice (authority_id, offer_id, subject_id) select owner_id, offer_id, subject_id from tenants.offer_own;
create trigger keep_notices after insert on tenants.offer_own referencing new table as made
  for each statement execute function record.keep_notices();

-- A held record is not deleted, whoever tries and however: the trigger's arguments are the class and the key of the record.
create function record.refuse_held() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare row jsonb := to_jsonb(old);
begin
  if exists (select from record.hold h where h.authority_id = old.authority_id and h.class = tg_argv[0] and h.lifted_at is null
      and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date)
      and (h.subject_id is null or h.subject_id = (row ->> tg_argv[1])::uuid)) then
    raise exception 'a hold stops the deletion of this record' using errcode = '23001', constraint = 'record_hold', table = tg_table_name, schema = tg_table_schema;
  end if;
  return old;
end $$;
create trigger held before delete on fostering.household for each row execute function record.refuse_held('household', 'id');
create trigger held before delete on fostering.import_row for each row execute function record.refuse_held('import_row', 'run_id');
create trigger held before delete on placements.search for each row execute function record.refuse_held('search', 'id');
create trigger held before delete on placements.unmet_need for each row execute function record.refuse_held('unmet_need', 'id');
create trigger held before delete on audit.detail for each row execute function record.refuse_held('audit_detail', 'entry_id');
do $$ declare t text; begin
  foreach t in array array['fostering.household', 'fostering.import_row', 'placements.search', 'placements.unmet_need', 'audit.detail'] loop
    execute format('alter table %s enable always trigger held', t);
  end loop; end $$;
-- The same question for whoever chooses what to delete: the held records of a class, and whether all of it is held.
create function record.held(class text) returns table (subject_id uuid, whole_class boolean)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select h.subject_id, h.subject_id is null from record.hold h
  where h.authority_id = careshare.authority() and h.class = held.class and h.lifted_at is null
    and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date) $$;
revoke execute on function record.keep_notices, record.refuse_held from public;
grant execute on function record.held to careshare_app;
reset role;
