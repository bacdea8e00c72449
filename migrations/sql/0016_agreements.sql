-- What an agreement states, its versions and their signatures, and leaving. The row of tenants.agreement says what is in
-- force (or, before that, what is proposed first); each version stands whole in tenants.agreement_version.
set role careshare_owner;
alter table tenants.agreement drop constraint agreement_state_check;
alter table tenants.agreement add constraint agreement_state_check check (state in ('draft', 'signed', 'in_force', 'ended'));
alter table tenants.agreement add column revision int not null default 1;   -- counts every change: the ETag
alter table tenants.agreement_party
  add column joined_at timestamptz,      -- null: from the day the agreement came into force
  add column notice_at timestamptz, add column leaves_at timestamptz,   -- said that it leaves, and from when it has
  add column leaves_for text not null default '',                       -- the stated cause of leaving at once, or the reason given
  add column contact_role text not null default '', add column contact_telephone text not null default '',
  add column contact_email text not null default '',
  add constraint agreement_party_leaving check ((leaves_at is null) = (notice_at is null) and leaves_at >= notice_at);
update tenants.agreement_party set notice_at = left_at, leaves_at = left_at where left_at is not null;

create table tenants.agreement_version (
  id uuid primary key default uuidv7(), agreement_id uuid not null references tenants.agreement, version int not null check (version > 0),
  state text not null default 'proposed' check (state in ('proposed', 'signed', 'in_force', 'replaced', 'ended')),
  terms jsonb not null, parties uuid[] not null check (cardinality(parties) > 1),
  in_force tstzrange not null check (not isempty(in_force)),
  proposed_by uuid not null references tenants.authority, proposed_at timestamptz not null default clock_timestamp(),
  amended_at timestamptz, signed_at timestamptz, ended_at timestamptz,   -- ended: replaced, or over
  unique (agreement_id, version));
comment on table tenants.agreement_version is 'scope: shared. Each version of an agreement, whole: its terms, its parties and what became of it.';
create unique index agreement_version_open on tenants.agreement_version (agreement_id) where state = 'proposed';
create index agreement_version_proposer on tenants.agreement_version (proposed_by);

create table tenants.agreement_signature (
  version_id uuid not null references tenants.agreement_version, authority_id uuid not null references tenants.authority,
  person_id uuid not null, name text not null check (name <> ''), role text not null check (role <> ''),
  signed_at timestamptz not null default clock_timestamp(),
  primary key (version_id, authority_id));
comment on table tenants.agreement_signature is 'scope: shared. Who signed which version of an agreement for which party.';
create index agreement_signature_authority on tenants.agreement_signature (authority_id);

create table tenants.agreement_told (   -- so that nobody is told twice
  authority_id uuid not null references tenants.authority, version_id uuid not null references tenants.agreement_version,
  kind text not null check (kind in ('to_sign', 'expiry', 'review')), day date not null, told_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, version_id, kind, day));
comment on table tenants.agreement_told is 'scope: authority. What the authority''s people were told of an agreement: a signature that is wanted, an end or a review ahead.';
create index agreement_told_version on tenants.agreement_told (version_id);

select careshare.protect('tenants.agreement_version', null), careshare.protect('tenants.agreement_signature', null),
  careshare.protect('tenants.agreement_told', 'authority_id');
select careshare.let_broker('tenants.agreement_version'), careshare.let_broker('tenants.agreement_signature');
grant select on tenants.agreement_version, tenants.agreement_signature to careshare_app;
grant select, insert on tenants.agreement_told to careshare_app;
-- The steps of one agreement are read from the audit record, where they are few among many.
create index entry_agreement on audit.entry ((subjects[1]), id) where action like 'agreement.%';

