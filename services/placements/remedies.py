"""What could be done about a home that nearly fits, and what approval a placement implies, in sentences."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, Literal, Protocol

import msgspec

from careshare.web.filters import long_date, plural, sentence
from services.placements.judged import Asked, Route, Verdict, over_three
from tenants.codes import label

KEPT: Final = 4096
"""Sentences of a kind that are kept."""

NOT_NAMED: Final = "the authority where the home stands"
"""Others are not told which it is where the area shown is larger: fewer homes of the owner stand there than one could
hide among.
"""

Kind = Literal["exemption", "variation", "shared_bedroom", "later"]

FOSTER: Final = "foster_home"
EMERGENCY: Final = (
    "In an emergency carers may take a child outside their terms for up to 6 working days (CPPCR reg 23)."
)


NO_GRACE: Final = "It is made first: there is no emergency grace."
"""Of a home's registration and statement of purpose (SI 2015/541 regulation 16, SI 2023/416)."""


class Remedy(msgspec.Struct, frozen=True):
    """One thing that would have to be done first: whose it is to give, and what in a sentence."""

    criterion: str
    kind: Kind
    whose: str
    text: str


class Approval(msgspec.Struct, frozen=True):
    """Whose approval the responsible authority needs before the placement (CPPCR 2010 regulation 11)."""

    route: Route
    area_authority: str | None
    text: str


@lru_cache(maxsize=KEPT)
def approval(route: Route, area_authority: str | None, *, own: bool, kind: str = FOSTER) -> Approval:
    """The approval in a sentence, by the authority in whose area the home stands; None where it may not be named."""
    there = area_authority or NOT_NAMED
    ours = "carers" if kind == FOSTER else "home"
    match route:
        case "none":
            text = f"None: your own {ours}." if own else "None: the home stands in your own area."
        case "nominated_officer":
            text = f"Nominated officer. {_first(there)} adjoins your area and must be notified first."
        case "director":
            text = f"Director. {_first(there)} is at a distance and must be consulted first, with the care plan."
        case _:
            text = f"Not known: nobody has recorded whether {there} adjoins your area. Ask before you decide."
    return Approval(route, area_authority, text)


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


class Needed(Protocol):
    """What a remedy is worded from: a notice that nearly fits."""

    @property
    def kind(self) -> str: ...
    @property
    def age_min(self) -> int: ...
    @property
    def age_max(self) -> int: ...
    @property
    def sex(self) -> str: ...
    @property
    def places(self) -> int: ...
    @property
    def bedrooms(self) -> int | None: ...
    @property
    def sharing(self) -> str | None: ...
    @property
    def care_types(self) -> Sequence[str]: ...
    @property
    def free_from(self) -> date: ...


def remedies(notice: Needed, asked: Asked, failing: Sequence[str], *, owner: str, area: str | None) -> list[Remedy]:
    """What it would take for a near miss that fails these hard criteria; `area`: the area authority, if to be named."""
    return [_remedy(name, notice, asked, owner, area) for name in failing]


def _remedy(name: str, notice: Needed, asked: Asked, owner: str, area: str | None) -> Remedy:
    match name:
        case "age":
            short = max(notice.age_min - min(asked.ages), max(asked.ages) - notice.age_max)
            return _age(notice.kind, notice.age_min, notice.age_max, short, owner)
        case "sex":
            return _sex(notice.kind, notice.sex, owner)
        case "places":
            return _places(notice.kind, notice.places, len(asked.ages), owner)
        case "care_type":
            return _care_type(notice.kind, tuple(notice.care_types), owner)
        case "free_from":
            return _later(notice.free_from, asked.starts, owner)
        case "limit":
            return exemption(len(asked.ages), area)
        case _:
            return shared_bedroom(notice.bedrooms, notice.sharing, over_three(asked.ages), owner)


def _variation(criterion: str, kind: str, owner: str, text: str) -> Remedy:
    """What carers are approved for, or what a home is registered for and says it does, would have to be changed."""
    of = "the carers’ terms" if kind == FOSTER else "the home’s registration or statement of purpose"
    return Remedy(criterion, "variation", owner, f"A variation of {of}: {text}")


