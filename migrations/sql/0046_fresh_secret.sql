-- A secret that takes two people is made when the second agrees, and shown to them: whoever asked for it never knows it.
grant create on schema identity to careshare_broker;
set role careshare_broker;
drop function identity.approve_client(uuid, int);
-- As in 0018, but that `fresh` is the hash of the secret that the newest of those that wait becomes; of the others, which
-- nobody was shown, nothing is left.
create function identity.approve_client(client uuid, seen int, fresh bytea) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare was identity.client; acting uuid := careshare.authority(); newest uuid; given int := 0;
begin
  select * into was from identity.client c where c.authority_id = acting and c.id = client and c.revoked_at is null and c.version = seen for update;
  if not found then return null; end if;
  if was.waiting <> '{}' and was.asked_by <> careshare.actor() then
    update identity.client c set waiting = '{}', approved_by = careshare.actor(), approved_at = now() where c.authority_id = acting and c.id = client;
    update identity.token t set scopes = was.scopes where t.authority_id = acting and t.client_id = client and t.external_hash is not null
      and t.revoked_at is null and t.expires_at > now();
    given := 1;
  end if;
  select s.id into newest from identity.client_secret s where s.authority_id = acting and s.client_id = client and s.waits and s.revoked_at is null
    and s.created_by <> careshare.actor() order by s.id desc limit 1;
  if found then
    perform identity.end_client_secret(client, s.id) from identity.client_secret s where s.authority_id = acting and s.client_id = client
      and s.waits and s.revoked_at is null and s.created_by <> careshare.actor() and s.id <> newest;
    update identity.client_secret s set hash = fresh, waits = false, approved_by = careshare.actor(), approved_at = now()
      where s.authority_id = acting and s.id = newest;
    given := given + 1;
  end if;
  if given > 0 then update identity.client c set version = c.version + 1 where c.authority_id = acting and c.id = client; end if;
  return given;
end $$;
grant execute on function identity.approve_client(uuid, int, bytea) to careshare_app;
reset role;
revoke create on schema identity from careshare_broker;
