-- A spare place in a children's home, from the enquiry to the last night of notice: what is asked for and offered at which
-- price, the impact assessment before the manager's yes, whom the home tells, what follows in the money, the plan of income.
-- Sources: Children's Homes (England) Regulations 2015 (SI 2015/541) regs 14, 41; Supported Accommodation (England)
-- Regulations 2023 (SI 2023/416) reg 28.
set role careshare_owner;

-- What is asked for beyond a place: the level of need and supplements of each child. It goes with the enquiry (level 2).
create table placements.terms_asked (
  authority_id uuid not null, enquiry_id uuid not null, body jsonb not null check (jsonb_typeof(body->'children') = 'array'),
  at timestamptz not null default clock_timestamp(), primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id));
comment on table placements.terms_asked is 'scope: authority. Level 2, once asked: the level of need and the supplements that are asked for each child.';
-- What the home offers: the price of each child by the home's list of that day, line by line, with notice and funding (level 3).
create table placements.terms_offered (
  authority_id uuid not null, enquiry_id uuid not null, body jsonb not null check (jsonb_typeof(body->'children') = 'array'),
  by uuid not null default careshare.actor(), at timestamptz not null default clock_timestamp(), primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (providing_id, id));
comment on table placements.terms_offered is 'scope: authority. Level 3, once accepted: the price of each child line by line as it was offered; final once the placing authority agreed.';
select careshare.protect('placements.terms_asked', 'authority_id'), careshare.protect('placements.terms_offered', 'authority_id');
select careshare.let_broker('placements.terms_asked'), careshare.let_broker('placements.terms_offered');
grant select, insert on placements.terms_asked to careshare_app;
grant select, insert (authority_id, enquiry_id, body), update (body, by, at) on placements.terms_offered to careshare_app;
create policy opened on placements.terms_asked for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_asking())::uuid[]));
create policy opened on placements.terms_offered for select to careshare_app using (enquiry_id = any ((select tenants.opened_by_acceptance())::uuid[]));

-- What a home tells its host authority of a child that comes and goes.
create table placements.home_notice (
  authority_id uuid not null, id uuid not null default uuidv7(), placement_id uuid not null,
  occasion text not null check (occasion in ('admission', 'discharge')), recipient text not null check (recipient ~ '^[a-z_]{1,40}$'),
  recipient_gss text not null, due_at timestamptz not null,
  sent_on date, how text check (how in ('letter', 'email', 'in_person', 'telephone')), sent_by uuid,
  not_practicable text not null default '' check (length(not_practicable) <= 500), said_by uuid,
  primary key (authority_id, id), constraint home_notice_once unique (authority_id, placement_id, occasion, recipient),
  check ((sent_on is null) = (how is null) and (sent_on is null) = (sent_by is null)), check ((not_practicable = '') = (said_by is null)),
  check (sent_on is null or not_practicable = ''),
  foreign key (authority_id, placement_id) references placements.placement (providing_id, id));
create index home_notice_due on placements.home_notice (authority_id, due_at) where sent_on is null and not_practicable = '';
comment on table placements.home_notice is 'scope: authority. Each notice a home owes the authority in whose area it stands of a child that came or left: by when, sent when and how.';
select careshare.protect('placements.home_notice', 'authority_id');
grant select, insert, update on placements.home_notice to careshare_app;

create policy broker on residential.assessment for select to careshare_broker using (true);
grant select on residential.assessment to careshare_broker;

-- Which of its places a charge is of, for the lender alone: notice is charged until a child has that place again.
alter table tenants.charge_subject add column place_id uuid;
alter table tenants.charge_subject add check (authority_id = lender_id or place_id is null);
create index charge_subject_place on tenants.charge_subject (authority_id, place_id) where place_id is not null;

-- One plan of income for each home, by month: what residential kept by the month and recharges by the year.
create table tenants.income_plan (
  authority_id uuid not null references tenants.authority, subject_id uuid not null, month date not null check (extract(day from month) = 1),
  planned numeric(12,2) not null check (planned >= 0), label text not null default '' check (length(label) <= 120),
  primary key (authority_id, subject_id, month));
comment on table tenants.income_plan is 'scope: authority. What a home is planned to bring in by recharges in each month, in pounds, and what it is called.';
insert into tenants.income_plan (authority_id, subject_id, month, planned, label)
  select p.authority_id, p.home_id, p.month, p.planned, h.name from residential.plan p join residential.home h on h.authority_id = p.authority_id and h.id = p.home_id;
insert into tenants.income_plan (authority_id, subject_id, month, planned)   -- a year, by twelfths that sum to it
  select p.authority_id, p.subject_id, (make_date(p.year, 4, 1) + make_interval(months => k - 1))::date, round(p.planned * k / 12, 2) - round(p.planned * (k - 1) / 12, 2)
  from tenants.charge_plan p cross join generate_series(1, 12) k
  where not exists (select from residential.plan m where m.authority_id = p.authority_id and m.home_id = p.subject_id
    and m.month >= make_date(p.year, 4, 1) and m.month < make_date(p.year + 1, 4, 1));
select careshare.protect('tenants.income_plan', 'authority_id');
grant select, insert, update, delete on tenants.income_plan to careshare_app;
drop table residential.plan;
drop table tenants.charge_plan;
reset role;

