"""Up to four homes of a search side by side: what decides between them, one row each. For the screen and for paper."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import page
from careshare.web.filters import long_date, sentence
from services.placements import actions, queries
from services.placements.answers import FoundHome
from services.placements.pages import asked as asked_pages
from services.placements.pages import cards, criteria, summary, words
from services.placements.pages.asking import Http
from services.placements.pages.criteria import Judged
from services.placements.pages.searches import SEARCHES, known_before, path_of

MOST: Final = 4
"""Homes side by side: as many as fit on a sheet of paper across."""


class Line(msgspec.Struct, frozen=True):
    """One row: what it is about, and what each home has to say to it, a line or several."""

    name: str
    cells: list[list[str]]


@get(SEARCHES + "/{search_id:uuid}/compare", opt=needs("placement:search"), include_in_schema=False)
async def compare(
    *,
    request: Http,
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    search_id: FromPath[UUID],
    offer: FromQuery[list[UUID] | None] = None,
) -> Response[str]:
    """The chosen homes, judged for the search now; opening them is on both authorities' record."""
    search = await queries.saved(uow, search_id)
    chosen = list(dict.fromkeys(offer or []))
    opened = await actions.open_offers(uow, search_id, chosen[:MOST])
    homes = [Judged(home, found.asked, found.today, found.stale_after_days) for home, found in opened]
    before = await known_before(uow, search, principal) if homes else []
    contacts = await cards.contacts(uow, [one.home for one in homes], principal) if homes else {}
    marks = asked_pages.marks(before)
    ask_at, not_again = asked_pages.ask_at(search, before, principal)
    shown = [
        cards.card(
            one,
            search_id,
            [],
            contacts.get(one.home.offer_id),
            asked=marks.get(one.home.offer_id, ()),
            ask=f"{ask_at}?offer={one.home.offer_id}" if ask_at and one.home.offer_id not in not_again else "",
        )
        for one in homes
    ]
    return page(
        request,
        "placements/compare.html",
        cards=shown,
        lines=lines(homes, shown) if homes else [],
        who=summary.who(homes[0].asked) if homes else "",
        gone=len(chosen[:MOST]) - len(homes),
        too_many=len(chosen) > MOST,
        most=MOST,
        back=path_of(search_id),
        ask_at=ask_at,
        ask_all=[one.id for one in shown if one.ask],
    )


def lines(homes: Sequence[Judged], shown: Sequence[cards.Card]) -> list[Line]:
    """The rows of the comparison; one about which no home says anything is left out."""
    found = [
        Line("Kind of home", [[one.kind] for one in shown]),
        Line("From home", [_some(criteria.distance(one.home, one.home.miles_from_home)) for one in homes]),
        Line("From school", [_some(criteria.distance(one.home, one.home.miles_from_school)) for one in homes]),
        Line("Soonest", [[_free(one)] for one in homes]),
        Line("Approval", [[one.approval] for one in shown]),
        Line("Ages and limit", [_ages(one.home) for one in homes]),
        Line("Ofsted and education", [_of_home(one.home) for one in homes]),
        Line("Places", [[criteria.places(one.home.notice)] for one in homes]),
        Line("Brothers and sisters", [_together(one) for one in homes]),
        Line("Price", [_some(one.price) for one in shown]),
        Line("Fits", [_some(_named(one, "Meets")) for one in shown]),
        Line("Not ideal", [_not_ideal(one) for one in shown]),
        Line("Vacancy confirmed", [[criteria.confirmed(one.home.notice)] for one in homes]),
        Line("Asked before", [[f"{mark.tag[0]}: {mark.reason or mark.text}" for mark in one.asked] for one in shown]),
        Line("Ring", [[one.ring, one.phone] for one in shown]),
    ]
    kept = [line for line in found if any(line.cells)]
    return [Line(line.name, [[_capital(text) for text in cell] for cell in line.cells]) for line in kept]


def _some(text: str) -> list[str]:
    return [text] if text else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _free(judged: Judged) -> str:
    notice = judged.home.notice
    return words.free(notice.free_from, notice.free_until, judged.today)


def _ages(home: FoundHome) -> list[str]:
    notice = home.notice
    limit = [criteria.limit(notice)] if notice.kind == "foster_home" else []
    return [f"{words.ages(notice.age_min, notice.age_max)}, {words.sexes(notice.sex)}", *limit]


def _of_home(home: FoundHome) -> list[str]:
    """Ofsted's judgement, until when it is staffed and whether there is a school, for a home that is no foster home."""
    of = home.notice.home
    if of is None:
        return []
    school = ["education on site"] if of.education_on_site else []
    return [words.judgement(of).removeprefix("Ofsted: "), f"staffed until {long_date(of.staffed_until)}", *school]


def _together(judged: Judged) -> list[str]:
    """Whether all of them can live there, where there are several; and who shares a bedroom."""
    if len(judged.asked.ages) < 2:
        return []
    notice = judged.home.notice
    fits = notice.places >= len(judged.asked.ages) and judged.home.hard.limit != "not_met"
    rooms = [criteria.bedrooms(notice)] if notice.kind == "foster_home" else []
    return ["all of them together" if fits else "not all of them together", *rooms]


def _named(card: cards.Card, name: str) -> str:
    return sentence(text for title, text in card.fit if title == name)


def _not_ideal(card: cards.Card) -> list[str]:
    """What it would take, what is not met and what is not known."""
    not_met, unknown = _named(card, "Does not meet"), _named(card, "Not known")
    return [
        *card.takes,
        *_some(f"Does not meet: {not_met}" if not_met else ""),
        *_some(f"Not known: {unknown}" if unknown else ""),
        *card.unknown,
    ]


handlers = [compare]
