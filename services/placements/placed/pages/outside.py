"""The pages of placements outside Careshare: list, costs, one of them, its forms, its agreement on paper."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import Form, Notice, notice, parse, read_form, redirect
from services.placements.changes import queries as standing
from services.placements.changes.permissions import READ as SEE_CHANGES
from services.placements.changes.permissions import RECORD as RECORD_CHANGE
from services.placements.enquiries import outside as enquiries
from services.placements.enquiries.pages.outside import ONE as ASKED
from services.placements.placed import model
from services.placements.placed.outside import actions, paper, queries
from services.placements.placed.outside.model import Approve, NewOutside, OutsideStep, Price
from services.placements.placed.pages.forms import REFUSED, Http, in_form, show
from services.placements.placed.pages.paper import answer
from services.placements.placed.permissions import APPROVE, COST, READ, READ_NAMES, READY
from services.placements.queries import today
from services.placements.requests import queries as requests
from services.placements.requests.pages import words as of_requests
from services.placements.requests.pages.forms import attempt
from services.placements.requests.records import ChildRecord
from tenants.recharges.rules import month_of
from tenants.recharges.words import month

LIST: Final = "/placements/outside"
COSTS: Final = "/placements/outside-costs"
ONE: Final = f"{LIST}/{{outside_placement_id:uuid}}"
PLACE: Final = f"{ASKED}/place"
PLANNED = notice("outside.planned", "The placement is planned. Nobody else sees it")
SAVED = notice("outside.saved", "It is recorded")
READIED = notice("outside.ready", "The placement is ready. Record the day the child comes")
APPROVED = notice("outside.approved", "The home is approved")
ENDED = notice("outside.ended", "The placement has ended. The record of it is sealed")
T = TypeVar("T", bound=msgspec.Struct)


@get(LIST, opt=needs(READ), include_in_schema=False)
async def listed(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    over: FromQuery[bool] = False,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """Placements outside, the first to begin first. Nobody's name is in the list."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "placements outside page", {"over": over})
    found = await queries.listed(
        uow,
        stages=queries.OVER if over else queries.LIVE,
        after=paging.after(after, tuple[date, UUID]),
        limit=DEFAULT_LIMIT + 1,
    )
    rows = found[:DEFAULT_LIMIT]
    more = None
    if len(found) > DEFAULT_LIMIT:
        more = f"{LIST}?over={str(over).lower()}&after={paging.cursor(rows[-1].starts, rows[-1].id)}"
    may_cost = principal.may(COST)
    return show(request, "outside_list", rows=rows, more=more, over=over, path=LIST, costs=COSTS, may_cost=may_cost)


