"""What changed about one's own homes that others may rely on: judgement, registration, places, ages.

Answered from the homes as they stand, so that the same question gives the same answer until they change. Sources: Care
Standards Act 2000; Children's Homes (England) Regulations 2015 (SI 2015/541); SI 2023/416.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from careshare.database import Uow
from services.residential.rules import judgement_fell
from tenants.days import birthday
from tenants.places import Change, Living

ADULT: Final = 18
"""The age from which another rule speaks (Family Law Reform Act 1969 section 1)."""

CHANGES = text("""
select case when h.registration = 'suspended' then 'registration_suspended' else 'home_closed' end as code,
  h.id as home_id, h.registration || ' ' || coalesce(cast(h.registration_since as text), '') as key,
  cast(coalesce(h.registration_since, clock_timestamp()) at time zone 'Europe/London' as date) as on_day,
  cast(null as uuid[]) as claims
from residential.home h
where h.authority_id = (select careshare.authority()) and h.id = any(:homes)
  and h.registration in ('suspended', 'cancelled', 'resigned')
union all
select 'home_closed', p.home_id, 'places ' || max(p.closed_from), max(p.closed_from), null
from residential.place p join residential.home h on h.authority_id = p.authority_id and h.id = p.home_id
where p.authority_id = (select careshare.authority()) and p.home_id = any(:homes)
  and h.registration not in ('cancelled', 'resigned')
group by p.home_id
having bool_and(p.closed_from is not null and p.closed_until is null)
union all
select 'place_closed', p.home_id, p.unit_id || ' ' || p.closed_from, p.closed_from, b.claims
from residential.place p
cross join lateral (select array_agg(o.claim_id) as claims from capacity.occupancy o
  where o.owner_id = p.authority_id and o.unit_id = p.unit_id
    and o.during && tstzrange(cast(p.closed_from as timestamp) at time zone 'Europe/London',
      cast(p.closed_until as timestamp) at time zone 'Europe/London')) b
where p.authority_id = (select careshare.authority()) and p.home_id = any(:homes)
  and p.closed_from is not null and b.claims is not null
""").bindparams(bindparam("homes", type_=ARRAY(Uuid())))
# The newest judgement beside the one before it, and the day it was entered here: news of an older day is still news.
JUDGED = text("""
select j.home_id, j.grade, j.before, j.judged_on, cast(j.noted_at at time zone 'Europe/London' as date) as noted_on
from (
  select home_id, grade, judged_on, noted_at, lag(grade) over w as before,
    row_number() over (partition by home_id order by judged_on desc) as newest
  from residential.judgement where authority_id = (select careshare.authority()) and home_id = any(:homes)
  window w as (partition by home_id order by judged_on)) j
where j.newest = 1 and j.before is not null
""").bindparams(bindparam("homes", type_=ARRAY(Uuid())))
AGES = text("""
select h.id, h.age_max from residential.home h
where h.authority_id = (select careshare.authority()) and h.id = any(:homes)
""").bindparams(bindparam("homes", type_=ARRAY(Uuid())))


async def changed(uow: Uow, home_ids: Sequence[UUID], today: date, living: Sequence[Living] = ()) -> list[Change]:
    """Everything that closed, fell or changed about these homes; homes that are not one's own say nothing.

    Of the children of `living` it is said when one passes the oldest age the home is registered for.
    """
    del today  # a home's registration and its places stand as they are
    homes = list(home_ids)
    if not homes:
        return []
    found = [
        Change(row.code, row.home_id, row.key, row.on_day, None, frozenset(row.claims) if row.claims else None)
        for row in await uow.execute(CHANGES, {"homes": homes})
    ]
    found += [
        Change("judgement_fell", row.home_id, row.judged_on.isoformat(), row.judged_on, row.noted_on)
        for row in await uow.execute(JUDGED, {"homes": homes})
        if judgement_fell(row.before, row.grade)
    ]
    if living:
        oldest = {row.id: row.age_max for row in await uow.execute(AGES, {"homes": homes})}
        found += [one for child in living if (one := _past_age(child, oldest.get(child.subject_id)))]
    return found


def _past_age(child: Living, age_max: int | None) -> Change | None:
    if age_max is None or age_max + 1 >= ADULT:
        return None
    day = birthday(child.born, age_max + 1)
    return Change("past_age_limit", child.subject_id, day.isoformat(), day, day, frozenset({child.claim_id}))
