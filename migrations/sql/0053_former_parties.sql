-- Whoever has left an agreement, or is only asked to join it, reads the row of the version that was put to them and no other's.
set role careshare_owner;
alter table tenants.agreement_party add column id uuid not null unique default gen_random_uuid();
grant select (id) on tenants.agreement_party to careshare_app;
reset role;
grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- The agreements whose row, the version in force, is the bound authority's to read: those it may read that version of.
create function tenants.my_agreement_rows() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select a.id from tenants.agreement a
    join tenants.agreement_party p on p.agreement_id = a.id and p.authority_id = careshare.authority()
    join tenants.agreement_version v on v.agreement_id = a.id and v.version = a.version
    where p.authority_id = any(v.parties) and (p.leaves_at is null or p.leaves_at > now() or v.proposed_at < p.leaves_at)) $$;
-- How the agreements stand that the bound authority is, was or is asked to be a party of: nothing of what they say.
create function tenants.agreements_standing() returns table (id uuid, resource text, state text, version int, revision int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.resource, a.state, a.version, a.revision from tenants.agreement a
    join tenants.agreement_party p on p.agreement_id = a.id and p.authority_id = careshare.authority() $$;
create function tenants.my_agreement_parties() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select p.id from tenants.agreement_party me join tenants.agreement_party p on p.agreement_id = me.agreement_id
    where me.authority_id = careshare.authority() and (p.authority_id = me.authority_id or exists (
      select from tenants.agreement_version v where v.agreement_id = p.agreement_id and p.authority_id = any(v.parties) and me.authority_id = any(v.parties)
        and (me.leaves_at is null or me.leaves_at > now() or v.proposed_at < me.leaves_at)))) $$;
grant execute on function tenants.my_agreement_rows, tenants.my_agreement_parties, tenants.agreements_standing to careshare_app;
reset role;
revoke create on schema tenants from careshare_broker;
set role careshare_owner;
drop policy party on tenants.agreement;
create policy party on tenants.agreement for select to careshare_app using (id = any ((select tenants.my_agreement_rows())::uuid[]));
-- The same of its parties: oneself, and whoever is named in a version that one may read.
drop policy party on tenants.agreement_party;
create policy party on tenants.agreement_party for select to careshare_app using (id = any ((select tenants.my_agreement_parties())::uuid[]));
reset role;
