"""What other services may know of the search: of the bound authority alone."""

from typing import Any, cast

import msgspec
from sqlalchemy import text

from careshare.database import Uow

OPEN_UNMET_NEED = text("""
select count(*) as all_kinds, count(*) filter (where 'foster_home' = any(kinds)) as foster_home,
  count(*) filter (where 'supported_accommodation' = any(kinds)) as supported_accommodation,
  count(*) filter (where 'residential_home' = any(kinds)) as residential_home
from placements.unmet_need where authority_id = (select careshare.authority()) and closed_at is null
""")


class OpenNeed(msgspec.Struct, frozen=True):
    """Requests that no shared home meets just now: all of them, and those for which each kind was searched in vain."""

    all_kinds: int
    foster_home: int
    supported_accommodation: int
    residential_home: int


async def open_unmet_needs(uow: Uow) -> OpenNeed:
    """How many requests of the bound authority no shared home meets just now, for boards. Small numbers as they are."""
    return OpenNeed(**(await uow.execute(OPEN_UNMET_NEED)).mappings().one())


class AskedFor(msgspec.Struct, frozen=True):
    """What a recorded search says without saying where: its reference, and the points that were chosen, as opaque keys.

    A distance and a place to keep away from are each a point; the same place with another distance is another one.
    """

    reference: str | None
    points: frozenset[str]


def asked_of(criteria: str | bytes | None) -> AskedFor:
    """Read the criteria of an audit entry of a search (JSON). Nothing stands in it: nothing was asked for."""
    read: Any = msgspec.json.decode(criteria) if criteria else None
    need: Any = cast("dict[str, Any]", read).get("need") if isinstance(read, dict) else None
    if not isinstance(need, dict):
        return AskedFor(None, frozenset())
    given = cast("dict[str, Any]", need)
    points = {
        f"{name}:{given[f'{name}_postcode']}:{given[f'{name}_miles']}"
        for name in ("home", "school")
        if given.get(f"{name}_postcode") and given.get(f"{name}_miles") is not None
    }
    circles = cast("list[dict[str, Any]]", given.get("keep_away") or [])
    points |= {f"away:{circle.get('postcode')}:{circle.get('miles')}" for circle in circles}
    return AskedFor(given.get("reference"), frozenset(points))
