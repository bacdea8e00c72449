"""Recipients of notices and reasons for endings: data files beside this one, each line with its source."""

import csv
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

PACKAGE: Final = "services.placements.placed"


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody whom regulation 13 names: what the notice must hold, and for which kinds of home."""

    code: str
    label: str
    contents: str
    kinds: tuple[str, ...]
    source: str
    valid_from: date


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coded reason: of the list `end` (SSDA903 codes) or `cancel`."""

    list: str
    code: str
    label: str
    collection_from: str
    source: str


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one of this room's data files."""
    return list(csv.DictReader((files(PACKAGE) / "data" / name).read_text(encoding="utf-8").splitlines()))


@cache
def recipients() -> Mapping[str, Recipient]:
    """Everybody regulation 13 names, in order. Raises msgspec.ValidationError."""
    found = [{**row, "kinds": row["kinds"].split()} for row in rows("recipients.csv")]
    return {one.code: one for one in msgspec.convert(found, list[Recipient], strict=False)}


@cache
def reasons(name: str) -> Mapping[str, Reason]:
    """The reasons of a list (end, cancel), in order."""
    found = msgspec.convert(rows("reasons.csv"), list[Reason], strict=False)
    return {one.code: one for one in found if one.list == name}
