"""How homes read on a page: states, prices, dates and codes in words. `say` in every template of this room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from careshare.web.filters import long_date, money, sentence
from services.residential.actions.assessments import Band
from services.residential.queries.home import REASONS
from services.residential.records import FirstOfAll, HomeRecord, HostNoticeRecord, PlaceRecord
from services.residential.rules import LEADING, age_on
from tenants.codes import codes, label
from tenants.days import today

STATES: Final[Mapping[str, tuple[str, str]]] = {
    "occupied": ("Occupied", "blue"),
    "held": ("Held", "yellow"),
    "matchable": ("Matchable", "green"),
    "kept_empty": ("Kept empty", "purple"),
    "not_staffed": ("Not staffed", "orange"),
    "closed": ("Closed", "grey"),
    "not_registered": ("Not registered", "grey"),
}
"""The word and the colour of what a place is first of all, in the order of a home's bar."""

SEXES: Final = {"M": "Male", "F": "Female", "U": "Not known"}
TAKES: Final = {"any": "Girls and boys", "F": "Girls only", "M": "Boys only"}
KINDS: Final = {"childrens_home": "Children’s home", "supported_accommodation": "Supported accommodation"}
GROUNDS: Final = {
    "stands_here": "It stands in our area",
    "commissions": "We commission its places",
}
PER: Final = {"week": "a week", "night": "a night", "hour": "an hour"}
OUTCOMES: Final = {
    "can_live_together": ("Can live together", "green"),
    "with_mitigations": ("Can live together with what is written", "yellow"),
    "cannot_live_together": ("Cannot live together", "red"),
}
SOURCES: Final = {"entered": "Entered here", "ofsted_list": "Ofsted’s list"}
reasons: Final = list(REASONS.items())


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a home's bar: its state, where it begins and how long it is, in places."""

    state: str
    words: str
    begins: int
    number: int


def pieces(first: FirstOfAll) -> list[Piece]:
    """The bar of a home's places; the pieces add up to the places there are."""
    found: list[Piece] = []
    begins = 0
    for state in LEADING:
        number: int = getattr(first, state)
        if number:
            found.append(Piece(state, STATES[state][0], begins, number))
            begins += number
    return found


def number_of_places(first: FirstOfAll) -> int:
    """All places of the bar."""
    return sum(getattr(first, state) for state in LEADING)


def bar_words(first: FirstOfAll) -> str:
    """The bar in words: `2 occupied, 1 matchable`."""
    return ", ".join(f"{one.number} {one.words.lower()}" for one in pieces(first)) or "No places"


def choices(name: str) -> list[tuple[str, str]]:
    """The codes of a list and their names, as form fields want them."""
    return list(codes(name).items())


def pairs(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Any mapping of values to words, as form fields want it."""
    return list(names.items())


def named(name: str, given: Iterable[str]) -> str:
    """Codes of a list as words in a sentence."""
    return sentence(label(name, code) for code in given)


def stated(name: str, given: Iterable[str]) -> str:
    """Codes in words; "None stated" where there are none."""
    return named(name, given) or "None stated"


def ages(low: int, high: int) -> str:
    """A range of ages."""
    return f"{low}" if low == high else f"{low} to {high}"


def age(born: date) -> int:
    """Somebody's age today."""
    return age_on(born, today())


def kind(home_kind: str, category: int | None) -> str:
    """What kind of home it is."""
    return KINDS[home_kind] if category is None else f"{KINDS[home_kind]}, category {category}"


def whose(record: HomeRecord) -> str:
    """Whose home it is, and that its owner is not on Careshare where that is so."""
    if record.kept_as == "own":
        return record.owner_organisation or "Ours"
    return f"{record.owner_organisation}, which is not on Careshare: we keep the home for it"


def period(since: date, until: date | None) -> str:
    """From a day up to another, which is the first day without."""
    if until is None:
        return f"From {long_date(since)}"
    last = until - timedelta(days=1)
    return f"On {long_date(since)}" if last <= since else f"{long_date(since)} to {long_date(last)}"


OCCASIONS: Final = (("admission", "That the child came"), ("discharge", "That the child left"))
HOW: Final = (("letter", "Letter"), ("email", "E-mail"), ("in_person", "In person"), ("telephone", "Telephone"))


def told_of(record: HomeRecord) -> list[tuple[str, str]]:
    """The children of whom the host authority is still to be told something."""
    owed = [one for one in record.host_notices if one.sent_on is None]
    return list({str(one.resident_id): one.child_reference for one in owed}.items())


def host_notice(one: HostNoticeRecord) -> str:
    """A notice to the host authority in words."""
    what = "came" if one.occasion == "admission" else "left"
    if one.sent_on is not None:
        return f"{one.authority} was told on {long_date(one.sent_on)} that {one.child_reference} {what}"
    return f"Tell {one.authority} that {one.child_reference} {what} on {long_date(one.owed_on)}"


def pounds(amount: Decimal) -> str:
    """An amount of money."""
    return money(amount, pence=True)


def percent(share: Decimal) -> str:
    """A percentage without needless noughts."""
    return f"{share.normalize():f}%"


def open_places(places: Sequence[PlaceRecord]) -> list[tuple[int, str]]:
    """The places a child might be put in, with how they stand now."""
    return [
        (one.number, f"Place {one.number} ({STATES[one.first_of_all][0].lower()} now)")
        for one in places
        if one.registered
    ]


def in_bands(one: Band) -> str:
    """A child as an assessment weighs them."""
    needs = f": {named('skill', one.needs)}" if one.needs else ""
    return f"{SEXES[one.sex]}, {one.age_low} to {one.age_high}{needs}"
