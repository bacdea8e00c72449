"""Statements over the API: list, read, make, take a step with If-Match, take away as a file."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from careshare.access import needs
from careshare.database import Uow
from careshare.http import Paging, etag, expected_version, problems
from careshare.http.paging import DEFAULT_LIMIT
from careshare.http.parameters import Cursor, Http, IfMatch, Limit
from careshare.identity import Principal
from tenants.recharges import queries, sent, statements, steps
from tenants.recharges.api.answers import (
    TAGS,
    Answering,
    Crediting,
    Disputing,
    LinePage,
    Making,
    Noting,
    Ordering,
    Plain,
    StatementAnswer,
    StatementPage,
    line_answer,
)
from tenants.recharges.days import today
from tenants.recharges.model import Side, Stage
from tenants.recharges.steps import Name, Taking

ONE: Final = "/statements/{statement_id:uuid}"
CHANGES: Final = problems(404, 409, 412, 428)
Which = Annotated[
    Side | None, QueryParameter(description="As lender, or as borrower; both without it.", required=False)
]
Month = Annotated[date | None, QueryParameter(description="The first day of a month.", required=False)]
Other = Annotated[UUID | None, QueryParameter(description="The other authority.", required=False)]
AtStage = Annotated[Stage | None, QueryParameter(description="The stage it is in.", required=False)]
FORMS: Final = Literal["csv", "xlsx", "pdf"]


@get(
    "/statements",
    opt=needs("recharge:read"),
    operation_id="listStatements",
    summary="List statements, as lender and as borrower",
    tags=TAGS,
    responses=problems(),
)
async def list_statements(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    side: Which = None,
    stage: AtStage = None,
    month: Month = None,
    other: Other = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> StatementPage:
    filters = {"side": side, "stage": stage, "month": month, "other": other}
    paging = Paging(request.app.state.settings.secret_key, principal.authority_id, "statements", filters)
    after = paging.after(cursor, tuple[date, UUID])
    rows = await queries.statements(uow, side=side, stage=stage, month=month, other=other, after=after, limit=limit + 1)
    shown = rows[:limit]
    return StatementPage(shown, paging.cursor(shown[-1].month, shown[-1].id) if len(rows) > limit else None)


@post(
    "/statements",
    opt=needs("recharge:issue"),
    operation_id="makeStatements",
    summary="Make your drafts of a month",
    description="As lender. Made again from the same, nothing changes; what is issued is never touched.",
    tags=TAGS,
    status_code=200,
    responses=problems(),
)
async def make_statements(uow: NamedDependency[Uow], data: JSONBody[Making]) -> StatementPage:
    await statements.make(uow, data.month, today())
    return StatementPage(await queries.statements(uow, side="lender", month=data.month), None)


@get(
    ONE,
    opt=needs("recharge:read"),
    operation_id="readStatement",
    summary="Read a statement with what was done about it",
    tags=TAGS,
    responses=problems(404),
)
async def read_statement(statement_id: FromPath[UUID], uow: NamedDependency[Uow]) -> Response[StatementAnswer]:
    await sent.opened(uow, statement_id)
    return await _answer(uow, statement_id)


async def _answer(uow: Uow, statement_id: UUID) -> Response[StatementAnswer]:
    found = await queries.statement(uow, statement_id)
    answer = StatementAnswer(
        statement=found,
        steps=await queries.steps(uow, found),
        possible_steps=sorted(await steps.possible(uow, found)),
        out_of_date=await queries.out_of_date(uow, found),
    )
    return Response(answer, headers={"ETag": etag(found.revision)})


@get(
    f"{ONE}/lines",
    opt=needs("recharge:read"),
    operation_id="listStatementLines",
    summary="List the lines of a statement, each explained",
    tags=TAGS,
    responses=problems(404),
)
async def list_lines(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    statement_id: FromPath[UUID],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> LinePage:
    found = await sent.opened(uow, statement_id)
    secret = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "statement lines", {"statement": str(statement_id)})
    (after,) = paging.after(cursor, tuple[int]) or (0,)
    rows = await queries.lines(uow, found, after=after, limit=limit + 1)
    shown = rows[:limit]
    return LinePage([line_answer(one) for one in shown], paging.cursor(shown[-1].n) if len(rows) > limit else None)


@get(
    ONE + "/files/{form:str}",
    opt=needs("recharge:read"),
    operation_id="downloadStatement",
    summary="Take a statement away as csv, xlsx or pdf",
    tags=TAGS,
    responses={
        **problems(404),
        200: ResponseSpec(bytes, media_type="application/octet-stream", generate_examples=False),
    },
)
async def download_statement(
    statement_id: FromPath[UUID], form: FromPath[str], uow: NamedDependency[Uow]
) -> Response[bytes]:
    content, _media_type, headers = await sent.statement_file(uow, statement_id, form)
    return Response(content, media_type="application/octet-stream", headers=headers)


async def _take(
    uow: Uow, statement_id: UUID, if_match: str | None, step: Name, data: msgspec.Struct
) -> Response[StatementAnswer]:
    given = msgspec.structs.asdict(data)
    await steps.take(uow, statement_id, expected_version(if_match), Taking(step=step, **given), today())
    return await _answer(uow, statement_id)


def _options(operation: str, summary: str, description: str = "") -> dict[str, Any]:
    return {
        "operation_id": operation,
        "summary": summary,
        "description": description or None,
        "tags": TAGS,
        "status_code": 200,
        "responses": CHANGES,
    }


@post(
    f"{ONE}/issue",
    opt=needs("recharge:issue"),
    **_options(
        "issueStatement", "Issue a draft", "As lender. It gets the next invoice number, and its lines are final."
    ),
)
async def issue(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Plain], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "issue", data)


@post(
    f"{ONE}/answer",
    opt=needs("recharge:issue"),
    **_options("answerDispute", "Answer a dispute", "As lender. The statement is issued again."),
)
async def answer_dispute(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Answering], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "answer", data)


@post(
    f"{ONE}/credit-notes",
    opt=needs("recharge:issue"),
    **_options("creditStatement", "Give a credit note", "As lender. It gets the next credit note number."),
)
async def credit(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Crediting], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "credit", data)


@post(
    f"{ONE}/adjustments",
    opt=needs("recharge:issue"),
    **_options("adjustStatement", "Post an adjustment", "As lender. It comes as a line of the next statement."),
)
async def adjust(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Crediting], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "adjust", data)


@post(
    f"{ONE}/payment",
    opt=needs("recharge:issue"),
    **_options("settleStatement", "Record that a statement is paid", "As lender."),
)
async def settle(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Plain], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "settle", data)


@post(
    f"{ONE}/approval",
    opt=needs("recharge:approve", step_up=True),
    **_options("approveStatement", "Agree a statement", "As borrower, so that it may be paid."),
)
async def approve(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Plain], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "approve", data)


@post(
    f"{ONE}/dispute",
    opt=needs("recharge:dispute"),
    **_options("disputeStatement", "Dispute a statement, or a line of it", "As borrower, for a coded reason."),
)
async def dispute(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Disputing], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "dispute", data)


@post(
    f"{ONE}/withdrawal",
    opt=needs("recharge:dispute"),
    **_options("withdrawDispute", "Withdraw a dispute", "As borrower. The statement is issued again."),
)
async def withdraw(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Plain], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "withdraw", data)


@post(
    f"{ONE}/notes",
    opt=needs("recharge:dispute"),
    **_options("addStatementNote", "Add a note to the thread", "Both sides read it."),
)
async def note(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Noting], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "note", data)


@post(
    f"{ONE}/order-number",
    opt=needs("recharge:dispute"),
    **_options("orderStatement", "Give your order number", "As borrower, until the statement is agreed."),
)
async def order(
    uow: NamedDependency[Uow], statement_id: FromPath[UUID], data: JSONBody[Ordering], if_match: IfMatch = None
) -> Response[StatementAnswer]:
    return await _take(uow, statement_id, if_match, "order", data)


handlers = [
    list_statements,
    make_statements,
    read_statement,
    list_lines,
    download_statement,
    issue,
    answer_dispute,
    credit,
    adjust,
    settle,
    approve,
    dispute,
    withdraw,
    note,
    order,
]
