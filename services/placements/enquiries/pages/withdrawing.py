"""Asking several no longer, with one reason: the others, once a home is found."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.web import Form, notice, parse, read_form, redirect
from services.placements.enquiries import actions, outside, queries
from services.placements.enquiries.model import OutsideAnswer, Withdraw, WithdrawSeveral
from services.placements.enquiries.pages import words
from services.placements.enquiries.pages.forms import ASKED, Http, show
from services.placements.enquiries.permissions import SEND
from services.placements.enquiries.records import EnquiryRow, OutsideRow
from services.placements.requests import queries as requests
from services.placements.requests.pages.forms import REQUEST, attempt

PATH: Final = f"{REQUEST}/ask-no-longer"
WITHDRAWN = notice("enquiries.several_withdrawn", "They are no longer asked")
MAY_BE_WITHDRAWN: Final = ("sent", "accepted", "proposed", "matching")


def stands(one: OutsideRow) -> bool:
    """Whether somebody outside is waited for still, or has offered."""
    return one.answer is None or one.answer in outside.STANDING


@get(PATH, opt=needs(SEND), include_in_schema=False)
async def ask_several(request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]) -> Response[str]:
    """Whom of those asked for a request, and why."""
    return await _page(request, uow, placement_request_id)


async def _page(
    request: Http, uow: Uow, request_id: UUID, form: Form | None = None, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await requests.whole(uow, request_id)
    rows = await queries.listed(uow, "placing", stages=MAY_BE_WITHDRAWN, request_id=request_id)
    others = [one for one in await outside.of_request(uow, request_id) if stands(one)]
    if not rows:  # an error stands beside a field that is there
        errors = [
            msgspec.structs.replace(one, field="outside_ids") if one.field == "enquiry_ids" else one for one in errors
        ]
    return show(
        request,
        "ask_no_longer",
        form=form,
        errors=list(errors),
        number=record.number,
        homes=[(str(one.id), words.place(one), _stands(one)) for one in rows],
        outside=[(str(one.id), one.provider, words.outside(one.answer)[0]) for one in others],
        to=f"/placements/requests/{request_id}/ask-no-longer",
        back=f"{ASKED}?request_id={request_id}",
    )


def _stands(one: EnquiryRow) -> str:
    return f"{words.STAGES[one.stage][0]}, asked at {words.moment(one.sent_at)}"


@post(PATH, opt=needs(SEND), include_in_schema=False)
async def withdraw_several(
    request: Http, uow: NamedDependency[Uow], placement_request_id: FromPath[UUID]
) -> Response[Any]:
    """Ask the chosen no longer: all of them, or none where one may not be withdrawn now."""
    form = await read_form(request)
    value, errors = parse(form, WithdrawSeveral)
    if value is not None and not value.enquiry_ids and not value.outside_ids:
        value, errors = None, [FieldError("enquiry_ids", "Choose at least one")]
    if value is not None:
        chosen = value
        refused = await attempt(uow, lambda: _withdraw(uow, placement_request_id, chosen))
        if refused is None:
            return redirect(f"{ASKED}?request_id={placement_request_id}", WITHDRAWN)
        errors = list(refused)
    return await _page(request, uow, placement_request_id, form, errors)


async def _withdraw(uow: Uow, request_id: UUID, chosen: WithdrawSeveral) -> None:
    inside = {one.id for one in await queries.listed(uow, "placing", request_id=request_id)}
    others = {one.id for one in await outside.of_own_request(uow, request_id)}
    if not (inside >= set(chosen.enquiry_ids) and others >= set(chosen.outside_ids)):
        raise NotFound
    for enquiry_id in dict.fromkeys(chosen.enquiry_ids):
        await actions.withdraw(uow, enquiry_id, Withdraw(reason=chosen.reason))
    for outside_id in dict.fromkeys(chosen.outside_ids):
        await actions.answer_outside(uow, outside_id, OutsideAnswer(answer="withdrawn"))


handlers: Final = [ask_several, withdraw_several]
