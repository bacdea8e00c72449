"""Tonight's list for the duty desk: one's own homes with a place free now, and whom to ring. It holds no address."""

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from services.fostering.days import today
from services.fostering.records import TonightRow

# Freshest first, then by name: what was confirmed today is rung first.
TONIGHT = text("""
select cast(jsonb_build_object('household_id', h.id, 'reference', h.reference, 'name', h.name,
  'confidential', h.confidential,
  'area', case when not h.confidential then coalesce(l.name || ', ' || h.outward, h.outward) end,
  'places', o.places, 'within_limit', o.within_limit, 'age_min', o.age_min, 'age_max', o.age_max, 'sex', o.sex,
  'care_types', o.care_types, 'children_there', o.children_there,
  'others_low', o.others_low, 'others_high', o.others_high,
  'solo', o.solo, 'pets', o.pets, 'skills', o.skills, 'confirmed_at', h.confirmed_at,
  'stale', coalesce(h.confirmed_at < now() - make_interval(days => r.stale_after_days), true),
  'supervising_worker', h.supervising_worker, 'duty_number', h.duty_number,
  'carers', array(select jsonb_build_object('name', c.name, 'telephone', c.telephone) from fostering.carer c
    where c.authority_id = h.authority_id and c.household_id = h.id order by c.position)) as text) as body
from tenants.offer_own n
join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
join fostering.household h on h.authority_id = n.owner_id and h.id = n.subject_id
join tenants.authority a on a.id = h.authority_id join tenants.region r on r.id = a.region_id
left join gazetteer.local_authority l on l.gss_code = h.area_gss
where n.owner_id = (select careshare.authority()) and o.starts <= :today and (o.ends is null or o.ends > :today)
  and (cast(:age as int) is null or :age between o.age_min and o.age_max)
  and (cast(:sex as text) is null or o.sex in ('any', :sex))
  and o.places >= :children
order by h.confirmed_at desc nulls last, h.name, h.id
limit :limit
""")
MOST = 500
"""More homes than this cannot be rung in a night; the list says when it was cut."""

_DECODER = msgspec.json.Decoder(TonightRow)


async def tonight(
    uow: Uow, *, age: int | None = None, sex: str | None = None, children: int = 1
) -> tuple[list[TonightRow], bool]:
    """Homes with room tonight for so many children, of this age and sex if given: freshest first, and if it was cut."""
    parameters = {"today": today(), "age": age, "sex": sex, "children": children, "limit": MOST + 1}
    rows = [_DECODER.decode(body) for body in (await uow.execute(TONIGHT, parameters)).scalars()]
    return rows[:MOST], len(rows) > MOST
