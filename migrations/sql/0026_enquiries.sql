-- From a search to a home: the gate, enquiries, holds, consents, placements. Rows of two authorities, moved by steps alone:
-- each side inserts steps under its own authority, and one trigger looks the step up and moves stage, gate and capacity.
set role careshare_owner;

-- The gate: who may see what another discloses for a case (an enquiry), how deep, until when. Time closes it without a job.
-- Levels: 2 asked, 3 accepted, 4 matched (access-model: Disclosure opens by stage, and closes again).
create table tenants.disclosure (
  viewer_id uuid not null references tenants.authority, owner_id uuid not null references tenants.authority, case_id uuid not null,
  level smallint not null check (level between 2 and 4), opened_at timestamptz not null default clock_timestamp(),
  closes_at timestamptz not null default 'infinity',
  primary key (viewer_id, case_id, owner_id), check (viewer_id <> owner_id));
create index disclosure_owner on tenants.disclosure (owner_id, case_id);
create index disclosure_case on tenants.disclosure (case_id);
comment on table tenants.disclosure is 'scope: shared. The gate: which case is open to whom, how deep, until when. Written by steps only.';
select careshare.protect('tenants.disclosure', null), careshare.let_broker('tenants.disclosure');
create policy mine on tenants.disclosure for select to careshare_app using (viewer_id = (select careshare.authority()));
create policy owned on tenants.disclosure for select to careshare_app using (owner_id = (select careshare.authority()));
grant select on tenants.disclosure to careshare_app;

create policy broker on tenants.offer to careshare_broker using (true) with check (true);
grant select on tenants.offer to careshare_broker;
create policy broker on placements.request_child for select to careshare_broker using (true);
grant select on placements.request_child to careshare_broker;

-- What each authority has settled for itself. No row: the defaults.
create table placements.setting (
  authority_id uuid primary key references tenants.authority,
  most_enquiries smallint not null default 5 check (most_enquiries between 1 and 50),       -- open at once for one request
  most_holds smallint not null default 2 check (most_holds between 1 and 10),               -- standing at once for one child
  holds_by_itself boolean not null default false,          -- the owner's places may be held without asking, once its own children had their time
  own_children_first interval not null default '15 minutes' check (own_children_first between '0' and '1 day'),
  hold_by_day interval not null default '4 hours', hold_by_night interval not null default '16 hours',
  hold_planned interval not null default '5 days', day_from time not null default '08:00', day_until time not null default '18:00',
  answer_emergency interval not null default '1 hour', answer_planned interval not null default '3 days',
  version int not null default 1,
  check (hold_by_day > '0' and hold_by_night > '0' and hold_planned > '0' and day_from < day_until and answer_emergency > '0' and answer_planned > '0'));
comment on table placements.setting is 'scope: authority. How many enquiries and holds at once, how long holds last and answers may take.';
select careshare.protect('placements.setting', 'authority_id'), careshare.let_broker('placements.setting');
grant select, insert, update on placements.setting to careshare_app;

create table placements.enquiry (
  placing_id uuid not null references tenants.authority, providing_id uuid not null references tenants.authority,
  id uuid not null unique default gen_random_uuid(),   -- shown outside: it says nothing of when, nor of which request
  stage text not null default 'sent' check (stage in ('sent', 'accepted', 'proposed', 'matching', 'matched', 'placed', 'ended',
    'declined', 'withdrawn', 'lapsed', 'cancelled')),
  kind text not null check (kind in ('foster_home', 'residential_home', 'supported_accommodation')),
  offer_id uuid not null, shelf_id uuid not null,      -- the notice asked about: it may be gone since
  agreement_id uuid references tenants.agreement, agreement_version int,   -- under which it was asked; none for one's own homes
  children smallint not null check (children between 1 and 8), emergency boolean not null,
  starts date not null, ends date check (ends > starts),
  sent_at timestamptz not null default clock_timestamp(), respond_by timestamptz not null,
  unconfirmed boolean not null default false,          -- the answer was taken on the telephone; the other side has not confirmed it yet
  moved_at timestamptz not null default clock_timestamp(), revision int not null default 1,
  primary key (placing_id, id), unique (providing_id, id),
  check ((agreement_id is null) = (placing_id = providing_id)), check ((agreement_id is null) = (agreement_version is null)));
create index enquiry_placing on placements.enquiry (placing_id, stage, respond_by, id);
create index enquiry_providing on placements.enquiry (providing_id, stage, respond_by, id);
create index enquiry_agreement on placements.enquiry (agreement_id);
comment on table placements.enquiry is 'scope: shared. One home asked for the children of one request. Moved by steps only.';

-- What only one side knows of it.
create table placements.asked (
  authority_id uuid not null, enquiry_id uuid not null, request_id uuid not null, children uuid[] not null check (cardinality(children) between 1 and 8),
  asked_by uuid not null default careshare.actor(),
  primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id),
  foreign key (authority_id, request_id) references placements.request (authority_id, id));
create index asked_request on placements.asked (authority_id, request_id);
comment on table placements.asked is 'scope: authority. For which request and which of its children, in order, the placing authority asks.';
create table placements.answering (
  authority_id uuid not null, enquiry_id uuid not null, subject_id uuid not null,   -- the household or home behind the notice
  assigned_to uuid, declined_for text check (declined_for ~ '^[a-z_]{1,40}$'), declined_note text not null default '' check (length(declined_note) <= 500),
  primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (providing_id, id));
create index answering_subject on placements.answering (authority_id, subject_id);
comment on table placements.answering is 'scope: authority. Which of its homes an enquiry is about, and why the providing authority really declined.';

-- What is disclosed: a snapshot for one enquiry, as its author saw it. What opens at different stages stands in different tables.
create table placements.child_profile (authority_id uuid not null, enquiry_id uuid not null, body jsonb not null, at timestamptz not null default clock_timestamp(),
  primary key (authority_id, enquiry_id), foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id));
create table placements.child_fuller (like placements.child_profile including defaults, primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id));
create table placements.child_identity (like placements.child_profile including defaults, primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id));
create table placements.home_fuller (like placements.child_profile including defaults, primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (providing_id, id));
create table placements.home_identity (like placements.child_profile including defaults, primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (providing_id, id));
comment on table placements.child_profile is 'scope: authority. Level 2, once asked: the de-identified profile of the children as it was sent.';
comment on table placements.child_fuller is 'scope: authority. Level 3, once accepted: the fuller de-identified profile.';
comment on table placements.child_identity is 'scope: authority. Level 4, once matched: names, legal status, plan.';
comment on table placements.home_fuller is 'scope: authority. Level 3, once accepted: who lives in the home, in bands.';
comment on table placements.home_identity is 'scope: authority. Level 4, once matched: names, address, whom to ring.';
-- Nothing is asked without saying for whom: the profile stands in the same transaction.
alter table placements.enquiry add constraint enquiry_has_profile foreign key (placing_id, id)
  references placements.child_profile (authority_id, enquiry_id) deferrable initially deferred;

