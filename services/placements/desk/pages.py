"""The desk as a page: two tables, the soonest due first, late ones in words."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from careshare.access import needs
from careshare.database import Uow
from careshare.identity import Principal
from careshare.web import page
from careshare.web.filters import within
from services.placements.changes.codes import label
from services.placements.changes.words import FLAGS
from services.placements.desk import queries
from services.placements.desk.queries import Waiting
from services.placements.matches.rules import kinds as consents

PATH: Final = "/placements/desk"

WORDS: Final = {
    "answer_enquiry": "Answer an enquiry",
    "confirm_answer": "Confirm an answer taken by telephone",
    "list_consents": "Say whose consent the home needs",
    "choose_home": "A home accepted: choose it or withdraw",
    "their_answer": "An answer to an enquiry",
    "their_consents": "Whose consent the home needs",
    "consent": "Consent",
    "home_consent": "Consent",
    "consent_asked": "Another authority asks",
    "grant_hold": "Somebody asks to hold a place",
    "make_ready": "Make a placement ready",
    "start": "Record that the child has come",
    "notice": "Notices of a placement",
    "host_notice": "Tell the host authority of a child in your home",
    "clock": "Do what an emergency placement put off",
    "outside_ready": "Make a placement outside Careshare ready",
    "outside_start": "Record that a child has come to a home outside Careshare",
    "outside_approval": "Approve a home outside Careshare",
    "outside_notice": "Notices of a placement outside Careshare",
    "stay_start": "A short break begins",
    "stay_end": "Record that a child has left after a short break",
    "ask_homes": "A request for which no home is asked",
    "flag": "Something has changed: look at it",
}
"""How each kind of waiting reads."""


class Line(msgspec.Struct, frozen=True):
    """One line of the desk."""

    words: str
    path: str
    waiting: Waiting
    late: bool


def words_of(waiting: Waiting) -> str:
    """How one thing that waits reads: of a change what changed, of a consent which."""
    if waiting.code is None:
        return WORDS[waiting.what]
    if waiting.what == "flag":
        return label(waiting.code)
    return f"{WORDS[waiting.what]}: {within(consents()[waiting.code].label)}"


def path_of(waiting: Waiting) -> str:
    """The page on which to see to it."""
    match waiting.what:
        case "ask_homes":
            return f"/placements/requests/{waiting.id}"
        case "make_ready" | "notice" | "clock":
            return f"/placements/made/{waiting.id}"
        case "start" | "host_notice":
            return f"/placements/in-our-homes/{waiting.id}"
        case "outside_ready" | "outside_start" | "outside_approval" | "outside_notice":
            return f"/placements/outside/{waiting.id}"
        case "stay_start" | "stay_end":
            return f"/placements/in-our-homes/{waiting.id}/short-breaks"
        case "flag":
            return f"{FLAGS}/{waiting.id}"
        case "consent_asked":
            return "/placements/consents"
        case "list_consents" | "home_consent":
            return f"/placements/to-answer/{waiting.id}/match"
        case "consent":
            return f"/placements/enquiries/{waiting.id}/match"
        case "answer_enquiry" | "confirm_answer" | "grant_hold":
            return f"/placements/to-answer/{waiting.id}"
        case _:
            return f"/placements/enquiries/{waiting.id}"


@get(PATH, opt=needs("desk:read"), include_in_schema=False)
async def show_desk(
    request: Request[Any, Any, Any],
    uow: NamedDependency[Uow],
    principal: NamedDependency[Principal],
    mine: FromQuery[bool] = False,
) -> Response[str]:
    """What waits for me or my authority, and for whom it waits."""
    found = await queries.desk(uow, mine=mine, roles=principal.roles)
    now = datetime.now(UTC)
    lines = [
        Line(words_of(one), path_of(one), one, late=one.due is not None and one.due <= now) for one in found.waiting
    ]
    return page(
        request,
        "placements/desk/desk.html",
        ours=[line for line in lines if line.waiting.waits == "us"],
        theirs=[line for line in lines if line.waiting.waits == "them"],
        taken=found.taken,
        mine=mine,
    )


router = Router("/", route_handlers=[show_desk])
