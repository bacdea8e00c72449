"""A section of the full request: what it asks, of which fields of the model, and how it is typed and read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final, Literal, get_type_hints

import msgspec

from careshare.web import Form, asks
from services.placements.need import Sex
from services.placements.pages.groups import gathered
from services.placements.requests import codes
from services.placements.requests.model import ChildNeed, Identity, RequestNeed
from services.placements.requests.model import Kind as RequestKind
from services.placements.requests.pages import words

Of = Literal["when", "request", "child", "identity"]
Typed = Literal["text", "textarea", "lines", "number", "date", "radios", "select", "checkboxes", "languages"]

PAIRS: Final = ("together", "apart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question. `choices` names the code list, or is made when the page is."""

    name: str
    kind: Typed
    label: str
    hint: str = ""
    choices: str | Callable[[], Sequence[words.Choice]] = ""
    empty: str = "Not stated"
    width: int = 20

    def offered(self) -> Sequence[words.Choice]:
        """The choices it offers now."""
        return words.choices(self.choices) if isinstance(self.choices, str) else self.choices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A question asked several times. `first` is the field that a new row begins with; `named` what one is called."""

    name: str
    named: str
    most: int
    asks: Sequence[Ask]

    @property
    def first(self) -> str:
        return self.asks[0].name


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Questions that are asked and saved together, on one page. `of` says of what; `lead` is what to read first."""

    name: str
    of: Of
    title: str
    asks: Sequence[Ask] = ()
    rows: Rows | None = None
    lead: str = ""
    special: Literal["", "pairs", "risks"] = ""
    wanted: type[msgspec.Struct] = field(init=False)

    def __post_init__(self) -> None:
        """Make the Struct that its form is read as: the model's own fields, with what they ask for."""
        names = [one.name for one in self.asks] + ([self.rows.name] if self.rows else [])
        names += {"": [], "pairs": ["siblings", *PAIRS], "risks": ["risks"]}[self.special]
        object.__setattr__(self, "wanted", _subset(self, names))


class When(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Planned or emergency, and the dates."""

    kind: Annotated[RequestKind, asks("whether it is planned or an emergency")]
    starts: Annotated[date, asks("the date the home is needed from")]
    ends: Annotated[date, asks("the date the home is needed until")] | None = None
    length: Annotated[str, asks("how long the home is likely to be needed", max_length=40)] | None = None


class _Child(msgspec.Struct):
    age: Annotated[int, asks("the age of the child", ge=0, le=25)]
    sex: Annotated[Sex, asks("the sex of the child")] = "U"


_MODELS: Final[Mapping[Of, Sequence[type[msgspec.Struct]]]] = {
    "when": (When,),
    "request": (RequestNeed,),
    "child": (_Child, ChildNeed),
    "identity": (Identity,),
}


def _subset(section: "Section", names: Sequence[str]) -> type[msgspec.Struct]:
    known: dict[str, tuple[str, Any, Any]] = {}
    for model in _MODELS[section.of]:
        hints = get_type_hints(model, include_extras=True)
        for one in msgspec.structs.fields(model):
            empty: Any = msgspec.field(default_factory=list[Any]) if one.default_factory is list else one.default
            known[one.name] = (one.name, hints[one.name], empty)
    fields = [known[name] if known[name][2] is not msgspec.NODEFAULT else known[name][:2] for name in names]
    made: type[msgspec.Struct] = msgspec.defstruct(section.name, fields, kw_only=True, forbid_unknown_fields=True)
    return made


def lines_of(section: Section) -> list[str]:
    """The questions answered with a list, one entry on each line."""
    return [one.name for one in section.asks if one.kind == "lines"]


def typed(section: Section, value: msgspec.Struct) -> Form:
    """The form as if `value` had been typed into it."""
    form = Form.filled(value)
    found = {name: form.all(name) for name in form.names()}
    found |= {name: ["\n".join(found.get(name, []))] for name in lines_of(section)}
    if section.special == "pairs":
        found = {name: given for name, given in found.items() if not name.startswith(tuple(f"{one}-" for one in PAIRS))}
        for name in PAIRS:
            found[name] = [f"{pair.first}-{pair.second}" for pair in getattr(value, name)]
    if section.special == "risks":
        found = {}
        for risk in getattr(value, "risks"):  # noqa: B009  # the Struct is made of the section's fields
            number = list(codes.risks()).index(risk.risk) + 1
            found[f"risks-{number}-level"] = [risk.level]
            found[f"risks-{number}-note"] = [risk.note]
    return Form(found)


def read(section: Section, form: Form) -> tuple[Form, dict[str, str]]:
    """What was typed as `wanted` expects it, and where the numbers of its rows stand on the page."""
    found = {name: form.all(name) for name in form.names()}
    found |= {name: form.get(name).splitlines() for name in lines_of(section) if name in found}
    where: dict[str, str] = {}
    if section.special == "pairs":
        for name in PAIRS:
            for number, pair in enumerate(found.pop(name, []), 1):
                first, _, second = pair.partition("-")
                found |= {f"{name}-{number}-first": [first], f"{name}-{number}-second": [second]}
    if section.special == "risks":
        kept = 0
        for number, risk in enumerate(codes.risks(), 1):
            level, note = (found.pop(f"risks-{number}-{part}", [""])[-1].strip() for part in ("level", "note"))
            if level or note:
                kept += 1
                found |= {
                    f"risks-{kept}-risk": [risk],
                    f"risks-{kept}-level": [level],
                    f"risks-{kept}-note": [note],
                }
                where[f"risks-{kept}-"] = f"risks-{number}-"
    return Form(found), where


def compact(section: Section, form: Form) -> Form:
    """The form without empty rows, so that the numbers in messages are those on the page."""
    return gathered(form, section.rows.name) if section.rows else form
