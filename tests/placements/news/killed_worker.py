"""A worker to be killed: it does what any worker does, and stops for ever where it is told to.

`python -m tests.placements.news.killed_worker DATABASE REDIS VAR WHERE`, with WHERE "told" (a step is followed up and
nothing committed), "mailed" (the e-mail has left, that it has is not written down) or "never".
"""

import asyncio
import sys
from pathlib import Path

from careshare.database import Uow
from careshare.jobs.worker import Worker, load_handlers
from careshare.messages import senders
from careshare.messages.senders import Outgoing
from careshare.settings import Settings
from services.placements.follows import StepTaken, follow
from tests.jobs.conftest import QUICK


def stop_where(where: str, mark: Path) -> None:
    """Let the worker leave `mark` and go no further, at one of the two places."""

    async def for_ever() -> None:
        await asyncio.to_thread(mark.touch)
        await asyncio.sleep(3600)

    if where == "told":

        @follow("enquiry", "send")
        async def hang(_uow: Uow, _taken: StepTaken) -> None:
            await for_ever()

    if where == "mailed":
        sent = senders.Files.send

        async def hang_after(self: senders.Files, message: Outgoing) -> str:
            await sent(self, message)
            await for_ever()
            return ""

        senders.Files.send = hang_after  # type: ignore[method-assign]  # the worker is this test's own


def main() -> None:
    """Work until killed."""
    database_url, redis_url, var, where = sys.argv[1:]
    settings = Settings(
        environment="test", var=Path(var), secret_key="x" * 32, database_url=database_url, redis_url=redis_url
    )
    load_handlers()
    stop_where(where, Path(var) / f"stopped-{where}")
    asyncio.run(Worker(settings, policy=QUICK).run(asyncio.Event()))


if __name__ == "__main__":
    main()
