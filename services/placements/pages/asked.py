"""Who was asked before, as the search's pages show it: on each home's card, and all of them together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from careshare.identity import Principal
from careshare.web.filters import ago, money
from services.placements.answers import Search
from services.placements.before import Before, by_offer
from services.placements.enquiries.pages import words as enquiries
from services.placements.enquiries.permissions import SEND
from services.placements.enquiries.queries import OPEN_STAGES
from services.placements.pages import words
from services.placements.pages.cards import Mark

NOT_AGAIN: Final = (*OPEN_STAGES, "declined")
"""Stages of an enquiry at which a home is not asked once more for the same request."""


def mark(one: Before) -> Mark:
    """One that was asked, in words. The reason of a no is the one that others see."""
    if one.how == "call":
        outcome = one.said or ""
        tag = words.OUTCOMES.get(outcome, outcome), words.OUTCOME_COLOURS.get(outcome, "grey")
        text = f"on the telephone, in another search, {ago(one.at.date())}"
        return Mark(_who(one), _kind(one), tag, text, "", "")
    outside = one.how == "outside"
    tag = enquiries.outside(one.said) if outside else enquiries.STAGES[one.said or "sent"]
    about = "" if one.this_request else f", for request {one.number}"
    heard = ", answered by telephone" if one.by_telephone else ""
    price = f", {money(one.weekly_price)} a week" if one.weekly_price is not None else ""
    waits = one.respond_by if one.said in {None, "sent"} else None
    root = "/placements/enquiries/outside" if outside else "/placements/enquiries"
    return Mark(
        _who(one),
        _kind(one),
        tag,
        f"asked {ago(one.at.date())}{about}{heard}{price}",
        enquiries.neutral(one.reason) if one.said == "declined" else "",
        f"{root}/{one.id}",
        f"answer by {enquiries.moment(waits)}, {enquiries.left(waits)}" if waits else "",
        waits is not None and enquiries.late(waits),
    )


def marks(found: Iterable[Before]) -> Mapping[UUID, Sequence[Mark]]:
    """What became of each notice that was asked about."""
    return {offer: [mark(one) for one in asked] for offer, asked in by_offer(found).items()}


def ask_at(search: Search, before: Iterable[Before], principal: Principal) -> tuple[str, frozenset[UUID]]:
    """Where homes of a search are asked, empty where they cannot be; and those that are not asked again."""
    if search.request_id is None or not principal.may(SEND):
        return "", frozenset()
    over = [one for one in before if one.how == "enquiry" and one.this_request and one.said in NOT_AGAIN]
    asked = frozenset(one.offer_id for one in over if one.offer_id is not None)
    return f"/placements/requests/{search.request_id}/ask", asked


def _who(one: Before) -> str:
    return f"{one.who} · {words.area(one.place)}" if one.place and one.place != one.who else one.who


def _kind(one: Before) -> str:
    return words.KINDS.get(one.kind or "", "")
