-- What nobody signed opens nothing: parties see each other only on a version both signed, and a signature is given to the terms
-- that were read.
grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- The grants of an agreement follow from its signatures and its dates: two parties see each other's shelf of the resource on
-- the newest version that both signed and all its parties did, while both take part. Who gave notice stays until then on the
-- version they signed, and is shown to nobody whom a later one brought in.
create or replace function tenants.settle_grants(which uuid) returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; n int;
begin
  select * into a from tenants.agreement where id = which for update;
  delete from careshare.sharing_grant where agreement_id = which;
  if a.state not in ('signed', 'in_force') then return 0; end if;
  insert into careshare.sharing_grant (viewer_id, shelf_id, agreement_id, in_force)
    select v.authority_id, s.id, a.id, together.take_part
    from tenants.agreement_party v
    join tenants.agreement_party o on o.agreement_id = v.agreement_id and o.authority_id <> v.authority_id
    join careshare.shelf s on s.owner_id = o.authority_id and s.resource = a.resource
    cross join lateral (select greatest(v.joined_at, o.joined_at) as since, least(v.leaves_at, o.leaves_at) as until) pair
    cross join lateral (
      select tstzrange(least(lower(a.in_force), lower(w.in_force)), upper(w.in_force)) as during from tenants.agreement_version w
      join tenants.agreement_signature x on x.version_id = w.id and x.authority_id = v.authority_id
      join tenants.agreement_signature y on y.version_id = w.id and y.authority_id = o.authority_id
      where w.agreement_id = which and w.signed_at is not null order by w.version desc limit 1) both_signed
    cross join lateral (select case when pair.since >= pair.until then 'empty'::tstzrange
      else both_signed.during * tstzrange(pair.since, pair.until) end as take_part) together
    where v.agreement_id = a.id and v.signed_at is not null and o.signed_at is not null and v.left_at is null and o.left_at is null
      and not isempty(together.take_part);
  get diagnostics n = row_count; return n;
end $$;
-- As in 0016, and only what was read: `expected` is the revision the reader saw, checked under the same lock; null asks nothing.
drop function tenants.sign_version(uuid, int, text, text);
create function tenants.sign_version(which uuid, expected int, version int, name text, role text) returns table (signed int, steps text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; v tenants.agreement_version;
begin
  select * into a from tenants.agreement where id = which and state <> 'ended' for update;
  if not found or expected is not null and a.revision <> expected then return; end if;
  select * into v from tenants.agreement_version w where w.agreement_id = which and w.state = 'proposed'
    and (sign_version.version is null or w.version = sign_version.version) and careshare.authority() = any(w.parties);
  if not found or not exists (select from tenants.agreement_party p where p.agreement_id = which and p.authority_id = careshare.authority()
      and p.leaves_at is null) then return; end if;
  insert into tenants.agreement_signature (version_id, authority_id, person_id, name, role)
    values (v.id, careshare.authority(), careshare.actor(), sign_version.name, sign_version.role) on conflict do nothing;
  if not found then return; end if;
  if a.state = 'draft' then
    update tenants.agreement_party p set signed_by = sign_version.name, signed_role = sign_version.role, signed_at = now()
      where p.agreement_id = which and p.authority_id = careshare.authority();
  end if;
  update tenants.agreement set revision = revision + 1 where id = which;
  return query select v.version, tenants.settle_agreement(which);
end $$;
create or replace function tenants.sign(which uuid, name text, role text) returns boolean language sql security definer set search_path = pg_catalog, pg_temp as
  $$ select exists (select from tenants.sign_version(which, null, null, name, role)) $$;
grant execute on function tenants.sign_version to careshare_app;
select tenants.settle_grants(id) from tenants.agreement where state in ('signed', 'in_force');
reset role;
revoke create on schema tenants from careshare_broker;
