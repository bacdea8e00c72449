"""Plans for a group of children over one or more homes: a pure function over the best homes a search found.

A plan gives every child a home. Children who must live apart never share one; then wishes to be together are kept, then
the fewest homes, then the fewest conditions (what is not known, an exemption, a shared bedroom), then the distance.
Every split of the group is tried; within one, each part needs only as many choices of home as there are parts, so the
best plan among the given homes is found for certain and in bounded time.
"""

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

import msgspec

from services.placements import rules
from services.placements.judged import Room, Verdict, over_three

MOST: Final = 3
"""Plans that are shown."""

Condition = tuple[str, Verdict]
"""A hard criterion that is not known, or that is not met and could be: by an exemption or by agreed sharing."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The children, counted from 0, and how they stand to each other."""

    ages: Sequence[int]
    sexes: Sequence[str]
    siblings: bool
    alongside: str
    apart: Sequence[tuple[int, int]]
    wishes: Sequence[tuple[int, int]]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A home that may take some of the children. `unknown` are hard criteria that do not depend on which of them.

    `miles` is the distance a plan is ranked by; None where no postcode was given. Candidates come best first.
    """

    offer_id: UUID
    score: float
    room: Room
    unknown: Sequence[str]
    miles: float | None


class Part(msgspec.Struct, frozen=True):
    """Children of the group in one home, and on which conditions."""

    offer_id: UUID
    children: tuple[int, ...]
    conditions: tuple[Condition, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A home for every child. `broken` counts wishes to be together that it does not keep."""

    parts: tuple[Part, ...]
    broken: int
    conditions: int
    miles: float


class _Option(msgspec.Struct, frozen=True, order=True):
    """A home for one part of the group; smaller is better."""

    conditions: int
    miles: float
    rank: int


def conditions(candidate: Candidate, group: Group, children: Sequence[int]) -> tuple[Condition, ...] | None:
    """On which conditions these children could live there together; None where they cannot."""
    room = candidate.room
    ages = [group.ages[child] for child in children]
    needing_rooms = over_three(ages)
    found = {
        "age": rules.ages(room, ages),
        "sex": rules.sex(room, [group.sexes[child] for child in children]),
        "limit": rules.limit(room, len(children), siblings=group.siblings),
        "bedrooms": rules.bedrooms(room, needing_rooms),
        "alongside": rules.alongside(room, group.alongside, ages),
    }
    if len(children) > room.places or any(found[name] == Verdict.NOT_MET for name in ("age", "sex", "alongside")):
        return None
    if found["bedrooms"] == Verdict.NOT_MET and not rules.may_share(room, siblings=group.siblings):
        return None
    own = [(name, verdict) for name, verdict in found.items() if verdict is not None and verdict != Verdict.MET]
    return (*own, *((name, Verdict.UNKNOWN) for name in candidate.unknown))


def plans(group: Group, candidates: Sequence[Candidate], most: int = MOST) -> list[Plan]:
    """The best plans for the group, best first; none where these homes cannot take all of the children."""
    maker = _Maker(group, candidates)
    splits: dict[tuple[int, int], list[tuple[tuple[int, ...], ...]]] = {}
    for split in _splits(len(group.ages), group.apart):
        together = {child: number for number, part in enumerate(split) for child in part}
        broken = sum(together[a] != together[b] for a, b in group.wishes)
        splits.setdefault((broken, len(split)), []).append(split)
    found: list[Plan] = []
    for broken, homes in sorted(splits):
        of_kind = [plan for split in splits[broken, homes] for plan in maker.best(split, broken)]
        found += sorted(of_kind, key=lambda plan: (plan.conditions, plan.miles))
        if len(found) >= most:
            break
    return found[:most]


class _Maker:
    """Finds the best homes for one split after another, keeping what it worked out about each part."""

    def __init__(self, group: Group, candidates: Sequence[Candidate]) -> None:
        self.group = group
        self.candidates = candidates
        self._options: dict[tuple[int, ...], list[_Option]] = {}

    def best(self, split: tuple[tuple[int, ...], ...], broken: int) -> Iterator[Plan]:
        """The best plan of this split; for a single home, the best few."""
        parts = sorted((self._of(part)[: len(split)], part) for part in split)
        if len(split) == 1:
            for option in self._of(split[0])[:MOST]:
                yield self._plan([(split[0], option)], broken)
            return
        chosen: list[tuple[int, float, list[_Option]]] = []
        self._choose([options for options, _ in parts], [], 0, 0.0, chosen)
        if chosen:
            yield self._plan(list(zip([part for _, part in parts], chosen[-1][2], strict=True)), broken)

    def _of(self, part: tuple[int, ...]) -> list[_Option]:
        """Every home that could take these children, best first."""
        if part not in self._options:
            found = [
                _Option(len(needed), candidate.miles or 0.0, rank)
                for rank, candidate in enumerate(self.candidates)
                if (needed := conditions(candidate, self.group, part)) is not None
            ]
            self._options[part] = sorted(found)
        return self._options[part]

    def _choose(
        self,
        options: list[list[_Option]],
        taken: list[_Option],
        needed: int,
        miles: float,
        best: list[tuple[int, float, list[_Option]]],
    ) -> None:
        """Add to `best` each choice of different homes that is better than the last one there."""
        rest = options[len(taken) :]
        if any(not choices for choices in rest):
            return
        least = (needed + sum(choices[0].conditions for choices in rest), miles)
        if best and least >= (best[-1][0], best[-1][1]):
            return
        if not rest:
            best.append((needed, miles, taken))
            return
        for option in rest[0]:
            if all(option.rank != other.rank for other in taken):
                self._choose(options, [*taken, option], needed + option.conditions, miles + option.miles, best)

    def _plan(self, chosen: list[tuple[tuple[int, ...], _Option]], broken: int) -> Plan:
        parts: list[Part] = []
        for children, option in chosen:
            candidate = self.candidates[option.rank]
            needed = conditions(candidate, self.group, children)
            parts.append(Part(candidate.offer_id, children, needed or ()))
        return Plan(
            parts=tuple(sorted(parts, key=lambda part: part.children)),
            broken=broken,
            conditions=sum(option.conditions for _, option in chosen),
            miles=sum(option.miles for _, option in chosen),
        )


def _splits(children: int, apart: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every way to part the children into groups that keeps those apart who must be."""
    forbidden = {frozenset(pair) for pair in apart}

    def place(child: int, parts: tuple[tuple[int, ...], ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
        if child == children:
            yield parts
            return
        for number, part in enumerate(parts):
            if all(frozenset({child, other}) not in forbidden for other in part):
                yield from place(child + 1, (*parts[:number], (*part, child), *parts[number + 1 :]))
        yield from place(child + 1, (*parts, (child,)))

    return place(0, ())
