"""The list of statements, making drafts, and one statement with its lines and what was done about it."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import Form, asks, notice, parse, read_form, read_query, redirect
from tenants.agreements.queries import neighbours
from tenants.recharges import files, queries, sent, statements, steps
from tenants.recharges.days import today
from tenants.recharges.model import Side, Stage
from tenants.recharges.pages.common import LIST, Http, keep, month_given, months, path_of, show

ONE: Final = LIST + "/statements/{statement_id:uuid}"
SHOWN: Final = 200
LINES_SHOWN: Final = 500
MADE = notice("recharges.made", "The drafts are made. Look at each before you issue it.")
NOTHING_NEW = notice("recharges.nothing_new", "The drafts are as they should be: nothing has changed since.")


class Filter(msgspec.Struct, kw_only=True):
    """How the list is narrowed."""

    side: Annotated[Side, asks("which side your authority is on")] | None = None
    stage: Annotated[Stage, asks("the status")] | None = None
    month: Annotated[str, asks("the month", max_length=10)] | None = None
    other: Annotated[UUID, asks("the other authority")] | None = None


class Making(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which month to make drafts of."""

    month: Annotated[str, asks("the month", missing="Select a month", min_length=10, max_length=10)]


@get(LIST, opt=needs("recharge:read"), include_in_schema=False)
async def recharges(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """Statements on both sides, the latest month first."""
    return await _list(request, uow, Form())


async def _list(request: Http, uow: Uow, making: Form) -> Response[str]:
    query = read_query(request)
    asked, errors = parse(query, Filter)
    narrowed = asked or Filter()
    month = month_given(narrowed.month) if narrowed.month else None
    found = await queries.statements(
        uow, side=narrowed.side, stage=narrowed.stage, month=month, other=narrowed.other, limit=SHOWN + 1
    )
    return show(
        request,
        "list",
        path=LIST,
        statements=found[:SHOWN],
        more=len(found) > SHOWN,
        query=query.with_errors(errors),
        form=making,
        months=months(),
        others=[(str(one), name) for one, name in await neighbours(uow)],
        status_code=400 if errors or making.errors else None,
    )


@post(LIST, opt=needs("recharge:issue"), include_in_schema=False)
async def make(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Make the lender's drafts of a month."""
    made: list[statements.Made] = []

    async def change(making: Making) -> None:
        made.extend(await statements.make(uow, month_given(making.month), today()))

    refused = await keep(uow, await read_form(request), Making, change)
    return await _list(request, uow, refused) if refused else redirect(LIST, MADE if made else NOTHING_NEW)


@get(ONE, opt=needs("recharge:read"), include_in_schema=False)
async def statement(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    statement_id: FromPath[UUID],
    after: FromQuery[int] = 0,
) -> Response[str]:
    """One statement: its sums, its lines in words, and what both sides did about it."""
    found = await sent.opened(uow, statement_id)
    lines = await queries.lines(uow, found, after=max(after, 0), limit=LINES_SHOWN + 1)
    every = await queries.lines(uow, found) if len(lines) > LINES_SHOWN or after else lines
    possible = await steps.possible(uow, found)
    return show(
        request,
        "statement",
        found=found,
        path=path_of(statement_id),
        title=files.title_of(found),
        lines=lines[:LINES_SHOWN],
        next_lines=lines[LINES_SHOWN - 1].n if len(lines) > LINES_SHOWN else None,
        after=after,
        vat=files.vat_rows(found, [one.line for one in every]),
        funders=files.funders(one.line for one in every),
        steps=await queries.steps(uow, found),
        links=_links(possible, principal),
        out_of_date=await queries.out_of_date(uow, found),
    )


def _links(possible: set[str], principal: Principal) -> list[tuple[str, str]]:
    """The steps that this person may take, as an address below the statement's and what it is called."""
    return [
        (f"{group}/{name}" if group else name, title)
        for name, (group, permission, title) in LINKS.items()
        if name in possible and principal.may(permission)
    ]


Group = Literal["lender", "borrower", ""]
LINKS: Final[dict[str, tuple[Group, str, str]]] = {
    "issue": ("lender", "recharge:issue", "Issue this statement"),
    "approve": ("", "recharge:approve", "Agree this statement"),
    "dispute": ("borrower", "recharge:dispute", "Dispute this statement or a line of it"),
    "withdraw": ("borrower", "recharge:dispute", "Withdraw the dispute"),
    "answer": ("lender", "recharge:issue", "Answer the dispute"),
    "credit": ("lender", "recharge:issue", "Give a credit note"),
    "adjust": ("lender", "recharge:issue", "Post an adjustment to the next statement"),
    "settle": ("lender", "recharge:issue", "Record that it is paid"),
    "order": ("borrower", "recharge:dispute", "Give your order number"),
    "note": ("borrower", "recharge:dispute", "Write a note"),
}
"""Each step: below which address its page is, which permission it needs, and what its link says."""


@get(ONE + "/files/{form:str}", opt=needs("recharge:read"), include_in_schema=False)
async def as_file(uow: NamedDependency[Uow], statement_id: FromPath[UUID], form: FromPath[str]) -> Response[bytes]:
    """A statement as CSV, XLSX or PDF."""
    content, media_type, headers = await sent.statement_file(uow, statement_id, form)
    return Response(content, media_type=media_type, headers=headers)


handlers = [recharges, make, statement, as_file]
