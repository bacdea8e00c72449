-- Money between authorities: what is charged for a placement of one authority's child in another's home, and the monthly
-- statements made of it. Both sides read each row; nobody updates one. A charge is opened and changed by the lender's
-- functions, a statement moves by steps, and every line of an issued statement stands for good.
set role careshare_owner;

create table tenants.charge_basis (
  lender_id uuid not null references tenants.authority, borrower_id uuid not null references tenants.authority,
  id uuid not null default uuidv7(), placement_id uuid not null,               -- opaque: whose child and which home stand elsewhere
  kind text not null check (kind in ('foster_home', 'residential_home', 'supported_accommodation')),
  contract text not null default 'spot' check (contract in ('spot', 'block')),
  price_source text not null default 'agreed' check (price_source in ('tariff', 'home', 'agreed')),
  starts date not null, ends date, constraint charge_basis_ends check (ends >= starts),   -- the day of arrival, and that of leaving
  leaving_day boolean not null default false,                                  -- whether the day of leaving is charged
  week_starts int not null default 1 check (week_starts between 1 and 7),      -- the day on which a week of money begins; 1 is Monday
  notice_nights int not null default 0 check (notice_nights between 0 and 400),
  notice_percent numeric(5,2) not null default 100 check (notice_percent between 0 and 100),
  notice_given_on date, refilled_on date, constraint charge_basis_refilled check (refilled_on >= ends),
  check (ends is not null or (notice_given_on is null and refilled_on is null)),
  vat_code text not null check (vat_code ~ '^[a-z_]+$'),
  agreement_id uuid not null, agreement_version int not null,                  -- the version it was made under, whatever became of it
  order_number text not null default '' check (order_number ~ '^[A-Za-z0-9 ./_-]{0,40}$'),
  opened_at timestamptz not null default clock_timestamp(), changed_at timestamptz not null default clock_timestamp(),
  revision int not null default 1,
  primary key (lender_id, id), unique (id), unique (lender_id, borrower_id, id), unique (lender_id, placement_id), check (lender_id <> borrower_id),
  foreign key (agreement_id, agreement_version) references tenants.agreement_version (agreement_id, version));
comment on table tenants.charge_basis is 'scope: shared. What is charged for one placement, by the lender of the home to the borrower whose child it is. Names nobody.';
create index charge_basis_pair on tenants.charge_basis (borrower_id, lender_id);
create index charge_basis_agreement on tenants.charge_basis (agreement_id, agreement_version);

create table tenants.charge_rate (       -- the weekly price and each supplement to it, from when to when
  lender_id uuid not null, borrower_id uuid not null, basis_id uuid not null, part text not null check (part ~ '^[a-z0-9_]+$'),
  during daterange not null check (not isempty(during) and not lower_inf(during)), weekly numeric(12,2) not null check (weekly >= 0),
  when_empty boolean not null,           -- charged, too, on nights when the child is not there: notice, pauses, voids
  primary key (lender_id, basis_id, part, during without overlaps),
  foreign key (lender_id, borrower_id, basis_id) references tenants.charge_basis (lender_id, borrower_id, id));
comment on table tenants.charge_rate is 'scope: shared. Weekly prices of a charge in pounds, dated.';
create table tenants.charge_away (       -- nights on which a share of the price is charged
  lender_id uuid not null, borrower_id uuid not null, basis_id uuid not null,
  during daterange not null check (not isempty(during) and not lower_inf(during)),
  reason text not null check (reason in ('pause', 'void')), percent numeric(5,2) not null check (percent between 0 and 100),
  primary key (lender_id, basis_id, during without overlaps),
  foreign key (lender_id, borrower_id, basis_id) references tenants.charge_basis (lender_id, borrower_id, id));
comment on table tenants.charge_away is 'scope: shared. Pauses of a placement and empty nights of a block-booked place, with the share of the price that is charged.';
create table tenants.charge_funding (    -- who pays which share on the borrower''s side; none: social care all
  lender_id uuid not null, borrower_id uuid not null, basis_id uuid not null,
  during daterange not null check (not isempty(during) and not lower_inf(during)),
  social_care numeric(5,2) not null check (social_care >= 0), education numeric(5,2) not null check (education >= 0),
  health numeric(5,2) not null check (health >= 0), check (social_care + education + health = 100),
  primary key (lender_id, basis_id, during without overlaps),
  foreign key (lender_id, borrower_id, basis_id) references tenants.charge_basis (lender_id, borrower_id, id));
