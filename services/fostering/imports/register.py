"""The households of the bound authority as the columns have them, many at a time."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.imports.cells import Value

STATE: Final = """
select h.id, h.reference, h.version, h.published_at is not null as published, h.confidential, to_jsonb(s) as state
from fostering.household h
left join fostering.carer one on one.authority_id = h.authority_id and one.household_id = h.id and one.position = 1
left join fostering.carer two on two.authority_id = h.authority_id and two.household_id = h.id and two.position = 2
left join fostering.resignation r on r.authority_id = h.authority_id and r.household_id = h.id
left join lateral (
  select a.* from fostering.approval a where a.authority_id = h.authority_id and a.household_id = h.id
  order by lower(a.during) desc limit 1) t on true
left join lateral (
  select jsonb_agg(jsonb_build_object('beds', b.beds, 'sharing', b.sharing) order by b.number) as rooms
  from fostering.bedroom b where b.authority_id = h.authority_id and b.household_id = h.id) b on true
left join lateral (
  select jsonb_agg(jsonb_build_object('name', m.name, 'relationship', m.relationship, 'born', m.born, 'sex', m.sex)
    order by m.born nulls first, m.name) as people
  from fostering.member m where m.authority_id = h.authority_id and m.household_id = h.id) m on true
left join lateral (
  select {checks}
  from fostering.check k where k.authority_id = h.authority_id and k.household_id = h.id) k on true
cross join lateral (
  select h.reference, h.name,
    one.name as carer1_name, one.born as carer1_born, coalesce(one.sex, 'U') as carer1_sex,
    one.ethnicity as carer1_ethnicity, one.religion as carer1_religion, one.languages as carer1_languages,
    coalesce(one.telephone, '') as carer1_telephone,
    two.name as carer2_name, two.born as carer2_born, coalesce(two.sex, 'U') as carer2_sex,
    two.ethnicity as carer2_ethnicity, two.religion as carer2_religion, two.languages as carer2_languages,
    coalesce(two.telephone, '') as carer2_telephone,
    h.address, h.postcode, h.confidential, lower(t.during) as terms_from, upper(t.during) as terms_until,
    t.kind as approval_kind, t.places, t.age_min, t.age_max, t.sex, t.care_types, t.named_children, t.notice_on,
    r.received_on as resigned_on, coalesce(b.rooms, '[]') as bedrooms, coalesce(m.people, '[]') as members,
    h.pets, h.solo, h.skills, h.communication, h.adaptations, h.supervising_worker, h.duty_number, h.privacy_notice_on,
    h.objection, h.beliefs_shared, k.*) s
"""
CHECK_KINDS: Final = ("annual_review", "dbs", "medical", "unannounced_visit", "health_and_safety", "pets", "training")
_CHECKS = ", ".join(
    f"max(k.{day}_on) filter (where k.kind = '{kind}') as {kind}_{day}"
    for kind in CHECK_KINDS
    for day in ("done", "due")
)
STATE_SQL: Final = STATE.replace("{checks}", _CHECKS)

LOCK = text("""
select count(*) from (
  select from fostering.household h where h.authority_id = (select careshare.authority())
    and h.reference = any(cast(:references as text[])) order by h.id for no key update) locked
""")
LOAD = text(f"""
with wanted as ({STATE_SQL}
  where h.authority_id = (select careshare.authority())
    and (h.reference = any(cast(:references as text[])) or h.id = any(cast(:ids as uuid[]))))
select w.*, coalesce(c.children, 0) as children, coalesce(t.taken, 0) as taken
from wanted w
left join (select household_id, count(*) as children from fostering.placed_child
  where authority_id = (select careshare.authority()) and (ends is null or ends > cast(:today as date))
  group by household_id) c on c.household_id = w.id
left join (select pool_id, count(*) as taken from capacity.states(array(select id from wanted), clock_timestamp())
  where state in ('filled', 'held') group by pool_id) t on t.pool_id = w.id
""")  # noqa: S608  # made of constants


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
    """The households with these references or ids, by reference; `lock` holds off other changes for the transaction."""
    if lock:
        await uow.execute(LOCK, {"references": list(references)})
    rows = await uow.execute(LOAD, {"references": list(references), "ids": list(ids), "today": today()})
    return {
        row.reference: Existing(
            row.id, row.version, row.published, row.confidential, row.children, row.taken, row.state
        )
        for row in rows
    }
