-- A parent, carer or young person says by the one-time link of a message that they have read it.
set role careshare_owner;
alter table messages.message add column acknowledged_at timestamptz,
  add constraint message_acknowledged check (acknowledged_at is null or contact_id is not null);
grant update (acknowledged_at) on messages.message to careshare_app;
reset role;
