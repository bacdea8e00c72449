"""What may change and why a flag is cleared: data files beside this one, each line with its source."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

PACKAGE: Final = "services.placements.changes"

Subject = Literal["request", "enquiry", "hold", "placement"]
MadeBy = Literal["register", "birthday", "agreement", "recorded", "told"]
Neutral = Literal["home_standing", "child_plan"]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of changes.csv: what changed, what it touches, and for whom a flag of it is on each side."""

    code: str
    label: str
    made_by: MadeBy
    """Who notices: a register, a date of birth, an agreement's end, a person who records it, or the other side."""
    touches: tuple[Subject, ...]
    kinds: tuple[str, ...]
    """Kinds of home it can be about."""
    placing: tuple[str, ...]
    providing: tuple[str, ...]
    neutral: Neutral | None
    """What the other side is told instead; None: it knows by itself, or it is none of its business."""
    ahead_days: int
    """So many days before it takes effect it is flagged."""
    dated: bool
    """Whether its day may be shown: a birthday's may not."""
    advice: str
    source: str
    valid_from: date


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a flag was cleared: by a person, or by the system because what it was about is over."""

    code: str
    label: str
    made_by: Literal["person", "system"]
    source: str
    valid_from: date


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((files(PACKAGE) / "data" / name).read_text(encoding="utf-8").splitlines()))


@cache
def kinds() -> Mapping[str, Kind]:
    """Everything that may change, in order. Raises msgspec.ValidationError naming a field that cannot be right."""
    lists = ("touches", "kinds", "placing", "providing")
    rows = [
        {
            **row,
            **{name: row[name].split() for name in lists},
            "neutral": row["neutral"] or None,
            "dated": row["dated"] == "yes",
        }
        for row in _rows("changes.csv")
    ]
    return {one.code: one for one in msgspec.convert(rows, list[Kind], strict=False)}


@cache
def reasons() -> Mapping[str, Reason]:
    """Every reason for clearing, in order."""
    return {one.code: one for one in msgspec.convert(_rows("reasons.csv"), list[Reason], strict=False)}


def recorded() -> Mapping[str, Kind]:
    """What a person records about a child's plan."""
    return {code: one for code, one in kinds().items() if one.made_by == "recorded"}


def by_person() -> Mapping[str, Reason]:
    """The reasons a person may choose."""
    return {code: one for code, one in reasons().items() if one.made_by == "person"}


def label(code: str) -> str:
    """How a change reads; the code itself where the list does not have it any more."""
    known = kinds().get(code)
    return known.label if known else code


def reason_label(code: str | None) -> str | None:
    """How a reason reads."""
    if code is None:
        return None
    known = reasons().get(code)
    return known.label if known else code
