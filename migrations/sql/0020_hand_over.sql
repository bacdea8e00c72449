-- Who holds what, by person and not by name, and its hand-over; what a person's own data takes from sessions and tokens;
-- an end for messages and contacts.
set role careshare_owner;

-- The worker of a household as a colleague with an account. Beside it the name stays: it is the colleague's, or that of
-- somebody the case system names and who has no account.
alter table fostering.household add column supervising_person_id uuid,
  add constraint household_supervising_person foreign key (authority_id, supervising_person_id)
    references tenants.member (authority_id, person_id);
create index household_supervising_person on fostering.household (authority_id, supervising_person_id);
-- Those whose name is one member's alone are theirs from the start.
update fostering.household h set supervising_person_id = one.person_id
from (select m.authority_id, lower(btrim(coalesce(m.known_as, p.name))) as called, (array_agg(m.person_id))[1] as person_id
  from tenants.member m join identity.person p on p.id = m.person_id
  where p.email not like '%@clients.invalid' group by 1, 2 having count(*) = 1) one
where h.authority_id = one.authority_id and lower(btrim(h.supervising_worker)) = one.called;

-- Whose a search is now; null: whoever made it.
alter table placements.search add column held_by uuid,
  add constraint search_held_by foreign key (authority_id, held_by) references tenants.member (authority_id, person_id);
create index search_held_by on placements.search (authority_id, held_by);
grant update (held_by) on placements.search to careshare_app;

alter table tenants.member add column handed_over_at timestamptz;  -- of a leaver: when nothing they held was left
create table tenants.hand_over (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(),
  from_person uuid not null, kind text not null check (kind ~ '^[a-z_]+\.[a-z_]+$'),
  items uuid[] not null check (cardinality(items) > 0),
  to_person uuid check (to_person <> from_person), reason text check (reason <> '' and length(reason) <= 500),
  check ((to_person is null) <> (reason is null)),           -- given to a colleague, or ticked off with a reason
  at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  lapsed_at timestamptz check (lapsed_at is null or reason is not null),   -- who held it came back: what was ticked off is theirs again
  primary key (authority_id, id),
  foreign key (authority_id, from_person) references tenants.member (authority_id, person_id),
  foreign key (authority_id, to_person) references tenants.member (authority_id, person_id));
create index hand_over_from on tenants.hand_over (authority_id, from_person, id);
create index hand_over_to on tenants.hand_over (authority_id, to_person, id);
comment on table tenants.hand_over is
  'scope: authority. What somebody held and was given to a colleague, or ticked off with a reason, by whom and when.';
select careshare.protect('tenants.hand_over', 'authority_id');
grant select, insert, update (lapsed_at) on tenants.hand_over to careshare_app;

-- Whoever is taken back holds again what was ticked off, and has not been handed over.
create function tenants.hold_again() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.handed_over_at := null;
  update tenants.hand_over h set lapsed_at = clock_timestamp()
    where h.authority_id = new.authority_id and h.from_person = new.person_id and h.reason is not null and h.lapsed_at is null;
  return new;
end $$;
create trigger hold_again before update of ends on tenants.member
  for each row when (old.ends <= current_date and (new.ends is null or new.ends > current_date))
  execute function tenants.hold_again();

-- Requests for own data of staff, and of parents, carers and young people who are written to.
alter table record.subject_request drop constraint subject_request_kind_check,
  add constraint subject_request_kind_check check (kind in ('carer', 'member', 'child', 'colleague', 'contact'));

-- Messages and contacts end: first what a message said, then that there was one. No row keeps values without their time.
alter table messages.message add column words_gone_at timestamptz,
  add constraint message_words_gone check (words_gone_at is null or ("values" = '{}' and state <> 'queued'));
grant update (words_gone_at), delete on messages.message to careshare_app;
grant delete on messages.contact to careshare_app;
create index contact_reference on messages.contact (authority_id, lower(reference)) where reference <> '';
-- A hold stops updates that forget, too.
create or replace function record.refuse_held() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare row jsonb := to_jsonb(old);
begin
  if exists (select from record.hold h where h.authority_id = old.authority_id and h.class = tg_argv[0] and h.lifted_at is null
      and (h.until is null or h.until >= (clock_timestamp() at time zone 'Europe/London')::date)
      and (h.subject_id is null or h.subject_id = (row ->> tg_argv[1])::uuid)) then
    raise exception 'a hold stops the deletion of this record' using errcode = '23001', constraint = 'record_hold', table = tg_table_name, schema = tg_table_schema;
  end if;
  return case when tg_op = 'UPDATE' then new else old end;
end $$;
create trigger held before delete on messages.contact for each row execute function record.refuse_held('contact', 'id');
create trigger held before delete on messages.message for each row execute function record.refuse_held('message', 'id');
create trigger words_held before update of words_gone_at on messages.message for each row
  when (old.words_gone_at is null and new.words_gone_at is not null) execute function record.refuse_held('message_words', 'id');
-- Whose words are held, has its row held: a row that goes takes its words with it.
create trigger words_held_too before delete on messages.message for each row
  when (old.words_gone_at is null) execute function record.refuse_held('message_words', 'id');
alter table messages.contact enable always trigger held;
alter table messages.message enable always trigger held, enable always trigger words_held, enable always trigger words_held_too;
reset role;

grant create on schema identity to careshare_broker;
set role careshare_broker;
-- For a person's own data: the sessions and tokens the bound authority's member had here. Never a secret, nor what others see of it.
create function identity.sign_ins_of(person uuid)
returns table (kind text, device text, created_at timestamptz, seen_at timestamptz, ended_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.kind, s.device, s.created_at, s.seen_at, s.ended_at from identity.session s
  where s.person_id = person and s.authority_id = careshare.authority()
  union all
  select 'token', '', t.created_at, null, coalesce(t.revoked_at, t.expires_at) from identity.token t
  where t.person_id = person and t.authority_id = careshare.authority()
  order by 3 $$;
revoke execute on function identity.sign_ins_of from public;
grant execute on function identity.sign_ins_of to careshare_app;
reset role;
revoke create on schema identity from careshare_broker;