grant create on schema tenants, placements to careshare_broker;
set role careshare_broker;
create or replace function tenants.open_charges(given jsonb) returns table (id uuid, placement_id uuid, opened boolean) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority();
begin
  perform tenants.hold_charges(false);
  return query with wanted as materialized (
    select * from jsonb_to_recordset(given) as w (placement_id uuid, borrower_id uuid, kind text, contract text, price_source text, starts date,
      leaving_day boolean, week_starts int, notice_nights int, notice_percent numeric, vat_code text, agreement_id uuid, agreement_version int,
      order_number text, rates jsonb, funding jsonb, subject_id uuid, place_id uuid, label text, reference text, ledger_code text)),
  made as (
    insert into tenants.charge_basis (lender_id, borrower_id, placement_id, kind, contract, price_source, starts, leaving_day, week_starts, notice_nights,
      notice_percent, vat_code, agreement_id, agreement_version, order_number)
    select me, w.borrower_id, w.placement_id, w.kind, w.contract, w.price_source, w.starts, w.leaving_day, w.week_starts, w.notice_nights,
      w.notice_percent, w.vat_code, w.agreement_id, w.agreement_version, w.order_number
    from wanted w join tenants.agreement_version v on v.agreement_id = w.agreement_id and v.version = w.agreement_version
      and v.signed_at is not null and me = any(v.parties) and w.borrower_id = any(v.parties)
    on conflict on constraint charge_basis_lender_id_placement_id_key do nothing
    returning charge_basis.id, charge_basis.borrower_id, charge_basis.placement_id),
  rated as (
    insert into tenants.charge_rate (lender_id, borrower_id, basis_id, part, during, weekly, when_empty)
    select me, m.borrower_id, m.id, r.part, daterange(r.since, r.until), r.weekly, r.when_empty
    from made m join wanted w on w.placement_id = m.placement_id
      cross join jsonb_to_recordset(w.rates) as r (part text, since date, until date, weekly numeric, when_empty boolean)),
  funded as (
    insert into tenants.charge_funding (lender_id, borrower_id, basis_id, during, social_care, education, health)
    select me, m.borrower_id, m.id, daterange(f.since, f.until), f.social_care, f.education, f.health
    from made m join wanted w on w.placement_id = m.placement_id
      cross join jsonb_to_recordset(w.funding) as f (since date, until date, social_care numeric, education numeric, health numeric)),
  changed as (
    insert into tenants.charge_change (lender_id, borrower_id, basis_id, what, effective)
    select me, m.borrower_id, m.id, 'opened', w.starts from made m join wanted w on w.placement_id = m.placement_id),
  kept as (
    insert into tenants.charge_subject (authority_id, lender_id, borrower_id, basis_id, subject_id, place_id, label, reference, ledger_code)
    select me, me, m.borrower_id, m.id, w.subject_id, w.place_id, w.label, w.reference, w.ledger_code from made m join wanted w on w.placement_id = m.placement_id)
  select m.id, m.placement_id, true from made m
  union all
  select b.id, b.placement_id, false from tenants.charge_basis b join wanted w on w.placement_id = b.placement_id where b.lender_id = me;
end $$;

-- What was agreed to is not changed under whoever agreed: once the placing authority said yes, the offered price is final.
create function placements.keep_terms() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry;
begin
  select * into e from placements.enquiry where id = new.enquiry_id and providing_id = careshare.authority() for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  if e.stage not in ('sent', 'accepted', 'proposed', 'matching') then raise exception 'illegal step' using errcode = 'CS409'; end if;
  if exists (select from placements.consent c where c.enquiry_id = e.id and c.kind = 'placing_authority' and c.state = 'given') then
    raise exception 'the price is agreed' using errcode = 'CS409'; end if;
  return new;
end $$;

-- The manager of a children's home says yes only after the impact assessment of that enquiry; for other homes it is asked for
-- by nobody, and counts where somebody began one.
create function placements.after_assessment() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry; me uuid := careshare.authority();
begin
  if new.answer <> 'given' then return new; end if;
  select q.* into e from placements.consent c join placements.enquiry q on q.id = c.enquiry_id
    where c.id = new.consent_id and c.kind in ('manager', 'carer') and q.kind <> 'foster_home' and me in (c.by_id, coalesce(c.decider_id, c.by_id));
  if not found or exists (select from residential.assessment a join placements.answering w on w.authority_id = a.authority_id and w.enquiry_id = a.enquiry_id
      where a.authority_id = e.providing_id and a.enquiry_id = e.id and a.home_id = w.subject_id and a.outcome in ('can_live_together', 'with_mitigations')) then
    return new; end if;
  if e.kind = 'residential_home' or exists (select from residential.assessment a where a.authority_id = e.providing_id and a.enquiry_id = e.id) then
    raise exception 'the impact assessment is not decided for it' using errcode = 'CS422'; end if;
  return new;
end $$;

-- How the impact assessment of an enquiry stands, for either of its two sides: begun or done, and nothing else of it.
create function placements.assessment_of(which uuid) returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when a.outcome is null then 'open' else 'done' end from placements.enquiry e
    join placements.answering w on w.authority_id = e.providing_id and w.enquiry_id = e.id
    join residential.assessment a on a.authority_id = e.providing_id and a.enquiry_id = e.id and a.home_id = w.subject_id
    where e.id = which and careshare.authority() in (e.placing_id, e.providing_id)
      and e.stage in ('sent', 'accepted', 'proposed', 'matching', 'matched', 'placed') $$;
grant execute on function placements.assessment_of to careshare_app;
grant execute on function placements.keep_terms, placements.after_assessment to careshare_owner;
reset role;
revoke create on schema tenants, placements from careshare_broker;
set role careshare_owner;
create trigger keep_terms before insert or update on placements.terms_offered for each row execute function placements.keep_terms();
create trigger after_assessment before insert on placements.consent_answer for each row execute function placements.after_assessment();
reset role;