create table placements.message (
  authority_id uuid not null, id uuid not null default uuidv7(), enquiry_id uuid not null references placements.enquiry (id),
  written_by uuid not null default careshare.actor(), at timestamptz not null default clock_timestamp(),
  body text not null check (body <> '' and length(body) <= 2000), primary key (authority_id, id));
create index message_enquiry on placements.message (enquiry_id, id);
comment on table placements.message is 'scope: authority. What one side wrote in the thread of an enquiry; the other reads it while the gate is open.';

create table placements.hold (
  placing_id uuid not null, providing_id uuid not null, id uuid not null unique default uuidv7(), enquiry_id uuid not null,
  stage text not null check (stage in ('asked', 'granted', 'refused', 'ended', 'released', 'lapsed', 'confirmed')),
  claims uuid[],                                       -- one for each child, in the order of the enquiry; null until granted
  until timestamptz, asked_at timestamptz not null default clock_timestamp(), granted_at timestamptz,
  primary key (placing_id, id), check (stage not in ('granted', 'confirmed') or claims is not null),
  foreign key (placing_id, enquiry_id) references placements.enquiry (placing_id, id),
  foreign key (providing_id, enquiry_id) references placements.enquiry (providing_id, id));
create unique index hold_standing on placements.hold (enquiry_id) where stage in ('asked', 'granted', 'confirmed');
create index hold_placing on placements.hold (placing_id, enquiry_id);
create index hold_granted on placements.hold (placing_id, enquiry_id) where stage = 'granted';
create index hold_providing on placements.hold (providing_id, enquiry_id);
comment on table placements.hold is 'scope: shared. The places of a home kept for the children of an enquiry until a moment.';

create table placements.consent (
  placing_id uuid not null, providing_id uuid not null, id uuid not null unique default gen_random_uuid(), enquiry_id uuid not null,
  by_id uuid not null,                                 -- the side that answers for its being sought
  kind text not null check (kind ~ '^[a-z_0-9]{1,40}$'),
  decider_id uuid references tenants.authority,        -- an authority asked on Careshare; null: the listing side records the answer
  decider_name text not null default '' check (length(decider_name) <= 120),
  required boolean not null, after text[] not null default '{}',   -- kinds that must be given first
  state text not null default 'wanted' check (state in ('wanted', 'given', 'refused')),
  asked_at timestamptz not null default clock_timestamp(), due_at timestamptz,
  decided_at timestamptz, decided_role text not null default '', by_telephone boolean not null default false, confirm_by timestamptz, confirmed_at timestamptz,
  primary key (placing_id, id), check ((state = 'wanted') = (decided_at is null)),
  foreign key (placing_id, enquiry_id) references placements.enquiry (placing_id, id),
  foreign key (providing_id, enquiry_id) references placements.enquiry (providing_id, id));
create index consent_placing on placements.consent (placing_id, enquiry_id);
create index consent_providing on placements.consent (providing_id, enquiry_id);
create index consent_enquiry on placements.consent (enquiry_id);
create index consent_decider on placements.consent (decider_id);
comment on table placements.consent is 'scope: shared. Each consent, notice or approval that a match needs, and how it stands. Seen by the two sides.';

create table placements.consent_asked (
  asker_id uuid not null references tenants.authority, decider_id uuid not null references tenants.authority, id uuid not null references placements.consent (id),
  kind text not null, question jsonb not null, asked_at timestamptz not null default clock_timestamp(), due_at timestamptz,
  state text not null default 'wanted' check (state in ('wanted', 'given', 'refused', 'over')), answered_at timestamptz,
  primary key (decider_id, id));
create index consent_asked_asker on placements.consent_asked (asker_id, id);
create index consent_asked_id on placements.consent_asked (id);
comment on table placements.consent_asked is 'scope: shared. What a third authority is asked: its own child''s home or area, never who the new child is nor whose.';

create table placements.consent_answer (
  by_id uuid not null, id uuid not null default uuidv7(), consent_id uuid not null references placements.consent (id),
  answer text not null check (answer in ('given', 'refused', 'revoked', 'confirmed')),
  actor_id uuid not null default careshare.actor(), role text not null default '' check (length(role) <= 60), at timestamptz not null default clock_timestamp(),
  by_telephone boolean not null default false, heard_from text not null default '' check (length(heard_from) <= 120), confirm_by timestamptz,
  body jsonb not null default '{}',
  primary key (by_id, id));
create index consent_answer_consent on placements.consent_answer (consent_id, id);
comment on table placements.consent_answer is 'scope: authority. Each answer to a consent as its own side gave or took it; its effect stands on the consent.';

create table placements.placement (
  placing_id uuid not null, providing_id uuid not null, id uuid not null unique default gen_random_uuid(), enquiry_id uuid not null,
  child_no smallint not null, claim_id uuid not null,  -- the firm claim of the place and of the child's own time
  stage text not null default 'planned' check (stage in ('planned', 'ready', 'started', 'paused', 'ending', 'ended', 'cancelled')),
  kind text not null, emergency boolean not null, agreement_id uuid references tenants.agreement, agreement_version int,
  starts date not null, ends date check (ends >= starts),       -- as planned; the day the child left once ended
  started_at timestamptz, ended_at timestamptz, end_reason text check (end_reason ~ '^[A-Z0-9_]{1,10}$'),   -- SSDA903 code
  revision int not null default 1,
  primary key (placing_id, id), unique (providing_id, id), unique (enquiry_id, child_no),
  foreign key (placing_id, enquiry_id) references placements.enquiry (placing_id, id),
  foreign key (providing_id, enquiry_id) references placements.enquiry (providing_id, id));
create index placement_providing on placements.placement (providing_id, enquiry_id);
create index placement_placing on placements.placement (placing_id, stage, starts);
create index placement_running on placements.placement (providing_id, stage, starts);
create index placement_agreement on placements.placement (agreement_id);
create index placement_claim on placements.placement (claim_id);
comment on table placements.placement is 'scope: shared. One child''s placement in one home, on the version of the agreement it was made under. Moved by steps only.';

