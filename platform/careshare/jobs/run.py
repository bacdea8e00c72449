"""What a handler that owns its transactions is given."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text

from careshare.database import Acting, Database, Uow
from careshare.jobs.errors import SupersededError
from careshare.jobs.outbox import Started, finish
from careshare.settings import Settings

AUTHORITIES = text("select careshare.authority_ids()")


class Run:
    """One run of a long job: several transactions, each bound to the job's authority, actor and purpose.

    Whoever watches sees what each step committed. The run may be broken off between two steps and begin again from the
    start, so each step finds what an earlier run left.
    """

    def __init__(self, database: Database, job: Started) -> None:
        self._database = database
        self._job = job
        self.ended = False

    @property
    def id(self) -> UUID:
        """The job's id, the same in every run."""
        return self._job.id

    @property
    def settings(self) -> Settings:
        """How this process is run."""
        return self._database.settings

    @asynccontextmanager
    async def step(self, *, authority_id: UUID | None = None, last: bool = False) -> AsyncGenerator[Uow]:
        """One bound transaction. The job ends with the `last` one, or by itself after the handler returns.

        `authority_id` is for jobs of the whole region, which bind each authority in turn. The last step raises
        SupersededError when another run has taken the job over.
        """
        bound_to = self._job.authority_id or authority_id
        if bound_to is None or authority_id not in {None, bound_to}:
            raise ValueError("a job of the whole region names the authority of each step; another job has only its own")
        async with self._database.bound(Acting(bound_to, self._job.actor_id, self._job.purpose)) as uow:
            if last and not await finish(uow, self._job.id, self._job.attempts):
                raise SupersededError
            yield uow
        self.ended = self.ended or last

    async def authorities(self) -> list[UUID]:
        """Every authority of the region."""
        async with self._database.unbound() as uow:
            return list((await uow.execute(AUTHORITIES)).scalars())
