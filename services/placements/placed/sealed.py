"""The sealed copy of an ended placement: what one's own side had received, its files among it, all on the record."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy import text

from careshare.access import needs
from careshare.database import Database, Uow
from careshare.errors import NotFound
from careshare.files import FileRef, describe, download
from careshare.files.rules import types
from careshare.http import problems
from careshare.http.parameters import Http
from careshare.identity import Principal
from services.placements.enquiries.api.attaching import GivesFile
from services.placements.placed.permissions import ARCHIVE

PLACEMENT: Final = "/placements/{placement_id:uuid}"

FILES: Final = """
select a.file_id, a.authority_id, a.title, a.level, f.type, f.size, a.at
from placements.archive_file a
join placements.placement p on p.enquiry_id = a.enquiry_id
join files.file f on f.authority_id = a.authority_id and f.id = a.file_id
where a.authority_id = (select careshare.authority()) and p.id = :placement
"""
LIST = text(f"{FILES} order by a.at, a.file_id")
ONE = text(f"{FILES} and a.file_id = :file")
THERE = text("""
select exists (select from placements.archive a join placements.placement p on p.enquiry_id = a.enquiry_id
  where a.authority_id = (select careshare.authority()) and p.id = :placement)
""")


class SealedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the other side had sent, kept here as a copy. Level 4 may have names in it; `size` in bytes."""

    id: UUID
    title: str
    level: int
    type: str
    size: int
    at: datetime


async def files(uow: Uow, placement_id: UUID) -> list[SealedFile]:
    """The files beside one's own sealed copy, the oldest first. Raises NotFound where there is no such copy."""
    if not await uow.scalar(THERE, {"placement": placement_id}):
        raise NotFound
    rows = (await uow.execute(LIST, {"placement": placement_id})).mappings()
    names = [name for name in SealedFile.__struct_fields__ if name != "id"]
    return [SealedFile(id=row["file_id"], **{name: row[name] for name in names}) for row in rows]


async def send(request: Http, uow: Uow, principal: Principal, placement_id: UUID, file_id: UUID) -> Stream:
    """One of them, to be saved under its title, on the record. Raises NotFound."""
    row = (await uow.execute(ONE, {"placement": placement_id, "file": file_id})).one_or_none()
    if row is None:
        raise NotFound
    ref = FileRef(row.authority_id, row.file_id)
    file = await describe(uow, ref)
    database: Database = request.app.state.database
    return await download(uow, database, principal, ref, name=f"{row.title}.{types()[file.type].extension}")


@get(
    f"{PLACEMENT}/archive/files",
    opt=needs(ARCHIVE),
    operation_id="listPlacementArchiveFiles",
    summary="List the files in your authority’s sealed copy of an ended placement",
    tags=["Placements made"],
    responses=problems(404),
)
async def list_files(uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> list[SealedFile]:
    return await files(uow, placement_id)


@get(
    f"{PLACEMENT}/archive/files/{{archived_file_id:uuid}}",
    opt=needs(ARCHIVE),
    operation_id="getPlacementArchiveFile",
    operation_class=GivesFile,
    summary="Fetch a file of your authority’s sealed copy of an ended placement",
    tags=["Placements made"],
    responses={200: ResponseSpec(bytes, description="The file", generate_examples=False), **problems(404, 409)},
)
async def get_file(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    placement_id: FromPath[UUID],
    archived_file_id: FromPath[UUID],
) -> Stream:
    return await send(request, uow, principal, placement_id, archived_file_id)


handlers: Final = [list_files, get_file]
