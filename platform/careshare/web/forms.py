"""What a person typed, read into a Struct with a plain message for each field that is wrong, and kept to show again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import Scope
from msgspec import inspect as types

from careshare.errors import FieldError, Invalid, TooLarge, Unsupported
from careshare.web.dates import PARTS, read_date, read_iso_date
from careshare.web.fields import Problem, Question, clean, question, read_value, wrong

CSRF_FIELD: Final = "csrf_token"
"""The hidden input that proves a form was ours; never an answer."""

BUTTON: Final = "action"
"""The name of every submit button that says which of several things to do; never an answer."""

GROUPS_LIMIT: Final = 50
FIELDS_LIMIT: Final = 2_000
_FORM: Final = "careshare.form"

T = TypeVar("T", bound=msgspec.Struct)


class Form:
    """The answers by name, as typed, with the files sent and the errors found, so that a page can show them again."""

    __slots__ = ("_answers", "_files", "errors")

    def __init__(
        self,
        answers: Mapping[str, Sequence[str]] | None = None,
        files: Mapping[str, UploadFile] | None = None,
        errors: Iterable[FieldError] = (),
    ) -> None:
        self._answers = answers or {}
        self._files = files or {}
        self.errors = tuple(errors)

    @classmethod
    def filled(cls, value: msgspec.Struct) -> "Form":
        """The form as if `value` had been typed into it: the start of a page that changes something."""
        answers: dict[str, list[str]] = {}
        _write(answers, "", value)
        return cls(answers)

    def get(self, name: str, default: str = "") -> str:
        """The last answer given to `name`, as typed."""
        return self._answers[name][-1] if self._answers.get(name) else default

    def all(self, name: str) -> list[str]:
        """Every answer given to `name`: the boxes ticked."""
        return list(self._answers.get(name, ()))

    def file(self, name: str) -> UploadFile | None:
        """The file sent as `name`, or None if none was chosen."""
        return self._files.get(name)

    @property
    def files(self) -> Iterable[UploadFile]:
        """Every file sent."""
        return self._files.values()

    def error(self, name: str) -> str:
        """The message to show beside `name`, a part of its date included; empty if it is right."""
        found = self._found(name)
        return found.message if found else ""

    def wrong(self, name: str, part: str) -> bool:
        """True if this part of the date `name` is to be marked: the part in error, or all when the whole date is."""
        found = self._found(name)
        return found is not None and found.field in {name, f"{name}-{part}"}

    def target(self, error: FieldError) -> str:
        """The id of the input an error leads to: a date's first part, where the whole date is wrong."""
        first = f"{error.field}-{PARTS[0]}"
        return first if first in self._answers else error.field

    def _found(self, name: str) -> FieldError | None:
        of_it = {name, *(f"{name}-{part}" for part in PARTS)}
        return next((error for error in self.errors if error.field in of_it), None)

    def groups(self, name: str, at_least: int = 1) -> range:
        """The numbers of the groups typed, as `child-1-age`, `child-2-age`: from 1, with empty ones in between."""
        return range(1, max(at_least, _last_group(self, name)) + 1)

    def with_errors(self, errors: Iterable[FieldError]) -> "Form":
        """The same answers with these errors."""
        return Form(self._answers, self._files, errors)

    def names(self) -> frozenset[str]:
        """The names of everything sent, what protects the form included."""
        return frozenset(self._answers) | frozenset(self._files)

    @property
    def action(self) -> str:
        """The value of the button pressed, where a form has several."""
        return self.get(BUTTON)

    @property
    def token(self) -> str:
        """What the form carried to prove that it was ours."""
        return self.get(CSRF_FIELD)


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The form a request sent, urlencoded or multipart; the same one however often it is asked for.

    Raises Invalid if it cannot be read, TooLarge, or Unsupported if it is something else than a form.
    """
    form: Form | None = request.scope["state"].get(_FORM)
    if form is None:
        try:
            form = await _read(request)
        except RequestEntityTooLarge:
            raise TooLarge("What you sent is larger than this page takes.") from None
        request.scope["state"][_FORM] = form
    return form


async def close_files(scope: Scope) -> None:
    """Close the files of the form that was read, if one was: they may lie on the disk."""
    form: Form | None = scope["state"].get(_FORM)
    for file in form.files if form else ():
        await file.close()


def read_query(request: Request[Any, Any, Any]) -> Form:
    """The answers in the address, for forms that are sent by GET, such as a filter."""
    return _decode(request.scope["query_string"])


async def _read(request: Request[Any, Any, Any]) -> Form:
    kind, _ = request.content_type
    if kind == RequestEncodingType.URL_ENCODED:
        # Not request.form(): Litestar keeps the last thousand bodies it decoded, and ours are about children.
        return _decode(await request.body())
    if kind != RequestEncodingType.MULTI_PART:
        raise Unsupported("A form was expected.")
    try:
        sent = await request.form()
    except RequestEntityTooLarge:
        raise
    except (ClientException, UnicodeError, LookupError):
        raise Invalid("The form could not be read.") from None
    answers: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            answers.setdefault(name, []).append(value)
    return Form(answers, files)


def _decode(encoded: bytes) -> Form:
    answers: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_LIMIT)
    except ValueError:
        raise Invalid("The form could not be read.") from None
    for name, value in pairs:
        answers.setdefault(name, []).append(value)
    return Form(answers)


def parse(form: Form, wanted: type[T]) -> tuple[T | None, list[FieldError]]:
    """The form as a `wanted`, or None with an error for each field that is wrong, in the order they are asked.

    A date `needed_from` is read from `needed_from-day`, `-month` and `-year`, or from `needed_from` in one piece. A
    list of Structs `child` is read from groups `child-1-age`, `child-2-age`; a group left empty is passed over. If the
    Struct forbids unknown fields, so does this: a misspelt input in a template is found at its first use.
    """
    reading = _Reading(form)
    value = reading.struct(wanted, _fields(wanted), "")
    unknown = form.names() - reading.seen - {CSRF_FIELD, BUTTON}
    if unknown and wanted.__struct_config__.forbid_unknown_fields:
        reading.errors.extend(FieldError(name, f"{name} is not part of this form") for name in sorted(unknown))
    return (None, reading.errors) if reading.errors else (cast("T", value), [])


@lru_cache(maxsize=512)
def _fields(wanted: type[msgspec.Struct]) -> tuple[types.Field, ...]:
    return cast("types.StructType", types.type_info(wanted)).fields


_NOTHING: Final = object()


class _Reading:
    """One pass over a form, gathering errors and the names it knew."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.errors: list[FieldError] = []
        self.seen: set[str] = set()

    def struct(self, wanted: type[Any], fields: Iterable[types.Field], prefix: str, group: int | None = None) -> Any:
        values: dict[str, Any] = {}
        before = len(self.errors)
        for field in fields:
            asked = question(field, prefix, group)
            try:
                value = self._answer(asked)
            except Problem as problem:
                self._refuse(asked.name + problem.part, problem)
                continue
            if value is not _NOTHING:
                values[field.name] = value
            elif asked.required:
                self._refuse(asked.name, Problem(asked.missing))
            elif field.required:
                values[field.name] = None
        if len(self.errors) > before:
            return None
        try:
            return wanted(**values)
        except ValueError as error:
            self._refuse(prefix.rstrip("-"), Problem(str(error)))
            return None

    def _refuse(self, name: str, problem: Problem) -> None:
        self.errors.append(FieldError(name, problem.message))

    def _answer(self, asked: Question) -> Any:
        kind = asked.kind
        if isinstance(kind, types.DateType):
            return self._date(asked)
        if isinstance(kind, types.ListType):
            return self._list(asked, kind)
        if isinstance(kind, types.StructType):
            return self.struct(kind.cls, kind.fields, f"{asked.name}-")
        text = self._typed(asked, asked.name)
        return read_value(kind, asked.asks, text) if text else _NOTHING

    def _typed(self, asked: Question, name: str) -> str:
        self.seen.add(name)
        return self._clean(asked, self.form.get(name))

    def _clean(self, asked: Question, text: str) -> str:
        try:
            return clean(text)
        except Problem as problem:
            raise wrong(asked.asks, problem.message) from None

    def _date(self, asked: Question) -> date | object:
        whole = self._typed(asked, asked.name)
        if whole:
            return read_iso_date(asked.asks, whole)
        day, month, year = (self._typed(asked, f"{asked.name}-{part}") for part in PARTS)
        return read_date(asked.asks, day, month, year) or _NOTHING

    def _list(self, asked: Question, kind: types.ListType) -> Any:
        item = kind.item_type
        while isinstance(item, types.Metadata):
            item = item.type
        if isinstance(item, types.StructType):
            values = self._groups(asked, item)
        else:
            self.seen.add(asked.name)
            typed = (self._clean(asked, text) for text in self.form.all(asked.name))
            values = [read_value(item, asked.asks, text) for text in typed if text]
        if len(values) < (kind.min_length or 0):
            raise Problem(asked.missing)
        if kind.max_length is not None and len(values) > kind.max_length:
            raise wrong(asked.asks, f"must be {kind.max_length} or fewer")
        return values or _NOTHING

    def _groups(self, asked: Question, item: types.StructType) -> list[Any]:
        values: list[Any] = []
        for number in range(1, _last_group(self.form, asked.name) + 1):
            prefix = f"{asked.name}-{number}-"
            names = {name for name in self.form.names() if name.startswith(prefix)}
            if any(self.form.get(name).strip() for name in names):
                values.append(self.struct(item.cls, item.fields, prefix, number))
            else:
                self.seen |= names
        return values


def _last_group(form: Form, name: str) -> int:
    """The highest number among `name-1-…`, `name-2-…`; 0 if there is none, and no more than the limit."""
    start = len(name) + 1
    numbers = (key[start:].partition("-")[0] for key in form.names() if key.startswith(f"{name}-"))
    return max((int(number) for number in numbers if number.isdecimal() and int(number) <= GROUPS_LIMIT), default=0)


def _write(answers: dict[str, list[str]], prefix: str, value: msgspec.Struct) -> None:
    for field in _fields(type(value)):
        name, answer = prefix + field.encode_name, getattr(value, field.name)
        several: list[Any] = [*answer] if isinstance(answer, list) else [answer]
        for number, one in enumerate(several, 1):
            if isinstance(one, msgspec.Struct):
                _write(answers, f"{name}-{number}-" if isinstance(answer, list) else f"{name}-", one)
            elif isinstance(one, date):
                answers |= {f"{name}-{part}": [str(getattr(one, part))] for part in PARTS}
            elif one is not None:
                answers.setdefault(name, []).append(_typed(one))


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value.value if isinstance(value, Enum) else value)
