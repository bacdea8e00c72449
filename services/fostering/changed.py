"""What changed about one's own households that others may rely on: approval, terms, resignation, exemption, places.

Asked by whoever has a request, a hold or a placement there; answered from the register as it stands, so that the same
question gives the same answer until the register changes. Sources: SI 2011/581 regulations 27 and 28; Children Act
1989 Schedule 7; SI 2010/959 regulations 23 to 25.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from careshare.database import Uow
from services.fostering.limits import limits
from services.fostering.rules import birthday
from tenants.places import Change, Living

# An approval that another follows in time has not ended; one that a resignation ended is told as that. An exemption
# that ended with the placement it was given for is no news, nor one that nobody needs.
CHANGES = text("""
select 'approval_ended' as code, a.household_id, cast(upper(a.during) as text) as key, upper(a.during) as on_day,
  cast(null as date) as known, cast(null as uuid[]) as claims
from fostering.approval a
where a.authority_id = (select careshare.authority()) and a.household_id = any(:homes) and upper(a.during) is not null
  and not exists (select from fostering.approval n where n.authority_id = a.authority_id
    and n.household_id = a.household_id and lower(n.during) >= upper(a.during)
    and lower(n.during) <= greatest(upper(a.during), cast(:today as date)))
  and not exists (select from fostering.resignation r where r.authority_id = a.authority_id
    and r.household_id = a.household_id and r.ends_on = upper(a.during))
union all
select 'terms_changed', a.household_id, cast(lower(a.during) as text), lower(a.during), lower(a.during), null
from fostering.approval a
join fostering.approval b on b.authority_id = a.authority_id and b.household_id = a.household_id
  and upper(b.during) = lower(a.during)
where a.authority_id = (select careshare.authority()) and a.household_id = any(:homes)
  and (a.kind, a.places, a.age_min, a.age_max, a.sex, a.care_types, a.named_children)
    is distinct from (b.kind, b.places, b.age_min, b.age_max, b.sex, b.care_types, b.named_children)
union all
select 'carer_resigned', r.household_id, cast(r.received_on as text), r.ends_on, null, null
from fostering.resignation r
where r.authority_id = (select careshare.authority()) and r.household_id = any(:homes)
union all
select 'exemption_ended', e.household_id, e.id || ' ' || upper(e.during), upper(e.during), upper(e.during), null
from fostering.exemption e
where e.authority_id = (select careshare.authority()) and e.household_id = any(:homes) and upper(e.during) is not null
  and (e.case_id is null or e.withdrawn_on is not null)
  and not exists (select from fostering.exemption n where n.authority_id = e.authority_id
    and n.household_id = e.household_id and n.id <> e.id and n.children @> e.children and n.during @> upper(e.during))
  and :limit <= (select count(*) from fostering.place p
    join capacity.occupancy o on o.owner_id = p.authority_id and o.unit_id = p.unit_id
    where p.authority_id = e.authority_id and p.household_id = e.household_id
      and o.during @> cast(upper(e.during) as timestamp) at time zone 'Europe/London')
union all
select 'home_closed', p.household_id, cast(max(p.closed_from) as text), max(p.closed_from), null, null
from fostering.place p
where p.authority_id = (select careshare.authority()) and p.household_id = any(:homes)
group by p.household_id
having bool_and(p.closed_from is not null and p.closed_until is null)
union all
select 'place_closed', p.household_id, p.unit_id || ' ' || p.closed_from, p.closed_from, null, b.claims
from fostering.place p
cross join lateral (select array_agg(o.claim_id) as claims from capacity.occupancy o
  where o.owner_id = p.authority_id and o.unit_id = p.unit_id
    and o.during && tstzrange(cast(p.closed_from as timestamp) at time zone 'Europe/London',
      cast(p.closed_until as timestamp) at time zone 'Europe/London')) b
where p.authority_id = (select careshare.authority()) and p.household_id = any(:homes)
  and p.closed_from is not null and b.claims is not null
""").bindparams(bindparam("homes", type_=ARRAY(Uuid())))
PERIODS = text("""
select a.household_id, lower(a.during) as since, upper(a.during) as until, a.age_max from fostering.approval a
where a.authority_id = (select careshare.authority()) and a.household_id = any(:homes)
""").bindparams(bindparam("homes", type_=ARRAY(Uuid())))


async def changed(uow: Uow, household_ids: Sequence[UUID], today: date, living: Sequence[Living] = ()) -> list[Change]:
    """Everything that ended, changed or will, about these households; households that are not one's own say nothing.

    Of the children of `living` it is said when one passes the oldest age of the carers' terms.
    """
    homes = list(household_ids)
    if not homes:
        return []
    given = {"homes": homes, "today": today, "limit": limits(today).fostered_children}
    rows = await uow.execute(CHANGES, given)
    found = [
        Change(
            row.code, row.household_id, row.key, row.on_day, row.known, frozenset(row.claims) if row.claims else None
        )
        for row in rows
    ]
    return [*found, *await _past_age(uow, homes, living)] if living else found


async def _past_age(uow: Uow, homes: list[UUID], living: Sequence[Living]) -> list[Change]:
    """The day a child is older than the terms that hold on it allow. At 18 it is another matter: staying put."""
    found: list[Change] = []
    periods = (await uow.execute(PERIODS, {"homes": homes})).all()
    for child in living:
        for period in periods:
            age = period.age_max + 1
            day = birthday(child.born, age)
            holds = period.since <= day and (period.until is None or day < period.until)
            if period.household_id == child.subject_id and holds and age < limits(day).adult_age:
                found.append(
                    Change("past_age_limit", child.subject_id, day.isoformat(), day, day, frozenset({child.claim_id}))
                )
    return found