comment on table tenants.charge_funding is 'scope: shared. Joint funding of a placement in per cent, dated.';
create table tenants.charge_change (
  lender_id uuid not null, borrower_id uuid not null, id uuid not null default uuidv7(), basis_id uuid not null,
  what text not null check (what ~ '^[a-z_]+$'), effective date not null, at timestamptz not null default clock_timestamp(),
  primary key (lender_id, id), foreign key (lender_id, borrower_id, basis_id) references tenants.charge_basis (lender_id, borrower_id, id));
comment on table tenants.charge_change is 'scope: shared. What was posted about a charge and when: the reason that an adjustment gives. Added, never changed.';
create index charge_rate_basis on tenants.charge_rate (lender_id, borrower_id, basis_id);
create index charge_away_basis on tenants.charge_away (lender_id, borrower_id, basis_id);
create index charge_funding_basis on tenants.charge_funding (lender_id, borrower_id, basis_id);
create index charge_change_basis on tenants.charge_change (lender_id, borrower_id, basis_id, id);

-- What each side keeps of a charge for itself: its own reference and ledger code, and the lender which of its homes it is.
create table tenants.charge_subject (
  authority_id uuid not null references tenants.authority, lender_id uuid not null, borrower_id uuid not null, basis_id uuid not null,
  check (authority_id in (lender_id, borrower_id)),
  subject_id uuid, label text not null default '' check (length(label) <= 80), check (authority_id = lender_id or (subject_id is null and label = '')),
  reference text not null default '' check (length(reference) <= 40), ledger_code text not null default '' check (length(ledger_code) <= 60),
  primary key (authority_id, basis_id),
  foreign key (lender_id, borrower_id, basis_id) references tenants.charge_basis (lender_id, borrower_id, id));
comment on table tenants.charge_subject is 'scope: authority. Each side''s own reference and ledger code of a charge, and the lender''s home by its own id.';
create index charge_subject_basis on tenants.charge_subject (lender_id, borrower_id, basis_id);
create index charge_subject_home on tenants.charge_subject (authority_id, subject_id) where subject_id is not null;

create table tenants.charge_plan (
  authority_id uuid not null references tenants.authority, subject_id uuid not null, year int not null check (year between 2000 and 2100),   -- from 1 April
  planned numeric(12,2) not null check (planned >= 0),
  primary key (authority_id, subject_id, year));
comment on table tenants.charge_plan is 'scope: authority. What a home is planned to bring in by recharges in a financial year.';

create table tenants.charge_setting (    -- how a lender asks to be paid
  authority_id uuid primary key references tenants.authority, payment_days int not null default 30 check (payment_days between 0 and 120),
  pay_to text not null default '' check (length(pay_to) <= 500));
comment on table tenants.charge_setting is 'scope: authority. Days to pay, and where to, as printed on statements when they are issued.';

create table tenants.charge_number (     -- locked while a number is given, and given back when that fails: no gaps
  authority_id uuid not null references tenants.authority, series text not null check (series in ('invoice', 'credit_note')),
  format text not null check (format ~ '^[A-Za-z0-9/-]{0,20}(\{year\}[A-Za-z0-9/-]{0,5})?\{number\}$'), next int not null default 1 check (next > 0),
  primary key (authority_id, series));
comment on table tenants.charge_number is 'scope: authority. The next invoice number and credit note number of a lender, and how they are written.';

create table tenants.statement_rule (
  stage text not null, side text not null check (side in ('lender', 'borrower')), step text not null, next_stage text not null,
  primary key (stage, side, step));
