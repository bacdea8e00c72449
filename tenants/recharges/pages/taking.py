"""The pages on which each side takes its steps: one form for each, whose fields follow from the step."""

from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import Invalid, NotFound
from careshare.web import Form, asks, notice, read_form, redirect
from tenants.recharges import codes, files, notes, queries, steps, words
from tenants.recharges.days import today
from tenants.recharges.pages.common import Http, keep, path_of, show
from tenants.recharges.pages.statements import LINKS, ONE
from tenants.recharges.queries import Statement
from tenants.recharges.steps import Taking

TAKEN = notice("recharges.taken", "It is recorded, and the other authority can see it.")
REVISION: Final = "revision"
AMOUNTS: Final = {
    "dispute": "How much should not have been charged (optional)",
    "credit": "Amount to credit, without VAT",
    "adjust": "Amount to add, without VAT; begin with - to take off",
}
NOTED: Final = {"order": False}
"""Steps without a note."""
AMOUNT: Final = "Enter the amount in pounds and pence, like 120.50"


class Answers(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the form of a step may ask; which of it belongs to a step is its own rule."""

    reason: Annotated[str, asks("a reason", max_length=40)] | None = None
    line: Annotated[int, asks("the number of the line", ge=1, le=1_000_000)] | None = None
    amount: Annotated[Decimal, asks("the amount", invalid=AMOUNT)] | None = None
    order_number: Annotated[str, asks("the order number", max_length=40)] | None = None
    note: Annotated[str, asks("the note", max_length=notes.LONGEST)] | None = None


def _step(group: str, name: str) -> str:
    """The name of a step of a group. Raises NotFound."""
    if name not in LINKS or LINKS[name][0] != group:
        raise NotFound
    return name


async def _ask(
    request: Http, uow: Uow, statement_id: UUID, name: str, form: Form, *, revision: int | None
) -> Response[Any]:
    found = await queries.statement(uow, statement_id)
    if name not in await steps.possible(uow, found):
        return redirect(path_of(statement_id))  # which says what can be done now
    listed = words.LISTS.get(name)
    return show(
        request,
        "step",
        found=found,
        path=path_of(statement_id),
        heading=LINKS[name][2],
        title=files.title_of(found),
        step=name,
        form=form,
        revision=revision if revision is not None else found.revision,
        reasons=[(one.code, one.label) for one in codes.codes(listed, today())] if listed else [],
        amount=AMOUNTS.get(name),
        noted=NOTED.get(name, True),
        hint=notes.HINT,
    )


async def _take(request: Http, uow: Uow, statement_id: UUID, name: str) -> Response[Any]:
    sent = await read_form(request)
    revision = sent.get(REVISION)
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise Invalid("The form has lost its version. Open the page again and take the step there.")
    form = Form({one: sent.all(one) for one in sent.names() - {REVISION}})

    async def change(answers: Answers) -> None:
        found = await queries.statement(uow, statement_id)
        taking = Taking(
            step=name,  # type: ignore[arg-type]  # one of LINKS, which are the steps
            reason=answers.reason or "",
            note=answers.note or "",
            line_id=await _line(uow, found, answers.line),
            amount=answers.amount,
            order_number=answers.order_number,
        )
        await steps.take(uow, statement_id, int(revision), taking, today())

    refused = await keep(uow, form, Answers, change)
    if refused is None:
        return redirect(path_of(statement_id), TAKEN)
    return await _ask(request, uow, statement_id, name, _renamed(refused), revision=int(revision))


def _renamed(form: Form) -> Form:
    """The form names a line by its number, the rule by its id."""
    errors = [msgspec.structs.replace(one, field="line") if one.field == "line_id" else one for one in form.errors]
    return form.with_errors(errors)


async def _line(uow: Uow, found: Statement, number: int | None) -> UUID | None:
    if number is None:
        return None
    lines = await queries.lines(uow, found, after=number - 1, limit=1)
    if not lines or lines[0].n != number:
        return UUID(int=0)  # which the rule refuses in its own words
    return lines[0].id


@get(ONE + "/lender/{lender_step:str}", opt=needs("recharge:issue"), include_in_schema=False)
async def lender_page(
    request: Http, uow: NamedDependency[Uow], statement_id: FromPath[UUID], lender_step: FromPath[str]
) -> Response[Any]:
    """The form of one of the lender's steps."""
    return await _ask(request, uow, statement_id, _step("lender", lender_step), Form(), revision=None)


@post(ONE + "/lender/{lender_step:str}", opt=needs("recharge:issue"), include_in_schema=False)
async def lender_takes(
    request: Http, uow: NamedDependency[Uow], statement_id: FromPath[UUID], lender_step: FromPath[str]
) -> Response[Any]:
    """Take it."""
    return await _take(request, uow, statement_id, _step("lender", lender_step))


@get(ONE + "/borrower/{borrower_step:str}", opt=needs("recharge:dispute"), include_in_schema=False)
async def borrower_page(
    request: Http, uow: NamedDependency[Uow], statement_id: FromPath[UUID], borrower_step: FromPath[str]
) -> Response[Any]:
    """The form of one of the borrower's steps, or of a note by either side."""
    return await _ask(request, uow, statement_id, _step("borrower", borrower_step), Form(), revision=None)


@post(ONE + "/borrower/{borrower_step:str}", opt=needs("recharge:dispute"), include_in_schema=False)
async def borrower_takes(
    request: Http, uow: NamedDependency[Uow], statement_id: FromPath[UUID], borrower_step: FromPath[str]
) -> Response[Any]:
    """Take it."""
    return await _take(request, uow, statement_id, _step("borrower", borrower_step))


@get(ONE + "/approve", opt=needs("recharge:approve", step_up=True), include_in_schema=False)
async def approve_page(request: Http, uow: NamedDependency[Uow], statement_id: FromPath[UUID]) -> Response[Any]:
    """What is agreed, before it is."""
    return await _ask(request, uow, statement_id, "approve", Form(), revision=None)


@post(ONE + "/approve", opt=needs("recharge:approve", step_up=True), include_in_schema=False)
async def approve(request: Http, uow: NamedDependency[Uow], statement_id: FromPath[UUID]) -> Response[Any]:
    """Agree it."""
    return await _take(request, uow, statement_id, "approve")


handlers = [lender_page, lender_takes, borrower_page, borrower_takes, approve_page, approve]
