"""Which homes there are and how their places stand, so that the totals are exactly those wanted."""

from dataclasses import dataclass
from random import Random
from typing import Literal

from services.fostering.generate.published import Places

Kind = Literal["mainstream", "connected", "temporary"]
State = Literal["filled", "closed", "vacant"]

SIZES = {1: 24, 2: 44, 3: 27, 4: 4, 5: 1}
"""Places of a household, in a hundred: approvals beyond three are for siblings."""


@dataclass(frozen=True, slots=True)
class Home:
    """A household to be: its kind of approval and the state of each of its places, filled ones first."""

    kind: Kind
    states: tuple[State, ...]

    @property
    def filled(self) -> int:
        """How many of its places are filled."""
        return self.states.count("filled")


def homes(rng: Random, places: Places) -> list[Home]:
    """Homes whose places add up to `places`, in no order."""
    sizes = _sizes(rng, places.approved)
    known = _with_kin(rng, sizes, places.filled)
    left: dict[State, int] = {
        "filled": places.filled - sum(size for size, kind in zip(sizes, known, strict=True) if kind != "mainstream"),
        "closed": places.closed,
    }
    left["vacant"] = places.approved - places.filled - left["closed"]
    made: list[Home] = []
    for size, kind in zip(sizes, known, strict=True):
        states: list[State] = ["filled"] * size if kind != "mainstream" else _draw(rng, size, left)
        made.append(Home(kind, tuple(sorted(states, key=("filled", "closed", "vacant").index))))
    return made


def _sizes(rng: Random, approved: int) -> list[int]:
    sizes: list[int] = []
    left = approved
    while left > 0:
        size = min(left, rng.choices(list(SIZES), list(SIZES.values()))[0])
        sizes.append(size)
        left -= size
    return sizes


def _with_kin(rng: Random, sizes: list[int], filled: int) -> list[Kind]:
    """One home in seven is a relative's or friend's, approved for the children who live there; a few of them as yet
    temporarily (regulation 24). All their places are filled.
    """
    kinds: list[Kind] = ["mainstream"] * len(sizes)
    small = [at for at, size in enumerate(sizes) if size <= 3]
    left = filled
    for position, at in enumerate(rng.sample(small, min(len(small), len(sizes) // 7))):
        if sizes[at] <= left:
            kinds[at] = "temporary" if position % 6 == 0 else "connected"
            left -= sizes[at]
    return kinds


def _draw(rng: Random, size: int, left: dict[State, int]) -> list[State]:
    """States for one home from what is left to give; most homes are all of one."""
    drawn: list[State] = []
    alike = rng.random() < 0.55
    for _ in range(size):
        again = alike and drawn and left[drawn[0]]
        state = drawn[0] if again else rng.choices(list(left), list(left.values()))[0]
        left[state] -= 1
        drawn.append(state)
    return drawn
