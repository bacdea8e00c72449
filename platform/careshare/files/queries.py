"""Reading files. Row security says which rows there are: one's own, and what a service has opened for one."""

from collections.abc import AsyncGenerator
from typing import Final

from sqlalchemy import text

from careshare.database import Uow
from careshare.errors import Conflict, NotFound
from careshare.files.model import File, FileRef

FIND = text("""
    select authority_id, id, name, type, size, encode(sha256, 'hex') as sha256, state, reason, created_at, created_by,
      scanned_at
    from files.file where authority_id = :authority and id = :id
""")
PART_OF = text("select bytes from files.part where authority_id = :authority and file_id = :id and n = :n")

NOT_YET: Final = "The file is still being checked. Try again in a minute."
NOT_SCANNED: Final = "No virus scanner has seen this file, so it cannot be opened yet."
NOT_TAKEN: Final = "The file was refused when it was checked, so it cannot be opened."


async def describe(uow: Uow, ref: FileRef) -> File:
    """What the file is and how it stands. Raises NotFound, also where it is somebody else's."""
    row = (await uow.execute(FIND, {"authority": ref.authority_id, "id": ref.id})).mappings().one_or_none()
    if row is None:
        raise NotFound
    return File(**row)


async def may_be_opened(uow: Uow, ref: FileRef, *, unscanned: bool) -> File:
    """The file, if it may be opened; `unscanned` where the settings allow what no scanner has seen.

    Raises NotFound, or Conflict saying why not yet or not at all.
    """
    file = await describe(uow, ref)
    if not file.may_open(unscanned=unscanned):
        raise Conflict({"refused": NOT_TAKEN, "not_scanned": NOT_SCANNED}.get(file.state, NOT_YET))
    return file


async def open_stream(uow: Uow, file: File) -> AsyncGenerator[bytes, None]:
    """The bytes, at most 1 MB at a time. Raises NotFound where they are gone before the end.

    The caller has asked `may_be_opened`, has recorded that the file was opened, and keeps `uow` until the end.
    """
    sent = n = 0
    while sent < file.size:
        part: bytes | None = await uow.scalar(PART_OF, {"authority": file.authority_id, "id": file.id, "n": n})
        if part is None:
            raise NotFound
        yield part
        sent, n = sent + len(part), n + 1
