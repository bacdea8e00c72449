-- Leaving an agreement: what was asked and not agreed on ends at once with the grant; agreed matches and placements stand
-- (access-model: Leaving). Whatever ends a grant does it: leaving, a notice that has run, an agreement that is over.
set role careshare_owner;
insert into placements.step_rule (machine, stage, side, step, next_stage, level)
  select 'enquiry', stage, 'system', 'close', 'lapsed', 0 from unnest(array['sent', 'accepted', 'proposed', 'matching']) stage;
reset role;
grant create on schema placements to careshare_broker;
set role careshare_broker;
create function placements.close_unshared() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry; acting uuid := nullif(current_setting('careshare.authority', true), '')::uuid; actor uuid := nullif(current_setting('careshare.actor', true), '')::uuid;
begin
  if exists (select from careshare.sharing_grant g where g.viewer_id = old.viewer_id and g.shelf_id = old.shelf_id and g.in_force @> now()) then return null; end if;
  for e in select * from placements.enquiry q where q.placing_id = old.viewer_id and q.shelf_id = old.shelf_id
      and q.stage in ('sent', 'accepted', 'proposed', 'matching') order by q.id for no key update loop
    perform placements.drop_holds(e, 'ended');
    perform placements.close_gate(e, false);
    update placements.enquiry set stage = 'lapsed', moved_at = clock_timestamp(), revision = revision + 1 where id = e.id;
    insert into placements.step (placing_id, providing_id, enquiry_id, machine, step, from_stage, to_stage, by_id, actor_id, code)
      values (e.placing_id, e.providing_id, e.id, 'enquiry', 'close', e.stage, 'lapsed', coalesce(acting, e.providing_id),
        coalesce(actor, '00000000-0000-0000-0000-000000000000'), 'agreement_over');
  end loop;
  return null;
end $$;
grant execute on function placements.close_unshared to careshare_owner;
reset role;
revoke create on schema placements from careshare_broker;
set role careshare_owner;
-- At the end of the transaction: grants are often taken away and given anew within it.
create constraint trigger close_unshared after delete on careshare.sharing_grant deferrable initially deferred
  for each row execute function placements.close_unshared();
reset role;
