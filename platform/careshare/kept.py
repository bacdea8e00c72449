"""What a service tells of the personal data it keeps: whose it is, and when each class of it is to be deleted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from careshare.database import Uow

SubjectKind = Literal["carer", "member", "child"]


class Subject(msgspec.Struct, frozen=True):
    """Somebody in a service's register. `label` says who, for the officer who must be sure that it is this person."""

    kind: SubjectKind
    id: UUID
    label: str


class SubjectItem(msgspec.Struct, frozen=True):
    """One thing a service holds about a person. `key` is the same each time it is asked.

    `about_others` says whom else it tells something of, in words; empty: it is about the person alone. Such an item is
    not given unless the officer decides so (UK GDPR Article 15(4); Data Protection Act 2018 Schedule 2 paragraph 16).
    """

    key: str
    section: str
    name: str
    value: str
    about_others: str = ""


class DueRecord(msgspec.Struct, frozen=True):
    """A record whose period began on `began`. `reference` is the authority's own, never a name."""

    id: UUID
    reference: str
    began: date


@dataclass(frozen=True, slots=True)
class Kept:
    """One class of records that are deleted at the end of their time, after the officer has confirmed it.

    `due` answers those of the bound authority whose period began on or before a day, oldest first, at most so many;
    with ids, those among these alone. `delete` deletes them and answers the ids of those that it did. It leaves out
    what is held and what is not there any more.
    """

    name: str
    due: Callable[[Uow, date, int, Sequence[UUID] | None], Awaitable[list[DueRecord]]]
    delete: Callable[[Uow, Sequence[UUID]], Awaitable[list[UUID]]]


@dataclass(frozen=True, slots=True)
class SubjectData:
    """How a service is asked for one person's data: who is meant by a name or a reference, and what it holds.

    `describe` finds again whom `find` found, None where it knows nobody of that kind and id.
    """

    find: Callable[[Uow, str], Awaitable[list[Subject]]]
    describe: Callable[[Uow, SubjectKind, UUID], Awaitable[Subject | None]]
    collect: Callable[[Uow, Subject], Awaitable[list[SubjectItem]]]
