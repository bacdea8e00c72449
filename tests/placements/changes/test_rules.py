"""Which case is touched by what changed: examples from practice, and what must always hold."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from careshare.access.permissions import ROLES
from services.placements.changes import rules
from services.placements.changes.codes import by_person, kinds, reasons
from services.placements.changes.model import Recorded
from services.placements.changes.rules import Case, Side
from tenants.days import birthday
from tenants.places import Change

DAY = date(2026, 11, 29)
HOME, CLAIM = uuid4(), uuid4()
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
CODES = st.sampled_from(sorted(code for code, one in kinds().items() if one.made_by == "register"))


def a_case(subject: str = "placement", side: Side = "providing", **changed: object) -> Case:
    """A placement of one's own foster home that began two months ago."""
    given: dict[str, object] = {
        "subject": subject,
        "side": side,
        "began": DAY - timedelta(days=60),
        "starts": DAY - timedelta(days=50),
        "ends": None,
        "kind": "foster_home",
        "enquiry_id": uuid4(),
        "placement_id": uuid4() if subject == "placement" else None,
        "home_id": HOME,
        "claims": frozenset({CLAIM}),
    }
    return Case(**{**given, **changed})  # type: ignore[arg-type]  # a test's own words


def a_change(code: str = "approval_ended", **changed: object) -> Change:
    """Something of that home that is so from today."""
    given: dict[str, object] = {"code": code, "subject_id": HOME, "key": "one", "on": DAY}
    return Change(**{**given, **changed})  # type: ignore[arg-type]  # a test's own words


def test_every_line_of_the_lists_is_whole() -> None:
    for one in kinds().values():
        assert one.label, one.code
        assert one.source, one.code
        assert one.placing or one.providing, one.code
        assert {*one.placing, *one.providing} <= ROLES.keys(), one.code
        assert set(one.kinds) <= {"foster_home", "residential_home", "supported_accommodation"}
        assert one.neutral is None or kinds()[one.neutral].made_by == "told"
        assert one.made_by != "told" or not (one.neutral or one.dated), "hearing says nothing further"
        assert one.dated is not (one.code in rules.AGES or one.made_by == "told" or one.code == "past_age_limit")
    assert {one.made_by for one in kinds().values()} == {"register", "birthday", "agreement", "recorded", "told"}
    assert set(Recorded.__args__) == {code for code, one in kinds().items() if one.made_by == "recorded"}  # type: ignore[attr-defined]  # a Literal has them
    assert "over" in reasons()
    assert "over" not in by_person()


@pytest.mark.parametrize(
    ("ends", "ahead", "touched"),
    [(None, 28, True), (None, 29, False), (DAY + timedelta(days=28), 28, False), (DAY + timedelta(days=29), 28, True)],
)
def test_an_approval_is_flagged_four_weeks_ahead_if_the_placement_goes_beyond(
    ends: date | None, ahead: int, *, touched: bool
) -> None:
    change = a_change(on=DAY + timedelta(days=ahead))
    assert bool(rules.of_homes([a_case(ends=ends)], [change], DAY, kinds())) is touched


def test_a_place_touches_whoever_has_it_and_nobody_else() -> None:
    neighbour = a_case(claims=frozenset({uuid4()}))
    waiting = a_case("enquiry", claims=frozenset())
    change = a_change("place_closed", claims=frozenset({CLAIM}))
    found = rules.of_homes([a_case(), neighbour, waiting], [change], DAY, kinds())
    assert [one.case.claims for one in found] == [frozenset({CLAIM})]


def test_what_was_so_before_it_began_is_no_news() -> None:
    before = a_change("terms_changed", known=DAY - timedelta(days=61), on=DAY - timedelta(days=61))
    assert rules.of_homes([a_case()], [before], DAY, kinds()) == []
    same_day = a_change("terms_changed", known=DAY - timedelta(days=60), on=DAY - timedelta(days=60))
    assert len(rules.of_homes([a_case()], [same_day], DAY, kinds())) == 1


def test_one_authority_on_both_sides_is_flagged_once_for_both() -> None:
    (one,) = rules.of_homes([a_case(side="both")], [a_change()], DAY, kinds())
    assert one.neutral is None
    assert {"placement_finder", "fostering_officer"} <= set(one.roles)


def test_somebody_born_on_29_february_has_a_birthday_in_every_year() -> None:
    case = a_case(born={"": date(2012, 2, 29)}, began=date(2028, 1, 1))
    assert birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)
    assert birthday(date(2012, 2, 29), 3) == date(2015, 3, 1)
    assert [one.code for one in rules.of_birthdays([case], date(2028, 2, 29), kinds())] == ["birthday_16"]


@given(CODES, DAYS, DAYS, st.sampled_from(("enquiry", "hold", "placement")))
def test_nothing_is_flagged_twice_nor_at_another_home(code: str, on: date, today: date, subject: str) -> None:
    case = a_case(subject, kind="foster_home", hold_id=uuid4() if subject == "hold" else None)
    change = a_change(code, on=on)
    found = rules.of_homes([case], [change, change], today, kinds())
    assert len({one.order for one in found}) <= 1
    assert rules.of_homes([case], [a_change(code, on=on, subject_id=uuid4())], today, kinds()) == []


@given(CODES, DAYS, DAYS)
def test_a_flag_stays_due_once_it_is_due(code: str, on: date, today: date) -> None:
    """What was flagged today would be flagged tomorrow: no look at a wrong moment misses it."""
    change = a_change(code, on=on)
    first = rules.of_homes([a_case()], [change], today, kinds())
    assume(first)
    later = rules.of_homes([a_case()], [change], today + timedelta(days=9), kinds())
    assert [one.order[1:] for one in later] == [one.order[1:] for one in first]


@given(st.text(max_size=30), st.text(max_size=30))
def test_two_events_have_two_keys_and_no_key_says_what_it_is_of(one: str, other: str) -> None:
    assert (rules.digest(one) == rules.digest(other)) is (one == other)
    assert len(rules.digest(one)) == 32


@given(st.dates(date(2005, 1, 1), date(2026, 11, 29)), st.sampled_from(("placing", "providing", "both")))
def test_a_birthday_shows_no_day_and_tells_nobody_else(born: date, side: Side) -> None:
    for one in rules.of_birthdays([a_case(side=side, born={"": born})], DAY, kinds()):
        assert one.on_day is None
        assert one.neutral is None


def test_a_case_is_about_something() -> None:
    with pytest.raises(ValueError, match="about something"):
        _ = Case("request", "placing", DAY, DAY, None).id
    assert a_case("enquiry", enquiry_id=UUID(int=7)).id == UUID(int=7)
