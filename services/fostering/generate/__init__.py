"""Invents fostering registers: seeded, so that two runs are alike, with as many places as each authority really has.

Every name, address and child is made up; only the postcodes are real. Dates lie around a base date, today's by default.
"""

from datetime import date
from random import Random

from services.fostering.generate.home import TABLES, Council, HouseholdMaker, Register, Row, Spot
from services.fostering.generate.published import Places, england, published
from services.fostering.generate.states import homes

__all__ = ["TABLES", "Council", "Places", "Register", "Row", "Spot", "england", "generate", "published"]

BEYOND = 8
"""One carer in so many lives over a border of the authority that approved them."""


def generate(council: Council, base: date, seed: int = 2026) -> Register:
    """The register of one authority around the day `base`: its places are exactly `council.places`.

    The same council, base and seed give the same register, whatever other councils are asked for.
    """
    rng = Random(f"{seed} {council.dfe_code}")  # noqa: S311  # invented people need no secrecy, and two runs are alike
    register = Register()
    maker = HouseholdMaker(rng, base, council, register)
    wanted = homes(rng, council.places)
    over = set(rng.sample(range(len(wanted)), round(len(wanted) / BEYOND))) if council.beyond else set[int]()
    here, beyond = iter(council.here), iter(council.beyond)
    for number, home in enumerate(wanted):
        maker.add(home, next(beyond) if number in over else next(here))
    return register
