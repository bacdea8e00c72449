"""What a finder asks for: one Struct for the API's body, the long form and the saved search, checked in one place."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Annotated, Final, Literal, get_args
from uuid import UUID

import msgspec

from careshare.errors import FieldError, Invalid
from careshare.gazetteer import outward_of, parse_postcode
from careshare.web import asks
from services.placements.judged import Asked
from services.placements.judged import Circle as AskedCircle
from tenants.codes import codes
from tenants.references import plain_reference

MOST_CHILDREN: Final = 8
LATEST: Final = timedelta(days=366)
"""How far ahead a home may be searched for."""

Sex = Literal["F", "M", "U"]
Alongside = Literal["no_preference", "solo", "with_others", "only_older", "only_younger"]
Pets = Literal["must", "can", "no", "not_known"]
Kind = Literal["foster_home", "supported_accommodation", "residential_home"]
"""Kinds of home, the least institutional first (Children Act 1989 s22C(5) to (7))."""
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class Child(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One child: the age in whole years on the day wanted, or the date of birth, which becomes it and is not kept."""

    age: Annotated[int, asks("the age of child {n}", ge=0, le=25)] | None = None
    born: Annotated[date, asks("the date of birth of child {n}")] | None = None
    sex: Annotated[Sex, asks("the sex of child {n}")] = "U"


