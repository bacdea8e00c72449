"""What a service tells of the personal data it keeps: whose it is, and when each class of it is to be deleted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from careshare.database import Uow

SubjectKind = Literal["carer", "member", "child", "colleague", "contact"]


class Subject(msgspec.Struct, frozen=True):
    """Somebody a service knows. `label` says who, for the officer who must be sure that it is this person.

    By the rest other services find what they hold of the same person: the name, references in the authority's own
    systems, and ids of records that are about them. A `colleague` is somebody who works or worked for the authority,
    by person id; a `contact` a parent, carer or young person who is written to.
    """

    kind: SubjectKind
    id: UUID
    label: str
    name: str = ""
    references: tuple[str, ...] = ()
    records: tuple[UUID, ...] = ()


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


def together(*parts: SubjectData) -> SubjectData:
    """Several rooms of one service, asked as one, in this order."""

    async def find(uow: Uow, who: str) -> list[Subject]:
        return [subject for part in parts for subject in await part.find(uow, who)]

    async def describe(uow: Uow, kind: SubjectKind, subject_id: UUID) -> Subject | None:
        for part in parts:
            found = await part.describe(uow, kind, subject_id)
            if found is not None:
                return found
        return None

    async def collect(uow: Uow, subject: Subject) -> list[SubjectItem]:
        return [item for part in parts for item in await part.collect(uow, subject)]

    return SubjectData(find, describe, collect)