-- Agreements made before versions were kept.
insert into tenants.agreement_version (agreement_id, version, state, terms, parties, in_force, proposed_by, signed_at)
  select a.id, a.version, case a.state when 'draft' then 'proposed' else a.state end,
    jsonb_build_object('title', a.title, 'resource', a.resource, 'detail', a.detail, 'purpose', a.purpose, 'gateways', '[]'::jsonb,
      'lawful_basis', '', 'condition', '', 'tariff', '', 'retention', '', 'notice_days', a.notice_days,
      'starts', (lower(a.in_force) at time zone 'Europe/London')::date, 'last_day', (upper(a.in_force) at time zone 'Europe/London')::date - 1,
      'review_on', a.reviewed_by, 'legal_gateway_text', a.legal_gateway, 'lawful_basis_text', a.lawful_basis),
    p.parties, a.in_force, p.parties[1], case when a.state <> 'draft' then p.signed_at end
  from tenants.agreement a join lateral (
    select array_agg(authority_id order by authority_id) as parties, max(signed_at) as signed_at from tenants.agreement_party where agreement_id = a.id) p
    on cardinality(p.parties) > 1;
insert into tenants.agreement_signature (version_id, authority_id, person_id, name, role, signed_at)
  select v.id, p.authority_id, '00000000-0000-0000-0000-000000000000', p.signed_by, p.signed_role, p.signed_at
  from tenants.agreement_party p join tenants.agreement_version v on v.agreement_id = p.agreement_id where p.signed_at is not null;
reset role;

grant create on schema tenants to careshare_broker;
set role careshare_broker;
-- The versions the bound authority may read: those it is a party of, and none proposed after it had left.
create function tenants.my_agreement_versions() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select v.id from tenants.agreement_party p join tenants.agreement_version v on v.agreement_id = p.agreement_id
    where p.authority_id = careshare.authority() and p.authority_id = any(v.parties)
      and (p.leaves_at is null or p.leaves_at > now() or v.proposed_at < p.leaves_at)) $$;
-- From the first moment of the first day to the last of the last, in London.
create function tenants.period_of(terms jsonb) returns tstzrange language sql stable set search_path = pg_catalog, pg_temp as $$
  select tstzrange((terms->>'starts')::date::timestamp at time zone 'Europe/London',
    ((terms->>'last_day')::date + 1)::timestamp at time zone 'Europe/London') $$;

-- The grants of an agreement follow from its signatures and its dates: each party sees each other party's shelf of the
-- resource while both take part. A later version that all have signed goes on where this one stops.
create or replace function tenants.settle_grants(which uuid) returns int language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; during tstzrange; n int;
begin
  select * into a from tenants.agreement where id = which for update;
  delete from careshare.sharing_grant where agreement_id = which;
  if a.state not in ('signed', 'in_force') then return 0; end if;
  during := a.in_force;
  select tstzrange(lower(a.in_force), upper(v.in_force)) into during from tenants.agreement_version v
    where v.agreement_id = which and v.state = 'signed' and v.version > a.version;
  during := coalesce(during, a.in_force);
  insert into careshare.sharing_grant (viewer_id, shelf_id, agreement_id, in_force)
    select v.authority_id, s.id, a.id, together.take_part
    from tenants.agreement_party v
    join tenants.agreement_party o on o.agreement_id = v.agreement_id and o.authority_id <> v.authority_id
    join careshare.shelf s on s.owner_id = o.authority_id and s.resource = a.resource
    cross join lateral (select greatest(v.joined_at, o.joined_at) as since, least(v.leaves_at, o.leaves_at) as until) pair
    cross join lateral (select case when pair.since >= pair.until then 'empty'::tstzrange
      else during * tstzrange(pair.since, pair.until) end as take_part) together
    where v.agreement_id = a.id and v.signed_at is not null and o.signed_at is not null and v.left_at is null and o.left_at is null
      and not isempty(together.take_part);
  get diagnostics n = row_count; return n;
end $$;

