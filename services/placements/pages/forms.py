"""The forms of a search: what their buttons do to them, how they become a need, and a need a form again.

Both forms ask for the fields of `need.Need`; the short one for fewer. Who lives apart or together is ticked as pairs of
children ("1-3") and read as the need's pairs.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from careshare.errors import FieldError, Invalid
from careshare.web import Form, parse
from services.placements import need as needs
from services.placements.need import MOST_CHILDREN, Need
from services.placements.pages import groups
from tenants.codes import codes

MOST_PLACES: Final = 5
"""Places to keep away from in one search; `need.Need` takes no more."""

PAIRS: Final = ("together", "apart")

ALONGSIDE: Final = (
    ("no_preference", "Anybody"),
    ("solo", "No other children"),
    ("with_others", "Other children, who should be there"),
    ("only_older", "Only older children"),
    ("only_younger", "Only younger children"),
)
KINDS: Final = (
    ("foster_home", "Foster homes"),
    ("supported_accommodation", "Supported accommodation (16 and 17)"),
    ("residential_home", "Children’s homes"),
)
PETS: Final = (
    ("not_known", "Not known"),
    ("can", "Yes, they can"),
    ("must", "Yes, there should be pets"),
    ("no", "No, there must be none"),
)

_CHANGE: Final = re.compile(r"(add|remove)-(child|place)(?:-(\d{1,2}))?")
_PAIR: Final = re.compile(rf"({'|'.join(PAIRS)})-(\d+)(?:-(?:first|second))?")


def blank(today: date) -> Form:
    """An empty form, from today on."""
    return filled(Need(children=[], starts=today))


def filled(need: Need) -> Form:
    """The form as if this need had been typed into it."""
    form = Form.filled(need)
    answers = {name: form.all(name) for name in form.names() if not name.startswith(tuple(f"{one}-" for one in PAIRS))}
    for name in PAIRS:
        answers[name] = [f"{pair.first}-{pair.second}" for pair in getattr(need, name)]
    return Form(answers)


def changed(form: Form) -> Form | None:
    """The form with a row more or less, if one of its buttons asked for that."""
    found = _CHANGE.fullmatch(form.action)
    if found is None:
        return None
    what, of, number = found.groups()
    name, field, most, pairs = (
        ("children", "age", MOST_CHILDREN, PAIRS) if of == "child" else ("keep_away", "postcode", MOST_PLACES, ())
    )
    if what == "add":
        return groups.added(form, name, field, most)
    return groups.removed(form, name, int(number or 0), pairs)


def read(form: Form, today: date) -> tuple[Form, Need | None, list[FieldError]]:
    """The form without empty rows, and the need it asks for or what is wrong with it, by the fields of the page."""
    form = groups.gathered(groups.gathered(form, "children", PAIRS), "keep_away")
    need, errors = parse(_with_pairs(form), Need)
    if need is not None:
        try:
            return form, needs.check(need, today), []
        except Invalid as invalid:
            errors = list(invalid.errors)
    return form, None, shown(errors)


def shown(errors: Iterable[FieldError]) -> list[FieldError]:
    """The errors beside the fields of the page: one of a pair belongs to its list, none at all to the first child."""
    return [FieldError(_field(error.field), error.message, error.line) for error in errors]


def _field(name: str) -> str:
    found = _PAIR.fullmatch(name)
    return found[1] if found else "children-1-age" if name == "children" else name


def _with_pairs(form: Form) -> Form:
    answers = {name: form.all(name) for name in form.names() if name not in PAIRS}
    for name in PAIRS:
        ticked = [pair.partition("-") for pair in form.all(name) if pair]
        for number, (first, _, second) in enumerate(ticked, 1):
            answers |= {f"{name}-{number}-first": [first], f"{name}-{number}-second": [second]}
    return Form(answers)


def choices(form: Form) -> dict[str, Any]:
    """What the full form offers to choose from."""
    lists = {
        "care_types": "care_type",
        "skills": "skill",
        "communication": "communication",
        "adaptations": "adaptation",
        "languages": "language",
        "religions": "religion",
        "cultures": "culture",
        "fit_reasons": "fit_first",
        "need_levels": "need_level",
    }
    return {
        **{name: list(codes(listed).items()) for name, listed in lists.items()},
        "pairs": [
            (f"{first}-{second}", f"Child {first} and child {second}")
            for first, second in groups.pairs_of(len(form.groups("children")))
        ],
        "kinds": KINDS,
        "alongside": ALONGSIDE,
        "pets": PETS,
        "most": MOST_CHILDREN,
        "most_places": MOST_PLACES,
    }
