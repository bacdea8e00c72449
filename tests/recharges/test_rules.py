"""Money to the penny: the example worked by hand, and what holds of any placement however it is divided."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.recharges import codes, rules, words
from tenants.recharges.model import Away, Basis, Funding, Line, Rate, Split, Stated
from tests.recharges.worked import APRIL, LENT, MARCH, PLACE

replace = msgspec.structs.replace
MONDAY = date(2026, 3, 2)
FAR = date(2027, 1, 1)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def told(lines: Sequence[Line]) -> list[tuple[str, int, int, str, str]]:
    return [
        (line.part, line.first_night.day, line.last_night.day, str(line.amount), words.explained(line))
        for line in lines
    ]


def simple(weekly: str = "1000.00", **what: object) -> Basis:
    given = {"id": LENT, "borrower_id": UUID(int=2), "starts": MONDAY, "vat_code": "welfare_exempt"}
    given["rates"] = (Rate(weekly=Decimal(weekly), since=MONDAY - timedelta(days=60)),)
    return Basis(**{**given, **what})  # type: ignore[arg-type]  # each test gives what it means


def owed(basis: Basis, since: date = MONDAY, until: date = FAR) -> Decimal:
    return rules.total(rules.charges(basis, since, until))


def test_the_example_worked_by_hand() -> None:
    march = rules.charges(PLACE, date(2026, 3, 1), date(2026, 4, 1))
    april = rules.charges(PLACE, date(2026, 4, 1), date(2026, 5, 1))
    assert told(march) == MARCH
    assert told(april) == APRIL
    assert rules.total(march) == Decimal("18326.78")
    assert rules.total(april) == Decimal("1262.85")
    assert owed(PLACE) == Decimal("18326.78") + Decimal("1262.85")
    notice = [line for line in [*march, *april] if line.kind == "notice"]
    assert sum(line.nights for line in notice) == 5


def test_the_night_of_arrival_is_charged_and_the_day_of_leaving_is_not() -> None:
    stay = simple(starts=day(0), ends=day(1))
    assert [(line.first_night, line.nights) for line in rules.charges(stay, MONDAY, FAR)] == [(day(0), 1)]
    assert rules.charges(simple(ends=day(0)), MONDAY, FAR) == []
    agreed = rules.charges(replace(stay, leaving_day=True), MONDAY, FAR)
    assert [(line.first_night, line.nights) for line in agreed] == [(day(0), 2)]


def test_weeks_begin_on_the_day_the_agreement_says() -> None:
    monday = rules.charges(simple(ends=day(9)), MONDAY, FAR)
    assert [(line.nth, line.nights, str(line.amount)) for line in monday] == [(1, 7, "1000.00"), (1, 2, "285.71")]
    thursday = rules.charges(simple(ends=day(9), week_starts=4), MONDAY, FAR)
    assert [(line.nth, line.nights, str(line.amount)) for line in thursday] == [(5, 3, "428.57"), (1, 6, "857.14")]


@pytest.mark.parametrize(
    ("given_on", "refilled_on", "nights"),
    [
        (None, None, 14),  # no notice before: it runs from the day of leaving
        (day(14), None, 14),  # on the day of leaving
        (day(20), None, 14),  # said later than the child left: never more than the nights agreed
        (day(4), None, 4),  # ten days before: four nights are left
        (day(-9), None, 0),  # all of it ran while the child was there
        (None, day(14), 0),  # filled the same day
        (None, day(19), 5),
        (None, day(40), 14),  # filled when nothing was owed any more
        (day(4), day(16), 2),
    ],
)
def test_notice_nights_until_the_place_is_filled(given_on: date | None, refilled_on: date | None, nights: int) -> None:
    basis = simple(ends=day(14), notice_nights=14, notice_given_on=given_on, refilled_on=refilled_on)
    found = [line for line in rules.charges(basis, MONDAY, FAR) if line.kind == "notice"]
    assert sum(line.nights for line in found) == nights


def test_a_pause_charges_its_share_and_no_supplement_that_stands_down() -> None:
    basis = simple(
        ends=day(14),
        away=(Away(reason="pause", since=day(3), until=day(7), percent=Decimal(50)),),
        rates=(
            Rate(weekly=Decimal(1000), since=MONDAY),
            Rate(part="night", weekly=Decimal(70), since=MONDAY, when_empty=False),
        ),
    )
    found = rules.charges(basis, MONDAY, FAR)
    assert [(line.kind, line.part, line.nth, line.nights, str(line.amount)) for line in found] == [
        ("charge", "base", 1, 3, "428.57"),
        ("charge", "night", 1, 3, "30.00"),
        ("retainer", "base", 4, 4, "285.71"),  # of £500.00: 500.00 less 214.29
        ("charge", "base", 1, 7, "1000.00"),
        ("charge", "night", 1, 7, "70.00"),
    ]
    assert words.explained(found[2]) == (
        "Paused: 4 nights, 5 to 8 March 2026, nights 4 to 7 of the week at 50% of £1,000.00 a week"
    )


def test_an_empty_night_of_a_block_is_charged_at_its_share() -> None:
    basis = simple(
        contract="block", ends=day(7), away=(Away(reason="void", since=day(0), until=None, percent=Decimal(80)),)
    )
    assert [(line.kind, str(line.amount)) for line in rules.charges(basis, MONDAY, FAR)] == [("void", "800.00")]
    unpaid = replace(basis, away=(Away(reason="void", since=day(0), percent=Decimal(0)),))
    assert rules.charges(unpaid, MONDAY, FAR) == []


def test_joint_funding_always_sums_to_the_line() -> None:
    thirds = Split(Decimal("33.34"), Decimal("33.33"), Decimal("33.33"))
    basis = simple(ends=day(7), funding=(Funding(since=day(3), split=thirds),))
    first, second = rules.charges(basis, MONDAY, FAR)
    assert first.split == Split(Decimal("428.57"))
    assert second.split == Split(Decimal("190.51"), Decimal("190.46"), Decimal("190.46"))
    assert rules.split(Decimal("0.01"), thirds) == Split(Decimal("0.01"))
    assert rules.split(Decimal("-100.00"), Split(Decimal(1), Decimal(1), Decimal(1))) == Split(
        Decimal("-33.34"), Decimal("-33.33"), Decimal("-33.33")
    )


@given(
    st.decimals(-100_000, 100_000, places=2, allow_nan=False),
    st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100)),
)
def test_a_split_sums_and_no_part_is_a_penny_off(amount: Decimal, weights: tuple[int, int, int]) -> None:
    found = rules.split(amount, Split(*map(Decimal, weights)))
    parts = (found.social_care, found.education, found.health)
    assert sum(parts) == amount
    if sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - amount * weight / sum(weights)) < Decimal("0.01")


def test_vat_is_worked_out_once_on_the_sum_of_each_treatment() -> None:
    line = rules.charges(simple("0.10", ends=day(7)), MONDAY, FAR)[0]
    taxed = [replace(line, vat_code="standard", amount=Decimal("0.12"))] * 10
    found = rules.vat_of([line, *taxed], codes.vat_rates(MONDAY))
    assert found == [
        ("standard", Decimal("1.20"), Decimal("0.24")),
        ("welfare_exempt", Decimal("0.10"), Decimal("0.00")),
    ]
    assert all(one.source for one in codes.vat_codes(MONDAY))


def test_financial_years_begin_on_1_april() -> None:
    assert rules.year_of(date(2026, 3, 31)) == 2025
    assert rules.year_of(date(2026, 4, 1)) == 2026
    assert rules.next_month(date(2026, 12, 31)) == date(2027, 1, 1)


money = st.decimals(0, 12_000, places=2, allow_nan=False)
days = st.integers(-20, 60)


@st.composite
def bases(draw: st.DrawFn) -> Basis:
    """Any placement: prices that change, a supplement, pauses, joint funding, an end with notice."""
    changes = sorted(draw(st.sets(st.integers(-10, 50), max_size=3)))
    bounds = [-30, *changes]
    rates = [
        Rate(weekly=draw(money), since=day(since), until=None if until is None else day(until))
        for since, until in pairwise([*bounds, None])
        if since is not None
    ]
    if draw(st.booleans()):
        since = draw(days)
        until = since + draw(st.integers(1, 20))
        rates.append(Rate(part="one_to_one", weekly=draw(money), since=day(since), until=day(until), when_empty=False))
    starts = draw(st.integers(-10, 20))
    ends = draw(st.none() | st.integers(starts, starts + 50))
    gone = st.none() | st.integers(starts - 10, starts + 60)
    edges = sorted(draw(st.sets(days, min_size=0, max_size=4)))
    percents = st.integers(0, 100).map(Decimal)
    away = [
        Away(reason="pause", since=day(a), until=day(b), percent=draw(percents))
        for a, b in zip(edges[::2], edges[1::2], strict=False)
    ]
    health = draw(percents)
    notice = draw(gone) if ends is not None else None
    refilled = draw(st.none() | st.integers(ends, ends + 30)) if ends is not None else None
    return simple(
        starts=day(starts),
        ends=None if ends is None else day(ends),
        leaving_day=draw(st.booleans()),
        week_starts=draw(st.integers(1, 7)),
        notice_nights=draw(st.integers(0, 28)),
        notice_percent=draw(percents),
        notice_given_on=None if notice is None else day(notice),
        refilled_on=None if refilled is None else day(refilled),
        rates=tuple(draw(st.permutations(rates))),
        away=tuple(draw(st.permutations(away))),
        funding=(Funding(since=day(draw(days)), split=Split(100 - health, Decimal(0), health)),),
    )


@given(bases(), st.lists(st.integers(-40, 120), max_size=6))
def test_any_division_of_a_period_sums_to_the_whole(basis: Basis, cuts: list[int]) -> None:
    bounds = [day(-60), *map(day, sorted(cuts)), day(150)]
    parts = [rules.charges(basis, since, until) for since, until in pairwise(bounds)]
    whole = rules.charges(basis, bounds[0], bounds[-1])
    assert sum(map(rules.total, parts)) == rules.total(whole)
    assert sum(one.nights for part in parts for one in part) == sum(one.nights for one in whole)
    for line in whole:
        assert line.split.social_care + line.split.education + line.split.health == line.amount
        assert line.first_night.month == line.last_night.month
        assert line.amount >= 0
        assert words.explained(line)


def test_nights_add_up_where_a_night_comes_to_nothing() -> None:
    tiny = simple("0.01", ends=day(7))
    apart = [rules.charges(tiny, day(number), day(number + 1)) for number in range(7)]
    assert [line.nights for lines in apart for line in lines] == [1] * 7
    assert sum(map(rules.total, apart)) == Decimal("0.01")
    assert rules.charges(simple("0.00", ends=day(7)), MONDAY, FAR) == []


@given(money, st.integers(1, 7), st.integers(0, 30), st.lists(st.integers(1, 6), max_size=6))
def test_a_whole_week_is_the_weekly_price(weekly: Decimal, week_starts: int, after: int, cuts: list[int]) -> None:
    first = rules.week_begins(day(after), week_starts)
    basis = simple(str(weekly), starts=first - timedelta(days=3), week_starts=week_starts)
    bounds = [first, *(first + timedelta(days=one) for one in sorted(cuts)), first + timedelta(days=7)]
    assert sum(owed(basis, since, until) for since, until in pairwise(bounds)) == weekly


@given(bases(), st.integers(0, 40), st.integers(0, 40))
def test_a_place_filled_earlier_never_charges_more(basis: Basis, one: int, other: int) -> None:
    ends = basis.ends or max(basis.starts, day(20))
    sooner, later = sorted((ends + timedelta(days=one), ends + timedelta(days=other)))
    early, late = replace(basis, ends=ends, refilled_on=sooner), replace(basis, ends=ends, refilled_on=later)
    assert owed(early, day(-60)) <= owed(late, day(-60)) <= owed(replace(late, refilled_on=None), day(-60))


@given(bases(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_posted_does_not_matter(basis: Basis, chance: object) -> None:
    other = replace(
        basis,
        rates=tuple(sorted(basis.rates, key=lambda _: chance.random())),  # type: ignore[attr-defined]
        away=tuple(sorted(basis.away, key=lambda _: chance.random())),  # type: ignore[attr-defined]
    )
    assert rules.charges(other, day(-60), day(150)) == rules.charges(basis, day(-60), day(150))


def stated(lines: Sequence[Line]) -> list[Stated]:
    return [Stated(id=UUID(int=100 + place), line=line) for place, line in enumerate(lines)]


@given(bases(), bases())
def test_what_was_stated_and_what_follows_come_to_what_is_true(before: Basis, after: Basis) -> None:
    said = stated(rules.charges(before, day(-60), day(150)))
    now = rules.charges(after, day(-60), day(150))
    due = rules.due_since(said, now, "price")
    assert rules.total(one.line for one in said) + rules.total(due) == rules.total(now)
    taken = [line.reverses_id for line in due if line.reverses_id]
    assert len(taken) == len(set(taken))
    # Stated with it, nothing more is due: made twice, it changes nothing.
    live = [one for one in said if one.id not in taken]
    live += [
        Stated(id=UUID(int=9_000 + place), line=line) for place, line in enumerate(due) if line.reverses_id is None
    ]
    assert rules.due_since(live, now, "price") == []


def test_a_line_that_was_credited_is_taken_back_for_what_still_stood() -> None:
    said = [
        Stated(id=UUID(int=7), line=line, put_right=Decimal("-100.00"))
        for line in rules.charges(simple(ends=day(7)), MONDAY, FAR)
    ]
    assert rules.due_since(said, [one.line for one in said], "price") == []  # what was credited stays credited
    taken, charged = rules.due_since(said, rules.charges(simple("900.00", ends=day(7)), MONDAY, FAR), "price")
    assert (taken.amount, charged.amount) == (Decimal("-900.00"), Decimal("900.00"))
    assert words.explained(taken) == (
        "Taken back: 7 nights, 2 to 8 March 2026, at £1,000.00 a week. A price was changed"
    )