create table placements.step (
  placing_id uuid not null, providing_id uuid not null, id uuid not null default uuidv7(),
  enquiry_id uuid not null, hold_id uuid references placements.hold (id), placement_id uuid references placements.placement (id),
  machine text not null, step text not null, from_stage text not null, to_stage text not null,
  by_id uuid not null, actor_id uuid not null, at timestamptz not null default clock_timestamp(),
  code text not null default '' check (code ~ '^[A-Za-z0-9_]{0,40}$'),          -- a coded reason both sides may see
  by_telephone boolean not null default false, heard_from text not null default '' check (length(heard_from) <= 120),
  body jsonb not null default '{}',                    -- days and figures; never a name
  primary key (placing_id, id),
  foreign key (placing_id, enquiry_id) references placements.enquiry (placing_id, id),
  foreign key (providing_id, enquiry_id) references placements.enquiry (providing_id, id));
create index step_placing on placements.step (placing_id, enquiry_id, id);
create index step_providing on placements.step (providing_id, enquiry_id, id);
create index step_hold on placements.step (hold_id);
create index step_placement on placements.step (placement_id);
comment on table placements.step is 'scope: shared. Every step that either side took: the one thread both see whole. Inserted only.';

-- A child is in one home at a time, whichever request it came by: its own unit, claimed with the place.
create table placements.child_unit (
  authority_id uuid not null, child_key text not null, unit_id uuid not null,
  primary key (authority_id, child_key), foreign key (authority_id, unit_id) references capacity.unit (owner_id, id));
create unique index child_unit_unit on placements.child_unit (authority_id, unit_id);
comment on table placements.child_unit is 'scope: authority. The unit of capacity that is a child''s own living in one home at a time, by the child''s reference.';
grant insert on careshare.shelf to careshare_broker;   -- an authority's own one for its children's time, when the first is placed

-- Each side's own sealed copy of what it lawfully received, made when live access closes.
create table placements.archive (
  authority_id uuid not null references tenants.authority, enquiry_id uuid not null references placements.enquiry (id), sealed_at timestamptz not null default clock_timestamp(),
  body jsonb not null, hash bytea not null, primary key (authority_id, enquiry_id));
create index archive_enquiry on placements.archive (enquiry_id);
comment on table placements.archive is 'scope: authority. What the authority had received when an enquiry that led to a placement closed; under its own permission and retention.';

insert into placements.step_rule (machine, stage, side, step, next_stage, level) values
 ('enquiry', 'sent', 'providing', 'accept', 'accepted', 3), ('enquiry', 'sent', 'providing', 'decline', 'declined', 0),
 ('enquiry', 'sent', 'placing', 'accepted_by_telephone', 'accepted', 2), ('enquiry', 'sent', 'placing', 'declined_by_telephone', 'declined', 0),
 ('enquiry', 'sent', 'placing', 'withdraw', 'withdrawn', 0), ('enquiry', 'sent', 'either', 'lapse', 'lapsed', 0),
 ('enquiry', 'accepted', 'providing', 'confirm_answer', 'accepted', 3), ('enquiry', 'declined', 'providing', 'confirm_answer', 'declined', 0),
 ('enquiry', 'accepted', 'placing', 'propose', 'proposed', 3), ('enquiry', 'accepted', 'placing', 'withdraw', 'withdrawn', 0),
 ('enquiry', 'accepted', 'providing', 'decline', 'declined', 0),
 ('enquiry', 'proposed', 'providing', 'list_consents', 'matching', 3), ('enquiry', 'proposed', 'placing', 'withdraw', 'withdrawn', 0),
 ('enquiry', 'proposed', 'providing', 'decline', 'declined', 0),
 ('enquiry', 'matching', 'system', 'agree', 'matched', 4), ('enquiry', 'matching', 'placing', 'withdraw', 'withdrawn', 0),
 ('enquiry', 'matching', 'providing', 'decline', 'declined', 0),
 ('enquiry', 'matched', 'system', 'place', 'placed', 4), ('enquiry', 'matched', 'system', 'close', 'cancelled', 0),
 ('enquiry', 'placed', 'system', 'close', 'ended', 0),
 ('hold', 'none', 'placing', 'ask', 'asked', 0), ('hold', 'none', 'placing', 'take', 'granted', 0), ('hold', 'none', 'providing', 'grant', 'granted', 0),
 ('hold', 'asked', 'providing', 'grant', 'granted', 0), ('hold', 'asked', 'providing', 'refuse', 'refused', 0), ('hold', 'asked', 'placing', 'release', 'released', 0),
 ('hold', 'granted', 'providing', 'extend', 'granted', 0), ('hold', 'granted', 'providing', 'end', 'ended', 0), ('hold', 'granted', 'placing', 'release', 'released', 0),
 ('hold', 'granted', 'either', 'lapse', 'lapsed', 0), ('hold', 'granted', 'system', 'confirm', 'confirmed', 0),
 ('placement', 'planned', 'placing', 'make_ready', 'ready', 0), ('placement', 'planned', 'placing', 'vary', 'planned', 0),
 ('placement', 'planned', 'either', 'cancel', 'cancelled', 0),
 ('placement', 'ready', 'providing', 'start', 'started', 0), ('placement', 'ready', 'placing', 'unready', 'planned', 0), ('placement', 'ready', 'either', 'cancel', 'cancelled', 0),
 ('placement', 'started', 'placing', 'vary', 'started', 0), ('placement', 'started', 'either', 'pause', 'paused', 0), ('placement', 'paused', 'either', 'resume', 'started', 0),
 ('placement', 'started', 'providing', 'give_notice', 'started', 0), ('placement', 'started', 'placing', 'review_to_end', 'ending', 0),
 ('placement', 'paused', 'placing', 'review_to_end', 'ending', 0), ('placement', 'ending', 'placing', 'keep', 'started', 0),
 ('placement', 'ending', 'either', 'end', 'ended', 0), ('placement', 'started', 'either', 'end_at_once', 'ended', 0), ('placement', 'paused', 'either', 'end_at_once', 'ended', 0);

select careshare.protect('placements.asked', 'authority_id'), careshare.protect('placements.answering', 'authority_id'),
  careshare.protect('placements.child_unit', 'authority_id'), careshare.protect('placements.archive', 'authority_id'),
  careshare.protect('placements.child_profile', 'authority_id'), careshare.protect('placements.child_fuller', 'authority_id'),
  careshare.protect('placements.child_identity', 'authority_id'), careshare.protect('placements.home_fuller', 'authority_id'),
  careshare.protect('placements.home_identity', 'authority_id'), careshare.protect('placements.message', 'authority_id'),
  careshare.protect('placements.enquiry', null), careshare.protect('placements.hold', null), careshare.protect('placements.consent', null),
  careshare.protect('placements.consent_asked', null), careshare.protect('placements.consent_answer', null),
  careshare.protect('placements.placement', null), careshare.protect('placements.step', null);
select careshare.let_broker(('placements.' || t)::regclass) from unnest(array['asked', 'answering', 'child_unit', 'archive', 'child_profile', 'child_fuller',
  'child_identity', 'home_fuller', 'home_identity', 'message', 'enquiry', 'hold', 'consent', 'consent_asked', 'consent_answer', 'placement', 'step']) t;
