-- The fostering register: households, carers, approval and its terms, places, children placed. One authority's alone.
-- Sources: Fostering Services (England) Regulations 2011 (SI 2011/581) regs 27, 28, 31; Children Act 1989 Sch 7;
-- Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959) regs 23 to 25.
create schema fostering authorization careshare_owner;
grant usage on schema fostering to careshare_app, careshare_backup;
set role careshare_owner;

create table fostering.household (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  reference text not null check (reference <> '' and length(reference) <= 40),   -- the case system's own
  reference_key text not null generated always as (lower(btrim(reference) collate pg_c_utf8)) stored,   -- what tells households apart
  name text not null check (name <> '' and length(name) <= 120),
  address text not null check (length(address) <= 300), postcode text not null,
  easting int, northing int, outward text, area_gss text,      -- from the gazetteer; null: postcode not known to it
  area_code text,                                              -- the area its notice shows, kept by services.fostering.offers; null: none is possible
  confidential boolean not null default false,                 -- undisclosed address: rendered only with confidential:read
  supervising_worker text not null default '' check (length(supervising_worker) <= 120),
  duty_number text not null default '' check (duty_number ~ '^[0-9 +()-]{0,30}$'),
  privacy_notice_on date, objection boolean not null default false,   -- the carers object to sharing: never published
  beliefs_shared boolean not null default false,               -- the carers agreed that religion and culture stand in the notice
  pets text[], skills text[] not null default '{}', communication text[] not null default '{}', adaptations text[] not null default '{}',
  solo boolean,
  published_at timestamptz, published_by uuid, check ((published_at is null) = (published_by is null)),
  confirmed_at timestamptz, confirmed_by uuid, check ((confirmed_at is null) = (confirmed_by is null)),
  version int not null default 1, updated_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, id),
  constraint household_reference unique (authority_id, reference_key),
  constraint household_objection check (published_at is null or not objection),
  constraint household_privacy_notice check (published_at is null or privacy_notice_on is not null));
create index household_name on fostering.household (authority_id, name, id);
create index household_area on fostering.household (authority_id, outward, area_gss);
comment on table fostering.household is 'scope: authority. A fostering household: where it is, what it can do, whether its vacancies are shared.';

