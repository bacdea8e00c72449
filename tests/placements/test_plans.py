"""Plans for groups: never worse than trying everything, and always keeping apart who must be."""

import itertools
import time
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.placements import plans
from services.placements.judged import Room, Verdict
from services.placements.plans import Candidate, Group, Plan


def room(**changes: object) -> Room:
    usual: dict[str, object] = {
        "kind": "foster_home",
        "age_min": 0,
        "age_max": 17,
        "sex": "any",
        "places": 3,
        "within_limit": 3,
        "empty": True,
        "bedrooms": 3,
        "sharing": "no",
        "solo": None,
        "children_there": "none",
        "others_low": None,
        "others_high": None,
    }
    return Room(**(usual | changes))  # type: ignore[arg-type]


def home(number: int, miles: float | None = None, unknown: tuple[str, ...] = (), **changes: object) -> Candidate:
    return Candidate(offer_id=UUID(int=number), score=0.0, room=room(**changes), unknown=unknown, miles=miles)


def group(*ages: int, apart: object = (), wishes: object = (), siblings: bool = False) -> Group:
    return Group(
        ages=ages,
        sexes="F" * len(ages),
        siblings=siblings,
        alongside="no_preference",
        apart=tuple(apart),  # type: ignore[arg-type]
        wishes=tuple(wishes),  # type: ignore[arg-type]
    )


def homes_of(plan: Plan) -> list[tuple[int, tuple[int, ...]]]:
    return [(part.offer_id.int, part.children) for part in plan.parts]


def test_one_home_for_all_comes_before_two() -> None:
    found = plans.plans(group(4, 7), [home(1, 1.0, places=1), home(2, 2.0, places=1), home(3, 9.0)])
    assert homes_of(found[0]) == [(3, (0, 1))]
    assert len(found[1].parts) == 2


def test_children_who_must_live_apart_do() -> None:
    found = plans.plans(group(4, 7, 9, apart=[(0, 2)]), [home(1, 1.0), home(2, 2.0)])
    assert found
    for plan in found:
        assert all(not {0, 2} <= set(part.children) for part in plan.parts)


def test_a_wish_to_be_together_outweighs_conditions_and_distance() -> None:
    candidates = [home(1, 1.0, places=1), home(2, 1.0, places=1), home(3, 30.0, bedrooms=1, sharing="siblings")]
    best = plans.plans(group(4, 7, wishes=[(0, 1)], siblings=True), candidates)[0]
    assert homes_of(best) == [(3, (0, 1))]
    assert best.parts[0].conditions == (("bedrooms", Verdict.NOT_MET),)


def test_fewer_conditions_come_before_a_shorter_way() -> None:
    best = plans.plans(group(5), [home(1, 1.0, bedrooms=None), home(2, 8.0)])[0]
    assert homes_of(best) == [(2, (0,))]


def test_a_group_over_the_usual_limit_needs_an_exemption_unless_all_are_siblings() -> None:
    big = home(1, places=4, bedrooms=4)
    assert plans.plans(group(4, 5, 6, 7), [big])[0].parts[0].conditions == (("limit", Verdict.NOT_MET),)
    assert plans.plans(group(4, 5, 6, 7, siblings=True), [big])[0].parts[0].conditions == ()


def test_no_plan_where_somebody_has_no_home() -> None:
    assert plans.plans(group(4, 16), [home(1, age_max=10), home(2, age_max=12)]) == []


def test_eight_children_and_many_homes_take_little_time() -> None:
    candidates = [home(n, n % 13, places=1 + n % 3, bedrooms=None if n % 5 else 3) for n in range(100)]
    everyone = group(*range(3, 11), apart=[(0, 1), (2, 3), (4, 5), (0, 7)], wishes=[(0, 2), (6, 7)])
    begun = time.process_time()
    assert plans.plans(everyone, candidates)
    assert time.process_time() - begun < 2


@st.composite
def situations(draw: st.DrawFn) -> tuple[Group, list[Candidate]]:
    children = draw(st.integers(1, 4))
    pairs = list(itertools.combinations(range(children), 2))
    some_pairs = st.lists(st.sampled_from(pairs), unique=True) if pairs else st.just([])
    apart = draw(some_pairs)
    found = Group(
        ages=draw(st.lists(st.integers(0, 17), min_size=children, max_size=children)),
        sexes=draw(st.lists(st.sampled_from("MFU"), min_size=children, max_size=children)),
        siblings=draw(st.booleans()),
        alongside=draw(st.sampled_from(("no_preference", "solo", "only_older"))),
        apart=apart,
        wishes=[pair for pair in draw(some_pairs) if pair not in apart],
    )
    candidates = [
        home(
            number,
            float(draw(st.integers(0, 9))),
            unknown=draw(st.sampled_from(((), ("no_pets",)))),
            age_min=draw(st.integers(0, 8)),
            age_max=draw(st.integers(8, 17)),
            sex=draw(st.sampled_from(("any", "any", "F"))),
            places=draw(st.integers(1, 4)),
            within_limit=draw(st.integers(1, 3)),
            empty=draw(st.booleans()),
            bedrooms=draw(st.none() | st.integers(0, 3)),
            sharing=draw(st.sampled_from((None, "no", "siblings", "any"))),
            solo=draw(st.sampled_from((None, True))),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    return found, candidates


def by_trying_everything(wanted: Group, candidates: list[Candidate]) -> tuple[int, int, int, float] | None:
    best = None
    for choice in itertools.product(range(len(candidates)), repeat=len(wanted.ages)):
        if any(choice[a] == choice[b] for a, b in wanted.apart):
            continue
        parts = {rank: [child for child, home in enumerate(choice) if home == rank] for rank in set(choice)}
        needed = [plans.conditions(candidates[rank], wanted, children) for rank, children in parts.items()]
        if any(one is None for one in needed):
            continue
        key = (
            sum(choice[a] != choice[b] for a, b in wanted.wishes),
            len(parts),
            sum(len(one or ()) for one in needed),
            sum(candidates[rank].miles or 0.0 for rank in parts),
        )
        best = key if best is None else min(best, key)
    return best


@given(situations())
def test_the_first_plan_is_the_best_there_is(situation: tuple[Group, list[Candidate]]) -> None:
    wanted, candidates = situation
    found = plans.plans(wanted, candidates)
    keys = [(plan.broken, len(plan.parts), plan.conditions, plan.miles) for plan in found]
    assert (keys[0] if keys else None) == by_trying_everything(wanted, candidates)
    assert keys == sorted(keys)


@given(situations())
def test_every_plan_is_one_that_could_be_carried_out(situation: tuple[Group, list[Candidate]]) -> None:
    wanted, candidates = situation
    by_id = {candidate.offer_id: candidate for candidate in candidates}
    for plan in plans.plans(wanted, candidates):
        assert sorted(child for part in plan.parts for child in part.children) == list(range(len(wanted.ages)))
        assert len({part.offer_id for part in plan.parts}) == len(plan.parts)
        for part in plan.parts:
            assert plans.conditions(by_id[part.offer_id], wanted, part.children) == part.conditions
            assert all(not set(pair) <= set(part.children) for pair in wanted.apart)
