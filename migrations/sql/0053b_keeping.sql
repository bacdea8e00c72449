-- The end of the time of enquiries and placements. Two authorities keep one record: each deletes its own half, reads no more of
-- what they share, and the other keeps all it had until its own time is over; whoever is last takes the shared rows away.
set role careshare_owner;
-- A side that deleted its half reads the shared rows no more.
do $$ declare t regclass; begin
  for t in select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'placements' and c.relkind = 'r'
      and 2 = (select count(*) from pg_policy p where p.polrelid = c.oid and p.polname in ('as_placing', 'as_providing')) loop
    execute format('alter table %s add column placing_gone boolean not null default false, add column providing_gone boolean not null default false', t);
    execute format('alter policy as_placing on %s using (placing_id = (select careshare.authority()) and not placing_gone)', t);
    execute format('alter policy as_providing on %s using (providing_id = (select careshare.authority()) and not providing_gone)', t);
  end loop;
end $$;
alter table placements.consent_asked add column asker_gone boolean not null default false, add column decider_gone boolean not null default false;
alter policy as_asker on placements.consent_asked using (asker_id = (select careshare.authority()) and not asker_gone);
alter policy as_decider on placements.consent_asked using (decider_id = (select careshare.authority()) and not decider_gone);
create index consent_asked_answered on placements.consent_asked (decider_id, asked_at) where state <> 'wanted';
create index enquiry_over_placing on placements.enquiry (placing_id, moved_at) where stage in ('declined', 'withdrawn', 'lapsed', 'cancelled', 'ended');
create index enquiry_over_providing on placements.enquiry (providing_id, moved_at) where stage in ('declined', 'withdrawn', 'lapsed', 'cancelled', 'ended');
grant usage on schema files to careshare_broker;
grant insert on files.file, files.part to careshare_broker;   -- a receiver's own copy at the end of a placement
grant select on files.file, files.part to careshare_broker;
create policy broker on files.file to careshare_broker using (true) with check (true);
create policy broker on files.part to careshare_broker using (true) with check (true);

-- The files of the other side that a receiver had been given when a placement ended: copies of its own, with the sealed copy.
create table placements.archive_file (
  authority_id uuid not null, enquiry_id uuid not null, file_id uuid not null, title text not null, level smallint not null, at timestamptz not null,
  primary key (authority_id, enquiry_id, file_id),
  foreign key (authority_id, enquiry_id) references placements.archive (authority_id, enquiry_id),
  foreign key (authority_id, file_id) references files.file (authority_id, id));
create index archive_file_file on placements.archive_file (authority_id, file_id);
comment on table placements.archive_file is 'scope: authority. Files that the authority had been sent when a placement ended: its own copies, beside its sealed copy.';
select careshare.protect('placements.archive_file', 'authority_id'), careshare.let_broker('placements.archive_file');
grant select on placements.archive_file to careshare_app;
revoke delete on placements.archive from careshare_app;

-- Nothing is asked without saying for whom. Asked once, when it is asked: the profile has its own time.
alter table placements.enquiry drop constraint enquiry_has_profile;
create function placements.has_profile() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from placements.child_profile p where p.authority_id = new.placing_id and p.enquiry_id = new.id) then
    raise exception 'an enquiry says for whom' using errcode = '23503', constraint = 'enquiry_has_profile', table = tg_table_name, schema = tg_table_schema; end if;
  return null;
end $$;
create constraint trigger has_profile after insert on placements.enquiry deferrable initially deferred for each row execute function placements.has_profile();

-- Whether a hold of an authority covers its half of an enquiry: its own class by how it ended, or the request it was asked for.
create function placements.half_held(whose uuid, which uuid) returns boolean language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from record.hold h where h.authority_id = whose and h.lifted_at is null
    and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date)
    and (h.class in ('enquiry', 'placement') and h.subject_id = which
      or h.class = (select case e.stage when 'ended' then 'placement' else 'enquiry' end from placements.enquiry e where e.id = which) and h.subject_id is null
      or h.class = 'request' and exists (select from placements.asked a where a.authority_id = whose and a.enquiry_id = which
        and (h.subject_id is null or h.subject_id = a.request_id)))) $$;