do $$ declare t text; begin
  foreach t in array array['enquiry', 'hold', 'consent', 'placement', 'step'] loop
    execute format('create policy as_placing on placements.%I for select to careshare_app using (placing_id = (select careshare.authority()))', t);
    execute format('create policy as_providing on placements.%I for select to careshare_app using (providing_id = (select careshare.authority()))', t);
    execute format('grant select on placements.%I to careshare_app', t);
  end loop;
end $$;
create policy list on placements.consent for insert to careshare_app with check (by_id = (select careshare.authority()));
create policy take on placements.step for insert to careshare_app with check (by_id = (select careshare.authority()));
create policy as_asker on placements.consent_asked for select to careshare_app using (asker_id = (select careshare.authority()));
create policy as_decider on placements.consent_asked for select to careshare_app using (decider_id = (select careshare.authority()));
create policy ask on placements.consent_asked for insert to careshare_app with check (asker_id = (select careshare.authority()));
create policy own on placements.consent_answer for select to careshare_app using (by_id = (select careshare.authority()));
create policy answer on placements.consent_answer for insert to careshare_app with check (by_id = (select careshare.authority()));
-- Column grants: sides, stages, moments and who acted are the database's, nobody's to choose.
grant insert (enquiry_id, hold_id, placement_id, step, by_id, code, by_telephone, heard_from, body) on placements.step to careshare_app;
grant insert (id, enquiry_id, by_id, kind, decider_id, decider_name, required, after, due_at) on placements.consent to careshare_app;
grant insert (asker_id, decider_id, id, kind, question, due_at) on placements.consent_asked to careshare_app;
grant select on placements.consent_asked, placements.consent_answer to careshare_app;
grant insert (by_id, id, consent_id, answer, role, by_telephone, heard_from, confirm_by, body) on placements.consent_answer to careshare_app;
grant select on placements.asked, placements.child_unit, placements.archive to careshare_app;
grant select, update (assigned_to, declined_for, declined_note) on placements.answering to careshare_app;
grant select, insert, update (body, at) on placements.child_profile, placements.child_fuller, placements.child_identity,
  placements.home_fuller, placements.home_identity to careshare_app;
grant select, insert (authority_id, enquiry_id, body) on placements.message to careshare_app;
grant delete on placements.archive to careshare_app;   -- retention
reset role;

grant create on schema tenants, placements, capacity to careshare_broker;
set role careshare_broker;
-- Cases open to the bound authority now, by how deep. Used by policies as an InitPlan.
create function tenants.opened_by_asking() returns uuid[] language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(select case_id from tenants.disclosure where viewer_id = careshare.authority() and level >= 2 and closes_at > now()) $$;
create function tenants.opened_by_acceptance() returns uuid[] language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(select case_id from tenants.disclosure where viewer_id = careshare.authority() and level >= 3 and closes_at > now()) $$;
create function tenants.opened_by_match() returns uuid[] language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(select case_id from tenants.disclosure where viewer_id = careshare.authority() and level >= 4 and closes_at > now()) $$;
grant execute on function tenants.opened_by_asking, tenants.opened_by_acceptance, tenants.opened_by_match to careshare_app;

create function placements.settings_of(authority uuid) returns placements.setting language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s placements.setting;
begin
  select * into s from placements.setting where authority_id = authority;
  if not found then
    insert into placements.setting (authority_id) values (authority) on conflict do nothing;
    select * into s from placements.setting where authority_id = authority;
  end if;
  return s;
end $$;

-- Whether a moment falls into an authority's day: within its hours, from Monday to Friday. Bank holidays are the callers' to know.
create function placements.by_day(s placements.setting, at timestamptz) returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select extract(isodow from at at time zone 'Europe/London') < 6 and (at at time zone 'Europe/London')::time >= s.day_from
    and (at at time zone 'Europe/London')::time < s.day_until $$;

-- One claim for each of n children on n places of a pool, together or not at all; each takes all periods of `during` (part 1, 2, …) on
-- one place. Null: not available. `claimant` claims what is shared with it, or what the bound owner gives it of its own.
create function capacity.claim_each(pool uuid, n int, during tstzrange[], lasts interval, claimant uuid) returns uuid[]
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); may uuid[] := careshare.shelves(); free uuid[]; made uuid[];
begin
  if claimant <> me then may := array(select s.id from careshare.shelf s where s.owner_id = me); end if;   -- the owner gives of its own
  -- What is plainly taken is said at once, without waiting in the queue of those who ask for it.
  if n > (select count(*) from capacity.unit u where u.pool_id = pool and u.shelf_id = any(may) and not exists (
      select from unnest(claim_each.during) d where not u.open @> d or exists (
        select from capacity.occupancy o join capacity.claim c on c.id = o.claim_id
        where o.unit_id = u.id and o.during && d and (c.firm or c.expires_at > clock_timestamp())))) then return null; end if;
  perform 1 from capacity.unit u where u.pool_id = pool and u.shelf_id = any(may) order by u.id for no key update;
  perform capacity.lapse(array(select distinct o.claim_id from capacity.unit u join capacity.occupancy o on o.unit_id = u.id
    join unnest(claim_each.during) d on o.during && d where u.pool_id = pool));
  free := array(select u.id from capacity.unit u where u.pool_id = pool and u.shelf_id = any(may)
    and not exists (select from unnest(claim_each.during) d where not u.open @> d or isempty(d)
      or exists (select from capacity.occupancy o where o.unit_id = u.id and o.during && d))
    order by u.id limit n);
  if cardinality(free) < n or cardinality(claim_each.during) = 0 then return null; end if;
  with claims as (
    insert into capacity.claim (claimant_id, expires_at) select claimant, clock_timestamp() + lasts from unnest(free) returning id),
  paired as (select c.id, f.unit_id from (select id, row_number() over (order by id) as k from claims) c join unnest(free) with ordinality f(unit_id, k) using (k)),
  taken as (insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id, part)
    select u.owner_id, u.id, d.d, claimant, p.id, d.part::int from paired p join capacity.unit u on u.id = p.unit_id cross join unnest(claim_each.during) with ordinality d(d, part)),
  noted as (insert into capacity.history (claimant_id, claim_id, what, units) select claimant, id, 'held', array[unit_id] from paired)
  select array_agg(id order by id) into made from paired;
  return made;
exception when exclusion_violation then return null;
end $$;

