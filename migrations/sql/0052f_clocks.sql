-- The clocks that an emergency placement opens when the child has come: what is still owed, and by when.
set role careshare_owner;
create table placements.clock (
  authority_id uuid not null, placement_id uuid not null, code text not null check (code ~ '^[a-z_]{1,40}$'),
  started_at timestamptz not null, due_at timestamptz not null, met_at timestamptz,
  primary key (authority_id, placement_id, code),
  foreign key (authority_id, placement_id) references placements.placement (placing_id, id));
create index clock_due on placements.clock (authority_id, due_at) where met_at is null;
comment on table placements.clock is 'scope: authority. What the placing authority owes after an emergency start, by when, and when it was done.';
select careshare.protect('placements.clock', 'authority_id'), placements.keep_with_enquiries('placements.clock');
grant select, insert, update (met_at) on placements.clock to careshare_app;
reset role;
