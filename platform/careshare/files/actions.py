"""What a person does with a file: uploads it, attaches it to a record, deletes it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from careshare import audit, jobs
from careshare.database import Uow
from careshare.errors import FieldError, Invalid, NotFound, TooLarge, Unsupported
from careshare.files.detecting import describe as seems
from careshare.files.detecting import detect, is_archive
from careshare.files.model import FileRef
from careshare.files.rules import HEAD, PART, in_megabytes, safe_name, taken, types

LOOK: Final = "files.look"
FIELD: Final = "file"

NEW_ID = text("select uuidv7()")
ADD_PART = text("""
    insert into files.part (authority_id, file_id, n, bytes) values (careshare.authority(), :file, :n, :bytes)
""")
ADD = text("""
    insert into files.file (authority_id, id, name, type, declared_type, size, sha256, received_size, received_sha256)
    values (careshare.authority(), :id, :name, :type, :declared, :size, :hash, :size, :hash)
    returning authority_id, id
""")
ATTACH = text("""
    update files.file set attached_at = coalesce(attached_at, clock_timestamp())
    where authority_id = (select careshare.authority()) and id = :id and state <> 'refused' returning id
""")
DELETE = text("""
    delete from files.file where authority_id = (select careshare.authority()) and id = any(cast(:ids as uuid[]))
    returning id
""")


class Looking(msgspec.Struct, frozen=True):
    """The payload of the job that cleans and scans a file."""

    file_id: UUID


async def receive(
    uow: Uow, stream: AsyncIterator[bytes], name: str, declared_type: str, *, most_bytes: int, field: str = FIELD
) -> FileRef:
    """Take a file in as it comes, a row of 1 MB at a time, and have it cleaned and scanned once this is committed.

    `most_bytes` is the settings' (`settings.uploads.most_bytes`); the stream is left as soon as it has brought more.
    What is not on the list of types, by its content, is refused whatever it is called. Raises TooLarge, Unsupported,
    or Invalid where nothing came; then nothing of it may be committed. A stream that breaks off raises its own error.
    """
    file_id: UUID = (await uow.execute(NEW_ID)).scalar_one()
    digest, size, n = hashlib.sha256(), 0, 0
    kind: str | None = None
    looked = False
    whole: list[bytes] = []
    waiting = bytearray()
    async for chunk in stream:
        size += len(chunk)
        if size > most_bytes:
            raise too_large(most_bytes, field)
        digest.update(chunk)
        waiting += chunk
        if not looked and len(waiting) >= HEAD:
            kind, looked = _begins(bytes(waiting[:HEAD]), field), True
        while len(waiting) >= PART:
            n = await _add_part(uow, file_id, n, waiting, whole, keep=kind is None)
    if not size:
        raise Invalid("There is a problem with the file.", errors=[FieldError(field, "The selected file is empty")])
    if not looked:
        kind = _begins(bytes(waiting), field)
    while waiting:
        n = await _add_part(uow, file_id, n, waiting, whole, keep=kind is None)
    if kind is None:  # an archive: the list of what is in it stands at its end
        kind = await asyncio.to_thread(detect, b"".join(whole))
        if kind is None:
            raise _unsupported(whole[0], field)
    values = {"id": file_id, "type": kind, "declared": declared_type[:100], "size": size, "hash": digest.digest()}
    found = (await uow.execute(ADD, {**values, "name": safe_name(name, types()[kind])})).one()
    after = {"type": kind, "size": size, "sha256": digest.hexdigest()}
    await audit.record(uow, "file.added", subjects=[file_id], after=after)
    await jobs.enqueue(uow, LOOK, Looking(file_id), key=str(file_id))
    return FileRef(found.authority_id, found.id)


def _begins(head: bytes, field: str) -> str | None:
    """The type by the first bytes; None for an archive, which must be known whole. Raises Unsupported."""
    if is_archive(head):
        return None
    kind = detect(head)
    if kind is None:
        raise _unsupported(head, field)
    return kind


async def _add_part(uow: Uow, file_id: UUID, n: int, waiting: bytearray, whole: list[bytes], *, keep: bool) -> int:
    part = bytes(waiting[:PART])
    del waiting[:PART]
    if keep:
        whole.append(part)
    await uow.execute(ADD_PART, {"file": file_id, "n": n, "bytes": part})
    return n + 1


def too_large(most_bytes: int, field: str = FIELD) -> TooLarge:
    """The refusal of a file that is too large."""
    message = f"The selected file must be smaller than {in_megabytes(most_bytes)}"
    return TooLarge(f"{message}.", errors=[FieldError(field, message)])


def _unsupported(head: bytes, field: str) -> Unsupported:
    message = f"The selected file must be {taken()}, and it seems to be {seems(head)}"
    return Unsupported(f"{message}.", errors=[FieldError(field, message)])


async def attach(uow: Uow, ref: FileRef) -> None:
    """Say that a record points to one's own file from now on, so that it stays as long as the record does.

    Call it in the transaction that points to it. Raises NotFound where it is not there, not one's own, or refused.
    """
    if await uow.scalar(ATTACH, {"id": ref.id}) is None:
        raise NotFound


async def delete(uow: Uow, ref: FileRef) -> None:
    """Delete one's own file with its bytes. Raises NotFound."""
    if not (await uow.execute(DELETE, {"ids": [ref.id]})).scalars().all():
        raise NotFound
    await audit.record(uow, "file.deleted", subjects=[ref.id])
