"""What a service tells the kernel about itself. The kernel finds services through entry points, never by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol
from uuid import UUID

import click
from litestar import Router

from careshare.database import Uow
from careshare.kept import Kept, SubjectData
from careshare.settings import Settings

ENTRY_POINTS = "careshare.services"


class Progress(Protocol):
    """Where long work says how far it is. `share` is between 0 and 1, or None when that cannot be known."""

    def __call__(self, what: str, share: float | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One entry of the service navigation, shown to whoever has the permission; `summary` stands on the home page.

    Entries of one `section` stand behind that one word in the menu, and beside each other on each of their pages.
    `order` is where the entry, or the first of its section, stands: smaller first, equal ones as services come.
    """

    title: str
    path: str
    permission: str
    summary: str = ""
    section: str = ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Held:
    """One thing a person holds. `label` names it to whoever may open it; `path` is its page, where it has one."""

    id: UUID
    label: str
    path: str | None = None


HandOver = Callable[[Uow, Sequence[UUID], UUID], Awaitable[None]]
"""Gives things, by their ids, to a colleague (a person id) who may hold such things: all of them or none.

Each is on the record of the service they belong to. Raises a DomainError that says which of them cannot be theirs.
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a person holds of one kind, for hand-over. Only its number is shown to whoever lacks `permission`.

    `kind` is its name, "service.thing". `held_with` is the permission a colleague needs to be given such a thing, and
    `hand_over` gives it; without them it can only be ticked off with a reason.
    """

    kind: str
    title: str
    permission: str
    items: Sequence[Held]
    held_with: str = ""
    hand_over: HandOver | None = None


Holdings = Callable[[Uow, UUID, str], Awaitable[Sequence[Holding]]]
"""What somebody of the bound authority holds in one service, by their person id and name."""


@dataclass(frozen=True, slots=True)
class Service:
    """One room of the house, as the kernel sees it.

    `permissions` maps `resource:action` to the roles that get it. `api` routers are mounted under /api/v1 and take
    bearer tokens; `pages` under / and take the session cookie. `jobs` are modules whose import registers handlers and
    schedules. `templates` is the package whose `templates` folder holds the pages. `demo` fills an empty database with
    its invented part of the region; called in order of `demo_order`, it does nothing when its part is already there.
    `importers` are commands of `careshare import`. `kept` are its classes of records with an end, `subject_data` how it
    is asked for one person's data. `holdings` says what a person holds and hands it over. `harmless` are permissions
    that show nobody's data and bind the authority to nothing: one administrator can give them to a system.
    """

    name: str
    title: str
    permissions: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    api: Sequence[Router] = ()
    pages: Sequence[Router] = ()
    jobs: Sequence[str] = ()
    templates: str | None = None
    navigation: Sequence[NavigationItem] = ()
    demo: Callable[[Settings, Progress], Awaitable[None]] | None = None
    demo_order: int = 0
    importers: Mapping[str, click.Command] = field(default_factory=dict[str, click.Command])
    holdings: Holdings | None = None
    harmless: Sequence[str] = ()
    kept: Sequence[Kept] = ()
    subject_data: SubjectData | None = None


def services() -> list[Service]:
    """Every installed service, by name, so that assembly is the same each time."""
    found: list[Service] = [point.load() for point in entry_points(group=ENTRY_POINTS)]
    return sorted(found, key=lambda service: service.name)
