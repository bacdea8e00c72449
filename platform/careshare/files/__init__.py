"""Files: bytes in PostgreSQL, taken in as they come, cleaned of metadata, scanned, and sent out on the record.

    upload = await uploaded(request)
    ref = await receive(uow, upload.stream, upload.name, upload.declared_type, most_bytes=settings.uploads.most_bytes)
    await attach(uow, ref)        # in the transaction whose row points to (authority_id, file_id)
    return await download(uow, database, principal, ref)

A service owns the table that points to a file and decides who may have it; row security shows an authority its own
files, and other authorities' only where a policy of the disclosure gate opens them. A name is typed by whoever
uploads and may name a person: towards others use a title of your own (`download(…, name=…)`).
"""

from careshare.files.actions import attach, delete, receive
from careshare.files.downloading import download
from careshare.files.model import File, FileRef
from careshare.files.queries import describe, may_be_opened, open_stream
from careshare.files.uploading import MOST_IN_REQUEST, TAKES_FILE, Upload, fingerprint, limit_uploads, uploaded

__all__ = [
    "MOST_IN_REQUEST",
    "TAKES_FILE",
    "File",
    "FileRef",
    "Upload",
    "attach",
    "delete",
    "describe",
    "download",
    "fingerprint",
    "limit_uploads",
    "may_be_opened",
    "open_stream",
    "receive",
    "uploaded",
]
