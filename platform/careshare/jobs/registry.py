"""Which handler runs which task, and what runs by the clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal, TypeVar, overload
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from careshare.database import Uow
from careshare.jobs.run import Run

SYSTEM = UUID(int=0)
"""The actor of what runs by the clock, in audit entries too: nobody in person."""

TIMEOUT = timedelta(minutes=5)
LONGEST = timedelta(hours=1)
"""The longest time limit a handler may have."""
LONDON = ZoneInfo("Europe/London")

P = TypeVar("P", bound=msgspec.Struct)
Short = Callable[[Uow, P], Awaitable[None]]
Long = Callable[[Run, P], Awaitable[None]]


class Nothing(msgspec.Struct, frozen=True):
    """The payload of a task that needs none."""


@dataclass(frozen=True, slots=True)
class Handler:
    """How a task is run."""

    task: str
    payload: type[msgspec.Struct]
    run: Callable[[Any, Any], Awaitable[None]]
    owns_transactions: bool
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    """A task that the clock gives: every so often (counted from 1 January 1970 UTC) or daily at a London time."""

    name: str
    task: str
    every: timedelta | None
    daily_at: time | None
    per_authority: bool
    purpose: str
    payload: msgspec.Struct

    def due(self, now: datetime) -> datetime:
        """The latest moment at or before `now` at which the task was due. The same in every process."""
        if self.every is not None:
            since = datetime.fromtimestamp(0, UTC)
            return since + (now - since) // self.every * self.every
        date, at = now.astimezone(LONDON).date(), self.daily_at or time()
        days = (datetime.combine(date - timedelta(days=back), at, LONDON).astimezone(UTC) for back in (0, 1))
        return next(moment for moment in days if moment <= now)


class Registry:
    """Handlers by task and schedules by name. Importing the services' job modules fills the one below."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.schedules: dict[str, Schedule] = {}

    @overload
    def handler(
        self, task: str, payload: type[P], *, owns_transactions: Literal[False] = False, timeout: timedelta = TIMEOUT
    ) -> Callable[[Short[P]], Short[P]]: ...

    @overload
    def handler(
        self, task: str, payload: type[P], *, owns_transactions: Literal[True], timeout: timedelta = TIMEOUT
    ) -> Callable[[Long[P]], Long[P]]: ...

    def handler(
        self, task: str, payload: type[P], *, owns_transactions: bool = False, timeout: timedelta = TIMEOUT
    ) -> Callable[[Callable[[Any, P], Awaitable[None]]], Callable[[Any, P], Awaitable[None]]]:
        """Register the function that runs `task`. It must be idempotent: it may be called again.

        It gets a unit of work bound to the authority, actor and purpose of whoever enqueued the job; the job ends in
        that same transaction. With `owns_transactions` it gets a `Run` instead and makes its transactions itself: for
        long work that shows how far it is. A run that takes longer than `timeout` is rolled back and tried again.
        """

        def register(run: Callable[[Any, P], Awaitable[None]]) -> Callable[[Any, P], Awaitable[None]]:
            if task in self.handlers:
                raise ValueError(f"the task {task} has two handlers")
            if timeout > LONGEST:
                raise ValueError(f"the task {task} may not take longer than {LONGEST}")
            self.handlers[task] = Handler(task, payload, run, owns_transactions, timeout)
            return run

        return register

    def schedule(
        self,
        name: str,
        task: str,
        *,
        every: timedelta | None = None,
        daily_at: time | None = None,
        per_authority: bool = True,
        purpose: str = "",
        payload: msgspec.Struct | None = None,
    ) -> None:
        """Run `task` every so often or daily at a London time, once however many workers there are.

        With `per_authority`, one job for each authority, bound to it; otherwise one job bound to none, whose handler
        owns its transactions. What has not begun when it is due again is not added twice. A moment missed while no
        worker ran is made up for once.
        """
        if (every is None) == (daily_at is None):
            raise ValueError(f"the schedule {name} needs either `every` or `daily_at`")
        if name in self.schedules:
            raise ValueError(f"there are two schedules called {name}")
        self.schedules[name] = Schedule(
            name, task, every, daily_at, per_authority, purpose or f"scheduled: {name}", payload or Nothing()
        )


REGISTRY = Registry()
"""The registry of this process."""

handler = REGISTRY.handler
schedule = REGISTRY.schedule
