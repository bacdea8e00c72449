-- Offers: the level-1 notice of a vacancy, whatever kind of place stands behind it. What search shows, and no more.
set role careshare_owner;
create table tenants.offer (
  owner_id uuid not null, shelf_id uuid not null,
  id uuid not null default gen_random_uuid(),       -- new at each publication: it says nothing of when, nor of which home
  kind text not null check (kind in ('foster_home', 'residential_home', 'supported_accommodation')),
  -- what the home may take
  care_types text[] not null check (cardinality(care_types) > 0),
  age_min smallint not null check (age_min >= 0), age_max smallint not null check (age_max <= 25),
  sex text not null default 'any' check (sex in ('any', 'M', 'F')),
  places smallint not null check (places > 0),      -- free from `starts`
  starts date not null, ends date check (ends > starts),
  within_limit smallint not null check (within_limit >= 0),   -- how many more children the usual fostering limit allows
  empty boolean not null,                           -- no fostered child there: siblings of each other stay within the limit
  bedrooms smallint check (bedrooms >= 0),          -- free bedrooms; null: not stated
  sharing text check (sharing in ('no', 'siblings', 'any')),  -- who may share a bedroom; null: not stated
  solo boolean,                                     -- can be a solo placement; null: not stated
  -- who else lives there, in bands; null: not stated
  children_there text check (children_there in ('none', 'some')),
  others_low smallint, others_high smallint,        -- bounds of the bands of the youngest and the oldest child there
  check ((others_low is null) = (others_high is null) and others_low <= others_high),
  check (children_there = 'some' or others_low is null),
  pets text[],                                      -- empty: none; null: not stated
  -- what the home can do; null: not stated
  skills text[] not null default '{}', communication text[] not null default '{}', adaptations text[] not null default '{}',
  languages text[], religions text[], cultures text[],
  -- the area shown: its centre and reach, never the home's
  area_code text not null, area_name text not null, area_gss text not null,
  easting int not null, northing int not null, radius_m int not null check (radius_m >= 0),
  confirmed_on date,                                -- when the vacancy was last confirmed; null: never
  primary key (owner_id, id), unique (id),
  foreign key (owner_id, shelf_id) references careshare.shelf (owner_id, id),
  check (age_min <= age_max));
create index offer_shelf on tenants.offer (shelf_id, starts);
create index offer_owner_shelf on tenants.offer (owner_id, shelf_id);
comment on table tenants.offer is 'scope: published. Vacancy notices; read through a shelf, written by their owner.';
alter table tenants.offer enable row level security;
alter table tenants.offer force row level security;
create policy owner on tenants.offer to careshare_owner using (true) with check (true);
create policy backup on tenants.offer for select to careshare_backup using (true);
create policy read on tenants.offer for select to careshare_app using (shelf_id = any ((select careshare.shelves())::uuid[]));
create policy own_insert on tenants.offer for insert to careshare_app with check (owner_id = (select careshare.authority()));
create policy own_update on tenants.offer for update to careshare_app using (owner_id = (select careshare.authority())) with check (owner_id = (select careshare.authority()));
create policy own_delete on tenants.offer for delete to careshare_app using (owner_id = (select careshare.authority()));
grant select, insert, update, delete on tenants.offer to careshare_app;
grant select on tenants.offer to careshare_backup;

-- What only the owner knows of its offers: which home it is, and the exact point (none for a confidential home).
create table tenants.offer_own (
  owner_id uuid not null, offer_id uuid not null, subject_id uuid not null, label text not null,
  easting int, northing int, check ((easting is null) = (northing is null)),
  primary key (owner_id, offer_id), unique (owner_id, subject_id),
  foreign key (owner_id, offer_id) references tenants.offer (owner_id, id) on delete cascade);
comment on table tenants.offer_own is 'scope: authority. The home behind an offer and its exact point, for its owner alone.';
select careshare.protect('tenants.offer_own', 'owner_id');
grant select, insert, update, delete on tenants.offer_own to careshare_app;
reset role;