grant execute on function placements.half_held to careshare_app, careshare_broker;
-- What is held is not deleted, whoever tries and however.
create function placements.refuse_held_half() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare row jsonb := to_jsonb(old); which uuid := coalesce((row ->> 'enquiry_id')::uuid,
  (select p.enquiry_id from placements.placement p where p.id = (row ->> 'placement_id')::uuid));
begin
  if placements.half_held(old.authority_id, which) then
    raise exception 'a hold stops the deletion of this record' using errcode = '23001', constraint = 'record_hold', table = tg_table_name, schema = tg_table_schema; end if;
  return old;
end $$;
create function placements.refuse_held_case() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if placements.half_held(old.placing_id, old.id) or placements.half_held(old.providing_id, old.id) then
    raise exception 'a hold stops the deletion of this record' using errcode = '23001', constraint = 'record_hold', table = tg_table_name, schema = tg_table_schema; end if;
  return old;
end $$;
create trigger held before delete on placements.enquiry for each row execute function placements.refuse_held_case();
alter table placements.enquiry enable always trigger held;
create function placements.refuse_held_asked() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if exists (select from record.hold h where h.authority_id = old.decider_id and h.class = 'consent' and h.lifted_at is null
      and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date) and (h.subject_id is null or h.subject_id = old.id)) then
    raise exception 'a hold stops the deletion of this record' using errcode = '23001', constraint = 'record_hold', table = tg_table_name, schema = tg_table_schema; end if;
  return old;
end $$;
create trigger held before delete on placements.consent_asked for each row execute function placements.refuse_held_asked();
alter table placements.consent_asked enable always trigger held;
revoke execute on function placements.has_profile, placements.refuse_held_half, placements.refuse_held_case, placements.refuse_held_asked from public;

-- The tables that hold one authority's half of an enquiry, by the column that leads to it, and those that two share: newest
-- first, for a table refers to older ones alone. By their columns, so that a table that is added is kept and deleted like the others.
create function placements.kept_with_enquiries(shared boolean) returns table (tab regclass, by_column text) language sql stable set search_path = pg_catalog, pg_temp as $$
  select c.oid::regclass, k.by_column from pg_class c join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (select case when exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'enquiry_id' and not a.attisdropped) then 'enquiry_id'
      when exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'placement_id' and not a.attisdropped) then 'placement_id' end as by_column) k
  where n.nspname = 'placements' and c.relkind = 'r' and k.by_column is not null
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = case when shared then 'placing_gone' else 'authority_id' end and not a.attisdropped)
  order by c.oid desc $$;
grant execute on function placements.kept_with_enquiries to careshare_broker;
-- For each of them: the broker may delete there, and a hold stops it.
create function placements.keep_with_enquiries(which regclass) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from pg_policy p where p.polrelid = which and p.polname = 'broker') then perform careshare.let_broker(which); end if;
  execute format('create trigger held before delete on %s for each row execute function placements.refuse_held_half()', which);
  execute format('alter table %s enable always trigger held', which);
end $$;
do $$ declare k record; begin
  for k in select * from placements.kept_with_enquiries(false) loop perform placements.keep_with_enquiries(k.tab); end loop;
end $$;
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
-- As in 0026; what the other side wrote and sent was lawfully received as well, and is in the sealed copy.
create or replace function placements.close_gate(e placements.enquiry, archive boolean) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare received jsonb;
begin
  if archive and e.placing_id <> e.providing_id then
    received := jsonb_build_object('home', (select h.body from placements.home_identity h where h.authority_id = e.providing_id and h.enquiry_id = e.id),
      'household', (select h.body from placements.home_fuller h where h.authority_id = e.providing_id and h.enquiry_id = e.id));
    perform placements.seal_copy(e, e.placing_id, received);
    received := jsonb_build_object('children', (select c.body from placements.child_identity c where c.authority_id = e.placing_id and c.enquiry_id = e.id),
      'profile', (select c.body from placements.child_fuller c where c.authority_id = e.placing_id and c.enquiry_id = e.id));
    perform placements.seal_copy(e, e.providing_id, received);
  end if;
  update tenants.disclosure set closes_at = now() where case_id = e.id and closes_at > now();   -- now(): for the rest of this transaction, too
  update placements.consent_asked a set state = 'over' from placements.consent c where c.id = a.id and c.enquiry_id = e.id and a.state = 'wanted';
