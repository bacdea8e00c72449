"""The rules of fostering, by examples from practice and by properties."""

from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from services.fostering.limits import check_interval, limit, limits
from services.fostering.rules import (
    Child,
    Exemption,
    Standing,
    Terms,
    add_months,
    against_terms,
    age_on,
    birthday,
    birthdays,
    latest_extension,
    place_state,
    publish_blocks,
    resignation_ends,
    review_due,
    temporary_ends,
    usual_limit,
)
from tenants.codes import codes

DAY = date(2026, 11, 20)
NUMBERS = limits(DAY)
AREA = "E08000021"
MAINSTREAM = Terms("mainstream", 3, 5, 12, "any", ("short_term", "emergency"))

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
groups = st.sampled_from([None, "Hill", "Dale"])
birthdates = st.dates(date(2009, 1, 1), DAY)
references = st.uuids().map(str)
children = st.lists(st.builds(Child, references, birthdates, st.sampled_from("MFU"), groups), max_size=7)


def child(reference: str = "C1", *, age: int = 8, sex: str = "M", group: str | None = None) -> Child:
    return Child(reference, date(DAY.year - age, 1, 1), sex, group, "short_term")


def check(*there: Child, exemptions: tuple[Exemption, ...] = (), area: str = AREA, others: int = 0) -> str:
    found = usual_limit(there, limits=NUMBERS, day=DAY, area_gss=area, exemptions=exemptions, others_in_home=others)
    return found.basis


def three(group: str | None = None) -> list[Child]:
    return [child(f"C{n}", group=group) for n in range(3)]


def test_three_children_are_within_the_limit_and_a_fourth_is_not() -> None:
    assert check(*three()) == "within"
    assert check(*three(), child("C4")) == "over"


def test_any_number_of_siblings_of_one_another_may_be_there() -> None:
    assert check(*three("Hill"), child("C4", group="Hill"), child("C5", group="Hill")) == "siblings"


def test_one_child_who_is_no_sibling_of_the_rest_ends_that() -> None:
    assert check(*three("Hill"), child("C4")) == "over"
    assert check(*three("Hill"), child("C4", group="Dale")) == "over"


def test_two_pairs_of_siblings_are_not_siblings_of_one_another() -> None:
    pairs = [child("C1", group="Hill"), child("C2", group="Hill"), child("C3", group="Dale"), child("C4", group="Dale")]
    assert check(*pairs) == "over"


def test_an_exemption_names_every_child_and_comes_from_the_area_authority() -> None:
    four = [*three(), child("C4")]
    names = frozenset(one.reference for one in four)
    started = DAY - timedelta(days=1)
    assert check(*four, exemptions=(Exemption(AREA, names, started, None),)) == "exemption"
    assert check(*four, exemptions=(Exemption("E08000020", names, started, None),)) == "over"
    assert check(*four, exemptions=(Exemption(AREA, names - {"C1"} | {"C9"}, started, None),)) == "over"
    assert check(*four, exemptions=(Exemption(AREA, names, started, DAY),)) == "over"
    assert check(*four, exemptions=(Exemption(AREA, names, DAY + timedelta(days=1), None),)) == "over"


def test_an_authority_that_reads_the_limit_for_the_home_counts_the_other_carers_children() -> None:
    assert check(*three(), others=1) == "over"
    assert check(*three("Hill"), child("C4", group="Hill"), others=1) == "over"


@given(children)
def test_the_limit_depends_on_nothing_but_who_is_there(there: list[Child]) -> None:
    assert check(*there) == check(*reversed(there))


@given(children, st.data())
def test_when_all_may_be_there_any_of_them_may(there: list[Child], data: st.DataObject) -> None:
    assume(check(*there) != "over")
    fewer = data.draw(st.lists(st.sampled_from(there), unique=True)) if there else []
    assert check(*fewer) != "over"


@given(children, st.sampled_from([AREA, "E08000020"]))
def test_an_exemption_naming_all_lets_all_stay_if_the_area_authority_gave_it(there: list[Child], gave: str) -> None:
    named = Exemption(gave, frozenset(one.reference for one in there), DAY, None)
    assert (check(*there, exemptions=(named,)) == "over") == (check(*there) == "over" and gave != AREA)


def test_terms_are_judged_one_by_one() -> None:
    assert against_terms(MAINSTREAM, [], [child()], DAY) == []
    assert [one.term for one in against_terms(MAINSTREAM, three(), [child("C4")], DAY)] == ["places"]
    assert [one.term for one in against_terms(MAINSTREAM, [], [child(age=13)], DAY)] == ["age"]
    girls = Terms("mainstream", 1, 0, 17, "F", ("long_term",))
    assert [one.term for one in against_terms(girls, [], [child()], DAY)] == ["sex", "care_type"]
    named = Terms("connected", 1, 0, 17, "any", ("short_term",), ("C2",))
    assert [one.term for one in against_terms(named, [], [child("C1")], DAY)] == ["named_children"]
    assert against_terms(named, [], [child("C2")], DAY) == []


