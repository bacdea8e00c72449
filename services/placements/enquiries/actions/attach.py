"""Files beside an enquiry: put there by one side, opened by the other as far as the gate is open."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import NotFound
from careshare.files import FileRef, Upload, attach, receive
from services.placements import steps
from services.placements.enquiries.actions.answer import on_record
from services.placements.enquiries.actions.thread import refuse_names
from services.placements.enquiries.model import Attach

ADD = text("""
insert into placements.attachment (authority_id, enquiry_id, file_id, level, title)
values (careshare.authority(), :id, :file, :level, :title) returning id
""")
FIND = text("select authority_id, file_id, title, level from placements.attachment where id = :id")
NAMED: Final = 4
"""The level of what may say who people are."""


async def add_attachment(uow: Uow, enquiry_id: UUID, given: Attach, upload: Upload, *, most_bytes: int) -> UUID:
    """Put a file beside an enquiry that was accepted; with names in it only once matched.

    Raises NotFound; Conflict at a stage that allows none; Invalid where the title tells who somebody is; TooLarge and
    Unsupported, after which nothing may be committed.
    """
    await refuse_names(uow, enquiry_id, given.title, "title")
    ref = await receive(uow, upload.stream, upload.name, upload.declared_type, most_bytes=most_bytes)
    row = {"id": enquiry_id, "file": ref.id, "level": given.level, "title": given.title.strip()}
    try:
        made: UUID = (await uow.execute(ADD, row)).scalar_one()
    except DBAPIError as error:
        raise steps.meaning(error) from error
    await attach(uow, ref)
    await on_record(uow, enquiry_id, "enquiry.attached", after={"level": given.level})
    return made


async def opened(uow: Uow, attachment_id: UUID, *, may_identify: bool) -> tuple[FileRef, str]:
    """The file of an attachment that this side may open now, and its title. Raises NotFound, also once it is closed."""
    row = (await uow.execute(FIND, {"id": attachment_id})).one_or_none()
    if row is None or (row.level == NAMED and not may_identify):
        raise NotFound
    return FileRef(row.authority_id, row.file_id), row.title