comment on table tenants.statement_rule is 'scope: platform. Every step that a statement allows: in which stage, for which side, and where it leads.';
insert into tenants.statement_rule (stage, side, step, next_stage) values
  ('draft', 'lender', 'issue', 'issued'), ('draft', 'borrower', 'order', 'draft'),
  ('issued', 'borrower', 'order', 'issued'), ('issued', 'borrower', 'approve', 'agreed'), ('issued', 'borrower', 'dispute', 'disputed'),
  ('issued', 'lender', 'credit', 'issued'), ('issued', 'lender', 'adjust', 'issued'), ('issued', 'lender', 'settle', 'settled'),
  ('disputed', 'borrower', 'withdraw', 'issued'), ('disputed', 'lender', 'answer', 'issued'), ('disputed', 'lender', 'credit', 'issued'),
  ('disputed', 'lender', 'adjust', 'issued'),
  ('agreed', 'borrower', 'dispute', 'disputed'), ('agreed', 'lender', 'credit', 'issued'), ('agreed', 'lender', 'adjust', 'agreed'),
  ('agreed', 'lender', 'settle', 'settled'), ('settled', 'lender', 'adjust', 'settled'),
  ('issued', 'lender', 'note', 'issued'), ('issued', 'borrower', 'note', 'issued'), ('disputed', 'lender', 'note', 'disputed'),
  ('disputed', 'borrower', 'note', 'disputed'), ('agreed', 'lender', 'note', 'agreed'), ('agreed', 'borrower', 'note', 'agreed'),
  ('settled', 'lender', 'note', 'settled'), ('settled', 'borrower', 'note', 'settled');

create table tenants.statement (
  lender_id uuid not null references tenants.authority, borrower_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  month date not null check (extract(day from month) = 1),
  stage text not null default 'draft' check (stage in ('draft', 'issued', 'disputed', 'agreed', 'settled')),
  invoice_number text, issued_on date, due_on date, pay_to text not null default '',
  check ((stage = 'draft') = (invoice_number is null) and (invoice_number is null) = (issued_on is null) and (issued_on is null) = (due_on is null)),
  order_number text not null default '' check (order_number ~ '^[A-Za-z0-9 ./_-]{0,40}$'),
  net numeric(12,2) not null, vat numeric(12,2) not null, credited numeric(12,2) not null default 0 check (credited >= 0),
  digest bytea not null,                 -- of its lines: made again from the same, nothing changes
  made_at timestamptz not null, revision int not null default 1,
  primary key (lender_id, id), unique (id), unique (lender_id, borrower_id, id), unique (lender_id, borrower_id, month), unique (lender_id, invoice_number),
  check (lender_id <> borrower_id));
comment on table tenants.statement is 'scope: shared. The statement of one lender to one borrower for one month; an invoice once it is issued.';
create index statement_borrower on tenants.statement (borrower_id, lender_id, month);

create table tenants.charge_line (
  lender_id uuid not null, borrower_id uuid not null, id uuid not null default uuidv7(), statement_id uuid not null, n int not null check (n > 0),
  basis_id uuid, step_id uuid, check (num_nonnulls(basis_id, step_id) = 1),    -- a placement's, or an adjustment that somebody posted
  kind text not null check (kind in ('charge', 'retainer', 'void', 'notice', 'adjustment')), part text not null,
  first_night date not null, last_night date not null check (last_night >= first_night),
  nth int not null check (nth between 0 and 7),                                -- which night of its week the first is; 0: an adjustment
  weekly numeric(12,2) not null, percent numeric(5,2) not null, amount numeric(12,2) not null,
  vat_code text not null, order_number text not null default '',
  social_care numeric(12,2) not null, education numeric(12,2) not null, health numeric(12,2) not null, check (social_care + education + health = amount),
  reverses_id uuid, reason text not null default '' check (reason ~ '^[a-z_]*$'),  -- an earlier line taken back; why a month gone by is charged now
  primary key (lender_id, id), unique (statement_id, n), unique (lender_id, reverses_id),
  foreign key (lender_id, borrower_id, statement_id) references tenants.statement (lender_id, borrower_id, id),
  foreign key (lender_id, borrower_id, basis_id) references tenants.charge_basis (lender_id, borrower_id, id),
  foreign key (lender_id, reverses_id) references tenants.charge_line (lender_id, id));
comment on table tenants.charge_line is 'scope: shared. The lines of a statement: nights of one week at one price, or what an adjustment changes. Final once issued.';
create index charge_line_statement on tenants.charge_line (lender_id, borrower_id, statement_id);
create index charge_line_basis on tenants.charge_line (lender_id, borrower_id, basis_id);

