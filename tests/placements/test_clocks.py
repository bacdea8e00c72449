"""The clocks of requests, matches and placements: what the table says, and an emergency before a long weekend."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careshare.access.permissions import ROLES
from careshare.database import Database
from careshare.workdays import LONDON, is_working_day
from services.placements import settings as settled
from services.placements.clocks import Clock, Own, Part, by_night, clocks, due, opened_by, part_of
from tests.world import World

moments = st.datetimes(datetime(2015, 6, 1), datetime(2033, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone


def london(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


def test_every_line_is_whole() -> None:
    for clock in clocks():
        assert clock.role in ROLES, clock.code
        assert clock.label, clock.code
        assert clock.source, clock.code
        assert clock.set_by_authority == (clock.basis != "law"), "the law is the same for everybody"
        assert clock.valid_to is None or clock.valid_from <= clock.valid_to


def test_one_clock_runs_by_day_and_one_by_night() -> None:
    by_code: dict[str, list[Clock]] = {}
    for clock in clocks():
        by_code.setdefault(clock.code, []).append(clock)
    for code, lines in by_code.items():
        assert sorted(line.part for line in lines) in (["any"], ["day", "night"], ["day", "night", "weekend"]), code
        assert len({(line.event, line.side, line.role) for line in lines}) == 1, code
    assert {clock.part for clock in clocks()} == set(get_args(Part))


@pytest.mark.parametrize(
    ("code", "length", "unit"),
    [
        ("outside_area_rest", 5, "working_days"),
        ("plan_not_before", 5, "working_days"),
        ("notices_emergency", 5, "working_days"),
        ("outside_terms", 6, "working_days"),
        ("ending_notices_at_once", 10, "working_days"),
        ("temporary_approval", 16, "weeks"),
        ("temporary_approval_longer", 8, "weeks"),
        ("notices_planned", 0, "minutes"),
        ("plan_planned", 0, "minutes"),
    ],
)
def test_what_the_law_says(code: str, length: int, unit: str) -> None:
    found = [(clock.length, clock.unit, clock.basis) for clock in clocks() if clock.code == code]
    assert found == [(length, unit, "law")]


def test_an_emergency_at_six_before_a_long_weekend() -> None:
    """Friday 22 May 2026, 18:00; Monday 25 is the Spring bank holiday."""
    placed = london(2026, 5, 22, 18)
    assert [(one.code, one.on) for one in opened_by("placement_starts_emergency", placed)] == [
        ("notices_emergency", date(2026, 6, 1)),
        ("plan_not_before", date(2026, 6, 1)),
    ]
    assert due("outside_area_rest", placed).on == date(2026, 6, 1)
    assert due("outside_terms", placed).on == date(2026, 6, 2)
    assert due("telephone_approval", placed).on == date(2026, 5, 26)
    assert due("referral_whole", placed).on == date(2026, 6, 1)
    assert due("impact_assessment", placed).at == london(2026, 5, 22, 19)
    assert due("enquiry_emergency", placed).at == london(2026, 5, 22, 19)
    assert due("own_children_first", placed).at == london(2026, 5, 22, 18, 15)
    assert due("hold", placed).at == london(2026, 5, 22, 22)
    assert due("ending_notices_at_once", placed).on == date(2026, 6, 8)


def test_at_night_it_is_until_the_morning_over_both_changes_of_the_clocks() -> None:
    for night in (london(2026, 3, 28, 23, 30), london(2026, 10, 24, 23, 30)):
        morning = (night + timedelta(days=1)).date()
        assert due("enquiry_emergency", night).at.astimezone(LONDON).replace(tzinfo=None) == datetime.combine(
            morning, time(9)
        )
        assert due("hold", night).at == night.astimezone(UTC) + timedelta(hours=16), "a length, whatever the clocks do"
    assert by_night(london(2026, 10, 25, 1, 30).replace(fold=1))


def test_over_christmas_with_its_substitute_days() -> None:
    assert due("plan_not_before", london(2026, 12, 24, 18)).on == date(2027, 1, 5)
    assert due("plan_not_before", london(2027, 12, 24, 18)).on == date(2028, 1, 5)
    assert due("outside_terms", london(2026, 4, 2, 18)).on == date(2026, 4, 14)
    assert due("telephone_approval", london(2028, 2, 28, 18)).on == date(2028, 2, 29)


def test_it_is_late_from_the_very_moment_on() -> None:
    hold = due("hold", london(2026, 6, 1, 10))
    assert not hold.late(hold.at - timedelta(seconds=1))
    assert hold.late(hold.at)
    plan = due("plan_not_before", london(2026, 6, 1, 10))
    assert not plan.late(london(2026, 6, 8, 23, 59))
    assert plan.late(london(2026, 6, 9, 0))


def test_an_authority_sets_its_own_but_not_the_laws() -> None:
    own = Own(
        day_begins=time(7),
        day_ends=time(22),
        lengths={("hold", "day"): 2, ("hold", "night"): 8, ("notices_emergency", "any"): 20},
    )
    assert due("hold", london(2026, 6, 1, 21), own).at == london(2026, 6, 1, 23)
    assert due("hold", london(2026, 6, 1, 22), own).at == london(2026, 6, 2, 6)
    assert due("hold", london(2026, 6, 1, 21)).at == london(2026, 6, 2, 13)
    started = london(2026, 6, 1, 21)
    assert due("notices_emergency", started, own) == due("notices_emergency", started)


def test_far_off_it_says_that_the_holidays_are_not_yet_proclaimed() -> None:
    assert due("plan_not_before", london(2028, 6, 1)).proclaimed
    assert not due("plan_not_before", london(2030, 6, 1)).proclaimed
    assert due("hold", london(2030, 6, 1)).proclaimed, "it counts no working days"


def test_before_the_law_there_was_no_clock() -> None:
    with pytest.raises(LookupError):
        due("outside_area_rest", london(2014, 1, 26))
    assert due("outside_area_rest", london(2014, 1, 27)).on == date(2014, 2, 3)


def test_a_wrong_name_is_an_error() -> None:
    with pytest.raises(LookupError):
        due("holds", london(2026, 6, 1))
    with pytest.raises(LookupError):
        opened_by("placement_begins", london(2026, 6, 1))


@given(st.sampled_from(clocks()), moments, moments)
def test_what_starts_later_is_never_due_earlier_within_one_part_of_the_day(
    clock: Clock, one: datetime, other: datetime
) -> None:
    first, last = sorted((one, other))
    if part_of(clock.code, first) == part_of(clock.code, last):
        assert due(clock.code, first).at <= due(clock.code, last).at


@given(st.sampled_from(clocks()), moments)
def test_what_counts_working_days_ends_on_one(clock: Clock, moment: datetime) -> None:
    found = due(clock.code, moment)
    assert found.at >= moment
    if clock.unit == "working_days":
        assert is_working_day(found.on)


BY_DATABASE = """
select case when not $1 then s.hold_planned
  when placements.by_day(s, $2) then s.hold_by_day else s.hold_by_night end as lasts
