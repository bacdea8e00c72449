"""What a search finds, judged again at each opening; its call log; and the authority's recent searches."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, Invalid
from careshare.http.paging import DEFAULT_LIMIT, Paging
from careshare.identity import Principal
from careshare.web import Form, asks, bar_chart, notice, page, parse, read_form, redirect
from careshare.web.filters import plural
from services.placements import actions, queries
from services.placements.answers import Found, FoundHome, Search
from services.placements.before import Before, asked_before
from services.placements.enquiries.permissions import READ, SEND
from services.placements.need import asked
from services.placements.pages import asked as asked_pages
from services.placements.pages import cards, summary, words
from services.placements.pages.asking import SEARCH, TONIGHT, Http
from services.placements.pages.criteria import Judged

SEARCHES = "/placements/searches"
PAGE = 10
"""Homes on one page: few enough to read through on a telephone."""
NEAR = 5
"""Near misses that are shown at once; the others open."""

LOGGED = notice("placements.logged", "The call is saved. The list is in its new order.")

Outcome = Literal["will_take", "ring_back", "no_answer", "said_no"]


class Called(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What came of a call."""

    offer: Annotated[UUID, asks("a home")]
    outcome: Annotated[Outcome, asks("what they said", missing="Select what they said")]
    children: Annotated[int, asks("how many children they will take", ge=1)] | None = None
    note: Annotated[str, asks("the note", max_length=actions.NOTE_LENGTH)] = ""


class Listed(msgspec.Struct, frozen=True):
    """One search in the list."""

    id: UUID
    what: str
    more: str
    reference: str | None
    made: Search
    made_by: str


def path_of(search_id: UUID) -> str:
    """The address of a search."""
    return f"{SEARCHES}/{search_id}"


def _paging(request: Http, principal: Principal, search_id: UUID) -> Paging:
    secret: str = request.app.state.settings.secret_key
    return Paging(secret, principal.authority_id, "placements page", {"search": str(search_id)})


