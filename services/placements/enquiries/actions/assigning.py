"""Whose work an enquiry is, on each side for itself."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from careshare import audit
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound
from careshare.notifications import News, notify
from services.placements.enquiries.permissions import FINDERS, PROVIDERS
from services.placements.enquiries.records import Side
from tenants.colleagues import Colleague, colleague, colleagues, locked_from

NOW = text("""
select a.enquiry_id is not null as placing, w.enquiry_id is not null as providing, a.request_id, w.subject_id,
  a.assigned_to as asker, w.assigned_to as answerer, careshare.actor() as me
from placements.enquiry e
left join placements.asked a on a.authority_id = (select careshare.authority()) and a.enquiry_id = e.id
left join placements.answering w on w.authority_id = (select careshare.authority()) and w.enquiry_id = e.id
where e.id = :id and (select careshare.authority()) in (e.placing_id, e.providing_id)
""")
GIVE: Final = {
    "placing": text("""
        update placements.asked set assigned_to = cast(:person as uuid)
        where authority_id = (select careshare.authority()) and enquiry_id = :id
    """),
    "providing": text("""
        update placements.answering set assigned_to = cast(:person as uuid)
        where authority_id = (select careshare.authority()) and enquiry_id = :id
    """),
}
ROLES: Final = {side: [role for role in roles if role != "api_client"] for side, roles in (
    ("placing", FINDERS), ("providing", PROVIDERS))}  # fmt: skip
"""Whoever may do the work of a side."""
PATHS: Final = {"placing": "/placements/enquiries", "providing": "/placements/to-answer"}


async def who_may(uow: Uow, side: Side) -> list[Colleague]:
    """The colleagues whose work an enquiry can be on a side, by name."""
    return await colleagues(uow, ROLES[side])


async def assign(uow: Uow, enquiry_id: UUID, side: Side, person_id: UUID | None) -> None:
    """Make an enquiry a colleague's work on one side, one's own, or nobody's; the colleague is told, in no words of it.

    Raises NotFound where the authority is not that side, and Invalid for somebody who may not do such work or from whom
    the request or the home is locked.
    """
    row = (await uow.execute(NOW, {"id": enquiry_id})).one_or_none()
    if row is None or not (row.placing if side == "placing" else row.providing):
        raise NotFound
    before: UUID | None = row.asker if side == "placing" else row.answerer
    records = [one for one in (enquiry_id, row.request_id, row.subject_id) if one is not None]
    if person_id not in {None, row.me}:  # whoever may assign may take it on, for a time or as a member
        found = None if person_id is None else await colleague(uow, person_id, ROLES[side])
        if found is None or await locked_from(uow, found.person_id, records):
            message = "Select a colleague who may do this work"
            raise Invalid(message, errors=[FieldError("person_id", message)])
    await uow.execute(GIVE[side], {"id": enquiry_id, "person": person_id})
    await audit.record(uow, "enquiry.assigned", subjects=[enquiry_id], before={"to": before}, after={"to": person_id})
    if person_id not in {None, before}:
        await notify(
            uow,
            News(
                kind="assigned",
                subject=enquiry_id,
                event=datetime.now(UTC).isoformat(),
                path=f"{PATHS[side]}/{enquiry_id}",
                person=person_id,
                records=records,
            ),
        )