-- Brings an agreement to where its signatures, its dates and those who leave have brought it by now: any number of times
-- with the same result. Gives the steps that were taken: left, signed_by_all, in_force, ended.
create function tenants.settle_agreement(which uuid) returns text[] language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; v tenants.agreement_version; steps text[] := '{}'; standing int;
begin
  select * into a from tenants.agreement where id = which for update;
  if not found or a.state = 'ended' then return steps; end if;
  update tenants.agreement_party set left_at = leaves_at where agreement_id = which and left_at is null and leaves_at <= now();
  if found then steps := steps || 'left'::text; end if;

  select * into v from tenants.agreement_version where agreement_id = which and state = 'proposed';
  if found then
    select count(*) into standing from tenants.agreement_party p
      where p.agreement_id = which and p.leaves_at is null and p.authority_id = any(v.parties);
    if standing > 1 and not exists (
        select from tenants.agreement_party p where p.agreement_id = which and p.leaves_at is null and p.authority_id = any(v.parties)
        and not exists (select from tenants.agreement_signature s where s.version_id = v.id and s.authority_id = p.authority_id)) then
      update tenants.agreement_version set state = 'signed', signed_at = clock_timestamp() where id = v.id;
      -- Who joins an agreement that stands takes part from the first day of the version that brings them in.
      update tenants.agreement_party p set signed_by = s.name, signed_role = s.role, signed_at = s.signed_at, joined_at = lower(v.in_force)
        from tenants.agreement_signature s
        where s.version_id = v.id and p.agreement_id = which and p.authority_id = s.authority_id and p.signed_at is null;
      if a.state = 'draft' then a.state := 'signed'; end if;
      steps := steps || 'signed_by_all'::text;
    end if;
  end if;

  select * into v from tenants.agreement_version where agreement_id = which and state = 'signed' and lower(in_force) <= now();
  if found then
    update tenants.agreement_version set state = 'replaced', ended_at = lower(v.in_force) where agreement_id = which and state = 'in_force';
    update tenants.agreement_version set state = 'in_force' where id = v.id;
    update tenants.agreement_party p set signed_by = s.name, signed_role = s.role, signed_at = s.signed_at
      from tenants.agreement_signature s where s.version_id = v.id and p.agreement_id = which and p.authority_id = s.authority_id;
    a.state := 'in_force'; a.version := v.version; a.in_force := v.in_force;
    update tenants.agreement set version = v.version, in_force = v.in_force, title = v.terms->>'title', detail = v.terms->>'detail',
      purpose = v.terms->>'purpose', legal_gateway = v.terms->>'legal_gateway_text', lawful_basis = v.terms->>'lawful_basis_text',
      notice_days = (v.terms->>'notice_days')::int, reviewed_by = (v.terms->>'review_on')::date where id = which;
    steps := steps || 'in_force'::text;
  end if;

  select count(*) into standing from tenants.agreement_party
    where agreement_id = which and left_at is null and (a.state = 'draft' or signed_at is not null);
  if standing < 2 or (a.state <> 'draft' and upper(a.in_force) <= now()) then
    a.state := 'ended';
    update tenants.agreement_version set state = 'ended', ended_at = clock_timestamp()
      where agreement_id = which and state in ('proposed', 'signed', 'in_force');
    steps := steps || 'ended'::text;
  end if;
  if steps <> '{}' then
    update tenants.agreement set state = a.state, revision = revision + 1 where id = which;
    perform tenants.settle_grants(which);
  end if;
  return steps;
end $$;

-- Draft for the bound authority, which is one of the parties. Null where a party is not an authority of its region.
create function tenants.draft_agreement(terms jsonb, parties uuid[]) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare made uuid; region uuid; named uuid[] := array(select distinct unnest(parties) order by 1);
begin
  select region_id into region from tenants.authority where id = careshare.authority();
  if not careshare.authority() = any(named) or cardinality(named) < 2 or cardinality(named) <> (
      select count(*) from tenants.authority where id = any(named) and region_id = region and (ends is null or ends > current_date)) then return null; end if;
  insert into tenants.agreement (region_id, title, resource, detail, purpose, legal_gateway, lawful_basis, notice_days, in_force, reviewed_by)
    values (region, terms->>'title', terms->>'resource', terms->>'detail', terms->>'purpose', terms->>'legal_gateway_text', terms->>'lawful_basis_text',
      (terms->>'notice_days')::int, tenants.period_of(terms), (terms->>'review_on')::date) returning id into made;
  insert into tenants.agreement_party (agreement_id, authority_id) select made, unnest(named);
  insert into tenants.agreement_version (agreement_id, version, terms, parties, in_force, proposed_by)
    values (made, 1, terms, named, tenants.period_of(terms), careshare.authority());
  return made;
end $$;