@get(SEARCHES + "/{search_id:uuid}", opt=needs("placement:search"), include_in_schema=False)
async def results(
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    search_id: FromPath[UUID],
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """What a search finds now, from the first or from further down."""
    return await _results(request, uow, principal, search_id, after=after)


async def _results(
    request: Http,
    uow: Uow,
    principal: Principal,
    search_id: UUID,
    *,
    after: str | None = None,
    form: Form | None = None,
    errors: list[FieldError] | None = None,
) -> Response[str]:
    paging = _paging(request, principal, search_id)
    begins = paging.after(after, tuple[float, UUID])
    search, found = await actions.open_search(uow, search_id, after=begins, limit=PAGE)
    calls = cards.by_offer(await queries.calls(uow, search_id))
    contacts = await cards.contacts(uow, [*found.results, *found.near_misses], principal)
    before = await known_before(uow, search, principal)
    marks = asked_pages.marks(before)
    ask_at, not_again = asked_pages.ask_at(search, before, principal)

    def card(home: FoundHome) -> cards.Card:
        judged = Judged(home, found.asked, found.today, found.stale_after_days)
        return cards.card(
            judged,
            search_id,
            calls.get(home.offer_id, []),
            contacts.get(home.offer_id),
            asked=marks.get(home.offer_id, ()),
            ask=f"{ask_at}?offer={home.offer_id}" if ask_at and home.offer_id not in not_again else "",
        )

    here = frozenset(home.offer_id for home in (*found.results, *found.near_misses))
    plans = cards.plans(found, search_id, here)
    return page(
        request,
        "placements/results.html",
        form=form,
        errors=errors or [],
        search=search,
        heading=f"Homes for {summary.who(found.asked)}",
        them=summary.them(found.asked),
        asked=summary.rows(search.need, found.asked),
        change=_change(search, principal),
        kinds_at=_change(search, principal, "home", "kind-of-home"),
        add_detail=f"{SEARCH}?search={search_id}" if search.kind == "tonight" and not search.request_id else None,
        jumps=_jumps(found, plans, further=after is not None),
        unmet=found.unmet_need_id is not None,
        plans=plans,
        apart=bool(search.need.apart),
        homes=[card(home) for home in found.results],
        homes_title="More homes" if after else plural(found.total, "home"),
        by_kind="" if after else words.counted(msgspec.structs.asdict(found.by_kind)),
        more=f"{path_of(search_id)}?after={paging.cursor(*found.after)}" if found.after else None,
        first_page=path_of(search_id) if after else None,
        near=[card(home) for home in found.near_misses],
        near_first=NEAR,
        near_total=found.near_misses_total,
        others=[cards.said(call) for offer, log in calls.items() if offer not in here for call in log],
        excluded=None if after else _excluded(found),
        own_homes=found.own_homes,
        log=log_form(search_id, len(found.asked.ages), principal),
        before=[asked_pages.mark(one) for one in before],
        may_ask=bool(ask_at) or (not search.request_id and principal.may(SEND) and principal.may("request:change")),
    )


def _change(search: Search, principal: Principal, section: str = "", anchor: str = "") -> str:
    """Where what was asked for is changed: at the request it is for, or else in the form it was made with."""
    if search.request_id is not None and principal.may("request:change"):
        return f"/placements/requests/{search.request_id}{'/' + section if section else ''}"
    form = SEARCH if anchor or search.kind != "tonight" else TONIGHT
    return f"{form}?search={search.id}{'#' + anchor if anchor else ''}"


async def known_before(uow: Uow, search: Search, principal: Principal) -> list[Before]:
    """Who was asked for the child of a search already, for whoever may read enquiries."""
    if not principal.may(READ):
        return []
    return await asked_before(uow, search.id, request_id=search.request_id, reference=search.need.reference)


def _jumps(found: Found, plans: list[cards.PlanCard], *, further: bool) -> list[tuple[str, str]]:
    if further:
        return []
    counted = [
        (f"Plans for {summary.them(found.asked)}", "plans", bool(plans)),
        (plural(found.total, "home"), "homes", bool(found.results)),
        (plural(found.near_misses_total, "near miss", "near misses"), "near", bool(found.near_misses)),
        ("Why other homes of ours are not here", "excluded-title", bool(found.excluded)),
    ]
    return [(text, place) for text, place, there in counted if there]


def _excluded(found: Found) -> Any:
    rows = [(words.EXCLUDED[one.criterion], float(one.homes)) for one in found.excluded]
    return bar_chart("excluded", "Reasons and how many of our homes they hold for", rows) if rows else None


def log_form(search_id: UUID, children: int, principal: Principal) -> dict[str, Any] | None:
    """What the form for a call needs; None for whoever may not log one."""
    if not principal.may("placement:call"):
        return None
    return {
        "action": f"{path_of(search_id)}/calls",
        "outcomes": list(words.OUTCOMES.items()),
        "children": children,
    }


@post(SEARCHES + "/{search_id:uuid}/calls", opt=needs("placement:call"), include_in_schema=False, status_code=200)
async def log_call(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], search_id: FromPath[UUID]
) -> Response[Any]:
    """Keep what came of a call; the list is then in its new order for everybody at work on the search."""
    form = await read_form(request)
    called, errors = parse(form, Called)
    if called is not None:
        try:
            await actions.log_call(
                uow, search_id, called.offer, called.outcome, children=called.children, note=called.note
            )
        except Invalid as invalid:
            errors = list(invalid.errors)
        else:
            return redirect(f"{path_of(search_id)}#home-{called.offer}", LOGGED)
    errors = [FieldError(f"{error.field}-{form.get('offer')}", error.message) for error in errors]
    return await _results(request, uow, principal, search_id, form=form, errors=errors)


@get(SEARCHES, opt=needs("placement:search"), include_in_schema=False)
async def searches(
    request: Http, uow: NamedDependency[Uow], principal: NamedDependency[Principal], after: FromQuery[str | None] = None
) -> Response[str]:
    """What the authority has searched for lately, the latest first."""
    secret: str = request.app.state.settings.secret_key
    paging = Paging(secret, principal.authority_id, "placements searches page", {})
    last = paging.after(after, tuple[UUID])
    found = await queries.recent(uow, before=last[0] if last else None, limit=DEFAULT_LIMIT + 1)
    shown = found[:DEFAULT_LIMIT]
    more = f"{SEARCHES}?after={paging.cursor(shown[-1].id)}" if len(found) > DEFAULT_LIMIT else None
    return page(request, "placements/searches.html", searches=[_listed(one) for one in shown], more=more)


def _listed(search: Search) -> Listed:
    wanted = asked(search.need, search.need.starts or queries.today())
    what = summary.who(wanted)
    return Listed(
        search.id,
        what[:1].upper() + what[1:],
        summary.short(search.need, wanted),
        search.reference,
        search,
        search.made_by or "Somebody who has left",
    )


handlers = [results, log_call, searches]
