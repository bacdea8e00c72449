-- Placements: searches, what was said on the telephone about their results, and need that found nothing.
create schema placements authorization careshare_owner;
grant usage on schema placements to careshare_app, careshare_backup;
set role careshare_owner;

create table placements.search (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  made_at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  kind text not null check (kind in ('tonight', 'full')),
  need jsonb not null check (jsonb_typeof(need) = 'object'),
  need_key text not null check (length(need_key) <= 100),      -- one request, however often it is searched
  reference text check (reference <> '' and length(reference) <= 40),   -- the authority's own; never a name
  primary key (authority_id, id));
create index search_need on placements.search (authority_id, need_key, id);
comment on table placements.search is 'scope: authority. What was searched for, so that colleagues work on one list. Kept for some weeks.';

create table placements.call (
  authority_id uuid not null, search_id uuid not null, id uuid not null default uuidv7(),
  offer_id uuid not null, owner_id uuid not null references tenants.authority,   -- an offer may be withdrawn; what was said stays
  outcome text not null check (outcome in ('will_take', 'ring_back', 'no_answer', 'said_no')),
  children smallint check (children between 1 and 8 and (outcome = 'will_take' or children is null)),
  note text not null default '' check (length(note) <= 300),
  at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  primary key (authority_id, id),
  foreign key (authority_id, search_id) references placements.search on delete cascade);
create index call_search on placements.call (authority_id, search_id, offer_id, at);
create index call_owner on placements.call (owner_id);
comment on table placements.call is 'scope: authority. Who rang about which result of a search, when, and what was said.';

create table placements.unmet_need (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  need_key text not null check (length(need_key) <= 100), reference text check (reference <> '' and length(reference) <= 40),
  need jsonb not null check (jsonb_typeof(need) = 'object'),     -- places coarsened to the outward code
  children smallint not null check (children between 1 and 8),
  first_at timestamptz not null default clock_timestamp(), last_at timestamptz not null default clock_timestamp(),
  searches int not null default 1 check (searches > 0), near_misses int not null check (near_misses >= 0),
  closed_at timestamptz, closed_as text check (closed_as in ('found', 'lapsed')),
  check ((closed_at is null) = (closed_as is null)),
  primary key (authority_id, id));
create unique index unmet_need_open on placements.unmet_need (authority_id, need_key) where closed_at is null;
comment on table placements.unmet_need is 'scope: authority. Need that no shared home met: one row for one request, closed when one is found.';

select careshare.protect(('placements.' || quote_ident(t))::regclass, 'authority_id') from unnest(array['search', 'call', 'unmet_need']) t;
grant select, insert, delete on placements.search, placements.call to careshare_app;
grant select, insert, update, delete on placements.unmet_need to careshare_app;
reset role;
