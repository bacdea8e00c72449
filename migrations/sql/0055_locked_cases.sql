-- A request or a home that is locked from a colleague is locked with everything that was asked, agreed and placed about it:
-- the enquiry, who the child is, where the home is, what was written, the placement and its sealed copy.
grant create on schema placements to careshare_broker;
set role careshare_broker;
-- The enquiries, here and outside, about a record locked from the bound person; evaluated once a query by the policies below.
create function placements.cases_locked_from_me() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with locked as (select l.authority_id, l.subject_id from tenants.record_lock l
    where l.authority_id = careshare.authority() and l.person_id = careshare.actor())
  select array(
    select a.enquiry_id from locked l join placements.asked a on a.authority_id = l.authority_id and a.request_id = l.subject_id
    union select w.enquiry_id from locked l join placements.answering w on w.authority_id = l.authority_id and w.subject_id = l.subject_id
    union select o.id from locked l join placements.outside_enquiry o on o.authority_id = l.authority_id and o.request_id = l.subject_id) $$;
grant execute on function placements.cases_locked_from_me to careshare_app;
reset role;
revoke create on schema placements from careshare_broker;
set role careshare_owner;
do $$ declare t text[]; begin
  foreach t slice 1 in array array[['enquiry', 'id'], ['asked', 'enquiry_id'], ['answering', 'enquiry_id'], ['child_profile', 'enquiry_id'],
    ['child_fuller', 'enquiry_id'], ['child_identity', 'enquiry_id'], ['home_fuller', 'enquiry_id'], ['home_identity', 'enquiry_id'],
    ['message', 'enquiry_id'], ['attachment', 'enquiry_id'], ['archive', 'enquiry_id'], ['archive_file', 'enquiry_id'], ['choice', 'enquiry_id'],
    ['terms_asked', 'enquiry_id'], ['terms_offered', 'enquiry_id'], ['consent', 'enquiry_id'], ['hold', 'enquiry_id'], ['placement', 'enquiry_id'],
    ['outside_enquiry', 'id'], ['outside_answer', 'outside_enquiry_id'], ['outside_placement', 'outside_enquiry_id']] loop
    execute format('create policy locked on placements.%I as restrictive to careshare_app using (%I <> all ((select placements.cases_locked_from_me())::uuid[]))', t[1], t[2]);
  end loop;
end $$;
reset role;
