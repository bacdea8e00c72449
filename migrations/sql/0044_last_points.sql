-- Machines are sent no mail, an office to contact keeps nobody from amending, and what a party reads of an agreement follows
-- the versions it was a party of.
grant create on schema messages, tenants to careshare_broker;
set role careshare_broker;
-- As in 0015; a system has no mailbox.
create or replace function messages.staff_address(person uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.email from identity.person p where p.id = person and p.ended_at is null and p.email not like '%@clients.invalid'
    and (exists (select from tenants.member m where m.person_id = p.id and m.authority_id = careshare.authority() and (m.ends is null or m.ends > current_date))
      or exists (select from tenants.temporary_role t where t.person_id = p.id and t.authority_id = careshare.authority() and t.ended_at is null and upper(t.during) > now())) $$;
-- Who of the bound authority's members holds one of these roles today and can be written to: people, no machines.
create function tenants.staff_holding(held text[]) returns setof uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.person_id from tenants.member m join identity.person p on p.id = m.person_id
  where m.authority_id = careshare.authority() and m.roles && held and m.starts <= current_date and (m.ends is null or m.ends > current_date)
    and p.ended_at is null and p.email not like '%@clients.invalid' order by 1 $$;
-- As in 0016; the terms are as they were, so whoever amends them need not read them again.
create or replace function tenants.set_agreement_contact(which uuid, role text, telephone text, email text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update tenants.agreement_party p set contact_role = set_agreement_contact.role, contact_telephone = telephone, contact_email = email
    where p.agreement_id = which and p.authority_id = careshare.authority() and p.left_at is null;
  return found;
end $$;
grant execute on function tenants.staff_holding to careshare_app;
reset role;
revoke create on schema messages, tenants from careshare_broker;
