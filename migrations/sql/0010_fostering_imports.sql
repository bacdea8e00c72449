-- Imports into the fostering register: runs, their rows, saved column mappings.
set role careshare_owner;

create table fostering.import_run (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  kind text not null check (kind in ('households', 'placements')),
  state text not null default 'mapping'
    check (state in ('mapping', 'checking', 'checked', 'importing', 'done', 'undoing', 'undone')),
  file_name text not null check (length(file_name) <= 200), file_hash bytea not null check (length(file_hash) = 32),
  header_line int not null check (header_line > 0), signature bytea not null check (length(signature) = 32),
  headers text[] not null, columns text[] not null,            -- for each header our field, or '' where it is left out
  check (cardinality(headers) = cardinality(columns)),
  notices text[] not null default '{}',                        -- what a person should know of how the file was read
  rows int not null check (rows > 0),
  new_rows int not null default 0, changed_rows int not null default 0, unchanged_rows int not null default 0,
  bad_rows int not null default 0, warned_rows int not null default 0,   -- counted when a state's work is done
  job_id uuid,                                                 -- the job that does the present state's work
  created_at timestamptz not null default clock_timestamp(), created_by uuid not null,
  finished_at timestamptz, undone_at timestamptz, undone_by uuid, check ((undone_at is null) = (undone_by is null)),
  cleared_at timestamptz,                                      -- its rows were deleted at the end of their time
  version int not null default 1,
  primary key (authority_id, id));
comment on table fostering.import_run is 'scope: authority. Files imported into the fostering register and how far each is.';

create table fostering.import_row (
  authority_id uuid not null, run_id uuid not null, line int not null check (line > 0),   -- as the file counts, header included
  cells text[] not null,
  outcome text check (outcome in ('new', 'changed', 'unchanged', 'bad')),                  -- null: not yet checked
  errors jsonb not null default '[]', warnings jsonb not null default '[]',               -- [{"field", "message"}]
  subject_id uuid,                                             -- the household or the stay it is about
  changes jsonb not null default '{}',                         -- {field: [before, after]}: what applying it did, or would do
  applied_at timestamptz,
  base_version int, applied_version int,                       -- the household's version before the row was applied, and after
  undone_at timestamptz,
  primary key (authority_id, run_id, line),
  foreign key (authority_id, run_id) references fostering.import_run on delete cascade);
create index import_row_outcome on fostering.import_row (authority_id, run_id, outcome, line);
create index import_row_subject on fostering.import_row (authority_id, subject_id) where applied_at is not null;
comment on table fostering.import_row is 'scope: authority. The rows of an import: what was wrong, what was changed and what stood before. Deleted after 90 days.';

create table fostering.import_mapping (
  authority_id uuid not null references tenants.authority, kind text not null check (kind in ('households', 'placements')),
  signature bytea not null check (length(signature) = 32), columns text[] not null,
  saved_at timestamptz not null default clock_timestamp(), saved_by uuid not null,
  primary key (authority_id, kind, signature));
comment on table fostering.import_mapping is 'scope: authority. Which column is which field, remembered for each header line that was imported before.';

select careshare.protect(('fostering.' || t)::regclass, 'authority_id') from unnest(array['import_run', 'import_row', 'import_mapping']) t;
grant select, insert, update on fostering.import_run to careshare_app;
grant select, insert, update, delete on fostering.import_row, fostering.import_mapping to careshare_app;
reset role;
