-- Why a home was chosen for a child, and what it does not give: for the matching record.
set role careshare_owner;
create table placements.choice (
  authority_id uuid not null, enquiry_id uuid not null,
  reasons text not null default '' check (length(reasons) <= 4000), gaps text not null default '' check (length(gaps) <= 4000),
  version int not null default 1, made_by uuid not null default careshare.actor(), at timestamptz not null default clock_timestamp(),
  primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id));
comment on table placements.choice is 'scope: authority. Why the placing authority chose this home, and how what it lacks is made up for. The other side does not read it.';
select careshare.protect('placements.choice', 'authority_id');
grant select, insert, update on placements.choice to careshare_app;
reset role;
