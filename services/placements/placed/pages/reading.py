"""Reading placements: the list of each side, one whole, a confidential address, the agreement on paper."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare import audit
from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Conflict, FieldError
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import read_form, redirect
from services.placements.placed import agreement, matching, queries
from services.placements.placed.found import find
from services.placements.placed.pages.forms import (
    HOMES,
    MADE,
    ONE_IN_HOME,
    ONE_MADE,
    Http,
    list_of,
    path_of,
    read,
    show,
    side_of,
    whole,
)
from services.placements.placed.pages.paper import answer
from services.placements.placed.pages.words import OPENED_FOR
from services.placements.placed.permissions import READ, READ_NAMES
from services.placements.terms import charging

OPEN: Final = needs("confidential:read", step_up=True)


@get([MADE, HOMES], opt=needs(READ), include_in_schema=False)
async def listed(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    over: FromQuery[bool] = False,
    enquiry_id: FromQuery[UUID | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """The placements of one side, the first to begin first. Nobody's name is in it."""
    side = side_of(request)
    secret: str = request.app.state.settings.secret_key
    bound = {"side": side, "over": over, "enquiry": str(enquiry_id)}
    paging = Paging(secret, principal.authority_id, "placements made page", bound)
    stages = queries.OVER if over else queries.LIVE
    found = await queries.listed(
        uow,
        side,
        stages=(*queries.LIVE, *queries.OVER) if enquiry_id else stages,
        enquiry_id=enquiry_id,
        after=paging.after(after, tuple[date, UUID]),
        limit=DEFAULT_LIMIT + 1,
    )
    rows = found[:DEFAULT_LIMIT]
    filters = f"enquiry_id={enquiry_id}" if enquiry_id else f"over={str(over).lower()}"
    more = None
    if len(found) > DEFAULT_LIMIT:
        more = f"{list_of(side)}?{filters}&after={paging.cursor(rows[-1].starts, rows[-1].id)}"
    return show(request, "list", rows=rows, more=more, over=over, side=side, of_enquiry=enquiry_id)


@get([ONE_MADE, ONE_IN_HOME], opt=needs(READ), include_in_schema=False)
async def one(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[str]:
    """One placement: how it stands, who and where, plan and notices, what may be done next."""
    return await whole(request, uow, principal, placement_id, side_of(request))


@get(f"{ONE_MADE}/address", opt=OPEN, include_in_schema=False)
async def ask_address(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Why somebody who may see a confidential address needs it now."""
    record = await queries.one(uow, placement_id, "placing", may_name=True)
    if not record.home or not record.home.get("confidential"):
        return redirect(path_of("placing", placement_id))
    return await whole(request, uow, principal, placement_id, "placing", template="address", home=None)


@post(f"{ONE_MADE}/address", opt=OPEN, include_in_schema=False)
async def address(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[Any]:
    """Put the reason on the record of both sides, then show the address this once."""
    record = await queries.one(uow, placement_id, "placing", may_name=True, with_address=True)
    form = await read_form(request)
    reason = form.get("reason")
    if reason not in dict(OPENED_FOR) or record.home is None:
        errors = [FieldError("reason", "Select why you need the address")]
        return await whole(
            request, uow, principal, placement_id, "placing", template="address", form=form, errors=errors, home=None
        )
    await audit.record(uow, "placement.address_opened", subjects=[placement_id], purpose=reason)
    if record.other_id != principal.authority_id:
        await audit.record(
            uow,
            "placement.address_opened",
            subjects=[placement_id],
            owner_id=record.other_id,
            agreement_id=record.agreement_id,
            purpose=reason,
        )
    return await whole(request, uow, principal, placement_id, "placing", template="address", home=record.home)


@get([f"{ONE_MADE}/agreement.pdf", f"{ONE_IN_HOME}/agreement.pdf"], opt=needs(READ_NAMES), include_in_schema=False)
async def as_pdf(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[bytes]:
    """The individual placement agreement, while names are open. Raises Conflict after."""
    record = await read(uow, principal, placement_id, side_of(request))
    if record.child is None or record.home is None:
        raise Conflict("Who the child and the carers are is no longer open, so there is no agreement to print.")
    made = agreement.printed(
        record,
        ours=principal.authority_name,
        consents=await queries.consents(uow, record.enquiry_id),
        weekly=await queries.weekly(uow, placement_id),
        shared_under=await queries.agreement_title(uow, placement_id),
        price=await charging.agreed(uow, await find(uow, placement_id)),
    )
    return await answer(made, "placement-agreement")


@get(
    [f"{ONE_MADE}/matching-record.pdf", f"{ONE_IN_HOME}/matching-record.pdf"],
    opt=needs(READ_NAMES),
    include_in_schema=False,
)
async def matching_record(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], placement_id: FromPath[UUID]
) -> Response[bytes]:
    """The matching record; who people are as far as that is open now."""
    record = await read(uow, principal, placement_id, side_of(request))
    return await answer(await matching.printed(uow, record, ours=principal.authority_name), "matching-record")


handlers: Final = [listed, one, ask_address, address, as_pdf, matching_record]