create table tenants.statement_step (
  lender_id uuid not null, borrower_id uuid not null, id uuid not null default uuidv7(), statement_id uuid not null,
  by_id uuid not null references tenants.authority, step text not null, reason text not null default '' check (reason ~ '^[a-z_]*$'),
  note text not null default '' check (length(note) <= 1000), line_id uuid,
  amount numeric(12,2), vat numeric(12,2) not null default 0, number text,      -- a credit note's number, or the order number given
  at timestamptz not null default clock_timestamp(),
  check (case step when 'credit' then coalesce(amount > 0, false) when 'adjust' then coalesce(amount <> 0, false)
    when 'dispute' then coalesce(amount, 0) >= 0 else amount is null and vat = 0 end),
  check (step <> 'note' or note <> ''), check (step not in ('dispute', 'credit', 'adjust', 'answer') or reason <> ''),
  primary key (lender_id, id),
  foreign key (lender_id, borrower_id, statement_id) references tenants.statement (lender_id, borrower_id, id),
  foreign key (lender_id, line_id) references tenants.charge_line (lender_id, id));
comment on table tenants.statement_step is 'scope: shared. What each side did about a statement: issued, disputed, answered, credited, agreed, paid. Added, never changed.';
create index statement_step_statement on tenants.statement_step (lender_id, borrower_id, statement_id, id);
create unique index statement_step_credit_note on tenants.statement_step (lender_id, number) where step = 'credit';
create index statement_step_by on tenants.statement_step (by_id);
create index statement_step_line on tenants.statement_step (lender_id, line_id) where line_id is not null;
alter table tenants.charge_line add foreign key (lender_id, step_id) references tenants.statement_step (lender_id, id);
create index charge_line_step on tenants.charge_line (lender_id, step_id) where step_id is not null;

create table tenants.statement_disposal (  -- a statement is deleted when both sides have confirmed that its time is over
  authority_id uuid not null references tenants.authority, statement_id uuid not null references tenants.statement (id) on delete cascade,
  at timestamptz not null default clock_timestamp(), stopped boolean not null default false,   -- both had confirmed it, but not yet could it go
  primary key (authority_id, statement_id));
comment on table tenants.statement_disposal is 'scope: authority. Statements at the end of their time whose deletion the authority confirmed.';
create index statement_disposal_statement on tenants.statement_disposal (statement_id);

select careshare.protect(('tenants.' || t)::regclass, 'authority_id')
  from unnest(array['charge_subject', 'charge_plan', 'charge_setting', 'charge_number', 'statement_disposal']) t;
select careshare.let_broker(('tenants.' || t)::regclass)
  from unnest(array['charge_subject', 'charge_setting', 'charge_number', 'statement_disposal']) t;
do $$ declare t text; begin
  foreach t in array array['charge_basis', 'charge_rate', 'charge_away', 'charge_funding', 'charge_change', 'statement', 'charge_line', 'statement_step'] loop
    perform careshare.protect(('tenants.' || t)::regclass, null), careshare.let_broker(('tenants.' || t)::regclass);
    execute format('create policy as_lender on tenants.%I for select to careshare_app using (lender_id = (select careshare.authority()))', t);
    execute format('create policy as_borrower on tenants.%I for select to careshare_app using (borrower_id = (select careshare.authority()))', t);
    execute format('grant select on tenants.%I to careshare_app', t);
  end loop; end $$;
create policy take on tenants.statement_step for insert to careshare_app with check (by_id = (select careshare.authority()));
grant insert (statement_id, step, reason, note, line_id, amount, vat, number) on tenants.statement_step to careshare_app;
grant select, insert, update on tenants.charge_plan, tenants.charge_setting to careshare_app;
grant update (reference, ledger_code, label) on tenants.charge_subject to careshare_app;
grant select on tenants.charge_subject, tenants.charge_number, tenants.statement_disposal to careshare_app;
grant insert (authority_id, series, format), update (format) on tenants.charge_number to careshare_app;
grant select on tenants.statement_rule to careshare_app, careshare_broker, careshare_backup;

-- A hold of either side stops the deletion of a statement, whichever of them confirmed it.
grant usage on schema record to careshare_broker;
grant select on record.hold to careshare_broker;
create policy broker on record.hold for select to careshare_broker using (true);

-- What an issued statement says is final. A draft's lines are written anew; the rest go at the end of their time.
create function tenants.keep_lines() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' then raise exception 'a line of a statement is never changed' using errcode = '42501'; end if;
  if exists (select from tenants.statement s where s.id = old.statement_id and s.stage <> 'draft'
      and (select count(*) from tenants.statement_disposal d where d.statement_id = s.id) < 2) then
    raise exception 'a line of an issued statement is final' using errcode = '42501';
  end if;
  return old;
