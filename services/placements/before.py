"""Who was asked for a child before, and what they said: homes here, those outside, and calls of other searches.

Of the bound authority's own enquiries alone, for the request of a search and for every other request or search of the
same child, known by the case system's reference. The reason of a no is the neutral one: the true one never leaves its
owner. What is locked from whoever asks is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare.database import Uow

How = Literal["enquiry", "outside", "call"]


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """One that was asked before. `id` names the enquiry, the one outside, or the call, as `how` says.

    `said` is the stage of an enquiry, the answer of one outside (null while it is waited for) or what came of a call;
    `reason` a neutral code. `who` is an authority or an agency, never a person; `place` the area of the notice, null
    once it is gone. `this_request` is false for another request of the same child.
    """

    how: How
    id: UUID
    offer_id: UUID | None
    kind: str | None
    who: str
    place: str | None
    said: str | None
    reason: str | None
    by_telephone: bool
    at: datetime
    respond_by: datetime | None
    weekly_price: Decimal | None
    request_id: UUID | None
    number: str | None
    this_request: bool


MOST: Final = 100

ASKED = text("""
with named as materialized (
  select lower(cast(:reference as text)) as key where cast(:reference as text) is not null
  union
  select c.reference_key from placements.request_child c
  where c.authority_id = (select careshare.authority()) and c.request_id = cast(:request as uuid)
    and c.reference_key is not null),
mine as materialized (
  select r.id, r.number, r.id is not distinct from cast(:request as uuid) as this from placements.request r
  where r.authority_id = (select careshare.authority()) and (r.id = cast(:request as uuid) or r.id = any (array(
    select c.request_id from named n join placements.request_child c
    on c.authority_id = (select careshare.authority()) and c.reference_key = n.key)))),
searched as (
  select l.search_id from mine m join placements.request_search l
    on l.authority_id = (select careshare.authority()) and l.request_id = m.id
  union
  select s.id from named n join placements.search s
    on s.authority_id = (select careshare.authority()) and s.need_key = 'reference:' || upper(n.key))
select 'enquiry' as how, e.id, e.offer_id, e.kind, o.name as who, f.area_name as place, e.stage as said,
  s.code as reason, coalesce(s.by_telephone, false) as by_telephone, e.sent_at as at, e.respond_by,
  null::numeric as weekly_price, m.id as request_id, m.number, m.this as this_request
from mine m
join placements.asked a on a.authority_id = (select careshare.authority()) and a.request_id = m.id
join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
join tenants.authority o on o.id = e.providing_id
left join tenants.offer f on f.id = e.offer_id
left join lateral (select t.code, t.by_telephone from placements.step t
  where t.placing_id = e.placing_id and t.enquiry_id = e.id and t.machine = 'enquiry'
    and t.step in ('accept', 'accepted_by_telephone', 'decline', 'declined_by_telephone')
  order by t.id desc limit 1) s on true
union all
select 'outside', q.id, null, q.kind, q.provider, null, w.answer, w.reason, false, q.asked_at,
  q.respond_by,  w.weekly_price, m.id, m.number, m.this
from mine m
join placements.outside_enquiry q on q.authority_id = (select careshare.authority()) and q.request_id = m.id
left join lateral (select t.answer, t.reason, t.weekly_price from placements.outside_answer t
  where t.authority_id = q.authority_id and t.outside_enquiry_id = q.id order by t.id desc limit 1) w on true
union all
(select distinct on (c.offer_id) 'call', c.id, c.offer_id, f.kind, o.name, f.area_name, c.outcome, null, true, c.at,
  null, null::numeric, l.request_id, m.number, coalesce(m.this, false)
from searched d
join placements.call c on c.authority_id = (select careshare.authority()) and c.search_id = d.search_id
join tenants.authority o on o.id = c.owner_id
left join tenants.offer f on f.id = c.offer_id
left join placements.request_search l on l.authority_id = c.authority_id and l.search_id = c.search_id
left join mine m on m.id = l.request_id
where d.search_id <> cast(:search as uuid)
order by c.offer_id, c.at desc)
order by at desc limit :most
""")


async def asked_before(uow: Uow, search_id: UUID, *, request_id: UUID | None, reference: str | None) -> list[Before]:
    """Whoever was asked for the child of a search, the latest first; nobody where it names no request or reference.

    What was said on the telephone in this search itself stands with its homes and is left out here.
    """
    if request_id is None and reference is None:
        return []
    given = {"search": search_id, "request": request_id, "reference": reference, "most": MOST}
    return [Before(**row) for row in (await uow.execute(ASKED, given)).mappings()]


def by_offer(found: Iterable[Before]) -> Mapping[UUID, Sequence[Before]]:
    """What is known of each notice, the latest first."""
    offers: dict[UUID, list[Before]] = {}
    for one in found:
        if one.offer_id is not None:
            offers.setdefault(one.offer_id, []).append(one)
    return offers
