"""What every page of enquiries does: show a template with the words, make a change, say what is wrong with it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response

from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, Notice, page, redirect
from services.placements.changes import queries as standing
from services.placements.changes.permissions import READ as SEE_CHANGES
from services.placements.enquiries import queries
from services.placements.enquiries.pages import disclosed, further, words
from services.placements.enquiries.permissions import ANSWER, HOLD, SEND, WRITE
from services.placements.enquiries.records import EnquiryRecord, Side
from services.placements.requests.pages.forms import attempt
from services.placements.requests.permissions import IDENTITY

ASKED: Final = "/placements/enquiries"
ANSWERS: Final = "/placements/to-answer"
ONE_ASKED: Final = f"{ASKED}/{{enquiry_id:uuid}}"
ONE_ANSWER: Final = f"{ANSWERS}/{{enquiry_id:uuid}}"

Http = Request[Any, Any, Any]


def path_of(side: Side, enquiry_id: UUID) -> str:
    """The address of an enquiry, as one of its sides reads it."""
    return f"{ASKED if side == 'placing' else ANSWERS}/{enquiry_id}"


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(
        request,
        f"placements/enquiries/{template}.html",
        status_code,
        say=words,
        shown=disclosed,
        path_of=path_of,
        **context,
    )


async def read(uow: Uow, principal: Principal, enquiry_id: UUID, side: Side) -> EnquiryRecord:
    """The enquiry as this side reads it, on the record of both. Raises NotFound."""
    return await queries.one(uow, enquiry_id, side, may_identify=principal.may(IDENTITY))


async def whole(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    side: Side,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    """An enquiry's own page for one of its sides."""
    record = await read(uow, principal, enquiry_id, side)
    return show(
        request,
        side,
        form=form,
        errors=list(errors),
        record=record,
        path=path_of(side, enquiry_id),
        profile=disclosed.profile(record.fuller or record.profile),
        further=further.links(record, principal),
        may_send=principal.may(SEND),
        may_answer=principal.may(ANSWER),
        may_hold=principal.may(HOLD),
        may_write=principal.may(WRITE) and not words.closed(record),
        may_identify=principal.may(IDENTITY),
        mine=record.assigned_to_id == principal.person_id,
        flags=await standing.of_enquiry(uow, enquiry_id) if principal.may(SEE_CHANGES) else [],
    )


async def changed(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    side: Side,
    *,
    change: Callable[[], Awaitable[object]],
    said: Notice,
) -> Response[Any]:
    """After a button was pressed: the enquiry's page, with what was done or what forbade it."""
    refused = await attempt(uow, change)
    if refused is None:
        return redirect(path_of(side, enquiry_id), said)
    return await whole(
        request, uow, principal, enquiry_id, side, errors=[FieldError("", one.message) for one in refused]
    )
