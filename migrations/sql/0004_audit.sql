-- The audit record. Insert-only, one row per (event, owner), sealed behind a commit-order watermark, personal content in
-- an erasable side table bound by a salted hash.
create schema audit authorization careshare_owner;
grant usage on schema audit to careshare_app, careshare_sealer, careshare_broker, careshare_backup;
set role careshare_owner;

create table audit.entry (
  era int not null default 1,                          -- raised by the runbook after a logical restore: transaction numbers start again there
  xact xid8 not null default pg_current_xact_id(),     -- commit-order handle; keys and clocks are not commit order
  id uuid not null default uuidv7(), at timestamptz not null default clock_timestamp(),
  event_id uuid not null,                              -- what one action showed to or of several authorities
  authority_id uuid not null default careshare.authority(), actor_id uuid not null default careshare.actor(),   -- who, acting for whom
  owner_id uuid,                                       -- whose record was shown; null is the actor's own entry
  action text not null check (action ~ '^[a-z_]+(\.[a-z_]+)*$'), purpose text not null default careshare.purpose(),
  agreement_id uuid, subjects uuid[] not null default '{}', detail_hash bytea,
  primary key (id), unique (authority_id, id));
comment on table audit.entry is 'scope: shared. What was read and changed: the actor''s entry, and one for each other owner shown. Never updated, never deleted.';
create index entry_xact on audit.entry (era, xact);
create index entry_owner on audit.entry (owner_id, id) where owner_id is not null;

create table audit.detail (
  authority_id uuid not null default careshare.authority(), entry_id uuid not null,
  salt bytea not null, body jsonb not null,            -- criteria, before, after
  primary key (authority_id, entry_id), foreign key (authority_id, entry_id) references audit.entry (authority_id, id));
comment on table audit.detail is 'scope: authority. Criteria and before/after of an entry; may be erased, which leaves an entry ''erased''.';

create table audit.seal (
  n bigint primary key, era int not null, from_xact xid8 not null, to_xact xid8 not null, entries bigint not null,
  root bytea not null, prev bytea not null, hash bytea not null, sealed_at timestamptz not null default clock_timestamp());
comment on table audit.seal is 'scope: platform. The hash chain over the audit record: each seal covers the transactions from from_xact to below to_xact.';
create table audit.leaf (n bigint not null references audit.seal, entry_id uuid primary key, hash bytea not null);
create index leaf_seal on audit.leaf (n);
comment on table audit.leaf is 'scope: platform. The hash of each sealed entry.';

-- Canonical form, version 1. Never row::text or timestamptz::text: both change with session settings and added columns.
create function audit.leaf_hash(e audit.entry) returns bytea language sql stable parallel safe set search_path = pg_catalog, pg_temp as $$
  select sha256(convert_to(jsonb_build_array(1, e.era, e.xact::text, e.id, (extract(epoch from e.at) * 1000000)::bigint, e.event_id, e.authority_id,
    e.actor_id, e.owner_id, e.action, e.purpose, e.agreement_id, to_jsonb(e.subjects), encode(e.detail_hash, 'hex'))::text, 'UTF8')) $$;
create function audit.seal_hash(s audit.seal) returns bytea language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select sha256(s.prev || convert_to(s.n||':'||s.era||':'||s.from_xact::text||':'||s.to_xact::text||':'||s.entries, 'UTF8') || s.root) $$;
create function audit.detail_hash(salt bytea, body jsonb) returns bytea language sql immutable parallel safe set search_path = pg_catalog, pg_temp as
  $$ select sha256(salt || convert_to(body::text, 'UTF8')) $$;
grant execute on function audit.leaf_hash, audit.seal_hash to careshare_sealer;
grant execute on function audit.detail_hash to careshare_app, careshare_broker, careshare_sealer;

create function audit.refuse() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as
  $$ begin raise exception 'the audit record is insert-only' using errcode = '42501'; end $$;
do $$ declare t text; begin
  foreach t in array array['entry', 'seal', 'leaf'] loop
    execute format('create trigger insert_only before update or delete or truncate on audit.%I for each statement execute function audit.refuse()', t);
    execute format('alter table audit.%I enable always trigger insert_only', t);
  end loop; end $$;

select careshare.protect('audit.entry', null), careshare.protect('audit.detail', 'authority_id');
create policy sealer on audit.entry for select to careshare_sealer using (true);
create policy sealer on audit.detail for select to careshare_sealer using (true);
create policy write on audit.entry for insert to careshare_app with check (authority_id = (select careshare.authority()));
create policy acted on audit.entry for select to careshare_app using (authority_id = (select careshare.authority()));
create policy owned on audit.entry for select to careshare_app using (owner_id = (select careshare.authority()));
-- Column grants: era, xact, at and who acted are the database's, nobody's to choose.
grant insert (id, event_id, owner_id, action, purpose, agreement_id, subjects, detail_hash), select on audit.entry to careshare_app;
grant insert (entry_id, salt, body), select, delete on audit.detail to careshare_app;   -- delete: retention only, and it must leave an entry 'erased'
grant select on audit.entry, audit.detail to careshare_sealer;
grant select, insert on audit.seal, audit.leaf to careshare_sealer;
grant select on audit.seal, audit.leaf to careshare_backup;

