"""What others see of the children: made from fields that say what is needed, never from who the child is.

Level 2 goes with an enquiry: ages, needs, dates, risks as levels, the area of the home no finer than the outward code;
no free text at all. Level 3 is for whoever accepted it: it adds the author's own words, which are checked first
(`naming.identifying`). No level has a name, a date of birth, an address, a school, a reference or a legal status.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

import msgspec

from careshare.errors import Invalid, NotFound
from services.placements.need import Alongside, Pair, Pets, Sex
from services.placements.requests.model import Cultural, FamilyTime, Kind, Level, Suitability, YesNo
from services.placements.requests.records import ChildRecord, RequestRecord
from services.placements.requests.rules.naming import OnFile

NeededBy = Literal["today", "under_five_days", "over_five_days"]

SOON: Final = 5
"""Days that the standard tells apart."""


class RiskLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A risk and its level."""

    risk: str
    level: Level


class RiskNote(RiskLevel, frozen=True, kw_only=True):
    """A risk and what its author says of it."""

    note: str


class ChildProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A child at level 2."""

    age: int
    sex: Sex
    home_area: str | None
    needs: list[str]
    communication_needs: YesNo
    communication: list[str]
    adaptation_needed: YesNo
    adaptations: list[str]
    cultural: Cultural
    culture: str | None
    religion: str | None
    languages: list[str]
    support: list[str]
    deprivation_of_liberty: YesNo
    risks: list[RiskLevel]
    education: str | None


class FullerChild(ChildProfile, frozen=True, kw_only=True):
    """A child at level 3."""

    risk_notes: list[RiskNote]
    education_plan: YesNo
    education_note: str
    health: str
    about: str
    wishes: str
    wishes_heard_on: date | None


class Profile(msgspec.Struct, frozen=True, kw_only=True, tag_field="level", tag=2):
    """A request at level 2. Written as JSON it says its level."""

    kind: Kind
    needed_by: NeededBy
    starts: date
    ends: date | None
    length: str | None
    siblings: bool
    together: list[Pair]
    apart: list[Pair]
    care_type: str | None
    foster: Suitability
    residential: Suitability
    supported: Suitability
    alongside: Alongside
    pets: Pets
    children: list[ChildProfile]


class Fuller(Profile, frozen=True, kw_only=True, tag_field="level", tag=3):
    """A request at level 3."""

    children: list[FullerChild]  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride]  # each of them is a ChildProfile; the list is never written to
    background: str
    preferred_location: str
    family_time: list[FamilyTime]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A free text of level 3: of the child with this id and place, or of the request (null)."""

    field: str
    child_id: UUID | None
    child: int | None
    text: str


def profile(request: RequestRecord, level: int, today: date, only: Sequence[UUID] | None = None) -> Profile:
    """What somebody at this level sees, of all children or of those named, in that order.

    Raises Invalid for a level that shows no profile, NotFound for a child of another request.
    """
    if level not in {2, 3}:
        raise Invalid("There is a profile at level 2 (enquiry) and at level 3 (accepted).")
    chosen = _chosen(request, only)
    facts = _request(request, chosen, today)
    if level == 2:
        return Profile(children=[_child(child) for child in chosen], **facts)
    return Fuller(
        children=[_fuller(child) for child in chosen],
        background=request.need.background,
        preferred_location=request.need.preferred_location,
        family_time=request.need.family_time,
        **facts,
    )


def _chosen(request: RequestRecord, only: Sequence[UUID] | None) -> list[ChildRecord]:
    if only is None:
        return request.children
    known = {child.id: child for child in request.children}
    if any(one not in known for one in only):
        raise NotFound
    return [known[one] for one in only]


def _pairs(pairs: Sequence[Pair], chosen: Sequence[ChildRecord]) -> list[Pair]:
    """Pairs of the chosen children, by their places among these."""
    place = {child.position: number for number, child in enumerate(chosen, 1)}
    found = [sorted((place[one.first], place[one.second])) for one in pairs if {one.first, one.second} <= place.keys()]
    return [Pair(first=first, second=second) for first, second in sorted(found)]


