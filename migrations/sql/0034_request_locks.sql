-- A request locked from a colleague hides the searches made for it and its unmet need: they tell of the same child.
grant create on schema placements to careshare_broker;
set role careshare_owner;
create policy broker on placements.request_search for select to careshare_broker using (true);
grant select on placements.request_search to careshare_broker;
reset role;
set role careshare_broker;
create function placements.searches_locked_from_me() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select s.search_id from tenants.record_lock l
    join placements.request_search s on s.authority_id = l.authority_id and s.request_id = l.subject_id
    where l.authority_id = careshare.authority() and l.person_id = careshare.actor()) $$;
grant execute on function placements.searches_locked_from_me to careshare_app;
reset role;
revoke create on schema placements from careshare_broker;
set role careshare_owner;
create policy locked on placements.search as restrictive to careshare_app using (id <> all ((select placements.searches_locked_from_me())::uuid[]));
create policy locked on placements.call as restrictive to careshare_app using (search_id <> all ((select placements.searches_locked_from_me())::uuid[]));
create policy locked on placements.unmet_need as restrictive to careshare_app using ((request_id = any ((select tenants.locked_from_me())::uuid[])) is not true);
reset role;