end $$;
create trigger keep_lines before update or delete on tenants.charge_line for each row execute function tenants.keep_lines();
alter table tenants.charge_line enable always trigger keep_lines;
revoke execute on function tenants.keep_lines from public;
reset role;

grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- A lender's charges are changed side by side, but not while its statements are being made: what a statement has not seen
-- is then always posted after it.
create function tenants.hold_charges(making boolean) returns timestamptz language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare key bigint := hashtextextended('tenants.charges ' || careshare.authority(), 0);
begin
  if making then perform pg_advisory_xact_lock(key); else perform pg_advisory_xact_lock_shared(key); end if;
  return clock_timestamp();
end $$;

-- Takes a period out of one of the dated tables of a charge: what reaches beyond it on either side stays.
create function tenants.cut_charge(tab regclass, lender uuid, basis uuid, part text, cut daterange) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare gone jsonb[]; was jsonb; during daterange; rest daterange;
begin
  execute format('with gone as (delete from %s t where lender_id = $1 and basis_id = $2 and during && $3 and ($4 is null or to_jsonb(t)->>''part'' = $4)
    returning to_jsonb(t) as was) select coalesce(array_agg(was), ''{}'') from gone', tab) into gone using lender, basis, cut, part;
  foreach was in array gone loop
    during := (was->>'during')::daterange;
    foreach rest in array array[
        case when lower(during) < lower(cut) then daterange(lower(during), lower(cut)) end,
        case when upper(cut) is not null and (upper(during) is null or upper(during) > upper(cut)) then daterange(upper(cut), upper(during)) end] loop
      if rest is not null then
        execute format('insert into %s select (jsonb_populate_record(null::%s, $1)).*', tab, tab) using was || jsonb_build_object('during', rest);
      end if;
    end loop;
  end loop;
end $$;

-- Opens charges for the bound lender, each with its rates, its funding and the lender's own reference. Left out: what stands
-- on a version that was not signed by all, or of which one of the two is no party. One already open for a placement stays as it is.
create function tenants.open_charges(given jsonb) returns table (id uuid, placement_id uuid, opened boolean) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority();
begin
  perform tenants.hold_charges(false);
  return query with wanted as materialized (
    select * from jsonb_to_recordset(given) as w (placement_id uuid, borrower_id uuid, kind text, contract text, price_source text, starts date,
      leaving_day boolean, week_starts int, notice_nights int, notice_percent numeric, vat_code text, agreement_id uuid, agreement_version int,
      order_number text, rates jsonb, funding jsonb, subject_id uuid, label text, reference text, ledger_code text)),
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
    insert into tenants.charge_subject (authority_id, lender_id, borrower_id, basis_id, subject_id, label, reference, ledger_code)
    select me, me, m.borrower_id, m.id, w.subject_id, w.label, w.reference, w.ledger_code from made m join wanted w on w.placement_id = m.placement_id)
  select m.id, m.placement_id, true from made m
  union all
  select b.id, b.placement_id, false from tenants.charge_basis b join wanted w on w.placement_id = b.placement_id where b.lender_id = me;
end $$;

