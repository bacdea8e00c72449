"""Rules of homes by examples and properties."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.residential.rules import (
    BANDS,
    JUDGEMENTS,
    LEADING,
    InBands,
    PlaceFacts,
    Prices,
    Registration,
    Supplement,
    against_registration,
    band,
    count_states,
    host_to_tell,
    judgement_fell,
    leading_counts,
    likely_concerns,
    place_states,
    weekly_price,
)
from tenants.places import ChildToPlace

facts = st.builds(
    PlaceFacts,
    number=st.just(0),
    occupied=st.booleans(),
    held=st.booleans(),
    closed=st.booleans(),
    kept_empty=st.booleans(),
)
homes = st.lists(facts, max_size=8).map(
    lambda found: [
        PlaceFacts(number, one.occupied, one.held, one.closed, one.kept_empty) for number, one in enumerate(found, 1)
    ]
)


@given(homes, st.integers(0, 10), st.none() | st.integers(0, 10))
def test_a_place_is_matchable_only_if_every_condition_holds(
    places: list[PlaceFacts], registered: int, staffed: int | None
) -> None:
    states = place_states(places, registered_places=registered, staffed_places=staffed)
    assert [one.number for one in states] == [one.number for one in places]
    for fact, state in zip(places, states, strict=True):
        nothing_against = not (fact.occupied or fact.held or fact.closed or fact.kept_empty)
        assert state.matchable == (nothing_against and fact.number <= registered and state.staffed)
        assert (state.leading == "matchable") == state.matchable
        if state.staffed and not (state.occupied or state.held):
            assert state.matchable
    assert sum(one.staffed for one in states) <= (staffed or 0)


@given(homes, st.integers(0, 10), st.none() | st.integers(0, 10))
def test_counts_are_counted_from_places_and_bars_add_up(
    places: list[PlaceFacts], registered: int, staffed: int | None
) -> None:
    states = place_states(places, registered_places=registered, staffed_places=staffed)
    counts = count_states(states)
    assert sum(leading_counts(states).values()) == counts.places == len(places)
    assert set(leading_counts(states)) == set(LEADING)
    assert counts.matchable <= (staffed or 0)
    assert counts.matchable <= counts.registered - sum(one.registered and one.occupied for one in states)
    assert counts.occupied == sum(one.occupied for one in places)


@given(homes, st.integers(0, 10), st.integers(0, 9))
def test_more_staff_never_make_fewer_places(places: list[PlaceFacts], registered: int, staffed: int) -> None:
    fewer, more = (
        count_states(place_states(places, registered_places=registered, staffed_places=number))
        for number in (staffed, staffed + 1)
    )
    assert fewer.matchable <= more.matchable <= fewer.matchable + 1


def test_staff_look_first_after_those_who_are_there() -> None:
    states = place_states(
        [
            PlaceFacts(1),
            PlaceFacts(2, closed=True),
            PlaceFacts(3, occupied=True),
            PlaceFacts(4, held=True),
            PlaceFacts(5),
        ],
        registered_places=5,
        staffed_places=3,
    )
    assert [one.leading for one in states] == ["matchable", "closed", "occupied", "held", "not_staffed"]


money = st.decimals(0, 99_999, places=2)


@given(money, money, st.decimals(0, 100, places=1), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_price_is_the_sum_of_its_lines_and_of_its_shares(
    base: Decimal, amount: Decimal, quantity: Decimal, social: int, education: int
) -> None:
    social = min(social, 10_000)
    education = min(education, 10_000 - social)
    prices = Prices(
        weekly={"standard": base},
        supplements={"therapy": Supplement("hour", amount)},
        purchase="spot",
        notice_nights=28,
        void_percent=Decimal(80),
        social_percent=Decimal(social) / 100,
        education_percent=Decimal(education) / 100,
        health_percent=Decimal(10_000 - social - education) / 100,
    )
    price = weekly_price(prices, "standard", {"therapy": quantity})
    assert price.total == sum(line.total for line in price.lines) == base + price.lines[1].total
    assert price.social + price.education + price.health == price.total
    assert min(price.social, price.education, price.health) >= 0
    assert all(line.total == line.total.quantize(Decimal("0.01")) for line in price.lines)


def test_a_price_explains_each_line() -> None:
    prices = Prices(
        weekly={"complex": Decimal("7345.50")},
        supplements={"waking_night": Supplement("night", Decimal(180)), "transport": Supplement("week", Decimal(60))},
        purchase="block_local",
        notice_nights=28,
        void_percent=Decimal(80),
        social_percent=Decimal(60),
        education_percent=Decimal("33.33"),
        health_percent=Decimal("6.67"),
    )
    price = weekly_price(prices, "complex", {"waking_night": Decimal(3), "transport": Decimal(1)})
    assert [line.explained for line in price.lines] == [
        "Complex need: £7,345.50 a week",
        "Waking night staff: 3 nights at £180.00 = £540.00",
        "Transport to school: £60.00 a week",
    ]
    assert (price.total, price.social) == (Decimal("7945.50"), Decimal("4767.30"))
    assert (price.education, price.health) == (Decimal("2648.24"), Decimal("529.96"))


def boy(age: int) -> ChildToPlace:
    return ChildToPlace("C-1", date(2026 - age, 1, 1), "M", None, "E08000021")


def test_ages_count_on_the_day_the_placement_starts() -> None:
    home = Registration("childrens_home", active=True, age_min=11, age_max=15, sex="any")
    turns_16 = ChildToPlace("C-1", date(2010, 3, 2), "F", None, "E08000021")
    assert against_registration(home, [turns_16], date(2026, 3, 1)) == []
    assert [one.code for one in against_registration(home, [turns_16], date(2026, 3, 2))] == ["age"]


def test_supported_accommodation_is_for_16_and_17_whatever_it_says_itself() -> None:
    home = Registration("supported_accommodation", active=True, age_min=14, age_max=25, sex="any")
    day = date(2026, 6, 1)
    assert [[one.code for one in against_registration(home, [boy(age)], day)] for age in (15, 16, 17, 18)] == [
        ["supported_age"],
        [],
        [],
        ["supported_age"],
    ]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=3), st.sampled_from(["any", "F"]), st.booleans())
def test_what_stands_against_a_registration_is_never_overridable(ages: list[int], sex: str, active: bool) -> None:
    home = Registration("childrens_home", active=active, age_min=8, age_max=12, sex="F" if sex == "F" else "any")
    found = against_registration(home, [boy(age) for age in ages], date(2026, 6, 1))
    assert not any(one.overridable for one in found)
    assert ("not_registered" in [one.code for one in found]) == (not active)


def test_a_judgement_falls_only_where_it_is_worse() -> None:
    for before in JUDGEMENTS:
        for after in JUDGEMENTS:
            assert judgement_fell(before, after) == (JUDGEMENTS.index(after) < JUDGEMENTS.index(before))
    assert not judgement_fell(None, "inadequate")
    assert not judgement_fell("good", None)


@given(st.integers(0, 25))
def test_a_band_holds_the_age_or_is_the_last(age: int) -> None:
    low, high = band(age)
    assert (low, high) in BANDS
    assert low <= age <= high or age > BANDS[-1][1]


def test_concerns_worth_speaking_to() -> None:
    little, teen = InBands(0, 4, "F"), InBands(16, 17, "M", frozenset({"sexual_harm", "missing"}))
    assert likely_concerns([little], [teen]) == ["age_gap", "may_harm"]
    assert likely_concerns([teen], [teen]) == ["vulnerable_to_harm", "may_harm", "missing"]
    assert likely_concerns([], [teen]) == []


def test_the_host_authority_is_told_unless_the_child_is_its_own() -> None:
    told = host_to_tell("E06000001", "E08000021", kept_by_gss="E08000021")
    assert told is not None
    assert told.gss == "E06000001"
    assert host_to_tell("E06000001", "E06000001", kept_by_gss="E08000021") is None
    assert host_to_tell(None, "E06000001", kept_by_gss="E08000021") is None
