"""Working days over Easter, Christmas and what was proclaimed; due moments over both changes of the clocks."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare import workdays
from careshare.settings import SettingsError, load
from careshare.workdays import (
    LONDON,
    Length,
    NoBankHolidays,
    add_working_days,
    due_at,
    due_on,
    easter_sunday,
    holidays,
    is_proclaimed,
    is_working_day,
    read_holidays,
    usual_holidays,
    working_days_between,
)

days = st.dates(date(2012, 6, 1), date(2033, 6, 1))
steps = st.integers(-60, 60)
moments = st.datetimes(datetime(2012, 6, 1), datetime(2033, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
whole_days = st.builds(Length, length=st.integers(0, 40), unit=st.sampled_from(["days", "working_days", "weeks"]))
lengths = whole_days | st.builds(Length, length=st.integers(0, 23), unit=st.sampled_from(["minutes", "hours", "clock"]))


def london(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def working(n: int) -> Length:
    return Length(length=n, unit="working_days")


@pytest.fixture
def packaged() -> Iterator[None]:
    yield
    workdays.use(None)


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        # An ordinary week: Monday is day 0.
        (date(2026, 6, 1), 5, date(2026, 6, 8)),
        (date(2026, 6, 5), 1, date(2026, 6, 8)),
        # Easter 2026: Good Friday 3 April, Easter Monday 6 April.
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (date(2026, 4, 2), 5, date(2026, 4, 13)),
        (date(2026, 4, 4), 5, date(2026, 4, 13)),
        # Christmas 2026: Friday; Boxing Day is a Saturday and its substitute Monday 28; New Year's Day a Friday.
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (date(2026, 12, 24), 5, date(2027, 1, 5)),
        # Christmas 2027: Saturday and Sunday, substitutes Monday 27 and Tuesday 28; New Year's Day 2028 on 3 January.
        (date(2027, 12, 24), 1, date(2027, 12, 29)),
        (date(2027, 12, 24), 4, date(2028, 1, 4)),
        # Christmas 2022: Sunday, substitute Tuesday 27; Boxing Day itself on Monday.
        (date(2022, 12, 23), 1, date(2022, 12, 28)),
        # Proclaimed once: the State Funeral, the Coronation, the Platinum Jubilee with Spring's day moved.
        (date(2022, 9, 16), 1, date(2022, 9, 20)),
        (date(2023, 5, 5), 1, date(2023, 5, 9)),
        (date(2022, 6, 1), 1, date(2022, 6, 6)),
        (date(2022, 5, 27), 1, date(2022, 5, 30)),
        # The leap day counts.
        (date(2028, 2, 28), 1, date(2028, 2, 29)),
        (date(2028, 2, 29), 5, date(2028, 3, 7)),
        # Back, and nowhere.
        (date(2026, 4, 7), -1, date(2026, 4, 2)),
        (date(2026, 12, 29), -5, date(2026, 12, 18)),
        (date(2026, 6, 1), 0, date(2026, 6, 1)),
        (date(2026, 4, 3), 0, date(2026, 4, 7)),
    ],
)
def test_the_day_of_the_event_is_day_0(start: date, n: int, expected: date) -> None:
    assert add_working_days(start, n) == expected


@given(days, steps)
def test_it_never_lands_on_a_day_that_is_none(start: date, n: int) -> None:
    assert is_working_day(add_working_days(start, n))


@given(days, days, steps)
def test_a_later_event_is_never_due_earlier(one: date, other: date, n: int) -> None:
    first, last = sorted((one, other))
    assert add_working_days(first, n) <= add_working_days(last, n)


@given(days, st.integers(1, 60))
def test_each_working_day_more_is_later(start: date, n: int) -> None:
    assert add_working_days(start, n) < add_working_days(start, n + 1)
    assert add_working_days(start, -n) > add_working_days(start, -n - 1)


@given(days, st.integers(1, 60))
def test_counting_is_adding_backwards(start: date, n: int) -> None:
    assert working_days_between(start, add_working_days(start, n)) == n
    assert working_days_between(add_working_days(start, n), start) == -n


@given(days, days, days)
def test_working_days_add_up(one: date, two: date, three: date) -> None:
    assert working_days_between(one, two) + working_days_between(two, three) == working_days_between(one, three)
    assert working_days_between(one, one) == 0


def test_in_years_to_come_the_usual_holidays_hold_and_say_that_nothing_is_proclaimed() -> None:
    known = holidays()
    later = known.proclaimed_to + 1
    assert is_proclaimed(date(known.proclaimed_to, 12, 31))
    assert not is_proclaimed(date(later, 1, 1))
    assert not is_working_day(easter_sunday(later) + timedelta(days=1))
    assert not is_working_day(easter_sunday(later) - timedelta(days=2))


def test_worked_out_and_published_differ_in_what_was_proclaimed_and_nothing_else() -> None:
    known = holidays()
    published = {day for day in known.days if day.year <= known.proclaimed_to}
    usual = {day for year in range(known.first, known.proclaimed_to + 1) for day in usual_holidays(year)}
    assert published - usual == {
        *(date(2012, 6, 4), date(2012, 6, 5), date(2020, 5, 8), date(2022, 6, 2), date(2022, 6, 3)),
        *(date(2022, 9, 19), date(2023, 5, 8)),
    }
    assert usual - published == {date(2012, 5, 28), date(2020, 5, 4), date(2022, 5, 30)}


@pytest.mark.parametrize("day", [date(2011, 12, 30), date(2226, 3, 1)])
def test_a_year_that_is_not_known_is_an_error_that_says_what_to_do(day: date) -> None:
    with pytest.raises(NoBankHolidays, match=f"bank holidays of {day.year} are not known.*CARESHARE_BANK_HOLIDAYS"):
        is_working_day(day)
    with pytest.raises(NoBankHolidays):
        add_working_days(day, 1)


def test_counting_on_past_the_last_known_year_is_an_error_too() -> None:
    with pytest.raises(NoBankHolidays):
        add_working_days(date(holidays().last, 12, 20), 10)


@pytest.mark.parametrize(
    ("moment", "clock", "expected"),
    [
        # A working day ends at midnight, whatever the time of the event.
        (london(2026, 6, 1, 9), working(1), london(2026, 6, 3, 0)),
        (london(2026, 6, 1, 23, 59), working(1), london(2026, 6, 3, 0)),
        # 23:30 UTC in summer is the next day in London.
        (datetime(2026, 6, 1, 23, 30, tzinfo=UTC), working(1), london(2026, 6, 4, 0)),
        # Thursday 18:00 before Easter; Friday 18:00 before a bank holiday Monday.
        (london(2026, 4, 2, 18), working(5), london(2026, 4, 14, 0)),
        (london(2026, 5, 22, 18), working(5), london(2026, 6, 2, 0)),
        (london(2026, 5, 22, 18), working(10), london(2026, 6, 9, 0)),
        # Over Christmas.
        (london(2026, 12, 24, 18), working(6), london(2027, 1, 7, 0)),
        # Calendar days and weeks keep the wall clock over both changes.
        (london(2026, 3, 28, 12), Length(length=1, unit="days"), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (london(2026, 10, 24, 12), Length(length=1, unit="days"), datetime(2026, 10, 26, 0, tzinfo=UTC)),
        (london(2026, 3, 26, 12), Length(length=16, unit="weeks"), london(2026, 7, 17, 0)),
        # An hour is an hour: 00:30 GMT + 1 h is 02:30 in summer time; 01:30 in summer time + 1 h is 01:30 GMT.
        (london(2026, 3, 29, 0, 30), Length(length=1, unit="hours"), london(2026, 3, 29, 2, 30)),
        (london(2026, 10, 25, 1, 30), Length(length=1, unit="hours"), london(2026, 10, 25, 1, 30).replace(fold=1)),
        (london(2026, 10, 25, 0, 50), Length(length=15, unit="minutes"), london(2026, 10, 25, 1, 5)),
        # Until nine: today's or tomorrow's, and nine is nine after either change.
        (london(2026, 3, 28, 22), Length(length=9, unit="clock"), datetime(2026, 3, 29, 8, tzinfo=UTC)),
        (london(2026, 10, 24, 22), Length(length=9, unit="clock"), datetime(2026, 10, 25, 9, tzinfo=UTC)),
        (london(2026, 6, 1, 3), Length(length=9, unit="clock"), london(2026, 6, 1, 9)),
        (london(2026, 6, 1, 9), Length(length=9, unit="clock"), london(2026, 6, 2, 9)),
        # By the event itself, and before it.
        (london(2026, 6, 1, 9), Length(length=0, unit="minutes"), london(2026, 6, 1, 9)),
        (london(2026, 4, 7, 9), working(-1), london(2026, 4, 3, 0)),
        # Over the leap day.
        (london(2028, 2, 28, 12), Length(length=2, unit="days"), london(2028, 3, 2, 0)),
    ],
)
def test_due_at(moment: datetime, clock: Length, expected: datetime) -> None:
    found = due_at(moment, clock)
    assert found == expected.astimezone(UTC)
    assert found.tzinfo is UTC


@given(moments, lengths)
def test_it_is_due_after_the_event_on_the_day_that_is_told(moment: datetime, clock: Length) -> None:
    at, on = due_at(moment, clock), due_on(moment, clock)
    assert at >= moment
    if clock.whole_days:
        assert at.astimezone(LONDON).time().hour == 0
        assert at.astimezone(LONDON).date() - on == timedelta(days=1)
    else:
        assert at.astimezone(LONDON).date() == on


@given(moments, moments, lengths)
def test_what_begins_later_is_never_too_late_earlier(one: datetime, other: datetime, clock: Length) -> None:
    first, last = sorted((one, other))
    assert due_at(first, clock) <= due_at(last, clock)


def test_a_moment_without_a_zone_and_an_hour_that_is_none_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2026, 6, 1), working(1))  # noqa: DTZ001  # what is refused
    with pytest.raises(ValueError, match="hours 0 to 23"):
        Length(length=24, unit="clock")


def listed(*years: int) -> bytes:
    events = [
        {"title": "A holiday", "date": day.isoformat(), "notes": "", "bunting": True}
        for year in years
        for day in sorted(usual_holidays(year))
    ]
    return json.dumps({"england-and-wales": {"division": "england-and-wales", "events": events}}).encode()


def test_a_newer_list_takes_the_place_of_the_packages(tmp_path: Path, packaged: None) -> None:
    newer = tmp_path / "bank-holidays.json"
    newer.write_bytes(listed(*range(2026, 2035)))
    settings = load({"CARESHARE_VAR": str(tmp_path), "CARESHARE_BANK_HOLIDAYS": str(newer)})
    assert settings.bank_holidays == newer
    workdays.use(settings.bank_holidays)
    assert is_proclaimed(date(2034, 6, 1))
    assert not is_working_day(date(2039, 12, 27))
    with pytest.raises(NoBankHolidays):
        is_working_day(date(2025, 6, 2))


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"<html>", "not a list of bank holidays"),
        (b"{}", "no `england-and-wales`"),
        (b'{"england-and-wales": {"events": [{"title": "x", "date": "2026-13-01"}]}}', "not a list of bank holidays"),
        (b'{"england-and-wales": {"events": []}}', "there are none"),
        (listed(2026, 2028), "gaps"),
        (listed(2026).replace(b"2026-04-03", b"2026-04-04"), "2026 are not whole: 03 April is missing"),
    ],
)
def test_a_list_that_cannot_be_right_stops_the_start(raw: bytes, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_holidays(raw)
    file = tmp_path / "wrong.json"
    file.write_bytes(raw)
    with pytest.raises(SettingsError, match="CARESHARE_BANK_HOLIDAYS must name the list saved from"):
        load({"CARESHARE_VAR": str(tmp_path), "CARESHARE_BANK_HOLIDAYS": str(file)})


def test_a_list_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CARESHARE_BANK_HOLIDAYS"):
        load({"CARESHARE_VAR": str(tmp_path), "CARESHARE_BANK_HOLIDAYS": str(tmp_path / "nowhere.json")})
