"""What could be done about a home that nearly fits, and what approval a placement implies, in sentences."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from careshare.web.filters import long_date, plural, sentence
from services.placements import rules
from services.placements.rules import Asked, Room, Route, Verdict
from tenants.codes import label

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
    area_authority: str
    text: str


def approval(route: Route, area_authority: str, *, own: bool) -> Approval:
    """The approval in a sentence, by the authority in whose area the home stands."""
    match route:
        case "none":
            text = "None: your own carers." if own else "None: the home stands in your own area."
        case "nominated_officer":
            text = f"Nominated officer. {area_authority} adjoins your area and must be notified first."
        case "director":
            text = f"Director. {area_authority} is at a distance and must be consulted first, with the care plan."
        case _:
            text = f"Not known: nobody has recorded whether {area_authority} adjoins your area. Ask before you decide."
    return Approval(route, area_authority, text)


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """A home that nearly fits and what was asked: what a remedy is worded from."""

    room: Room
    asked: Asked
    starts: date
    care_types: Sequence[str]
    authority: str
    area_authority: str


def remedies(needed: Needed, failing: Sequence[str]) -> list[Remedy]:
    """What it would take for a near miss that fails these hard criteria."""
    return [_REMEDIES[name](needed) for name in failing if name in _REMEDIES]


def _variation(needed: Needed, criterion: str, text: str) -> Remedy:
    return Remedy(criterion, "variation", needed.authority, f"A variation of the carers’ terms: {text}")


def _age(needed: Needed) -> Remedy:
    room, ages = needed.room, needed.asked.ages
    off = plural(max(room.age_min - min(ages), max(ages) - room.age_max), "year")
    text = f"approved for ages {room.age_min} to {room.age_max}, {off} short. {EMERGENCY}"
    return _variation(needed, "age", text)


def _sex(needed: Needed) -> Remedy:
    only = {"M": "boys", "F": "girls"}.get(needed.room.sex, "children of any sex")
    return _variation(needed, "sex", f"approved for {only} only. {EMERGENCY}")


def _care_type(needed: Needed) -> Remedy:
    types = sentence([label("care_type", code).lower() for code in needed.care_types])
    return _variation(needed, "care_type", f"approved for {types}. {EMERGENCY}")


def _places(needed: Needed) -> Remedy:
    wanted, free = len(needed.asked.ages), needed.room.places
    more = plural(wanted - free, "more place")
    text = f"{more}, as {free} free for {plural(wanted, 'child', 'children')}; the household must have the room."
    return _variation(needed, "places", text)


def _later(needed: Needed) -> Remedy:
    days = plural((needed.starts - needed.asked.starts).days, "day")
    text = f"A later date: free from {long_date(needed.starts)}, {days} later."
    return Remedy("free_from", "later", needed.authority, text)


def exemption(children: int, area_authority: str) -> Remedy:
    """An exemption from the usual fostering limit of three (Children Act 1989 Sch 7 para 4)."""
    more = plural(children, "more child", "more children")
    return Remedy(
        "limit",
        "exemption",
        area_authority,
        f"An exemption from the usual fostering limit for {more}. Only {area_authority}, where the carers live, can "
        "give it. It names every child there and has no emergency grace.",
    )


SHARING: Final[Mapping[str | None, str]] = {
    "siblings": "brothers and sisters may share",
    "any": "children may share",
    None: "whether children may share is not stated",
}


def shared_bedroom(room: Room, over_three: int, authority: str) -> Remedy:
    """An agreed shared bedroom (Fostering NMS 10.6)."""
    children = plural(over_three, "child", "children")
    free = plural(room.bedrooms or 0, "free bedroom")
    return Remedy(
        "bedrooms",
        "shared_bedroom",
        authority,
        f"A shared bedroom, agreed and recorded (NMS 10.6): {children} over 3 and {free}; "
        f"{SHARING.get(room.sharing, 'children may not share')}.",
    )


_REMEDIES: Final[Mapping[str, Callable[[Needed], Remedy]]] = {
    "age": _age,
    "sex": _sex,
    "places": _places,
    "care_type": _care_type,
    "free_from": _later,
    "limit": lambda needed: exemption(len(needed.asked.ages), needed.area_authority),
    "bedrooms": lambda needed: shared_bedroom(needed.room, rules.over_three(needed.asked.ages), needed.authority),
}

UNKNOWN: Final[Mapping[str, str]] = {
    "sex": "The sex of a child is not known, and the carers are approved for one sex only.",
    "free_until": "The home is free for a time only, and the need has no end.",
    "bedrooms": "The number of free bedrooms is not stated.",
    "no_pets": "Pets are not stated.",
    "alongside": "Who else lives there is not stated closely enough.",
    "keep_away": "A place to keep away from touches the area shown: the owner checks it.",
}
"""What is not known, for each hard criterion that can be unknown."""


def condition(name: str, verdict: Verdict, room: Room, ages: Sequence[int], *, authority: str, area: str) -> str:
    """One condition of a plan in a sentence."""
    if verdict == Verdict.UNKNOWN:
        return UNKNOWN[name]
    if name == "limit":
        return exemption(len(ages), area).text
    return shared_bedroom(room, rules.over_three(ages), authority).text
