"""When searches look like probing: a pure rule with dated numbers. probing.csv beside this file says what each means.

Five distances from five points find a house, were they measured from it. They are measured from the area shown, so
probing tells nothing; but somebody who tries is to be known to the owner (access model: "Location is identity").
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from uuid import UUID

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of the rule on a day."""

    window_minutes: int
    points: int
    answers: int

    @property
    def window(self) -> timedelta:
        """How long searches are looked at together."""
        return timedelta(minutes=self.window_minutes)


class Search(msgspec.Struct, frozen=True):
    """One search from chosen points, and what it showed of each other owner's."""

    at: datetime
    actor_id: UUID
    points: frozenset[str]
    shown: tuple[tuple[UUID, tuple[UUID, ...]], ...]


class Flag(msgspec.Struct, frozen=True):
    """Searches of one person that look like probing of one owner's homes."""

    actor_id: UUID
    owner_id: UUID
    first_at: datetime
    last_at: datetime
    searches: int
    points: int
    subjects: tuple[UUID, ...]


@cache
def _lines() -> tuple[tuple[str, date, int], ...]:
    read = (files("services.record") / "probing.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(read.splitlines())
    return tuple((row["name"], date.fromisoformat(row["since"]), int(row["value"])) for row in rows)


def limits(day: date) -> Limits:
    """The numbers that hold on a day: of each name the latest that has begun."""
    held = {name: value for name, since, value in sorted(_lines(), key=lambda line: line[1]) if since <= day}
    return msgspec.convert(held, Limits)


def flags(searches: Iterable[Search], numbers: Limits) -> list[Flag]:
    """Every run of searches by one person that looks like probing, for each owner whose homes kept being shown.

    A run begins with the first search from which on enough points were chosen within the window, and lasts while each
    further search is within the window of the one before.
    """
    by_actor: dict[UUID, list[Search]] = {}
    for search in sorted(searches, key=lambda one: one.at):
        if search.points:
            by_actor.setdefault(search.actor_id, []).append(search)
    return [flag for made in by_actor.values() for run in _runs(made, numbers) for flag in _owners(run, numbers)]


def _runs(made: Sequence[Search], numbers: Limits) -> Iterable[Sequence[Search]]:
    start = 0
    while start < len(made):
        within = [one for one in made[start:] if one.at - made[start].at <= numbers.window]
        if len(frozenset[str]().union(*(one.points for one in within))) < numbers.points:
            start += 1
            continue
        end = start + len(within)
        while end < len(made) and made[end].at - made[end - 1].at <= numbers.window:
            end += 1
        yield made[start:end]
        start = end


def _owners(run: Sequence[Search], numbers: Limits) -> Iterable[Flag]:
    answers: dict[UUID, Counter[UUID]] = {}
    for search in run:
        for owner, subjects in search.shown:
            answers.setdefault(owner, Counter()).update(set(subjects))
    points = len(frozenset[str]().union(*(one.points for one in run)))
    for owner, counted in answers.items():
        often = tuple(sorted(subject for subject, times in counted.items() if times >= numbers.answers))
        if often:
            yield Flag(run[0].actor_id, owner, run[0].at, run[-1].at, len(run), points, often)
