"""The arithmetic of rate limits and scopes; no I/O.

Limits are GCRA, the generic cell rate algorithm (ITU-T I.371): one number for each caller, the theoretical arrival time
of the next request. `Limiter` does the same in Redis; a test holds the two equal.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SECOND: Final = 1_000_000
"""Moments are whole microseconds."""

DEFAULT_PER_MINUTE: Final = 600
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*", re.ASCII)
"""RFC 6749 section 3.3."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`quota` requests at once if the caller likes, of which one is given back every `window / quota` seconds."""

    quota: int
    window: int = 60

    @property
    def interval(self) -> int:
        """Microseconds after which one more request is allowed; at least one."""
        return max(1, self.window * SECOND // self.quota)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed, how many more would be now, and in how many seconds all of them are again.

    `retry_after` is in seconds; 0 where the request is allowed. `arrival` is what is to be kept until the next request.
    """

    allowed: bool
    remaining: int
    reset: int
    retry_after: int
    arrival: int


def decide(arrival: int, now: int, policy: Policy) -> Decision:
    """Judge a request at `now`, after others left the theoretical arrival time `arrival` (0 for none)."""
    interval, tolerance = policy.interval, policy.interval * policy.quota
    begins = max(arrival, now)
    following = begins + interval
    if following - now > tolerance:
        return Decision(False, 0, _seconds(begins - now), _seconds(following - now - tolerance), arrival)
    return Decision(True, (tolerance - (following - now)) // interval, _seconds(following - now), 0, following)


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND)


def headers(policy: Policy, decision: Decision) -> dict[str, str]:
    """What the caller is told (draft-ietf-httpapi-ratelimit-headers-10: quota and window; remaining and reset)."""
    told = {
        "RateLimit-Policy": f'"requests";q={policy.quota};w={policy.window}',
        "RateLimit": f'"requests";r={decision.remaining};t={decision.reset}',
    }
    return told if decision.allowed else told | {"Retry-After": str(decision.retry_after)}


def read_scope(text: str | None) -> tuple[str, ...] | None:
    """The scopes asked for (RFC 6749 section 3.3), None where none were named; raises ValueError when malformed."""
    if text is None or not text:
        return None
    if not _SCOPE.fullmatch(text):
        raise ValueError("scope must be a list of names with single spaces between them")
    return tuple(sorted(set(text.split(" "))))


def for_two(scopes: Iterable[str], harmless: frozenset[str]) -> list[str]:
    """The scopes that one administrator cannot give alone: all but the harmless ones, in order of name.

    What a later service declares is therefore one of them until it says that it is harmless.
    """
    return sorted(set(scopes) - harmless)


def beyond(scopes: Iterable[str], held: frozenset[str]) -> list[str]:
    """The scopes that the roles do not grant, in order of name."""
    return sorted(set(scopes) - held)