def test_an_exemption_varies_no_terms_and_terms_no_limit() -> None:
    wide = Terms("mainstream", 6, 0, 17, "any", ("short_term",))
    assert against_terms(wide, three(), [child("C4")], DAY) == []
    assert check(*three(), child("C4")) == "over"


def test_a_child_of_twelve_may_come_on_the_day_before_the_thirteenth_birthday() -> None:
    birth = Child("C1", date(2013, 11, 21), "M", None, "short_term")
    assert against_terms(MAINSTREAM, [], [birth], DAY) == []
    assert [one.term for one in against_terms(MAINSTREAM, [], [birth], DAY + timedelta(days=1))] == ["age"]


def test_ages_of_children_born_on_29_february() -> None:
    born = date(2020, 2, 29)
    assert (age_on(born, date(2027, 2, 28)), age_on(born, date(2027, 3, 1))) == (6, 7)
    assert (birthday(born, 7), birthday(born, 8)) == (date(2027, 3, 1), date(2028, 2, 29))


@given(days, st.integers(0, 25))
def test_age_changes_on_the_birthday_and_not_before(born: date, age: int) -> None:
    on = birthday(born, age)
    assert age_on(born, on) == age
    assert age == 0 or age_on(born, on - timedelta(days=1)) == age - 1


@given(days, st.integers(1, 60))
def test_months_later_is_never_later_than_allowed(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


def test_the_clocks_of_the_regulations() -> None:
    started = date(2026, 8, 3)
    ends = temporary_ends(started, NUMBERS)
    assert ends == date(2026, 11, 23)
    assert latest_extension(ends, NUMBERS) == date(2027, 1, 18)
    assert resignation_ends(date(2026, 11, 2), NUMBERS) == date(2026, 11, 30)
    assert review_due(date(2026, 1, 15), None, NUMBERS) == date(2027, 1, 15)
    assert review_due(date(2020, 1, 15), date(2026, 2, 28), NUMBERS) == date(2027, 2, 28)


def test_birthdays_ahead() -> None:
    there = [
        Child("toddler", date(2023, 12, 1)),
        Child("twelve", date(2013, 12, 24)),
        Child("grown", date(2008, 11, 20)),
        Child("later", date(2013, 3, 1)),
    ]
    found = birthdays(there, 12, NUMBERS, DAY, DAY + timedelta(days=90))
    assert [(one.reference, one.kind, one.age) for one in found] == [
        ("grown", "adult", 18),
        ("toddler", "own_bedroom", 3),
        ("twelve", "past_age_limit", 13),
    ]
    assert birthdays(there, 17, NUMBERS, DAY, DAY + timedelta(days=1))[0].kind == "adult"


def test_states_of_a_place() -> None:
    assert place_state(filled=True, held=False, closed=True) == "filled"
    assert place_state(filled=False, held=True, closed=True) == "held"
    assert place_state(filled=False, held=False, closed=True) == "not_available"
    assert place_state(filled=False, held=False, closed=False) == "vacant"


def test_what_keeps_a_home_from_being_published() -> None:
    fine = Standing(MAINSTREAM, resigned=False, privacy_notice_on=DAY, objection=False, located=True)
    assert publish_blocks(fine, DAY) == []
    nothing = Standing(None, resigned=True, privacy_notice_on=None, objection=True, located=False)
    fields = [one.term for one in publish_blocks(nothing, DAY)]
    assert fields == ["approval", "approval", "privacy_notice_on", "objection", "postcode"]
    for kind, named in (("connected", ()), ("temporary", ("C1",)), ("mainstream", ("C1",))):
        terms = Terms(kind, 1, 0, 17, "any", ("short_term",), named)
        standing = Standing(terms, resigned=False, privacy_notice_on=DAY, objection=False, located=True)
        assert [one.term for one in publish_blocks(standing, DAY)] == ["approval"]
    tomorrow = Standing(MAINSTREAM, False, DAY + timedelta(days=1), False, True)
    assert [one.term for one in publish_blocks(tomorrow, DAY)] == ["privacy_notice_on"]


def test_every_number_says_where_it_is_written() -> None:
    for kind in codes("check"):
        assert check_interval(kind, DAY).value > 0
    assert limit("usual_fostering_limit", DAY).kind == "statute"
    assert limit("usual_fostering_limit", date(1950, 1, 1)).value == 3
