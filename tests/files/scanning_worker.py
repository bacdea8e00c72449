"""A worker that looks at files, to be killed: `python -m tests.files.scanning_worker DB REDIS VAR CLAMD`."""

import asyncio
import sys
from pathlib import Path

from careshare.files.actions import LOOK, Looking
from careshare.files.jobs import look
from careshare.jobs import Registry
from careshare.jobs.worker import Worker
from careshare.settings import Settings, Uploads
from tests.jobs.conftest import QUICK


def registry() -> Registry:
    """The one handler, and no schedules."""
    made = Registry()
    made.handler(LOOK, Looking, owns_transactions=True)(look)
    return made


def main() -> None:
    """Work until killed."""
    database_url, redis_url, var, clamd = sys.argv[1:]
    settings = Settings(
        environment="test",
        var=Path(var),
        secret_key="x" * 32,
        database_url=database_url,
        redis_url=redis_url,
        uploads=Uploads(clamd=clamd),
    )
    asyncio.run(Worker(settings, registry=registry(), policy=QUICK).run(asyncio.Event()))


if __name__ == "__main__":
    main()
