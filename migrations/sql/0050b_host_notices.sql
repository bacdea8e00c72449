-- What a home owes its host authority of children who were recorded without a placement made here, and, in the sealed copy that
-- each side keeps of a placement, what was asked and the price that was agreed.
-- Source: Children's Homes (England) Regulations 2015 (SI 2015/541) reg 41.
set role careshare_owner;
create table residential.host_notice (
  authority_id uuid not null, resident_id uuid not null, occasion text not null check (occasion in ('admission', 'discharge')),
  gss text not null, owed_on date not null,            -- the authority in whose area the home stands; the day the child came or left
  sent_on date check (sent_on >= owed_on), how text check (how in ('letter', 'email', 'in_person', 'telephone')), sent_by uuid,
  check (num_nonnulls(sent_on, how, sent_by) in (0, 3)),
  primary key (authority_id, resident_id, occasion),
  foreign key (authority_id, resident_id) references residential.resident (authority_id, id) on delete cascade);
comment on table residential.host_notice is
  'scope: authority. Each notice a home owes the authority in whose area it stands of a child recorded by hand: owed from when, sent when and how.';
select careshare.protect('residential.host_notice', 'authority_id');
grant select, insert, update, delete on residential.host_notice to careshare_app;
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
create or replace function placements.close_gate(e placements.enquiry, archive boolean) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare received jsonb;
begin
  if archive and e.placing_id <> e.providing_id then
    received := jsonb_build_object('home', (select h.body from placements.home_identity h where h.authority_id = e.providing_id and h.enquiry_id = e.id),
      'household', (select h.body from placements.home_fuller h where h.authority_id = e.providing_id and h.enquiry_id = e.id),
      'terms', (select t.body from placements.terms_offered t where t.authority_id = e.providing_id and t.enquiry_id = e.id));
    perform placements.seal_copy(e, e.placing_id, received);
    received := jsonb_build_object('children', (select c.body from placements.child_identity c where c.authority_id = e.placing_id and c.enquiry_id = e.id),
      'profile', (select c.body from placements.child_fuller c where c.authority_id = e.placing_id and c.enquiry_id = e.id),
      'terms', (select t.body from placements.terms_asked t where t.authority_id = e.placing_id and t.enquiry_id = e.id));
    perform placements.seal_copy(e, e.providing_id, received);
  end if;
  update tenants.disclosure set closes_at = now() where case_id = e.id and closes_at > now();   -- now(): for the rest of this transaction, too
  update placements.consent_asked a set state = 'over' from placements.consent c where c.id = a.id and c.enquiry_id = e.id and a.state = 'wanted';
end $$;
reset role;
revoke create on schema placements from careshare_broker;
