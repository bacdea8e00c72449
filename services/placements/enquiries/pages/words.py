"""How an enquiry reads on a page. `say` in every template of enquiries."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from careshare.web.filters import due, plural
from services.placements.enquiries.codes import label, reasons
from services.placements.enquiries.records import EnquiryRecord, EnquiryRow, HoldNow, Line
from services.placements.pages import words
from services.placements.queries import today

Choice = tuple[str, str]

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "sent": ("Asked", "blue"),
    "accepted": ("Accepted", "green"),
    "proposed": ("Match proposed", "green"),
    "matching": ("Consents wanted", "yellow"),
    "matched": ("Matched", "green"),
    "placed": ("Placed", "green"),
    "ended": ("Ended", "grey"),
    "declined": ("Declined", "red"),
    "withdrawn": ("Withdrawn", "grey"),
    "lapsed": ("Not answered", "red"),
    "cancelled": ("Cancelled", "grey"),
}
KINDS: Final = {
    "foster_home": "Foster home",
    "residential_home": "Children’s home",
    "supported_accommodation": "Supported accommodation",
}
STEPS: Final = {
    ("enquiry", "accept"): "Accepted",
    ("enquiry", "decline"): "Declined",
    ("enquiry", "accepted_by_telephone"): "Accepted, by telephone",
    ("enquiry", "declined_by_telephone"): "Declined, by telephone",
    ("enquiry", "confirm_answer"): "Confirmed the answer given by telephone",
    ("enquiry", "withdraw"): "Withdrawn",
    ("enquiry", "lapse"): "Nobody answered in time",
    ("enquiry", "close"): "Closed: the sharing agreement is over",
    ("enquiry", "propose"): "Proposed a match",
    ("enquiry", "list_consents"): "Listed the consents that are needed",
    ("enquiry", "agree"): "Matched: everybody whose consent was needed has agreed",
    ("hold", "ask"): "Asked to keep the place",
    ("hold", "take"): "Took the place for now",
    ("hold", "grant"): "Keeps the place",
    ("hold", "extend"): "Keeps the place longer",
    ("hold", "refuse"): "Will not keep the place",
    ("hold", "end"): "Keeps the place no longer",
    ("hold", "release"): "Let the place go",
    ("hold", "lapse"): "The time for keeping the place ran out",
    ("placement", "make_ready"): "The placement is ready to start",
    ("placement", "unready"): "The placement is planned again",
    ("placement", "start"): "The placement started",
    ("placement", "vary"): "The placement’s dates changed",
    ("placement", "pause"): "The placement is paused",
    ("placement", "resume"): "The placement goes on",
    ("placement", "give_notice"): "Gave notice",
    ("placement", "review_to_end"): "A review decided that the placement ends",
    ("placement", "keep"): "The placement stays after all",
    ("placement", "end"): "The placement ended",
    ("placement", "end_at_once"): "The placement ended at once",
    ("placement", "cancel"): "The placement was cancelled",
}
"""Every step of `placements.step_rule` that people take, as a line of the thread."""

_CODES: Final = {
    ("enquiry", "decline"): "neutral",
    ("enquiry", "declined_by_telephone"): "neutral",
    ("enquiry", "withdraw"): "withdraw",
    ("hold", "end"): "hold_end",
    ("hold", "refuse"): "hold_refuse",
}
_DAY: Final = 24 * 60


def whom(row: EnquiryRow) -> str:
    """The children by age and sex; how many there are where the profile is closed."""
    said = words.children(row.ages, row.sexes) if row.ages else plural(row.children, "child", "children")
    return said[:1].upper() + said[1:]


def place(row: EnquiryRow) -> str:
    """What a home is called: whose it is and the area its notice shows; by its own authority, its name."""
    kind = KINDS[row.kind]
    if row.side == "providing":
        return row.place or kind
    where = f" · {words.area(row.place)}" if row.place and row.place != row.other else ""
    return f"{row.other}{where}"


def moment(at: datetime, now: datetime | None = None) -> str:
    """A moment within a sentence: "6:12pm today", "9am on 3 December 2026", "the end of tomorrow"."""
    said = due(at, now)
    return f"the {said}" if said.startswith("end of") else said


def length(minutes: int) -> str:
    """How long, in words: "2 days 3 hours", "1 hour 5 minutes"."""
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, _DAY)
    hours, left = divmod(rest, 60)
    parts = [(days, "day"), (hours, "hour"), (left if not days else 0, "minute")]
    return " ".join(plural(count, name) for count, name in parts if count)


def left(at: datetime, now: datetime | None = None) -> str:
    """How long there is until a moment, or how long it is over."""
    minutes = int((at - (now or datetime.now(UTC))).total_seconds() // 60)
    return f"{length(minutes)} left" if minutes >= 0 else f"over by {length(-minutes)}"


def late(at: datetime) -> bool:
    """Whether a moment is past."""
    return at <= datetime.now(UTC)


def hold(one: HoldNow | None) -> str:
    """How the hold stands, in a sentence."""
    if one is None:
        return "No place is kept."
    if one.stage == "granted" and one.until is not None:
        if late(one.until):
            return f"The place was kept until {moment(one.until)}. That is over: anybody may take it."
        return f"The place is kept until {moment(one.until)}: {left(one.until)}."
    return {
        "asked": f"Keeping the place was asked for at {moment(one.asked_at)}. The owner has not answered yet.",
        "refused": "The owner will not keep the place.",
        "ended": "The owner keeps the place no longer.",
        "released": "The place was let go.",
        "lapsed": "The time for keeping the place ran out.",
        "confirmed": "The place is taken for this match.",
    }.get(one.stage, "No place is kept.")


def step(line: Line) -> str:
    """A line of the thread in words, with its coded reason."""
    said = STEPS.get((line.machine, line.step), line.step.replace("_", " ").capitalize())
    listed = _CODES.get((line.machine, line.step))
    reason = f": {label(listed, line.code).lower()}" if listed and line.code else ""
    heard = f" (heard from: {line.heard_from})" if line.heard_from else ""
    return f"{said}{reason}{heard}"


def by(line: Line, other: str, ours: str) -> str:
    """Who took a step: a colleague by name, the other side by its authority."""
    return (line.by or ours) if line.ours else other


def why_declined(code: str) -> str:
    """The true reason of a decline, for the side that gave it."""
    return label("decline", code)


HOWS: Final = {"telephone": "Telephone", "email": "E-mail", "portal": "The agency’s own portal"}
_SAID: Final = {"offered": "green", "declined": "red", "ring_back": "blue", "no_answer": "yellow", "withdrawn": "grey"}


def outside(answer: str | None) -> tuple[str, str]:
    """What one outside said last, and the colour of its tag."""
    return (label("outside", answer), _SAID[answer]) if answer else ("Asked", "blue")


def why(row: EnquiryRow) -> str:
    """Why an enquiry is over, as both sides see it; empty where there is no reason to give."""
    listed = {"declined": "neutral", "withdrawn": "withdraw"}.get(row.stage)
    return label(listed, row.reason) if listed and row.reason else ""


def neutral(code: str | None) -> str:
    """The reason of a no, as others see it."""
    return label("neutral", code) if code else ""


FILES: Final = {
    "received": ("Being checked", "blue"),
    "scanning": ("Being checked", "blue"),
    "refused": ("Refused", "red"),
    "not_scanned": ("Not scanned for viruses", "yellow"),
    "clean": ("Checked", "green"),
}
"""How a file stands, and the colour of its tag."""


def may_attach(record: EnquiryRecord) -> bool:
    """Whether files may be put beside it now."""
    return record.stage in {"accepted", "proposed", "matching", "matched", "placed"}


def may_name(record: EnquiryRecord) -> bool:
    """Whether names are open to both sides."""
    return record.stage in {"matched", "placed"}


def choices(name: str) -> list[Choice]:
    """The reasons of a list, as form fields want them."""
    return [(code, one.label) for code, one in reasons(name, today()).items()]


def closed(record: EnquiryRecord) -> str:
    """What is closed to the other side now, and why; empty while it is open."""
    if record.stage not in {"declined", "withdrawn", "lapsed", "cancelled", "ended"}:
        return ""
    if record.side == "placing":
        them = "these children" if record.children > 1 else "this child"
        return f"{record.other} can no longer read the profile of {them}."
    return "The profile is closed again. What you read was for this enquiry alone."
