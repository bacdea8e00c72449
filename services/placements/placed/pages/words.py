"""How a placement reads on a page. `said` in every template of placements made."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.placements.enquiries.pages.words import Choice
from services.placements.placed.codes import reasons, recipients
from services.placements.placed.model import NoticeNow, PlacementRecord, PlacementRow

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "planned": ("Planned", "blue"),
    "ready": ("Ready to start", "green"),
    "started": ("Lives there", "green"),
    "paused": ("Paused", "yellow"),
    "ending": ("To end", "yellow"),
    "ended": ("Ended", "grey"),
    "cancelled": ("Cancelled", "grey"),
}
BREAKS: Final[Mapping[str, tuple[str, str]]] = {
    "planned": ("Planned", "blue"),
    "started": ("There now", "green"),
    "ended": ("Ended", "grey"),
    "cancelled": ("Cancelled", "grey"),
}
"""The stays of a series of short breaks."""
STEPS: Final = {
    "give_notice": "Give notice",
    "review_to_end": "Record that a review decided on an end",
    "keep": "Keep the placement after all",
    "unready": "Not ready after all",
}
"""Steps that need nothing more than a button."""

OUTSIDE_STEPS: Final = {
    "give_notice": "Record that the provider gave notice",
    "review_to_end": STEPS["review_to_end"],
    "keep": STEPS["keep"],
    "unready": STEPS["unready"],
}
ROUTES: Final = {
    "none": "The home stands in your own area: no approval by distance is needed.",
    "nominated_officer": "The home stands in an adjoining area: the nominated officer approves it.",
    "director": "The home stands at a distance: the director approves it.",
}
"""Whose approval a home outside Careshare takes by where it stands (CPPCR 2010 reg 11)."""

HOW: Final = (("letter", "Letter"), ("email", "E-mail"), ("in_person", "In person"), ("telephone", "Telephone"))
SIGNED: Final = (("carer", "The foster carer"), ("manager", "The registered manager"))
OPENED_FOR: Final = (
    ("placement", "The placement is being prepared or looked at"),
    ("visit", "A visit to the child"),
    ("emergency", "An emergency"),
)
"""Why somebody needs a confidential address. The code stands in the audit record as the purpose."""


def how(code: str | None) -> str:
    """How a notice was sent, in words."""
    return dict(HOW).get(code or "", "")


def signed(code: str | None) -> str:
    """Who signed the plan, in words."""
    return dict(SIGNED).get(code or "", "")


def title(record: PlacementRecord) -> str:
    """A placement in a heading: the child's name where it is open, else what both may always know."""
    if record.child and record.child.get("name"):
        return str(record.child["name"])
    return "A child’s placement"


def place(row: PlacementRow) -> str:
    """Whose home, or whose child."""
    return row.other if row.side == "placing" else f"A child of {row.other}"


def number(row: PlacementRow) -> str:
    """A placement in a list of its side: by the request's number, or by whose child it is."""
    return f"Request {row.number}" if row.number else place(row)


def home(body: Mapping[str, Any] | None) -> dict[str, Any]:
    """Who and where the home is, without its address where that is confidential."""
    found = dict(body or {})
    if found.get("confidential"):
        found = {name: value for name, value in found.items() if name not in {"address", "postcode"}}
    return found


def end_reason(code: str | None) -> str:
    """Why a placement ended, in words."""
    known = reasons("end").get(code or "")
    return f"{known.label} ({known.code})" if known else (code or "")


def choices(name: str) -> list[Choice]:
    """The reasons of a list, as form fields want them; SSDA903 codes stand with their own."""
    return [(code, f"{one.label} ({code})" if name == "end" else one.label) for code, one in reasons(name).items()]


def told(notices: Sequence[NoticeNow]) -> list[Choice]:
    """Whom a notice can be recorded for."""
    codes = dict.fromkeys(one.recipient for one in notices)
    return [(code, recipients()[code].label) for code in codes]


def dealt_with(one: NoticeNow) -> bool:
    """Whether nothing is owed any more."""
    return one.sent_on is not None or bool(one.not_practicable)
