-- Residential: children's homes and supported accommodation, their places, prices and residents, the notice of a spare place
-- and what it costs, impact assessments, and Ofsted's list of providers as reference data.
-- Sources: Care Standards Act 2000; Children's Homes (England) Regulations 2015 (SI 2015/541) regs 14, 16, Sch 1; Supported
-- Accommodation (England) Regulations 2023 (SI 2023/416); Placements North West census, December 2025 (purchase, provision).
create schema residential authorization careshare_owner;
grant usage on schema residential to careshare_app, careshare_broker, careshare_backup;
set role careshare_owner;

create table residential.home (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  urn text not null check (urn ~ '^(SC[0-9]{6}|[0-9]{7})$'),
  name text not null check (name <> '' and length(name) <= 120),
  owner_organisation text not null default '' check (length(owner_organisation) <= 160),
  sector text not null check (sector in ('local_authority', 'private', 'voluntary', 'health')),
  kept_as text not null default 'own' check (kept_as in ('own', 'proxy')),       -- proxy: its owner is not on Careshare
  proxy_ground text check (proxy_ground in ('stands_here', 'commissions')), check ((kept_as = 'proxy') = (proxy_ground is not null)),
  kind text not null check (kind in ('childrens_home', 'supported_accommodation')),
  category smallint check (category between 1 and 4), check ((kind = 'supported_accommodation') = (category is not null)),
  address text not null check (length(address) <= 300), postcode text not null,
  easting int, northing int, outward text, area_gss text,      -- from the gazetteer
  area_code text,                                              -- the area its notice shows, kept by services.residential.offers
  registration text not null default 'active' check (registration in ('applied', 'active', 'suspended', 'cancelled', 'resigned')),
  registered_places smallint not null check (registered_places between 1 and 60),
  age_min smallint not null check (age_min >= 0), age_max smallint not null check (age_max <= 25), check (age_min <= age_max),
  constraint home_supported_ages check (kind <> 'supported_accommodation' or (age_min = 16 and age_max = 17)),
  sex text not null default 'any' check (sex in ('any', 'M', 'F')),
  purpose text not null check (purpose <> '' and length(purpose) <= 2000),       -- the statement of purpose in plain words
  purposes text[] not null default '{}', care_types text[] not null check (cardinality(care_types) > 0),
  need_levels text[] not null check (cardinality(need_levels) > 0),
  skills text[] not null default '{}', communication text[] not null default '{}', adaptations text[] not null default '{}',
  education_on_site boolean not null default false, multi_building boolean not null default false, short_break_only boolean not null default false,
  manager_name text not null default '' check (length(manager_name) <= 120),
  contact_number text not null default '' check (contact_number ~ '^[0-9 +()-]{0,30}$'),
  judgement text check (judgement in ('outstanding', 'good', 'requires_improvement', 'inadequate')), judged_on date,
  check ((judgement is null) = (judged_on is null)),
  staffed_places smallint check (staffed_places >= 0), staffed_until timestamptz, staffed_at timestamptz, staffed_by uuid,
  check (num_nonnulls(staffed_places, staffed_until, staffed_at, staffed_by) in (0, 4) and staffed_until > staffed_at),
  confidential boolean not null default false,                 -- rendered only with confidential:read
  offered_from date, offered_until date check (offered_until > offered_from), offered_places smallint check (offered_places > 0),
  offered_at timestamptz, offered_by uuid,
  check (num_nonnulls(offered_from, offered_places, offered_at, offered_by) in (0, 4) and (offered_until is null or offered_from is not null)),
  version int not null default 1, updated_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, id),
  constraint home_urn unique (authority_id, urn));
create index home_name on residential.home (authority_id, name, id);
comment on table residential.home is 'scope: authority. A children''s home or supported accommodation: what it is registered for, its staffing statement, whether a place is offered.';

create table residential.judgement (
  authority_id uuid not null, home_id uuid not null, judged_on date not null,
  grade text not null check (grade in ('outstanding', 'good', 'requires_improvement', 'inadequate')),
  source text not null check (source in ('entered', 'ofsted_list')), noted_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, home_id, judged_on),
  foreign key (authority_id, home_id) references residential.home on delete cascade);
comment on table residential.judgement is 'scope: authority. Each overall judgement of a home by date, so that a fall is seen.';

