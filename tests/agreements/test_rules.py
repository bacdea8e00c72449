"""What follows from dates, stages and detail levels: pure rules."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tenants.agreements.codes import DETAILS, data_items, resources, text_of, texts, withheld
from tenants.agreements.model import State
from tenants.agreements.rules import (
    after_leaving,
    ahead,
    carries_on,
    differences,
    leaves_at,
    problems,
    state_at,
    stated,
)
from tests.agreements.terms import draft, today

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
DAY = NOW.date()


def test_searches_and_unanswered_enquiries_end() -> None:
    for work in ("search", "enquiry_unanswered"):
        standing = after_leaving(work, 2)
        assert not standing.open
        assert standing.version is None


def test_an_accepted_enquiry_closes_unless_both_sides_sign_a_case_agreement() -> None:
    assert not after_leaving("enquiry_accepted", 2).open
    assert not after_leaving("enquiry_accepted", 2, [True, False]).open
    assert not after_leaving("enquiry_accepted", 2, [True]).open
    assert after_leaving("enquiry_accepted", 2, [True, True]).open
    assert after_leaving("enquiry_accepted", 2, [True, True]).version == 2


def test_a_case_agreement_does_not_keep_an_unanswered_enquiry_open() -> None:
    assert not after_leaving("enquiry_unanswered", 2, [True, True]).open


def test_agreed_matches_and_live_placements_stand_on_their_version() -> None:
    for work in ("match_agreed", "placement_live"):
        standing = after_leaving(work, 3)
        assert standing.open
        assert standing.version == 3


def test_notice_runs_to_the_end_of_its_last_day_and_a_cause_ends_at_once() -> None:
    assert leaves_at(28, NOW, cause="breach") == NOW
    assert leaves_at(28, NOW).isoformat() == "2026-12-19T00:00:00+00:00"
    summer = datetime(2026, 3, 20, 15, 0, tzinfo=UTC)
    assert leaves_at(28, summer).isoformat() == "2026-04-18T00:00:00+01:00", "midnight in London, whatever the season"


def test_two_parties_carry_on_and_one_does_not() -> None:
    assert carries_on(2)
    assert not carries_on(1)


@pytest.mark.parametrize(
    ("stored", "starts", "until", "state"),
    [
        ("draft", -1, None, "draft"),
        ("signed", 1, None, "signed"),
        ("signed", -1, None, "in_force"),
        ("in_force", -2, -1, "ended"),
        ("in_force", -2, 1, "in_force"),
        ("ended", -2, None, "ended"),
    ],
)
def test_the_clock_decides_the_state(stored: State, starts: int, until: int | None, state: State) -> None:
    end = None if until is None else NOW + timedelta(days=until)
    assert state_at(stored, NOW + timedelta(days=starts), end, NOW) == state


def test_ends_and_reviews_are_warned_of_sixty_days_ahead() -> None:
    far = DAY + timedelta(days=400)
    for days, kinds in ((61, []), (60, ["expiry"]), (0, ["expiry"])):
        assert [one.kind for one in ahead("in_force", DAY + timedelta(days=days), far, DAY)] == kinds
    for days, kinds in ((61, []), (60, ["review"]), (-10, ["review"])):
        assert [one.kind for one in ahead("in_force", None, DAY + timedelta(days=days), DAY)] == kinds
    assert ahead("draft", DAY, DAY, DAY) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("resource", "unicorns"),
        ("gateways", ["a_wish"]),
        ("lawful_basis", "consent"),
        ("condition", "none"),
        ("last_day", today() - timedelta(days=1)),
        ("review_on", today()),
        ("starts", date(1999, 1, 1)),
        ("review_on", date(2150, 1, 1)),
    ],
)
def test_terms_that_cannot_be_right_name_their_field(field: str, value: object) -> None:
    terms = msgspec.structs.replace(draft(), **{field: value}).terms()
    assert field in {error.field for error in problems(terms, today())}


def test_usual_terms_have_no_problem_and_carry_the_texts_of_their_codes() -> None:
    terms = draft().terms()
    assert problems(terms, today()) == []
    found = stated(terms)
    assert "Children Act 2004 section 10" in found.legal_gateway_text
    assert "6(1)(e)" in found.lawful_basis_text
    assert "9(2)(g)" in found.lawful_basis_text
    assert found.as_terms() == terms
    assert differences(found, msgspec.structs.replace(found, notice_days=3)) == ["notice_days"]


def test_each_detail_level_shows_all_that_the_one_before_it_shows() -> None:
    for resource in resources():
        before: set[str] = set()
        for detail in DETAILS:
            shown = {item.item for item in data_items(resource, detail)}
            assert before < shown
            assert not shown & {item.item for item in withheld(resource, detail)}
            before = shown
        assert all(item.stage != "Never" for item in data_items(resource, "identity"))


def test_every_text_of_the_lists_has_a_source() -> None:
    for name in ("gateway", "lawful_basis", "condition", "cause", "security", "duty", "restriction", "compliance"):
        assert texts(name), name
        assert all(one.source and one.text for one in texts(name)), name
    assert text_of("gateway", "nothing") is None
    assert [one.code for one in texts("gateway", date(2010, 1, 1))] == ["ca2004_s10", "ca2004_s11", "ca1989_s27"]
