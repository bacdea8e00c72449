"""What could be done about a home that nearly fits, and what approval a placement implies, in sentences."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Final, Literal, Protocol

import msgspec

from careshare.web.filters import long_date, plural, sentence
from services.placements import rules
from services.placements.rules import Asked, Route, Verdict
from tenants.codes import label

KEPT: Final = 4096
"""Sentences of a kind that are kept."""

NOT_NAMED: Final = "the authority where the home stands"
"""Others are not told which it is where the area shown is larger: fewer homes of the owner stand there than one could
hide among.
"""

Kind = Literal["exemption", "variation", "shared_bedroom", "later"]

EMERGENCY: Final = (
    "In an emergency carers may take a child outside their terms for up to 6 working days (CPPCR reg 23)."
)


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
def approval(route: Route, area_authority: str | None, *, own: bool) -> Approval:
    """The approval in a sentence, by the authority in whose area the home stands; None where it may not be named."""
    there = area_authority or NOT_NAMED
    match route:
        case "none":
            text = "None: your own carers." if own else "None: the home stands in your own area."
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
            return _age(notice.age_min, notice.age_max, min(asked.ages), max(asked.ages), owner)
        case "sex":
            return _sex(notice.sex, owner)
        case "places":
            return _places(notice.places, len(asked.ages), owner)
        case "care_type":
            return _care_type(tuple(notice.care_types), owner)
        case "free_from":
            return _later(notice.free_from, asked.starts, owner)
        case "limit":
            return exemption(len(asked.ages), area)
        case _:
            return shared_bedroom(notice.bedrooms, notice.sharing, rules.over_three(asked.ages), owner)


def _variation(criterion: str, owner: str, text: str) -> Remedy:
    return Remedy(criterion, "variation", owner, f"A variation of the carers’ terms: {text}")


# The sentences are few and come again and again, so each is made once.


@lru_cache(maxsize=KEPT)
def _age(low: int, high: int, youngest: int, oldest: int, owner: str) -> Remedy:
    off = plural(max(low - youngest, oldest - high), "year")
    return _variation("age", owner, f"approved for ages {low} to {high}, {off} short. {EMERGENCY}")


@lru_cache(maxsize=KEPT)
def _sex(sex: str, owner: str) -> Remedy:
    only = {"M": "boys", "F": "girls"}.get(sex, "children of any sex")
    return _variation("sex", owner, f"approved for {only} only. {EMERGENCY}")


@lru_cache(maxsize=KEPT)
def _care_type(care_types: tuple[str, ...], owner: str) -> Remedy:
    types = sentence([label("care_type", code).lower() for code in care_types])
    return _variation("care_type", owner, f"approved for {types}. {EMERGENCY}")


@lru_cache(maxsize=KEPT)
def _places(free: int, wanted: int, owner: str) -> Remedy:
    more = plural(wanted - free, "more place")
    text = f"{more}, as {free} free for {plural(wanted, 'child', 'children')}; the household must have the room."
    return _variation("places", owner, text)


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
    "sex": "The sex of a child is not known, and the carers are approved for one sex only.",
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
    return shared_bedroom(notice.bedrooms, notice.sharing, rules.over_three(ages), owner).text