-- Ask about a notice for some children of a request, within the authority's limit. Null: the notice is not there, not shared, or the
-- request or a child is not the bound authority's; the profile must be added in the same transaction. CS429: as many as may be are open.
create function placements.send_enquiry(offer uuid, request uuid, children uuid[], starts date, ends date, emergency boolean, respond_by timestamptz) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); o tenants.offer; home tenants.offer_own; g careshare.sharing_grant; v int; made uuid; s placements.setting := placements.settings_of(careshare.authority());
begin
  perform 1 from placements.request r where r.authority_id = me and r.id = request for no key update;
  if not found or cardinality(children) = 0 or cardinality(children) <> (select count(distinct c.id) from placements.request_child c
      where c.authority_id = me and c.request_id = request and c.id = any(children)) then return null; end if;
  select * into o from tenants.offer t where t.id = offer and t.shelf_id = any(careshare.shelves());
  if not found then return null; end if;
  select * into home from tenants.offer_own t where t.owner_id = o.owner_id and t.offer_id = o.id;
  if (select count(*) from placements.asked a join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
      where a.authority_id = me and a.request_id = request and e.stage in ('sent', 'accepted', 'proposed', 'matching')) >= s.most_enquiries then
    raise exception 'as many enquiries as the authority allows are open' using errcode = 'CS429'; end if;
  if o.owner_id <> me then
    select * into g from careshare.sharing_grant t where t.viewer_id = me and t.shelf_id = o.shelf_id and t.in_force @> now() order by t.agreement_id limit 1;
    select a.version into v from tenants.agreement a where a.id = g.agreement_id;
  end if;
  insert into placements.enquiry (placing_id, providing_id, kind, offer_id, shelf_id, agreement_id, agreement_version, children, emergency, starts, ends, respond_by)
    values (me, o.owner_id, o.kind, o.id, o.shelf_id, g.agreement_id, v, cardinality(children), send_enquiry.emergency, send_enquiry.starts, send_enquiry.ends, send_enquiry.respond_by)
    returning id into made;
  insert into placements.asked (authority_id, enquiry_id, request_id, children) values (me, made, request, children);
  insert into placements.answering (authority_id, enquiry_id, subject_id) values (o.owner_id, made, home.subject_id);
  if o.owner_id <> me then
    insert into tenants.disclosure (viewer_id, owner_id, case_id, level) values (o.owner_id, me, made, 2), (me, o.owner_id, made, 2);
  end if;
  perform placements.tell_other(made, o.owner_id, 'enquiry', 'send', null);
  return made;
end $$;

-- A job for the other side, by nobody in person: each side follows up in its own bound unit of work.
create function placements.tell_other(enquiry uuid, other uuid, machine text, step text, about uuid) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into jobs.outbox (authority_id, actor_id, purpose, task, payload)
    values (other, '00000000-0000-0000-0000-000000000000', 'placements:step', 'placements.step_taken',
      jsonb_build_object('enquiry_id', enquiry, 'machine', machine, 'step', step, 'about', about));
  perform pg_notify('careshare_jobs', '');
end $$;

-- Closes the gate; each receiver of a case that led to a placement keeps its own sealed copy of what it had received.
create function placements.close_gate(e placements.enquiry, archive boolean) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare received jsonb;
begin
  if archive and e.placing_id <> e.providing_id then
    received := jsonb_build_object('home', (select h.body from placements.home_identity h where h.authority_id = e.providing_id and h.enquiry_id = e.id),
      'household', (select h.body from placements.home_fuller h where h.authority_id = e.providing_id and h.enquiry_id = e.id));
    insert into placements.archive (authority_id, enquiry_id, body, hash) values (e.placing_id, e.id, received, sha256(convert_to(received::text, 'UTF8'))) on conflict do nothing;
    received := jsonb_build_object('children', (select c.body from placements.child_identity c where c.authority_id = e.placing_id and c.enquiry_id = e.id),
      'profile', (select c.body from placements.child_fuller c where c.authority_id = e.placing_id and c.enquiry_id = e.id));
    insert into placements.archive (authority_id, enquiry_id, body, hash) values (e.providing_id, e.id, received, sha256(convert_to(received::text, 'UTF8'))) on conflict do nothing;
  end if;
  update tenants.disclosure set closes_at = now() where case_id = e.id and closes_at > now();   -- now(): for the rest of this transaction, too
  update placements.consent_asked a set state = 'over' from placements.consent c where c.id = a.id and c.enquiry_id = e.id and a.state = 'wanted';
end $$;

