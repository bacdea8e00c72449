"""The file in a request: the body itself, or one part of a form."""

from typing import Any, Final

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from careshare.errors import FieldError, Invalid, TooLarge, Unsupported
from services.residential.ofsted.read import FILE, MOST_BYTES, refused

RAW: Final = frozenset({"text/csv", "application/octet-stream", "application/vnd.ms-excel"})
MOST_IN_REQUEST: Final = MOST_BYTES + 256 * 1024
"""A file and what a form puts around it."""


async def uploaded(request: Request[Any, Any, Any]) -> tuple[bytes, str]:
    """The bytes of the file and its name, empty where the request gives none. Raises TooLarge, Unsupported, Invalid."""
    kind, _ = request.content_type
    try:
        body = await request.body()
    except RequestEntityTooLarge:
        message = f"The file must be {MOST_BYTES // 1024**2} MB or less"
        raise TooLarge(message, errors=[FieldError(FILE, message)]) from None
    if kind in RAW:
        return body, ""
    if kind != RequestEncodingType.MULTI_PART:
        message = f"Send the file as text/csv, or as the part {FILE} of a form"
        raise Unsupported(message, errors=[FieldError("Content-Type", message)])
    try:
        form = await request.form()
    except (ClientException, UnicodeError, LookupError):
        raise Invalid("The form could not be read.", errors=[FieldError(FILE, "Send a file")]) from None
    return await chosen(form.get(FILE))


async def chosen(file: object) -> tuple[bytes, str]:
    """The bytes and the name of a file from a form. Raises Invalid where none was chosen."""
    if not isinstance(file, UploadFile) or not file.filename:
        raise refused("Choose a file")
    return await file.read(), file.filename
