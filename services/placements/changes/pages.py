"""The pages of changes: what stands, one flag with the form that clears it, and recording a change of plan."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import Form, notice, page, parse, read_form, redirect
from services.placements.changes import actions, queries, words
from services.placements.changes.model import Clear, PlanChange
from services.placements.changes.permissions import CLEAR, READ, RECORD
from services.placements.changes.words import FLAGS
from services.placements.placed.found import find
from services.placements.requests import queries as requests
from services.placements.requests.pages.forms import REQUEST, attempt

ONE: Final = f"{FLAGS}/{{flag_id:uuid}}"
MADE: Final = "/placements/made/{placement_id:uuid}"
CLEARED = notice("changes.cleared", "It is recorded that this was looked at")
RECORDED = notice("changes.recorded", "The change is recorded, and everybody it is for is told")

Http = Request[Any, Any, Any]


def show(request: Http, template: str, status_code: int | None = None, **context: Any) -> Response[str]:
    """The page made of one of this room's templates."""
    return page(request, f"placements/changes/{template}.html", status_code, told=words, **context)


@get(FLAGS, opt=needs(READ), include_in_schema=False)
async def listed(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    cleared: FromQuery[bool] = False,
    everybody: FromQuery[bool] = False,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """What changed and is meant for one's roles, the soonest to be looked at first; everybody's; what was cleared."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "flags page", {"cleared": cleared, "everybody": everybody})
    found = await queries.listed(
        uow,
        show="cleared" if cleared else "open",
        roles=None if everybody or cleared else principal.roles,
        after=paging.after(after, tuple[datetime, UUID]),
        limit=DEFAULT_LIMIT + 1,
    )
    rows = found[:DEFAULT_LIMIT]
    more = None
    if len(found) > DEFAULT_LIMIT:
        filters = f"cleared={str(cleared).lower()}&everybody={str(everybody).lower()}"
        more = f"{FLAGS}?{filters}&after={paging.cursor(queries.moment(rows[-1]), rows[-1].id)}"
    return show(request, "list", rows=rows, more=more, cleared=cleared, everybody=everybody, now=datetime.now(UTC))


@get(ONE, opt=needs(READ), include_in_schema=False)
async def one(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], flag_id: FromPath[UUID]
) -> Response[str]:
    """What changed, about what, what to do about it; how it was cleared, or the form that clears it."""
    return await _one(request, uow, principal, flag_id)


async def _one(
    request: Http,
    uow: Uow,
    principal: Principal,
    flag_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await queries.one(uow, flag_id)
    return show(
        request,
        "flag",
        form=form,
        errors=list(errors),
        record=record,
        may_clear=principal.may(CLEAR) and record.cleared_at is None,
    )


@post(f"{ONE}/clear", opt=needs(CLEAR), include_in_schema=False)
async def clear(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], flag_id: FromPath[UUID]
) -> Response[Any]:
    """Say that it was looked at, with the reason."""
    await queries.one(uow, flag_id)
    form = await read_form(request)
    value, errors = parse(form, Clear)
    if value is not None:
        refused = await attempt(uow, lambda: actions.clear(uow, flag_id, value))
        if refused is None:
            return redirect(FLAGS, CLEARED)
        errors = list(refused)
    return await _one(request, uow, principal, flag_id, form=form, errors=errors)


@get(f"{REQUEST}/plan-change", opt=needs(RECORD), include_in_schema=False)
async def ask_for_request(
    request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]
) -> Response[str]:
    """What changed about the plan of a request's children."""
    return await _for_request(request, uow, placement_request_id)


async def _for_request(
    request: Http, uow: Uow, request_id: UUID, *, form: Form | None = None, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await requests.whole(uow, request_id)
    children = [(str(one.id), f"Child {one.position}, aged {one.age}") for one in record.children]
    back = f"/placements/requests/{request_id}"
    return show(
        request,
        "plan",
        form=form,
        errors=list(errors),
        caption=f"Request {record.number}",
        children=children if len(children) > 1 else [],
        back=back,
    )


@post(f"{REQUEST}/plan-change", opt=needs(RECORD), include_in_schema=False)
async def record_for_request(
    request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]
) -> Response[Any]:
    """Record it: everything that is asked or placed for these children is flagged."""
    await requests.whole(uow, placement_request_id)
    form, errors = await _recorded(
        request, uow, lambda given: actions.record_for_request(uow, placement_request_id, given)
    )
    if errors is None:
        return redirect(f"/placements/requests/{placement_request_id}", RECORDED)
    return await _for_request(request, uow, placement_request_id, form=form, errors=errors)


@get(f"{MADE}/plan-change", opt=needs(RECORD), include_in_schema=False)
async def ask_for_placement(request: Http, uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> Response[str]:
    """What changed about the plan of a placed child."""
    return await _for_placement(request, uow, placement_id)


async def _for_placement(
    request: Http, uow: Uow, placement_id: UUID, *, form: Form | None = None, errors: Sequence[FieldError] = ()
) -> Response[str]:
    placed = await find(uow, placement_id, "placing")
    back = f"/placements/made/{placed.id}"
    return show(request, "plan", form=form, errors=list(errors), caption="A placement", children=[], back=back)


@post(f"{MADE}/plan-change", opt=needs(RECORD), include_in_schema=False)
async def record_for_placement(request: Http, uow: NamedDependency[Uow], placement_id: FromPath[UUID]) -> Response[Any]:
    """Record it: everything that is asked or placed for this child is flagged."""
    await find(uow, placement_id, "placing")
    form, errors = await _recorded(request, uow, lambda given: actions.record_for_placement(uow, placement_id, given))
    if errors is None:
        return redirect(f"/placements/made/{placement_id}", RECORDED)
    return await _for_placement(request, uow, placement_id, form=form, errors=errors)


async def _recorded(
    request: Http, uow: Uow, change: Callable[[PlanChange], Awaitable[object]]
) -> tuple[Form, Sequence[FieldError] | None]:
    form = await read_form(request)
    value, errors = parse(form, PlanChange)
    if value is None:
        return form, errors
    return form, await attempt(uow, lambda: change(value))


router = Router(
    "/",
    route_handlers=[
        *(listed, one, clear, ask_for_request, record_for_request, ask_for_placement, record_for_placement),
    ],
)