-- Ends whatever hold of an enquiry still stands.
create function placements.drop_holds(e placements.enquiry, as_stage text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare h placements.hold;
begin
  for h in select * from placements.hold where enquiry_id = e.id and stage in ('asked', 'granted') for no key update loop
    delete from capacity.claim c where c.id = any(h.claims) and not c.firm;
    insert into capacity.history (claimant_id, claim_id, what) select e.placing_id, c, 'released' from unnest(h.claims) c;
    update placements.hold set stage = as_stage where id = h.id;
  end loop;
end $$;

-- The unit that is a child's own living in one home at a time; made at its first placement.
create function placements.unit_of(child placements.request_child) returns uuid language plpgsql set search_path = pg_catalog, pg_temp as $$
declare made uuid; key text := coalesce(child.reference_key, child.id::text); shelf uuid;
begin
  select unit_id into made from placements.child_unit where authority_id = child.authority_id and child_key = key;
  if found then return made; end if;
  insert into careshare.shelf (owner_id, resource) values (child.authority_id, 'children:own') on conflict do nothing;
  select id into shelf from careshare.shelf where owner_id = child.authority_id and resource = 'children:own';
  insert into capacity.unit (owner_id, pool_id, shelf_id) values (child.authority_id, gen_random_uuid(), shelf) returning id into made;
  insert into placements.child_unit (authority_id, child_key, unit_id) values (child.authority_id, key, made) on conflict do nothing;
  if found then return made; end if;
  delete from capacity.unit where id = made;
  select unit_id into made from placements.child_unit where authority_id = child.authority_id and child_key = key;
  return made;
end $$;

-- Brings a match to where its consents have brought it: when every required one is given and the hold lives, the claims become
-- firm, the placements are made, names open. Gives what is still missing, or null once it is matched.
create function placements.settle_match(which uuid) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry; h placements.hold; a placements.asked; r placements.step_rule; n int; k smallint := 0; child placements.request_child; unit uuid;
begin
  select * into e from placements.enquiry where id = which for no key update;
  if e.stage <> 'matching' then return e.stage; end if;
  if exists (select from placements.consent c where c.enquiry_id = e.id and c.required and c.state <> 'given') then return 'consent'; end if;
  -- Whatever was listed: nobody is matched without both authorities' yes and the yes of the carer or the manager.
  if 3 > (select count(distinct case when c.kind in ('carer', 'manager') then 'home' else c.kind end) from placements.consent c
      where c.enquiry_id = e.id and c.state = 'given' and c.kind in ('placing_authority', 'providing_authority', 'carer', 'manager')) then return 'consent'; end if;
  select * into h from placements.hold where enquiry_id = e.id and stage = 'granted' for no key update;
  if not found then return 'hold'; end if;
  perform 1 from capacity.claim c where c.id = any(h.claims) order by c.id for update;
  select count(*) into n from capacity.claim c where c.id = any(h.claims) and not c.firm and c.expires_at > clock_timestamp();
  if n < e.children then return 'hold'; end if;
  -- The places must still be open, and still shared with the placing authority.
  if exists (select from capacity.occupancy o join capacity.unit u on u.id = o.unit_id where o.claim_id = any(h.claims) and (not u.open @> o.during
      or u.owner_id <> e.placing_id and not exists (select from careshare.sharing_grant g where g.viewer_id = e.placing_id and g.shelf_id = u.shelf_id and g.in_force @> now())))
    then return 'place'; end if;
  select * into r from placements.step_rule s where s.machine = 'enquiry' and s.stage = e.stage and s.step = 'agree';
  select * into a from placements.asked where authority_id = e.placing_id and enquiry_id = e.id;
  update capacity.claim set firm = true, expires_at = null where id = any(h.claims);
  insert into capacity.history (claimant_id, claim_id, what) select e.placing_id, c, 'confirmed' from unnest(h.claims) c;
  update placements.hold set stage = 'confirmed', until = null where id = h.id;
  foreach unit in array h.claims loop   -- one claim a child, in the order they were asked for
    k := k + 1;
    select * into child from placements.request_child c where c.authority_id = e.placing_id and c.id = a.children[k];
    insert into placements.placement (placing_id, providing_id, enquiry_id, child_no, claim_id, kind, emergency, agreement_id, agreement_version, starts, ends)
      values (e.placing_id, e.providing_id, e.id, k, unit, e.kind, e.emergency, e.agreement_id, e.agreement_version, e.starts, e.ends);
    -- The child's own time: whoever is placed elsewhere in that time cannot be matched here.
    insert into capacity.occupancy (owner_id, unit_id, during, claimant_id, claim_id, part)
      select e.placing_id, placements.unit_of(child), o.during, e.placing_id, unit, o.part from capacity.occupancy o where o.claim_id = unit;
  end loop;
  update placements.enquiry set stage = r.next_stage, moved_at = clock_timestamp(), revision = revision + 1 where id = e.id;
  update tenants.disclosure set level = r.level where case_id = e.id and closes_at > now();
  insert into placements.step (placing_id, providing_id, enquiry_id, machine, step, from_stage, to_stage, by_id, actor_id)
    values (e.placing_id, e.providing_id, e.id, 'enquiry', 'agree', e.stage, r.next_stage, careshare.authority(), careshare.actor());
  return null;
end $$;

create function placements.take_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); e placements.enquiry; h placements.hold; p placements.placement; r placements.step_rule;
  sides text[]; at_stage text; s placements.setting; a placements.answering; d tstzrange; other uuid;
