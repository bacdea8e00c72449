"""A file in a request: one part of a form, or the body itself; and the limit that holds before it is read."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType, ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from careshare.errors import FieldError, Invalid
from careshare.files.actions import FIELD, too_large
from careshare.settings import MOST_MEGABYTES, Settings
from careshare.web.forms import close_files, read_form

AROUND: Final = 256 * 1024
"""Bytes that a form puts around a file."""
MOST_IN_REQUEST: Final = MOST_MEGABYTES * 1024 * 1024 + AROUND
"""For `request_max_body_size` of a route that takes a file; `limit_uploads` lowers it to what the settings say."""
TAKES_FILE: Final = {"takes_file": True}
"""Options of a route that takes a file: `opt={**needs("…"), **TAKES_FILE}`."""
CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody sends: `async for` over `stream` reads it; `name` and `declared_type` are only said."""

    stream: AsyncIterator[bytes]
    name: str
    declared_type: str


async def uploaded(request: Request[Any, Any, Any], field: str = FIELD) -> Upload:
    """The file in the part `field` of a form, or the body of a request that is none. Nothing of a body is read yet.

    Raises Invalid where a form has no such file, and what `read_form` raises.
    """
    kind, _ = request.content_type
    if kind != RequestEncodingType.MULTI_PART:
        return Upload(request.stream(), "", kind)
    file = (await read_form(request)).file(field)
    if file is None or not file.filename:
        raise Invalid("There is a problem with the file.", errors=[FieldError(field, "Select a file")])
    return Upload(_read(file), file.filename, file.content_type)


async def fingerprint(request: Request[Any, Any, Any]) -> bytes | None:
    """What a form with files says, for telling whether it was sent before; None for a body that is none.

    The bytes of such a form differ each time it is sent, by the boundary between its parts. Raises what `read_form`
    raises.
    """
    if request.content_type[0] != RequestEncodingType.MULTI_PART:
        return None
    form = await read_form(request)
    digest = hashlib.sha256()
    for name in sorted(form.names()):
        digest.update(repr((name, form.all(name))).encode())
        file = form.file(name)
        if file is None:
            continue
        digest.update(repr((file.filename, file.content_type)).encode())
        async for chunk in _read(file):
            digest.update(chunk)
        await file.seek(0)
    return digest.digest()


async def _read(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(CHUNK):
        yield chunk


def limit_uploads(settings: Settings) -> Any:
    """Middleware that stops a request with too large a file: by what it announces, or as soon as it has sent more."""
    most = settings.uploads.most_bytes

    def wrap(app: ASGIApp) -> ASGIApp:
        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP or not scope["route_handler"].opt.get("takes_file"):
                await app(scope, receive, send)
                return
            announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
            if announced.isdigit() and int(announced) > most + AROUND:
                raise too_large(most)
            came = 0

            async def counted() -> HTTPReceiveMessage:
                nonlocal came
                message: Any = await receive()
                came += len(message.get("body", b""))
                if came > most + AROUND:
                    raise too_large(most)
                return message  # type: ignore[no-any-return]  # whatever the server sent

            try:
                await app(scope, counted, send)
            finally:
                await close_files(scope)

        return limited

    return wrap
