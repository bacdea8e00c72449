"""Rows of a form that are added and taken away by its own buttons: children, places to keep away from.

Rows are groups of answers (`child-1-age`, `child-1-sex`). Each function gives the form as it then stands, with nothing
that was typed lost; rows are numbered from 1 without gaps, and pairs of rows ("1-3") follow them.
"""

from collections.abc import Sequence
from itertools import combinations

from careshare.web import Form


def numbers(form: Form, name: str) -> list[int]:
    """The numbers of the rows that hold an answer."""
    return [number for number in form.groups(name, 0) if _typed(form, name, number)]


def gathered(form: Form, name: str, pairs: Sequence[str] = ()) -> Form:
    """The form without its empty rows."""
    return kept(form, name, numbers(form, name), pairs)


def added(form: Form, name: str, field: str, most: int) -> Form:
    """The form with an empty row more, unless it has `most`. `field` is an answer of a row."""
    rows = len(form.groups(name))
    answers = _answers(form)
    for number in range(1, min(rows + 1, most) + 1):
        answers.setdefault(f"{name}-{number}-{field}", [""])
    return Form(answers)


def removed(form: Form, name: str, number: int, pairs: Sequence[str] = ()) -> Form:
    """The form without one row."""
    return kept(form, name, [one for one in form.groups(name) if one != number], pairs)


def kept(form: Form, name: str, rows: Sequence[int], pairs: Sequence[str] = ()) -> Form:
    """The form with these rows alone, numbered anew; answers named in `pairs` lose those that name another row."""
    new = {str(old): str(number) for number, old in enumerate(rows, 1)}
    answers: dict[str, list[str]] = {}
    for key, typed in _answers(form).items():
        number, dash, rest = key.removeprefix(f"{name}-").partition("-")
        if key in pairs:
            answers[key] = [moved for one in typed if (moved := _moved(one, new))]
        elif not (key.startswith(f"{name}-") and dash and number.isdecimal()):
            answers[key] = typed
        elif number in new:
            answers[f"{name}-{new[number]}-{rest}"] = typed
    return Form(answers)


def pairs_of(rows: int) -> list[tuple[int, int]]:
    """Every two of the rows 1 to `rows`."""
    return list(combinations(range(1, rows + 1), 2))


def _moved(pair: str, new: dict[str, str]) -> str:
    first, _, second = pair.partition("-")
    return f"{new[first]}-{new[second]}" if first in new and second in new else ""


def _typed(form: Form, name: str, number: int) -> bool:
    prefix = f"{name}-{number}-"
    return any(form.get(key).strip() for key in form.names() if key.startswith(prefix))


def _answers(form: Form) -> dict[str, list[str]]:
    return {name: form.all(name) for name in form.names()}
