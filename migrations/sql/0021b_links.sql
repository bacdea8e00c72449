-- A one-time link is worth nothing once whoever it was made for has left: not its use alone, what it shows too. And the
-- demonstration offers people who may act today, no machines.
grant create on schema messages, identity to careshare_broker;
set role careshare_broker;
-- Whether the link is nobody's in person, or of somebody who still belongs, or soon will, to its authority.
create function messages.holder_stays(link messages.one_time_link) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select link.person_id is null or exists (select from tenants.member m join identity.person p on p.id = m.person_id
    where m.authority_id = link.authority_id and m.person_id = link.person_id and p.ended_at is null
      and (m.ends is null or m.ends > current_date)) $$;
create or replace function messages.look_at_link(link bytea) returns table (purpose text, state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select l.purpose, case when l.used_at is not null then 'used'
    when l.expires_at <= clock_timestamp() or not messages.holder_stays(l) then 'expired' else 'usable' end
  from messages.one_time_link l where l.id = link $$;
create or replace function messages.see_link(link bytea) returns table (purpose text, subject_id uuid, authority_id uuid, person_id uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare l messages.one_time_link;
begin
  select o.* into l from messages.one_time_link o where o.id = link and o.used_at is null and o.expires_at > clock_timestamp();
  if not found or not messages.holder_stays(l) then return; end if;
  perform careshare.bind(l.authority_id, coalesce(l.person_id, '00000000-0000-0000-0000-000000000000'), 'link: ' || l.purpose);
  return query select l.purpose, l.subject_id, l.authority_id, l.person_id;
end $$;
create or replace function identity.demo_people() returns table (person_id uuid, name text, authority_id uuid, authority_name text, roles text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, coalesce(m.known_as, p.name), a.id, a.name, m.roles
  from tenants.member m join identity.person p on p.id = m.person_id join tenants.authority a on a.id = m.authority_id
  where current_setting('careshare.demo', true) = 'on' and p.ended_at is null and p.email not like '%@clients.invalid'
    and not 'api_client' = any(m.roles) and m.starts <= current_date and (m.ends is null or m.ends > current_date)
  order by a.name, 2 $$;
revoke execute on function messages.holder_stays from public;
reset role;
revoke create on schema messages, identity from careshare_broker;
