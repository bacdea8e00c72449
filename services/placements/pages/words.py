"""What a need, a notice, a criterion and a route are called on the pages: plain English, no mark-up."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from careshare.web.filters import long_date, plural, sentence
from services.placements.answers import OfHome
from services.placements.judged import Asked
from tenants.codes import label

CRITERIA: Final = {
    "age": "Ages",
    "sex": "Sex",
    "places": "Places",
    "care_type": "Type of care",
    "free_from": "Start date",
    "free_until": "How long",
    "limit": "Usual fostering limit",
    "bedrooms": "Bedrooms",
    "adaptations": "Adaptations",
    "no_pets": "No pets",
    "alongside": "Who else lives there",
    "keep_away": "Places to keep away from",
    "apart": "Living apart",
    "near_home": "Near home",
    "near_school": "Near school",
    "skills": "Needs",
    "communication": "Communication",
    "language": "Language",
    "religion": "Religion",
    "culture": "Culture",
    "pets_wanted": "Pets",
    "company": "Other children",
    "together": "Staying together",
    "fresh": "Confirmed lately",
}
"""What each criterion of `rules.HARD` and `rules.SOFT` is called."""

KINDS: Final = {
    "foster_home": "Foster home",
    "supported_accommodation": "Supported accommodation",
    "residential_home": "Children’s home",
}
"""How each kind of home is called."""
_SEVERAL: Final = {
    "foster_home": "foster homes",
    "supported_accommodation": "supported accommodation",
    "residential_home": "children’s homes",
}

OUTCOMES: Final = {
    "will_take": "Will take",
    "ring_back": "Ring back",
    "no_answer": "No answer",
    "said_no": "Said no",
}
"""What may come of a call, in the order it is asked."""

OUTCOME_COLOURS: Final = {"will_take": "green", "ring_back": "blue", "no_answer": "yellow", "said_no": "red"}

EXCLUDED: Final = {
    "age": "Approved for other ages",
    "sex": "Approved for the other sex",
    "places": "Too few places",
    "care_type": "Another type of care",
    "free_from": "Free too late",
    "free_until": "Not free long enough",
    "limit": "Over the usual fostering limit",
    "bedrooms": "Too few bedrooms",
    "adaptations": "Not adapted",
    "no_pets": "Has pets",
    "alongside": "Others who live there",
    "keep_away": "Too close to a place to keep away from",
    "apart": "One home, and some must live apart",
}
"""Why a home of one's own is not in the list."""

ALONGSIDE: Final = {
    "no_preference": "anybody",
    "solo": "no other children",
    "with_others": "other children there",
    "only_older": "only older children",
    "only_younger": "only younger children",
}
PETS: Final = {"must": "pets there", "can": "can live with pets", "no": "no pets", "not_known": "not known"}

CHILDREN: Final = {
    "F": ("a girl", "girls"),
    "M": ("a boy", "boys"),
    "U": ("a child", "children"),
}

_OUTWARD: Final = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?")


def kinds(named: Iterable[str]) -> str:
    """Kinds of home, the least institutional first, as "foster homes"; all of them are "all kinds"."""
    wanted = set(named)
    return (
        "all kinds" if wanted == set(_SEVERAL) else sentence(text for kind, text in _SEVERAL.items() if kind in wanted)
    )


def counted(counts: Mapping[str, int]) -> str:
    """How many of each kind were found, as "3 foster homes and 1 children's home"; empty where all are of one kind."""
    found = [(kind, counts[kind]) for kind in _SEVERAL if counts.get(kind)]
    if len(found) < 2:
        return ""
    one = {kind: inside(name) for kind, name in KINDS.items()}
    return sentence(f"{count:,} {one[kind] if count == 1 else _SEVERAL[kind]}" for kind, count in found)


def child(age: int, sex: str) -> str:
    """One child, as "a girl of 4" or "a baby boy"."""
    who = CHILDREN[sex][0]
    if age == 0:
        return {"F": "a baby girl", "M": "a baby boy"}.get(sex, "a baby")
    return f"{who} of {age}"


def children(ages: Sequence[int], sexes: Sequence[str]) -> str:
    """The children of a need, as "a girl of 4 and a boy of 7"."""
    return sentence(child(age, sex) for age, sex in zip(ages, sexes, strict=True))


def area(name: str) -> str:
    """The area shown for a home: "NE6 area" of an outward code, "somewhere in Gateshead" of a larger one."""
    return f"{name} area" if _OUTWARD.fullmatch(name) else f"somewhere in {name}"


def judgement(home: OfHome) -> str:
    """Ofsted's judgement with its year, as "Ofsted: good (2025)"; one that has none yet says so."""
    if home.judgement is None:
        return "Ofsted: not judged yet"
    return f"Ofsted: {inside(label('judgement', home.judgement))} ({home.judged_year})"


def ages(low: int, high: int) -> str:
    """An approved range, as "ages 0 to 10" or "age 4"."""
    return f"age {low}" if low == high else f"ages {low} to {high}"


def free(starts: date, ends: date | None, today: date) -> str:
    """From when to when a home is free, as "free now" or "free from 3 December 2026 until 10 December 2026"."""
    begins = "free now" if starts <= today else f"free from {long_date(starts)}"
    return f"{begins} until {long_date(ends)}" if ends else begins


def sexes(code: str) -> str:
    """Which children the terms allow."""
    return {"M": "boys only", "F": "girls only"}.get(code, "girls and boys")


def labels(name: str, codes: Iterable[str]) -> str:
    """Codes of a list in English, as they are said in a sentence."""
    return sentence(_said(name, label(name, code)) for code in codes)


def _said(name: str, text: str) -> str:
    return text if name in _PROPER and not text.startswith(("No ", "Another ")) else inside(text)


def inside(text: str) -> str:
    """A label inside a sentence: "Self-harm" reads "self-harm", "British Sign Language" and "Makaton" stay."""
    first, _, rest = text.partition(" ")
    named = first in _NAMES or any(word[:1].isupper() for word in rest.split())
    return text if named else text[:1].lower() + text[1:]


_PROPER: Final = frozenset({"language", "religion", "culture"})
"""Lists of proper names."""
_NAMES: Final = frozenset({"Makaton", "English"})


def asked_children(asked: Asked) -> str:
    """How many children, as "2 children, brothers and sisters"."""
    many = plural(len(asked.ages), "child", "children")
    return f"{many}, brothers and sisters of each other" if asked.siblings and len(asked.ages) > 1 else many