create table residential.place (
  authority_id uuid not null, unit_id uuid not null, home_id uuid not null, number smallint not null check (number > 0),
  closed_reason text check (closed_reason in ('staffing', 'works', 'registration', 'needs_of_resident', 'safeguarding', 'health', 'rest', 'other')),
  closed_from date, closed_until date check (closed_until > closed_from), closed_note text not null default '' check (length(closed_note) <= 500),
  check ((closed_reason is null) = (closed_from is null)),
  kept_reason text check (kept_reason in ('settling', 'solo_care', 'moving_in', 'own_children', 'transition', 'other')),
  kept_from date, kept_until date check (kept_until > kept_from), kept_note text not null default '' check (length(kept_note) <= 500),
  check ((kept_reason is null) = (kept_from is null)),
  primary key (authority_id, unit_id), constraint home_place_number unique (authority_id, home_id, number),
  foreign key (authority_id, unit_id) references capacity.unit (owner_id, id),
  foreign key (authority_id, home_id) references residential.home on delete cascade);
comment on table residential.place is
  'scope: authority. Each place: a unit of capacity in the pool that has the home''s id. Why one is closed or kept empty never leaves the authority.';

create table residential.resident (
  authority_id uuid not null, id uuid not null default uuidv7(), home_id uuid not null,
  unit_id uuid, claim_id uuid,                      -- the firm claim of the place; null once the stay is over
  claimant_id uuid,                                 -- whose claim it is: the placing authority's, or our own
  child_reference text not null check (child_reference <> '' and length(child_reference) <= 40),
  child_key text not null generated always as (lower(btrim(child_reference) collate pg_c_utf8)) stored,
  born date not null, sex text not null check (sex in ('M', 'F', 'U')), responsible_gss text not null,
  sibling_group text, needs text[] not null default '{}',      -- what an impact assessment weighs; never leaves the authority
  starts date not null, ends date check (ends >= starts),      -- the day the child left, or is to leave
  check (unit_id is not null or ends is not null), check ((claim_id is null) = (claimant_id is null)),
  primary key (authority_id, id),
  constraint resident_once unique (authority_id, child_key, starts),
  constraint resident_one_home_at_a_time exclude using gist (authority_id with =, child_key with =, daterange(starts, ends) with &&),
  foreign key (authority_id, unit_id) references residential.place (authority_id, unit_id) on delete set null (unit_id),
  foreign key (authority_id, home_id) references residential.home on delete cascade);
create index resident_home on residential.resident (authority_id, home_id);
create index resident_unit on residential.resident (authority_id, unit_id);
comment on table residential.resident is 'scope: authority. Children who live in the home, from when to when, and whose each is.';

create table residential.price_list (
  authority_id uuid not null, home_id uuid not null, during daterange not null check (not isempty(during) and lower(during) is not null),
  id uuid not null default uuidv7(), purchase text not null,   -- how places are bought: block, spot or a contract's name
  notice_nights smallint not null check (notice_nights between 0 and 365),
  void_percent numeric(5,2) not null check (void_percent between 0 and 100),     -- of the weekly price, for notice nights until refilled
  social_percent numeric(5,2) not null check (social_percent between 0 and 100),
  education_percent numeric(5,2) not null check (education_percent between 0 and 100),
  health_percent numeric(5,2) not null check (health_percent between 0 and 100),
  constraint price_shares check (social_percent + education_percent + health_percent = 100),
  constraint price_lists_do_not_overlap primary key (authority_id, home_id, during without overlaps),
  unique (authority_id, id),
  foreign key (authority_id, home_id) references residential.home on delete cascade);
comment on table residential.price_list is 'scope: authority. What a place costs from day to day: terms of notice and void, joint funding.';
create table residential.price (
  authority_id uuid not null, list_id uuid not null, need_level text not null, weekly numeric(12,2) not null check (weekly >= 0),
  primary key (authority_id, list_id, need_level),
  foreign key (authority_id, list_id) references residential.price_list (authority_id, id) on delete cascade);
comment on table residential.price is 'scope: authority. The weekly price by level of need, in pounds.';
create table residential.supplement (
  authority_id uuid not null, list_id uuid not null, code text not null, per text not null check (per in ('week', 'night', 'hour')),
  amount numeric(12,2) not null check (amount >= 0),
  primary key (authority_id, list_id, code),
  foreign key (authority_id, list_id) references residential.price_list (authority_id, id) on delete cascade);
comment on table residential.supplement is 'scope: authority. What comes on top of the weekly price, by the week, night or hour, in pounds.';

create table residential.plan (
  authority_id uuid not null, home_id uuid not null, month date not null check (extract(day from month) = 1),
  planned numeric(12,2) not null check (planned >= 0),
  primary key (authority_id, home_id, month),
  foreign key (authority_id, home_id) references residential.home on delete cascade);
