-- Agencies and homes that are not on Careshare are asked and recorded too; nobody is asked twice for the same children.
set role careshare_owner;
create table placements.outside_enquiry (
  authority_id uuid not null references tenants.authority, id uuid not null default uuidv7(), request_id uuid not null,
  children smallint not null check (children between 1 and 8),
  kind text not null check (kind in ('foster_home', 'residential_home', 'supported_accommodation')),
  provider text not null check (provider <> '' and length(provider) <= 120),   -- the agency or home; never a person
  urn text check (urn ~ '^(SC[0-9]{6}|[0-9]{5,10})$'),                         -- Ofsted's number, where it is known
  how text not null check (how in ('telephone', 'email', 'portal')),
  asked_at timestamptz not null default clock_timestamp(), asked_by uuid not null default careshare.actor(), respond_by timestamptz not null,
  primary key (authority_id, id),
  foreign key (authority_id, request_id) references placements.request (authority_id, id) on delete cascade);
create index outside_enquiry_request on placements.outside_enquiry (authority_id, request_id);
comment on table placements.outside_enquiry is 'scope: authority. An agency or home not on Careshare that was asked for the children of a request, and how.';
create table placements.outside_answer (
  authority_id uuid not null, id uuid not null default uuidv7(), outside_enquiry_id uuid not null,
  answer text not null check (answer in ('offered', 'declined', 'ring_back', 'no_answer', 'withdrawn')),
  reason text check (reason ~ '^[a-z_]{1,40}$'), weekly_price numeric(9, 2) check (weekly_price >= 0),
  heard_from text not null default '' check (length(heard_from) <= 120), note text not null default '' check (length(note) <= 500),
  at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  primary key (authority_id, id), check ((answer = 'declined') = (reason is not null)), check (weekly_price is null or answer = 'offered'),
  foreign key (authority_id, outside_enquiry_id) references placements.outside_enquiry (authority_id, id) on delete cascade);
create index outside_answer_enquiry on placements.outside_answer (authority_id, outside_enquiry_id, id);
comment on table placements.outside_answer is 'scope: authority. What an agency or home outside Careshare said, the latest last.';
select careshare.protect('placements.outside_enquiry', 'authority_id'), careshare.protect('placements.outside_answer', 'authority_id'),
  careshare.let_broker('placements.outside_enquiry'), careshare.let_broker('placements.outside_answer');
grant select, insert (authority_id, request_id, children, kind, provider, urn, how, respond_by), delete on placements.outside_enquiry to careshare_app;
grant select, insert (authority_id, outside_enquiry_id, answer, reason, weekly_price, heard_from, note), delete on placements.outside_answer to careshare_app;
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
-- Whether one more may be asked for a request: inside and outside count alike, up to the authority's own limit. Outside ones
-- count while nobody has answered or they offer.
create function placements.check_asked() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); s placements.setting := placements.settings_of(careshare.authority()); inside int; outside int; at_stage text;
begin
  if new.authority_id <> me then raise exception 'not there' using errcode = 'CS404'; end if;
  select r.stage into at_stage from placements.request r where r.authority_id = me and r.id = new.request_id for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  if tg_table_name = 'outside_enquiry' and at_stage <> 'open' then raise exception 'illegal step' using errcode = 'CS409'; end if;
  -- The same home for one of the same children, while it is asked.
  if tg_table_name = 'asked' and exists (
      select from placements.asked a join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
      join placements.enquiry mine on mine.placing_id = a.authority_id and mine.id = (to_jsonb(new)->>'enquiry_id')::uuid
      where a.authority_id = me and a.request_id = new.request_id and e.id <> mine.id and e.offer_id = mine.offer_id
        and a.children && (select array_agg(x::uuid) from jsonb_array_elements_text(to_jsonb(new)->'children') x)
        and e.stage in ('sent', 'accepted', 'proposed', 'matching', 'matched', 'placed')) then
    raise exception 'asked already' using errcode = 'CS409'; end if;
  select count(*) into inside from placements.asked a join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
    where a.authority_id = me and a.request_id = new.request_id and e.stage in ('sent', 'accepted', 'proposed', 'matching');
  select count(*) into outside from placements.outside_enquiry o
    where o.authority_id = me and o.request_id = new.request_id and coalesce((
      select w.answer from placements.outside_answer w where w.authority_id = o.authority_id and w.outside_enquiry_id = o.id order by w.id desc limit 1),
      'waiting') in ('waiting', 'offered', 'ring_back');
  if inside + outside + 1 > s.most_enquiries then
    raise exception 'as many enquiries as the authority allows are open' using errcode = 'CS429'; end if;
  return new;
end $$;
reset role;
revoke create on schema placements from careshare_broker;
grant execute on function placements.check_asked to careshare_owner;
set role careshare_owner;
create trigger check_asked before insert on placements.asked for each row execute function placements.check_asked();
create trigger check_asked before insert on placements.outside_enquiry for each row execute function placements.check_asked();
reset role;