begin
  if pg_trigger_depth() > 1 then return new; end if;   -- the broker's own record of what followed
  select * into e from placements.enquiry where id = new.enquiry_id and me in (placing_id, providing_id) for no key update;   -- two people at once: the second re-reads
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  new.placing_id := e.placing_id; new.providing_id := e.providing_id; new.by_id := me; new.actor_id := careshare.actor(); new.at := clock_timestamp();
  sides := array['either'] || case when me = e.placing_id then array['placing'] else '{}' end || case when me = e.providing_id then array['providing'] else '{}' end;
  if new.placement_id is not null then
    new.machine := 'placement';
    select * into p from placements.placement where id = new.placement_id and enquiry_id = e.id for no key update;
    if not found then raise exception 'not there' using errcode = 'CS404'; end if;
    at_stage := p.stage;
  elsif new.hold_id is not null or new.step in ('ask', 'take', 'grant') then
    new.machine := 'hold';
    select * into h from placements.hold where enquiry_id = e.id and (id = new.hold_id or new.hold_id is null and placements.hold.stage in ('asked', 'granted', 'confirmed')) for no key update;
    if not found and new.hold_id is not null then raise exception 'not there' using errcode = 'CS404'; end if;
    if h.stage = 'granted' and h.until <= clock_timestamp() and new.step <> 'lapse' then   -- it has lapsed, whether or not anybody said so
      update placements.hold set stage = 'lapsed' where id = h.id;
      h.stage := 'lapsed';
      if new.hold_id is null then h := null; end if;
    end if;
    at_stage := coalesce(h.stage, 'none');
  else
    new.machine := 'enquiry'; at_stage := e.stage;
  end if;
  select * into r from placements.step_rule t where t.machine = new.machine and t.stage = at_stage and t.step = new.step and t.side = any(sides);
  if not found then raise exception 'illegal step' using errcode = 'CS409'; end if;
  new.from_stage := at_stage; new.to_stage := r.next_stage;
  other := case when me = e.placing_id then e.providing_id else e.placing_id end;

  if new.machine = 'enquiry' then
    if new.step = 'lapse' and e.respond_by > clock_timestamp() then raise exception 'its time has not run out' using errcode = 'CS409'; end if;
    if new.step in ('accept', 'confirm_answer') and r.next_stage = 'accepted' and not exists (
        select from placements.home_fuller f where f.authority_id = e.providing_id and f.enquiry_id = e.id) then
      raise exception 'the home is not described' using errcode = 'CS422'; end if;
    if new.step = 'confirm_answer' and not e.unconfirmed then raise exception 'illegal step' using errcode = 'CS409'; end if;
    if new.step in ('accept', 'accepted_by_telephone') and not exists (select from placements.child_fuller f where f.authority_id = e.placing_id and f.enquiry_id = e.id) then
      raise exception 'the fuller profile is missing' using errcode = 'CS422'; end if;
    if new.step = 'propose' and (e.unconfirmed or not exists (select from placements.child_identity i where i.authority_id = e.placing_id and i.enquiry_id = e.id)) then
      raise exception 'the answer is not confirmed, or names are missing' using errcode = 'CS422'; end if;
    if new.step = 'list_consents' and not exists (select from placements.home_identity i where i.authority_id = e.providing_id and i.enquiry_id = e.id) then
      raise exception 'the home''s names are missing' using errcode = 'CS422'; end if;
    update placements.enquiry set stage = r.next_stage, moved_at = new.at, revision = revision + 1,
      unconfirmed = new.step in ('accepted_by_telephone', 'declined_by_telephone') where id = e.id;
    if r.next_stage in ('declined', 'withdrawn', 'lapsed') then
      if new.step <> 'confirm_answer' then
        perform placements.drop_holds(e, case when new.step = 'withdraw' then 'released' else 'ended' end);
        perform placements.close_gate(e, false);
      end if;
    else
      update tenants.disclosure set level = greatest(level, r.level) where case_id = e.id and closes_at > now();
      -- A yes on the telephone opens the child's fuller profile, which is the placing authority's to open, and nothing of the home.
      if new.step = 'accepted_by_telephone' then
        update tenants.disclosure set level = 3 where case_id = e.id and owner_id = e.placing_id and closes_at > now(); end if;
    end if;

  elsif new.machine = 'hold' then
    if h.id is null then
      if e.stage not in ('sent', 'accepted', 'proposed', 'matching') then raise exception 'illegal step' using errcode = 'CS409'; end if;
      insert into placements.hold (placing_id, providing_id, enquiry_id, stage) values (e.placing_id, e.providing_id, e.id, 'asked') returning * into h;
    end if;
    new.hold_id := h.id;
    if r.next_stage = 'granted' then
      s := placements.settings_of(e.providing_id);
      if new.step = 'take' and me <> e.providing_id and (not s.holds_by_itself or e.sent_at + s.own_children_first > clock_timestamp()) then
        raise exception 'the owner grants holds, or its own children come first' using errcode = 'CS409'; end if;
      if new.step <> 'extend' then
        -- A child is held for in so many homes at once, no more.
        if exists (select from placements.asked mine, unnest(mine.children) c where mine.authority_id = e.placing_id and mine.enquiry_id = e.id
            and (select count(*) from placements.hold y join placements.asked x on x.authority_id = y.placing_id and x.enquiry_id = y.enquiry_id
              where y.placing_id = e.placing_id and y.stage = 'granted' and y.enquiry_id <> e.id and y.until > clock_timestamp() and c = any(x.children))
            >= (placements.settings_of(e.placing_id)).most_holds) then
          raise exception 'as many holds as one child may have' using errcode = 'CS429'; end if;
        select * into a from placements.answering where authority_id = e.providing_id and enquiry_id = e.id;
        d := tstzrange(e.starts::timestamp at time zone 'Europe/London', e.ends::timestamp at time zone 'Europe/London');
        h.until := clock_timestamp() + case when not e.emergency then s.hold_planned when placements.by_day(s, clock_timestamp()) then s.hold_by_day else s.hold_by_night end;
        h.claims := capacity.claim_each(a.subject_id, e.children, array[d], h.until - clock_timestamp(), e.placing_id);
        if h.claims is null then raise exception 'not available' using errcode = 'CS409'; end if;
      else
        h.until := clock_timestamp() + case when not e.emergency then s.hold_planned when placements.by_day(s, clock_timestamp()) then s.hold_by_day else s.hold_by_night end;
        update capacity.claim set expires_at = h.until where id = any(h.claims) and not firm and expires_at > clock_timestamp();
        if not found then raise exception 'not available' using errcode = 'CS409'; end if;
      end if;
      update placements.hold set stage = 'granted', claims = h.claims, until = h.until, granted_at = clock_timestamp() where id = h.id;
      new.body := new.body || jsonb_build_object('until', h.until);
    elsif r.next_stage in ('ended', 'released', 'lapsed') then
      if new.step = 'lapse' and h.until > clock_timestamp() then raise exception 'its time has not run out' using errcode = 'CS409'; end if;
      delete from capacity.claim c where c.id = any(h.claims) and not c.firm;
      insert into capacity.history (claimant_id, claim_id, what)
        select e.placing_id, c, case new.step when 'end' then 'withdrawn' when 'lapse' then 'lapsed' else 'released' end from unnest(h.claims) c;
      update placements.hold set stage = r.next_stage where id = h.id;
    else
      update placements.hold set stage = r.next_stage where id = h.id;
    end if;

  else
    update placements.placement set stage = r.next_stage, revision = revision + 1,
      started_at = case when new.step = 'start' then new.at else started_at end,
      starts = case when new.step = 'start' then coalesce((new.body->>'day')::date, starts) when new.step = 'vary' then coalesce((new.body->>'starts')::date, starts) else starts end,
      ends = case when r.next_stage = 'ended' then (new.body->>'ends')::date when new.step = 'vary' and new.body ? 'ends' then (new.body->>'ends')::date else ends end,
      ended_at = case when r.next_stage = 'ended' then new.at else ended_at end,
      end_reason = case when r.next_stage = 'ended' then nullif(new.code, '') else end_reason end
      where id = p.id returning * into p;
    perform placements.follow_capacity(p, new.step);
    if new.step = 'start' then
      if e.stage = 'matched' then
        update placements.enquiry set stage = 'placed', moved_at = new.at, revision = revision + 1 where id = e.id; end if;
      perform placements.place_request(e);
    elsif r.next_stage in ('ended', 'cancelled') and not exists (
        select from placements.placement q where q.enquiry_id = e.id and q.stage not in ('ended', 'cancelled')) then
      update placements.enquiry set stage = case when e.stage = 'matched' then 'cancelled' else 'ended' end, moved_at = new.at, revision = revision + 1 where id = e.id;
      perform placements.close_gate(e, e.stage = 'placed');
    end if;
  end if;
  perform placements.tell_other(e.id, other, new.machine, new.step, coalesce(new.placement_id, new.hold_id));
  return new;
end $$;

-- The request is placed once each of its children lives somewhere.
create function placements.place_request(e placements.enquiry) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare which uuid := (select request_id from placements.asked where authority_id = e.placing_id and enquiry_id = e.id);
begin
  if exists (select from placements.request r where r.authority_id = e.placing_id and r.id = which and r.stage = 'open')
    and not exists (select from placements.request_child c where c.authority_id = e.placing_id and c.request_id = which and not exists (
      select from placements.asked a join placements.placement p on p.placing_id = a.authority_id and p.enquiry_id = a.enquiry_id
      where a.authority_id = c.authority_id and a.request_id = which and a.children[p.child_no] = c.id and p.stage in ('started', 'paused', 'ending'))) then
    insert into placements.request_step (authority_id, request_id, side, step) values (e.placing_id, which, 'system', 'place');
  end if;
end $$;

