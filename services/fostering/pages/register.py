"""The register as a list, what is due in it, and tonight's list for the duty desk."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from careshare.access import needs
from careshare.database import Uow
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import Form, asks, parse, read_form, read_query, redirect
from services.fostering.days import today
from services.fostering.pages import words
from services.fostering.pages.forms import Http, show
from services.fostering.queries import AHEAD, Filters, areas, due, placed_after, register, summary, tonight
from services.fostering.records import DueRow

REGISTER = "/foster-carers"
CURSOR = "after"
WEEK = timedelta(days=7)


def _kind(text: str) -> str:
    if text not in words.DUE:
        raise ValueError("Select what is due from the list")
    return text


class Narrowed(Filters, frozen=True, kw_only=True):
    """What the filter panel asks."""

    q: Annotated[str, asks("the name, reference or postcode", max_length=100)] | None = None
    after: Annotated[str, asks("the place in the list", max_length=200)] | None = None

    @property
    def filters(self) -> Filters:
        """What narrows the list."""
        return Filters(**{name: getattr(self, name) for name in Filters.__struct_fields__})

    @property
    def answers(self) -> dict[str, str]:
        """What was asked, by name, as a form or an address carries it."""
        values = msgspec.structs.asdict(self.filters)
        return {name: _typed(value) for name, value in values.items() if value is not None}


class WhatIsDue(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the list of what is due."""

    kind: Annotated[str, asks("what is due", read=_kind)] | None = None
    after: Annotated[str, asks("the place in the list", max_length=200)] | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows tonight's list."""

    age: Annotated[int, asks("the child’s age", ge=0, le=17)] | None = None
    sex: Literal["F", "M"] | None = None
    children: Annotated[int, asks("how many children", ge=1, le=12)] = 1


def _typed(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _paging(request: Http, principal: Principal, name: str, filters: dict[str, Any]) -> Paging:
    return Paging(request.app.state.settings.secret_key, principal.authority_id, name, filters)


@get(REGISTER, opt=needs("household:read"), include_in_schema=False)
async def households(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[Any]:
    """The register, narrowed by what stands in the address, which never is a name."""
    form = read_query(request)
    if form.get("q"):
        return redirect(REGISTER)
    return await _listed(request, uow, principal, form)


@post(REGISTER, opt=needs("household:read"), include_in_schema=False, status_code=200)
async def find_households(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]
) -> Response[Any]:
    """The same with a text to look for, which may be a name and so is sent in the body; without one, an address."""
    form = await read_form(request)
    wanted, _ = parse(form, Narrowed)
    if wanted is not None and wanted.q is None:
        return redirect(f"{REGISTER}?{urlencode(wanted.answers)}" if wanted.answers else REGISTER)
    return await _listed(request, uow, principal, form)


async def _listed(request: Http, uow: Uow, principal: Principal, form: Form) -> Response[str]:
    found, errors = parse(form, Narrowed)
    wanted = found or Narrowed()
    answers = wanted.answers
    paging = _paging(request, principal, "foster-carers page", answers)
    last = paging.after(wanted.after, tuple[UUID])
    after = await placed_after(uow, last[0]) if last else None
    rows, more = await register(uow, wanted.filters, seen=False, after=after, limit=DEFAULT_LIMIT)
    following = paging.cursor(rows[-1].id) if more else None
    return show(
        request,
        "register",
        form=form,
        errors=errors,
        rows=rows,
        counts=await summary(uow),
        areas=await areas(uow),
        answers=answers,
        first=None if after is None else _address(answers),
        following=following,
        next_address=None if following is None else _address({**answers, CURSOR: following}),
    )


def _address(answers: dict[str, str]) -> str:
    return f"{REGISTER}?{urlencode(answers)}" if answers else REGISTER


@get(f"{REGISTER}/due", opt=needs("household:read"), include_in_schema=False)
async def what_is_due(request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal]) -> Response[str]:
    """What is overdue and what comes in the next weeks, by date."""
    form = read_query(request)
    found, errors = parse(form, WhatIsDue)
    wanted = found or WhatIsDue()
    answers = {} if wanted.kind is None else {"kind": wanted.kind}
    paging = _paging(request, principal, "foster-carers due", answers)
    after = paging.after(wanted.after, tuple[date, str, UUID, str])
    rows, more = await due(uow, kind=wanted.kind, after=after, limit=DEFAULT_LIMIT)
    last = rows[-1] if more else None
    following = None if last is None else paging.cursor(last.on, last.kind, last.household_id, last.detail)
    return show(
        request,
        "due",
        form=form,
        errors=errors,
        groups=by_time(rows, today()),
        ahead=AHEAD,
        first=f"{REGISTER}/due?{urlencode(answers)}" if after else None,
        next_address=None if following is None else f"{REGISTER}/due?{urlencode({**answers, CURSOR: following})}",
    )


def by_time(rows: list[DueRow], day: date) -> list[tuple[str, str, list[DueRow]]]:
    """What is due in groups, the most urgent first: an id, a heading and the rows."""
    groups = (
        ("overdue", "Overdue", [one for one in rows if one.on < day]),
        ("this-week", "Today and in the next 7 days", [one for one in rows if day <= one.on < day + WEEK]),
        ("later", "Later", [one for one in rows if one.on >= day + WEEK]),
    )
    return [group for group in groups if group[2]]


@get(f"{REGISTER}/tonight", opt=needs("tonight:read"), include_in_schema=False)
async def tonight_list(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """One's own homes with room tonight and whom to ring; no address of anybody."""
    form = read_query(request)
    found, errors = parse(form, Wanted)
    wanted = found or Wanted()
    rows, cut = await tonight(uow, age=wanted.age, sex=wanted.sex, children=wanted.children)
    return show(request, "tonight", form=form, errors=errors, rows=rows, cut=cut, wanted=wanted, now=datetime.now(UTC))


handlers = [households, find_households, what_is_due, tonight_list]
