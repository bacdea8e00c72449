"""Forms that change a record: they carry the version it was read in and come back with errors beside their fields."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
from litestar import Request
from sqlalchemy.exc import DBAPIError

from careshare.database import Uow
from careshare.errors import DomainError, FieldError, Invalid
from careshare.http.problems import domain_error
from careshare.web.forms import Form, parse, read_form

VERSION: Final = "version"
ADD: Final = "add"
REMOVE: Final = "remove-"

S = TypeVar("S", bound=msgspec.Struct)
Http = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form as it came, without what is not an answer, and the version of the record it was made from."""

    form: Form
    version: int

    def with_form(self, form: Form) -> "Sent":
        """The same with another form."""
        return Sent(form, self.version)


async def sent(request: Http) -> Sent:
    """The form a page sent. Raises Invalid if its version was taken away or is none."""
    form = await read_form(request)
    version = form.get(VERSION)
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise Invalid("The form has lost its version. Open the page again and make your change there.")
    return Sent(without(form, VERSION), int(version))


def without(form: Form, *names: str) -> Form:
    """The form without these answers."""
    return Form({name: form.all(name) for name in form.names() - set(names)})


async def keep(
    uow: Uow,
    came: Sent,
    wanted: type[S],
    change: Callable[[S, int], Awaitable[object]],
    *,
    prepare: Callable[[Form], Form] | None = None,
    beside: Mapping[str, str] | None = None,
) -> Form | None:
    """Read what came as `wanted` and make the `change` of it, given the version too. None: it is done.

    Otherwise the form as it was typed, with every error beside its field. `prepare` makes of what was typed what
    `wanted` expects; `beside` gives the field of the form where the action names another.
    Raises NotFound, Forbidden and PreconditionFailed as the action does.
    """
    value, errors = parse(prepare(came.form) if prepare else came.form, wanted)
    if value is not None:
        refused = await attempt(uow, lambda: change(value, came.version))
        if refused is None:
            return None
        errors = _beside(refused, wanted, beside or {})
    return with_version(came.form, came.version).with_errors(errors)


def with_version(form: Form, version: int) -> Form:
    """The form with the version of the record it was made from."""
    return Form({VERSION: [str(version)], **{name: form.all(name) for name in form.names()}})


def lines(*names: str) -> Callable[[Form], Form]:
    """For `keep`: reads these text areas as lists, one entry on each line."""

    def prepare(form: Form) -> Form:
        answers = {name: form.all(name) for name in form.names()}
        return Form(answers | {name: form.get(name).splitlines() for name in names if name in answers})

    return prepare


def joined(form: Form, *names: str) -> Form:
    """The form with these lists in text areas, one entry on each line."""
    answers = {name: form.all(name) for name in form.names()}
    return Form(answers | {name: ["\n".join(answers[name])] for name in names if name in answers})


async def attempt(uow: Uow, change: Callable[[], Awaitable[object]]) -> list[FieldError] | None:
    """Make a change: None if it is made, or what forbids it, after which nothing of it is left.

    What no form can mend is raised: NotFound, Forbidden, PreconditionFailed and whatever is not ours.
    """
    try:
        await change()
    except (DomainError, DBAPIError) as error:
        known = domain_error(error)
        if known is None or known.status not in {400, 409, 422}:
            raise
        await uow.rollback()
        return list(known.errors) or [FieldError("", known.detail or known.title)]
    return None


def _beside(errors: Sequence[FieldError], wanted: type[msgspec.Struct], beside: Mapping[str, str]) -> list[FieldError]:
    names = wanted.__struct_fields__
    found: list[FieldError] = []
    for error in errors:
        name = beside.get(error.field, error.field)
        known = any(name == one or name.startswith(f"{one}-") for one in names)
        found.append(FieldError(name if known else "", error.message))
    return found


def regrouped(form: Form, name: str, most: int) -> tuple[Form, int] | None:
    """The form and how many groups to show, if a button asked for one more or one less; None if it is to be kept.

    Groups are `name-1-…`, `name-2-…`; there are never more than `most` nor fewer than one.
    """
    action = form.action
    shown = len(form.groups(name))
    if action == ADD:
        return form, min(shown + 1, most)
    if not action.startswith(REMOVE):
        return None
    kept = [number for number in form.groups(name) if str(number) != action.removeprefix(REMOVE)]
    return renumbered(form, name, kept), max(len(kept), 1)


def compact(form: Form, name: str) -> Form:
    """The form with its empty groups taken out, so that the numbers in messages are those on the page."""
    kept = [
        number
        for number in form.groups(name)
        if any(form.get(key).strip() for key in form.names() if key.startswith(f"{name}-{number}-"))
    ]
    return renumbered(form, name, kept)


def renumbered(form: Form, name: str, kept: Sequence[int]) -> Form:
    """The form with only these groups, numbered from 1 in this order."""
    answers: dict[str, list[str]] = {}
    new = {str(number): place for place, number in enumerate(kept, 1)}
    for key in form.names():
        number, _, rest = key.removeprefix(f"{name}-").partition("-") if key.startswith(f"{name}-") else ("", "", "")
        if not number.isdecimal():
            answers[key] = form.all(key)
        elif number in new:
            answers[f"{name}-{new[number]}-{rest}"] = form.all(key)
    return Form(answers)
