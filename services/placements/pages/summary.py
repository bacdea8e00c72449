"""What a search asked for, in a few lines."""

from collections.abc import Iterator

from careshare.web.filters import long_date, plural, sentence
from services.placements.judged import Asked
from services.placements.need import Need, Pair
from services.placements.pages import words

MOST_NAMED = 3
"""So many children are named one by one in a heading; more are counted."""


def who(asked: Asked) -> str:
    """The children in a heading, as "a girl of 4 and a boy of 7"."""
    if len(asked.ages) > MOST_NAMED:
        return f"{len(asked.ages)} children"
    return words.children(asked.ages, asked.sexes)


def them(asked: Asked) -> str:
    """The children in a sentence that named them before."""
    return "these children" if len(asked.ages) > 1 else "this child"


def rows(need: Need, asked: Asked) -> list[tuple[str, str]]:
    """Everything that was asked for, each with its name."""
    return [(name, text[:1].upper() + text[1:]) for name, text in _rows(need, asked) if text]


def _rows(need: Need, asked: Asked) -> Iterator[tuple[str, str]]:
    siblings = ", brothers and sisters of each other" if asked.siblings else ""
    yield "Children" if len(asked.ages) > 1 else "Child", words.children(asked.ages, asked.sexes) + siblings
    yield "Together", _pairs(need.together)
    yield "Apart", _pairs(need.apart)
    yield "From", long_date(asked.starts)
    yield "Until", long_date(asked.ends) if asked.ends else ""
    yield "Kinds of home", words.kinds(need.kinds) if need.kinds else ""
    yield "Order", f"by fit alone: {words.labels('fit_first', [need.fit_first])}" if need.fit_first else ""
    yield "Level of need", words.labels("need_level", [need.need_level] if need.need_level else [])
    yield "Type of care", words.labels("care_type", [asked.care_type] if asked.care_type else [])
    yield "Home", _place(asked.home, asked.home_miles)
    yield "School", _place(asked.school, asked.school_miles)
    yield "Needs", words.labels("skill", asked.skills)
    yield "Communication", words.labels("communication", asked.communication)
    yield "Adaptations", words.labels("adaptation", asked.adaptations)
    yield "Languages", words.labels("language", asked.languages)
    yield "Religion", words.labels("religion", [asked.religion] if asked.religion else [])
    yield "Culture", words.labels("culture", [asked.culture] if asked.culture else [])
    yield "Alongside", "" if asked.alongside == "no_preference" else words.ALONGSIDE[asked.alongside]
    yield "Pets", "" if asked.pets == "not_known" else words.PETS[asked.pets]
    away = [
        f"{circle.miles:g} mile{'' if circle.miles == 1 else 's'} around {circle.postcode}" for circle in asked.circles
    ]
    yield "Keep away from", sentence(away)


def short(need: Need, asked: Asked) -> str:
    """What was asked beside the children, for a list: when, near where, which care."""
    found = [f"from {long_date(asked.starts)}"]
    if asked.care_type:
        found.append(words.labels("care_type", [asked.care_type]))
    if need.home_postcode:
        found.append(f"near {need.home_postcode}")
    return ", ".join(found)


def _pairs(pairs: list[Pair]) -> str:
    return sentence(f"children {pair.first} and {pair.second}" for pair in pairs)


def _place(postcode: str | None, most: int | None) -> str:
    if postcode is None:
        return ""
    return f"{postcode}, within {plural(most, 'mile')}" if most else postcode
