"""How changes read on a page, and where each leads. `told` in every template of changes."""

from typing import Final

from services.placements.changes.codes import by_person, recorded
from services.placements.changes.model import FlagRow

FLAGS: Final = "/placements/flags"

SUBJECTS: Final = {
    "request": "A request",
    "enquiry": "An enquiry",
    "hold": "A place that is kept",
    "placement": "A placement",
}

OPEN: Final = {
    "request": "Open the request",
    "enquiry": "Open the enquiry",
    "hold": "Open the enquiry with the place that is kept",
    "placement": "Open the placement",
}


def path_of(flag: FlagRow) -> str:
    """The page of what a flag is about, as its own side reads it."""
    ours = flag.side == "placing"
    if flag.placement_id:
        return f"/placements/{'made' if ours else 'in-our-homes'}/{flag.placement_id}"
    if flag.outside_placement_id:
        return f"/placements/outside/{flag.outside_placement_id}"
    if flag.enquiry_id:
        return f"/placements/{'enquiries' if ours else 'to-answer'}/{flag.enquiry_id}"
    return f"/placements/requests/{flag.request_id}"


def about(flag: FlagRow) -> str:
    """What a flag is about: a placement in a home of Birkdale."""
    what = SUBJECTS[flag.subject]
    if flag.other is None:
        return f"{what}, {flag.number}" if flag.number else what
    whose = f"with {flag.other}"
    return f"{what} {whose}, {flag.number}" if flag.number else f"{what} {whose}"


def reasons() -> list[tuple[str, str]]:
    """Why a flag may be cleared, as form fields want it."""
    return [(code, one.label) for code, one in by_person().items()]


def changes() -> list[tuple[str, str]]:
    """What may be recorded about a child's plan, as form fields want it."""
    return [(code, one.label) for code, one in recorded().items()]