comment on table residential.plan is 'scope: authority. The income a home is planned to bring in each month, in pounds.';

create table residential.assessment (
  authority_id uuid not null, id uuid not null default uuidv7(), home_id uuid not null,
  enquiry_id uuid not null,                         -- the enquiry of another authority, or one's own request; no key: services lean one way
  incoming jsonb not null check (jsonb_typeof(incoming) = 'array'),              -- the child's profile in bands
  residents jsonb not null check (jsonb_typeof(residents) = 'array'),            -- who lives there, in bands, never names
  concerns jsonb not null default '[]' check (jsonb_typeof(concerns) = 'array'), -- [{"code", "note", "mitigation"}]
  outcome text check (outcome in ('can_live_together', 'with_mitigations', 'cannot_live_together')),
  reason text not null default '' check (length(reason) <= 2000),
  decided_at timestamptz, decided_by uuid, check (num_nonnulls(outcome, decided_at, decided_by) in (0, 3)),
  opened_at timestamptz not null default clock_timestamp(), opened_by uuid not null default careshare.actor(),
  version int not null default 1,
  primary key (authority_id, id),
  constraint assessment_once unique (authority_id, home_id, enquiry_id),
  foreign key (authority_id, home_id) references residential.home on delete cascade);
comment on table residential.assessment is
  'scope: authority. Impact assessments before a match: residents and the child in bands, concerns, mitigations, the manager''s decision.';

select careshare.protect(('residential.' || t)::regclass, 'authority_id')
  from unnest(array['home', 'judgement', 'place', 'resident', 'price_list', 'price', 'supplement', 'plan', 'assessment']) t;
grant select, insert, update, delete on all tables in schema residential to careshare_app;

-- Ofsted's list as it came last, and which lists came. Homes alone: agencies have no places.
create table residential.ofsted_list (
  id uuid primary key default uuidv7(), as_at date not null, file_name text not null check (length(file_name) <= 200),
  file_hash bytea not null check (length(file_hash) = 32),
  rows int not null, homes int not null, places int not null, redacted int not null, left_out int not null, bad int not null,
  new_homes int not null, changed_homes int not null, gone_homes int not null,
  report jsonb not null,                            -- what was left out and refused, by line, and why
  loaded_at timestamptz not null default clock_timestamp(), loaded_by text not null);
create unique index ofsted_list_once on residential.ofsted_list (file_hash);
comment on table residential.ofsted_list is 'scope: platform. Lists of providers that were loaded: what each held and what of it was not taken.';

create table residential.ofsted_provider (
  urn text primary key check (urn ~ '^(SC[0-9]{6}|[0-9]{7})$'), list_id uuid not null references residential.ofsted_list,
  provision_type text not null, kind text not null check (kind in ('childrens_home', 'supported_accommodation')),
  education_urn text not null default '', registered_on date, registration text not null,
  redacted boolean not null,                        -- name and address were withheld by Ofsted
  name text not null default '', address text not null default '', postcode text not null default '',
  area_gss text, area_name text not null,           -- null: no authority of that name is known
  sector text not null check (sector in ('local_authority', 'private', 'voluntary', 'health')),
  places smallint not null check (places > 0), short_break_only boolean not null, multi_building boolean not null,
  owner_organisation text not null default '',
  judgement text check (judgement in ('outstanding', 'good', 'requires_improvement', 'inadequate')), judged_on date,
  helped text not null default '', leaders text not null default '',
  previous_judgement text, previous_judged_on date,   -- what the judgement was before it last changed
  gone_on date);                                    -- the date of the first list without it
create index ofsted_provider_area on residential.ofsted_provider (area_gss, urn);
create index ofsted_provider_list on residential.ofsted_provider (list_id);
comment on table residential.ofsted_provider is 'scope: platform. Homes on Ofsted''s published list (Open Government Licence), as it names and redacts them.';

-- Which authority keeps a home here: its owner, or a proxy where the owner is not on Careshare. One home has one keeper.
create table residential.keeper (
  urn text primary key check (urn ~ '^(SC[0-9]{6}|[0-9]{7})$'), authority_id uuid not null references tenants.authority,
  kept_as text not null check (kept_as in ('own', 'proxy')), since timestamptz not null default clock_timestamp());
