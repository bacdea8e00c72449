"""Asking homes for a request: which, what each will see, and then all at once."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.errors import FieldError, NotFound
from careshare.web import Form, notice, parse, read_form, redirect
from services.placements import actions as searching
from services.placements import clocks
from services.placements.enquiries import actions, outside, queries
from services.placements.enquiries.model import MOST_AT_ONCE, Ask
from services.placements.enquiries.pages.forms import ASKED, Http, show
from services.placements.enquiries.permissions import SEND
from services.placements.enquiries.records import EnquiryRow
from services.placements.need import check
from services.placements.pages import cards
from services.placements.pages.criteria import Judged
from services.placements.queries import today
from services.placements.requests import queries as requests
from services.placements.requests import rules
from services.placements.requests.pages import words as of_requests
from services.placements.requests.pages.forms import REQUEST, attempt
from services.placements.requests.pages.forms import path_of as path_of_request
from services.placements.requests.records import RequestRecord
from services.placements.settings import own
from services.placements.terms import words as of_terms
from services.placements.terms.model import ChildAsked
from services.placements.terms.rules import STANDARD, checked

ASK: Final = f"{REQUEST}/ask"
SENT = notice("enquiries.sent", "The homes are asked. Their answers come here")
CONFIRMED: Final = "checked"


class Home(msgspec.Struct, frozen=True):
    """A home that could be asked: its card, and how it stands where it was asked before."""

    card: cards.Card
    asked: EnquiryRow | None


class Choice(msgspec.Struct, frozen=True):
    """The homes found for a request now, those that fit and those that nearly do."""

    homes: Sequence[Home]
    near: Sequence[Home]
    searched: bool

    def chosen(self, offers: Sequence[UUID]) -> list[Home]:
        """The homes with these notices that may be asked, in the order found."""
        wanted = {str(one) for one in offers}
        return [home for home in (*self.homes, *self.near) if home.card.id in wanted and home.asked is None]


async def _choice(uow: Uow, record: RequestRecord, wanted: Sequence[UUID] = ()) -> Choice:
    """The homes found now, with those that were chosen farther down a list."""
    searches = await requests.searches(uow, record.id)
    if not searches:
        return Choice([], [], searched=False)
    day = today()
    need = check(rules.as_need(record, day), day)
    found = await searching.run(uow, searches[0].id, need, request_id=record.id)
    asked = {one.offer_id: one for one in await queries.of_request(uow, record.id)}
    shown = {one.offer_id for one in (*found.results, *found.near_misses)}
    farther = [offer for offer in wanted if offer not in shown]
    more = await searching.open_offers(uow, searches[0].id, farther, need) if farther else []
    fitting = [one for one, of in more if of.total]
    nearly = [one for one, of in more if not of.total]

    def home(one: Any) -> Home:
        judged = Judged(one, found.asked, found.today, found.stale_after_days)
        before = asked.get(one.offer_id)
        return Home(cards.card(judged, searches[0].id, []), before)

    return Choice(
        [home(one) for one in (*found.results, *fitting)],
        [home(one) for one in (*found.near_misses, *nearly)],
        searched=True,
    )


@get(ASK, opt=needs(SEND), include_in_schema=False)
async def choose(
    request: Http,
    uow: NamedDependency[Uow],
    placement_request_id: FromPath[UUID],
    offer: FromQuery[list[UUID] | None] = None,
) -> Response[str]:
    """Which homes to ask, among those found for the request now."""
    form = Form({"offer_ids": [str(one) for one in offer[:MOST_AT_ONCE]]} if offer else {})
    return await _choose(request, uow, placement_request_id, form)


async def _choose(
    request: Http, uow: Uow, request_id: UUID, form: Form, errors: Sequence[FieldError] = ()
) -> Response[str]:
    record = await requests.whole(uow, request_id)
    choice = await _choice(uow, record, _ids(form.all("offer_ids")))
    return show(
        request,
        "ask",
        form=form,
        errors=list(errors),
        record=record,
        said=of_requests.children(record),
        choice=choice,
        priced=of_terms,
        options=[*_options(choice.homes), *_options(choice.near, "nearly fits")],
        asked=await queries.listed(uow, "placing", stages=queries.ALL_STAGES, request_id=request_id),
        outside=await outside.of_request(uow, request_id),
        to=f"{path_of_request(request_id)}/ask",
        back=path_of_request(request_id),
    )


def _ids(typed: Sequence[str]) -> list[UUID]:
    """The identifiers among what a form holds, no more than may be asked at once."""
    found: list[UUID] = []
    for one in typed[:MOST_AT_ONCE]:
        with suppress(ValueError):
            found.append(UUID(one))
    return found


def _options(homes: Sequence[Home], mark: str = "") -> list[tuple[str, str, str]]:
    said = f" ({mark})" if mark else ""
    return [(one.card.id, f"{one.card.title}{said}", _hint(one.card)) for one in homes if one.asked is None]


def _hint(card: cards.Card) -> str:
    unknown = [f"{name}: {said}" for name, said in card.fit if name != "Meets"]
    takes = [f"It would take: {one}" for one in card.takes]
    return ". ".join([" · ".join(card.facts), *unknown, *takes])


@post(ASK, opt=needs(SEND), include_in_schema=False)
async def ask(
    request: Http,
    uow: NamedDependency[Uow],
    placement_request_id: FromPath[UUID],
) -> Response[Any]:
    """Show what the chosen homes will see; once that was looked at, ask them."""
    form = await read_form(request)
    typed, row_of = of_terms.chosen(form)
    named = [*("offer_ids", "child_ids", "need_level"), *(name for name in typed.names() if name.startswith("supple"))]
    value, errors = parse(Form({name: typed.all(name) for name in named if typed.all(name)}), Ask)
    if value is not None:
        errors = checked(value.need_level or STANDARD, value.supplement, today())
    if value is None or errors:
        errors = [FieldError(of_terms.in_row(one.field, row_of), one.message) for one in errors]
        return await _choose(request, uow, placement_request_id, form, errors)
    if form.get(CONFIRMED) == "yes":
        refused = await attempt(uow, lambda: actions.ask(uow, placement_request_id, value))
        if refused is None:
            return redirect(f"{ASKED}?request_id={placement_request_id}", SENT)
        errors = [FieldError("", one.message) for one in refused]
    return await _look(request, uow, placement_request_id, value, errors)


async def _look(request: Http, uow: Uow, request_id: UUID, value: Ask, errors: Sequence[FieldError]) -> Response[str]:
    record = await requests.whole(uow, request_id)
    chosen = (await _choice(uow, record, value.offer_ids)).chosen(value.offer_ids)
    if not chosen:
        gone = FieldError("offer_ids", "These homes are no longer offered, or are asked already. Choose others")
        return await _choose(request, uow, request_id, Form({}), [gone])
    flags = rules.flags(record, await requests.rulings(uow, request_id))
    only = value.child_ids or None
    if only is not None and not {one.id for one in record.children} >= set(only):
        raise NotFound
    due = clocks.due(f"enquiry_{record.kind}", datetime.now(UTC), await own(uow))
    return show(
        request,
        "look",
        422 if errors else None,
        form=Form({}),
        errors=list(errors),
        record=record,
        said=of_requests.children(record),
        chosen=chosen,
        hidden=_hidden(value),
        wanted=_wanted(value),
        brief=rules.profile(record, 2, today(), only),
        fuller=rules.profile(record, 3, today(), only),
        undecided=sum(one.why is None for one in flags),
        due=due,
        to=f"{path_of_request(request_id)}/ask",
        back=path_of_request(request_id),
    )


def _wanted(value: Ask) -> str:
    """What is asked for beyond a place, in words; empty where nothing is."""
    if value.need_level is None and not value.supplement:
        return ""
    return of_terms.asked(ChildAsked(value.need_level or STANDARD, value.supplement))


def _hidden(value: Ask) -> Mapping[str, Sequence[UUID | str]]:
    """What is asked, to be sent once it was looked at."""
    found: dict[str, Sequence[UUID | str]] = {"offer_ids": value.offer_ids, "child_ids": value.child_ids}
    if value.need_level:
        found["need_level"] = [value.need_level]
    for number, one in enumerate(value.supplement, 1):
        found[f"supplement-{number}-code"] = [one.code]
        found[f"supplement-{number}-quantity"] = [of_terms.number(one.quantity)]
    return found


handlers: Final = [choose, ask]
