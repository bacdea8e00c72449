"""Invented children who live in one home: in sibling groups, within its terms, with the day each came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from services.fostering.generate.people import born

YEAR = 365
CARE_TYPES = {
    "short_term": 0.78,
    "long_term": 0.5,
    "emergency": 0.3,
    "short_break": 0.14,
    "remand": 0.02,
    "specialist": 0.08,
    "step_down": 0.03,
}
"""How often an approval names each kind of care."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a home may take: ages in whole years, both included."""

    age_min: int
    age_max: int
    sex: str
    care_types: list[str]


@dataclass(frozen=True, slots=True)
class Child:
    """A child placed. `group` numbers its siblings within the home, None for an only child there."""

    born: date
    sex: str
    group: int | None
    responsible_gss: str
    starts: date
    ends: date | None
    care_type: str


def terms(rng: Random, size: int) -> Terms:
    """Terms of an approval for any child, as councils write them."""
    if size >= 4 or rng.random() < 0.5:
        low, high = 0, 17
    else:
        low, high = rng.choice(((0, 4), (0, 8), (0, 10), (2, 12), (5, 11), (5, 17), (8, 17), (10, 17), (11, 17)))
    chances = {
        **CARE_TYPES,
        "parent_and_child": 0.06 if low == 0 else 0.0,
        "fostering_for_adoption": 0.06 if low == 0 else 0.0,
    }
    types = [name for name, chance in chances.items() if rng.random() < chance]
    return Terms(low, high, rng.choices(("any", "F", "M"), (90, 6, 4))[0], types or ["short_term"])


def groups(rng: Random, count: int, *, together: bool) -> list[int]:
    """How many children come from each family: all from one where `together`."""
    if together or count < 2:
        return [count] if count else []
    if count == 2 or rng.random() < 0.5:
        return [count] if rng.random() < 0.6 else [1] * count
    return [count - 1, 1]


def place(
    rng: Random, base: date, given: Terms, sizes: Sequence[int], *, since: date, kin: bool, councils: Sequence[str]
) -> list[Child]:
    """Children of these families in a home approved `since`; with kin since that day, or since their birth.

    Most are the first of `councils`' (GSS codes), some another's.
    """
    made: list[Child] = []
    for number, size in enumerate(sizes):
        group = number if size > 1 else None
        births = _births(rng, base, given, size)
        longest = min((base - max(since, *births)).days, 6 * YEAR)
        days = longest if kin else min(longest, int(rng.expovariate(1 / 500)) + 1)
        council = councils[0] if rng.random() < 0.92 else rng.choice(councils)
        leaves = base + timedelta(days=rng.randint(3, 45)) if not kin and rng.random() < 0.05 else None
        for birth in births:
            sex = rng.choice("FM") if given.sex == "any" else given.sex
            care = rng.choice(given.care_types)
            made.append(Child(birth, sex, group, council, base - timedelta(days=days), leaves, care))
    return made


def _births(rng: Random, base: date, given: Terms, size: int) -> list[date]:
    """Birth dates of a family's children, all within the terms today and none a newborn; siblings a year or more apart
    where the terms leave room for it.
    """
    high = min(17, given.age_max)
    span = high - given.age_min + 1
    if size > span:
        ages = [given.age_min + at % span for at in range(size)]
    else:
        step = max(1, min(3, span // size))
        first = given.age_min + rng.randrange(span - step * (size - 1))
        ages = [first + step * at for at in range(size)]
    newest = base - timedelta(days=10)
    return [min(newest, born(rng, base, age, age)) for age in ages]
