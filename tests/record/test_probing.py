"""The rule for probing: points and answers within a window, by one person, for each owner."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.placements.public import asked_of
from services.record.probing import Flag, Limits, Search, flags, limits

START = datetime(2026, 11, 20, 18, tzinfo=UTC)
FINDER, OTHER = UUID(int=1), UUID(int=2)
OWNER, SECOND = UUID(int=11), UUID(int=12)
HOME, NEIGHBOUR = UUID(int=21), UUID(int=22)
NUMBERS = Limits(window_minutes=60, points=4, answers=3)


def searches(count: int, *, minutes: int = 5, who: UUID = FINDER, homes: tuple[UUID, ...] = (HOME,)) -> list[Search]:
    return [
        Search(START + timedelta(minutes=minutes * n), who, frozenset({f"home:ZA1 {n}:3"}), ((OWNER, homes),))
        for n in range(count)
    ]


def test_many_points_that_keep_showing_one_home_are_flagged_once() -> None:
    assert flags(searches(6), NUMBERS) == [
        Flag(FINDER, OWNER, START, START + timedelta(minutes=25), 6, 6, (HOME,)),
    ]


def test_few_points_are_not() -> None:
    assert flags(searches(3), NUMBERS) == []


def test_one_search_opened_again_and_again_is_not() -> None:
    again = [
        Search(START + timedelta(minutes=n), FINDER, frozenset({"home:ZA1:3"}), ((OWNER, (HOME,)),)) for n in range(30)
    ]
    assert flags(again, NUMBERS) == []


def test_searches_far_apart_are_not() -> None:
    assert flags(searches(10, minutes=61), NUMBERS) == []


def test_searches_without_points_are_not() -> None:
    plain = [Search(START + timedelta(minutes=n), FINDER, frozenset(), ((OWNER, (HOME,)),)) for n in range(30)]
    assert flags(plain, NUMBERS) == []


def test_two_people_are_not_one() -> None:
    mine, theirs = searches(3), searches(3, who=OTHER)
    assert flags([*mine, *theirs], NUMBERS) == []


def test_different_homes_each_time_are_not() -> None:
    made = [
        Search(one.at, one.actor_id, one.points, ((OWNER, (UUID(int=100 + n),)),)) for n, one in enumerate(searches(8))
    ]
    assert flags(made, NUMBERS) == []


def test_each_owner_is_told_of_its_own_homes_only() -> None:
    made = [Search(one.at, one.actor_id, one.points, ((OWNER, (HOME,)), (SECOND, (NEIGHBOUR,)))) for one in searches(5)]
    assert {(flag.owner_id, flag.subjects) for flag in flags(made, NUMBERS)} == {
        (OWNER, (HOME,)),
        (SECOND, (NEIGHBOUR,)),
    }


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 12), st.booleans()), max_size=40))
def test_a_flag_is_never_made_of_less_than_the_rule_says(drawn: list[tuple[int, int, bool]]) -> None:
    made = [
        Search(START + timedelta(minutes=at), FINDER, frozenset({str(point)}), ((OWNER, (HOME,) if seen else ()),))
        for at, point, seen in drawn
    ]
    found = flags(made, NUMBERS)
    assert flags(list(reversed(made)), NUMBERS) == found
    for flag in found:
        assert flag.points >= NUMBERS.points
        within = [one for one in made if flag.first_at <= one.at <= flag.last_at]
        assert len(within) >= flag.searches
        assert sum(HOME in shown for one in within for _, shown in one.shown) >= NUMBERS.answers


def test_the_numbers_are_dated_data() -> None:
    assert limits(date(2026, 11, 20)) == Limits(window_minutes=60, points=8, answers=6)


def test_points_are_distances_and_circles_and_no_more() -> None:
    need = (
        '{"need": {"reference": "CH-1", "home_postcode": "ZA1 1AA", "home_miles": 3, "school_postcode": "ZA1 1AA",'
        ' "school_miles": null, "keep_away": [{"postcode": "ZB1 1AA", "miles": 1.0}]}}'
    )
    assert asked_of(need).reference == "CH-1"
    assert asked_of(need).points == {"home:ZA1 1AA:3", "away:ZB1 1AA:1.0"}
    assert asked_of(None).points == frozenset()
    assert asked_of('{"need": null}').points == frozenset()
