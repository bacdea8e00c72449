"""Writes a batch of households into the register: a handful of statements, however many rows.

A batch goes in as one JSON document that each statement reads, because COPY is refused under row security.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from careshare.database import Uow
from services.fostering.imports.register import CHECK_KINDS

IDS = text("select uuidv7() from generate_series(1, cast(:count as int))")

# The columns of the file, and before them what the importer worked out.
ROWS: Final = """
jsonb_to_recordset(cast(:rows as jsonb)) as r (
  id uuid, bedrooms_changed boolean, members_changed boolean, terms_were_from date, places_wanted smallint,
  easting int, northing int, outward text, area_gss text,
  reference text, name text, address text, postcode text, confidential boolean,
  carer1_name text, carer1_born date, carer1_sex text, carer1_ethnicity text, carer1_religion text,
  carer1_languages text[], carer1_telephone text,
  carer2_name text, carer2_born date, carer2_sex text, carer2_ethnicity text, carer2_religion text,
  carer2_languages text[], carer2_telephone text,
  terms_from date, terms_until date, approval_kind text, places smallint, age_min smallint, age_max smallint, sex text,
  care_types text[], named_children text[], notice_on date, resigned_on date,
  bedrooms jsonb, members jsonb, pets text[], solo boolean, skills text[], communication text[], adaptations text[],
  supervising_worker text, duty_number text, privacy_notice_on date, objection boolean, beliefs_shared boolean,
  {checks})
""".replace("{checks}", ", ".join(f"{kind}_{day} date" for kind in CHECK_KINDS for day in ("done", "due")))

# A home whose carers object, have no privacy notice or are approved for particular children stays published no longer.
WITHDRAW: Final = """
update fostering.household h set published_at = null, published_by = null
from {rows}
where h.authority_id = {mine} and h.id = r.id and h.published_at is not null
  and (r.objection or r.privacy_notice_on is null or r.approval_kind <> 'mainstream')
"""

HOUSEHOLDS: Final = """
insert into fostering.household as h (authority_id, id, reference, name, address, postcode, confidential,
  easting, northing, outward, area_gss, supervising_worker, duty_number, privacy_notice_on, objection, beliefs_shared,
  pets, skills, communication, adaptations, solo)
select {mine}, r.id, r.reference, r.name, r.address, r.postcode, r.confidential,
  r.easting, r.northing, r.outward, r.area_gss, r.supervising_worker, r.duty_number, r.privacy_notice_on, r.objection,
  r.beliefs_shared, r.pets, r.skills, r.communication, r.adaptations, r.solo
from {rows}
on conflict (authority_id, id) do update set
  name = excluded.name, address = excluded.address, postcode = excluded.postcode, confidential = excluded.confidential,
  easting = coalesce(excluded.easting, case when h.postcode = excluded.postcode then h.easting end),
  northing = coalesce(excluded.northing, case when h.postcode = excluded.postcode then h.northing end),
  outward = coalesce(excluded.outward, case when h.postcode = excluded.postcode then h.outward end),
  area_gss = coalesce(excluded.area_gss, case when h.postcode = excluded.postcode then h.area_gss end),
  supervising_worker = excluded.supervising_worker, duty_number = excluded.duty_number,
  privacy_notice_on = excluded.privacy_notice_on, objection = excluded.objection,
  beliefs_shared = excluded.beliefs_shared, pets = excluded.pets, skills = excluded.skills,
  communication = excluded.communication, adaptations = excluded.adaptations, solo = excluded.solo,
  version = h.version + 1, updated_at = clock_timestamp()
returning id, version
"""

CARERS: Final = """
with given as (
  select r.id as household_id, c.*
  from {rows}
  cross join lateral (values
    (cast(1 as smallint), r.carer1_name, r.carer1_born, r.carer1_sex, r.carer1_ethnicity, r.carer1_religion,
      r.carer1_languages, r.carer1_telephone),
    (cast(2 as smallint), r.carer2_name, r.carer2_born, r.carer2_sex, r.carer2_ethnicity, r.carer2_religion,
      r.carer2_languages, r.carer2_telephone)
  ) as c (position, name, born, sex, ethnicity, religion, languages, telephone)),