create index keeper_authority on residential.keeper (authority_id);
comment on table residential.keeper is 'scope: platform. Which authority keeps the home with a number of Ofsted''s; says nothing of its places.';
grant select on residential.ofsted_list, residential.ofsted_provider, residential.keeper to careshare_app, careshare_broker, careshare_backup;
grant insert, update, delete on residential.ofsted_list, residential.ofsted_provider, residential.keeper to careshare_broker;
reset role;

grant create on schema residential to careshare_broker;
set role careshare_broker;
-- The bound authority keeps this home from now on. Null where it may; else who keeps it already.
create function residential.keep(number text, kept_as text) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare by_whom uuid;
begin
  insert into residential.keeper (urn, authority_id, kept_as) values (number, careshare.authority(), keep.kept_as)
    on conflict (urn) do update set kept_as = excluded.kept_as where keeper.authority_id = excluded.authority_id;
  select k.authority_id into by_whom from residential.keeper k where k.urn = number;
  return nullif(by_whom, careshare.authority());
end $$;
create function residential.keep_no_longer(number text) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from residential.keeper k where k.urn = number and k.authority_id = careshare.authority();
  return found;
end $$;
-- Takes a list that was read and checked. `homes` holds the columns of ofsted_provider; those that are as they were stay unwritten.
-- A list older than the newest changes nothing: null. The same file again: the list it was.
create function residential.take_list(as_at date, file_name text, file_hash bytea, counts jsonb, report jsonb, homes jsonb, loaded_by text)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare made uuid; n_new int; n_changed int; n_gone int;
begin
  perform pg_advisory_xact_lock(hashtextextended('residential.take_list', 0));
  select l.id into made from residential.ofsted_list l where l.file_hash = take_list.file_hash;
  if found then return made; end if;
  if exists (select from residential.ofsted_list l where l.as_at > take_list.as_at) then return null; end if;
  made := uuidv7();
  insert into residential.ofsted_list (id, as_at, file_name, file_hash, rows, homes, places, redacted, left_out, bad, new_homes, changed_homes, gone_homes, report, loaded_by)
    values (made, take_list.as_at, take_list.file_name, take_list.file_hash, (counts->>'rows')::int, (counts->>'homes')::int, (counts->>'places')::int,
      (counts->>'redacted')::int, (counts->>'left_out')::int, (counts->>'bad')::int, 0, 0, 0, take_list.report, take_list.loaded_by);
  with given as (
    select * from jsonb_to_recordset(take_list.homes) as h (urn text, provision_type text, kind text, education_urn text, registered_on date,
      registration text, redacted boolean, name text, address text, postcode text, area_gss text, area_name text, sector text, places smallint,
      short_break_only boolean, multi_building boolean, owner_organisation text, judgement text, judged_on date, helped text, leaders text)),
  taken as (
    insert into residential.ofsted_provider as p (urn, list_id, provision_type, kind, education_urn, registered_on, registration, redacted, name,
      address, postcode, area_gss, area_name, sector, places, short_break_only, multi_building, owner_organisation, judgement, judged_on, helped, leaders)
    select urn, made, provision_type, kind, education_urn, registered_on, registration, redacted, name,
      address, postcode, area_gss, area_name, sector, places, short_break_only, multi_building, owner_organisation, judgement, judged_on, helped, leaders from given
    on conflict (urn) do update set list_id = excluded.list_id, provision_type = excluded.provision_type, kind = excluded.kind,
      education_urn = excluded.education_urn, registered_on = excluded.registered_on, registration = excluded.registration,
      redacted = excluded.redacted, name = excluded.name, address = excluded.address, postcode = excluded.postcode,
      area_gss = excluded.area_gss, area_name = excluded.area_name, sector = excluded.sector, places = excluded.places,
      short_break_only = excluded.short_break_only, multi_building = excluded.multi_building, owner_organisation = excluded.owner_organisation,
      judgement = excluded.judgement, judged_on = excluded.judged_on, helped = excluded.helped, leaders = excluded.leaders, gone_on = null,
      previous_judgement = case when excluded.judged_on > p.judged_on then p.judgement else p.previous_judgement end,
      previous_judged_on = case when excluded.judged_on > p.judged_on then p.judged_on else p.previous_judged_on end
    where (p.provision_type, p.kind, p.education_urn, p.registered_on, p.registration, p.redacted, p.name, p.address, p.postcode, p.area_gss, p.area_name,
        p.sector, p.places, p.short_break_only, p.multi_building, p.owner_organisation, p.judgement, p.judged_on, p.helped, p.leaders, p.gone_on)
      is distinct from (excluded.provision_type, excluded.kind, excluded.education_urn, excluded.registered_on, excluded.registration, excluded.redacted,
        excluded.name, excluded.address, excluded.postcode, excluded.area_gss, excluded.area_name, excluded.sector, excluded.places,
        excluded.short_break_only, excluded.multi_building, excluded.owner_organisation, excluded.judgement, excluded.judged_on, excluded.helped,
        excluded.leaders, null)
    returning old.urn is null as fresh)
  select count(*) filter (where fresh), count(*) filter (where not fresh) into n_new, n_changed from taken;
  update residential.ofsted_provider p set gone_on = take_list.as_at
    where p.gone_on is null and p.area_name in (select h->>'area_name' from jsonb_array_elements(take_list.homes) h)
      and p.urn not in (select h->>'urn' from jsonb_array_elements(take_list.homes) h);
  get diagnostics n_gone = row_count;
  update residential.ofsted_list l set new_homes = n_new, changed_homes = n_changed, gone_homes = n_gone where l.id = made;
  return made;
