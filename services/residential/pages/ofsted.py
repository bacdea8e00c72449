"""Ofsted's list: the homes on it, who keeps each, and taking a newer list in."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import TooLarge
from careshare.http.paging import DEFAULT_LIMIT
from careshare.identity import principal_of
from careshare.web import Form, asks, notice, parse, read_form, read_query, redirect
from careshare.web.changes import Http, attempt
from services.residential.model import GSS
from services.residential.ofsted.actions import areas, lists, providers, take_list_for
from services.residential.ofsted.read import FILE, MOST_BYTES
from services.residential.ofsted.uploads import MOST_IN_REQUEST, chosen
from services.residential.pages.forms import show

ROOT: Final = "/residential/ofsted"
SEND: Final = "/residential/ofsted/send"
TAKEN = notice("residential.list_taken", "Ofsted’s list is taken")


class Narrowed(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows the homes on the list."""

    area: Annotated[str, asks("the local authority", pattern=GSS)] | None = None
    kept: Annotated[bool, asks("whether somebody keeps the home")] | None = None
    after: Annotated[str, asks("the place in the list", max_length=10)] | None = None


@get(ROOT, opt=needs("residential:read"), include_in_schema=False)
async def listed(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The homes on Ofsted's list as Ofsted publishes them, and who keeps each on Careshare."""
    form = read_query(request)
    found, errors = parse(form, Narrowed)
    wanted = found or Narrowed()
    rows = await providers(uow, area=wanted.area, kept=wanted.kept, after=wanted.after, most=DEFAULT_LIMIT + 1)
    answers = {} if wanted.area is None else {"area": wanted.area}
    answers |= {} if wanted.kept is None else {"kept": "yes" if wanted.kept else "no"}
    following = None
    if len(rows) > DEFAULT_LIMIT:
        rows = rows[:DEFAULT_LIMIT]
        following = f"{ROOT}?{urlencode({**answers, 'after': rows[-1].urn})}"
    return show(
        request,
        "ofsted",
        form=form,
        errors=errors,
        rows=rows,
        areas=await areas(uow),
        newest=next(iter(await lists(uow)), None),
        answers=answers,
        first=None if wanted.after is None else f"{ROOT}?{urlencode(answers)}",
        following=following,
        mine=principal_of(uow).authority_gss,
    )


@get(SEND, opt=needs("residential:import"), include_in_schema=False)
async def ask_list(request: Http, uow: NamedDependency[Uow]) -> Response[str]:
    """The lists that were taken, what came of each, and the form to send a newer one."""
    return await _lists(request, uow, Form())


async def _lists(request: Http, uow: Uow, form: Form, status: int | None = None) -> Response[str]:
    megabytes = MOST_BYTES // 1024**2
    return show(
        request, "ofsted_lists", status, form=form, errors=form.errors, lists=await lists(uow), megabytes=megabytes
    )


@post(SEND, opt=needs("residential:import"), include_in_schema=False, request_max_body_size=MOST_IN_REQUEST)
async def send(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Take a list in."""
    form = await read_form(request)

    async def take() -> None:
        content, name = await chosen(form.file(FILE))
        await take_list_for(uow, content, name)

    try:
        errors = await attempt(uow, take)
    except TooLarge as refused:
        return await _lists(request, uow, form.with_errors(refused.errors), refused.status)
    if errors:
        return await _lists(request, uow, form.with_errors(errors), 400)
    return redirect(SEND, TAKEN)


handlers = [listed, ask_list, send]
