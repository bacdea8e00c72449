"""What could be done about a home that nearly fits, and what approval a placement implies, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
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


def remedies(
    room: Room,
    asked: Asked,
    failing: Sequence[str],
    *,
    starts: date,
    care_types: Sequence[str],
    authority: str,
    area_authority: str,
) -> list[Remedy]:
    """What it would take for a near miss that fails these hard criteria."""
    others = (
        _later(asked, starts, authority),
        exemption(len(asked.ages), area_authority),
        shared_bedroom(room, rules.over_three(asked.ages), authority),
    )
    found = {remedy.criterion: remedy for remedy in (*_variations(room, asked, care_types, authority), *others)}
    return [found[name] for name in failing if name in found]


def _variations(room: Room, asked: Asked, care_types: Sequence[str], authority: str) -> Iterator[Remedy]:
    def variation(criterion: str, text: str) -> Remedy:
        return Remedy(criterion, "variation", authority, f"A variation of the carers’ terms: {text}")

    off = plural(max(room.age_min - min(asked.ages), max(asked.ages) - room.age_max), "year")
    yield variation("age", f"approved for ages {room.age_min} to {room.age_max}, {off} short. {EMERGENCY}")
    only = {"M": "boys", "F": "girls"}.get(room.sex, "children of any sex")
    yield variation("sex", f"approved for {only} only. {EMERGENCY}")
    types = sentence([label("care_type", code).lower() for code in care_types])
    yield variation("care_type", f"approved for {types}. {EMERGENCY}")
    children = plural(len(asked.ages), "child", "children")
    more = plural(len(asked.ages) - room.places, "more place")
    yield variation("places", f"{more}, as {room.places} free for {children}; the household must have the room.")


def _later(asked: Asked, starts: date, authority: str) -> Remedy:
    days = plural((starts - asked.starts).days, "day")
    return Remedy("free_from", "later", authority, f"A later date: free from {long_date(starts)}, {days} later.")


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