-- Changes one of the bound lender's charges. Gives its new revision; null: not there, or not its own; 0: not what it said.
create function tenants.change_charge(which uuid, expected int, what text, given jsonb) returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare b tenants.charge_basis; since date := (given->>'since')::date; during daterange := daterange((given->>'since')::date, (given->>'until')::date);
begin
  perform tenants.hold_charges(false);
  select * into b from tenants.charge_basis where lender_id = careshare.authority() and id = which for no key update;
  if not found then return null; end if;
  if expected is not null and b.revision <> expected then return 0; end if;
  case what
    when 'price' then
      perform tenants.cut_charge('tenants.charge_rate', b.lender_id, b.id, given->>'part', during);
      if given->>'weekly' is not null then
        insert into tenants.charge_rate (lender_id, borrower_id, basis_id, part, during, weekly, when_empty)
          values (b.lender_id, b.borrower_id, b.id, given->>'part', during, (given->>'weekly')::numeric, (given->>'when_empty')::boolean);
      end if;
    when 'pause', 'void' then
      perform tenants.cut_charge('tenants.charge_away', b.lender_id, b.id, null, during);
      insert into tenants.charge_away (lender_id, borrower_id, basis_id, during, reason, percent)
        values (b.lender_id, b.borrower_id, b.id, during, what, (given->>'percent')::numeric);
    when 'resume' then perform tenants.cut_charge('tenants.charge_away', b.lender_id, b.id, null, during);
    when 'funding' then
      perform tenants.cut_charge('tenants.charge_funding', b.lender_id, b.id, null, during);
      insert into tenants.charge_funding (lender_id, borrower_id, basis_id, during, social_care, education, health) values (b.lender_id, b.borrower_id, b.id,
        during, (given->>'social_care')::numeric, (given->>'education')::numeric, (given->>'health')::numeric);
    when 'end' then
      update tenants.charge_basis set ends = since, notice_given_on = (given->>'notice_given_on')::date,
        refilled_on = case when since <= refilled_on then refilled_on end where lender_id = b.lender_id and id = b.id;
    when 'reopen' then
      since := b.ends;
      update tenants.charge_basis set ends = null, notice_given_on = null, refilled_on = null where lender_id = b.lender_id and id = b.id;
    when 'refilled' then update tenants.charge_basis set refilled_on = since where lender_id = b.lender_id and id = b.id;
    when 'start' then update tenants.charge_basis set starts = since where lender_id = b.lender_id and id = b.id;
    when 'vat' then update tenants.charge_basis set vat_code = given->>'vat_code' where lender_id = b.lender_id and id = b.id;
  end case;
  insert into tenants.charge_change (lender_id, borrower_id, basis_id, what, effective) values (b.lender_id, b.borrower_id, b.id, what, coalesce(since, b.starts));
  update tenants.charge_basis set changed_at = clock_timestamp(), revision = revision + 1 where lender_id = b.lender_id and id = b.id;
  return b.revision + 1;
end $$;

