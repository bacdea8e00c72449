"""The authorities there are, as the gazetteer's reference list names them, ready to be brought on.

Codes and dates are the Department for Education's and the Office for National Statistics' (see the gazetteer's
authorities.csv). Duty numbers are invented: they lie in the ranges that Ofcom keeps for drama and never gives out.
"""

import re
from itertools import count

from careshare.gazetteer import reference
from tenants.actions import Code, NewAuthority

NORTH_EAST = "E12000001"

SHORT_NAMES = {
    "Bristol, City of": "Bristol",
    "City of London": "City of London",
    "County Durham": "Durham",
    "Herefordshire, County of": "Herefordshire",
    "Kingston upon Hull, City of": "Hull",
    "Newcastle upon Tyne": "Newcastle",
    "Redcar and Cleveland": "Redcar & Cleveland",
    "Stockton-on-Tees": "Stockton",
}


def english_regions() -> dict[str, str]:
    """The nine regions of England: GSS code and name, in the list's order."""
    return {one.region_code: one.region_name for one in reference.authorities() if one.dfe_code}


def authorities_of(region_code: str | None = None) -> list[NewAuthority]:
    """England's authorities of today with their code history, by name within a region; all 153 where none is given.

    An authority has the same duty number whether it is asked for alone or among all.
    """
    history: dict[str, list[reference.Authority]] = {}
    for one in reference.authorities():
        if one.dfe_code:
            history.setdefault(one.dfe_code, []).append(one)
    numbers = count(101, 5)
    made: list[NewAuthority] = []
    for codes in history.values():
        number = next(numbers)
        current = next((code for code in codes if code.valid_until is None), None)
        if current is None or (region_code is not None and current.region_code != region_code):
            continue
        made.append(
            NewAuthority(
                dfe_code=str(current.dfe_code),
                name=current.name,
                short_name=SHORT_NAMES.get(current.name, current.name),
                duty_number=f"01632 960{number:03}",
                codes=tuple(Code(code.gss_code, code.valid_from, code.valid_until) for code in codes),
            )
        )
    return made


def domain(short_name: str) -> str:
    """The invented e-mail domain of a council: `.example` is nobody's and never will be (RFC 2606)."""
    return re.sub(r"[^a-z]+", "-", short_name.lower().replace("&", "and")).strip("-") + ".example"
