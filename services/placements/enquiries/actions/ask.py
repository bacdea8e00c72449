"""Asking homes: one enquiry for each, with the profiles as their author saw them, all or none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare import audit
from careshare.audit import Shown
from careshare.database import Uow
from careshare.errors import Conflict, FieldError, NotAvailable
from careshare.gazetteer import locate_many
from services.placements import clocks, steps
from services.placements.enquiries.model import Ask
from services.placements.requests.actions.disclose import disclosed
from services.placements.requests.actions.identity import identity_of
from services.placements.requests.queries import whole
from services.placements.requests.records import RequestRecord
from services.placements.settings import own
from services.placements.terms import actions as terms

SEND = text("""
select placements.send_enquiry(:offer, :request, cast(:children as uuid[]), cast(:starts as date), cast(:ends as date),
  :emergency, :respond_by)
""")
SNAPSHOT: Final = """
insert into placements.{table} (authority_id, enquiry_id, body)
select careshare.authority(), unnest(cast(:enquiries as uuid[])), cast(:body as jsonb)
"""
PROFILE, FULLER, IDENTITY = (
    text(SNAPSHOT.format(table=table)) for table in ("child_profile", "child_fuller", "child_identity")
)
ABOUT = text("""
select id, providing_id, agreement_id from placements.enquiry
where placing_id = (select careshare.authority()) and id = any(:ids)
""")
KEEP_AWAY = text("""
insert into placements.keep_away (authority_id, enquiry_id, n, easting, northing, metres)
select careshare.authority(), unnest(cast(:enquiries as uuid[])), :n, :easting, :northing, :metres
""")
METRES: Final = 1609.344
"""In a mile."""


async def ask(uow: Uow, request_id: UUID, wanted: Ask, *, now: datetime | None = None) -> list[UUID]:
    """Ask about several notices at once for children of an open request; the enquiries' ids, in the order asked.

    Each other authority sees the level-2 profile from now on; the fuller one and who the children are stand ready and
    open at acceptance and at the match. All are sent or none. Raises NotFound; Conflict where the request is not open
    or as many enquiries as the authority allows are open; Unprocessable while a text may tell who a child is;
    NotAvailable where a notice is gone or not shared.
    """
    request = await whole(uow, request_id)
    if request.stage != "open":
        raise Conflict("Open the request first: only for an open one are homes asked.")
    children = list(dict.fromkeys(wanted.child_ids)) or [child.id for child in request.children]
    brief = await disclosed(uow, request_id, 2, children)
    fuller = await disclosed(uow, request_id, 3, children)
    known = {child.id: child for child in request.children}
    identity = {"children": [identity_of(known[child]) for child in children]}
    offers = list(dict.fromkeys(wanted.offer_ids))
    due = clocks.due(f"enquiry_{request.kind}", now or datetime.now(UTC), await own(uow)).at
    sent = [await _send(uow, request, offer, children, due) for offer in offers]
    await _keep_away(uow, request, sent)
    for statement, body in ((PROFILE, brief), (FULLER, fuller), (IDENTITY, identity)):
        await uow.execute(statement, {"enquiries": sent, "body": msgspec.json.encode(body).decode()})
    await terms.ask(uow, sent, len(children), wanted.need_level, wanted.supplement)
    await _on_record(uow, request_id, sent, children)
    return sent


async def _send(uow: Uow, request: RequestRecord, offer: UUID, children: Sequence[UUID], respond_by: datetime) -> UUID:
    given = {
        "offer": offer,
        "request": request.id,
        "children": list(children),
        "starts": request.starts,
        "ends": request.ends,
        "emergency": request.kind == "emergency",
        "respond_by": respond_by,
    }
    try:
        made: UUID | None = (await uow.execute(SEND, given)).scalar_one()
    except DBAPIError as error:
        raise steps.meaning(error) from error
    if made is None:
        message = "One of the homes is no longer offered. Search again and choose another"
        raise NotAvailable(message, errors=[FieldError("offer_ids", message)])
    return made


async def _keep_away(uow: Uow, request: RequestRecord, sent: Sequence[UUID]) -> None:
    """Where the children may not live near: the other side is told once whether its home is, and nothing else."""
    circles = request.need.keep_away
    places = await locate_many(uow, [circle.postcode for circle in circles])
    if any(circle.postcode not in places for circle in circles):
        raise Conflict("We do not know the postcode of a place to keep away from. Correct it in the request first.")
    for n, circle in enumerate(circles, 1):
        place = places[circle.postcode]
        where = {"easting": place.easting, "northing": place.northing, "metres": round(circle.miles * METRES)}
        await uow.execute(KEEP_AWAY, {"enquiries": list(sent), "n": n, **where})


async def _on_record(uow: Uow, request_id: UUID, sent: Sequence[UUID], children: Sequence[UUID]) -> None:
    rows = (await uow.execute(ABOUT, {"ids": list(sent)})).all()
    shown = [Shown(row.providing_id, row.agreement_id, [row.id]) for row in rows]
    criteria = {"request": request_id, "children": len(children)}
    await audit.record_shown(uow, "enquiry.sent", criteria=criteria, shown=shown)
