"""What every kind of place asks of a child who is to live there, and answers: shared by homes and those who place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ChildToPlace:
    """A child who is to live somewhere.

    Children with one `sibling_group` are siblings each of all the others. `responsible_gss` is the authority whose
    child it is.
    """

    reference: str
    born: date
    sex: str
    sibling_group: str | None
    responsible_gss: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stands against a placement, for people and for machines.

    `code` is stable; `message` never names a child, nor says whose. `overridable`: it may be set aside by a person who
    records a reason; where it is false, nothing does.
    """

    code: str
    message: str
    overridable: bool


@dataclass(frozen=True, slots=True)
class Other:
    """A child who lives in the home in the time asked about, for the providing authority's own eyes."""

    reference: str
    responsible_gss: str
    born: date
    sex: str
    starts: date
    ends: date | None


@dataclass(frozen=True, slots=True)
class Living:
    """A child who lives in one's own home, or is to, on a claim of one of its places."""

    subject_id: UUID
    claim_id: UUID
    born: date


@dataclass(frozen=True, slots=True)
class Change:
    """Something about one's own home that is, or will be, no longer as it was; for its own authority's eyes alone.

    `code` is one of services/placements/changes/data/changes.csv. `key` tells this event from others of its kind.
    """

    code: str
    subject_id: UUID
    key: str
    on: date
    """The day from which it is so."""
    known: date | None = None
    """News only to what began by that day; None: to everything that goes on."""
    claims: frozenset[UUID] | None = None
    """The only claims it touches; None: everything about the home."""


def responsible(others: Iterable[Other], *known: str) -> list[str]:
    """The authorities, beside those `known`, that have a child in the home: each must consent (SI 2010/959 reg 22)."""
    return sorted({one.responsible_gss for one in others} - set(known))