gone as (
  delete from fostering.carer c using given g
  where c.authority_id = {mine} and c.household_id = g.household_id and c.position = g.position and g.name is null)
insert into fostering.carer (authority_id, household_id, position, name, born, sex, ethnicity, religion, languages,
  telephone)
select {mine}, household_id, position, name, born, sex, ethnicity, religion, languages, telephone
from given where name is not null
on conflict (authority_id, household_id, position) do update set
  name = excluded.name, born = excluded.born, sex = excluded.sex, ethnicity = excluded.ethnicity,
  religion = excluded.religion, languages = excluded.languages, telephone = excluded.telephone
"""

CHECKS: Final = """
with given as (
  select r.id as household_id, c.*
  from {rows}
  cross join lateral (values {checks}) as c (kind, done_on, due_on)),
gone as (
  delete from fostering.check c using given g
  where c.authority_id = {mine} and c.household_id = g.household_id and c.kind = g.kind and g.due_on is null)
insert into fostering.check (authority_id, household_id, kind, done_on, due_on)
select {mine}, household_id, kind, done_on, due_on from given where due_on is not null
on conflict (authority_id, household_id, kind) do update set done_on = excluded.done_on, due_on = excluded.due_on
""".replace("{checks}", ", ".join(f"('{kind}', r.{kind}_done, r.{kind}_due)" for kind in CHECK_KINDS))

NO_ROOMS: Final = """
delete from fostering.bedroom b using {rows}
where b.authority_id = {mine} and b.household_id = r.id and r.bedrooms_changed
"""
ROOMS: Final = """
insert into fostering.bedroom (authority_id, household_id, number, beds, sharing)
select {mine}, r.id, b.number, cast(b.room ->> 'beds' as smallint), b.room ->> 'sharing'
from {rows}
cross join lateral jsonb_array_elements(r.bedrooms) with ordinality as b (room, number)
where r.bedrooms_changed
"""
NO_MEMBERS: Final = """
delete from fostering.member m using {rows}
where m.authority_id = {mine} and m.household_id = r.id and r.members_changed
"""
MEMBERS: Final = """
insert into fostering.member (authority_id, household_id, name, relationship, born, sex)
select {mine}, r.id, m ->> 'name', m ->> 'relationship', cast(m ->> 'born' as date), m ->> 'sex'
from {rows}
cross join lateral jsonb_array_elements(r.members) as m
where r.members_changed
"""

RESIGNATIONS: Final = """
with given as (select r.id, r.resigned_on from {rows}),
gone as (
  delete from fostering.resignation x using given g
  where x.authority_id = {mine} and x.household_id = g.id and g.resigned_on is null)
insert into fostering.resignation (authority_id, household_id, received_on)
select {mine}, id, resigned_on from given where resigned_on is not null
on conflict (authority_id, household_id) do update set received_on = excluded.received_on
"""

# Terms that began later than those that are to stand: only taking an import back removes them.
NO_LATER_TERMS: Final = """
delete from fostering.approval a using {rows}
where a.authority_id = {mine} and a.household_id = r.id and lower(a.during) = r.terms_were_from
  and (r.terms_from is null or lower(a.during) > r.terms_from)
"""
CUT_TERMS: Final = """
update fostering.approval a set during = daterange(lower(a.during), r.terms_from)
from {rows}
where a.authority_id = {mine} and a.household_id = r.id and lower(a.during) < r.terms_from
  and not a.during << daterange(r.terms_from, null)
"""
SAME_TERMS: Final = """
update fostering.approval a set
  during = daterange(r.terms_from, r.terms_until), kind = r.approval_kind, places = r.places,
  age_min = r.age_min, age_max = r.age_max, sex = r.sex, care_types = r.care_types,
  named_children = r.named_children, notice_on = r.notice_on,
  extended_on = case when r.approval_kind = 'temporary' then a.extended_on end,
  extended_for = case when r.approval_kind = 'temporary' then a.extended_for end
from {rows}
where a.authority_id = {mine} and a.household_id = r.id and lower(a.during) = r.terms_from
"""
NEW_TERMS: Final = """
insert into fostering.approval (authority_id, household_id, during, kind, places, age_min, age_max, sex, care_types,
  named_children, notice_on)