-- The place and the child's own time follow a placement: other days, released, or free from the day the child left.
create function placements.follow_capacity(p placements.placement, step text) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare first timestamptz := p.starts::timestamp at time zone 'Europe/London'; last timestamptz := p.ends::timestamp at time zone 'Europe/London';
begin
  perform 1 from capacity.unit u join capacity.occupancy o on o.unit_id = u.id where o.claim_id = p.claim_id order by u.id for no key update of u;
  perform 1 from capacity.claim c where c.id = p.claim_id for update;
  if p.stage = 'cancelled' then
    delete from capacity.claim c where c.id = p.claim_id;
    insert into capacity.history (claimant_id, claim_id, what) values (p.placing_id, p.claim_id, 'released');
  elsif p.stage = 'ended' then
    delete from capacity.occupancy o where o.claim_id = p.claim_id and lower(o.during) >= last;
    update capacity.occupancy o set during = tstzrange(lower(o.during), last) where o.claim_id = p.claim_id and (upper(o.during) is null or upper(o.during) > last);
    insert into capacity.history (claimant_id, claim_id, what) values (p.placing_id, p.claim_id, 'shortened');
  elsif step in ('vary', 'start') then
    perform capacity.lapse(array(select distinct b.claim_id from capacity.occupancy o join capacity.occupancy b on b.unit_id = o.unit_id and b.claim_id <> o.claim_id
      where o.claim_id = p.claim_id));
    update capacity.occupancy o set during = tstzrange(first, last) where o.claim_id = p.claim_id and o.part = 1
      and not exists (select from capacity.occupancy x where x.claim_id = p.claim_id and x.part > 1) and o.during <> tstzrange(first, last);
    if step = 'vary' and exists (select from capacity.occupancy o join capacity.unit u on u.id = o.unit_id where o.claim_id = p.claim_id and not u.open @> o.during) then
      raise exception 'not available' using errcode = 'CS409'; end if;
  end if;
end $$;

create function placements.list_consent() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry; me uuid := careshare.authority();
begin
  select * into e from placements.enquiry where id = new.enquiry_id and me in (placing_id, providing_id) for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  if e.stage not in ('accepted', 'proposed', 'matching') then raise exception 'illegal step' using errcode = 'CS409'; end if;
  new.placing_id := e.placing_id; new.providing_id := e.providing_id; new.by_id := me;
  return new;
end $$;

create function placements.ask_consent() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform 1 from placements.consent c where c.id = new.id and c.by_id = careshare.authority() and c.decider_id = new.decider_id and c.kind = new.kind;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  perform placements.tell_other(new.id, new.decider_id, 'consent', 'ask', new.id);
  return new;
end $$;

-- An answer counts only from whoever must decide, in the order the law sets; the side that listed it may record a telephone answer.
create function placements.answer_consent() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare c placements.consent; e placements.enquiry; me uuid := careshare.authority(); missing text;
begin
  select k.enquiry_id into c.enquiry_id from placements.consent k where k.id = new.consent_id and me in (k.by_id, coalesce(k.decider_id, k.by_id));
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  select * into e from placements.enquiry where id = c.enquiry_id for no key update;
  select * into c from placements.consent where id = new.consent_id for update;
  new.by_id := me; new.actor_id := careshare.actor(); new.at := clock_timestamp();
  if c.decider_id is not null and me <> c.decider_id and not new.by_telephone then raise exception 'not theirs to decide' using errcode = 'CS409'; end if;
  if new.answer = 'confirmed' then
    if not c.by_telephone or c.confirmed_at is not null or c.state = 'wanted' then raise exception 'illegal step' using errcode = 'CS409'; end if;
    update placements.consent set confirmed_at = new.at where id = c.id;
    update placements.consent_asked set state = c.state, answered_at = new.at where id = c.id and state in ('wanted', 'given', 'refused');
    return new;
  end if;
  -- What an emergency put off is given afterwards; everything else before the match.
  if e.stage not in ('proposed', 'matching') and (c.required or e.stage not in ('matched', 'placed')) or (c.state = 'wanted') = (new.answer = 'revoked') or new.answer = 'given' and c.state = 'given' then
    raise exception 'illegal step' using errcode = 'CS409'; end if;
  select k into missing from unnest(c.after) k where not exists (
    select from placements.consent o where o.enquiry_id = c.enquiry_id and o.kind = k and o.state = 'given') limit 1;
  if new.answer = 'given' and missing is not null then raise exception 'out of order: % comes first', missing using errcode = 'CS409'; end if;
  update placements.consent set state = case new.answer when 'revoked' then 'wanted' else new.answer end,
    decided_at = case new.answer when 'revoked' then null else new.at end, decided_role = case new.answer when 'revoked' then '' else new.role end,
    by_telephone = new.by_telephone, confirm_by = new.confirm_by, confirmed_at = null where id = c.id;
  update placements.consent_asked set state = case new.answer when 'revoked' then 'wanted' else new.answer end, answered_at = new.at where id = c.id and state <> 'over';
  if new.answer = 'given' then perform placements.settle_match(e.id); end if;
  if me <> e.placing_id then perform placements.tell_other(e.id, e.placing_id, 'consent', new.answer, c.id); end if;
  if me <> e.providing_id then perform placements.tell_other(e.id, e.providing_id, 'consent', new.answer, c.id); end if;
  return new;
end $$;

-- A hold granted or consents listed last may complete a match.
create function placements.after_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.machine = 'hold' and new.to_stage = 'granted' or new.step = 'list_consents' then perform placements.settle_match(new.enquiry_id); end if;
  return null;
end $$;

create function placements.write_message() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry; me uuid := careshare.authority();
begin
  select * into e from placements.enquiry where id = new.enquiry_id and me in (placing_id, providing_id);
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  if e.stage in ('declined', 'withdrawn', 'lapsed', 'cancelled', 'ended') then raise exception 'illegal step' using errcode = 'CS409'; end if;
  if e.placing_id <> e.providing_id then
    perform placements.tell_other(e.id, case when me = e.placing_id then e.providing_id else e.placing_id end, 'message', 'write', new.id); end if;
  return new;
end $$;

grant execute on function placements.send_enquiry, placements.settings_of to careshare_app;
reset role;
revoke create on schema tenants, placements, capacity from careshare_broker;
grant execute on function capacity.claim_each, placements.take_step, placements.after_step, placements.list_consent, placements.ask_consent,
  placements.answer_consent, placements.write_message to careshare_owner;

set role careshare_owner;
create trigger take_step before insert on placements.step for each row execute function placements.take_step();
create trigger after_step after insert on placements.step for each row execute function placements.after_step();
create trigger list_consent before insert on placements.consent for each row execute function placements.list_consent();
create trigger ask_consent before insert on placements.consent_asked for each row execute function placements.ask_consent();
create trigger answer_consent before insert on placements.consent_answer for each row execute function placements.answer_consent();
create trigger write_message before insert on placements.message for each row execute function placements.write_message();
create policy opened on placements.child_profile for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_asking())::uuid[]));
create policy opened on placements.message for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_asking())::uuid[]));
create policy opened on placements.child_fuller for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_acceptance())::uuid[]));
create policy opened on placements.home_fuller for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_acceptance())::uuid[]));
create policy opened on placements.child_identity for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_match())::uuid[]));
create policy opened on placements.home_identity for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_match())::uuid[]));
reset role;
