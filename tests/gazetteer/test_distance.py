"""Straight lines on the National Grid."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.gazetteer import miles


@dataclass(frozen=True)
class Spot:
    easting: int
    northing: int


SPOT = st.builds(Spot, st.integers(0, 700_000), st.integers(0, 1_300_000))
GREYS_MONUMENT = Spot(424_783, 564_432)
DURHAM_CATHEDRAL = Spot(427_373, 542_138)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (GREYS_MONUMENT, DURHAM_CATHEDRAL, 13.9),
        (Spot(134_200, 25_000), Spot(338_000, 973_500), 603),  # Land's End to John o' Groats
        (Spot(530_000, 180_400), Spot(325_800, 673_800), 332),  # Charing Cross to Edinburgh Waverley
        (Spot(400_000, 500_000), Spot(400_000, 501_609), 1.0),
    ],
)
def test_known_distances(a: Spot, b: Spot, expected: float) -> None:
    assert miles(a, b) == pytest.approx(expected, rel=0.01)


@given(SPOT, SPOT, SPOT)
def test_it_is_a_distance(a: Spot, b: Spot, c: Spot) -> None:
    assert miles(a, a) == 0
    assert miles(a, b) == miles(b, a) >= 0
    assert miles(a, c) <= miles(a, b) + miles(b, c) + 1e-9
