-- Gazetteer: where a postcode is, whose area that is, which authorities adjoin. Reference data that anybody may read;
-- the owner alone writes it, through `careshare gazetteer`.
create schema gazetteer authorization careshare_owner;
grant usage on schema gazetteer to careshare_app, careshare_broker, careshare_backup;
set role careshare_owner;

create table gazetteer.source (
  id uuid primary key default uuidv7(), kind text not null check (kind in ('authorities', 'postcodes', 'adjoining')),
  name text not null, version text not null, coverage text not null default '', rows int not null check (rows >= 0),
  loaded_at timestamptz not null default clock_timestamp(), loaded_by text not null default session_user);
create index source_kind on gazetteer.source (kind, id);
comment on table gazetteer.source is 'scope: platform. What was loaded when; the newest of a kind is what stands.';

create table gazetteer.local_authority (
  gss_code text primary key check (gss_code ~ '^[EWS][0-9]{8}$'), dfe_code text check (dfe_code ~ '^[0-9]{3}$'),
  name text not null check (name <> ''), region_code text not null, region_name text not null,
  valid daterange not null check (not isempty(valid)),
  constraint local_authority_one_code_at_a_time exclude using gist (dfe_code with =, valid with &&));
comment on table gazetteer.local_authority is
  'scope: platform. Authorities by GSS code, dated; codes with one DfE code are one authority whose code changed.';

create table gazetteer.postcode (
  postcode text primary key check (postcode ~ '^[A-Z0-9]{2,4} [0-9][A-Z]{2}$'),
  easting int not null check (easting between 0 and 700000), northing int not null check (northing between 0 and 1300000),
  area_gss text not null, outward text not null,
  ended date);                                    -- no longer delivered to; null where the directory does not say
create index postcode_area on gazetteer.postcode (area_gss, outward);
comment on table gazetteer.postcode is
  'scope: platform. Postcodes of Great Britain with National Grid reference (metres) and the authority of the area.';

create table gazetteer.area (
  code text primary key, kind text not null check (kind in ('outward', 'authority', 'postcode_area', 'region')),
  name text not null, easting int not null, northing int not null,
  radius_m int not null check (radius_m >= 0), postcodes int not null check (postcodes > 0),
  check (code like kind || ':%'));
create index area_kind on gazetteer.area (kind, code);
comment on table gazetteer.area is
  'scope: platform. What a place may be shown as: the mean of an area''s loaded postcodes, and how far the farthest lies.';

create table gazetteer.adjoining (
  gss_a text not null, gss_b text not null check (gss_a <> gss_b),
  boundary text not null check (boundary in ('land', 'water')), counts boolean not null,
  valid daterange not null check (not isempty(valid)),
  primary key (gss_a, gss_b, valid without overlaps));
comment on table gazetteer.adjoining is
  'scope: platform. Which authorities share a boundary, when, and whether it counts as adjoining; both directions stand.';

create table gazetteer.neighbours_known (
  gss_code text not null, valid daterange not null check (not isempty(valid)),
  primary key (gss_code, valid without overlaps));
comment on table gazetteer.neighbours_known is
  'scope: platform. Authorities whose neighbours are all recorded: for others, no row does not mean that they do not adjoin.';

grant select on gazetteer.source, gazetteer.local_authority, gazetteer.postcode, gazetteer.area, gazetteer.adjoining,
  gazetteer.neighbours_known to careshare_app, careshare_broker, careshare_backup;

-- Straight line in miles between two National Grid points. Its body is parsed here and now, so that it can be inlined.
create function gazetteer.miles(easting_a int, northing_a int, easting_b int, northing_b int) returns double precision
  language sql immutable parallel safe strict
  return sqrt((easting_a - easting_b)::double precision ^ 2 + (northing_a - northing_b)::double precision ^ 2) / 1609.344;

create function gazetteer.today() returns date language sql stable parallel safe set search_path = pg_catalog, pg_temp as
  $$ select (now() at time zone 'Europe/London')::date $$;

-- Every GSS code that the authority has or had, this one first even where it is not on the list.
create function gazetteer.codes_of(gss text) returns text[] language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
  select gss || array(select other.gss_code from gazetteer.local_authority this
    join gazetteer.local_authority other on other.dfe_code = this.dfe_code and other.gss_code <> this.gss_code
    where this.gss_code = gss order by other.gss_code) $$;

-- The codes of the authorities that adjoin this one and count, on a day. Empty may mean "not known": see adjacency_known.
create function gazetteer.adjoins(gss text, on_day date default gazetteer.today()) returns text[]
  language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
  select array(select distinct coalesce(other.gss_code, a.gss_b) as code from gazetteer.adjoining a
    left join gazetteer.local_authority this on this.gss_code = a.gss_b
    left join gazetteer.local_authority other on other.dfe_code = this.dfe_code
    where a.gss_a = any((select gazetteer.codes_of(gss))::text[]) and a.counts and a.valid @> on_day order by code) $$;

-- Whether all neighbours of this authority are recorded, so that an authority not among them does not adjoin it.
create function gazetteer.adjacency_known(gss text, on_day date default gazetteer.today()) returns boolean
  language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
  select exists (select from gazetteer.neighbours_known
    where gss_code = any((select gazetteer.codes_of(gss))::text[]) and valid @> on_day) $$;

-- Do these two adjoin? Null where neither one's neighbours are all known and no row says that they do.
create function gazetteer.adjoin(gss_a text, gss_b text, on_day date default gazetteer.today()) returns boolean
  language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
  select case when gss_b = any(gazetteer.adjoins(gss_a, on_day)) then true
    when gazetteer.adjacency_known(gss_a, on_day) or gazetteer.adjacency_known(gss_b, on_day) then false end $$;

grant execute on function gazetteer.miles, gazetteer.today, gazetteer.codes_of, gazetteer.adjoins, gazetteer.adjacency_known,
  gazetteer.adjoin to careshare_app, careshare_broker;
reset role;
