"""What counts how much in the ranking, and how long things are kept: two small data files beside this one.

weights.csv is the one place where the ranking is adjusted: the SQL takes each line as a parameter and `rules.judge`
takes the same value. docs/ranking.md explains it.
"""

import csv
from functools import cache
from importlib.resources import files

import msgspec

PACKAGE = "services.placements"


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ranking's numbers; weights.csv says what each one means and in which unit."""

    own: float
    kind_foster_home: float
    kind_supported_accommodation: float
    kind_residential_home: float
    home_distance: float
    home_half: float
    school_distance: float
    school_half: float
    near_home: float
    near_school: float
    skills: float
    communication: float
    language: float
    religion: float
    culture: float
    pets_wanted: float
    company: float
    together: float
    fresh: float
    route_none: float
    route_nominated_officer: float
    route_unknown: float
    route_director: float
    unknown_hard: float
    unknown_share: float
    spare_place: float
    call_will_take: float
    call_ring_back: float
    call_no_answer: float
    call_said_no: float
    near_failures: float
    near_age_years: float
    near_places: float
    near_days: float


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long searches and unmet need are kept; policy.csv says what each number means."""

    search_kept_weeks: int
    unmet_need_window_days: int
    unmet_need_reference_weeks: int
    unmet_need_kept_weeks: int


def _read(name: str) -> dict[str, str]:
    text = (files(PACKAGE) / name).read_text(encoding="utf-8")
    return {row["name"]: row["value"] for row in csv.DictReader(text.splitlines())}


@cache
def weights() -> Weights:
    """The weights of weights.csv. Raises msgspec.ValidationError naming a line that is missing or no number."""
    return msgspec.convert(_read("weights.csv"), Weights, strict=False)


@cache
def policy() -> Policy:
    """The numbers of policy.csv, in the same way."""
    return msgspec.convert(_read("policy.csv"), Policy, strict=False)
