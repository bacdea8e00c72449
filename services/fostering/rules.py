"""The rules of fostering as pure functions: no database, no clock. Numbers come in as `Limits`, days as parameters.

The usual fostering limit (Children Act 1989 Schedule 7) and the terms of approval (SI 2011/581 regulation 27) are two
things: a placement must keep to both, and an exemption from the one varies nothing of the other.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Literal

from services.fostering.limits import Limits
from tenants.codes import label
from tenants.references import reference_key

PlaceState = Literal["filled", "held", "not_available", "vacant"]
BirthdayKind = Literal["own_bedroom", "past_age_limit", "adult"]
LimitBasis = Literal["within", "siblings", "exemption", "over"]


@dataclass(frozen=True, slots=True)
class Child:
    """A child who lives in the home or is to. Children with one `sibling_group` are siblings each of all the others."""

    reference: str
    born: date
    sex: str = "U"
    sibling_group: str | None = None
    care_type: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of approval. `named_children` are the only ones they allow; empty allows any."""

    kind: str
    places: int
    age_min: int
    age_max: int
    sex: str
    care_types: Collection[str]
    named_children: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exemption from the usual limit: who gave it, for which children, from when up to when."""

    granted_by_gss: str
    children: frozenset[str]
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Breach:
    """A term that a placement would not keep to, with what to say about it."""

    term: str
    message: str


@dataclass(frozen=True, slots=True)
class LimitCheck:
    """How the children of a home stand to the usual fostering limit, and on what ground they may all be there."""

    basis: LimitBasis
    children: int
    limit: int

    @property
    def allowed(self) -> bool:
        return self.basis != "over"


@dataclass(frozen=True, slots=True)
class Birthday:
    """A birthday that changes something: whose, when, and what."""

    reference: str
    on: date
    kind: BirthdayKind
    age: int


def age_on(born: date, day: date) -> int:
    """Whole years on a day. Somebody born on 29 February has a birthday on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def birthday(born: date, age: int) -> date:
    """The day on which a person reaches an age."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month: never later than the time allowed."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def siblings(one: Child, other: Child) -> bool:
    """Whether two children are siblings. Whether step-siblings are, is settled by who is recorded as one group."""
    return one.sibling_group is not None and one.sibling_group == other.sibling_group


def usual_limit(
    children: Collection[Child],
    *,
    limits: Limits,
    day: date,
    area_gss: str | None,
    exemptions: Iterable[Exemption] = (),
    others_in_home: int = 0,
) -> LimitCheck:
    """Whether these children may all be fostered in one home on a day (Children Act 1989 Schedule 7 paragraphs 2 to 4).

    `children` are everybody fostered there, privately too, with those proposed; the home's own children do not count.
    More than the limit may be there only if every child is a sibling of every other, or if the authority in whose area
    the home stands has exempted it by a notice that names every one of them. There is no emergency grace.
    `others_in_home` are children fostered by somebody else who is approved at the same address, for authorities that
    read the limit for the home.
    """
    count, most = len(children) + others_in_home, limits.fostered_children
    if count <= most:
        return LimitCheck("within", count, most)
    if not others_in_home and all(siblings(one, other) for one, other in combinations(children, 2)):
        return LimitCheck("siblings", count, most)
    names = {reference_key(child.reference) for child in children}
    valid = any(
        one.granted_by_gss == area_gss
        and one.starts <= day
        and (one.ends is None or day < one.ends)
        and names <= {reference_key(name) for name in one.children}
        and len(one.children) >= count
        for one in exemptions
    )
    return LimitCheck("exemption" if valid else "over", count, most)


def against_terms(terms: Terms, there: Collection[Child], proposed: Sequence[Child], day: date) -> list[Breach]:
    """Each term that placing `proposed` on a day beside those `there` would break. Empty: within the terms."""
    breaches: list[Breach] = []
    number = len(there) + len(proposed)
    if number > terms.places:
        breaches.append(Breach("places", f"The approval is for {_children(terms.places)}; there would be {number}"))
    for child in proposed:
        age = age_on(child.born, day)
        if not terms.age_min <= age <= terms.age_max:
            message = f"The approval is for ages {terms.age_min} to {terms.age_max}; the child would be {age}"
            breaches.append(Breach("age", message))
        if terms.sex not in {"any", child.sex}:
            message = f"The approval is for {'girls' if terms.sex == 'F' else 'boys'} only"
            breaches.append(Breach("sex", message))
        if child.care_type not in terms.care_types:
            allowed = ", ".join(label("care_type", one).lower() for one in terms.care_types)
            breaches.append(Breach("care_type", f"The approval is for {allowed} only"))
        named = {reference_key(name) for name in terms.named_children}
        if named and reference_key(child.reference) not in named:
            breaches.append(
                Breach("named_children", "The approval names particular children, and this is not one of them")
            )
    return breaches


def _children(number: int) -> str:
    return "1 child" if number == 1 else f"{number} children"


def temporary_ends(starts: date, limits: Limits) -> date:
    """The first day without a temporary approval that begins on `starts` (SI 2010/959 regulation 24)."""
    return starts + timedelta(weeks=limits.temporary_weeks)


def latest_extension(ends: date, limits: Limits) -> date:
    """The latest day to which a temporary approval that ends on `ends` may be extended (SI 2010/959 regulation 25)."""
    return ends + timedelta(weeks=limits.extension_weeks)


def resignation_ends(received: date, limits: Limits) -> date:
    """The day on which approval ends after a written notice, whatever follows (SI 2011/581 regulation 28(13))."""
    return received + timedelta(days=limits.resignation_days)


def review_due(approved_on: date, last_review: date | None, limits: Limits) -> date:
    """When the next review of approval is due at the latest (SI 2011/581 regulation 28(2))."""
    return add_months(last_review or approved_on, limits.review_months)


def birthdays(children: Iterable[Child], age_max: int | None, limits: Limits, day: date, until: date) -> list[Birthday]:
    """Birthdays from a day up to another that change something, soonest first.

    A child who passes the carers' age limit needs a variation of terms; one who is three needs a bedroom of their own,
    or agreed sharing; one who is eighteen may stay put and is no longer fostered.
    """
    ages: dict[BirthdayKind, int] = {"own_bedroom": limits.own_bedroom_age, "adult": limits.adult_age}
    if age_max is not None and age_max + 1 < limits.adult_age:
        ages["past_age_limit"] = age_max + 1
    found = [
        Birthday(child.reference, birthday(child.born, age), kind, age)
        for child in children
        for kind, age in ages.items()
        if day <= birthday(child.born, age) < until
    ]
    return sorted(found, key=lambda one: (one.on, one.reference, one.kind))


def place_state(*, filled: bool, held: bool, closed: bool) -> PlaceState:
    """How a place counts (Ofsted: filled, vacant, not available; held is a vacancy that somebody is about to take)."""
    if filled:
        return "filled"
    if held:
        return "held"
    return "not_available" if closed else "vacant"


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a home may be published."""

    terms: Terms | None
    resigned: bool
    privacy_notice_on: date | None
    objection: bool
    located: bool


def publish_blocks(standing: Standing, day: date) -> list[Breach]:
    """Everything that keeps a home from being published, by field; empty: it may be."""
    blocks: list[Breach] = []
    terms = standing.terms
    if terms is None:
        blocks.append(Breach("approval", "There is no approval in force"))
    elif terms.kind == "connected":
        blocks.append(
            Breach("approval", "Connected carers are approved for particular children, so cannot be published")
        )
    elif terms.kind == "temporary":
        blocks.append(Breach("approval", "A temporary approval is for particular children, so cannot be published"))
    elif terms.named_children:
        blocks.append(Breach("approval", "The approval names particular children, so cannot be published"))
    if standing.resigned:
        blocks.append(Breach("approval", "The carers have resigned"))
    if standing.privacy_notice_on is None:
        blocks.append(Breach("privacy_notice_on", "Enter the date on which the carers were given the privacy notice"))
    elif standing.privacy_notice_on > day:
        blocks.append(Breach("privacy_notice_on", "The privacy notice must have been given today or earlier"))
    if standing.objection:
        blocks.append(Breach("objection", "The carers object to sharing their vacancies"))
    if not standing.located:
        blocks.append(Breach("postcode", "The postcode is not known, so no area can be shown"))
    return blocks
