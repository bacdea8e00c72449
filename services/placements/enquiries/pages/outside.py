"""Agencies and homes outside Careshare: recording that one was asked, and what it said."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError
from careshare.identity import Principal
from careshare.web import Form, notice, parse, read_form, redirect
from services.placements.enquiries import actions, outside
from services.placements.enquiries.model import Outside, OutsideAnswer
from services.placements.enquiries.pages.forms import ASKED, Http, show
from services.placements.enquiries.permissions import READ, SEND
from services.placements.requests import queries as requests
from services.placements.requests.pages import words as of_requests
from services.placements.requests.pages.forms import REQUEST, attempt
from services.placements.requests.pages.forms import path_of as path_of_request

ASK: Final = f"{REQUEST}/ask-outside"
ONE: Final = f"{ASKED}/outside/{{outside_enquiry_id:uuid}}"
RECORDED = notice("enquiries.outside", "It is recorded that they were asked")
SAID = notice("enquiries.outside_said", "What they said is recorded")


@get(ASK, opt=needs(SEND), include_in_schema=False)
async def ask_form(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[str]:
    """Whom you asked outside Careshare."""
    return await _ask(request, uow, placement_request_id)


async def _ask(
    request: Http, uow: Uow, request_id: UUID, *, form: Form | None = None, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await requests.whole(uow, request_id)
    return show(
        request,
        "ask_outside",
        form=form,
        errors=list(errors),
        record=record,
        said=of_requests.children(record),
        back=path_of_request(request_id),
    )


@post(ASK, opt=needs(SEND), include_in_schema=False)
async def ask(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[Any]:
    """Record it."""
    form = await read_form(request)
    value, errors = parse(form, Outside)
    if value is not None:
        made: list[UUID] = []

        async def change() -> None:
            made.append(await actions.ask_outside(uow, placement_request_id, value))

        refused = await attempt(uow, change)
        if refused is None:
            return redirect(f"{ASKED}/outside/{made[0]}", RECORDED)
        errors = list(refused)
    return await _ask(request, uow, placement_request_id, form=form, errors=errors)


@get(ONE, opt=needs(READ), include_in_schema=False)
async def one(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], outside_enquiry_id: FromPath[UUID]
) -> Response[str]:
    """One that was asked, and everything it said."""
    return await _one(request, uow, principal, outside_enquiry_id)


async def _one(
    request: Http,
    uow: Uow,
    principal: Principal,
    outside_enquiry_id: UUID,
    *,
    form: Form | None = None,
    errors: Sequence[FieldError] = (),
) -> Response[str]:
    return show(
        request,
        "outside",
        form=form,
        errors=list(errors),
        record=await outside.one(uow, outside_enquiry_id),
        path=f"{ASKED}/outside/{outside_enquiry_id}",
        may_send=principal.may(SEND),
    )


@post(ONE, opt=needs(SEND), include_in_schema=False)
async def answer(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], outside_enquiry_id: FromPath[UUID]
) -> Response[Any]:
    """Record what it said."""
    form = await read_form(request)
    value, errors = parse(form, OutsideAnswer)
    if value is not None:
        refused = await attempt(uow, lambda: actions.answer_outside(uow, outside_enquiry_id, value))
        if refused is None:
            return redirect(f"{ASKED}/outside/{outside_enquiry_id}", SAID)
        errors = list(refused)
    return await _one(request, uow, principal, outside_enquiry_id, form=form, errors=errors)


handlers: Final = [ask_form, ask, one, answer]
