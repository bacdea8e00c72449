"""Which consents a match needs: examples from practice, and that nothing worse ever needs less."""

from hypothesis import given
from hypothesis import strategies as st

from services.placements.matches import rules
from services.placements.matches.rules import Where

A, B, C, D = "E06000901", "E06000902", "E06000903", "E06000904"


def kinds(found: list[rules.Needed], *, required: bool | None = None) -> list[str]:
    return [one.kind for one in found if required in {None, one.required}]


def test_a_home_in_one_s_own_area_needs_no_approval_by_distance() -> None:
    where = Where(A, B, A, adjoins=None)
    assert rules.route(where) == "none"
    assert kinds(rules.placing_needs(where, emergency=False)) == ["placing_authority"]


def test_what_counts_is_where_the_home_stands_not_who_approved_the_carer() -> None:
    """A carer of the adjoining authority who lives two counties away: the director."""
    assert rules.route(Where(A, B, C, adjoins=False)) == "director"
    assert rules.route(Where(A, B, B, adjoins=True)) == "nominated_officer"


def test_one_s_own_carer_over_the_border_needs_none() -> None:
    assert rules.route(Where(A, A, C, adjoins=False, approved_here=True)) == "none"


def test_what_is_not_known_is_at_a_distance() -> None:
    assert rules.route(Where(A, B, None, adjoins=None)) == "director"
    assert rules.route(Where(A, B, C, adjoins=None)) == "director"


def test_the_area_comes_before_the_approval() -> None:
    near = rules.placing_needs(Where(A, B, B, adjoins=True), emergency=False)
    assert [(one.kind, one.after) for one in near][1:] == [
        ("area_notified", ()),
        ("nominated_officer", ("area_notified",)),
    ]
    far = rules.placing_needs(Where(A, B, C, adjoins=False), emergency=False)
    assert [(one.kind, one.after, one.decider) for one in far][1:] == [
        ("area_consulted", (), C),
        ("director", ("area_consulted",), None),
    ]


def test_an_emergency_puts_off_the_approval_and_nothing_of_the_home_s_side() -> None:
    where = Where(A, B, C, adjoins=False)
    assert kinds(rules.placing_needs(where, emergency=True), required=True) == ["placing_authority"]
    assert kinds(rules.placing_needs(where, emergency=True), required=False) == ["area_consulted", "director"]
    home = rules.providing_needs(where, "foster_home", [D], emergency=True, over_limit=True)
    assert kinds(home, required=True) == ["providing_authority", "carer", "other_authority", "exemption"]


def test_each_other_authority_with_a_child_there_is_asked_once() -> None:
    found = rules.providing_needs(Where(A, B, B, adjoins=True), "foster_home", [C, A, D, C, B], emergency=False)
    assert [one.decider for one in found if one.kind == "other_authority"] == [C, D]


def test_a_children_s_home_has_a_manager() -> None:
    found = rules.providing_needs(Where(A, B, B, adjoins=True), "residential_home", [], emergency=False)
    assert kinds(found) == ["providing_authority", "manager"]


def test_who_may_decide_is_data() -> None:
    assert rules.may_decide("director", ["director"])
    assert not rules.may_decide("director", ["nominated_officer", "team_manager"])
    assert rules.may_decide("nominated_officer", ["director"])


GSS = st.sampled_from([A, B, C, D])
WHERE = st.builds(Where, GSS, GSS, st.none() | GSS, adjoins=st.none() | st.booleans(), approved_here=st.just(False))


@given(WHERE, st.booleans(), st.booleans())
def test_the_placing_authority_always_chooses_and_distance_always_needs_somebody(
    where: Where, emergency: bool, key_stage_4: bool
) -> None:
    found = kinds(rules.placing_needs(where, emergency=emergency, key_stage_4=key_stage_4))
    assert found[0] == "placing_authority"
    assert (where.area == where.placing) == (not {"nominated_officer", "director"} & set(found))
    assert ("key_stage_4" in found) == key_stage_4


@given(WHERE, st.lists(GSS), st.booleans())
def test_more_children_and_a_passed_limit_never_need_less(where: Where, others: list[str], emergency: bool) -> None:
    few = rules.providing_needs(where, "foster_home", [], emergency=emergency)
    more = rules.providing_needs(where, "foster_home", others, emergency=emergency)
    most = rules.providing_needs(where, "foster_home", others, emergency=emergency, over_limit=True)
    assert len(few) <= len(more) < len(most)
    assert all(one.required for one in most)
    assert {"providing_authority", "carer"} <= set(kinds(few))
