-- Files: bytes in rows of 1 MB, what each file is by its content, and whether it may be opened.
create schema files authorization careshare_owner;
grant usage on schema files to careshare_app, careshare_backup;
set role careshare_owner;

create table files.file (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  name text not null check (length(name) between 1 and 120),   -- safe to show; as typed by whoever uploaded it, so it may name a person
  type text not null check (type ~ '^[a-z]{2,10}$'),           -- by its content: careshare/files/types.csv
  declared_type text not null default '' check (length(declared_type) <= 100),   -- what the sender said; believed by nobody
  size int not null check (size > 0), sha256 bytea not null check (length(sha256) = 32),   -- of the bytes that are kept
  received_size int not null check (received_size > 0), received_sha256 bytea not null check (length(received_sha256) = 32),   -- as they came in
  state text not null default 'received' check (state in ('received', 'scanning', 'clean', 'not_scanned', 'refused')),
  reason text check (reason ~ '^[a-z_]+$'), check ((state = 'refused') = (reason is not null)),
  created_at timestamptz not null default clock_timestamp(), created_by uuid not null default careshare.actor(),
  settled_at timestamptz, check ((state in ('received', 'scanning')) = (settled_at is null)),
  scanned_at timestamptz, check (state <> 'clean' or scanned_at is not null),   -- by a malware scanner
  attached_at timestamptz,                                     -- a record of a service points to it; without, it goes after some weeks
  primary key (authority_id, id));
comment on table files.file is 'scope: authority. Uploaded files: what each is by its content, its hash, whether it was scanned, and why it was refused.';
create index file_unsettled on files.file (authority_id, created_at) where state in ('received', 'scanning', 'not_scanned');
create index file_unattached on files.file (authority_id, created_at) where attached_at is null;

create table files.part (
  authority_id uuid not null, file_id uuid not null, n int not null check (n >= 0),
  bytes bytea not null check (octet_length(bytes) between 1 and 1048576),
  primary key (authority_id, file_id, n),
  -- Checked at the end: the parts come in before it is known how large the file is.
  foreign key (authority_id, file_id) references files.file on delete cascade deferrable initially deferred);
alter table files.part alter column bytes set storage external;   -- these types are compressed already
comment on table files.part is 'scope: authority. The bytes of a file, 1 MB a row.';

select careshare.protect('files.file', 'authority_id'), careshare.protect('files.part', 'authority_id');
grant select, insert, delete on files.file, files.part to careshare_app;
grant update (size, sha256, state, reason, settled_at, scanned_at, attached_at) on files.file to careshare_app;

-- received -> scanning -> clean, not_scanned or refused; not_scanned -> clean or refused. What is settled keeps its bytes.
create function files.step() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (old.state, new.state) not in (('received', 'scanning'), ('scanning', 'clean'), ('scanning', 'not_scanned'), ('scanning', 'refused'),
      ('not_scanned', 'clean'), ('not_scanned', 'refused')) and old.state <> new.state then
    raise exception 'a file that is % does not become %', old.state, new.state using errcode = 'check_violation', constraint = 'file_step';
  end if;
  if old.state <> 'scanning' and (old.size, old.sha256) is distinct from (new.size, new.sha256) then
    raise exception 'the bytes of a file that is % do not change', old.state using errcode = 'check_violation', constraint = 'file_step';
  end if;
  return new;
end $$;
create trigger step before update on files.file for each row execute function files.step();

-- Parts are written before their file is, or while it is scanned; they go with their file, or when it is refused.
create function files.keep_parts() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare given files.part := coalesce(new, old);
begin
  if exists (select from files.file f where f.authority_id = given.authority_id and f.id = given.file_id
      and f.state not in ('scanning', 'refused')) or tg_op = 'UPDATE' then
    raise exception 'the bytes of a settled file do not change' using errcode = 'check_violation', constraint = 'part_kept';
  end if;
  return given;
end $$;
create trigger keep_parts before insert or update or delete on files.part for each row execute function files.keep_parts();
revoke execute on function files.step, files.keep_parts from public;
reset role;
