"""Each criterion in words: what was asked for, and what the home has to set against it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from careshare.web.filters import long_date, miles, plural, sentence
from services.placements.answers import FoundHome, Notice, Word
from services.placements.judged import HARD, SOFT, Asked
from services.placements.pages import words

NOT_STATED: Final = "not stated"


class Row(msgspec.Struct, frozen=True):
    """One criterion on a page."""

    name: str
    asked: str
    here: str
    result: Word


class Judged(msgspec.Struct, frozen=True):
    """A home and the need it is judged for, on a day."""

    home: FoundHome
    asked: Asked
    today: date
    stale_after: int


def must(judged: Judged) -> list[Row]:
    """The hard criteria that were asked for."""
    return _rows(judged, HARD, judged.home.hard)


def should(judged: Judged) -> list[Row]:
    """The soft criteria that were asked for."""
    return _rows(judged, SOFT, judged.home.soft)


def _rows(judged: Judged, names: Sequence[str], results: msgspec.Struct) -> list[Row]:
    found: list[Row] = []
    for name in names:
        result: Word | None = getattr(results, name)
        if result is not None:
            found.append(Row(words.CRITERIA[name], _WANTED[name](judged), _THERE[name](judged), result))
    return found


def ages(asked: Asked) -> str:
    """The ages asked for, each once, as "4 and 7"."""
    return sentence(str(age) for age in sorted(set(asked.ages)))


def sexes(asked: Asked) -> str:
    """Whom a home is asked for, as "a girl and 2 boys"."""
    counts = [(sex, sum(one == sex for one in asked.sexes)) for sex in words.CHILDREN]
    return sentence(
        words.CHILDREN[sex][0] if count == 1 else f"{count} {words.CHILDREN[sex][1]}" for sex, count in counts if count
    )


def places(notice: Notice) -> str:
    """How many children the home could take."""
    return plural(notice.places, "place")


def bedrooms(notice: Notice) -> str:
    """The free bedrooms and who may share one."""
    if notice.bedrooms is None:
        return NOT_STATED
    shared = {"siblings": "; brothers and sisters may share", "any": "; children may share", "no": "; no sharing"}
    return plural(notice.bedrooms, "free bedroom") + shared.get(notice.sharing or "", "")


def limit(notice: Notice) -> str:
    """What the usual fostering limit leaves room for."""
    if notice.empty:
        return "no fostered child there: 3, or any number of brothers and sisters"
    return f"{notice.within_limit} more within the limit"


def company(notice: Notice) -> str:
    """Who else lives there, in bands of age."""
    if notice.children_there is None:
        return NOT_STATED
    if notice.children_there == "none":
        return "no other children"
    if notice.youngest_there is None or notice.oldest_there is None:
        return "other children, ages not stated"
    return f"other children between {notice.youngest_there} and {notice.oldest_there}"


def solo(notice: Notice) -> str:
    """Whether it can be the only child's home."""
    return NOT_STATED if notice.solo is None else "yes" if notice.solo else "no"


def coded(name: str, codes: Sequence[str] | None, none: str = NOT_STATED) -> str:
    """Codes in words; `none` where the list is empty, "not stated" where nobody has said."""
    return NOT_STATED if codes is None else words.labels(name, codes) or none


def confirmed(notice: Notice) -> str:
    """When the vacancy was last confirmed."""
    return "never" if notice.confirmed_on is None else f"on {long_date(notice.confirmed_on)}"


def pets(notice: Notice) -> str:
    """The pets there."""
    return coded("pet", notice.pets, "none")


def distance(home: FoundHome, at: float | None) -> str:
    """How far off, in words: exact for one's own homes, "about" for others'."""
    return "" if at is None else miles(at, exact=home.distance == "exact")


def _share(met: int, wanted: Sequence[str], there: str) -> str:
    """What is there, and how much of what was asked for that is."""
    return f"{met} of {len(wanted)}: {there}" if len(wanted) > 1 else there