from placements.setting s where s.authority_id = $3
"""
"""The words of placements.take_step (0026), for a moment of our own."""
MOMENTS = [
    *(london(2026, 6, 1, hour, minute) for hour, minute in ((0, 0), (7, 59), (8, 0), (19, 59), (20, 0), (23, 59))),
    *(london(2026, 6, day, 11) for day in (5, 6, 7, 8)),
    *(london(2026, 4, day, 11) for day in (2, 3, 4, 6)),  # over Easter: Good Friday and Monday are weekdays here
    *(london(2026, 12, day, 11) for day in (24, 25, 28)),
    *(london(2026, 3, 28, 23, 30), london(2026, 3, 29, 0, 30), london(2026, 3, 29, 2, 30)),
    *(london(2026, 10, 24, 23, 30), london(2026, 10, 25, 1, 30), london(2026, 10, 25, 1, 30).replace(fold=1)),
]


@pytest.mark.parametrize(
    "changed", [{}, {"hold_by_day": 3, "hold_by_night": 9, "hold_planned": 2, "day_until": time(18)}]
)
async def test_the_database_holds_a_place_as_long_as_the_clocks_say(
    world: World, database: Database, changed: dict[str, Any]
) -> None:
    """One truth: what is settled, and the defaults where nothing is, read the same in SQL and in clocks.csv."""
    authority = world.c
    async with database.bound(world.acting(authority, "team_manager")) as uow:
        before = await settled.read(uow)
        if changed:
            await settled.change(uow, before.version, msgspec.convert({**changed}, settled.Settings))
        own = await settled.own(uow)
    address = world.settings.admin_url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)  # the function is the broker's own
    try:
        for moment in MOMENTS:
            for emergency in (True, False):
                lasts = await connection.fetchval(BY_DATABASE, emergency, moment.astimezone(UTC), authority.id)
                said = due("hold" if emergency else "hold_planned", moment, own)
                assert moment.astimezone(UTC) + lasts == said.at, (moment, emergency)
                if not changed:
                    assert said.at == due("hold" if emergency else "hold_planned", moment).at, "the defaults are one"
    finally:
        await connection.close()


def test_every_clock_that_may_be_set_has_its_setting() -> None:
    """All but two clocks of children's homes and that of changes, which nobody has asked to set, are on the page."""
    may_be_set = {(clock.code, clock.part): clock.length for clock in clocks() if clock.set_by_authority}
    lengths = settled.own_of(settled.Settings()).lengths
    assert set(may_be_set) - set(lengths) == {
        ("impact_assessment", "any"),
        ("host_told", "any"),
        ("change_looked_at", "any"),
    }
    assert dict(lengths) == {line: may_be_set[line] for line in lengths}, "the settings' defaults are clocks.csv's"
