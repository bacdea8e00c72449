"""The columns of the two files we take: their names, what a cell may hold, what other systems call them.

The same columns are the import template, the import itself and the export, so that what goes out comes in again. What
other systems write for a header or for a code is data: `data/headers.csv` and `data/values.csv`.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, get_args

from services.fostering.imports import cells
from services.fostering.imports.cells import Choice, Reader, Value, Writer, words

Kind = Literal["households", "placements"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class _Meaning:
    """What an empty cell means, where it is not a value."""


KEEP: Final = _Meaning()
"""An empty cell says nothing: what the register has stays."""

REQUIRED: Final = _Meaning()
"""An empty cell is an error."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `blank` is what an empty cell means, `new` what a new row has that says nothing. `joins` is put between the parts
    where several columns of a file make one of ours, `lines` is what a line break in a cell stands for. `exported` is
    false for what is read in one more shape than it is written.
    """

    name: str
    title: str
    read: Reader
    write: Writer = cells.write_text
    blank: Any = None
    new: Value = None
    joins: str | None = None
    lines: str = " "
    help: str = ""
    allowed: Sequence[str] = ()
    exported: bool = True

    @property
    def needed(self) -> bool:
        """Whether a new row must have it."""
        return self.blank is REQUIRED


def _data(name: str) -> Iterator[list[str]]:
    rows = csv.reader((files("services.fostering.imports") / "data" / name).read_text(encoding="utf-8").splitlines())
    next(rows)
    yield from rows


def _other_names(wanted: str) -> dict[str, str]:
    return {written: code for name, written, code in _data("values.csv") if name == wanted}


def _choice(name: str, title: str, codes: Choice, **rest: Any) -> Column:
    return Column(name, title, codes.one, codes.write, allowed=tuple(codes.labels.values()), **rest)


def _choices(name: str, title: str, codes: Choice, **rest: Any) -> Column:
    rest["help"] = f"{rest.get('help', '')} Several with semicolons between.".strip()
    allowed = tuple(codes.labels.values())
    return Column(name, title, codes.several, codes.write_several, lines="; ", allowed=allowed, **rest)


def _date(name: str, title: str, **rest: Any) -> Column:
    return Column(name, title, cells.as_date, cells.write_date, **rest)


def _birth(name: str, title: str, **rest: Any) -> Column:
    return Column(name, title, cells.as_birth, cells.write_date, **rest)


def _yes_no(name: str, title: str, **rest: Any) -> Column:
    return Column(name, title, cells.as_yes_or_no, cells.write_yes_or_no, allowed=("yes", "no"), **rest)


def _listed(name: str, noun: str) -> Choice:
    return Choice.of(name, noun, _other_names(name))


_CARE_TYPE = _listed("care_type", "a care type")
_APPROVAL = Choice.among(
    {"mainstream": "Mainstream", "connected": "Connected person", "temporary": "Temporary (regulation 24)"},
    "a kind of approval",
    _other_names("approval_kind"),
)
_SHARING = Choice.among(
    {"no": "no", "siblings": "siblings", "any": "any"}, "who may share the bedroom", _other_names("bedroom_sharing")
)
_RELATIONSHIP = _listed("relationship", "how somebody belongs to the household")
_SEX = Choice.among({"M": "M", "F": "F", "U": "U"}, "M (male), F (female) or U (not known)", _other_names("sex"))
_SEX_TAKEN = Choice.among(
    {"any": "any", "M": "M", "F": "F"},
    "any, M (boys only) or F (girls only)",
    _other_names("sex") | _other_names("sex_taken"),
)
_ETHNICITY = _listed("ethnicity", "an ethnicity (the SSDA903 code or its name)")
_RELIGION = _listed("religion", "a religion")
_LANGUAGE = _listed("language", "a language")
_MEMBERS = cells.Members(_RELATIONSHIP, _SEX)
_BEDROOMS = cells.Bedrooms(_SHARING)


def _carer(number: int) -> list[Column]:
    who, prefix = f"Carer {number}", f"carer{number}_"
    first = number == 1
    only = "" if first else " Empty where there is one carer."
    return [
        Column(
            prefix + "name",
            f"{who} name",
            cells.as_text(120),
            blank=REQUIRED if first else None,
            joins=" ",
            help=f"In full.{only}",
        ),
        _birth(prefix + "born", f"{who} born"),
        _choice(
            prefix + "sex",
            f"{who} sex",
            _SEX,
            blank="U" if first else None,
            new="U" if first else None,
            help=f"U where it is not known.{only}",
        ),
        _choice(prefix + "ethnicity", f"{who} ethnicity", _ETHNICITY),
        _choice(prefix + "religion", f"{who} religion", _RELIGION),
        _choices(prefix + "languages", f"{who} languages", _LANGUAGE),
        Column(prefix + "telephone", f"{who} telephone", cells.as_telephone, blank="", new=""),
    ]


CHECKS: Final = {
    "annual_review": "Annual review",
    "dbs": "DBS check",
    "medical": "Medical",
    "unannounced_visit": "Unannounced visit",
    "health_and_safety": "Health and safety check",
    "pets": "Pet assessment",
    "training": "Training",
}


def _check(kind: str, title: str) -> list[Column]:
    return [
        _date(f"{kind}_done", f"{title} done"),
        _date(
            f"{kind}_due",
            f"{title} due",
            blank=KEEP if kind == "annual_review" else None,
            help="Empty: counted from the day it was done.",
        ),
    ]


_AGE = cells.as_number("an age", 0, 25)
_PLACES = cells.as_number("how many children the terms allow", 1, 12)
_EXAMPLE = "“Tom Hall, own child, 12/03/2014, M; Ada Hall, adult”"

HOUSEHOLDS: Final[tuple[Column, ...]] = (
    Column(
        "reference",
        "Household reference",
        cells.as_text(40),
        blank=REQUIRED,
        help="The case system’s own. It says which household the row is about, so it must never change.",
    ),
    Column("name", "Household name", cells.as_text(120), blank=KEEP, help="Empty: made from the carers’ names."),
    *_carer(1),
    *_carer(2),
    Column("address", "Address", cells.as_text(300), blank=REQUIRED, joins=", ", lines=", "),
    Column("postcode", "Postcode", cells.as_postcode, blank=REQUIRED),
    _yes_no(
        "confidential",
        "Confidential address",
        blank=KEEP,
        new=False,
        help="yes: shown only to those allowed to see it.",
    ),
    _date("terms_from", "Terms from", blank=REQUIRED, help="The first day of the present terms of approval."),
    _date(
        "terms_until", "Terms until", help="The first day on which they no longer hold. Empty: until further notice."
    ),
    _choice("approval_kind", "Kind of approval", _APPROVAL, blank=KEEP, new="mainstream"),
    Column(
        "places",
        "Places",
        _PLACES,
        blank=REQUIRED,
        allowed=("1 to 12",),
        help="How many children the terms allow. “2 (male/female)” says whom they may take as well.",
    ),
    Column("age_min", "Youngest age", _AGE, blank=REQUIRED, allowed=("0 to 25",)),
    Column("age_max", "Oldest age", _AGE, blank=REQUIRED, allowed=("0 to 25",)),
    Column(
        "ages",
        "Age range",
        cells.as_text(40),
        exported=False,
        blank=KEEP,
        help="Instead of youngest and oldest age: “0-17”, “5 to 10 years”.",
    ),
    _choice("sex", "Sex of children", _SEX_TAKEN, blank=KEEP, new="any"),
    _choices("care_types", "Care types", _CARE_TYPE, blank=REQUIRED),
    Column(
        "named_children",
        "Named children",
        cells.as_references(40),
        cells.write_references,
        blank=[],
        new=[],
        lines="; ",
        help="References of the only children the terms allow, with semicolons between. Empty: any child.",
    ),
    _date("notice_on", "Approval notice given"),
    _date("resigned_on", "Resignation received", blank=KEEP),
    Column(
        "bedrooms",
        "Bedrooms",
        _BEDROOMS.read,
        _BEDROOMS.write,
        blank=[],
        new=[],
        lines="; ",
        allowed=("no", "siblings", "any"),
        help="For fostered children: the beds of each room and who may share it, like “1 no; 2 siblings”. "
        "A number alone is so many rooms of one bed.",
    ),
    Column(
        "members",
        "Others in the household",
        _MEMBERS.read,
        _MEMBERS.write,
        blank=[],
        new=[],
        lines="; ",
        allowed=tuple(_RELATIONSHIP.labels.values()),
        help=f"Name, how they belong, born, sex: {_EXAMPLE}.",
    ),
    _choices("pets", "Pets", _listed("pet", "a pet"), help="“none” where there are none; empty where it is not known."),
    _yes_no("solo", "Can be solo", help="Empty where it is not known."),
    _choices("skills", "Skills", _listed("skill", "a skill"), blank=[], new=[]),
    _choices("communication", "Communication", _listed("communication", "a way of communicating"), blank=[], new=[]),
    _choices("adaptations", "Adaptations", _listed("adaptation", "an adaptation"), blank=[], new=[]),
    Column(
        "supervising_worker",
        "Supervising social worker",
        cells.as_text(120),
        blank="",
        new="",
        help="The e-mail address of a colleague, or a name. A name that is no colleague’s alone is kept as a name.",
    ),
    Column("duty_number", "Duty telephone", cells.as_telephone, blank="", new=""),
    _date("privacy_notice_on", "Privacy notice given", help="Without it a household cannot be published."),
    _yes_no("objection", "Objects to sharing", blank=KEEP, new=False, help="yes: never published."),
    _yes_no("beliefs_shared", "Religion and culture may be shared", blank=KEEP, new=False),
    *(column for kind, title in CHECKS.items() for column in _check(kind, title)),
)

PLACEMENTS: Final[tuple[Column, ...]] = (
    Column(
        "household_reference",
        "Household reference",
        cells.as_text(40),
        blank=REQUIRED,
        help="As it stands on the register.",
    ),
    Column("child_reference", "Child reference", cells.as_reference, blank=REQUIRED, help="The case system’s own."),
    _birth("born", "Born", blank=REQUIRED),
    _choice("sex", "Sex", _SEX, blank=REQUIRED, help="U where it is not known."),
    Column(
        "responsible_gss",
        "Responsible authority",
        cells.as_text(80),
        blank=KEEP,
        help="Its name, DfE code or GSS code. Empty: your own.",
    ),
    _date("starts", "Placed from", blank=REQUIRED, help="The day this placement began."),
    _date("ends", "Placed until", help="The day it ended. Empty: the child still lives there."),
    Column(
        "sibling_group",
        "Sibling group",
        cells.as_text(40),
        help="Children with the same value are siblings, each of all the others.",
    ),
    _choice("care_type", "Care type", _CARE_TYPE, blank=REQUIRED),
    _yes_no("solo", "Solo placement", blank=KEEP, new=False, help="yes: no other child is to be placed there."),
)


def columns(kind: Kind) -> tuple[Column, ...]:
    """The columns of a kind of file, in the template's order."""
    return HOUSEHOLDS if kind == "households" else PLACEMENTS


