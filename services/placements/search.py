"""The search statement and its parameters. The statement itself is plain SQL: search.sql beside this file.

It reads `tenants.offer` through row security, the owner's private side for one's own homes, the grants for the
agreement that lets each be seen, and what was said on the telephone in this search. Benchmarks run SEARCH_SQL as it is.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from services.placements.judged import Asked
from services.placements.plans import MOST
from services.placements.weights import PACKAGE, Weights

RESULTS: Final = 20
"""Results of one page, unless fewer are asked for."""
NEAR_MISSES: Final = 10
PARTS: Final = 8
"""Homes that go into plans for each child: so many of the best, and as many of those that take the most children."""

HEAD: Final = 7
"""Columns of the first row, which is about the whole answer; the rows after it are homes."""

SEARCH_SQL: Final = (files(PACKAGE) / "search.sql").read_text(encoding="utf-8")

SEARCH: Final = text(SEARCH_SQL)


def parameters(
    asked: Asked,
    weights: Weights,
    today: date,
    *,
    need_key: str = "",
    search_id: UUID | None = None,
    only: UUID | None = None,
    after: tuple[float, UUID] | None = None,
    limit: int = RESULTS,
    keep_as: str | None = None,
    kept: str | None = None,
    reference: str | None = None,
) -> dict[str, Any]:
    """The parameters of SEARCH_SQL. `only` judges one offer, wherever it stands; `after` is the last one shown.

    A new search is kept by the same statement: `keep_as` is its kind, `kept` the need as JSON.
    """
    return {
        **_weights(weights),
        "today": today,
        "search": search_id,
        "only": only,
        "limit": limit,
        "near_misses": NEAR_MISSES,
        "parts": PARTS,
        "plans": MOST,
        "after_score": after[0] if after else None,
        "after_id": after[1] if after else None,
        "kinds": asked.kinds,
        "by_kind": asked.by_kind,
        "need_level": asked.need_level,
        "ages": asked.ages,
        "sexes": asked.sexes,
        "children": len(asked.ages),
        "youngest": min(asked.ages),
        "oldest": max(asked.ages),
        "over_three": asked.over_three,
        "siblings": asked.siblings,
        "together": asked.together,
        "apart": asked.apart,
        "starts": asked.starts,
        "ends": asked.ends,
        "care_type": asked.care_type,
        "home": asked.home,
        "home_miles": asked.home_miles,
        "school": asked.school,
        "school_miles": asked.school_miles,
        "skills": asked.skills,
        "communication": asked.communication,
        "adaptations": asked.adaptations,
        "languages": asked.languages,
        "religion": asked.religion,
        "culture": asked.culture,
        "alongside": asked.alongside,
        "pets": asked.pets,
        "circle_postcodes": [circle.postcode for circle in asked.circles],
        "circle_miles": [circle.miles for circle in asked.circles],
        "need_key": need_key,
        "kind": keep_as,
        "need": kept,
        "reference": reference,
    }


@cache
def _weights(weights: Weights) -> Mapping[str, float]:
    return {f"w_{name}": value for name, value in msgspec.structs.asdict(weights).items()}
