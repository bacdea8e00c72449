-- A placement with a provider outside Careshare is flagged like any other: birthdays and changes of plan do not ask where a child lives.
set role careshare_owner;
alter table placements.flag add column outside_placement_id uuid,
  add foreign key (authority_id, outside_placement_id) references placements.outside_placement (authority_id, id) on delete cascade;
create index flag_outside on placements.flag (authority_id, outside_placement_id);
alter table placements.flag alter column case_id set expression as (coalesce(placement_id, outside_placement_id, enquiry_id, request_id));
alter table placements.flag drop constraint flag_check, add constraint flag_subject check (case subject
  when 'request' then request_id is not null and num_nonnulls(enquiry_id, hold_id, placement_id, outside_placement_id) = 0
  when 'enquiry' then enquiry_id is not null and num_nonnulls(hold_id, placement_id, outside_placement_id) = 0
  when 'hold' then num_nonnulls(enquiry_id, hold_id) = 2 and num_nonnulls(placement_id, outside_placement_id) = 0
  else hold_id is null and (num_nonnulls(enquiry_id, placement_id) = 2 and outside_placement_id is null
    or outside_placement_id is not null and num_nonnulls(enquiry_id, placement_id) = 0) end);
grant insert (outside_placement_id) on placements.flag to careshare_app;
reset role;
