"""Sending a file to a browser: on the record before the first byte, saved and never shown there, in no cache."""

from collections.abc import AsyncGenerator
from typing import Final

from litestar.response import Stream
from sqlalchemy import text

from careshare import audit
from careshare.database import Acting, Database, Uow
from careshare.files.model import File, FileRef
from careshare.files.queries import may_be_opened, open_stream
from careshare.files.rules import attachment, types
from careshare.identity import Principal

READ_ONLY = text("set transaction read only")
SANDBOX: Final = "default-src 'none'; sandbox"
"""Should a browser show it after all, it runs nothing, sends nothing and belongs to no site."""


async def download(
    uow: Uow, database: Database, principal: Principal, ref: FileRef, *, name: str | None = None
) -> Stream:
    """The answer of a route that sends a file. `name` is what it is saved under, where its own may not be shown.

    Whether this caller may have it is the route's to decide before. Raises NotFound, or Conflict where it may not be
    opened, yet or at all. The route's unit of work commits what was recorded here before the stream begins.
    """
    file = await may_be_opened(uow, ref, unscanned=database.settings.uploads.open_unscanned)
    after = {"state": file.state, "sha256": file.sha256}
    await audit.record(uow, "file.opened", subjects=[file.id], owner_id=file.authority_id, criteria=after)
    headers = {
        "Content-Disposition": attachment(name or file.name),
        "Content-Length": str(file.size),
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Stream(_sent(database, principal.acting, file), media_type=types()[file.type].media_type, headers=headers)


async def _sent(database: Database, acting: Acting, file: File) -> AsyncGenerator[bytes, None]:
    """The bytes in a unit of work of their own, and on the record whether all of them went out."""
    whole = False
    try:
        async with database.session(acting) as uow, uow.begin():
            await uow.execute(READ_ONLY)
            async for part in open_stream(uow, file):
                yield part
        whole = True
    finally:
        async with database.bound(acting) as uow:
            criteria = {"complete": whole}
            await audit.record(uow, "file.sent", subjects=[file.id], owner_id=file.authority_id, criteria=criteria)