_OF_REQUEST: Final = ("kind", "starts", "ends")
_OF_NEED: Final = (*("length", "siblings", "care_type", "foster", "residential", "supported", "alongside", "pets"),)
_OF_CHILD: Final = ("age", "sex", "home_area")
_OF_CHILD_NEED: Final = (
    *("needs", "communication_needs", "communication", "adaptation_needed", "adaptations", "cultural", "culture"),
    *("religion", "languages", "support", "deprivation_of_liberty", "education"),
)
_FULLER: Final = ("education_plan", "education_note", "health", "about", "wishes", "wishes_heard_on")


def _request(request: RequestRecord, chosen: Sequence[ChildRecord], today: date) -> dict[str, Any]:
    return {
        "together": _pairs(request.need.together, chosen),
        "apart": _pairs(request.need.apart, chosen),
        "needed_by": needed_by(request.starts, today),
        **{name: getattr(request, name) for name in _OF_REQUEST},
        **{name: getattr(request.need, name) for name in _OF_NEED},
    }


def needed_by(starts: date, today: date) -> NeededBy:
    """When the home is needed, as the standard has it: five days off is "more than 5 days" from the sixth on."""
    days = (starts - today).days
    return "today" if days <= 0 else "under_five_days" if days <= SOON else "over_five_days"


def _facts(child: ChildRecord) -> dict[str, Any]:
    return {
        **{name: getattr(child, name) for name in _OF_CHILD},
        **{name: getattr(child.need, name) for name in _OF_CHILD_NEED},
        "risks": [RiskLevel(risk=risk.risk, level=risk.level) for risk in child.need.risks],
    }


def _child(child: ChildRecord) -> ChildProfile:
    return msgspec.convert(_facts(child), ChildProfile)


def _fuller(child: ChildRecord) -> FullerChild:
    notes = [RiskNote(risk=risk.risk, level=risk.level, note=risk.note) for risk in child.need.risks if risk.note]
    more = {name: getattr(child.need, name) for name in _FULLER}
    return msgspec.convert({**_facts(child), "risk_notes": notes, **more}, FullerChild)


CHILD_TEXTS: Final = ("education_note", "health", "about", "wishes")
REQUEST_TEXTS: Final = ("background", "preferred_location")


def texts(request: RequestRecord) -> list[Said]:
    """Every free text that level 3 shows, in the order of the pages."""
    return [said for said in _texts(request) if said.text]


def _texts(request: RequestRecord) -> Iterator[Said]:
    for name in REQUEST_TEXTS:
        yield Said(field=name, child_id=None, child=None, text=getattr(request.need, name))
    for time in request.need.family_time:
        yield Said(field="family_time", child_id=None, child=None, text=time.note)
    for child in request.children:
        for risk in child.need.risks:
            yield Said(field="risks", child_id=child.id, child=child.position, text=risk.note)
        for name in CHILD_TEXTS:
            yield Said(field=name, child_id=child.id, child=child.position, text=getattr(child.need, name))


def on_file(request: RequestRecord) -> OnFile:
    """What is known of the children of a request, all of them together: a text on one may name another."""
    known = [child.identity for child in request.children if child.identity is not None]
    names = [one for child in known for one in (child.name, child.known_as, *child.on_file)]
    names += [one.name for one in request.need.considered]
    names += [child.need.wishes_heard_by for child in request.children]
    return OnFile(
        names=tuple(dict.fromkeys(name for name in names if name)),
        schools=tuple(dict.fromkeys(child.school for child in known if child.school)),
        addresses=tuple(dict.fromkeys(child.address for child in known if child.address)),
        postcodes=tuple(
            dict.fromkeys(one for child in known for one in (child.postcode, child.school_postcode) if one)
        ),
        references=tuple(dict.fromkeys(child.reference for child in known if child.reference)),
        births=tuple(dict.fromkeys(child.born for child in known if child.born)),
    )
