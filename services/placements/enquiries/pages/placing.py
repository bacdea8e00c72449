"""The placing side: what was asked and what they said, one enquiry, withdrawing, an answer by telephone, holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import Form, notice, parse, read_form, redirect
from services.placements.enquiries import actions, outside, queries
from services.placements.enquiries.model import ByTelephone, Message, Withdraw
from services.placements.enquiries.pages import withdrawing
from services.placements.enquiries.pages.forms import (
    ASKED,
    ONE_ASKED,
    Http,
    changed,
    path_of,
    read,
    show,
    whole,
)
from services.placements.enquiries.permissions import READ, SEND, WRITE
from services.placements.enquiries.records import OutsideRow
from services.placements.requests.pages.forms import attempt

WITHDRAWN = notice("enquiries.withdrawn", "The home is no longer asked")
TOLD = notice("enquiries.told", "The answer is recorded. The other side is asked to confirm it")
WRITTEN = notice("enquiries.written", "Your message is sent")
LAPSED = notice("enquiries.lapsed", "The enquiry is closed as not answered")
HOLDS: Final = {
    "ask": notice("enquiries.hold_asked", "The owner is asked to keep the place"),
    "take": notice("enquiries.hold_taken", "The place is kept for you"),
    "release": notice("enquiries.hold_released", "The place is let go"),
}


@get(ASKED, opt=needs(READ), include_in_schema=False)
async def asked(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    closed: FromQuery[bool] = False,
    request_id: FromQuery[UUID | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """Everybody who was asked and what they said, the soonest to be answered first; or of one request, all."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "enquiries page", {"closed": closed, "request": str(request_id)})
    stages = queries.CLOSED_STAGES if closed else queries.OPEN_STAGES
    found = await queries.listed(
        uow,
        "placing",
        stages=queries.ALL_STAGES if request_id else stages,
        request_id=request_id,
        after=paging.after(after, tuple[datetime, UUID]),
        limit=DEFAULT_LIMIT + 1,
    )
    rows = found[:DEFAULT_LIMIT]
    filters = f"request_id={request_id}" if request_id else f"closed={str(closed).lower()}"
    more = None
    if len(found) > DEFAULT_LIMIT:
        more = f"{ASKED}?{filters}&after={paging.cursor(rows[-1].respond_by, rows[-1].id)}"
    first = after is None
    others = await _outside(uow, request_id, closed=closed) if first else []
    waiting = [one for one in rows if one.stage in withdrawing.MAY_BE_WITHDRAWN]
    return show(
        request,
        "asked",
        rows=rows,
        outside=others,
        more=more,
        closed=closed,
        of_request=request_id,
        may_withdraw=bool(waiting) or any(withdrawing.stands(one) for one in others),
    )


async def _outside(uow: Uow, request_id: UUID | None, *, closed: bool) -> list[OutsideRow]:
    """Those outside that belong to the same list."""
    if request_id is not None:
        return await outside.of_request(uow, request_id)
    return await outside.listed(uow, "over" if closed else "standing")


@get(ONE_ASKED, opt=needs(READ), include_in_schema=False)
async def enquiry(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """One enquiry: how it stands, what may be done next, what is open, the thread."""
    return await whole(request, uow, principal, enquiry_id, "placing")


@post(f"{ONE_ASKED}/messages", opt=needs(WRITE), include_in_schema=False)
async def write(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Write in the thread."""
    await queries.must_be(uow, enquiry_id, "placing")
    form = await read_form(request)
    value, errors = parse(form, Message)
    if value is not None:
        refused = await attempt(uow, lambda: actions.write(uow, enquiry_id, value))
        if refused is None:
            return redirect(f"{path_of('placing', enquiry_id)}#thread", WRITTEN)
        errors = list(refused)
    return await whole(request, uow, principal, enquiry_id, "placing", form=form, errors=errors)


@get(f"{ONE_ASKED}/withdraw", opt=needs(SEND), include_in_schema=False)
async def ask_withdraw(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Why the home is no longer asked."""
    return await _withdraw(request, uow, principal, enquiry_id)


async def _withdraw(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await read(uow, principal, enquiry_id, "placing")
    return show(request, "withdraw", form=form, errors=list(errors), record=record, path=path_of("placing", enquiry_id))


@post(f"{ONE_ASKED}/withdraw", opt=needs(SEND), include_in_schema=False)
async def withdraw(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Ask the home no longer."""
    form = await read_form(request)
    value, errors = parse(form, Withdraw)
    if value is not None:
        refused = await attempt(uow, lambda: actions.withdraw(uow, enquiry_id, value))
        if refused is None:
            return redirect(path_of("placing", enquiry_id), WITHDRAWN)
        errors = list(refused)
    return await _withdraw(request, uow, principal, enquiry_id, form=form, errors=errors)


@get(f"{ONE_ASKED}/telephone", opt=needs(SEND), include_in_schema=False)
async def ask_telephone(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """What they said on the telephone."""
    return await _telephone(request, uow, principal, enquiry_id)


async def _telephone(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await read(uow, principal, enquiry_id, "placing")
    return show(
        request, "telephone", form=form, errors=list(errors), record=record, path=path_of("placing", enquiry_id)
    )


@post(f"{ONE_ASKED}/telephone", opt=needs(SEND), include_in_schema=False)
async def telephone(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Record an answer that was taken on the telephone."""
    form = await read_form(request)
    value, errors = parse(form, ByTelephone)
    if value is not None:
        refused = await attempt(uow, lambda: actions.by_telephone(uow, enquiry_id, value))
        if refused is None:
            return redirect(path_of("placing", enquiry_id), TOLD)
        errors = list(refused)
    return await _telephone(request, uow, principal, enquiry_id, form=form, errors=errors)


@post(f"{ONE_ASKED}/hold", opt=needs(SEND), include_in_schema=False)
async def hold(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Ask for a hold, take one, or let it go."""
    await queries.must_be(uow, enquiry_id, "placing")
    step = (await read_form(request)).get("step")
    if step not in HOLDS:
        wrong = [FieldError("", "Choose what to do about the place")]
        return await whole(request, uow, principal, enquiry_id, "placing", errors=wrong)

    async def change() -> None:
        await actions.hold(uow, enquiry_id, step)

    return await changed(request, uow, principal, enquiry_id, "placing", change=change, said=HOLDS[step])


@post(f"{ONE_ASKED}/lapse", opt=needs(SEND), include_in_schema=False)
async def lapse(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Close an enquiry that nobody answered in time."""
    await queries.must_be(uow, enquiry_id, "placing")

    async def change() -> None:
        await actions.lapse(uow, enquiry_id)

    return await changed(request, uow, principal, enquiry_id, "placing", change=change, said=LAPSED)


handlers: Final = [
    *(asked, enquiry, write, ask_withdraw, withdraw, ask_telephone, telephone, hold, lapse),
]
