-- What an enquiry carries beside the profile: places to keep away from, told as one yes or no; files, open as far as the gate is.
set role careshare_owner;
alter table placements.setting alter day_until set default '20:00';   -- as the clocks have it: an emergency at six in the evening is one by day

create table placements.keep_away (
  authority_id uuid not null, enquiry_id uuid not null, n smallint not null, easting int not null, northing int not null, metres int not null check (metres > 0),
  primary key (authority_id, enquiry_id, n),
  foreign key (authority_id, enquiry_id) references placements.enquiry (placing_id, id));
comment on table placements.keep_away is 'scope: authority. Where the children of an enquiry may not live near. The other side reads none of it: it is told once whether its home is near.';
create table placements.keep_away_answer (
  authority_id uuid not null, enquiry_id uuid not null, near boolean not null, at timestamptz not null default clock_timestamp(),
  primary key (authority_id, enquiry_id),
  foreign key (authority_id, enquiry_id) references placements.enquiry (providing_id, id));
comment on table placements.keep_away_answer is 'scope: authority. Whether a home stands near a place to keep away from, as its owner was told: once, whatever changes later.';

create table placements.attachment (
  authority_id uuid not null, id uuid not null unique default gen_random_uuid(), enquiry_id uuid not null references placements.enquiry (id),
  file_id uuid not null, level smallint not null check (level in (3, 4)),   -- 3: without names, once accepted; 4: once matched
  title text not null check (title <> '' and length(title) <= 80), at timestamptz not null default clock_timestamp(), made_by uuid not null default careshare.actor(),
  primary key (authority_id, id), foreign key (authority_id, file_id) references files.file (authority_id, id));
create index attachment_enquiry on placements.attachment (enquiry_id, id);
create index attachment_file on placements.attachment (authority_id, file_id);
comment on table placements.attachment is 'scope: authority. A file one side put beside an enquiry; the other opens it while the gate is open that far.';

select careshare.protect('placements.keep_away', 'authority_id'), careshare.protect('placements.keep_away_answer', 'authority_id'),
  careshare.protect('placements.attachment', 'authority_id'), careshare.let_broker('placements.keep_away'),
  careshare.let_broker('placements.keep_away_answer'), careshare.let_broker('placements.attachment');
grant select, insert on placements.keep_away to careshare_app;
grant select on placements.keep_away_answer to careshare_app;
grant select, insert (authority_id, enquiry_id, file_id, level, title) on placements.attachment to careshare_app;
reset role;

grant create on schema placements to careshare_broker;
set role careshare_broker;
-- Whether the home behind an enquiry is near a place to keep away from, for its own authority alone: the exact point is its own,
-- the places are the other side's, and one yes or no is all that passes. Null: the exact
-- point is not known, or the answer was given before this could be asked.
create function placements.near_a_place(enquiry uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare me uuid := careshare.authority(); e placements.enquiry; found_near boolean; home tenants.offer_own;
begin
  select * into e from placements.enquiry t where t.id = enquiry and t.providing_id = me for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  select k.near into found_near from placements.keep_away_answer k where k.authority_id = me and k.enquiry_id = e.id;
  if found then return found_near; end if;
  if e.stage not in ('sent', 'accepted') then return null; end if;
  select o.* into home from placements.answering a join tenants.offer_own o on o.owner_id = a.authority_id and o.subject_id = a.subject_id
    where a.authority_id = me and a.enquiry_id = e.id;
  if home.easting is null then return null; end if;
  found_near := exists (select from placements.keep_away k where k.authority_id = e.placing_id and k.enquiry_id = e.id
    and sqrt((k.easting - home.easting)::float8 ^ 2 + (k.northing - home.northing)::float8 ^ 2) <= k.metres);
  insert into placements.keep_away_answer (authority_id, enquiry_id, near) values (me, e.id, found_near);
  return found_near;
end $$;

create function placements.add_attachment() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare e placements.enquiry; me uuid := careshare.authority();
begin
  select * into e from placements.enquiry where id = new.enquiry_id and me in (placing_id, providing_id) for no key update;
  if not found then raise exception 'not there' using errcode = 'CS404'; end if;
  if e.stage not in ('accepted', 'proposed', 'matching', 'matched', 'placed') or new.level = 4 and e.stage not in ('matched', 'placed') then
    raise exception 'illegal step' using errcode = 'CS409'; end if;
  if e.placing_id <> e.providing_id then
    perform placements.tell_other(e.id, case when me = e.placing_id then e.providing_id else e.placing_id end, 'attachment', 'add', new.id); end if;
  return new;
end $$;

-- Attachments, and their files, that the other side's gate opens to the bound authority now. Used by policies as an InitPlan.
create function placements.opened_attachments() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select a.id from tenants.disclosure d join placements.attachment a on a.enquiry_id = d.case_id and a.authority_id = d.owner_id
    where d.viewer_id = careshare.authority() and d.level >= a.level and d.closes_at > now()) $$;
create function placements.opened_files() returns uuid[] language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select array(select a.file_id from tenants.disclosure d join placements.attachment a on a.enquiry_id = d.case_id and a.authority_id = d.owner_id
    where d.viewer_id = careshare.authority() and d.level >= a.level and d.closes_at > now()) $$;
grant execute on function placements.near_a_place, placements.opened_attachments, placements.opened_files to careshare_app;
reset role;
revoke create on schema placements from careshare_broker;
grant execute on function placements.add_attachment to careshare_owner;
set role careshare_owner;
create trigger add_attachment before insert on placements.attachment for each row execute function placements.add_attachment();
create policy opened on placements.attachment for select to careshare_app using (id = any ((select placements.opened_attachments())::uuid[]));
create policy opened on files.file for select to careshare_app using (id = any ((select placements.opened_files())::uuid[]));
create policy opened on files.part for select to careshare_app using (file_id = any ((select placements.opened_files())::uuid[]));
reset role;
