"""The households of the bound authority as the columns have them, many at a time."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.imports.cells import Value
from tenants.references import reference_key

CHECK_KINDS: Final = ("annual_review", "dbs", "medical", "unannounced_visit", "health_and_safety", "pets", "training")

# Each part is read once for all the wanted households: without statistics, which a register just filled does not have
# yet, a look-up for each household may go through all of them.
STATE: Final = """
with wanted as materialized (
  select h.* from fostering.household h where h.authority_id = (select careshare.authority()) and {which}),
ids as materialized (select array_agg(id) as ids from wanted),
carer as (
  select c.* from fostering.carer c
  where c.authority_id = (select careshare.authority())
    and c.household_id = any(cast((select ids from ids) as uuid[]))),
terms as (
  select distinct on (a.household_id) a.* from fostering.approval a
  where a.authority_id = (select careshare.authority()) and a.household_id = any(cast((select ids from ids) as uuid[]))
  order by a.household_id, lower(a.during) desc),
resigned as (
  select r.household_id, r.received_on from fostering.resignation r
  where r.authority_id = (select careshare.authority())
    and r.household_id = any(cast((select ids from ids) as uuid[]))),
rooms as (
  select b.household_id, jsonb_agg(jsonb_build_object('beds', b.beds, 'sharing', b.sharing) order by b.number) as rooms
  from fostering.bedroom b
  where b.authority_id = (select careshare.authority()) and b.household_id = any(cast((select ids from ids) as uuid[]))
  group by b.household_id),
people as (
  select m.household_id, jsonb_agg(jsonb_build_object('name', m.name, 'relationship', m.relationship, 'born', m.born,
    'sex', m.sex) order by m.born nulls first, m.name) as people
  from fostering.member m
  where m.authority_id = (select careshare.authority()) and m.household_id = any(cast((select ids from ids) as uuid[]))
  group by m.household_id),
checked as (
  select k.household_id, {checks}
  from fostering.check k
  where k.authority_id = (select careshare.authority()) and k.household_id = any(cast((select ids from ids) as uuid[]))
  group by k.household_id)
select h.id, h.reference, h.version, h.published_at is not null as published, h.confidential,
  to_jsonb(s) as state {more}
from wanted h
left join carer one on one.household_id = h.id and one.position = 1
left join carer two on two.household_id = h.id and two.position = 2
left join terms t on t.household_id = h.id
left join resigned r on r.household_id = h.id
left join rooms b on b.household_id = h.id
left join people m on m.household_id = h.id
left join checked k on k.household_id = h.id
{joins}
cross join lateral (
  select h.reference, h.name,
    one.name as carer1_name, one.born as carer1_born, coalesce(one.sex, 'U') as carer1_sex,
    one.ethnicity as carer1_ethnicity, one.religion as carer1_religion, one.languages as carer1_languages,
    coalesce(one.telephone, '') as carer1_telephone,
    two.name as carer2_name, two.born as carer2_born, two.sex as carer2_sex,
    two.ethnicity as carer2_ethnicity, two.religion as carer2_religion, two.languages as carer2_languages,
    coalesce(two.telephone, '') as carer2_telephone,
    h.address, h.postcode, h.confidential, lower(t.during) as terms_from, upper(t.during) as terms_until,
    t.kind as approval_kind, t.places, t.age_min, t.age_max, t.sex, t.care_types, t.named_children, t.notice_on,
    r.received_on as resigned_on, coalesce(b.rooms, '[]') as bedrooms, coalesce(m.people, '[]') as members,
    h.pets, h.solo, h.skills, h.communication, h.adaptations, h.supervising_person_id,
    h.supervising_worker, h.duty_number,
    h.privacy_notice_on, h.objection, h.beliefs_shared, {check_columns}) s
"""


def state_sql(which: str, *, more: str = "", joins: str = "") -> str:
    """The statement that reads households with every column; `which` of them, with `more` columns from more `joins`."""
    days = [(kind, day) for kind in CHECK_KINDS for day in ("done", "due")]
    parts = {
        "{checks}": ", ".join(
            f"max(k.{day}_on) filter (where k.kind = '{kind}') as {kind}_{day}" for kind, day in days
        ),
        "{check_columns}": ", ".join(f"k.{kind}_{day}" for kind, day in days),
        "{which}": which,
        "{more}": more,
        "{joins}": joins,
    }
    statement = STATE
    for name, part in parts.items():
        statement = statement.replace(name, part)
    return statement


LOCK = text("""
select count(*) from (
  select from fostering.household h where h.authority_id = (select careshare.authority())
    and h.reference_key = any(cast(:references as text[])) order by h.id for no key update) locked
""")
LOAD = text(
    state_sql(
        "(h.reference_key = any(cast(:references as text[])) or h.id = any(cast(:ids as uuid[])))",
        more=", coalesce(c.children, 0) as children, coalesce(u.taken, 0) as taken",
        joins="""
left join (select household_id, count(*) as children from fostering.placed_child
  where authority_id = (select careshare.authority()) and (ends is null or ends > cast(:today as date))
  group by household_id) c on c.household_id = h.id
left join (select pool_id, count(*) as taken from capacity.states((select ids from ids), clock_timestamp())
  where state in ('filled', 'held') group by pool_id) u on u.pool_id = h.id
""",
    )
)
BULK = text("select set_config('enable_nestloop', 'off', true)")


async def many_at_once(uow: Uow) -> None:
    """Tell the database that what follows in this transaction is about many rows, whatever its statistics say."""
    await uow.execute(BULK)


class Existing(msgspec.Struct):
    """A household on the register: the children placed there, the places filled or held, and every column."""

    id: UUID
    version: int
    published: bool
    confidential: bool
    children: int
    taken: int
    state: dict[str, Value]


async def load(
    uow: Uow, references: Sequence[str] = (), *, ids: Sequence[UUID] = (), lock: bool = False
) -> dict[str, Existing]:
    """The households with these references or ids, by the key of the reference.

    `lock` holds off other changes for the transaction.
    """
    keys = sorted({reference_key(reference) for reference in references})
    if lock:
        await uow.execute(LOCK, {"references": keys})
    rows = await uow.execute(LOAD, {"references": keys, "ids": list(ids), "today": today()})
    return {
        reference_key(row.reference): Existing(
            row.id, row.version, row.published, row.confidential, row.children, row.taken, row.state
        )
        for row in rows
    }