def _alongside(judged: Judged) -> str:
    if judged.asked.alongside != "solo":
        return company(judged.home.notice)
    return f"{company(judged.home.notice)}; solo placement: {solo(judged.home.notice)}"


_WANTED: Final[Mapping[str, Callable[[Judged], str]]] = {
    "age": lambda of: ages(of.asked),
    "sex": lambda of: sexes(of.asked),
    "places": lambda of: plural(len(of.asked.ages), "place"),
    "care_type": lambda of: words.labels("care_type", [of.asked.care_type or ""]),
    "free_from": lambda of: long_date(of.asked.starts),
    "free_until": lambda of: long_date(of.asked.ends) if of.asked.ends else "no end date",
    "limit": lambda of: words.asked_children(of.asked),
    "bedrooms": lambda of: f"{plural(of.asked.over_three, 'bedroom')}, one for each child of 3 or over",
    "adaptations": lambda of: words.labels("adaptation", of.asked.adaptations),
    "no_pets": lambda _of: "none",
    "alongside": lambda of: words.ALONGSIDE[of.asked.alongside],
    "keep_away": lambda of: f"not near {plural(len(of.asked.circles), 'place')}",
    "apart": lambda _of: "a home apart for some of them",
    "near_home": lambda of: f"within {plural(of.asked.home_miles or 0, 'mile')}",
    "near_school": lambda of: f"within {plural(of.asked.school_miles or 0, 'mile')}",
    "skills": lambda of: words.labels("skill", of.asked.skills),
    "communication": lambda of: words.labels("communication", of.asked.communication),
    "language": lambda of: words.labels("language", of.asked.languages),
    "religion": lambda of: words.labels("religion", [of.asked.religion or ""]),
    "culture": lambda of: words.labels("culture", [of.asked.culture or ""]),
    "pets_wanted": lambda _of: "some",
    "company": lambda of: words.ALONGSIDE[of.asked.alongside],
    "together": lambda _of: "in one home",
    "fresh": lambda of: f"in the last {plural(of.stale_after, 'day')}",
}
_THERE: Final[Mapping[str, Callable[[Judged], str]]] = {
    "age": lambda of: words.ages(of.home.notice.age_min, of.home.notice.age_max),
    "sex": lambda of: words.sexes(of.home.notice.sex),
    "places": lambda of: places(of.home.notice),
    "care_type": lambda of: words.labels("care_type", of.home.notice.care_types),
    "free_from": lambda of: words.free(of.home.notice.free_from, None, of.today),
    "free_until": lambda of: long_date(of.home.notice.free_until) if of.home.notice.free_until else "no end date",
    "limit": lambda of: limit(of.home.notice),
    "bedrooms": lambda of: bedrooms(of.home.notice),
    "adaptations": lambda of: coded("adaptation", of.home.notice.adaptations, "none"),
    "no_pets": lambda of: pets(of.home.notice),
    "alongside": _alongside,
    "keep_away": lambda of: "the exact place" if of.home.distance == "exact" else "the area shown",
    "apart": lambda _of: "one home",
    "near_home": lambda of: distance(of.home, of.home.miles_from_home),
    "near_school": lambda of: distance(of.home, of.home.miles_from_school),
    "skills": lambda of: _share(
        of.home.skills_met, of.asked.skills, coded("skill", of.home.notice.skills, "none stated")
    ),
    "communication": lambda of: _share(
        of.home.communication_met,
        of.asked.communication,
        coded("communication", of.home.notice.communication, "none stated"),
    ),
    "language": lambda of: coded("language", of.home.notice.languages),
    "religion": lambda of: coded("religion", of.home.notice.religions),
    "culture": lambda of: coded("culture", of.home.notice.cultures),
    "pets_wanted": lambda of: pets(of.home.notice),
    "company": lambda of: company(of.home.notice),
    "together": lambda of: places(of.home.notice),
    "fresh": lambda of: confirmed(of.home.notice),
}