select {mine}, r.id, daterange(r.terms_from, r.terms_until), r.approval_kind, r.places, r.age_min, r.age_max, r.sex,
  r.care_types, r.named_children, r.notice_on
from {rows}
where r.terms_from is not null and not exists (
  select from fostering.approval a
  where a.authority_id = {mine} and a.household_id = r.id and lower(a.during) = r.terms_from)
"""

NEW_PLACES: Final = """
with wanted as materialized (
  select uuidv7() as unit_id, r.id as household_id, there.highest + n as number
  from {rows}
  cross join lateral (
    select count(*) as places, coalesce(max(p.number), 0) as highest from fostering.place p
    where p.authority_id = {mine} and p.household_id = r.id) there
  cross join lateral generate_series(1, r.places_wanted - there.places) as n),
unit as (
  insert into capacity.unit (owner_id, id, pool_id, shelf_id)
  select {mine}, w.unit_id, w.household_id, s.id
  from wanted w join careshare.shelf s on s.owner_id = {mine} and s.resource = 'foster_carers:own')
insert into fostering.place (authority_id, unit_id, household_id, number)
select {mine}, unit_id, household_id, number from wanted
"""
# Of homes with more places than are wanted: held, so that nobody takes one meanwhile.
LOCK_UNITS: Final = """
select u.id from capacity.unit u
where u.owner_id = {mine} and u.pool_id in (
  select p.household_id from {rows} join fostering.place p on p.authority_id = {mine} and p.household_id = r.id
  group by p.household_id, r.places_wanted having count(*) > r.places_wanted)
order by u.id for no key update
"""
# Places that nobody has or is to have, the last ones first. The unit stays, closed for good: claims of earlier stays
# may still point at it.
NO_PLACES: Final = """
with there as materialized (
  select p.unit_id, p.household_id, p.number, r.places_wanted as wanted,
    count(*) over (partition by p.household_id) as places
  from {rows} join fostering.place p on p.authority_id = {mine} and p.household_id = r.id),
many as materialized (select * from there where places > wanted),
taken as materialized (
  select b.unit_id from capacity.busy(array(select unit_id from many), tstzrange(now(), null)) b),
free as (
  select m.unit_id, m.places - m.wanted as surplus,
    row_number() over (partition by m.household_id order by m.number desc) as nth
  from many m where m.unit_id not in (select unit_id from taken)),
gone as (
  delete from fostering.place p using free f
  where p.authority_id = {mine} and p.unit_id = f.unit_id and f.nth <= f.surplus returning p.unit_id)
update capacity.unit u set open = 'empty', shelf_id = s.id
from gone, careshare.shelf s
where u.owner_id = {mine} and u.id = gone.unit_id and s.owner_id = {mine} and s.resource = 'foster_carers:own'
"""


def _statement(template: str) -> TextClause:
    return text(template.replace("{rows}", ROWS).replace("{mine}", "(select careshare.authority())"))


_WITHDRAW, _HOUSEHOLDS = _statement(WITHDRAW), _statement(HOUSEHOLDS)
_PARTS = [
    _statement(template)
    for template in (
        *(CARERS, CHECKS, NO_ROOMS, ROOMS, NO_MEMBERS, MEMBERS, RESIGNATIONS),
        *(NO_LATER_TERMS, CUT_TERMS, SAME_TERMS, NEW_TERMS, NEW_PLACES, LOCK_UNITS, NO_PLACES),
    )
]


async def new_ids(uow: Uow, count: int) -> list[UUID]:
    """So many fresh keys, in order."""
    return list((await uow.execute(IDS, {"count": count})).scalars())


async def write(uow: Uow, rows: Sequence[dict[str, Any]]) -> dict[UUID, int]:
    """Make these households what `rows` say, each with every column, its id and its point. Returns their versions."""
    if not rows:
        return {}
    parameters = {"rows": msgspec.json.encode(rows).decode()}
    await uow.execute(_WITHDRAW, parameters)
    versions = {row.id: int(row.version) for row in await uow.execute(_HOUSEHOLDS, parameters)}
    for statement in _PARTS:
        await uow.execute(statement, parameters)
    return versions
