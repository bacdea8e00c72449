"""How the register reads on a page: states, terms, dates and codes in words. `say` in every template of this room."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from careshare.web.filters import LONDON, long_date, plural, sentence
from services.fostering.days import today
from services.fostering.queries import AHEAD
from services.fostering.records import ApprovalRecord, BedroomRecord, MemberRecord, PlaceCounts, PlaceRecord
from services.fostering.rules import age_on
from tenants.codes import codes, label

Choice = tuple[str, str] | tuple[str, str, str]

PLACE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "filled": ("Filled", "blue"),
    "vacant": ("Vacant", "green"),
    "held": ("Held", "yellow"),
    "not_available": ("Not available", "grey"),
}
"""The word and the colour of each state of a place."""

APPROVALS: Final = {
    "mainstream": "Approved foster carers",
    "connected": "Connected persons",
    "temporary": "Temporary approval",
}
STAGES: Final = {"current": ("In force", "green"), "future": ("To come", "blue"), "ended": ("Ended", "grey")}
SEXES: Final = {"M": "Male", "F": "Female", "U": "Not known"}
TERMS_SEX: Final = {"any": "Girls and boys", "F": "Girls only", "M": "Boys only"}
SHARING: Final = {"no": "Not shared", "siblings": "Siblings may share", "any": "Children may share"}
EXTENDED: Final = {
    "assessment": "the assessment is not finished",
    "irm": "the independent review is awaited",
}
DUE: Final[Mapping[str, str]] = {
    **codes("check"),
    "temporary_ends": "Temporary approval ends",
    "approval_ends": "Terms of approval end",
    "resignation_ends": "Approval ends after resignation",
    "confirm_vacancy": "Confirm the vacancy",
    "own_bedroom": "Third birthday: own bedroom",
    "past_age_limit": "Birthday past the age limit",
    "adult": "Eighteenth birthday: staying put",
}
"""What may be due, in the order in which the filter lists it."""


def choices(name: str) -> list[tuple[str, str]]:
    """The codes of a list and their names, as form fields want them."""
    return list(codes(name).items())


def pairs(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Any mapping of values to words, as form fields want it."""
    return list(names.items())


def closing_reasons() -> list[tuple[str, str]]:
    """Why somebody may say a place is not available; a solo placement says so by itself."""
    return [(code, reason) for code, reason in choices("closed_reason") if code != "solo_placement"]


def open_places(places: Iterable[PlaceRecord]) -> list[tuple[int, str]]:
    """The places a child might be put in, with how they stand now."""
    return [(one.number, f"Place {one.number} ({in_sentence(PLACE_STATES[one.state][0])} now)") for one in places]


def named(name: str, given: Iterable[str]) -> str:
    """Codes of a list as words in a sentence."""
    return sentence(label(name, code) for code in given)


def stated(name: str, given: Iterable[str] | None, none: str) -> str:
    """Codes in words; `none` where the list is empty; "Not stated" where nobody said."""
    return "Not stated" if given is None else named(name, given) or none


def yes_no(value: bool | None) -> str:
    """A yes, a no, or that nobody said."""
    return "Not stated" if value is None else "Yes" if value else "No"


def born(day: date | None) -> str:
    """A date of birth with the age today."""
    return "" if day is None else f"{long_date(day)} (aged {age_on(day, today())})"


def age(day: date) -> int:
    """Years of age today."""
    return age_on(day, today())


def ages(youngest: int, oldest: int) -> str:
    """An age range, both ends included."""
    return f"{youngest} to {oldest}" if youngest != oldest else str(youngest)


def last_day(until: date) -> date:
    """The last day of a period whose `until` is the first day after it."""
    return until - timedelta(days=1)


def period(since: date, until: date | None) -> str:
    """A period in words, both days included."""
    return f"From {long_date(since)}" if until is None else f"{long_date(since)} to {long_date(last_day(until))}"


def in_sentence(text: str) -> str:
    """Words that begin with a capital, inside a sentence."""
    return text[:1].lower() + text[1:]


def days_ago(moment: datetime) -> str:
    """How many calendar days in London ago a moment was: "today", "yesterday", "3 days ago"."""
    days = (today() - moment.astimezone(LONDON).date()).days
    return ("today", "yesterday")[days] if days in {0, 1} else f"{plural(days, 'day')} ago"


def freshness(confirmed_at: datetime | None, stale: bool) -> tuple[str, str]:
    """When a vacancy was last confirmed, with the colour that says whether to ask again."""
    if confirmed_at is None:
        return "Never confirmed", "yellow"
    said = f"Confirmed {days_ago(confirmed_at)}"
    return (f"{said}: check", "yellow") if stale else (said, "green")


def days_to(day: date) -> str:
    """How far off a day is: "today", "in 3 days", "3 days overdue"."""
    left = (day - today()).days
    if left == 0:
        return "today"
    return f"in {plural(left, 'day')}" if left > 0 else f"{plural(-left, 'day')} overdue"


def soon(day: date) -> bool:
    """Whether a day is so near that the days to it are worth counting."""
    return day - today() <= AHEAD


def place_tags(counts: PlaceCounts) -> list[tuple[str, str]]:
    """A home's places as tags: the words and the colour, as "2 filled" in blue. None for a home without any."""
    found = ((getattr(counts, state), name.lower(), colour) for state, (name, colour) in PLACE_STATES.items())
    return [(f"{count} {name}", colour) for count, name, colour in found if count]


def terms(approval: ApprovalRecord) -> str:
    """What terms of approval allow, in one sentence."""
    children = plural(approval.places, "child", "children")
    who = "" if approval.sex == "any" else f", {TERMS_SEX[approval.sex].lower()}"
    return f"{children} aged {ages(approval.age_min, approval.age_max)}{who}"


def others(low: int | None, high: int | None, there: str | None) -> str:
    """The children who live there already, in the bands a notice gives."""
    if there is None:
        return "Not stated"
    if there == "none":
        return "None"
    return "Yes, ages not known" if low is None or high is None else f"Yes, aged {ages(low, high)}"


def people(members: Iterable[MemberRecord]) -> list[tuple[str, str]]:
    """Everybody else in a household: who they are, their sex and age."""
    return [
        (
            one.name,
            ", ".join(
                part for part in (label("relationship", one.relationship), SEXES[one.sex], born(one.born)) if part
            ),
        )
        for one in members
    ]


def rooms(bedrooms: Iterable[BedroomRecord]) -> list[tuple[str, str]]:
    """Bedrooms: their beds and who may share them."""
    return [(f"Bedroom {one.number}", f"{plural(one.beds, 'bed')}. {SHARING[one.sharing]}.") for one in bedrooms]


def phone(number: str) -> str:
    """A telephone number as a link dials it."""
    return "".join(letter for letter in number if letter.isdigit() or letter == "+")
