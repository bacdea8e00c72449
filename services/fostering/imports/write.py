"""Writes a batch of households into the register: a handful of statements, however many rows.

Rows go in as JSON, because COPY is refused under row security: to each statement those that concern it, with the
columns that it reads.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Result, text

from careshare.database import Uow
from services.fostering.imports.register import CHECK_KINDS

IDS = text("select uuidv7() from generate_series(1, cast(:count as int))")

# A home whose carers object, have no privacy notice or are approved for particular children stays published no longer.
WITHDRAW: Final = """
update fostering.household h set published_at = null, published_by = null
from {rows}
where h.authority_id = {mine} and h.id = r.id and h.published_at is not null
  and (r.objection or r.privacy_notice_on is null or r.approval_kind <> 'mainstream')
"""

HOUSEHOLDS: Final = """
insert into fostering.household as h (authority_id, id, reference, name, address, postcode, confidential,
  easting, northing, outward, area_gss, supervising_person_id, supervising_worker, duty_number, privacy_notice_on,
  objection, beliefs_shared,
  pets, skills, communication, adaptations, solo)
select {mine}, r.id, r.reference, r.name, r.address, r.postcode, r.confidential,
  r.easting, r.northing, r.outward, r.area_gss, r.supervising_person_id, r.supervising_worker, r.duty_number,
  r.privacy_notice_on, r.objection,
  r.beliefs_shared, r.pets, r.skills, r.communication, r.adaptations, r.solo
from {rows}
on conflict (authority_id, id) do update set
  name = excluded.name, address = excluded.address, postcode = excluded.postcode, confidential = excluded.confidential,
  easting = coalesce(excluded.easting, case when h.postcode = excluded.postcode then h.easting end),
  northing = coalesce(excluded.northing, case when h.postcode = excluded.postcode then h.northing end),
  outward = coalesce(excluded.outward, case when h.postcode = excluded.postcode then h.outward end),
  area_gss = coalesce(excluded.area_gss, case when h.postcode = excluded.postcode then h.area_gss end),
  supervising_person_id = excluded.supervising_person_id, supervising_worker = excluded.supervising_worker,
  duty_number = excluded.duty_number,
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
    (cast(2 as smallint), r.carer2_name, r.carer2_born, coalesce(r.carer2_sex, 'U'), r.carer2_ethnicity,
      r.carer2_religion, r.carer2_languages, r.carer2_telephone)
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
where b.authority_id = {mine} and b.household_id = r.id
"""
ROOMS: Final = """
insert into fostering.bedroom (authority_id, household_id, number, beds, sharing)
select {mine}, r.id, b.number, cast(b.room ->> 'beds' as smallint), b.room ->> 'sharing'
from {rows}
cross join lateral jsonb_array_elements(r.bedrooms) with ordinality as b (room, number)
"""
NO_MEMBERS: Final = """
delete from fostering.member m using {rows}
where m.authority_id = {mine} and m.household_id = r.id
"""
MEMBERS: Final = """
insert into fostering.member (authority_id, household_id, name, relationship, born, sex)
select {mine}, r.id, m ->> 'name', m ->> 'relationship', cast(m ->> 'born' as date), m ->> 'sex'
from {rows}
cross join lateral jsonb_array_elements(r.members) as m
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
  cross join lateral generate_series(1, r.places - there.places) as n),
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
  group by p.household_id, r.places having count(*) > r.places)
