"""How a home is judged for a need: pure rules, no I/O. The SQL in `search` gives the same judgement for a whole list.

Each criterion is met, not met, unknown or not asked. Hard criteria decide whether a home can be considered at all; soft
ones only rank. tests/placements/test_sql_is_rules.py holds the two equal, criterion by criterion and score by score.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from careshare.errors import FieldError
from services.placements.judged import (
    FLAT,
    HARD,
    Around,
    Asked,
    Circle,
    Judgement,
    Offer,
    Outcome,
    Room,
    Route,
    Section,
    Verdict,
)
from services.placements.weights import Weights

METRES_PER_MILE: Final = 1609.344

SUPPORTED_AGES: Final = (16, 17)
"""Supported accommodation is for looked-after children of these ages alone (SI 2023/416; SI 2021/161)."""


def _met(*, yes: bool) -> Verdict:
    return Verdict.MET if yes else Verdict.NOT_MET


def ages(room: Room, wanted: Sequence[int]) -> Verdict:
    """Whether each child is within the approved ages on the day."""
    return _met(yes=room.age_min <= min(wanted) and max(wanted) <= room.age_max)


def sex(room: Room, wanted: Sequence[str]) -> Verdict:
    """Whether the terms allow children of these sexes; a child whose sex is not stated leaves it unknown."""
    if room.sex == "any":
        return Verdict.MET
    if any(one not in {room.sex, "U"} for one in wanted):
        return Verdict.NOT_MET
    return Verdict.UNKNOWN if "U" in wanted else Verdict.MET


def limit(room: Room, children: int, *, siblings: bool) -> Verdict | None:
    """The usual fostering limit of three (Children Act 1989 Sch 7): room within it, or all there are siblings."""
    if room.kind != "foster_home":
        return None
    return _met(yes=children <= room.within_limit or (room.empty and (siblings or children == 1)))


def bedrooms(room: Room, over_three: int) -> Verdict | None:
    """A bedroom of their own for each child over three (Fostering NMS 10.6)."""
    if room.kind != "foster_home" or not over_three:
        return None
    return Verdict.UNKNOWN if room.bedrooms is None else _met(yes=room.bedrooms >= over_three)


def may_share(room: Room, *, siblings: bool) -> bool:
    """Whether a shared bedroom could be agreed where there are too few."""
    if room.sharing == "siblings":
        return siblings and (room.bedrooms or 0) >= 1
    return room.sharing in {None, "any"}


def free_until(offer: Offer, starts: date, ends: date | None) -> Verdict:
    """Whether the home is free to the end. A need without an end in a home that has one is unknown."""
    if offer.ends is None:
        return Verdict.MET
    if offer.ends <= starts:
        return Verdict.NOT_MET
    return Verdict.UNKNOWN if ends is None else _met(yes=offer.ends >= ends)


def alongside(room: Room, wanted: str, ages_wanted: Sequence[int]) -> Verdict | None:
    """Who else lives there. Ages are stated in bands: where the bands straddle the child's age it is unknown."""
    if wanted == "solo":
        if room.children_there == "some" or room.solo is False:
            return Verdict.NOT_MET
        return Verdict.MET if room.children_there == "none" and room.solo else Verdict.UNKNOWN
    if wanted not in {"only_older", "only_younger"}:
        return None
    if room.children_there == "none":
        return Verdict.MET
    low, high = room.others_low, room.others_high
    if room.children_there is None or low is None or high is None:
        return Verdict.UNKNOWN
    youngest, oldest = min(ages_wanted), max(ages_wanted)
    if wanted == "only_older":
        return Verdict.MET if low > oldest else Verdict.NOT_MET if high < oldest else Verdict.UNKNOWN
    return Verdict.MET if high < youngest else Verdict.NOT_MET if low > youngest else Verdict.UNKNOWN


