"""How what is disclosed reads: the profile of the children at each level, the home in bands, and who they are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from careshare.web.filters import long_date
from services.placements.enquiries.pages.words import Choice
from services.placements.requests.pages import words as of_requests
from services.placements.requests.rules.profile import ChildProfile, Fuller, FullerChild, Profile
from tenants.codes import label as shared_label


def profile(body: Mapping[str, Any] | None) -> Profile | None:
    """A profile as it was sent; None where it is not open. The level says which it is."""
    if body is None:
        return None
    return msgspec.convert(body, Fuller if body.get("level") == 3 else Profile)


def facts(one: Profile) -> list[Choice]:
    """What all children need, with the author's own words where the profile has them."""
    found = [
        ("Kind", of_requests.KINDS[one.kind]),
        ("Needed", of_requests.label("needed_by", one.needed_by)),
        ("From", long_date(one.starts)),
        ("Until", long_date(one.ends) if one.ends else ""),
        *of_requests.request_facts(one),
    ]
    if isinstance(one, Fuller):
        found += [("Why a home is needed", one.background), ("Preferred location", one.preferred_location)]
        found += [
            (
                "Family time",
                f"{of_requests.label('family_with', time.with_whom)}: {of_requests.label('family_often', time.often)}, "
                f"{of_requests.label('family_supervision', time.supervision)}. {time.note}".strip(),
            )
            for time in one.family_time
        ]
    return [(name, said) for name, said in found if said]


def child_facts(one: ChildProfile) -> list[Choice]:
    """What one child needs."""
    found = [("Home area", one.home_area or ""), *of_requests.child_facts(one)]
    if isinstance(one, FullerChild):
        found += [(of_requests.risk(risk.risk), risk.note) for risk in one.risk_notes]
        found += [
            ("What to know about education", one.education_note),
            ("Health", one.health),
            ("What the child is like", one.about),
            ("Wishes and feelings", one.wishes),
        ]
    return [(name, said) for name, said in found if said]


def child_title(one: ChildProfile, number: int, among: int) -> str:
    """A child in a heading: "Child 2, boy of 7"; the only one "The child, girl of 4"."""
    sex = {"F": "girl", "M": "boy", "U": "child"}[one.sex]
    return f"{f'Child {number}' if among > 1 else 'The child'}, {sex} of {one.age}"


def home_facts(body: Mapping[str, Any]) -> list[Choice]:
    """Who lives in the home and what it is like, as its authority described it: in bands, without a name."""
    found: list[Choice] = []
    for name, (title, read) in _HOME.items():
        given = body.get(name)
        if given not in (None, "", []):
            found.append((title, read(given)))
    return found


def _there(people: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(
        ", ".join(str(part) for part in (_who(one), one.get("band") and f"aged {one['band']}") if part)
        for one in people
    )


def _who(one: Mapping[str, Any]) -> str:
    if one.get("relationship"):
        return str(one["relationship"]).replace("_", " ")
    return {"F": "girl", "M": "boy"}.get(str(one.get("sex")), "child")


def _residents(people: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{_who(one)}, {one['ages'][0]} to {one['ages'][1]}" for one in people)


def _plain(given: object) -> str:
    if isinstance(given, bool):
        return "Yes" if given else "No"
    said = str(given).replace("_", " ")
    return said[:1].upper() + said[1:]


def _listed(given: Sequence[object]) -> str:
    return ", ".join(_plain(one) for one in given)


def _codes(name: str) -> Callable[[Sequence[str]], str]:
    return lambda given: ", ".join(shared_label(name, code) for code in given)


def _home(code: str) -> str:
    return HOMES[code]


def _until(day: str) -> str:
    return long_date(date.fromisoformat(day))


HOMES: Final = {
    "foster_home": "Foster home",
    "childrens_home": "Children’s home",
    "supported_accommodation": "Supported accommodation",
}
"""Kinds of home as their registers name them."""
_HOME: Final[Mapping[str, tuple[str, Any]]] = {
    "kind": ("Kind of home", _home),
    "category": ("Category", _plain),
    "carers": ("Foster carers", str),
    "members": ("Others in the household", _there),
    "placed_children": ("Children placed there", _there),
    "residents": ("Children who live there", _residents),
    "bedrooms": ("Bedrooms", str),
    "pets": ("Pets", _listed),
    "registered_places": ("Registered places", str),
    "age_min": ("Youngest age", str),
    "age_max": ("Oldest age", str),
    "sex": ("Sex", _plain),
    "purposes": ("Purpose", _codes("home_purpose")),
    "skills": ("Experienced with", _codes("skill")),
    "communication": ("Communication", _codes("communication")),
    "adaptations": ("Adaptations", _codes("adaptation")),
    "education_on_site": ("Education on site", _plain),
    "judgement": ("Ofsted’s judgement", _plain),
    "judged_year": ("Judged in", str),
    "staffed_until": ("Staffed until", _until),
}
"""What a home is described by before a match (the registers' `placing.fuller`), and how it reads."""

_IDENTITY: Final = {
    "name": "Name",
    "address": "Address",
    "postcode": "Postcode",
    "supervising_worker": "Supervising social worker",
    "manager_name": "Manager",
    "owner_organisation": "Run by",
    "duty_number": "Ring",
    "contact_number": "Ring",
}


def home_identity(body: Mapping[str, Any]) -> list[Choice]:
    """Who and where the home is, once matched."""
    found = [(title, str(body[name])) for name, title in _IDENTITY.items() if body.get(name)]
    carers: list[dict[str, Any]] = body.get("carers") or []
    for carer in carers:
        telephone = f", {carer['telephone']}" if carer.get("telephone") else ""
        found.append(("Foster carer", f"{carer['name']}{telephone}"))
    if body.get("confidential"):
        found.append(("Confidential", "Tell nobody this address"))
    return found


_CHILD_IDENTITY: Final = {
    "name": "Name",
    "known_as": "Known as",
    "born": "Date of birth",
    "reference": "Reference",
    "legal_status": "Legal status",
    "address": "Address",
    "postcode": "Postcode",
    "school": "School",
}


def child_identity(body: Mapping[str, Any]) -> list[Choice]:
    """Who a child is, once matched."""
    return [(title, _known(name, str(body[name]))) for name, title in _CHILD_IDENTITY.items() if body.get(name)]


def _known(name: str, given: str) -> str:
    if name == "legal_status":
        return of_requests.label(name, given)
    return long_date(date.fromisoformat(given)) if name == "born" else given