@get(COSTS, opt=needs(COST), include_in_schema=False)
async def costs(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """What they cost in the last twelve months, by month and kind of home."""
    now = today()
    since = month_of(now).replace(year=now.year - 1)
    rows = await queries.costs(uow, since, now)
    return show(
        request, "outside_costs", month=month, rows=rows, total=sum(one.cost for one in rows), since=since, path=LIST
    )


@get(PLACE, opt=needs(READY), include_in_schema=False)
async def ask_place(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], outside_enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Which child is to live with a provider that offered, where, from when and at which price."""
    return await _place(request, uow, principal, outside_enquiry_id)


@post(PLACE, opt=needs(READY), include_in_schema=False)
async def place(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], outside_enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Plan it."""
    form = await read_form(request)
    value, errors = parse(form, NewOutside)
    if value is not None:
        made: list[UUID] = []

        async def change() -> None:
            made.append(await actions.make(uow, outside_enquiry_id, value))

        refused = await attempt(uow, change)
        if refused is None:
            return redirect(f"{LIST}/{made[0]}", PLANNED)
        errors = in_form(refused, NewOutside)
    return await _place(request, uow, principal, outside_enquiry_id, form=form, errors=errors)


async def _place(
    request: Http,
    uow: Uow,
    principal: Principal,
    outside_enquiry_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    asked = await enquiries.one(uow, outside_enquiry_id)
    record = await requests.whole(uow, asked.request_id)
    children = [
        (str(child.id), _called(child, len(record.children), may_name=principal.may(READ_NAMES)))
        for child in record.children
    ]
    if form is None:
        days = {f"starts-{part}": [str(getattr(record.starts, part))] for part in ("day", "month", "year")}
        price = [f"{asked.weekly_price:.2f}"] if asked.weekly_price is not None else []
        only = [children[0][0]] if len(children) == 1 else []
        form = Form({**days, "weekly": price, "child_id": only})
    path = f"/placements/enquiries/outside/{outside_enquiry_id}"
    return show(request, "outside_new", form=form, errors=list(errors), asked=asked, children=children, path=path)


def _called(child: ChildRecord, among: int, *, may_name: bool) -> str:
    """A child to choose: by name for whoever may read it."""
    named = child.identity.name if may_name and child.identity is not None else ""
    return named or of_requests.child(child, among)


@get(ONE, opt=needs(READ), include_in_schema=False)
async def one(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[str]:
    """One placement outside: how it stands, who and where, price, plan, notices, what may be done next."""
    return await _one(request, uow, principal, outside_placement_id, "outside")


def _dates(prefix: str, day: date | None) -> dict[str, list[str]]:
    return {f"{prefix}-{part}": [str(getattr(day, part))] for part in ("day", "month", "year")} if day else {}


@get(
    [f"{ONE}/{name}" for name in ("plan", "notices", "start", "days", "price", "end", "cancel")],
    opt=needs(READY),
    include_in_schema=False,
)
async def ask(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
    recipient: FromQuery[str] = "",
    occasion: FromQuery[str] = "start",
) -> Response[str]:
    """One of its forms."""
    name = _form_of(request)
    known = await queries.found(uow, outside_placement_id)
    filled: Mapping[str, list[str]] = {
        "notices": {"recipient": [recipient], "occasion": [occasion]},
        "start": _dates("day", known.starts),
        "days": {**_dates("day", known.starts), **_dates("ends", known.ends)},
    }.get(name, {})
    return await _one(request, uow, principal, outside_placement_id, f"outside_{name}", form=Form(filled))


@get(f"{ONE}/approve", opt=needs(APPROVE, step_up=True), include_in_schema=False)
async def ask_approval(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[str]:
    """What the law wants done before a home outside the area is approved."""
    return await _one(request, uow, principal, outside_placement_id, "outside_approve")


@post(f"{ONE}/approve", opt=needs(APPROVE, step_up=True), include_in_schema=False)
async def approve(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[Any]:
    """Approve it, by name and role."""

    async def change(given: Approve) -> None:
        await actions.approve(uow, outside_placement_id, given)

    return await _sent(request, uow, principal, outside_placement_id, (Approve, change, APPROVED))


@post(f"{ONE}/plan", opt=needs(READY), include_in_schema=False)
async def plan(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[Any]:
    """Record the plan."""

    async def change(given: model.Plan) -> None:
        await actions.plan(uow, outside_placement_id, given)

    return await _sent(request, uow, principal, outside_placement_id, (model.Plan, change, SAVED))


@post(f"{ONE}/notices", opt=needs(READY), include_in_schema=False)
async def notices(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[Any]:
    """Record a notice, or why it was not practicable."""

    async def change(given: model.Notice) -> None:
        await actions.notice(uow, outside_placement_id, given)

    return await _sent(request, uow, principal, outside_placement_id, (model.Notice, change, SAVED))


@post(f"{ONE}/price", opt=needs(READY), include_in_schema=False)
async def price(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[Any]:
    """Another weekly price from a day on."""

    async def change(given: Price) -> None:
        await actions.price(uow, outside_placement_id, given)

    return await _sent(request, uow, principal, outside_placement_id, (Price, change, SAVED))


@post([f"{ONE}/{name}" for name in ("start", "days", "end", "cancel")], opt=needs(READY), include_in_schema=False)
async def stepped(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[Any]:
    """A step that needs days or a reason."""

    async def change(given: OutsideStep) -> None:
        await actions.take(uow, outside_placement_id, given)

    done = ENDED if _form_of(request) == "end" else SAVED
    return await _sent(request, uow, principal, outside_placement_id, (OutsideStep, change, done))


@post(f"{ONE}/steps", opt=needs(READY), include_in_schema=False)
async def pressed(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    outside_placement_id: FromPath[UUID],
) -> Response[Any]:
    """A step that needs nothing more than a button."""
    await queries.found(uow, outside_placement_id)
    value, errors = parse(await read_form(request), OutsideStep)
    if value is not None:
        refused = await attempt(uow, lambda: actions.take(uow, outside_placement_id, value))
        if refused is None:
            done = READIED if value.step == "make_ready" else SAVED
            return redirect(f"{LIST}/{outside_placement_id}", done)
        errors = [FieldError("", one.message) for one in refused]
    return await _one(request, uow, principal, outside_placement_id, "outside", errors=errors)


@get(f"{ONE}/agreement.pdf", opt=needs(READ_NAMES), include_in_schema=False)
async def as_pdf(
    uow: NamedDependency[Uow], principal: NamedDependency[Principal], outside_placement_id: FromPath[UUID]
) -> Response[bytes]:
    """The placement agreement for the provider to sign."""
    record = await queries.one(uow, outside_placement_id, may_name=True)
    return await answer(paper.printed(record, ours=principal.authority_name), "placement-agreement")


def _form_of(request: Http) -> str:
    return request.url.path.rpartition("/")[2]


async def _sent(
    request: Http,
    uow: Uow,
    principal: Principal,
    outside_placement_id: UUID,
    asked: tuple[type[T], Callable[[T], Awaitable[None]], Notice],
) -> Response[Any]:
    """After a form was sent: what was asked for, what to do with it, and what to say then."""
    wanted, change, done = asked
    await queries.found(uow, outside_placement_id)
    form = await read_form(request)
    value, errors = parse(form, wanted)
    if value is not None:
        refused = await attempt(uow, lambda: change(value))
        if refused is None:
            return redirect(f"{LIST}/{outside_placement_id}", done)
        errors = in_form(refused, wanted)
    return await _one(
        request, uow, principal, outside_placement_id, f"outside_{_form_of(request)}", form=form, errors=errors
    )


async def _one(
    request: Http,
    uow: Uow,
    principal: Principal,
    outside_placement_id: UUID,
    template: str,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await queries.one(uow, outside_placement_id, may_name=principal.may(READ_NAMES))
    if template == "outside_plan" and record.plan is not None and form is not None and not errors:
        form = Form.filled(record.plan)
    return show(
        request,
        template,
        REFUSED if errors and form is None else None,
        form=form,
        errors=list(errors),
        record=record,
        path=f"{LIST}/{outside_placement_id}",
        may_ready=principal.may(READY),
        may_approve=principal.may(APPROVE),
        may_name=principal.may(READ_NAMES),
        flags=await standing.of_outside(uow, outside_placement_id) if principal.may(SEE_CHANGES) else [],
        may_record=principal.may(RECORD_CHANGE),
    )


handlers: Final = [
    *(listed, costs, ask_place, place, one, ask, ask_approval, approve, plan, notices, price, stepped, pressed, as_pdf),
]