-- Seals what can no longer gain a row: every transaction below the snapshot's xmin has ended. Takes whole transactions, at
-- least `lim` entries if there are so many; returns how many it sealed. An era that a restore ended is sealed to its end first.
create function audit.seal(lim bigint default 100000) returns bigint language plpgsql set search_path = pg_catalog, pg_temp as $$
declare last audit.seal; made audit.seal; cut xid8; sealed bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('audit.seal')) then return 0; end if;
  select * into last from audit.seal order by n desc limit 1;
  made.n := coalesce(last.n, 0) + 1;
  made.prev := coalesce(last.hash, ''::bytea);
  made.to_xact := pg_snapshot_xmin(pg_current_snapshot());
  select e.era into made.era from audit.entry e where (e.era, e.xact) >= (coalesce(last.era, 1), coalesce(last.to_xact, '0'::xid8))
    order by e.era, e.xact limit 1;
  if not found then return 0; end if;
  if made.era < (select max(e.era) from audit.entry e) then made.to_xact := '18446744073709551615'::xid8; end if;
  made.from_xact := case when last.era = made.era then last.to_xact else '0'::xid8 end;
  select e.xact into cut from audit.entry e where e.era = made.era and e.xact >= made.from_xact and e.xact < made.to_xact
    order by e.xact offset lim - 1 limit 1;
  if found then made.to_xact := least(made.to_xact, (cut::text::bigint + 1)::text::xid8); end if;

  with taken as materialized (
    select e.id, e.xact, audit.leaf_hash(e) as hash from audit.entry e
    where e.era = made.era and e.xact >= made.from_xact and e.xact < made.to_xact),
  summed as (select count(*) as entries, sha256(string_agg(hash, ''::bytea order by xact, id)) as root from taken having count(*) > 0),
  chained as (
    insert into audit.seal (n, era, from_xact, to_xact, entries, root, prev, hash)
    select made.n, made.era, made.from_xact, made.to_xact, s.entries, s.root, made.prev,
      audit.seal_hash((made.n, made.era, made.from_xact, made.to_xact, s.entries, s.root, made.prev, null, null)::audit.seal)
    from summed s)
  insert into audit.leaf (n, entry_id, hash) select made.n, id, hash from taken;
  get diagnostics sealed = row_count;
  return sealed;
end $$;

-- Everything that is not as it was sealed. No row: the record is whole, up to what is not sealed yet.
create function audit.verify() returns table (seal bigint, entry_id uuid, problem text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  with newest as (select era, to_xact from audit.seal order by n desc limit 1),
  erased as (select distinct t.authority_id, u.id from audit.entry t, unnest(t.subjects) as u(id) where t.action = 'erased')
  select coalesce(s.n, (select c.n from audit.seal c where c.era = e.era and e.xact >= c.from_xact and e.xact < c.to_xact)), coalesce(e.id, l.entry_id),
    case when e.id is null then 'entry missing'
         when l.entry_id is not null and l.hash <> audit.leaf_hash(e) then 'entry changed'
         when l.entry_id is not null then 'entry under the wrong seal'
         when e.xact >= pg_snapshot_xmax(pg_current_snapshot()) then 'entry with a transaction number not given yet'
         else 'entry added after sealing' end
  from audit.entry e full join audit.leaf l on l.entry_id = e.id left join audit.seal s on s.n = l.n
  where e.id is null
     or l.entry_id is null and (e.xact >= pg_snapshot_xmax(pg_current_snapshot()) or (e.era, e.xact) < (select n.era, n.to_xact from newest n))
     or l.hash <> audit.leaf_hash(e)
     or l.entry_id is not null and (s.era = e.era and e.xact >= s.from_xact and e.xact < s.to_xact) is not true
  union all
  select c.n, null, 'chain broken'
  from (select s as row, s.n, s.prev, s.hash, s.from_xact, s.era, lag(s.hash, 1, ''::bytea) over w as prev_hash, lag(s.n, 1, 0::bigint) over w as prev_n,
          lag(s.to_xact, 1, '0'::xid8) over (partition by s.era order by s.n) as prev_to
        from audit.seal s window w as (order by s.n)) c
  where c.prev <> c.prev_hash or c.n <> c.prev_n + 1 or c.from_xact <> c.prev_to or c.hash <> audit.seal_hash(c.row)
  union all
  select s.n, null, 'seal does not match its entries'
  from audit.seal s left join (
    select l.n, count(*) as leaves, bool_and(e.id is not null) as whole, sha256(string_agg(l.hash, ''::bytea order by e.xact, e.id)) as root
    from audit.leaf l left join audit.entry e on e.id = l.entry_id group by l.n) x on x.n = s.n
  where x.leaves is distinct from s.entries or x.whole and x.root <> s.root
  union all
  select null, e.id, case when d.entry_id is null then 'detail gone without an entry ''erased''' else 'detail changed' end
  from audit.entry e left join audit.detail d on d.authority_id = e.authority_id and d.entry_id = e.id
    left join erased x on x.id = e.id and x.authority_id = e.authority_id
  where e.detail_hash is distinct from (case when d.entry_id is not null then audit.detail_hash(d.salt, d.body) end)
    and not (d.entry_id is null and x.id is not null) $$;
revoke execute on function audit.seal, audit.verify from public;
grant execute on function audit.seal, audit.verify to careshare_sealer;
reset role;
