"""Files beside an enquiry: sending one to the other side, and opening what is open."""

from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from careshare.access import needs
from careshare.database import Database, Uow
from careshare.errors import TooLarge, Unsupported
from careshare.files import MOST_IN_REQUEST, TAKES_FILE, describe, download, uploaded
from careshare.files.rules import types
from careshare.identity import Principal
from careshare.web import notice, parse, read_form, redirect
from careshare.web.forms import Form
from services.placements.enquiries import actions, queries
from services.placements.enquiries.actions.attach import opened
from services.placements.enquiries.model import Attach
from services.placements.enquiries.pages.forms import ONE_ANSWER, ONE_ASKED, Http, path_of, whole
from services.placements.enquiries.permissions import READ, WRITE
from services.placements.enquiries.records import Side
from services.placements.requests.pages.forms import attempt
from services.placements.requests.permissions import IDENTITY

ONE: Final = "/placements/attachments/{attachment_id:uuid}"
SENT = notice("enquiries.attached", "The file is taken in. It can be opened once it has been checked")


async def _send(request: Http, uow: Uow, principal: Principal, enquiry_id: UUID, side: Side) -> Response[Any]:
    await queries.must_be(uow, enquiry_id, side)
    form = await read_form(request)
    value, errors = parse(Form({name: form.all(name) for name in ("title", "level") if form.all(name)}), Attach)
    if value is not None:
        most: int = request.app.state.settings.uploads.most_bytes

        async def take() -> None:
            await actions.add_attachment(uow, enquiry_id, value, await uploaded(request), most_bytes=most)

        try:
            refused = await attempt(uow, take)
        except (TooLarge, Unsupported) as error:
            await uow.rollback()
            refused = list(error.errors)
        if refused is None:
            return redirect(f"{path_of(side, enquiry_id)}#files", SENT)
        errors = list(refused)
    return await whole(request, uow, principal, enquiry_id, side, form=form, errors=errors)


@post(
    f"{ONE_ASKED}/attachments",
    opt={**needs(WRITE), **TAKES_FILE},
    include_in_schema=False,
    request_max_body_size=MOST_IN_REQUEST,
)
async def send_asked(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Send a file to whoever is asked."""
    return await _send(request, uow, principal, enquiry_id, "placing")


@post(
    f"{ONE_ANSWER}/attachments",
    opt={**needs(WRITE), **TAKES_FILE},
    include_in_schema=False,
    request_max_body_size=MOST_IN_REQUEST,
)
async def send_answer(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Send a file to whoever asks."""
    return await _send(request, uow, principal, enquiry_id, "providing")


@get(ONE, opt=needs(READ), include_in_schema=False)
async def fetch(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], attachment_id: FromPath[UUID]
) -> Stream:
    """Save a file that is open to this side now, under its title."""
    ref, title = await opened(uow, attachment_id, may_identify=principal.may(IDENTITY))
    database: Database = request.app.state.database
    file = await describe(uow, ref)
    return await download(uow, database, principal, ref, name=f"{title}.{types()[file.type].extension}")


handlers: Final = [send_asked, send_answer, fetch]
