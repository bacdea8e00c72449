"""The rules one by one, at the edges the law and the notice set."""

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from careshare.errors import Invalid
from services.placements import need as needs
from services.placements import rules
from services.placements.judged import Circle, Offer, Verdict, over_three
from services.placements.need import Need
from services.placements.weights import Weights, policy, weights
from tests.placements.test_plans import room

TODAY = date(2026, 11, 20)
MET, UNKNOWN, NOT_MET = Verdict.MET, Verdict.UNKNOWN, Verdict.NOT_MET


@pytest.mark.parametrize(
    ("within", "empty", "children", "siblings", "verdict"),
    [
        (3, True, 3, False, MET),
        (3, True, 4, False, NOT_MET),
        (3, True, 4, True, MET),
        (1, False, 2, True, NOT_MET),
        (0, False, 1, False, NOT_MET),
        (1, False, 1, False, MET),
    ],
)
def test_the_usual_limit_is_three_unless_all_there_are_siblings(
    *, within: int, empty: bool, children: int, siblings: bool, verdict: Verdict
) -> None:
    assert rules.limit(room(within_limit=within, empty=empty), children, siblings=siblings) == verdict


def test_a_childrens_home_has_no_fostering_limit() -> None:
    assert rules.limit(room(kind="residential_home"), 5, siblings=False) is None


def test_from_the_third_birthday_a_child_needs_a_bedroom_of_their_own() -> None:
    assert over_three([0, 2, 3, 10]) == 2
    assert rules.bedrooms(room(bedrooms=1), 2) == NOT_MET
    assert rules.bedrooms(room(bedrooms=None), 2) == UNKNOWN
    assert rules.bedrooms(room(bedrooms=0), 0) is None


@pytest.mark.parametrize(
    ("sharing", "siblings", "bedrooms", "may"),
    [
        ("no", True, 1, False),
        ("any", False, 0, True),
        (None, False, 1, True),
        ("siblings", True, 1, True),
        ("siblings", False, 1, False),
        ("siblings", True, 0, False),
    ],
)
def test_who_may_share_a_bedroom(*, sharing: str | None, siblings: bool, bedrooms: int, may: bool) -> None:
    assert rules.may_share(room(sharing=sharing, bedrooms=bedrooms), siblings=siblings) is may


@pytest.mark.parametrize(
    ("wanted", "there", "low", "high", "verdict"),
    [
        ("only_older", "none", None, None, MET),
        ("only_older", None, None, None, UNKNOWN),
        ("only_older", "some", None, None, UNKNOWN),
        ("only_older", "some", 11, 15, MET),
        ("only_older", "some", 5, 15, UNKNOWN),
        ("only_older", "some", 0, 4, NOT_MET),
        ("only_younger", "some", 0, 4, MET),
        ("only_younger", "some", 5, 10, UNKNOWN),
        ("only_younger", "some", 11, 15, NOT_MET),
        ("solo", "some", 5, 10, NOT_MET),
        ("no_preference", "some", 5, 10, None),
    ],
)
def test_bands_that_straddle_the_childs_age_are_not_known(
    wanted: str, there: str | None, low: int | None, high: int | None, verdict: Verdict | None
) -> None:
    found = rules.alongside(room(children_there=there, others_low=low, others_high=high), wanted, [7])
    assert found == verdict


@pytest.mark.parametrize(
    ("there", "solo", "verdict"),
    [("none", True, MET), ("none", None, UNKNOWN), ("none", False, NOT_MET), (None, True, UNKNOWN)],
)
def test_a_solo_home_is_one_that_says_so(there: str | None, solo: bool | None, verdict: Verdict) -> None:
    assert rules.alongside(room(children_there=there, solo=solo), "solo", [7]) == verdict


def test_sex_not_stated_is_not_known_for_one_sex_only() -> None:
    assert rules.sex(room(sex="F"), ["F", "U"]) == UNKNOWN
    assert rules.sex(room(sex="F"), ["M", "U"]) == NOT_MET
    assert rules.sex(room(sex="any"), ["M", "U"]) == MET


def need(**changes: Any) -> Need:
    return msgspec.convert({"children": [{"age": 7}]} | changes, Need)