class Pair(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Two of the children, by their places in the list; the first child is 1."""

    first: Annotated[int, asks("the number of the first child of pair {n}", ge=1, le=MOST_CHILDREN)]
    second: Annotated[int, asks("the number of the second child of pair {n}", ge=1, le=MOST_CHILDREN)]


class Circle(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place to keep away from: so many miles around a postcode, in a straight line."""

    postcode: Annotated[str, asks("the postcode of place {n} to keep away from", max_length=10)]
    miles: Annotated[float, asks("the miles to keep away from place {n}", ge=0.1, le=100)]


class Need(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The need of a child or of a group. Codes are those of the lists `care_type`, `skill` and so on (codes.csv).

    `siblings` says that all are siblings of each other; they are then looked for together, but for those in `apart`.
    `together` are others who should live together. Distances are straight lines, in miles.
    """

    children: Annotated[
        list[Child],
        asks(
            "children",
            missing="Enter the age of each child",
            invalid=f"You can search for up to {MOST_CHILDREN} children at once",
            min_length=1,
            max_length=MOST_CHILDREN,
        ),
    ]
    siblings: Annotated[bool, asks("whether they are all brothers and sisters of each other")] = False
    apart: Annotated[list[Pair], asks("who must live apart", max_length=10)] = []
    together: Annotated[list[Pair], asks("who should live together", max_length=10)] = []
    starts: Annotated[date, asks("the date the home is needed from")] | None = None
    ends: Annotated[date, asks("the date the home is needed until")] | None = None
    care_type: Annotated[str, asks("the type of care", max_length=40)] | None = None
    home_postcode: Annotated[str, asks("the postcode of the child’s home", max_length=10)] | None = None
    home_miles: Annotated[int, asks("the miles from home", ge=1, le=400)] | None = None
    school_postcode: Annotated[str, asks("the postcode of the school", max_length=10)] | None = None
    school_miles: Annotated[int, asks("the miles from school", ge=1, le=400)] | None = None
    skills: Annotated[list[str], asks("the needs", max_length=30)] = []
    communication: Annotated[list[str], asks("how the child communicates", max_length=10)] = []
    adaptations: Annotated[list[str], asks("the adaptations", max_length=10)] = []
    languages: Annotated[list[str], asks("the languages", max_length=10)] = []
    religion: Annotated[str, asks("the religion", max_length=40)] | None = None
    culture: Annotated[str, asks("the cultural background", max_length=40)] | None = None
    alongside: Annotated[Alongside, asks("who they can be cared for alongside")] = "no_preference"
    pets: Annotated[Pets, asks("whether they can live with pets")] = "not_known"
    keep_away: Annotated[
        list[Circle], asks("places to keep away from", invalid="Enter up to 5 places to keep away from", max_length=5)
    ] = []
    kinds: Annotated[list[Kind], asks("kinds of home", max_length=3)] = []
    fit_first: Annotated[str, asks("why the kind of home does not come first", max_length=40)] | None = None
    """Why homes are ordered by fit alone and not least institutional first (codes `fit_first`); None: they are."""
    need_level: Annotated[str, asks("the level of need", max_length=40)] | None = None
    """The level that places in children's homes and supported accommodation are priced by (codes `need_level`)."""
    reference: Annotated[str, asks("the reference", max_length=40)] | None = None


CODED: Final = (
    ("care_type", "care_type", "type of care"),
    ("skills", "skill", "need"),
    ("communication", "communication", "way of communicating"),
    ("adaptations", "adaptation", "adaptation"),
    ("languages", "language", "language"),
    ("religion", "religion", "religion"),
    ("culture", "culture", "cultural background"),
    ("fit_first", "fit_first", "reason"),
    ("need_level", "need_level", "level of need"),
)
"""Fields that hold codes: the field, the code list, and what one code is called."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]*", re.ASCII)


def check(need: Need, today: date) -> Need:
    """The need in one form: postcodes canonical, ages for dates of birth, nothing twice, the first day filled in.

    Raises Invalid with an error for every field that cannot be right, named as in a form: `children-1-age`.
    """
    errors: list[FieldError] = []

    def wrong(field: str, message: str) -> None:
        errors.append(FieldError(field, message))

    starts = _dates(need, today, wrong)
    children = [
        _child(child, f"children-{n}", starts, need.care_type, wrong) for n, child in enumerate(need.children, 1)
    ]
    apart = _pairs(need.apart, "apart", len(children), wrong)
    together = _pairs(need.together, "together", len(children), wrong)
    for n, pair in enumerate(need.together, 1):
        if (min(pair.first, pair.second), max(pair.first, pair.second)) in {(one.first, one.second) for one in apart}:
            wrong(f"together-{n}-first", f"Children {pair.first} and {pair.second} cannot both live apart and together")
    _codes(need, wrong)
    home = _postcode(need.home_postcode, "home_postcode", wrong)
    school = _postcode(need.school_postcode, "school_postcode", wrong)
    if need.home_miles is not None and not need.home_postcode:
        wrong("home_postcode", "Enter the postcode of the child’s home to search so many miles from it")
    if need.school_miles is not None and not need.school_postcode:
        wrong("school_postcode", "Enter the postcode of the school to search so many miles from it")
    keep_away = [
        Circle(postcode=_postcode(circle.postcode, f"keep_away-{n}-postcode", wrong) or "", miles=circle.miles)
        for n, circle in enumerate(need.keep_away, 1)
    ]
    if need.reference and not plausible(need.reference):
        wrong("reference", "Enter the case system’s reference, such as CH-104482, and never a name")
    if errors:
        raise Invalid(errors[0].message if len(errors) == 1 else "", errors=errors)
    lists = {name: sorted(set(getattr(need, name))) for name in ("skills", "communication", "adaptations", "languages")}
    return msgspec.structs.replace(
        need,
        **lists,
        children=children,
        siblings=need.siblings and len(children) > 1,
        apart=apart,
        together=together,
        starts=starts,
        home_postcode=home,
        school_postcode=school,
        keep_away=keep_away,
        care_type=need.care_type or None,
        religion=need.religion or None,
        culture=need.culture or None,
        kinds=sorted(set(need.kinds)),
        fit_first=need.fit_first or None,
        need_level=need.need_level or None,
        reference=need.reference.upper() if need.reference else None,
    )


Wrong = Callable[[str, str], None]


def _dates(need: Need, today: date, wrong: Wrong) -> date:
    starts = need.starts or today
    if starts < today:
        wrong("starts", "The date the home is needed from must be today or in the future")
    elif starts > today + LATEST:
        wrong("starts", "The date the home is needed from must be within a year from today")
    if need.ends is not None and need.ends <= starts:
        wrong("ends", "The date the home is needed until must be after the date it is needed from")
    return starts


def _child(child: Child, name: str, starts: date, care_type: str | None, wrong: Wrong) -> Child:
    number = name.rpartition("-")[2]
    age = child.age
    if age is not None and child.born is not None:
        wrong(f"{name}-age", f"Enter the age of child {number} or the date of birth, not both")
    elif child.born is not None and child.born > starts:
        wrong(f"{name}-born", f"The date of birth of child {number} must be before the home is needed")
    elif child.born is not None:
        age = age_on(child.born, starts)
    elif age is None:
        wrong(f"{name}-age", f"Enter the age of child {number}")
    if age is not None and age >= 18 and care_type != "parent_and_child":
        wrong(f"{name}-age", f"Child {number} must be under 18, except in a parent and child placement")
    return Child(age=age, sex=child.sex)


def age_on(born: date, day: date) -> int:
    """Whole years on a day. Somebody born on 29 February has their birthday on 1 March in other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _pairs(pairs: Sequence[Pair], name: str, children: int, wrong: Wrong) -> list[Pair]:
    found: dict[tuple[int, int], Pair] = {}
    for n, pair in enumerate(pairs, 1):
        first, second = sorted((pair.first, pair.second))
        if second > children:
            part = "second" if pair.second == second else "first"
            wrong(f"{name}-{n}-{part}", f"There is no child {second}: you entered {children}")
        elif first == second:
            wrong(f"{name}-{n}-second", "Enter two different children")
        found[first, second] = Pair(first=first, second=second)
    return [found[key] for key in sorted(found)]


def _codes(need: Need, wrong: Wrong) -> None:
    for name, listed, noun in CODED:
        given: str | list[str] | None = getattr(need, name)
        if not given:
            continue
        known = codes(listed)
        for code in [given] if isinstance(given, str) else given:
            if code not in known:
                wrong(name, f"“{code[:40]}” is not a {noun} on the list: use {', '.join(known)}")


def _postcode(typed: str | None, name: str, wrong: Wrong) -> str | None:
    if not typed:
        return None
    try:
        return parse_postcode(typed)
    except ValueError as error:
        wrong(name, str(error))
        return typed


def plausible(reference: str) -> bool:
    """Whether this can be a case reference: no spaces, some digits, and nothing that may tell who it is."""
    digits = sum(character.isdigit() for character in reference)
    try:
        plain_reference(reference)
    except ValueError:
        return False
    return bool(_REFERENCE.fullmatch(reference)) and digits >= 3


def postcode_fields(need: Need) -> Iterator[tuple[str, str]]:
    """Each postcode of the need with the name of its field."""
    if need.home_postcode:
        yield "home_postcode", need.home_postcode
    if need.school_postcode:
        yield "school_postcode", need.school_postcode
    for n, circle in enumerate(need.keep_away, 1):
        yield f"keep_away-{n}-postcode", circle.postcode


def wishes(need: Need) -> list[tuple[int, int]]:
    """Pairs of children, counted from 0, who should live together: those named, and siblings who need not be apart."""
    apart = {(pair.first, pair.second) for pair in need.apart}
    named = {(pair.first, pair.second) for pair in need.together}
    if need.siblings:
        named |= set(combinations(range(1, len(need.children) + 1), 2))
    return sorted((first - 1, second - 1) for first, second in named - apart)


def asked(need: Need, today: date) -> Asked:
    """A checked need as it is judged on a day: a search made earlier is for today at the earliest."""
    starts = max(need.starts or today, today)
    return Asked(
        ages=tuple(child.age or 0 for child in need.children),
        sexes=tuple(child.sex for child in need.children),
        siblings=need.siblings,
        together=bool(wishes(need)),
        apart=bool(need.apart),
        starts=starts,
        ends=need.ends if need.ends is None or need.ends > starts else None,
        care_type=need.care_type,
        home=need.home_postcode,
        home_miles=need.home_miles,
        school=need.school_postcode,
        school_miles=need.school_miles,
        skills=tuple(need.skills),
        communication=tuple(need.communication),
        adaptations=tuple(need.adaptations),
        languages=tuple(need.languages),
        religion=need.religion,
        culture=need.culture,
        alongside=need.alongside,
        pets=need.pets,
        kinds=tuple(need.kinds),
        by_kind=need.fit_first is None,
        need_level=need.need_level,
        circles=tuple(AskedCircle(circle.postcode, circle.miles) for circle in need.keep_away),
    )


def need_key(need: Need, request_id: UUID | None = None) -> str:
    """The same for every search of one request: its id, its reference, or else what is asked for but for the dates."""
    if request_id is not None:
        return f"request:{request_id}"
    if need.reference:
        return f"reference:{need.reference}"
    same = msgspec.structs.replace(need, starts=None, ends=None)
    return f"need:{hashlib.sha256(msgspec.json.encode(same)).hexdigest()[:32]}"


def coarse(need: Need) -> Need:
    """The need as it is kept for evidence: no place finer than the outward code, nothing to keep away from."""
    return msgspec.structs.replace(
        need,
        home_postcode=outward_of(need.home_postcode) if need.home_postcode else None,
        school_postcode=outward_of(need.school_postcode) if need.school_postcode else None,
        keep_away=[],
    )
