"""Which consents a match needs: pure rules, by whose child it is, whose home, and where the home stands.

Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959, "CPPCR") regs 9 to 11 and 22, as
amended by SI 2013/3239; Children Act 1989 Schedule 7. What an emergency puts off is listed all the same, with its own
clock.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

PACKAGE: Final = "services.placements.matches"

Side = Literal["placing", "providing"]
Route = Literal["none", "nominated_officer", "director"]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of consents.csv. `after`: kinds that must be given first; `in_emergency`: before, or afterwards."""

    kind: str
    label: str
    side: Side
    roles: tuple[str, ...]
    after: tuple[str, ...]
    clock: str
    in_emergency: Literal["before", "afterwards"]
    source: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class Where:
    """Three authorities matter, by GSS code: whose child it is, whose home, and in whose area the home stands.

    `adjoins`: whether the area adjoins the placing authority's; None where that is not known. `approved_here`: the
    carer was approved by the responsible authority itself, or for this child alone (reg 24), so that regulation 11 does
    not apply.
    """

    placing: str
    providing: str
    area: str | None
    adjoins: bool | None
    approved_here: bool = False


@dataclass(frozen=True, slots=True)
class Needed:
    """One consent to list: who decides (an authority's GSS code where another one does), and whether before the
    match.
    """

    kind: str
    side: Side
    required: bool
    after: tuple[str, ...] = ()
    decider: str | None = None


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of consent, in the order in which they are shown. Raises msgspec.ValidationError."""
    text = (files(PACKAGE) / "data" / "consents.csv").read_text(encoding="utf-8")
    rows = [
        {**row, "roles": row["roles"].split(), "after": row["after"].split()}
        for row in csv.DictReader(text.splitlines())
    ]
    return {one.kind: one for one in msgspec.convert(rows, list[Kind], strict=False)}


def route(where: Where) -> Route:
    """Whose approval the place needs by where it stands (CPPCR reg 11). What is not known is taken as at a distance."""
    if where.approved_here or where.area == where.placing:
        return "none"
    return "nominated_officer" if where.adjoins else "director"


def placing_needs(where: Where, *, emergency: bool, key_stage_4: bool = False) -> list[Needed]:
    """What the placing side must have: its own choice, the area's part, the approval by distance, the school."""
    found = [_needed("placing_authority", emergency)]
    match route(where):
        case "nominated_officer":
            found += [_needed("area_notified", emergency), _needed("nominated_officer", emergency)]
        case "director":
            consulted = None if where.area in {None, where.placing} else where.area
            found += [_needed("area_consulted", emergency, consulted), _needed("director", emergency)]
        case _:
            pass
    return [*found, _needed("key_stage_4", emergency)] if key_stage_4 else found


def providing_needs(
    where: Where, home: str, others: Sequence[str], *, emergency: bool, over_limit: bool = False
) -> list[Needed]:
    """What the providing side must have: its own yes, the carer's or the manager's, that of each other authority with a
    child in the home, and the area authority's exemption where the usual fostering limit would be passed.

    `home` is the kind of the home. None of these may follow later, in an emergency either.
    """
    yes = "carer" if home == "foster_home" else "manager"
    found = [_needed("providing_authority", emergency), _needed(yes, emergency)]
    known = {where.placing, where.providing}
    found += [_needed("other_authority", emergency, gss) for gss in sorted(set(others) - known)]
    if over_limit:
        found.append(_needed("exemption", emergency, where.area))
    return found


def _needed(kind: str, emergency: bool, decider: str | None = None) -> Needed:
    known = kinds()[kind]
    return Needed(
        kind=kind,
        side=known.side,
        required=known.in_emergency == "before" or not emergency,
        after=known.after,
        decider=decider,
    )


def may_decide(kind: str, roles: Sequence[str]) -> bool:
    """Whether somebody in these roles may give this consent."""
    return not set(kinds()[kind].roles).isdisjoint(roles)


def offered(state: str, stage: str, *, to_confirm: bool, required: bool) -> list[str]:
    """The answers that a consent in this state takes while its enquiry is at this stage, as the database takes them.

    What an emergency put off (not `required` before the match) is still given afterwards.
    """
    found = ["confirmed"] if to_confirm else []
    if stage not in {"proposed", "matching"} and (required or stage not in {"matched", "placed"}):
        return found
    return [*found, *(["given", "refused"] if state == "wanted" else ["revoked"])]


def asked_offered(state: str) -> list[str]:
    """The answers that a question from another authority takes."""
    return {"wanted": ["given", "refused"], "given": ["revoked"], "refused": ["revoked"]}.get(state, [])