end $$;

create function placements.seal_copy(e placements.enquiry, receiver uuid, received jsonb) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare f record; copy uuid; whole jsonb; given jsonb := '[]';
begin
  for f in select a.title, a.level, a.at, x.* from placements.attachment a join files.file x on x.authority_id = a.authority_id and x.id = a.file_id
      where a.enquiry_id = e.id and a.authority_id <> receiver and x.state in ('clean', 'not_scanned')
        and a.level <= (select d.level from tenants.disclosure d where d.viewer_id = receiver and d.case_id = e.id and d.closes_at > now()) order by a.at, a.id loop
    given := given || jsonb_build_object('title', f.title, 'level', f.level, 'at', f.at, 'type', f.type, 'sha256', encode(f.sha256, 'hex'));
  end loop;
  whole := received || jsonb_build_object('files', given, 'messages', coalesce((select jsonb_agg(jsonb_build_object('at', m.at, 'text', m.body) order by m.at, m.id)
    from placements.message m where m.enquiry_id = e.id and m.authority_id <> receiver), '[]'::jsonb));
  insert into placements.archive (authority_id, enquiry_id, body, hash) values (receiver, e.id, whole, sha256(convert_to(whole::text, 'UTF8'))) on conflict do nothing;
  if not found then return; end if;
  for f in select a.title as called, a.level, a.at as sent_at, x.* from placements.attachment a join files.file x on x.authority_id = a.authority_id and x.id = a.file_id
      where a.enquiry_id = e.id and a.authority_id <> receiver and x.state in ('clean', 'not_scanned')
        and a.level <= (select d.level from tenants.disclosure d where d.viewer_id = receiver and d.case_id = e.id and d.closes_at > now()) loop
    copy := uuidv7();
    insert into files.part (authority_id, file_id, n, bytes) select receiver, copy, p.n, p.bytes from files.part p where p.authority_id = f.authority_id and p.file_id = f.id;
    insert into files.file (authority_id, id, name, type, declared_type, size, sha256, received_size, received_sha256, state, created_by, settled_at, scanned_at, attached_at)
      values (receiver, copy, f.called || '.' || f.type, f.type, f.declared_type, f.size, f.sha256, f.received_size, f.received_sha256, f.state,
        '00000000-0000-0000-0000-000000000000', clock_timestamp(), f.scanned_at, clock_timestamp());
    insert into placements.archive_file (authority_id, enquiry_id, file_id, title, level, at) values (receiver, e.id, copy, f.called, f.level, f.sent_at);
  end loop;
end $$;

-- Takes away what is shared of enquiries that nobody keeps any more: their sides deleted their halves, whoever was asked for a
-- consent its own, and no hold of anybody covers them.
create function placements.drop_forgotten(ids uuid[]) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare over uuid[]; homes uuid[]; k record;
begin
  over := array(select e.id from placements.enquiry e where e.id = any(ids) and e.placing_gone and e.providing_gone
    and not placements.half_held(e.placing_id, e.id) and not placements.half_held(e.providing_id, e.id)
    and not exists (select from placements.consent c join placements.consent_asked a on a.id = c.id where c.enquiry_id = e.id and not (a.asker_gone and a.decider_gone
        and not exists (select from record.hold h where h.authority_id = a.decider_id and h.class = 'consent' and h.lifted_at is null
          and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date) and (h.subject_id is null or h.subject_id = a.id))))
    order by e.id for update);
  if cardinality(over) = 0 then return; end if;
  homes := array(select p.id from placements.placement p where p.enquiry_id = any(over));
  delete from placements.consent_answer a using placements.consent c where c.id = a.consent_id and c.enquiry_id = any(over);
  delete from placements.consent_asked a using placements.consent c where c.id = a.id and c.enquiry_id = any(over);
  for k in select * from placements.kept_with_enquiries(true) loop
    execute format('delete from %s where %I = any($1)', k.tab, k.by_column) using case k.by_column when 'enquiry_id' then over else homes end;
  end loop;
  delete from tenants.disclosure d where d.case_id = any(over);
  delete from placements.enquiry e where e.id = any(over);
