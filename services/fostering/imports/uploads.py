"""The file in a request: the body itself, or one part of a form; and how the API's description says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)

from careshare.errors import FieldError, Invalid, Unsupported
from services.fostering.imports.read import FILE, MOST_BYTES, refused, too_large, unsupported
from services.fostering.imports.template import XLSX_TYPE

CSV: Final = "text/csv"
RAW: Final = frozenset({CSV, XLSX_TYPE, "application/octet-stream", "application/vnd.ms-excel"})
MOST_IN_REQUEST: Final = MOST_BYTES + 256 * 1024
"""A file and what a form puts around it."""

_BYTES: Final = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)


@dataclass
class UploadOperation(Operation):
    """Describes the body of an upload, which the handler reads itself."""

    def __post_init__(self) -> None:
        form = Schema(type=OpenAPIType.OBJECT, properties={FILE: _BYTES}, required=[FILE])
        media = {name: OpenAPIMediaType(schema=_BYTES) for name in (CSV, XLSX_TYPE)}
        self.request_body = RequestBody(
            description=f"The file, at most {MOST_BYTES // 1024**2} MB, as it is or as the part `{FILE}` of a form.",
            required=True,
            content={**media, RequestEncodingType.MULTI_PART: OpenAPIMediaType(schema=form)},
        )


@dataclass
class TemplateOperation(Operation):
    """Says of an answer that is CSV that it may be a spreadsheet too."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get("200")
        if isinstance(answer, OpenAPIResponse) and answer.content is not None:
            answer.content[XLSX_TYPE] = OpenAPIMediaType(schema=_BYTES)


def file_responses(description: str, media_type: str) -> Mapping[int, ResponseSpec]:
    """Describes an answer that is a file."""
    return {HTTPStatus.OK: ResponseSpec(bytes, media_type=media_type, description=description, generate_examples=False)}


async def uploaded(request: Request[Any, Any, Any]) -> tuple[bytes, str]:
    """The bytes of the file and its name, empty where the request gives none.

    Raises TooLarge before reading what is said to be too large, Unsupported, and Invalid.
    """
    kind, _ = request.content_type
    try:
        body = await request.body()
    except RequestEntityTooLarge:
        raise too_large() from None
    if kind in RAW:
        return body, ""
    if kind != RequestEncodingType.MULTI_PART:
        message = f"Send the file as {CSV}, as {XLSX_TYPE}, or as the part {FILE} of a form"
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
    if file.filename.lower().endswith((".pdf", ".doc", ".docx", ".zip", ".numbers")):
        raise unsupported(f"is a {file.filename.rpartition('.')[2].upper()} file")
    return await file.read(), file.filename