-- The borrower's order number of a charge, for the statements to come, and each side's own reference and ledger code.
create function tenants.keep_charge(which uuid, own_reference text, own_ledger_code text, number text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare b tenants.charge_basis; me uuid := careshare.authority();
begin
  select * into b from tenants.charge_basis where id = which and me in (lender_id, borrower_id) for no key update;
  if not found or (number is not null and me <> b.borrower_id) then return false; end if;
  insert into tenants.charge_subject (authority_id, lender_id, borrower_id, basis_id, reference, ledger_code)
    values (me, b.lender_id, b.borrower_id, b.id, coalesce(own_reference, ''), coalesce(own_ledger_code, ''))
    on conflict (authority_id, basis_id) do update set reference = coalesce(own_reference, charge_subject.reference),
      ledger_code = coalesce(own_ledger_code, charge_subject.ledger_code);
  if number is not null and number <> b.order_number then
    update tenants.charge_basis set order_number = number, revision = revision + 1 where lender_id = b.lender_id and id = b.id;
  end if;
  return true;
end $$;

-- Writes the bound lender's drafts of a month: for each borrower its lines, whole. A draft that says the same already stays
-- as it is; one for which there is nothing any more goes; what is issued is never touched.
create function tenants.draft_statements(for_month date, as_of timestamptz, borrowers uuid[], digests bytea[], nets numeric[], vats numeric[],
  of_borrower uuid[], ns int[], bases uuid[], steps uuid[], kinds text[], parts text[], firsts date[], lasts date[], nths int[], weeklies numeric[], percents numeric[],
  amounts numeric[], vat_codes text[], orders text[], social_cares numeric[], educations numeric[], healths numeric[], reversed uuid[], reasons text[])
returns table (id uuid, borrower_id uuid) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare me uuid := careshare.authority(); wrote uuid[];
begin
  perform tenants.hold_charges(true);
  perform 1 from tenants.statement s where s.lender_id = me and s.month = for_month and s.stage = 'draft' order by s.id for update;
  delete from tenants.charge_line l using tenants.statement s
    where s.lender_id = me and s.month = for_month and s.stage = 'draft' and s.borrower_id <> all(borrowers) and l.lender_id = me and l.statement_id = s.id;
  delete from tenants.statement_step p using tenants.statement s
    where s.lender_id = me and s.month = for_month and s.stage = 'draft' and s.borrower_id <> all(borrowers) and p.lender_id = me and p.statement_id = s.id;
  delete from tenants.statement s where s.lender_id = me and s.month = for_month and s.stage = 'draft' and s.borrower_id <> all(borrowers);
  with head as (select * from unnest(borrowers, digests, nets, vats) as h (borrower_id, digest, net, vat)),
  made as (
    insert into tenants.statement as s (lender_id, borrower_id, month, net, vat, digest, made_at)
    select me, h.borrower_id, for_month, h.net, h.vat, h.digest, as_of from head h
    on conflict (lender_id, borrower_id, month) do update
      set net = excluded.net, vat = excluded.vat, digest = excluded.digest, made_at = excluded.made_at, revision = s.revision + 1
      where s.stage = 'draft' and s.digest <> excluded.digest
    returning s.id)
  select coalesce(array_agg(m.id), '{}') into wrote from made m;
  delete from tenants.charge_line l where l.lender_id = me and l.statement_id = any(wrote);
  insert into tenants.charge_line (lender_id, borrower_id, statement_id, n, basis_id, step_id, kind, part, first_night, last_night, nth, weekly, percent, amount,
    vat_code, order_number, social_care, education, health, reverses_id, reason)
  select me, l.borrower_id, s.id, l.n, l.basis_id, l.step_id, l.kind, l.part, l.first_night, l.last_night, l.nth, l.weekly, l.percent, l.amount,
    l.vat_code, l.order_number, l.social_care, l.education, l.health, l.reverses_id, l.reason
  from unnest(of_borrower, ns, bases, steps, kinds, parts, firsts, lasts, nths, weeklies, percents, amounts, vat_codes, orders, social_cares, educations, healths,
      reversed, reasons) as l (borrower_id, n, basis_id, step_id, kind, part, first_night, last_night, nth, weekly, percent, amount, vat_code, order_number,
      social_care, education, health, reverses_id, reason)
    join tenants.statement s on s.lender_id = me and s.borrower_id = l.borrower_id and s.month = for_month and s.id = any(wrote);
  -- Looked at and found the same: nothing changes but the moment up to which it is known to be right.
  update tenants.statement s set made_at = as_of where s.lender_id = me and s.month = for_month and s.stage = 'draft' and s.id <> all(wrote);
  return query select s.id, s.borrower_id from tenants.statement s where s.id = any(wrote) order by s.borrower_id;
end $$;

create function tenants.next_charge_number(lender uuid, of_series text, on_day date) returns text language plpgsql set search_path = pg_catalog, pg_temp as $$
declare c tenants.charge_number;
begin
  insert into tenants.charge_number (authority_id, series, format)
    values (lender, of_series, case of_series when 'invoice' then 'RC-{number}' else 'CN-{number}' end) on conflict do nothing;
  update tenants.charge_number set next = next + 1 where authority_id = lender and series = of_series returning * into c;
  return replace(replace(c.format, '{year}', extract(year from on_day)::int::text), '{number}', lpad((c.next - 1)::text, greatest(5, length((c.next - 1)::text)), '0'));
end $$;

-- A step by the bound authority: looked up in the table of steps, and nothing else moves a stage.
create function tenants.take_statement_step() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s tenants.statement; r tenants.statement_rule; today date := (clock_timestamp() at time zone 'Europe/London')::date; c tenants.charge_setting;
begin
  new.by_id := careshare.authority();
  select * into s from tenants.statement where id = new.statement_id and new.by_id in (lender_id, borrower_id) for no key update;
  if not found then raise exception 'no such statement' using errcode = 'CS409'; end if;
  new.lender_id := s.lender_id; new.borrower_id := s.borrower_id;
  select * into r from tenants.statement_rule t where t.stage = s.stage and t.step = new.step
    and t.side = case new.by_id when s.lender_id then 'lender' else 'borrower' end;
  if not found then raise exception 'illegal step' using errcode = 'CS409'; end if;
  if new.line_id is not null and not exists (select from tenants.charge_line l where l.lender_id = s.lender_id and l.id = new.line_id and l.statement_id = s.id) then
    raise exception 'a line of another statement' using errcode = 'CS409';
  end if;
  if new.step not in ('order', 'credit') then new.number := null; end if;
  case new.step
    when 'issue' then
      if s.month >= date_trunc('month', today) or exists (select from tenants.statement e where e.lender_id = s.lender_id and e.borrower_id = s.borrower_id
          and e.month < s.month and e.stage = 'draft') then
        raise exception 'not its turn' using errcode = 'CS409';
      end if;
      select * into c from tenants.charge_setting where authority_id = s.lender_id;
      update tenants.statement set invoice_number = tenants.next_charge_number(s.lender_id, 'invoice', today), issued_on = today,
        due_on = today + coalesce(c.payment_days, 30), pay_to = coalesce(c.pay_to, ''), stage = r.next_stage where id = s.id;
    when 'credit' then
      if s.credited + new.amount + new.vat > s.net + s.vat then raise exception 'more than is owed' using errcode = 'CS409'; end if;
      new.number := tenants.next_charge_number(s.lender_id, 'credit_note', today);
      update tenants.statement set credited = credited + new.amount + new.vat where id = s.id;
    when 'order' then update tenants.statement set order_number = coalesce(new.number, '') where id = s.id;
    else null;
  end case;
  update tenants.statement set stage = r.next_stage, revision = revision + 1 where id = s.id;
  return new;
end $$;

-- The bound authority's word that statements are at the end of their time; those of which both sides said so are deleted,
-- and the charges of which nothing is left. Gives those that are gone; the rest wait for the other side.
create function tenants.dispose_statements(ids uuid[]) returns uuid[] language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare mine uuid[]; gone uuid[]; bases uuid[];
begin
  select coalesce(array_agg(s.id), '{}') into mine from (
    select id from tenants.statement where id = any(ids) and careshare.authority() in (lender_id, borrower_id) for update) s;
  insert into tenants.statement_disposal (authority_id, statement_id) select careshare.authority(), unnest(mine) on conflict do nothing;
  -- A line that another statement still takes back stays, and its statement with it.
  select coalesce(array_agg(s.id), '{}') into gone from tenants.statement s
    where s.id = any(mine) and (select count(*) from tenants.statement_disposal d where d.statement_id = s.id) = 2
      and not exists (select from record.hold h where h.authority_id in (s.lender_id, s.borrower_id) and h.class = 'recharge' and h.lifted_at is null
        and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date) and (h.subject_id is null or h.subject_id = s.id))
      and not exists (select from tenants.charge_line l join tenants.charge_line r on r.lender_id = l.lender_id and r.reverses_id = l.id
        where l.statement_id = s.id and r.statement_id <> all(mine))
      and not exists (select from tenants.statement_step p join tenants.charge_line l on l.lender_id = p.lender_id and l.step_id = p.id
        where p.lender_id = s.lender_id and p.statement_id = s.id and l.statement_id <> all(mine));
  update tenants.statement_disposal d set stopped = true where d.statement_id = any(mine) and d.statement_id <> all(gone)
    and (select count(*) from tenants.statement_disposal b where b.statement_id = d.statement_id) = 2;
  select coalesce(array_agg(distinct basis_id), '{}') into bases from tenants.charge_line where statement_id = any(gone) and basis_id is not null;
  delete from tenants.charge_line where statement_id = any(gone) and reverses_id is not null;
  delete from tenants.charge_line where statement_id = any(gone) and step_id is not null;
  delete from tenants.statement_step where statement_id = any(gone);
  delete from tenants.charge_line where statement_id = any(gone);
  delete from tenants.statement where id = any(gone);
  select coalesce(array_agg(b.id), '{}') into bases from tenants.charge_basis b where b.id = any(bases) and b.ends is not null
    and not exists (select from tenants.charge_line l where l.lender_id = b.lender_id and l.borrower_id = b.borrower_id and l.basis_id = b.id);
  delete from tenants.charge_rate where basis_id = any(bases);
  delete from tenants.charge_away where basis_id = any(bases);
  delete from tenants.charge_funding where basis_id = any(bases);
  delete from tenants.charge_change where basis_id = any(bases);
  delete from tenants.charge_subject where basis_id = any(bases);
  delete from tenants.charge_basis where id = any(bases);
  return gone;
end $$;
grant execute on function tenants.hold_charges, tenants.open_charges, tenants.change_charge, tenants.keep_charge, tenants.draft_statements,
  tenants.dispose_statements to careshare_app;
grant execute on function tenants.take_statement_step to careshare_owner;
reset role;
revoke create on schema tenants from careshare_broker;
set role careshare_owner;
create trigger take_step before insert on tenants.statement_step for each row execute function tenants.take_statement_step();
reset role;