def _only_for(criterion: str, kind: str, owner: str, whom: str) -> Remedy:
    text = f"approved for {whom}. {EMERGENCY}" if kind == FOSTER else f"it is for {whom}. {NO_GRACE}"
    return _variation(criterion, kind, owner, text)


# The sentences are few and come again and again, so each is made once.


@lru_cache(maxsize=KEPT)
def _age(kind: str, low: int, high: int, short: int, owner: str) -> Remedy:
    return _only_for("age", kind, owner, f"ages {low} to {high}, {plural(short, 'year')} short")


@lru_cache(maxsize=KEPT)
def _sex(kind: str, sex: str, owner: str) -> Remedy:
    only = {"M": "boys", "F": "girls"}.get(sex, "children of any sex")
    return _only_for("sex", kind, owner, f"{only} only")


@lru_cache(maxsize=KEPT)
def _care_type(kind: str, care_types: tuple[str, ...], owner: str) -> Remedy:
    return _only_for("care_type", kind, owner, sentence([label("care_type", code).lower() for code in care_types]))


@lru_cache(maxsize=KEPT)
def _places(kind: str, free: int, wanted: int, owner: str) -> Remedy:
    more = plural(wanted - free, "more place")
    room = "the household must have the room." if kind == FOSTER else "it must be registered and staffed for them."
    text = f"{more}, as {free} free for {plural(wanted, 'child', 'children')}; {room}"
    return _variation("places", kind, owner, text)


@lru_cache(maxsize=KEPT)
def _later(free_from: date, starts: date, owner: str) -> Remedy:
    days = plural((free_from - starts).days, "day")
    return Remedy("free_from", "later", owner, f"A later date: free from {long_date(free_from)}, {days} later.")


@lru_cache(maxsize=KEPT)
def exemption(children: int, area_authority: str | None) -> Remedy:
    """An exemption from the usual fostering limit of three (Children Act 1989 Sch 7 para 4)."""
    more = plural(children, "more child", "more children")
    return Remedy(
        "limit",
        "exemption",
        area_authority or NOT_NAMED,
        f"An exemption from the usual fostering limit for {more}. Only the authority where the carers live"
        f"{f', {area_authority},' if area_authority else ''} can give it. It names every child there and has no "
        "emergency grace.",
    )


SHARING: Final[Mapping[str | None, str]] = {
    "siblings": "brothers and sisters may share",
    "any": "children may share",
    None: "whether children may share is not stated",
}


@lru_cache(maxsize=KEPT)
def shared_bedroom(bedrooms: int | None, sharing: str | None, over_three: int, owner: str) -> Remedy:
    """An agreed shared bedroom (Fostering NMS 10.6)."""
    children = plural(over_three, "child", "children")
    free = plural(bedrooms or 0, "free bedroom")
    return Remedy(
        "bedrooms",
        "shared_bedroom",
        owner,
        f"A shared bedroom, agreed and recorded (NMS 10.6): {children} over 3 and {free}; "
        f"{SHARING.get(sharing, 'children may not share')}.",
    )


UNKNOWN: Final[Mapping[str, str]] = {
    "sex": "The sex of a child is not known, and the home may take one sex only.",
    "free_until": "The home is free for a time only, and the need has no end.",
    "bedrooms": "The number of free bedrooms is not stated.",
    "no_pets": "Pets are not stated.",
    "alongside": "Who else lives there is not stated closely enough.",
    "keep_away": "A place to keep away from touches the area shown: the owner checks it.",
}
"""What is not known, for each hard criterion that can be unknown."""


def condition(name: str, verdict: Verdict, notice: Needed, ages: Sequence[int], *, owner: str, area: str | None) -> str:
    """One condition of a plan in a sentence."""
    if verdict == Verdict.UNKNOWN:
        return UNKNOWN[name]
    if name == "limit":
        return exemption(len(ages), area).text
    return shared_bedroom(notice.bedrooms, notice.sharing, over_three(ages), owner).text
