"""The package a person is given: their data as JSON for machines and as a PDF for people, saying what is redacted."""

import asyncio
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
import typst

from careshare.web.filters import long_date
from services.record.subject_access import Request, Reviewed

REDACTED: Final = "Redacted: it is about somebody else"
INTRO: Final = (
    "This is the personal data that {authority} holds about you in Careshare on {day}, given under Article 15 of the "
    "UK General Data Protection Regulation. Where something is also about somebody else and cannot be given, that is "
    "said."
)
RIGHTS: Final = (
    "You may ask for data that is wrong to be put right, and in some cases for it to be deleted or used no further. If "
    "you are not content with this answer, write to the data protection officer of {authority}; you may also complain "
    "to the Information Commissioner (ico.org.uk) or go to court."
)


class Row(msgspec.Struct, frozen=True):
    """One item. A redacted one keeps its name, so that the person knows that there is something."""

    name: str
    value: str
    redacted: bool


class Section(msgspec.Struct, frozen=True):
    """Items under one heading."""

    name: str
    rows: list[Row]


class Package(msgspec.Struct, frozen=True):
    """All of it."""

    title: str
    authority: str
    reference: str
    made_on: date
    intro: str
    sections: list[Section]
    rights: str


def package(authority: str, request: Request, items: list[Reviewed], day: date) -> Package:
    """The package of these items, in the order in which they came. Nothing of a redacted item's value is in it."""
    sections: dict[str, list[Row]] = {}
    for found in items:
        value = found.item.value if found.given else REDACTED
        sections.setdefault(found.item.section, []).append(Row(found.item.name, value, not found.given))
    return Package(
        "Your personal data",
        authority,
        request.reference,
        day,
        INTRO.format(authority=authority, day=long_date(day)),
        [Section(name, rows) for name, rows in sections.items()],
        RIGHTS.format(authority=authority),
    )


def as_json(made: Package) -> bytes:
    """The package as a file of JSON."""
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


async def as_pdf(made: Package) -> bytes:
    """The package as a PDF. Nothing typed anywhere is read as markup: it comes in as data."""
    return await asyncio.to_thread(_compile, msgspec.json.encode(made).decode())


def _compile(data: str) -> bytes:
    return typst.compile(_template(), format="pdf", sys_inputs={"data": data})


@cache
def _template() -> bytes:
    return (files("services.record") / "package.typ").read_bytes()