end $$;
grant execute on function residential.keep, residential.keep_no_longer, residential.take_list to careshare_app;
reset role;
revoke create on schema residential from careshare_broker;

-- The notice of a spare place says what homes are asked for beyond what foster homes are. For a foster home all of it is null.
set role careshare_owner;
alter table tenants.offer
  add column sector text check (sector in ('local_authority', 'private', 'voluntary', 'health')),
  add column kept_as text check (kept_as in ('own', 'proxy')),            -- proxy: the home's owner is not on Careshare
  add column category smallint check (category between 1 and 4),          -- of supported accommodation
  add column purposes text[], add column need_levels text[],
  add column judgement text check (judgement in ('outstanding', 'good', 'requires_improvement', 'inadequate')),
  add column judged_year smallint,                  -- the year alone: a day would find the home on Ofsted's list
  add column staffed_until date, add column education_on_site boolean, add column short_break_only boolean,
  add constraint offer_home check (kind = 'foster_home' and num_nonnulls(sector, kept_as, category, purposes, need_levels, judgement, judged_year,
      staffed_until, education_on_site, short_break_only) = 0
    or kind <> 'foster_home' and num_nonnulls(sector, kept_as, purposes, need_levels, staffed_until, education_on_site, short_break_only) = 7
      and (kind = 'supported_accommodation') = (category is not null) and (judgement is null) = (judged_year is null));

-- What an offered place costs, apart from the notice: seen where a running agreement goes beyond notices (profile or identity).
create table tenants.offer_price (
  owner_id uuid not null, offer_id uuid not null, shelf_id uuid not null, need_level text not null,
  during daterange not null check (not isempty(during)), weekly numeric(12,2) not null check (weekly >= 0),
  supplements jsonb not null default '[]' check (jsonb_typeof(supplements) = 'array'),   -- [{"code", "per", "amount"}], amounts as text
  purchase text not null, notice_nights smallint not null, void_percent numeric(5,2) not null,
  constraint offer_prices_do_not_overlap primary key (owner_id, offer_id, need_level, during without overlaps),
  foreign key (owner_id, offer_id) references tenants.offer (owner_id, id) on delete cascade,
  foreign key (owner_id, shelf_id) references careshare.shelf (owner_id, id));
create index offer_price_offer on tenants.offer_price (owner_id, offer_id);
create index offer_price_shelf on tenants.offer_price (owner_id, shelf_id);
comment on table tenants.offer_price is 'scope: published. The weekly price of an offered place by level of need; read only where the agreement goes beyond notices.';
create function tenants.priced_shelves() returns uuid[] language sql stable set search_path = pg_catalog, pg_temp as $$
  select array(select s.id from careshare.shelf s where s.owner_id = careshare.authority()
    union select g.shelf_id from careshare.sharing_grant g join tenants.agreement a on a.id = g.agreement_id
      where g.viewer_id = careshare.authority() and g.in_force @> now() and a.detail in ('profile', 'identity')) $$;
grant execute on function tenants.priced_shelves to careshare_app;
select careshare.protect('tenants.offer_price', 'owner_id');
create policy read on tenants.offer_price for select to careshare_app using (shelf_id = any ((select tenants.priced_shelves())::uuid[]));
grant select, insert, update, delete on tenants.offer_price to careshare_app;

-- Authorities that are here already get the shelves of the new resource class.
insert into careshare.shelf (owner_id, resource)
  select a.id, 'residential_places' || own from tenants.authority a, unnest(array['', ':own']) own;
reset role;
