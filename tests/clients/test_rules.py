"""The arithmetic of limits: as many as the policy says, and waiting as told is enough. Redis does the same."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st

from careshare.clients.limits import GCRA, Limiter
from careshare.clients.rules import SECOND, Policy, beyond, decide, headers, read_scope
from careshare.settings import Settings

POLICIES = st.builds(Policy, st.integers(1, 60_000), st.integers(1, 3600))
START = 1_800_000_000 * SECOND
WAITS = st.lists(st.integers(0, 5 * SECOND), min_size=1, max_size=60)


@given(POLICIES, WAITS)
def test_no_more_are_allowed_than_the_quota_and_what_time_gives_back(policy: Policy, waits: list[int]) -> None:
    arrival, now, allowed = 0, START, 0
    for wait in waits:
        now += wait
        decision = decide(arrival, now, policy)
        arrival = decision.arrival
        allowed += decision.allowed
        assert allowed <= policy.quota + (now - START) // policy.interval
        assert 0 <= decision.remaining < policy.quota
        assert decision.reset <= policy.window + 1
        assert (decision.retry_after > 0) == (not decision.allowed)


@given(st.integers(1, 200), st.integers(1, 3600))
def test_the_whole_quota_is_there_at_once_and_not_one_more(quota: int, window: int) -> None:
    policy, arrival = Policy(quota, window), 0
    for number in range(quota):
        decision = decide(arrival, START, policy)
        assert decision.allowed
        assert decision.remaining == quota - number - 1
        arrival = decision.arrival
    assert not decide(arrival, START, policy).allowed


@given(POLICIES, st.integers(0, 10_000_000_000))
def test_whoever_waits_as_long_as_told_is_let_in(policy: Policy, ahead: int) -> None:
    arrival = START + min(ahead, policy.interval * policy.quota)
    refused = decide(arrival, START, policy)
    if not refused.allowed:
        assert refused.arrival == arrival, "a refused request costs nothing"
        assert decide(arrival, START + refused.retry_after * SECOND, policy).allowed
    after = decide(arrival, START + refused.reset * SECOND, policy)
    assert after.remaining == policy.quota - 1


@given(POLICIES, st.lists(st.integers(0, 100_000_000), max_size=20))
def test_a_refusal_stays_one_until_time_passes(policy: Policy, more: list[int]) -> None:
    full = START + policy.interval * policy.quota
    for _ in more:
        assert not decide(full, START, policy).allowed


def test_what_the_caller_is_told() -> None:
    policy = Policy(2)
    first = decide(0, START, policy)
    assert headers(policy, first) == {"RateLimit-Policy": '"requests";q=2;w=60', "RateLimit": '"requests";r=1;t=30'}
    second = decide(first.arrival, START, policy)
    third = decide(second.arrival, START + SECOND, policy)
    assert headers(policy, third) == {
        "RateLimit-Policy": '"requests";q=2;w=60',
        "RateLimit": '"requests";r=0;t=59',
        "Retry-After": "29",
    }


@pytest.mark.parametrize("text", ["a  b", " a", "a ", "a\tb", 'a"', "a\\b", "é"])
def test_a_malformed_scope_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        read_scope(text)


def test_scopes_are_read_in_order_and_once() -> None:
    assert read_scope("b:x a:x b:x") == ("a:x", "b:x")
    assert read_scope(None) is None
    assert read_scope("") is None
    assert beyond(["b", "a"], frozenset({"b"})) == ["a"]


@pytest_asyncio.fixture
async def limiter(settings: Settings) -> AsyncIterator[Limiter]:
    limiter = Limiter(settings.redis_url)
    yield limiter
    await limiter.close()


async def test_redis_decides_as_the_rules_do(limiter: Limiter) -> None:
    script = limiter._redis.register_script(GCRA)
    drawn = st.tuples(st.integers(1, 50), st.integers(1, 120), st.lists(st.integers(0, 3 * SECOND), max_size=30))
    samples: list[tuple[int, int, list[int]]] = []

    @runs(max_examples=40, derandomize=True, database=None)
    @given(drawn)
    def gather(sample: tuple[int, int, list[int]]) -> None:
        samples.append(sample)

    gather()
    assert len(samples) > 20
    for number, (quota, window, waits) in enumerate(samples):
        policy, arrival, now = Policy(quota, window), 0, START
        key = f"careshare:test:{number}"
        for wait in waits:
            now += wait
            ours = decide(arrival, now, policy)
            arrival = ours.arrival
            # Redis lets a key go by its own clock, so the time given here only moves a minute or so in all.
            found = await script(keys=[key], args=[policy.interval, policy.interval * quota, now])
            if await limiter._redis.pttl(key) < 1000:
                await limiter._redis.set(key, arrival)
            assert [int(one) for one in found] == [ours.allowed, ours.remaining, ours.reset, ours.retry_after]
