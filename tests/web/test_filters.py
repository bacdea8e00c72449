from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from careshare.web import filters

SUMMER = datetime(2026, 7, 1, 17, 12, tzinfo=UTC)


def test_dates_and_times_are_those_of_a_clock_in_london() -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert filters.long_date(late) == "1 July 2026"
    assert filters.short_date(date(2026, 11, 20)) == "20 Nov 2026"
    assert filters.moment(SUMMER) == "1 July 2026 at 6:12pm"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (time(0), "midnight"),
        (time(12), "midday"),
        (time(0, 5), "12:05am"),
        (time(12, 30), "12:30pm"),
        (time(9), "9am"),
        (time(18, 12), "6:12pm"),
    ],
)
def test_the_time_of_day_is_said_as_people_say_it(at: time, said: str) -> None:
    assert filters.clock(at) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 7, 1, 17, 12, tzinfo=UTC), "6:12pm today"),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), "end of today"),
        (datetime(2026, 7, 2, 23, 0, tzinfo=UTC), "end of tomorrow"),
        (datetime(2026, 7, 3, 9, 0, tzinfo=UTC), "10am on 3 July 2026"),
        (datetime(2026, 10, 26, 0, 0, tzinfo=UTC), "end of 25 October 2026"),
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "11:59pm yesterday"),
    ],
)
def test_until_when_is_said_with_the_day_that_it_ends(at: datetime, said: str) -> None:
    assert filters.due(at, SUMMER) == said


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        filters.moment(SUMMER.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (datetime(2026, 7, 1, 17, 11, 30, tzinfo=UTC), "just now"),
        (datetime(2026, 7, 1, 17, 11, tzinfo=UTC), "1 minute ago"),
        (datetime(2026, 7, 1, 14, 0, tzinfo=UTC), "3 hours ago"),
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "yesterday"),
        (date(2026, 7, 1), "today"),
        (date(2026, 6, 28), "3 days ago"),
        (date(2026, 5, 2), "1 month ago"),
        (date(2026, 1, 1), "5 months ago"),
        (date(2023, 7, 1), "3 years ago"),
        (date(2026, 7, 4), "on 4 July 2026"),
    ],
)
def test_ago_counts_calendar_days(then: date, said: str) -> None:
    assert filters.ago(then, SUMMER) == said


def test_money_shows_pence_only_where_there_are_any() -> None:
    assert filters.money(Decimal("1234.00")) == "£1,234"
    assert filters.money(Decimal("1234.5")) == "£1,234.50"
    assert filters.money(12, pence=True) == "£12.00"
    assert filters.money(Decimal("-5.25")) == "-£5.25"


def test_miles_are_about_unless_they_are_exact() -> None:
    assert [filters.miles(n) for n in (0.2, 0.9, 7.4)] == ["less than a mile", "about 1 mile", "about 7 miles"]
    assert [filters.miles(n, exact=True) for n in (1.0, 7.24)] == ["1.0 mile", "7.2 miles"]


def test_counts_have_their_noun() -> None:
    assert [filters.plural(n, "home") for n in (0, 1, 2845)] == ["0 homes", "1 home", "2,845 homes"]
    assert filters.plural(3, "child", "children") == "3 children"


@pytest.mark.parametrize(
    ("items", "said"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_lists_are_said_with_and(items: Sequence[str], said: str) -> None:
    assert filters.sentence(items) == said


def test_roles_are_named_inside_a_sentence() -> None:
    assert [filters.role(code) for code in ("placement_finder", "api_client", "tea_maker")] == [
        "placement finder",
        "API client",
        "tea maker",
    ]


def test_a_label_within_a_sentence_keeps_its_capitals_but_the_first() -> None:
    assert filters.within("The child’s GP") == "the child’s GP"
    assert filters.within("") == ""
