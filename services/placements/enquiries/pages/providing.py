"""The providing side: what is to be answered, one enquiry, the thread."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import parse, read_form, redirect
from services.placements.enquiries import actions, queries
from services.placements.enquiries.model import Message
from services.placements.enquiries.pages.forms import ANSWERS, ONE_ANSWER, Http, path_of, show, whole
from services.placements.enquiries.pages.placing import WRITTEN
from services.placements.enquiries.permissions import READ, WRITE
from services.placements.requests.pages.forms import attempt


@get(ANSWERS, opt=needs(READ), include_in_schema=False)
async def to_answer(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    closed: FromQuery[bool] = False,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """What others ask of one's own homes, the soonest to be answered first."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "to answer page", {"closed": closed})
    stages = queries.CLOSED_STAGES if closed else queries.OPEN_STAGES
    begins = paging.after(after, tuple[datetime, UUID])
    found = await queries.listed(uow, "providing", stages=stages, after=begins, limit=DEFAULT_LIMIT + 1)
    rows = found[:DEFAULT_LIMIT]
    more = None
    if len(found) > DEFAULT_LIMIT:
        more = f"{ANSWERS}?closed={str(closed).lower()}&after={paging.cursor(rows[-1].respond_by, rows[-1].id)}"
    return show(request, "to_answer", rows=rows, more=more, closed=closed)


@get(ONE_ANSWER, opt=needs(READ), include_in_schema=False)
async def enquiry(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """One enquiry about one's own home: the profile, what may be done next, the thread."""
    return await whole(request, uow, principal, enquiry_id, "providing")


@post(f"{ONE_ANSWER}/messages", opt=needs(WRITE), include_in_schema=False)
async def write(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Write in the thread."""
    await queries.must_be(uow, enquiry_id, "providing")
    form = await read_form(request)
    value, errors = parse(form, Message)
    if value is not None:
        refused = await attempt(uow, lambda: actions.write(uow, enquiry_id, value))
        if refused is None:
            return redirect(f"{path_of('providing', enquiry_id)}#thread", WRITTEN)
        errors = list(refused)
    return await whole(request, uow, principal, enquiry_id, "providing", form=form, errors=errors)


handlers: Final = [to_answer, enquiry, write]
