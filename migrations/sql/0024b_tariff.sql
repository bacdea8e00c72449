-- A lender's own tariff: what it asks a week by kind of home, part of the price and the child's age, dated.
set role careshare_owner;
create table tenants.tariff_line (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  kind text not null check (kind in ('foster_home', 'residential_home', 'supported_accommodation')), part text not null check (part ~ '^[a-z0-9_]+$'),
  age_from int not null check (age_from between 0 and 25), age_to int not null check (age_to between age_from and 25),   -- in whole years, both included
  during daterange not null check (not isempty(during) and not lower_inf(during)),
  weekly numeric(12,2) not null check (weekly >= 0), when_empty boolean not null,
  primary key (authority_id, id),
  constraint tariff_line_once exclude using gist (authority_id with =, kind with =, part with =, int4range(age_from, age_to, '[]') with &&, during with &&));
comment on table tenants.tariff_line is 'scope: authority. A lender''s weekly prices by kind of home, part and age, from when to when.';
create index tariff_line_since on tenants.tariff_line (authority_id, kind, part);
select careshare.protect('tenants.tariff_line', 'authority_id');
grant select, insert, update, delete on tenants.tariff_line to careshare_app;
reset role;
