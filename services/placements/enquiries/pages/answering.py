"""The answer itself: what the register says and what will be told of the home, accept, decline; the hold."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse, read_form, redirect
from services.placements.enquiries import actions, queries
from services.placements.enquiries.actions import answer
from services.placements.enquiries.model import Decline
from services.placements.enquiries.pages.forms import ONE_ANSWER, Http, changed, path_of, read, show, whole
from services.placements.enquiries.permissions import ANSWER, HOLD
from services.placements.providers import PROVIDERS
from services.placements.requests.pages.forms import attempt
from services.placements.terms import actions as terms
from services.placements.terms import words as of_terms
from services.placements.terms.model import ChildPrice
from tenants.places import Problem

ACCEPTED = notice("enquiries.accepted", "You have accepted. Each side now sees more of the other")
DECLINED = notice("enquiries.declined", "You have declined. The profile is closed again")
CONFIRMED = notice("enquiries.confirmed", "The answer is confirmed")
HOLDS: Final = {
    "grant": notice("enquiries.hold_granted", "The place is kept for these children"),
    "extend": notice("enquiries.hold_extended", "The place is kept longer"),
    "refuse": notice("enquiries.hold_refused", "The place is not kept"),
    "end": notice("enquiries.hold_ended", "The place is free again"),
}
REASONED: Final = {"end": "hold_end", "refuse": "hold_refuse"}
REFUSED: Final = 422


class EndHold(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a place is not kept, or no longer."""

    step: Annotated[Literal["end", "refuse"], asks("what to do")]
    reason: Annotated[str, asks("why", missing="Choose why", max_length=40)]


@get(f"{ONE_ANSWER}/accept", opt=needs(ANSWER), include_in_schema=False)
async def ask_accept(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """What stands against it, and what accepting tells the other side of the home."""
    return await _accept(request, uow, principal, enquiry_id)


async def _accept(
    request: Http, uow: Uow, principal: Principal, enquiry_id: UUID, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await read(uow, principal, enquiry_id, "providing")
    confirming = "confirm_answer" in record.allowed
    problems: list[Problem] = []
    home: dict[str, Any] = {}
    costs: list[ChildPrice] | None = None
    if record.profile is not None and ("accept" in record.allowed or confirming):
        one = await answer.answering(uow, enquiry_id)
        problems = await answer.problems(uow, one)
        home = await PROVIDERS[one.kind].fuller(uow, one.subject_id, one.starts)
        if one.kind != terms.FOSTERED:
            costs = await terms.preview(uow, enquiry_id, one.subject_id, one.starts, one.children)
    return show(
        request,
        "accept",
        REFUSED if errors else None,
        errors=list(errors),
        record=record,
        problems=problems,
        blocked=any(not (one.overridable and record.emergency) for one in problems),
        home=home,
        costs=costs,
        priced=of_terms,
        confirming=confirming,
        path=path_of("providing", enquiry_id),
    )


@post(f"{ONE_ANSWER}/accept", opt=needs(ANSWER), include_in_schema=False)
async def accept(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Accept: each side sees more of the other."""
    refused = await attempt(uow, lambda: actions.accept(uow, enquiry_id))
    if refused is None:
        return redirect(path_of("providing", enquiry_id), ACCEPTED)
    return await _accept(request, uow, principal, enquiry_id, [FieldError("", one.message) for one in refused])


@post(f"{ONE_ANSWER}/confirm", opt=needs(ANSWER), include_in_schema=False)
async def confirm(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Confirm the answer that was given by telephone."""
    refused = await attempt(uow, lambda: actions.confirm_answer(uow, enquiry_id))
    if refused is None:
        return redirect(path_of("providing", enquiry_id), CONFIRMED)
    return await _accept(request, uow, principal, enquiry_id, [FieldError("", one.message) for one in refused])


@get(f"{ONE_ANSWER}/decline", opt=needs(ANSWER), include_in_schema=False)
async def ask_decline(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Why not; the reason stays here."""
    return await _decline(request, uow, principal, enquiry_id)


async def _decline(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await read(uow, principal, enquiry_id, "providing")
    return show(
        request, "decline", form=form, errors=list(errors), record=record, path=path_of("providing", enquiry_id)
    )


@post(f"{ONE_ANSWER}/decline", opt=needs(ANSWER), include_in_schema=False)
async def decline(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Decline, with the true reason for oneself and a neutral one for the other side."""
    form = await read_form(request)
    value, errors = parse(form, Decline)
    if value is not None:
        refused = await attempt(uow, lambda: actions.decline(uow, enquiry_id, value))
        if refused is None:
            return redirect(path_of("providing", enquiry_id), DECLINED)
        errors = list(refused)
    return await _decline(request, uow, principal, enquiry_id, form=form, errors=errors)


@get(f"{ONE_ANSWER}/hold", opt=needs(HOLD), include_in_schema=False)
async def ask_hold(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[str]:
    """Refuse a hold, or end one, and why."""
    return await _hold(request, uow, principal, enquiry_id)


async def _hold(
    request: Http,
    uow: Uow,
    principal: Principal,
    enquiry_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    record = await read(uow, principal, enquiry_id, "providing")
    step = "end" if "end" in record.allowed else "refuse"
    return show(
        request,
        "hold",
        form=form,
        errors=list(errors),
        record=record,
        step=step,
        listed=REASONED[step],
        path=path_of("providing", enquiry_id),
    )


@post(f"{ONE_ANSWER}/hold", opt=needs(HOLD), include_in_schema=False)
async def hold(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Keep the place, keep it longer, refuse, or end the hold with its reason."""
    await queries.must_be(uow, enquiry_id, "providing")
    form = await read_form(request)
    step = form.get("step")
    if step in REASONED:
        value, errors = parse(form, EndHold)
        if value is not None:
            refused = await attempt(uow, lambda: actions.hold(uow, enquiry_id, step, reason=value.reason))
            if refused is None:
                return redirect(path_of("providing", enquiry_id), HOLDS[step])
            errors = list(refused)
        return await _hold(request, uow, principal, enquiry_id, form=form, errors=errors)
    if step not in HOLDS:
        wrong = [FieldError("", "Choose what to do about the place")]
        return await whole(request, uow, principal, enquiry_id, "providing", errors=wrong)

    async def change() -> None:
        await actions.hold(uow, enquiry_id, step)

    return await changed(request, uow, principal, enquiry_id, "providing", change=change, said=HOLDS[step])


handlers: Final = [ask_accept, accept, confirm, ask_decline, decline, ask_hold, hold]
