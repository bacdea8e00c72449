-- What a foster home costs is told with its notice where the agreement goes beyond notices, as a spare place's price is
-- (0023): by the lender's tariff. And unmet need says which kinds of home were searched in vain, and which kind was found.
grant create on schema tenants to careshare_broker;
set role careshare_owner;
create policy broker on tenants.tariff_line for select to careshare_broker using (true);
grant select on tenants.tariff_line to careshare_broker;
set role careshare_broker;
-- What needs a reason of its own (1:1 staffing, therapy) is agreed at the match and told to nobody before.
create function tenants.priced_tariff_lines() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select t.id from careshare.sharing_grant g join tenants.agreement a on a.id = g.agreement_id
    join careshare.shelf s on s.id = g.shelf_id join tenants.tariff_line t on t.authority_id = s.owner_id
    where g.viewer_id = careshare.authority() and g.in_force @> now() and a.detail in ('profile', 'identity')
      and s.resource = 'foster_carers' and t.kind = 'foster_home' and t.part in ('base', 'skills')) $$;
grant execute on function tenants.priced_tariff_lines to careshare_app;
reset role;
revoke create on schema tenants from careshare_broker;
set role careshare_owner;
create policy agreed on tenants.tariff_line for select to careshare_app using (id = any ((select tenants.priced_tariff_lines())::uuid[]));
comment on table tenants.tariff_line is 'scope: published. A lender''s weekly prices by kind of home, part and age, from when to when; those of foster homes are read where an agreement goes beyond notices.';

alter table placements.unmet_need
  add column kinds text[] not null default '{foster_home,supported_accommodation,residential_home}'
    check (kinds <> '{}' and kinds <@ '{foster_home,supported_accommodation,residential_home}'::text[]),   -- searched in vain, so far
  add column found_kinds text[] check (found_kinds <@ '{foster_home,supported_accommodation,residential_home}'::text[]),
  add constraint unmet_need_found check (found_kinds is null or closed_as = 'found');
alter table placements.unmet_need alter column kinds drop default;
reset role;
