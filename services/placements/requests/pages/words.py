"""How a request reads on a page. `say` in every template of requests."""

from collections.abc import Mapping, Sequence
from typing import Final

from careshare.web.filters import plural, sentence
from services.placements.pages import words
from services.placements.queries import today
from services.placements.requests import codes
from services.placements.requests.model import ChildNeed, RequestNeed
from services.placements.requests.records import ChildRecord, RequestRecord, RequestRow
from services.placements.requests.rules.profile import ChildProfile, Profile

Choice = tuple[str, str]

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "draft": ("Draft", "grey"),
    "open": ("Open", "blue"),
    "placed": ("Placed", "green"),
    "not_placed": ("Not placed", "red"),
    "withdrawn": ("Withdrawn", "grey"),
}
"""The word and the colour of each stage."""

KINDS: Final = {"planned": "Planned", "emergency": "Emergency"}
SEXES: Final = (("F", "Girl"), ("M", "Boy"), ("U", "Not known"))
STEPS: Final = {
    "open": "Opened",
    "withdraw": "Withdrawn",
    "not_place": "No home found",
    "place": "Placed",
    "reopen": "Reopened",
}
FOUND: Final = {
    "name": "a name on file",
    "short_form": "a short form of a name on file",
    "initials": "initials of a name on file",
    "school": "the school on file",
    "street": "the street on file",
    "address": "an address",
    "postcode": "a postcode",
    "telephone": "a telephone number",
    "email": "an e-mail address",
    "web": "a web address or an account",
    "number": "a long number",
    "reference": "the case reference",
    "birthday": "a date of birth on file",
}
"""What a finding is."""

TEXTS: Final = {
    "background": "Why a home is needed",
    "preferred_location": "Preferred location",
    "family_time": "Family time",
    "risks": "Risks",
    "education_note": "Education",
    "health": "Health",
    "about": "What the child is like",
    "wishes": "Wishes and feelings",
}
"""The texts that others see at level 3."""


def choices(name: str) -> list[Choice]:
    """The codes of a list and their names, as form fields want them."""
    return list(codes.codes(name, today()).items())


def pairs(names: Mapping[str, str]) -> list[Choice]:
    """Any mapping of values to words, as form fields want it."""
    return list(names.items())


def label(name: str, code: str | None) -> str:
    """The name of a code; empty for none."""
    return codes.label(name, code) if code else ""


def labels(name: str, given: Sequence[str]) -> str:
    """The names of codes, one after the other."""
    return sentence(codes.label(name, code) for code in given)


def children(record: RequestRecord | RequestRow) -> str:
    """Whom a home is asked for, as "A girl of 4 and a boy of 7"."""
    if isinstance(record, RequestRow):
        ages, sexes = record.ages, record.sexes
    else:
        ages, sexes = [one.age for one in record.children], [one.sex for one in record.children]
    said = words.children(tuple(ages), tuple(sexes))
    return said[:1].upper() + said[1:]


def child(one: ChildRecord, among: int) -> str:
    """One of the children in a heading: "Child 2, boy of 7"; the only one "The child, girl of 4"."""
    sex = {"F": "girl", "M": "boy", "U": "child"}[one.sex]
    return f"{f'Child {one.position}' if among > 1 else 'The child'}, {sex} of {one.age}"


def missing(count: int) -> str:
    """How many things a section lacks."""
    return f"{plural(count, 'thing')} missing" if count else "Complete"


def risk(code: str) -> str:
    """The name of a risk."""
    return codes.risk_label(code)


def request_facts(need: RequestNeed | Profile) -> list[tuple[str, str]]:
    """What all children need together, for reading; keep-away places and names apart."""
    together = sentence(f"children {pair.first} and {pair.second}" for pair in need.together)
    apart = sentence(f"children {pair.first} and {pair.second}" for pair in need.apart)
    found = [
        ("How long", label("length", need.length)),
        ("Brothers and sisters", "Yes, all of each other" if need.siblings else ""),
        ("Together", together),
        ("Apart", apart),
        ("Type of care", label("care_type", need.care_type)),
        ("Foster home", label("suitability", need.foster)),
        ("Children’s home", label("suitability", need.residential)),
        ("Supported accommodation", label("suitability", need.supported)),
        ("Cared for alongside", label("alongside", need.alongside)),
        ("Pets", label("pets", need.pets)),
    ]
    return [(name, said[:1].upper() + said[1:]) for name, said in found if said]


def child_facts(need: ChildNeed | ChildProfile) -> list[tuple[str, str]]:
    """What one child needs, for reading: codes alone, no free text."""
    risks = sentence(f"{risk(one.risk)} ({label('risk_level', one.level).lower()})" for one in need.risks)
    communication = label("yes_no", need.communication_needs)
    if need.communication:
        communication += f": {labels('communication', need.communication)}"
    adapted = label("yes_no", need.adaptation_needed)
    if need.adaptations:
        adapted += f": {labels('adaptation', need.adaptations)}"
    found = [
        ("Needs", labels("skill", need.needs)),
        ("Communication, language and learning needs", communication),
        ("Adaptation to the home", adapted),
        ("Cultural needs", label("cultural", need.cultural)),
        ("Culture", label("culture", need.culture)),
        ("Religion", label("religion", need.religion)),
        ("Languages", labels("language", need.languages)),
        ("Additional support", labels("support", need.support)),
        ("Deprivation of Liberty Order", label("yes_no", need.deprivation_of_liberty)),
        ("Risks", risks),
        ("Education", label("education", need.education)),
    ]
    return [(name, said) for name, said in found if said]