end $$;

-- Deletes the bound authority's half of enquiries that are over: what it wrote, disclosed, decided, planned and received. Gives
-- those it did, and their files, which are the caller's to delete. What is held, or is not over, is left out.
create function placements.forget_enquiries(ids uuid[]) returns table (enquiry_id uuid, file_ids uuid[]) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare me uuid := careshare.authority(); mine uuid[]; homes uuid[]; asked uuid[]; k record;
begin
  mine := array(select e.id from placements.enquiry e where e.id = any(ids) and (e.placing_id = me and not e.placing_gone or e.providing_id = me and not e.providing_gone)
    and e.stage in ('declined', 'withdrawn', 'lapsed', 'cancelled', 'ended') and not placements.half_held(me, e.id) order by e.id for update);
  homes := array(select p.id from placements.placement p where p.enquiry_id = any(mine));
  asked := array(select c.id from placements.consent c where c.enquiry_id = any(mine));
  return query select m, array(select a.file_id from placements.attachment a where a.authority_id = me and a.enquiry_id = m
    union all select a.file_id from placements.archive_file a where a.authority_id = me and a.enquiry_id = m) from unnest(mine) m;
  for k in select * from placements.kept_with_enquiries(false) loop
    execute format('delete from %s where authority_id = $1 and %I = any($2)', k.tab, k.by_column) using me, case k.by_column when 'enquiry_id' then mine else homes end;
  end loop;
  delete from placements.consent_answer a where a.by_id = me and a.consent_id = any(asked);
  update placements.consent_asked set asker_gone = asker_gone or asker_id = me, decider_gone = decider_gone or decider_id = me where id = any(asked);
  for k in select * from placements.kept_with_enquiries(true) union all select 'placements.enquiry'::regclass, 'id' loop
    execute format('update %s set placing_gone = placing_gone or placing_id = $1, providing_gone = providing_gone or providing_id = $1 where %I = any($2)', k.tab, k.by_column)
      using me, case k.by_column when 'placement_id' then homes else mine end;
  end loop;
  perform placements.drop_forgotten(array(select e.id from placements.enquiry e where me in (e.placing_id, e.providing_id) and e.placing_gone and e.providing_gone));
end $$;

-- The same of what others asked the bound authority: its answers, and what it was asked.
create function placements.forget_consents(ids uuid[]) returns uuid[] language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); mine uuid[]; cases uuid[];
begin
  mine := array(select a.id from placements.consent_asked a where a.decider_id = me and not a.decider_gone and a.id = any(ids) and a.state <> 'wanted'
    and not exists (select from record.hold h where h.authority_id = me and h.class = 'consent' and h.lifted_at is null
      and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date) and (h.subject_id is null or h.subject_id = a.id)) order by a.id for update);
  delete from placements.consent_answer a where a.by_id = me and a.consent_id = any(mine);
  update placements.consent_asked set decider_gone = true where decider_id = me and id = any(mine);
  cases := array(select distinct c.enquiry_id from placements.consent c where c.id = any(mine));
  perform placements.drop_forgotten(cases);
  return mine;
end $$;

-- A child of whom no request is left has no time of its own to keep, either.
create function placements.forget_children() returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); u uuid; n int := 0;
begin
  for u in delete from placements.child_unit t where t.authority_id = me and not exists (
      select from placements.request_child c where c.authority_id = me and coalesce(c.reference_key, c.id::text) = t.child_key) returning t.unit_id loop
    delete from capacity.occupancy o where o.unit_id = u;
    delete from capacity.unit c where c.id = u and c.owner_id = me;
    n := n + 1;
  end loop;
  return n;
end $$;
grant execute on function placements.forget_enquiries, placements.forget_consents, placements.forget_children to careshare_app;
reset role;
revoke create on schema placements from careshare_broker;
