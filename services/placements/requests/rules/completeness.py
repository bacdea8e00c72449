"""What a good referral still lacks, with why it matters and where that is said: data/referral.csv, tried in turn."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Final, Literal

import msgspec

from services.placements import clocks
from services.placements.requests import codes
from services.placements.requests.records import ChildRecord, RequestRecord


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a request lacks. `child` is the place of the child it is about; null: about all of them."""

    field: str
    child: int | None
    section: str
    label: str
    why: str
    source: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A line of data/referral.csv."""

    field: str
    scope: Literal["request", "child"]
    section: str
    label: str
    why: str
    source: str


@cache
def wanted() -> tuple[Wanted, ...]:
    """What a good referral says. Raises msgspec.ValidationError for a line that cannot be right."""
    return tuple(msgspec.convert(codes.rows("referral.csv"), list[Wanted]))


_REQUEST: Final[Mapping[str, Callable[[RequestRecord], bool]]] = {
    "length": lambda of: of.need.length is None,
    "recommendation": lambda of: (
        {of.need.foster, of.need.residential, of.need.supported} == {"not_specified"} and of.need.care_type is None
    ),
    "considered": lambda of: not of.need.considered and of.need.considered_none is None,
    "family_time": lambda of: not of.need.family_time,
    "background": lambda of: not of.need.background,
}
_CHILD: Final[Mapping[str, Callable[[ChildRecord], bool]]] = {
    "sex": lambda of: of.sex == "U",
    "communication_needs": lambda of: of.need.communication_needs == "not_specified",
    "adaptation_needed": lambda of: of.need.adaptation_needed == "not_specified",
    "deprivation_of_liberty": lambda of: of.need.deprivation_of_liberty == "not_specified",
    "culture": lambda of: of.need.culture is None and of.need.cultural == "not_known",
    "religion": lambda of: of.need.religion is None,
    "languages": lambda of: not of.need.languages,
    "risks": lambda of: bool(not_looked_at(of)),
    "education": lambda of: of.need.education is None,
    "health": lambda of: not of.need.health,
    "wishes": lambda of: not of.need.wishes and of.need.wishes_not_heard is None,
    "reference": lambda of: "reference" not in of.known,
    "legal_status": lambda of: "legal_status" not in of.known,
    "postcode": lambda of: "postcode" not in of.known,
    "school_postcode": lambda of: "school_postcode" not in of.known and of.need.education not in {None, "none"},
    "on_file": lambda of: "on_file" not in of.known,
}


def not_looked_at(child: ChildRecord) -> list[str]:
    """The standard's risks about which nothing is said; "other" ones need not be."""
    said = {risk.risk for risk in child.need.risks}
    return [risk for risk in codes.risks() if risk not in said and not risk.startswith("other_")]


def lacking(request: RequestRecord) -> list[Lacking]:
    """What a request lacks, in the order of its pages: first of all children together, then of each."""
    found = [_lack(one, None) for one in wanted() if one.scope == "request" and _REQUEST[one.field](request)]
    for child in request.children:
        found += [_lack(one, child.position) for one in wanted() if one.scope == "child" and _CHILD[one.field](child)]
    return found


def _lack(one: Wanted, child: int | None) -> Lacking:
    return Lacking(field=one.field, child=child, section=one.section, label=one.label, why=one.why, source=one.source)


def complete_by(request: RequestRecord, own: clocks.Own = clocks.DEFAULT) -> date | None:
    """The last day on which an emergency request must be made complete, as `own` has it; None for a planned one."""
    return None if request.kind == "planned" else clocks.due("referral_whole", request.made_at, own).on
