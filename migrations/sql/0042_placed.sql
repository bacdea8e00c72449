-- What the placing authority owes the law around a placement: the plan, and a notice to everybody regulation 13 names.
-- Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959) regs 9, 13 and 14.
set role careshare_owner;
create table placements.plan (
  authority_id uuid not null, placement_id uuid not null,
  agreed_on date not null, signed_on date, signed_role text check (signed_role in ('carer', 'manager')),
  version int not null default 1, made_by uuid not null default careshare.actor(), at timestamptz not null default clock_timestamp(),
  primary key (authority_id, placement_id), check ((signed_on is null) = (signed_role is null)), check (signed_on >= agreed_on),
  foreign key (authority_id, placement_id) references placements.placement (placing_id, id));
comment on table placements.plan is 'scope: authority. The placement plan of a placement: when it was agreed, when and by whom in which role it was signed.';

create table placements.notice (
  authority_id uuid not null, id uuid not null default uuidv7(), placement_id uuid not null,
  occasion text not null check (occasion in ('start', 'end')), recipient text not null check (recipient ~ '^[a-z_]{1,40}$'),
  due_at timestamptz not null, sent_on date, how text check (how in ('letter', 'email', 'in_person', 'telephone')), sent_by uuid,
  not_practicable text not null default '' check (length(not_practicable) <= 500), said_by uuid,   -- why, and who says so
  primary key (authority_id, id), constraint notice_once unique (authority_id, placement_id, occasion, recipient),
  check ((sent_on is null) = (how is null) and (sent_on is null) = (sent_by is null)), check ((not_practicable = '') = (said_by is null)),
  check (sent_on is null or not_practicable = ''),
  foreign key (authority_id, placement_id) references placements.placement (placing_id, id));
create index notice_due on placements.notice (authority_id, due_at) where sent_on is null and not_practicable = '';
comment on table placements.notice is 'scope: authority. Each notice that regulation 13 or 14 asks for: to whom, by when, sent when and how, or why it was not practicable.';
select careshare.protect('placements.plan', 'authority_id'), careshare.protect('placements.notice', 'authority_id');
grant select, insert, update on placements.plan, placements.notice to careshare_app;
reset role;
