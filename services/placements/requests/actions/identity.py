"""Who a child is, as it stands ready to open at a match, and how it follows what is recorded later."""

from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import Invalid
from services.placements.requests.records import ChildRecord

IDENTIFYING: Final = (
    *("reference", "name", "known_as", "born", "ethnicity", "legal_status", "legal_since", "address", "postcode"),
    *("school", "school_postcode"),
)
"""What opens at the match. Names on file are kept to check texts by and are never shown."""
# Every enquiry about the child that is not over; those that are open at the match stand on the other side's record too.
RENEW = text("""
with live as (
  select e.id, e.providing_id, e.agreement_id, e.stage, array_position(a.children, cast(:child as uuid)) - 1 as place
  from placements.asked a join placements.enquiry e on e.placing_id = a.authority_id and e.id = a.enquiry_id
  where a.authority_id = (select careshare.authority()) and a.request_id = :request and :child = any(a.children)
    and e.stage in ('sent', 'accepted', 'proposed', 'matching', 'matched', 'placed')),
renewed as (
  update placements.child_identity i
  set body = jsonb_set(i.body, array['children', cast(l.place as text)], cast(:body as jsonb)), at = clock_timestamp()
  from live l where i.authority_id = (select careshare.authority()) and i.enquiry_id = l.id returning i.enquiry_id)
select l.id, l.providing_id, l.agreement_id, l.stage in ('matched', 'placed') as open
from live l join renewed r on r.enquiry_id = l.id where l.providing_id <> (select careshare.authority())
""")


def identity_of(child: ChildRecord) -> dict[str, Any]:
    """Who a child is, as it opens at the match. Raises Invalid where the caller may not know it."""
    if child.identity is None:
        raise Invalid("Somebody who may know who the child is must send this.")
    found: dict[str, Any] = {name: getattr(child.identity, name) for name in IDENTIFYING}
    born: date | None = child.identity.born
    return {**found, "born": born.isoformat() if born else None, "age": child.age, "sex": child.sex}


async def renew_identity(uow: Uow, request_id: UUID, child: ChildRecord) -> None:
    """Let what homes see, or will see at the match, follow what is recorded of a child now.

    An emergency is matched before everything is known. Where the names are open, it is on the other side's record.
    """
    body = msgspec.json.encode(identity_of(child)).decode()
    rows = (await uow.execute(RENEW, {"request": request_id, "child": child.id, "body": body})).all()
    for row in rows:
        if row.open:
            await audit.record(
                uow,
                "enquiry.identity_renewed",
                subjects=[row.id],
                owner_id=row.providing_id,
                agreement_id=row.agreement_id,
            )