-- Amend for the bound authority; gives the version that now stands proposed. A proposal nobody has signed is changed; one
-- that somebody signed, or terms in force, get a new version, and signatures are given anew.
-- 0: changed meanwhile. -1: over, or the bound authority is leaving. -2: the parties are not right. -3: a version that all
-- have signed waits for its date. -4: a day would be left without terms.
create function tenants.amend_agreement(which uuid, expected int, terms jsonb, parties uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; v tenants.agreement_version; named uuid[] := array(select distinct unnest(parties) order by 1); made int;
begin
  select * into a from tenants.agreement where id = which for update;
  if not exists (select from tenants.agreement_party where agreement_id = which and authority_id = careshare.authority() and leaves_at is null)
    or a.state = 'ended' then return -1; end if;
  if a.revision <> expected then return 0; end if;
  if terms->>'resource' <> a.resource or not careshare.authority() = any(named) or cardinality(named) < 2 or cardinality(named) <> (
      select count(*) from tenants.authority where id = any(named) and region_id = a.region_id and (ends is null or ends > current_date)) then return -2; end if;
  -- Nobody is put out of an agreement that stands, nor brought back into one they left: they leave, and join a new one.
  if exists (select from tenants.agreement_party where agreement_id = which and authority_id = any(named) and leaves_at is not null)
    or a.state <> 'draft' and exists (select from tenants.agreement_party where agreement_id = which and signed_at is not null
      and leaves_at is null and authority_id <> all(named)) then return -2; end if;
  if a.state = 'in_force' and exists (select from tenants.agreement_version where agreement_id = which and state = 'signed') then return -3; end if;
  if a.state = 'in_force' and lower(tenants.period_of(terms)) > upper(a.in_force) then return -4; end if;

  select * into v from tenants.agreement_version where agreement_id = which and state = 'proposed';
  if found and not exists (select from tenants.agreement_signature where version_id = v.id) then
    made := v.version;
    update tenants.agreement_version set terms = amend_agreement.terms, parties = named, in_force = tenants.period_of(amend_agreement.terms),
      amended_at = clock_timestamp() where id = v.id;
  else
    update tenants.agreement_version set state = 'replaced', ended_at = clock_timestamp()
      where agreement_id = which and (state = 'proposed' or state = 'signed' and a.state = 'signed');
    select max(version) + 1 into made from tenants.agreement_version where agreement_id = which;
    insert into tenants.agreement_version (agreement_id, version, terms, parties, in_force, proposed_by)
      values (which, made, terms, named, tenants.period_of(terms), careshare.authority());
  end if;
  if a.state in ('draft', 'signed') then   -- nothing stands yet, so what is proposed is what the agreement says
    update tenants.agreement set state = 'draft', version = made, title = terms->>'title', detail = terms->>'detail', purpose = terms->>'purpose',
      legal_gateway = terms->>'legal_gateway_text', lawful_basis = terms->>'lawful_basis_text', notice_days = (terms->>'notice_days')::int,
      in_force = tenants.period_of(terms), reviewed_by = (terms->>'review_on')::date where id = which;
    update tenants.agreement_party set signed_by = null, signed_role = null, signed_at = null where agreement_id = which and signed_at is not null;
    delete from tenants.agreement_party where agreement_id = which and authority_id <> all(named) and leaves_at is null;
  else
    delete from tenants.agreement_party where agreement_id = which and authority_id <> all(named) and signed_at is null and leaves_at is null;
  end if;
  insert into tenants.agreement_party (agreement_id, authority_id) select which, unnest(named) on conflict do nothing;
  update tenants.agreement set revision = revision + 1 where id = which;
  perform tenants.settle_grants(which);
  return made;
end $$;

-- Sign what stands proposed, for the bound authority; `version` null: whatever that is. The last signature brings the
-- version into force when its date has come. Gives the version signed and the steps it took; no row: nothing to sign.
create function tenants.sign_version(which uuid, version int, name text, role text) returns table (signed int, steps text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; v tenants.agreement_version;
begin
  select * into a from tenants.agreement where id = which and state <> 'ended' for update;
  if not found then return; end if;
  select * into v from tenants.agreement_version w where w.agreement_id = which and w.state = 'proposed'
    and (sign_version.version is null or w.version = sign_version.version) and careshare.authority() = any(w.parties);
  if not found or not exists (select from tenants.agreement_party p where p.agreement_id = which and p.authority_id = careshare.authority()
      and p.leaves_at is null) then return; end if;
  insert into tenants.agreement_signature (version_id, authority_id, person_id, name, role)
    values (v.id, careshare.authority(), careshare.actor(), sign_version.name, sign_version.role) on conflict do nothing;
  if not found then return; end if;
  if a.state = 'draft' then
    update tenants.agreement_party p set signed_by = sign_version.name, signed_role = sign_version.role, signed_at = now()
      where p.agreement_id = which and p.authority_id = careshare.authority();
  end if;
  update tenants.agreement set revision = revision + 1 where id = which;
  return query select v.version, tenants.settle_agreement(which);
end $$;
create or replace function tenants.sign(which uuid, name text, role text) returns boolean language sql security definer set search_path = pg_catalog, pg_temp as
  $$ select exists (select from tenants.sign_version(which, null, name, role)) $$;

-- Leave for the bound authority: with a cause at once, otherwise at the end of the day on which its notice has run. What has
-- not begun is left at once. Gives the moment from which its grants, both ways, are over, and the steps that followed; no row: no party,
-- changed meanwhile, or leaving already.
create function tenants.leave_agreement(which uuid, expected int, cause text, reason text) returns table (over_at timestamptz, steps text[])
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; gone timestamptz := now();
begin
  select * into a from tenants.agreement where id = which and state <> 'ended' for update;
  if not found or expected is not null and a.revision <> expected then return; end if;
  if coalesce(cause, '') = '' and a.state = 'in_force' then
    gone := ((now() at time zone 'Europe/London')::date + a.notice_days + 1)::timestamp at time zone 'Europe/London';
  end if;
  update tenants.agreement_party set notice_at = coalesce(notice_at, now()), leaves_at = gone, left_at = case when gone <= now() then gone end,
      leaves_for = concat_ws(': ', nullif(cause, ''), nullif(reason, ''))
    where agreement_id = which and authority_id = careshare.authority() and left_at is null and (leaves_at is null or leaves_at > gone);
  if not found then return; end if;
  update tenants.agreement set revision = revision + 1 where id = which;
  perform tenants.settle_grants(which);
  return query select gone, tenants.settle_agreement(which);
end $$;
create or replace function tenants.leave(which uuid) returns boolean language sql security definer set search_path = pg_catalog, pg_temp as
  $$ select exists (select from tenants.leave_agreement(which, null, 'at_once', '')) $$;

-- The office to reach the bound authority by, about an agreement: never a person's own number.
create function tenants.set_agreement_contact(which uuid, role text, telephone text, email text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update tenants.agreement_party p set contact_role = set_agreement_contact.role, contact_telephone = telephone, contact_email = email
    where p.agreement_id = which and p.authority_id = careshare.authority() and p.left_at is null;
  if found then update tenants.agreement set revision = revision + 1 where id = which; return true; end if;
  return false;
end $$;

-- What the clock has done to the bound authority's agreements since they were last looked at.
create function tenants.keep_agreements() returns table (agreement_id uuid, steps text[]) language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare due uuid; taken text[];
begin
  for due in select a.id from tenants.agreement a join tenants.agreement_party p on p.agreement_id = a.id
    where p.authority_id = careshare.authority() and a.state <> 'ended' and (
      a.state <> 'draft' and upper(a.in_force) <= now()
      or exists (select from tenants.agreement_version v where v.agreement_id = a.id and v.state = 'signed' and lower(v.in_force) <= now())
      or exists (select from tenants.agreement_party q where q.agreement_id = a.id and q.left_at is null and q.leaves_at <= now())) order by a.id
  loop
    taken := tenants.settle_agreement(due);
    if taken <> '{}' then agreement_id := due; steps := taken; return next; end if;
  end loop;
end $$;
grant execute on function tenants.my_agreement_versions, tenants.draft_agreement, tenants.amend_agreement, tenants.sign_version,
  tenants.leave_agreement, tenants.set_agreement_contact, tenants.keep_agreements to careshare_app;
reset role;
revoke create on schema tenants from careshare_broker;
set role careshare_owner;
create policy party on tenants.agreement_version for select to careshare_app using (id = any ((select tenants.my_agreement_versions())::uuid[]));
create policy party on tenants.agreement_signature for select to careshare_app using (version_id = any ((select tenants.my_agreement_versions())::uuid[]));
reset role;
