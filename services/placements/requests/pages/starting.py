"""The list of requests, and starting one: age, sex and from when, on one page or from a search."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import quote
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
from careshare.web import Form, asks, notice, page, parse, read_form, redirect
from services.placements import queries as found
from services.placements.need import MOST_CHILDREN
from services.placements.need import Child as NeedChild
from services.placements.pages import forms as searching
from services.placements.pages import groups
from services.placements.queries import today
from services.placements.requests import actions, queries
from services.placements.requests.actions import NewRequest
from services.placements.requests.model import Identity, RequestChild, RequestNeed
from services.placements.requests.pages.forms import LIST, Http, attempt, path_of, rights, show
from services.placements.requests.permissions import CHANGE, READ

NEW: Final = f"{LIST}/new"
ASK: Final = "ask"
"""The button of the homes found that leads to asking those that were chosen."""
STARTED = notice("requests.started", "The request is started. Fill in what you know; it is a draft until you open it.")


class Started(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What starts a request; the form of tonight's search can be sent here too."""

    children: Annotated[
        list[NeedChild],
        asks(
            "children",
            missing="Enter the age of each child",
            invalid=f"A request can be for up to {MOST_CHILDREN} children",
            min_length=1,
            max_length=MOST_CHILDREN,
        ),
    ]
    starts: Annotated[date, asks("the date the home is needed from")] | None = None
    siblings: Annotated[bool, asks("whether they are all brothers and sisters of each other")] = False
    home_postcode: Annotated[str, asks("the postcode of the child’s home", max_length=10)] | None = None


@get(LIST, opt=needs(READ), include_in_schema=False)
async def listed(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    ended: FromQuery[bool] = False,
    mine: FromQuery[bool] = False,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """Requests that stand, the soonest needed first; or those that ended, the latest first."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "requests page", {"ended": ended, "mine": mine})
    holder = principal.person_id if mine else None
    if ended:
        since = paging.after(after, tuple[datetime, UUID])
        found = await queries.ended(uow, held_by=holder, after=since, limit=DEFAULT_LIMIT + 1)
    else:
        begins = paging.after(after, tuple[date, UUID])
        found = await queries.standing(uow, held_by=holder, after=begins, limit=DEFAULT_LIMIT + 1)
    rows = found[:DEFAULT_LIMIT]
    here = f"{LIST}?{'ended=true&' if ended else ''}{'mine=true&' if mine else ''}"
    last = rows[-1] if len(found) > DEFAULT_LIMIT else None
    more = f"{here}after={paging.cursor(last.ended_at if ended else last.starts, last.id)}" if last else None
    return show(request, "list", rows=rows, ended=ended, mine=mine, more=more, **rights(principal))


@get(NEW, opt=needs(CHANGE), include_in_schema=False)
async def ask_new(request: Http) -> Response[str]:
    """Age, sex and from when: enough to begin."""
    return _asked(request, searching.blank(today()))


def _asked(request: Http, form: Form, errors: list[FieldError] | None = None) -> Response[str]:
    return page(request, "placements/requests/new.html", form=form, errors=errors or [], most=MOST_CHILDREN, to=NEW)


@post(NEW, opt=needs(CHANGE), include_in_schema=False, status_code=200)
async def start(request: Http, uow: NamedDependency[Uow]) -> Response[Any]:
    """Start the request and go to its page, or change the rows of its form."""
    form = await read_form(request)
    changed = searching.changed(form)
    if changed is not None:
        return _asked(request, changed)
    form = groups.gathered(form, "children")
    value, errors = parse(form, Started)
    made: list[UUID] = []

    async def begin(wanted: Started) -> None:
        starts = wanted.starts or today()
        home = Identity(postcode=wanted.home_postcode)
        children = [RequestChild(age=one.age, sex=one.sex, identity=home) for one in wanted.children]
        new = NewRequest(
            children=children,
            kind="emergency" if starts == today() else "planned",
            starts=starts,
            need=RequestNeed(siblings=wanted.siblings),
        )
        made.append(await actions.start(uow, new))

    if value is not None:
        refused = await attempt(uow, lambda: begin(value))
        if refused is None:
            return redirect(path_of(made[0]), STARTED)
        errors = [_beside(error) for error in refused]
    return _asked(request, form, errors)


def _beside(error: FieldError) -> FieldError:
    if error.field.endswith("-postcode"):
        return FieldError("home_postcode", error.message)
    return error


@post("/placements/searches/{search_id:uuid}/request", opt=needs(CHANGE), include_in_schema=False)
async def from_search(uow: NamedDependency[Uow], search_id: FromPath[UUID]) -> Response[None]:
    """Begin a request with what a search asked for."""
    return redirect(path_of(await actions.from_search(uow, search_id)), STARTED)


@post("/placements/searches/{search_id:uuid}/chosen", opt=needs("placement:search"), include_in_schema=False)
async def chosen(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], search_id: FromPath[UUID]
) -> Response[None]:
    """Go on with the homes chosen among those a search found: side by side, or to asking them.

    A search that is no request's becomes one's first, a draft: the page that asks says so.
    """
    form = await read_form(request)
    saved = await found.saved(uow, search_id)
    query = "&".join(f"offer={quote(offer)}" for offer in form.all("offer"))
    if form.action != ASK or not (saved.request_id or principal.may(CHANGE)):
        return redirect(f"/placements/searches/{search_id}/compare?{query}")
    request_id = saved.request_id or await actions.from_search(uow, search_id)
    return redirect(f"{path_of(request_id)}/ask?{query}")


handlers: Final = [listed, ask_new, start, from_search, chosen]
