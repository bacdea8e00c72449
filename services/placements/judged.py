"""What is judged when a home is looked for: the need, the home, what is known around both; and what a judgement is."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import IntEnum
from typing import Final, Literal
from uuid import UUID

import msgspec

OWN_BEDROOM_FROM: Final = 3
"""From this birthday on a child has a bedroom of their own or agreed sharing (Fostering NMS 10.6: over 3)."""

Route = Literal["none", "nominated_officer", "director", "unknown"]
Outcome = Literal["will_take", "ring_back", "no_answer", "said_no"]


class Verdict(IntEnum):
    """How a home stands to one criterion; None stands for a criterion that was not asked for."""

    NOT_MET = 0
    UNKNOWN = 1
    MET = 2


class Section(IntEnum):
    """Where a home stands in the answer."""

    EXCLUDED = 0
    RESULT = 1
    NEAR_MISS = 2


HARD: Final = (
    "age", "sex", "places", "care_type", "free_from", "free_until", "limit", "bedrooms", "adaptations", "no_pets",
    "alongside", "keep_away", "apart",
)  # fmt: skip
"""Criteria that a home must not fail, in the order of the SQL's columns."""

SOFT: Final = (
    "near_home", "near_school", "skills", "communication", "language", "religion", "culture", "pets_wanted", "company",
    "together", "fresh",
)  # fmt: skip
"""Criteria that rank, in the order of the SQL's columns."""

FLAT: Final = ("near_home", "near_school", "language", "religion", "culture", "pets_wanted", "company", "together")
"""Soft criteria that count all of their weight, a share of it when unknown, or nothing."""


class Circle(msgspec.Struct, frozen=True):
    """A place to keep away from: a postcode and so many miles around it."""

    postcode: str
    miles: float


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A need on a day, ready to be judged: ages in whole years on the day wanted, postcodes in canonical form."""

    ages: tuple[int, ...]
    sexes: tuple[str, ...]
    siblings: bool = False
    together: bool = False
    apart: bool = False
    """Whether some of the children must live apart, so that no single home is a home for all of them."""
    starts: date
    ends: date | None = None
    care_type: str | None = None
    home: str | None = None
    home_miles: int | None = None
    school: str | None = None
    school_miles: int | None = None
    skills: tuple[str, ...] = ()
    communication: tuple[str, ...] = ()
    adaptations: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    religion: str | None = None
    culture: str | None = None
    alongside: str = "no_preference"
    pets: str = "not_known"
    circles: tuple[Circle, ...] = ()
    kinds: tuple[str, ...] = ()
    """The kinds of home that a list holds; empty: all. One that is opened is judged whatever its kind."""
    by_kind: bool = True
    """Least institutional first (Children Act 1989 s22C); otherwise by fit alone, for a reason on record."""
    need_level: str | None = None
    """The level of need that places in homes are priced by; None: prices of all levels."""

    @property
    def over_three(self) -> int:
        """How many of the children need a bedroom of their own."""
        return over_three(self.ages)


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What a home may take and who is there: the part of a notice that is judged anew for part of a group."""

    kind: str
    age_min: int
    age_max: int
    sex: str
    places: int
    within_limit: int
    empty: bool
    bedrooms: int | None
    sharing: str | None
    solo: bool | None
    children_there: str | None
    others_low: int | None
    others_high: int | None


class Offer(Room, frozen=True, kw_only=True):
    """A vacancy notice as the search reads it (`tenants.offer`), and for one's own homes the exact point."""

    id: UUID
    own: bool
    care_types: Sequence[str]
    starts: date
    ends: date | None
    pets: Sequence[str] | None
    skills: Sequence[str]
    communication: Sequence[str]
    adaptations: Sequence[str]
    languages: Sequence[str] | None
    religions: Sequence[str] | None
    cultures: Sequence[str] | None
    area_gss: str
    easting: int
    northing: int
    radius_m: int
    confirmed_on: date | None
    exact: tuple[int, int] | None = None


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgement is made against: the day, the searching authority and its neighbours, where postcodes are.

    `gss` are the codes the searching authority has or had; `known` the authorities whose neighbours are all recorded.
    """

    today: date
    stale_after_days: int
    gss: frozenset[str]
    adjoining: frozenset[str]
    known: frozenset[str]
    points: Mapping[str, tuple[int, int]]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One home judged: each criterion, what follows from them, the score and the approval it would need."""

    verdicts: Mapping[str, Verdict | None]
    home_miles: float | None
    school_miles: float | None
    skills_met: int
    communication_met: int
    failed: int
    unknown: int
    section: Section
    score: float
    route: Route


def over_three(ages: Sequence[int]) -> int:
    """How many of the children need a bedroom of their own."""
    return sum(age >= OWN_BEDROOM_FROM for age in ages)
