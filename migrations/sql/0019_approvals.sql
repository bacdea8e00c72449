-- E-mail domains approved by the regional administrator; people's names as each council gives them; what the parties of
-- an agreement see of each other, taking back a notice and a proposal; references kept from a colleague; old sessions.
set role careshare_owner;

-- A domain may belong to several authorities and an authority have several, each for its time.
create table tenants.email_domain (
  authority_id uuid not null references tenants.authority,
  domain text not null check (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$' and length(domain) <= 253),
  during daterange not null check (not isempty(during) and not lower_inf(during)),
  source text not null check (source in ('approved', 'operator', 'earlier')),   -- earlier: stood before approval was asked for
  approved_by uuid references identity.person, approved_at timestamptz not null default clock_timestamp(),
  constraint email_domain_approver check ((source = 'approved') = (approved_by is not null)),
  primary key (authority_id, domain, during without overlaps));
create index email_domain_domain on tenants.email_domain (domain);
create index email_domain_approved_by on tenants.email_domain (approved_by);
comment on table tenants.email_domain is
  'scope: shared. E-mail domains that were found to be an authority''s, from when to when; whoever accepts its provider rests on them.';
select careshare.protect('tenants.email_domain', 'authority_id'), careshare.let_broker('tenants.email_domain');
grant select on tenants.email_domain to careshare_app;

create table tenants.domain_claim (
  authority_id uuid not null references tenants.authority, provider_id uuid not null references tenants.provider,
  domain text not null check (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$' and length(domain) <= 253),
  asked_at timestamptz not null default clock_timestamp(),
  primary key (authority_id, provider_id, domain));
create index domain_claim_provider on tenants.domain_claim (provider_id);
create index domain_claim_domain on tenants.domain_claim (domain);
comment on table tenants.domain_claim is
  'scope: authority. Domains whose people the authority wants to let sign in through a provider, until they are approved.';
select careshare.protect('tenants.domain_claim', 'authority_id'), careshare.let_broker('tenants.domain_claim');
grant select on tenants.domain_claim to careshare_app;

-- A provider is believed for a domain only while the domain is approved: for whoever believes it, or for whoever keeps it.
insert into tenants.email_domain (authority_id, domain, during, source)
  select authority_id, domain, unnest(range_agg(during)), 'earlier' from tenants.provider_domain group by authority_id, domain;
alter table tenants.provider_domain add column vouched_id uuid;       -- whose approved domain it is
update tenants.provider_domain set vouched_id = authority_id;
alter table tenants.provider_domain alter column vouched_id set not null,
  add constraint provider_domain_approved foreign key (vouched_id, domain, period during) references tenants.email_domain (authority_id, domain, period during);
create index provider_domain_vouched on tenants.provider_domain (vouched_id, domain);
revoke insert on tenants.provider_domain from careshare_app;          -- through the functions below alone
revoke update (during) on tenants.provider_domain from careshare_app;

alter table tenants.onboarding add column domains text[] not null default '{}';

alter table tenants.agreement_version drop constraint agreement_version_state_check,
  add constraint agreement_version_state_check check (state in ('proposed', 'signed', 'in_force', 'replaced', 'withdrawn', 'ended'));
-- Who named a party, and when: null before this was kept. The office to contact and why a party leaves are read through
-- tenants.agreement_parties alone.
alter table tenants.agreement_party add column named_at timestamptz;
alter table tenants.agreement_party alter column named_at set default clock_timestamp();
revoke select on tenants.agreement_party from careshare_app;
grant select (agreement_id, authority_id, signed_by, signed_role, signed_at, left_at, joined_at, notice_at, leaves_at, named_at)
  on tenants.agreement_party to careshare_app;

create policy broker on fostering.household for select to careshare_broker using (true);
create policy broker on fostering.placed_child for select to careshare_broker using (true);
grant usage on schema fostering to careshare_broker;
grant select (authority_id, id, reference_key) on fostering.household to careshare_broker;
grant select (authority_id, household_id, child_key, starts, ends) on fostering.placed_child to careshare_broker;
reset role;

grant create on schema identity, tenants, fostering, messages to careshare_broker;
set role careshare_broker;

-- Names: what the bound authority calls its member; who is none of its members, by the name they were entered with.
create or replace function identity.colleagues(people uuid[]) returns table (person_id uuid, name text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, coalesce(m.known_as, p.name) from identity.person p join tenants.member m on m.person_id = p.id
  where p.id = any(people) and m.authority_id = careshare.authority() $$;
create or replace function identity.temporary_people() returns table (person_id uuid, name text, email text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, coalesce(m.known_as, p.name), p.email
  from identity.person p left join tenants.member m on m.person_id = p.id and m.authority_id = careshare.authority()
  where p.id in (
    select unnest(array[t.person_id, t.for_person, t.granted_by, t.second_by, t.ended_by]) from tenants.temporary_role t where t.authority_id = careshare.authority()) $$;

-- Accounts at the providers the bound authority keeps: it alone sees and forgets them, whoever's people they are. Others'
-- people are named by the address that its own provider knows them by.
create or replace function tenants.linked_accounts() returns table (person_id uuid, name text, email text, provider_id uuid, linked_at timestamptz, used_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, case when m.person_id is null then p.email else coalesce(m.known_as, p.name) end, p.email, i.provider_id, i.linked_at, i.used_at
  from tenants.provider_identity i join identity.person p on p.id = i.person_id
  join tenants.provider v on v.id = i.provider_id and v.owner_id = careshare.authority()
  left join tenants.member m on m.person_id = p.id and m.authority_id = careshare.authority() order by 2, p.id $$;
create or replace function tenants.forget_account(provider uuid, person uuid) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from tenants.provider_identity i where i.provider_id = provider and i.person_id = person
    and exists (select from tenants.provider v where v.id = provider and v.owner_id = careshare.authority());
  if not found then return false; end if;
  update identity.session s set ended_at = now() where s.provider = forget_account.provider and s.person_id = person and s.ended_at is null;
  return true;
end $$;

-- E-mail domains.
create or replace function tenants.my_providers() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as
  $$ select array(select provider_id from tenants.provider_domain where authority_id = careshare.authority()
       union select provider_id from tenants.domain_claim where authority_id = careshare.authority()) $$;
-- The region of whoever is bound, who must be its administrator now, whatever the caller checked.
create function tenants.administered_region() returns uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if ('regional_administrator' = any(identity.roles_now(careshare.actor(), careshare.authority()))) is not true then
    raise exception 'only a regional administrator answers for e-mail domains' using errcode = '42501';
  end if;
  return (select a.region_id from tenants.authority a where a.id = careshare.authority());
end $$;
-- Has an authority believe a provider for a domain from today as far as the domain is approved, for the authority itself
-- rather than for whoever keeps the provider. False: it is approved for neither.
create function tenants.believe_domain(authority uuid, provider uuid, of_domain text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e tenants.email_domain;
begin
  select d.* into e from tenants.email_domain d join tenants.provider p on p.id = provider and p.ended_at is null
    where d.domain = of_domain and d.authority_id in (believe_domain.authority, p.owner_id)
      and (upper(d.during) is null or upper(d.during) > current_date)
    order by d.during @> current_date desc, d.authority_id = believe_domain.authority desc, upper(d.during) desc nulls first limit 1;
  if not found then return false; end if;
  insert into tenants.provider_domain (provider_id, authority_id, domain, during, vouched_id)
    values (provider, authority, of_domain, e.during * daterange(current_date, null), e.authority_id);
  return true;
end $$;
-- Lets people of a domain sign in for the bound authority: 'accepted', 'already', or 'waiting' until the domain is approved.
-- Null: there is no such provider, or it is another's that is not shared.
create function tenants.accept_domain(provider uuid, of_domain text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('tenants.domain ' || of_domain, 0));
  if not exists (select from tenants.provider p where p.id = provider and p.ended_at is null
      and (p.owner_id = careshare.authority() or p.shared or p.id = any(tenants.my_providers()))) then return null; end if;
  if exists (select from tenants.provider_domain d where d.authority_id = careshare.authority() and d.provider_id = provider
        and d.domain = of_domain and (upper(d.during) is null or upper(d.during) > current_date))
    or exists (select from tenants.domain_claim c where c.authority_id = careshare.authority() and c.provider_id = provider
        and c.domain = of_domain) then return 'already'; end if;
  if tenants.believe_domain(careshare.authority(), provider, of_domain) then return 'accepted'; end if;
  insert into tenants.domain_claim (authority_id, provider_id, domain) values (careshare.authority(), provider, of_domain);
  return 'waiting';
end $$;
-- Ends what rests on providers' domains from today on: rows that began today leave nothing behind. `vouched` null: whatever
-- the authority's domain rests on. Tokens of a provider that is believed for nothing any more end with it.
create function tenants.close_domain(authority uuid, provider uuid, of_domain text, vouched uuid) returns table (closed_authority uuid, closed_provider uuid)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  for closed_authority, closed_provider in
    delete from tenants.provider_domain d where (d.authority_id = authority or authority is null) and (d.provider_id = provider or provider is null)
      and (d.vouched_id = vouched or vouched is null) and d.domain = of_domain and lower(d.during) >= current_date
    returning d.authority_id, d.provider_id
  loop return next; end loop;
  for closed_authority, closed_provider in
    update tenants.provider_domain d set during = daterange(lower(d.during), current_date)
      where (d.authority_id = authority or authority is null) and (d.provider_id = provider or provider is null)
        and (d.vouched_id = vouched or vouched is null) and d.domain = of_domain and d.during @> current_date
    returning d.authority_id, d.provider_id
  loop return next; end loop;
end $$;
create function tenants.end_unbelieved(authorities uuid[], providers uuid[]) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  update identity.token t set revoked_at = now() where t.authority_id = any(authorities) and t.provider_id = any(providers) and t.revoked_at is null
    and not exists (select from tenants.provider_domain d where d.provider_id = t.provider_id and d.authority_id = t.authority_id and d.during @> current_date);
  update identity.session s set ended_at = now() where s.authority_id = any(authorities) and s.provider = any(providers) and s.ended_at is null
    and not tenants.provider_accepted(s.provider, s.person_id, s.authority_id);
  get diagnostics n = row_count; return n;
end $$;
-- The bound authority lets people of a domain sign in through a provider no more, or asks no longer to let them.
create function tenants.stop_domain(provider uuid, of_domain text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare n int;
begin
  delete from tenants.domain_claim c where c.authority_id = careshare.authority() and c.provider_id = provider and c.domain = of_domain;
  if found then return true; end if;
  select count(*) into n from tenants.close_domain(careshare.authority(), provider, of_domain, null);
  if n = 0 then return false; end if;
  perform tenants.end_unbelieved(array[careshare.authority()], array[provider]);
  return true;
end $$;
-- Approves a domain for an authority of the region, from a day on (null: today) and (`until` not null) before another. 'approved', or
-- 'already' for a day of that time; null: no such authority. What waited for it is accepted with it, and what rested on an
-- approval that ends where this one begins goes on.
create function tenants.approve_domain(council uuid, of_domain text, since date, until date) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare region uuid := tenants.administered_region(); starts date := coalesce(since, current_date); period daterange := daterange(starts, until); c tenants.domain_claim;
begin
  if not exists (select from tenants.authority a where a.id = council and a.region_id = region and (a.ends is null or a.ends > current_date)) then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('tenants.domain ' || of_domain, 0));
  if exists (select from tenants.email_domain d where d.authority_id = council and d.domain = of_domain and d.during && period) then return 'already'; end if;
  insert into tenants.email_domain (authority_id, domain, during, source, approved_by) values (council, of_domain, period, 'approved', careshare.actor());
  update tenants.provider_domain d set during = daterange(lower(d.during), until)
    where d.vouched_id = council and d.domain = of_domain and upper(d.during) = starts and starts > current_date;
  for c in select k.* from tenants.domain_claim k join tenants.provider p on p.id = k.provider_id
    where k.domain = of_domain and (k.authority_id = council or p.owner_id = council)
  loop
    if tenants.believe_domain(c.authority_id, c.provider_id, of_domain) then
      delete from tenants.domain_claim k where k.authority_id = c.authority_id and k.provider_id = c.provider_id and k.domain = of_domain;
    end if;
  end loop;
  return 'approved';
end $$;
-- Ends the approval from today on, with every session that rested on it alone. Answers how many ended; null: none stands.
create function tenants.end_domain(council uuid, of_domain text) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare region uuid := tenants.administered_region(); authorities uuid[]; providers uuid[]; n int;
begin
  if not exists (select from tenants.authority a join tenants.email_domain d on d.authority_id = a.id where a.id = council and a.region_id = region
      and d.domain = of_domain and (upper(d.during) is null or upper(d.during) > current_date)) then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('tenants.domain ' || of_domain, 0));
  select array_agg(k.closed_authority), array_agg(k.closed_provider) into authorities, providers from tenants.close_domain(null, null, of_domain, council) k;
  delete from tenants.email_domain d where d.authority_id = council and d.domain = of_domain and lower(d.during) >= current_date;
  update tenants.email_domain d set during = daterange(lower(d.during), current_date)
    where d.authority_id = council and d.domain = of_domain and d.during @> current_date;
  for n in 1 .. coalesce(cardinality(authorities), 0) loop
    perform tenants.believe_domain(authorities[n], providers[n], of_domain);
  end loop;
  return tenants.end_unbelieved(coalesce(authorities, '{}'), coalesce(providers, '{}'));
end $$;
-- For the regional administrator: what is approved, and what waits.
create function tenants.domains_of_region() returns table (authority_id uuid, authority text, domain text, starts date, ends date, source text, approved_by text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.name, d.domain, lower(d.during), upper(d.during), d.source, coalesce(m.known_as, p.name)
  from tenants.email_domain d join tenants.authority a on a.id = d.authority_id
  left join tenants.member m on m.person_id = d.approved_by and m.authority_id = careshare.authority() left join identity.person p on p.id = m.person_id
  where a.region_id = (select tenants.administered_region()) order by a.name, d.domain, lower(d.during) $$;
create function tenants.claims_of_region() returns table (authority_id uuid, authority text, domain text, provider text, issuer text, keeper text,
  asked_at timestamptz, others text[])
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, a.name, c.domain, p.title, p.issuer, k.name, c.asked_at,
    array(select distinct o.name from tenants.email_domain d join tenants.authority o on o.id = d.authority_id
      where d.domain = c.domain and o.id <> a.id and d.during @> current_date order by 1)
  from tenants.domain_claim c join tenants.authority a on a.id = c.authority_id
  join tenants.provider p on p.id = c.provider_id and p.ended_at is null join tenants.authority k on k.id = p.owner_id
  where a.region_id = (select tenants.administered_region()) order by c.asked_at, a.name, c.domain $$;
-- Who is told that a domain waits: the administrators of the bound authority's region, and where each belongs.
create function tenants.regional_administrators() returns table (authority_id uuid, person_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select a.id, m.person_id from tenants.member m join tenants.authority a on a.id = m.authority_id join identity.person p on p.id = m.person_id
  where a.region_id = (select o.region_id from tenants.authority o where o.id = careshare.authority()) and 'regional_administrator' = any(m.roles)
    and m.starts <= current_date and (m.ends is null or m.ends > current_date) and p.ended_at is null
    and p.email not like '%@clients.invalid' order by 1, 2 $$;

-- What the bound authority sees of the other parties of an agreement. The office to contact: once it and they have signed.
-- Why one leaves: who was a signed party when it was said, and of a draft that nobody had agreed, whoever it named then,
-- once they have signed it or because they proposed it. Its own it sees always.
create function tenants.agreement_parties(which uuid) returns table (authority_id uuid, contact_role text, contact_telephone text, contact_email text, leaves_for text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with signed as (
    select p.authority_id from tenants.agreement_party p where p.agreement_id = which and p.signed_at is not null
    union select s.authority_id from tenants.agreement_signature s join tenants.agreement_version v on v.id = s.version_id
      where v.agreement_id = which and v.state = 'proposed'),
  me as (
    select p.authority_id, coalesce(p.named_at, '-infinity') as named_at, p.leaves_at,
      p.authority_id in (select s.authority_id from signed s) as has_signed,
      exists (select from tenants.agreement_version v where v.agreement_id = which and v.proposed_by = p.authority_id) as has_proposed
    from tenants.agreement_party p where p.agreement_id = which and p.authority_id = careshare.authority())
  select p.authority_id, case when see.contact then p.contact_role else '' end, case when see.contact then p.contact_telephone else '' end,
    case when see.contact then p.contact_email else '' end, case when see.reason then p.leaves_for else '' end
  from me cross join tenants.agreement_party p
  cross join lateral (select p.authority_id = me.authority_id as own, me.leaves_at is null or me.leaves_at > p.notice_at as was_there,
    exists (select from tenants.agreement_version v where v.agreement_id = which and v.signed_at <= p.notice_at) as agreed) of_it
  cross join lateral (select of_it.own or me.has_signed and p.authority_id in (select s.authority_id from signed s) as contact,
    of_it.own or of_it.was_there and case when of_it.agreed then exists (
        select from tenants.agreement_version v join tenants.agreement_signature s on s.version_id = v.id and s.authority_id = me.authority_id
        where v.agreement_id = which and v.signed_at <= p.notice_at)
      else me.named_at <= p.notice_at and (me.has_signed or me.has_proposed) end as reason) see
  where p.agreement_id = which $$;
-- Takes back the bound authority's notice while it runs. 1: done. 0: the agreement was changed meanwhile. -1: no notice runs.
-- -2: the others have gone on without it, with a version that does not name it or that it has not signed.
create function tenants.stay_in_agreement(which uuid, expected int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; me uuid := careshare.authority();
begin
  select * into a from tenants.agreement where id = which for update;
  if a.id is null or a.state = 'ended' or not exists (select from tenants.agreement_party p where p.agreement_id = which and p.authority_id = me
      and p.left_at is null and p.leaves_at > now()) then return -1; end if;
  if expected is not null and a.revision <> expected then return 0; end if;
  if exists (select from tenants.agreement_version v where v.agreement_id = which and (v.state = 'proposed' and me <> all(v.parties)
      or v.state in ('signed', 'in_force') and not exists (
        select from tenants.agreement_signature s where s.version_id = v.id and s.authority_id = me))) then return -2; end if;
  update tenants.agreement_party set notice_at = null, leaves_at = null, leaves_for = '' where agreement_id = which and authority_id = me;
  update tenants.agreement set revision = revision + 1 where id = which;
  perform tenants.settle_grants(which);
  return 1;
end $$;
-- Withdraws what the bound authority proposed and not everybody has signed. Where nothing stands the agreement is over with
-- it; otherwise what stands goes on, and whom the proposal would have brought in are no party any more. Gives the version
-- that was withdrawn. 0: changed meanwhile. -1: nothing is proposed. -2: another party proposed it.
create function tenants.withdraw_proposal(which uuid, expected int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a tenants.agreement; v tenants.agreement_version;
begin
  select * into a from tenants.agreement where id = which for update;
  select * into v from tenants.agreement_version w where w.agreement_id = which and w.state = 'proposed' and careshare.authority() = any(w.parties);
  if a.id is null or a.state = 'ended' or v.id is null then return -1; end if;
  if v.proposed_by <> careshare.authority() then return -2; end if;
  if expected is not null and a.revision <> expected then return 0; end if;
  update tenants.agreement_version set state = 'withdrawn', ended_at = clock_timestamp() where id = v.id;
  if a.state <> 'draft' then
    delete from tenants.agreement_party p where p.agreement_id = which and p.signed_at is null and p.leaves_at is null;
  end if;
  update tenants.agreement set revision = revision + 1, state = case when state = 'draft' then 'ended' else state end where id = which;
  perform tenants.settle_grants(which);
  return v.version;
end $$;

-- Which of these references stand on records that are locked from whoever is bound: homes by their key, children by theirs
-- with each stay. So that an import says neither what is there nor goes wrong on it.
create function fostering.kept_from_me(homes text[], children text[]) returns table (home text, child text, starts date, ends date)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select h.reference_key, null, null::date, null::date from fostering.household h
    where h.authority_id = careshare.authority() and h.reference_key = any(homes) and h.id = any((select tenants.locked_from_me())::uuid[])
  union all
  select null, c.child_key, c.starts, c.ends from fostering.placed_child c
    where c.authority_id = careshare.authority() and c.child_key = any(children) and c.household_id = any((select tenants.locked_from_me())::uuid[]) $$;

-- What signing in leaves behind, after so long, at most so many of each: the bound authority's sessions and kept forms, and
-- what is nobody's. Answers how many of each went.
create function identity.tidy(sessions interval, forms interval, sign_ins interval, attempts interval, most int) returns table (class text, gone int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from identity.session where id in (select s.id from identity.session s where s.authority_id = careshare.authority()
    and least(s.ended_at, s.expires_at) < now() - sessions limit most for update skip locked);
  get diagnostics gone = row_count; class := 'session'; return next;
  delete from identity.kept_form where id in (select k.id from identity.kept_form k where k.authority_id = careshare.authority()
    and k.kept_at < now() - forms limit most);
  get diagnostics gone = row_count; class := 'kept_form'; return next;
  delete from identity.signing_in where id in (select s.id from identity.signing_in s where s.expires_at < now() - sign_ins limit most);
  get diagnostics gone = row_count; class := 'sign_in'; return next;
  delete from identity.attempt where key in (select a.key from identity.attempt a where a.since < now() - attempts limit most for update skip locked);
  get diagnostics gone = row_count; class := 'attempt'; return next;
end $$;
create function messages.tidy_links(kept interval, most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare gone int;
begin
  delete from messages.one_time_link where id in (select l.id from messages.one_time_link l where l.authority_id = careshare.authority()
    and least(l.used_at, l.expires_at) < now() - kept limit most for update skip locked);
  get diagnostics gone = row_count; return gone;
end $$;
reset role;
revoke create on schema identity, tenants, fostering, messages from careshare_broker;
set role careshare_broker;
grant execute on function tenants.accept_domain, tenants.stop_domain, tenants.approve_domain, tenants.end_domain, tenants.domains_of_region,
  tenants.claims_of_region, tenants.regional_administrators, tenants.agreement_parties, tenants.stay_in_agreement, tenants.withdraw_proposal,
  fostering.kept_from_me, identity.tidy, messages.tidy_links to careshare_app;
reset role;
