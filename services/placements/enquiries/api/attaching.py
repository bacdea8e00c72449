"""Files beside an enquiry: sending one, which there are, and the bytes of what is open to this side now."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
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
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from careshare.access import needs
from careshare.database import Database, Uow
from careshare.errors import Invalid
from careshare.files import MOST_IN_REQUEST, TAKES_FILE, describe, download, fingerprint, uploaded
from careshare.files.rules import types
from careshare.http import once, problems
from careshare.http.parameters import Http, IdempotencyKey
from careshare.identity import Principal
from careshare.settings import MOST_MEGABYTES
from careshare.web import parse, read_form
from careshare.web.forms import Form
from services.placements.enquiries import actions, queries
from services.placements.enquiries.actions.attach import opened
from services.placements.enquiries.api.asking import ENQUIRY, TAGS
from services.placements.enquiries.model import Attach
from services.placements.enquiries.permissions import READ, WRITE
from services.placements.enquiries.records import Attached
from services.placements.requests.permissions import IDENTITY
from services.placements.routes import created

ROOT: Final = "/api/v1/enquiry-attachments"
ATTACHMENT: Final = "/enquiry-attachments/{attachment_id:uuid}"
ABOUT: Final = ("title", "level")

_BYTES: Final = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)


@dataclass
class SendsFile(Operation):
    """Describes the body of an upload, which the handler reads itself."""

    def __post_init__(self) -> None:
        form = Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "file": _BYTES,
                "title": Schema(type=OpenAPIType.STRING, min_length=1, max_length=80),
                "level": Schema(type=OpenAPIType.STRING, enum=["3", "4"]),
            },
            required=["file", "title"],
        )
        self.request_body = RequestBody(
            description=(
                "The file as it is, with `title` and `level` in the address, or all three as parts of a form. The "
                f"installation says how large it may be: at most {MOST_MEGABYTES} MB, 20 MB unless it was changed."
            ),
            required=True,
            content={
                RequestEncodingType.MULTI_PART: OpenAPIMediaType(schema=form),
                "application/octet-stream": OpenAPIMediaType(schema=_BYTES),
            },
        )


@dataclass
class GivesFile(Operation):
    """Describes an answer that is a file of any type that is taken."""

    def __post_init__(self) -> None:
        answer = (self.responses or {}).get(str(HTTPStatus.OK.value))
        if isinstance(answer, OpenAPIResponse):
            media = (kind.media_type.partition(";")[0] for kind in types().values())
            answer.content = {name: OpenAPIMediaType(schema=_BYTES) for name in media}


class AttachmentList(msgspec.Struct, frozen=True):
    """The files beside an enquiry that this side may see now, the oldest first."""

    items: list[Attached]


@post(
    f"{ENQUIRY}/attachments",
    opt={**needs(WRITE), **TAKES_FILE},
    operation_id="sendEnquiryAttachment",
    operation_class=SendsFile,
    summary="Put a file beside an enquiry",
    description=(
        "Once it is accepted; with names in it (level 4) once it is matched. What a file is, its content says; it is "
        "scanned and cleaned of metadata by a job: read it until its state is `clean`."
    ),
    tags=TAGS,
    request_max_body_size=MOST_IN_REQUEST,
    responses={**created(Attached, "The file"), **problems(404, 409, 413, 415, 422)},
)
async def send_enquiry_attachment(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    enquiry_id: FromPath[UUID],
    title: Annotated[str, QueryParameter(max_length=80, description="Where the body is the file: what it is.")] = "",
    level: FromQuery[Literal[3, 4]] = 3,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    await queries.must_be(uow, enquiry_id, None)
    most: int = request.app.state.settings.uploads.most_bytes
    given = await _about(request, title, level)

    async def make() -> tuple[Attached, str]:
        file = await uploaded(request)
        made = await actions.add_attachment(uow, enquiry_id, given, file, most_bytes=most)
        return await queries.attachment(uow, made, may_identify=True), f"{ROOT}/{made}"

    said = None if idempotency_key is None else await fingerprint(request)
    return await once(request, uow, idempotency_key, make, said=said)


async def _about(request: Http, title: str, level: Literal[3, 4]) -> Attach:
    """What is said of the file: in the form, or in the address where the body is the file. Raises Invalid."""
    form = Form({"title": [title], "level": [str(level)]})
    if request.content_type[0] == RequestEncodingType.MULTI_PART:
        sent = await read_form(request)
        form = Form({name: sent.all(name) for name in ABOUT if sent.all(name)})
    value, errors = parse(form, Attach)
    if value is None:
        raise Invalid(errors[0].message, errors=errors)
    return value


@get(
    f"{ENQUIRY}/attachments",
    opt=needs(READ),
    operation_id="listEnquiryAttachments",
    summary="List the files beside an enquiry",
    description="One's own, and the other side's while they are open. Names need the permission for them.",
    tags=TAGS,
    responses=problems(404),
)
async def list_enquiry_attachments(
    *, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> AttachmentList:
    return AttachmentList(await queries.attachments(uow, enquiry_id, may_identify=principal.may(IDENTITY)))


@get(
    ATTACHMENT,
    opt=needs(READ),
    operation_id="getEnquiryAttachment",
    summary="Read how a file beside an enquiry stands",
    description="404 once it is closed to this side.",
    tags=TAGS,
    responses=problems(404),
)
async def get_enquiry_attachment(
    *, uow: NamedDependency[Uow], principal: NamedDependency[Principal], attachment_id: FromPath[UUID]
) -> Attached:
    return await queries.attachment(uow, attachment_id, may_identify=principal.may(IDENTITY))


@get(
    f"{ATTACHMENT}/content",
    opt=needs(READ),
    operation_id="getEnquiryAttachmentContent",
    operation_class=GivesFile,
    summary="Fetch a file beside an enquiry",
    description=(
        "Its bytes, to be saved under its title, never shown in a browser. Each reading is on the record of both "
        "authorities. 404 once it is closed to this side; 409 while it is checked, and for good where it was refused."
    ),
    tags=TAGS,
    responses={
        HTTPStatus.OK: ResponseSpec(bytes, description="The file", generate_examples=False),
        **problems(404, 409),
    },
)
async def get_enquiry_attachment_content(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    attachment_id: FromPath[UUID],
) -> Stream:
    ref, title = await opened(uow, attachment_id, may_identify=principal.may(IDENTITY))
    database: Database = request.app.state.database
    file = await describe(uow, ref)
    return await download(uow, database, principal, ref, name=f"{title}.{types()[file.type].extension}")


handlers: Final = [
    send_enquiry_attachment, list_enquiry_attachments, get_enquiry_attachment, get_enquiry_attachment_content,
]  # fmt: skip
