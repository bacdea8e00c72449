"""How many places each authority's invented register has: the published figures, and a likely share where none are."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from tenants.actions import NewAuthority

WEIGHTS = {"E06": 1.5, "E08": 2.2, "E09": 1.3, "E10": 5.0}
"""Foster carers of a unitary, metropolitan, London or county authority in proportion: a guess, for benchmarks."""

SMALLEST = {"201": 0.02, "420": 0.02}  # the City of London, the Isles of Scilly


@dataclass(frozen=True, slots=True)
class Places:
    """Approved places of one authority: filled ones, and of the rest half not available, half vacant."""

    approved: int
    filled: int

    @property
    def closed(self) -> int:
        """Places that are not available: half of those not filled (Ofsted, England; the North East likewise)."""
        return (self.approved - self.filled) // 2


@cache
def published() -> dict[str, Places]:
    """The published figures by DfE code; England under the empty code."""
    text = (files("services.fostering.generate") / "published.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["dfe_code"]: Places(int(row["approved"]), int(row["filled"])) for row in rows}


def england(authorities: Sequence[NewAuthority]) -> dict[str, Places]:
    """Places of every authority of England: as published where they are, England's rest in proportion to `WEIGHTS`."""
    known = {code: places for code, places in published().items() if code}
    total = published()[""]
    rng = Random(2025)  # noqa: S311  # a likely spread, not a secret
    weights = {
        new.dfe_code: SMALLEST.get(new.dfe_code, WEIGHTS[new.codes[-1].gss_code[:3]]) * rng.uniform(0.7, 1.3)
        for new in authorities
        if new.dfe_code not in known
    }
    approved = _share(total.approved - sum(one.approved for one in known.values()), weights)
    filled = _share(total.filled - sum(one.filled for one in known.values()), approved)
    return known | {code: Places(approved[code], filled[code]) for code in weights}


def _share(total: int, weights: dict[str, float] | dict[str, int]) -> dict[str, int]:
    """Whole numbers in proportion to `weights` that add up to `total` (largest remainders)."""
    exact = {code: total * weight / sum(weights.values()) for code, weight in weights.items()}
    shares = {code: int(value) for code, value in exact.items()}
    for code in sorted(exact, key=lambda code: shares[code] - exact[code])[: total - sum(shares.values())]:
        shares[code] += 1
    return shares
