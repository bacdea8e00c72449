"""Papers about a placement: facts under headings, made into a PDF by typst from the one template beside this file."""

import asyncio
from functools import cache
from importlib.resources import files

import msgspec
import typst


class Row(msgspec.Struct, frozen=True):
    """One fact."""

    name: str
    value: str


class Section(msgspec.Struct, frozen=True):
    """Facts under one heading."""

    name: str
    rows: list[Row]


class Printed(msgspec.Struct, frozen=True):
    """All of it."""

    title: str
    authority: str
    made_on: str
    intro: str
    sections: list[Section]


async def as_pdf(made: Printed) -> bytes:
    """The paper as a PDF. Nothing typed anywhere is read as markup: it comes in as data."""
    return await asyncio.to_thread(_compile, msgspec.json.encode(made).decode())


def _compile(data: str) -> bytes:
    made: bytes = typst.compile(_template(), format="pdf", sys_inputs={"data": data}, ignore_system_fonts=True)
    return made


@cache
def _template() -> bytes:
    return (files("services.placements.placed") / "paper.typ").read_bytes()
