-- A price that is changed by hand: asked for by one person with a day and a reason, looked at by another, and told on the
-- lines that it explains.
set role careshare_owner;
alter table tenants.charge_change add column part text, add column until date;   -- of a price: which one, and up to which day

create table tenants.price_change (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(), basis_id uuid not null,
  part text not null check (part ~ '^[a-z0-9_]+$'), since date not null, until date check (until > since),
  weekly numeric(12,2) check (weekly >= 0), when_empty boolean not null,   -- null: the supplement ends
  check (weekly is not null or part <> 'base'),
  reason text not null check (reason ~ '^[a-z_]{1,40}$'), note text not null default '' check (length(note) <= 1000),
  state text not null default 'waiting' check (state in ('waiting', 'agreed', 'refused')),
  asked_at timestamptz not null default clock_timestamp(), asked_by uuid not null default careshare.actor(),
  decided_at timestamptz, decided_by uuid,
  check ((state = 'waiting') = (decided_at is null) and (decided_at is null) = (decided_by is null)),
  constraint price_change_second check (state <> 'agreed' or decided_by <> asked_by),
  primary key (authority_id, id),
  foreign key (authority_id, basis_id) references tenants.charge_basis (lender_id, id) on delete cascade);
create unique index price_change_waiting on tenants.price_change (authority_id, basis_id, part) where state = 'waiting';
create index price_change_basis on tenants.price_change (authority_id, basis_id, id);
comment on table tenants.price_change is 'scope: authority. Prices of a charge that somebody of the lender changed by hand: from when, why, and who took the second look.';
select careshare.protect('tenants.price_change', 'authority_id');
grant select, insert (authority_id, basis_id, part, since, until, weekly, when_empty, reason, note),
  update (state, decided_at, decided_by) on tenants.price_change to careshare_app;
-- What was decided stays as it was decided, and nobody decides in another's name.
create function tenants.decide_price() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.state <> 'waiting' then raise exception 'decided already' using errcode = 'CS409'; end if;
  new.decided_by := careshare.actor(); new.decided_at := clock_timestamp();
  return new;
end $$;
create trigger decide before update on tenants.price_change for each row execute function tenants.decide_price();
revoke execute on function tenants.decide_price from public;
reset role;

grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- As in 0024; a price may say why it was changed, and is noted with its part and its last day.
create or replace function tenants.change_charge(which uuid, expected int, what text, given jsonb) returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
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
  insert into tenants.charge_change (lender_id, borrower_id, basis_id, what, effective, part, until) values (b.lender_id, b.borrower_id, b.id,
    case when what = 'price' then coalesce('price_' || nullif(given->>'reason', ''), what) else what end, coalesce(since, b.starts),
    case when what = 'price' then given->>'part' end, case when what = 'price' then (given->>'until')::date end);
  update tenants.charge_basis set changed_at = clock_timestamp(), revision = revision + 1 where lender_id = b.lender_id and id = b.id;
  return b.revision + 1;
end $$;
reset role;
revoke create on schema tenants from careshare_broker;
