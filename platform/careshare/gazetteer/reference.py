"""The reference files that come with the package: authorities, districts, regions' postcode areas, who adjoins whom."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

_FILES = ("authorities.csv", "districts.csv", "regions.csv")


@dataclass(frozen=True, slots=True)
class Authority:
    """A council by one of its GSS codes, from `valid_from` up to `valid_until`. Outside England it has no DfE code."""

    gss_code: str
    dfe_code: str | None
    name: str
    region_code: str
    region_name: str
    valid_from: date
    valid_until: date | None


def read(name: str) -> str:
    """The text of one of the package's reference files."""
    return (files("careshare.gazetteer") / "data" / name).read_text(encoding="utf-8")


def table(text: str) -> list[dict[str, str]]:
    """The rows of a reference file; lines that begin with # are for people."""
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def authorities() -> tuple[Authority, ...]:
    """Every council of the list, by region, name and date."""
    return tuple(
        Authority(
            gss_code=row["gss_code"],
            dfe_code=row["dfe_code"] or None,
            name=row["name"],
            region_code=row["region_code"],
            region_name=row["region_name"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        )
        for row in table(read("authorities.csv"))
    )


@cache
def todays_code() -> dict[str, str]:
    """From the code a postcode directory gives (a district, an ended code, a council) to the authority's code today."""
    current = {one.dfe_code: one.gss_code for one in authorities() if one.dfe_code and one.valid_until is None}
    codes = {one.gss_code: current.get(one.dfe_code or "", one.gss_code) for one in authorities()}
    return codes | {row["gss_code"]: row["authority_gss"] for row in table(read("districts.csv"))}


@cache
def regions() -> dict[str, tuple[str, frozenset[str]]]:
    """Each region's name and the postcode areas that its authorities' postcodes use, by its code."""
    return {
        row["region_code"]: (row["name"], frozenset(row["postcode_areas"].split()))
        for row in table(read("regions.csv"))
    }


@cache
def version() -> str:
    """Changes whenever one of the files that decide how postcodes are loaded does."""
    return hashlib.sha256("".join(read(name) for name in _FILES).encode()).hexdigest()[:12]