create table fostering.carer (
  authority_id uuid not null, id uuid not null default uuidv7(), household_id uuid not null,
  name text not null check (name <> '' and length(name) <= 120), born date, sex text not null default 'U' check (sex in ('M', 'F', 'U')),
  ethnicity text check (ethnicity ~ '^[A-Z]{4}$'), religion text, languages text[],      -- null: not given
  telephone text not null default '' check (telephone ~ '^[0-9 +()-]{0,30}$'),
  position smallint not null default 1,
  primary key (authority_id, id), constraint carer_position unique (authority_id, household_id, position),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
comment on table fostering.carer is 'scope: authority. Approved carers (register of foster parents, reg 31).';

create table fostering.member (
  authority_id uuid not null, id uuid not null default uuidv7(), household_id uuid not null,
  name text not null check (name <> '' and length(name) <= 120), born date, sex text not null default 'U' check (sex in ('M', 'F', 'U')),
  relationship text not null check (relationship in ('own_child', 'adult', 'staying_put', 'privately_fostered', 'lodger', 'other')),
  primary key (authority_id, id),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
create index member_household on fostering.member (authority_id, household_id);
comment on table fostering.member is 'scope: authority. Others who live in the household.';

create table fostering.bedroom (
  authority_id uuid not null, household_id uuid not null, number smallint not null check (number > 0),
  beds smallint not null check (beds between 1 and 6),
  sharing text not null default 'no' check (sharing in ('no', 'siblings', 'any')),
  primary key (authority_id, household_id, number),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
comment on table fostering.bedroom is 'scope: authority. Bedrooms for fostered children and who may share one (NMS 10.6).';

create table fostering.approval (
  authority_id uuid not null, household_id uuid not null, during daterange not null check (not isempty(during) and lower(during) is not null),
  id uuid not null default uuidv7(),
  kind text not null check (kind in ('mainstream', 'connected', 'temporary')),   -- temporary: reg 24, 16 weeks
  places smallint not null check (places between 1 and 12),
  age_min smallint not null check (age_min >= 0), age_max smallint not null check (age_max between 0 and 25),
  sex text not null default 'any' check (sex in ('any', 'M', 'F')),
  care_types text[] not null check (cardinality(care_types) > 0),
  named_children text[] not null default '{}',      -- references of the only children the terms allow; empty: any child
  extended_on date,                                 -- temporary only: the one extension (reg 25), decided on this day
  extended_for text check (extended_for in ('assessment', 'irm')),   -- at most 8 weeks, or until the outcome of the independent review
  notice_on date,                                   -- when the approval notice was given (reg 27(5))
  constraint approval_terms_do_not_overlap primary key (authority_id, household_id, during without overlaps),
  unique (authority_id, id),
  constraint approval_ages check (age_min <= age_max),
  check (extended_on is null or kind = 'temporary'),
  check ((extended_on is null) = (extended_for is null)),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
comment on table fostering.approval is 'scope: authority. Terms of approval by date (reg 27); kept apart from the usual fostering limit.';

create table fostering.exemption (
  authority_id uuid not null, id uuid not null default uuidv7(), household_id uuid not null,
  granted_by_gss text not null,                     -- the area authority alone grants it (Children Act 1989 Sch 7 para 4)
  children text[] not null check (cardinality(children) > 3), -- names every child, those already there too
  conditions text not null default '' check (length(conditions) <= 2000), notice_on date not null,
  during daterange not null check (not isempty(during)),
  primary key (authority_id, id),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
create index exemption_household on fostering.exemption (authority_id, household_id);
comment on table fostering.exemption is 'scope: authority. Exemptions from the usual fostering limit, as the area authority gave them.';

create table fostering.resignation (
  authority_id uuid not null, household_id uuid not null, received_on date not null,
  ends_on date not null generated always as (received_on + 28) stored,   -- reg 28(13): 28 days from receipt, whatever follows
  primary key (authority_id, household_id),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
comment on table fostering.resignation is 'scope: authority. Written notice of resignation; approval ends 28 days from receipt.';

create table fostering.check (
  authority_id uuid not null, id uuid not null default uuidv7(), household_id uuid not null,
  kind text not null check (kind in ('annual_review', 'dbs', 'medical', 'unannounced_visit', 'health_and_safety', 'pets', 'training')),
  done_on date, due_on date not null,
  primary key (authority_id, id),
  constraint check_once unique (authority_id, household_id, kind),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
create index check_due on fostering.check (authority_id, due_on);
comment on table fostering.check is 'scope: authority. Reviews and checks: last done, next due.';

create table fostering.place (
  authority_id uuid not null, unit_id uuid not null, household_id uuid not null, number smallint not null check (number > 0),
  closed_reason text check (closed_reason in ('carer_break', 'social_work_decision', 'needs_of_child_placed', 'solo_placement', 'allegation', 'health', 'works', 'other')),
  closed_from date, closed_until date check (closed_until > closed_from), closed_note text not null default '' check (length(closed_note) <= 500),
  check ((closed_reason is null) = (closed_from is null)),
  primary key (authority_id, unit_id), constraint place_number unique (authority_id, household_id, number),
  foreign key (authority_id, unit_id) references capacity.unit (owner_id, id),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
comment on table fostering.place is
  'scope: authority. Each approved place: a unit of capacity in the pool that has the household''s id. Why one is not available never leaves the authority.';

create table fostering.placed_child (
  authority_id uuid not null, id uuid not null default uuidv7(), household_id uuid not null,
  unit_id uuid,                                     -- null once the place itself was taken away after the stay
  claim_id uuid,                                    -- the firm claim of the place; null once the stay is over
  child_reference text not null check (child_reference <> '' and length(child_reference) <= 40),
  child_key text not null generated always as (lower(btrim(child_reference) collate pg_c_utf8)) stored,   -- what tells children apart
  born date not null, sex text not null check (sex in ('M', 'F', 'U')),
  responsible_gss text not null,                    -- whose child it is
  sibling_group text,                               -- children with one value are siblings each of all the others
  care_type text not null, solo boolean not null default false,
  starts date not null, ends date check (ends >= starts),      -- the day the child left, or is to leave
  check (unit_id is not null or ends is not null),
  primary key (authority_id, id),
  constraint placed_child_once unique (authority_id, child_key, starts),
  constraint placed_child_one_home_at_a_time
    exclude using gist (authority_id with =, child_key with =, daterange(starts, ends) with &&),
  foreign key (authority_id, unit_id) references fostering.place (authority_id, unit_id) on delete set null (unit_id),
  foreign key (authority_id, household_id) references fostering.household on delete cascade);
create index placed_child_household on fostering.placed_child (authority_id, household_id);
create index placed_child_unit on fostering.placed_child (authority_id, unit_id);
comment on table fostering.placed_child is 'scope: authority. Children placed with the household (register of children placed, Sch 2).';

select careshare.protect(('fostering.' || quote_ident(t))::regclass, 'authority_id')
  from unnest(array['household', 'carer', 'member', 'bedroom', 'approval', 'exemption', 'resignation', 'check', 'place', 'placed_child']) t;
grant select, insert, update, delete on all tables in schema fostering to careshare_app;
reset role;