order by u.id for no key update
"""
# Places that nobody has or is to have, the last ones first. The unit stays, closed for good: claims of earlier stays
# may still point at it.
NO_PLACES: Final = """
with there as materialized (
  select p.unit_id, p.household_id, p.number, r.places as wanted,
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


Row = dict[str, Any]


class Part:
    """One statement of a batch: the columns it reads (`name type`), and the rows that concern it."""

    def __init__(self, template: str, columns: str, concerns: Callable[[Row], bool]) -> None:
        rows = f"jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, {columns})"
        self._statement = text(template.replace("{rows}", rows).replace("{mine}", "(select careshare.authority())"))
        self._names = ["id", *(column.split()[0] for column in columns.split(", "))]
        self._concerns = concerns

    async def run(self, uow: Uow, rows: Sequence[Row]) -> Result[Any] | None:
        """Run it on those of the rows that concern it; None if there are none."""
        concerned = [{name: row[name] for name in self._names} for row in rows if self._concerns(row)]
        if not concerned:
            return None
        return await uow.execute(self._statement, {"rows": msgspec.json.encode(concerned).decode()})


def _all(_row: Row) -> bool:
    return True


def _changed(*names: str) -> Callable[[Row], bool]:
    wanted = frozenset(names)
    return lambda row: not wanted.isdisjoint(row["changed"])


def _known(*names: str) -> Callable[[Row], bool]:
    changed = _changed(*names)
    return lambda row: not row["new"] and changed(row)


_HOME = (
    "reference text, name text, address text, postcode text, confidential boolean, easting int, northing int, "
    "outward text, area_gss text, supervising_person_id uuid, supervising_worker text, duty_number text, "
    "privacy_notice_on date, objection boolean, beliefs_shared boolean, pets text[], skills text[], "
    "communication text[], adaptations text[], "
    "solo boolean"
)
_CARERS = ", ".join(
    f"carer{number}_{column}"
    for number in (1, 2)
    for column in (
        *("name text", "born date", "sex text", "ethnicity text", "religion text", "languages text[]"),
        "telephone text",
    )
)
_TERMS = (
    "terms_from date, terms_until date, approval_kind text, places smallint, age_min smallint, age_max smallint, "
    "sex text, care_types text[], named_children text[], notice_on date"
)
_DAYS = ", ".join(f"{kind}_{day} date" for kind in CHECK_KINDS for day in ("done", "due"))
_CARER_NAMES = [column.split()[0] for column in _CARERS.split(", ")]
_TERM_NAMES = [column.split()[0] for column in _TERMS.split(", ")]
_DAY_NAMES = [column.split()[0] for column in _DAYS.split(", ")]

_WITHDRAW = Part(
    WITHDRAW,
    "objection boolean, privacy_notice_on date, approval_kind text",
    _known("objection", "privacy_notice_on", "approval_kind"),
)
_HOUSEHOLDS = Part(HOUSEHOLDS, _HOME, _all)
_PARTS = [
    Part(CARERS, _CARERS, _changed(*_CARER_NAMES)),
    Part(CHECKS, _DAYS, _changed(*_DAY_NAMES)),
    Part(NO_ROOMS, "new boolean", _known("bedrooms")),
    Part(ROOMS, "bedrooms jsonb", _changed("bedrooms")),
    Part(NO_MEMBERS, "new boolean", _known("members")),
    Part(MEMBERS, "members jsonb", _changed("members")),
    Part(RESIGNATIONS, "resigned_on date", _changed("resigned_on")),
    Part(NO_LATER_TERMS, "terms_from date, terms_were_from date", _known("terms_from")),
    Part(CUT_TERMS, "terms_from date", _known("terms_from")),
    Part(SAME_TERMS, _TERMS, _known(*_TERM_NAMES)),
    Part(NEW_TERMS, _TERMS, _changed("terms_from")),
    Part(NEW_PLACES, "places smallint", _changed("places")),
    Part(LOCK_UNITS, "places smallint", _known("places")),
    Part(NO_PLACES, "places smallint", _known("places")),
]


async def new_ids(uow: Uow, count: int) -> list[UUID]:
    """So many fresh keys, in order."""
    return list((await uow.execute(IDS, {"count": count})).scalars())


async def write(uow: Uow, rows: Sequence[Row]) -> dict[UUID, int]:
    """Make these households what `rows` say. Returns their versions.

    Each row has every column, `id`, its point, whether it is `new`, the columns that are `changed`, and from when the
    terms were that stood before (`terms_were_from`).
    """
    await _WITHDRAW.run(uow, rows)
    written = await _HOUSEHOLDS.run(uow, rows)
    for part in _PARTS:
        await part.run(uow, rows)
    return {} if written is None else {row.id: int(row.version) for row in written}
