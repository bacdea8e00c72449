"""A worker to be killed, whose handler writes and never ends: `python -m tests.jobs.hanging_worker DB REDIS VAR`."""

import asyncio
import sys
from pathlib import Path

from careshare.database import Uow
from careshare.jobs import Registry
from careshare.jobs.worker import Worker
from careshare.settings import Settings
from tests.jobs.conftest import QUICK, Errand, leave_trace

registry = Registry()


@registry.handler("tests.hangs", Errand)
async def hangs(uow: Uow, errand: Errand) -> None:
    """Write, and never commit."""
    await leave_trace(uow, errand)
    await asyncio.sleep(3600)


def main() -> None:
    """Work until killed."""
    database_url, redis_url, var = sys.argv[1:]
    settings = Settings(
        environment="test", var=Path(var), secret_key="x" * 32, database_url=database_url, redis_url=redis_url
    )
    asyncio.run(Worker(settings, registry=registry, policy=QUICK).run(asyncio.Event()))


if __name__ == "__main__":
    main()