@cache
def by_name(kind: Kind) -> dict[str, Column]:
    """The columns by their names."""
    return {column.name: column for column in columns(kind)}


def key_columns(kind: Kind) -> tuple[str, ...]:
    """What a file must have for its rows to be about anything."""
    return ("reference",) if kind == "households" else ("household_reference", "child_reference", "starts")


_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FIGURE: Final = re.compile(r"(?<=[a-z])(?=\d)")
_ASIDE: Final = re.compile(r"\((?:dd/mm/yyyy|yes/no|y/n|m/f|years?|column [A-Z]+)\)", re.IGNORECASE)


@cache
def squeezed(header: str) -> str:
    """A header for comparing: what people write differently is the same ("Carer1_DOB", "Carer 1 - D.O.B.")."""
    plain = words(_CAMEL.sub(" ", _ASIDE.sub("", header)))
    plain = _FIGURE.sub(" ", plain)
    return plain.replace("d o b", "dob").replace("post code", "postcode").removeprefix("the ")


@cache
def _headers(kind: Kind) -> dict[str, str]:
    known = {squeezed(name): column.name for column in columns(kind) for name in (column.title, column.name)}
    carers: dict[str, list[str]] = {}
    for of, name, header in _data("headers.csv"):
        if of == "carer":
            carers.setdefault(name, []).append(header)
        elif of == kind and "#" in name:
            for number, ways in carers.items():
                for way in ways:
                    known.setdefault(squeezed(header.replace("{carer}", way)), name.replace("#", number))
        elif of == kind:
            known.setdefault(squeezed(header), name)
    return known


def meant(kind: Kind, header: str) -> str:
    """Our column for a header; empty where we do not know it."""
    return _headers(kind).get(squeezed(header), "")


def recognised(kind: Kind, row: Sequence[str]) -> int:
    """How many different columns of ours a row of headers names."""
    return len({found for cell in row if 0 < len(cell) <= 100 and (found := meant(kind, cell))})


def guessed(kind: Kind, headers: Sequence[str]) -> list[str]:
    """For each header the column it most likely is; empty for a second one where a column takes one header only."""
    taken: set[str] = set()
    found: list[str] = []
    for header in headers:
        name = meant(kind, header)
        if name and name in taken and by_name(kind)[name].joins is None:
            name = ""
        taken.add(name)
        found.append(name)
    return found