def miles(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Straight line between two National Grid points, in miles."""
    return math.hypot(a[0] - b[0], a[1] - b[1]) / METRES_PER_MILE


def keep_away(offer: Offer, circles: Sequence[Circle], points: Mapping[str, tuple[int, int]]) -> Verdict | None:
    """Whether the home lies outside all the places to keep away from.

    Another authority's home, or one whose point is confidential, is known by its area alone: a circle that touches the
    area is to be checked by the owner.
    """
    if not circles:
        return None
    found = Verdict.MET
    for circle in circles:
        reach = circle.miles * METRES_PER_MILE
        point = points[circle.postcode]
        if offer.exact is not None:
            if math.hypot(point[0] - offer.exact[0], point[1] - offer.exact[1]) <= reach:
                return Verdict.NOT_MET
        elif math.hypot(point[0] - offer.easting, point[1] - offer.northing) <= reach + offer.radius_m:
            found = Verdict.UNKNOWN
    return found


def route(offer: Offer, around: Around) -> Route:
    """Whose approval a placement there implies (CPPCR 2010 reg 11): by where the home stands, not who approved it."""
    if offer.own or offer.area_gss in around.gss:
        return "none"
    if offer.area_gss in around.adjoining:
        return "nominated_officer"
    return "director" if around.gss & around.known or offer.area_gss in around.known else "unknown"


def _among(wanted: Sequence[str], there: Sequence[str] | None) -> Verdict | None:
    if not wanted:
        return None
    return Verdict.UNKNOWN if there is None else _met(yes=not set(wanted).isdisjoint(there))


def _all(wanted: Sequence[str], met: int) -> Verdict | None:
    return _met(yes=met == len(wanted)) if wanted else None


def _within(distance: float | None, most: int | None) -> Verdict | None:
    return None if distance is None or most is None else _met(yes=distance <= most)


def _pets(wanted: str, there: Sequence[str] | None) -> tuple[Verdict | None, Verdict | None]:
    """No pets as a hard criterion, pets as a soft one."""
    some = Verdict.UNKNOWN if there is None else _met(yes=bool(there))
    none = Verdict.UNKNOWN if there is None else _met(yes=not there)
    return none if wanted == "no" else None, some if wanted == "must" else None


def _company(wanted: str, there: str | None) -> Verdict | None:
    if wanted != "with_others":
        return None
    return Verdict.UNKNOWN if there is None else _met(yes=there == "some")


def fixable(name: str, offer: Offer, asked: Asked, weights: Weights) -> bool:
    """Whether something could be done about this hard criterion that is not met: then it is a near miss."""
    match name:
        case "age":
            off = max(offer.age_min - min(asked.ages), max(asked.ages) - offer.age_max)
            supported = offer.kind != "supported_accommodation" or all(age in SUPPORTED_AGES for age in asked.ages)
            return off <= weights.near_age_years and supported
        case "places":
            return len(asked.ages) - offer.places <= weights.near_places
        case "free_from":
            return (offer.starts - asked.starts).days <= weights.near_days
        case "bedrooms":
            return may_share(offer, siblings=asked.siblings)
        case "sex" | "care_type" | "limit":
            return True
        case _:
            return False


def judge(offer: Offer, asked: Asked, around: Around, weights: Weights, outcome: Outcome | None = None) -> Judgement:
    """Judge one home for one need; `outcome` is what was last said on the telephone in this search, if anything."""
    point = offer.exact or (offer.easting, offer.northing)
    home_miles = None if asked.home is None else miles(point, around.points[asked.home])
    school_miles = None if asked.school is None else miles(point, around.points[asked.school])
    children = len(asked.ages)
    skills_met = sum(one in offer.skills for one in asked.skills)
    communication_met = sum(one in offer.communication for one in asked.communication)
    no_pets, pets_wanted = _pets(asked.pets, offer.pets)
    days = None if offer.confirmed_on is None else (around.today - offer.confirmed_on).days
    verdicts: dict[str, Verdict | None] = {
        "age": ages(offer, asked.ages),
        "sex": sex(offer, asked.sexes),
        "places": _met(yes=offer.places >= children),
        "care_type": None if asked.care_type is None else _met(yes=asked.care_type in offer.care_types),
        "free_from": _met(yes=offer.starts <= asked.starts),
        "free_until": free_until(offer, asked.starts, asked.ends),
        "limit": limit(offer, children, siblings=asked.siblings),
        "bedrooms": bedrooms(offer, asked.over_three),
        "adaptations": _met(yes=set(asked.adaptations) <= set(offer.adaptations)) if asked.adaptations else None,
        "no_pets": no_pets,
        "alongside": alongside(offer, asked.alongside, asked.ages),
        "keep_away": keep_away(offer, asked.circles, around.points),
        "apart": Verdict.NOT_MET if asked.apart else None,
        "near_home": _within(home_miles, asked.home_miles),
        "near_school": _within(school_miles, asked.school_miles),
        "skills": _all(asked.skills, skills_met),
        "communication": _all(asked.communication, communication_met),
        "language": _among(asked.languages, offer.languages),
        "religion": _among([asked.religion] if asked.religion else [], offer.religions),
        "culture": _among([asked.culture] if asked.culture else [], offer.cultures),
        "pets_wanted": pets_wanted,
        "company": _company(asked.alongside, offer.children_there),
        "together": _met(yes=offer.places >= children) if asked.together and children > 1 else None,
        "fresh": _met(yes=days is not None and days <= around.stale_after_days),
    }
    failing = [name for name in HARD if verdicts[name] == Verdict.NOT_MET]
    near = len(failing) <= weights.near_failures and all(fixable(name, offer, asked, weights) for name in failing)
    unknown = sum(verdicts[name] == Verdict.UNKNOWN for name in HARD)
    to_approve = route(offer, around)
    score = (
        sum(_flat(verdicts[name], getattr(weights, name), weights.unknown_share) for name in FLAT)
        + weights.own * offer.own
        + (getattr(weights, f"kind_{offer.kind}") if asked.by_kind else 0)
        + _closeness(home_miles, weights.home_distance, weights.home_half)
        + _closeness(school_miles, weights.school_distance, weights.school_half)
        + (weights.skills * skills_met / len(asked.skills) if asked.skills else 0)
        + (weights.communication * communication_met / len(asked.communication) if asked.communication else 0)
        + weights.fresh * _freshness(days, around.stale_after_days)
        + getattr(weights, f"route_{to_approve}")
        + weights.unknown_hard * unknown
        + weights.spare_place * max(0, offer.places - children)
        + (getattr(weights, f"call_{outcome}") if outcome else 0)
    )
    return Judgement(
        verdicts=verdicts,
        home_miles=home_miles,
        school_miles=school_miles,
        skills_met=skills_met,
        communication_met=communication_met,
        failed=len(failing),
        unknown=unknown,
        section=Section.RESULT if not failing else Section.NEAR_MISS if near else Section.EXCLUDED,
        score=score,
        route=to_approve,
    )


def _flat(verdict: Verdict | None, weight: float, share: float) -> float:
    return {Verdict.MET: weight, Verdict.UNKNOWN: weight * share}.get(verdict, 0.0) if verdict is not None else 0.0


def _closeness(distance: float | None, weight: float, half: float) -> float:
    return 0.0 if distance is None else weight * half / (half + distance)


def _freshness(days: int | None, stale_after: int) -> float:
    """The share of the points for a vacancy confirmed so many days ago; none where it never was."""
    if days is None:
        return 0.0
    return 1.0 if days <= stale_after else stale_after / days


def against_age(kind: str, age: int, field: str) -> list[FieldError]:
    """What forbids a kind of home at an age: supported accommodation is for 16 and 17 alone (SI 2023/416), and nobody
    under 16 lives where no Ofsted registration for children is (since 9 September 2021). An emergency changes nothing.
    """
    if kind != "supported_accommodation" or age in SUPPORTED_AGES:
        return []
    return [FieldError(field, "Supported accommodation is for young people aged 16 and 17 only")]
