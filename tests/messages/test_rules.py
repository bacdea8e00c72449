"""When a message may be sent: held to a clock on the wall that is looked at every minute, when it changes too."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from careshare.messages.rules import EVERY_DAY, LONDON, WAITS, Times, allowed, next_allowed, wait_after

CHANGES = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]
"""When clocks go forward, and back, in 2026."""


def moments() -> st.SearchStrategy[datetime]:
    near = st.builds(
        lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-3000, 300)
    )
    anywhere = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    return near | anywhere.map(lambda at: at.replace(second=0, microsecond=0))


@st.composite
def times(draw: st.DrawFn) -> Times:
    begins, ends = sorted(draw(st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=2, unique=True)))
    days = draw(st.sets(st.integers(1, 7), min_size=1))
    return Times(frozenset(days), time(begins // 60, begins % 60), time(ends // 60, ends % 60))


SUNDAY_NIGHT = Times(frozenset({7}), time(1, 10), time(1, 50))


@given(moments(), times())
@example(CHANGES[0] - timedelta(hours=3), SUNDAY_NIGHT)
@example(CHANGES[0] - timedelta(hours=3), Times(EVERY_DAY, time(1, 30), time(3)))
@example(CHANGES[1] - timedelta(minutes=2), Times(frozenset({7}), time(0, 30), time(1, 30)))
@example(CHANGES[1] - timedelta(hours=3), SUNDAY_NIGHT)
@settings(max_examples=300, deadline=None)
def test_the_first_allowed_moment_is_the_one_a_watched_clock_finds(now: datetime, when: Times) -> None:
    found = next_allowed(now, when)
    assert found >= now
    assert allowed(found, when)
    here = found.astimezone(LONDON)
    assert here.isoweekday() in when.days
    assert when.begins <= here.time() < when.ends
    earlier = now
    while earlier < found:
        assert not allowed(earlier, when), "there was an earlier one"
        earlier += timedelta(minutes=1) if found - earlier < timedelta(hours=30) else timedelta(minutes=7)
    assert found in {earlier, now}, "it is the very minute at which it begins"


@given(moments(), times())
@settings(deadline=None)
def test_it_comes_within_a_fortnight_and_asking_again_changes_nothing(now: datetime, when: Times) -> None:
    found = next_allowed(now, when)
    assert found - now < timedelta(days=15)
    assert next_allowed(found, when) == found


def test_the_hour_that_is_left_out_allows_nothing() -> None:
    before = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert next_allowed(before, SUNDAY_NIGHT) == datetime(2026, 4, 5, 0, 10, tzinfo=UTC)


def test_the_hour_that_comes_twice_allows_twice() -> None:
    first, second = datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert next_allowed(first - timedelta(minutes=5), SUNDAY_NIGHT) == first
    assert next_allowed(second - timedelta(minutes=5), SUNDAY_NIGHT) == second


@pytest.mark.parametrize(
    ("days", "begins", "ends"), [(frozenset[int](), 8, 20), (frozenset({0}), 8, 20), (EVERY_DAY, 20, 8)]
)
def test_times_that_never_come_are_refused(days: frozenset[int], begins: int, ends: int) -> None:
    with pytest.raises(ValueError, match="times need"):
        Times(days, time(begins), time(ends))


def test_waits_grow_and_end() -> None:
    waits = [wait_after(tries) for tries in range(1, len(WAITS) + 1)]
    assert waits == sorted(waits, key=lambda wait: wait or timedelta())
    assert wait_after(len(WAITS) + 1) is None
