"""One household in full, in one statement."""

from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import NotFound
from services.fostering.days import today
from services.fostering.records import HouseholdRecord

HOUSEHOLD = text("""
select cast(jsonb_build_object(
  'id', h.id, 'version', h.version, 'reference', h.reference, 'name', h.name, 'confidential', h.confidential,
  'address_withheld', not s.own_eyes,
  'address', case when s.own_eyes then h.address end, 'postcode', case when s.own_eyes then h.postcode end,
  'outward', case when s.own_eyes then h.outward end, 'area_gss', case when s.own_eyes then h.area_gss end,
  'area', case when s.own_eyes then (select l.name from gazetteer.local_authority l where l.gss_code = h.area_gss) end,
  'supervising_person_id', h.supervising_person_id, 'supervising_worker', h.supervising_worker,
  'duty_number', h.duty_number, 'privacy_notice_on', h.privacy_notice_on,
  'objection', h.objection, 'beliefs_shared', h.beliefs_shared, 'pets', h.pets, 'skills', h.skills,
  'communication', h.communication, 'adaptations', h.adaptations, 'solo', h.solo,
  'published_at', h.published_at, 'confirmed_at', h.confirmed_at, 'updated_at', h.updated_at,
  'published_by', (select c.name from identity.colleagues(array[h.published_by]) c),
  'confirmed_by', (select c.name from identity.colleagues(array[h.confirmed_by]) c),
  'located', h.easting is not null,
  'resignation_received_on', r.received_on, 'resignation_ends_on', r.ends_on,
  'carers', array(select jsonb_build_object('id', c.id, 'name', c.name, 'born', c.born, 'sex', c.sex,
      'ethnicity', c.ethnicity, 'religion', c.religion, 'languages', c.languages, 'telephone', c.telephone)
    from fostering.carer c where c.authority_id = h.authority_id and c.household_id = h.id order by c.position),
  'members', array(select jsonb_build_object('id', m.id, 'name', m.name, 'born', m.born, 'sex', m.sex,
      'relationship', m.relationship)
    from fostering.member m where m.authority_id = h.authority_id and m.household_id = h.id
    order by m.born nulls last, m.id),
  'bedrooms', array(select jsonb_build_object('number', b.number, 'beds', b.beds, 'sharing', b.sharing)
    from fostering.bedroom b where b.authority_id = h.authority_id and b.household_id = h.id order by b.number),
  'approvals', array(select jsonb_build_object('id', a.id, 'kind', a.kind,
      'since', lower(a.during), 'until', upper(a.during),
      'stage', case when a.during @> cast(:today as date) then 'current'
        when lower(a.during) > :today then 'future' else 'ended' end,
      'places', a.places, 'age_min', a.age_min, 'age_max', a.age_max, 'sex', a.sex, 'care_types', a.care_types,
      'named_children', a.named_children, 'extended_on', a.extended_on, 'extended_for', a.extended_for,
      'notice_on', a.notice_on)
    from fostering.approval a where a.authority_id = h.authority_id and a.household_id = h.id
    order by lower(a.during) desc),
  'exemptions', array(select jsonb_build_object('id', e.id, 'granted_by_gss', e.granted_by_gss,
      'granted_by', coalesce(l.name, e.granted_by_gss), 'children', e.children, 'conditions', e.conditions,
      'notice_on', e.notice_on, 'since', lower(e.during), 'until', upper(e.during))
    from fostering.exemption e left join gazetteer.local_authority l on l.gss_code = e.granted_by_gss
    where e.authority_id = h.authority_id and e.household_id = h.id order by lower(e.during) desc, e.id),
  'checks', array(select jsonb_build_object('kind', k.kind, 'done_on', k.done_on, 'due_on', k.due_on)
    from fostering.check k where k.authority_id = h.authority_id and k.household_id = h.id order by k.due_on, k.kind),
  'places', array(select jsonb_build_object('number', p.number,
      'state', case u.state when 'closed' then 'not_available' else u.state end, 'held_until', u.held_until,
      'child_reference', (select c.child_reference from fostering.placed_child c
        where c.authority_id = p.authority_id and c.unit_id = p.unit_id and c.starts <= :today
          and (c.ends is null or c.ends > :today) order by c.starts desc limit 1),
      'closed_reason', p.closed_reason, 'closed_from', p.closed_from, 'closed_until', p.closed_until,
      'closed_note', p.closed_note)
    from fostering.place p join capacity.states(array[h.id], now()) u on u.unit_id = p.unit_id
    where p.authority_id = h.authority_id and p.household_id = h.id order by p.number),
  'placed', array(select jsonb_build_object('id', c.id, 'place', p.number, 'child_reference', c.child_reference,
      'born', c.born, 'sex', c.sex,
      'responsible_gss', c.responsible_gss, 'responsible', coalesce(l.name, c.responsible_gss),
      'sibling_group', c.sibling_group, 'care_type', c.care_type, 'solo', c.solo, 'starts', c.starts, 'ends', c.ends)
    from fostering.placed_child c
    left join fostering.place p on p.authority_id = c.authority_id and p.unit_id = c.unit_id
    left join gazetteer.local_authority l on l.gss_code = c.responsible_gss
    where c.authority_id = h.authority_id and c.household_id = h.id order by c.starts desc, c.child_reference),
  'notice', (select to_jsonb(o) || jsonb_build_object('shared', f.resource = 'foster_carers',
      'area_authority', coalesce(
        (select l.name from gazetteer.local_authority l where l.gss_code = o.area_gss), o.area_gss))
    from tenants.offer_own n join tenants.offer o on o.owner_id = n.owner_id and o.id = n.offer_id
    join careshare.shelf f on f.id = o.shelf_id
    where n.owner_id = h.authority_id and n.subject_id = h.id)) as text)
from fostering.household h
cross join lateral (select not h.confidential or cast(:opened as boolean) as own_eyes) s
left join fostering.resignation r on r.authority_id = h.authority_id and r.household_id = h.id
where h.authority_id = (select careshare.authority()) and h.id = :id
""")
_DECODER = msgspec.json.Decoder(HouseholdRecord)


async def household(uow: Uow, household_id: UUID, *, opened: bool = False, on: date | None = None) -> HouseholdRecord:
    """The household, with its address if that is not confidential or has been `opened`. Raises NotFound."""
    row = await uow.execute(HOUSEHOLD, {"id": household_id, "opened": opened, "today": on or today()})
    body = row.scalar_one_or_none()
    if body is None:
        raise NotFound
    return _DECODER.decode(body)
