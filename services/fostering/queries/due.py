"""What is due in the register, by date: reviews and checks, approvals that end, birthdays, vacancies to confirm."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.limits import limits
from services.fostering.records import DueRow

AHEAD = timedelta(days=56)
"""How far the page looks ahead. Careshare's own choice, not statute."""

# Somebody born on 29 February has a birthday on 1 March of other years; PostgreSQL would say 28 February.
DUE = text("""
with own as (select a.id, r.stale_after_days from tenants.authority a join tenants.region r on r.id = a.region_id
    where a.id = (select careshare.authority())),
found as (
  select k.due_on as on_day, k.kind, k.household_id, '' as detail from fostering.check k, own
  where k.authority_id = own.id and k.due_on < :until
  union all
  select upper(a.during), case when a.kind = 'temporary' then 'temporary_ends' else 'approval_ends' end,
    a.household_id, ''
  from fostering.approval a, own
  where a.authority_id = own.id and upper(a.during) >= :today and upper(a.during) < :until
    and not exists (select from fostering.approval n where n.authority_id = own.id and n.household_id = a.household_id
      and lower(n.during) = upper(a.during))
    and not exists (select from fostering.resignation r
      where r.authority_id = own.id and r.household_id = a.household_id and r.ends_on = upper(a.during))
  union all
  select r.ends_on, 'resignation_ends', r.household_id, '' from fostering.resignation r, own
  where r.authority_id = own.id and r.ends_on >= :today and r.ends_on < :until
  union all
  select b.on_day, b.kind, c.household_id, c.child_reference
  from own join fostering.placed_child c on c.authority_id = own.id and (c.ends is null or c.ends > :today)
  left join fostering.approval a on a.authority_id = own.id and a.household_id = c.household_id
    and a.during @> cast(:today as date)
  cross join lateral (values
    ('own_bedroom', cast(:own_bedroom as int)), ('adult', cast(:adult as int)),
    ('past_age_limit', case when a.age_max + 1 < :adult then a.age_max + 1 end)) as g (kind, age)
  cross join lateral (select g.kind, cast(c.born + make_interval(years => g.age) as date)
      + cast(to_char(c.born, 'MMDD') = '0229'
        and to_char(c.born + make_interval(years => g.age), 'DD') = '28' as int) as on_day
    where g.age is not null) b
  where b.on_day >= :today and b.on_day < :until and (c.ends is null or b.on_day < c.ends)
  union all
  select cast(h.confirmed_at at time zone 'Europe/London' as date) + own.stale_after_days, 'confirm_vacancy', h.id, ''
  from own join fostering.household h on h.authority_id = own.id
  join tenants.offer_own n on n.owner_id = own.id and n.subject_id = h.id
  where h.confirmed_at < now() - make_interval(days => own.stale_after_days)
  union all
  select cast(:today as date), 'confirm_vacancy', h.id, ''
  from own join fostering.household h on h.authority_id = own.id and h.confirmed_at is null
  join tenants.offer_own n on n.owner_id = own.id and n.subject_id = h.id)
select f.on_day as on, f.kind, f.household_id, h.reference, h.name, f.detail
from found f join fostering.household h on h.authority_id = (select careshare.authority()) and h.id = f.household_id
where (cast(:kind as text) is null or f.kind = :kind)
  and (cast(:after_on as date) is null
    or (f.on_day, f.kind, f.household_id, f.detail)
      > (:after_on, cast(:after_kind as text), cast(:after_id as uuid), cast(:after_detail as text)))
order by f.on_day, f.kind, f.household_id, f.detail limit :limit
""")

After = tuple[date, str, UUID, str]


async def due(
    uow: Uow, *, kind: str | None = None, after: After | None = None, limit: int = 50, on: date | None = None
) -> tuple[list[DueRow], bool]:
    """What is overdue or due within `AHEAD`, soonest first, and whether there is more."""
    day = on or today()
    numbers = limits(day)
    last = after or (None, None, None, None)
    rows = (
        await uow.execute(
            DUE,
            {
                "today": day,
                "until": day + AHEAD,
                "own_bedroom": numbers.own_bedroom_age,
                "adult": numbers.adult_age,
                "kind": kind,
                **dict(zip(("after_on", "after_kind", "after_id", "after_detail"), last, strict=True)),
                "limit": limit + 1,
            },
        )
    ).mappings()
    found = [DueRow(**row) for row in rows]
    return found[:limit], len(found) > limit
