-- Placements outside Careshare at the end of their time: one authority's own record, deleted once its officer has confirmed it.
set role careshare_owner;
create index outside_placement_over on placements.outside_placement (authority_id, ended_at) where stage in ('ended', 'cancelled');
create trigger held before delete on placements.outside_placement for each row execute function record.refuse_held('outside_placement', 'id');
alter table placements.outside_placement enable always trigger held;
reset role;
grant create on schema placements to careshare_broker;
set role careshare_broker;
-- Deletes the bound authority's placements outside that are over, with prices, notices and steps; what is held, itself or by its
-- request, is left out. Gives those it did.
create function placements.forget_outside(ids uuid[]) returns uuid[] language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); mine uuid[];
begin
  mine := array(select p.id from placements.outside_placement p join placements.outside_enquiry q on q.authority_id = p.authority_id and q.id = p.outside_enquiry_id
    where p.authority_id = me and p.id = any(ids) and p.stage in ('ended', 'cancelled') and not exists (
      select from record.hold h where h.authority_id = me and h.lifted_at is null and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date)
        and (h.class = 'outside_placement' and (h.subject_id is null or h.subject_id = p.id) or h.class = 'request' and (h.subject_id is null or h.subject_id = q.request_id)))
    order by p.id for update of p);
  delete from placements.outside_price x where x.authority_id = me and x.outside_placement_id = any(mine);
  delete from placements.outside_notice x where x.authority_id = me and x.outside_placement_id = any(mine);
  delete from placements.outside_step x where x.authority_id = me and x.outside_placement_id = any(mine);
  delete from capacity.claim c using placements.outside_placement p where p.authority_id = me and p.id = any(mine) and c.id = p.claim_id;
  delete from placements.outside_placement p where p.authority_id = me and p.id = any(mine);
  return mine;
end $$;
grant execute on function placements.forget_outside to careshare_app;
reset role;
revoke create on schema placements from careshare_broker;