def test_age_on_the_day_wanted() -> None:
    assert needs.age_on(date(2020, 11, 21), TODAY) == 5
    assert needs.age_on(date(2020, 11, 20), TODAY) == 6
    assert needs.age_on(date(2020, 2, 29), date(2026, 2, 28)) == 5
    wanted = needs.check(need(children=[{"born": "2020-11-21"}], starts="2026-11-21"), TODAY)
    assert wanted.children[0].age == 6


@pytest.mark.parametrize("reference", ["CH-104482", "104482", "LCS/2026/0012", "mos.000123"])
def test_references_that_can_be_one(reference: str) -> None:
    assert needs.check(need(reference=reference), TODAY).reference == reference.upper()


@pytest.mark.parametrize(
    "reference",
    [
        "Sam Jones",
        "SamJones",
        "Jones-1",
        "Samantha-2015",
        "x" * 41,
        "-1234",
        "CH 104482",
        "EMMA-20180403",
        "SMITH-2015",
        "07700900123",
        "NE81HH123",
    ],
)
def test_references_that_may_be_a_name(reference: str) -> None:
    with pytest.raises((Invalid, msgspec.ValidationError)):
        needs.check(need(reference=reference), TODAY)


def test_siblings_should_be_together_unless_they_must_be_apart() -> None:
    children = [{"age": 4}, {"age": 7}, {"age": 9}]
    apart = [{"first": 3, "second": 1}]
    wanted = needs.check(need(children=children, siblings=True, apart=apart), TODAY)
    assert needs.wishes(wanted) == [(0, 1), (1, 2)]


def test_the_key_of_a_request_is_its_reference_or_what_is_asked_for() -> None:
    one = needs.check(need(starts="2026-11-21"), TODAY)
    same = needs.check(need(starts="2026-12-01"), TODAY)
    other = needs.check(need(pets="no"), TODAY)
    assert needs.need_key(one) == needs.need_key(same) != needs.need_key(other)
    named = [needs.check(need(reference="CH-1044", pets=pets), TODAY) for pets in ("no", "can")]
    assert len({needs.need_key(one) for one in named}) == 1


def test_a_search_of_yesterday_is_for_today() -> None:
    wanted = needs.check(need(ends="2026-12-01"), TODAY)
    later = TODAY + timedelta(days=5)
    assert needs.asked(wanted, later).starts == later
    assert needs.asked(wanted, date(2027, 1, 1)).ends is None


def offer(**changes: Any) -> Offer:
    usual = {
        **msgspec.structs.asdict(room()),
        **dict.fromkeys(("care_types", "skills", "communication", "adaptations"), ()),
        **dict.fromkeys(("ends", "pets", "languages", "religions", "cultures")),
        "id": UUID(int=1),
        "own": False,
        "starts": TODAY,
        "confirmed_on": TODAY,
        "area_gss": "E06000901",
        "easting": 0,
        "northing": 0,
        "radius_m": 0,
    }
    return Offer(**(usual | changes))


def test_circles_are_judged_exactly_only_for_an_exact_point() -> None:
    points = {"ZA1 1AA": (400_000, 560_000)}
    home = offer(own=True, exact=(401_700, 560_000))
    assert rules.keep_away(home, [Circle("ZA1 1AA", 1.0)], points) == MET
    assert rules.keep_away(home, [Circle("ZA1 1AA", 1.1)], points) == NOT_MET
    shown = msgspec.structs.replace(home, exact=None, easting=402_000, northing=560_000, radius_m=1000)
    assert rules.keep_away(shown, [Circle("ZA1 1AA", 0.5)], points) == MET
    assert rules.keep_away(shown, [Circle("ZA1 1AA", 0.7)], points) == UNKNOWN


@pytest.mark.parametrize("name", ["weights.csv", "policy.csv"])
def test_every_number_says_what_it_means(name: str) -> None:
    file = Path(rules.__file__).with_name(name)
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert all(row["unit"] and row["meaning"] for row in rows)
    assert {row["name"] for row in rows} == {*msgspec.structs.asdict(weights() if name == "weights.csv" else policy())}


def test_a_misspelt_weight_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="owm"):
        msgspec.convert(msgspec.structs.asdict(weights()) | {"owm": 1}, Weights)
